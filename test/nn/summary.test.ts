import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, CotangentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'

const net = nn.stateful(
  nn.linear(784, 128), nn.batchNorm(128), nn.relu, nn.stateful(nn.dropout(0.5), nn.linear(128, 10, { bias: false })), (x) => np.exp(x)
)

const lines = (...text: readonly string[]): string => text.join('\n')

describe('summary', () => {
  test('of parameters: path, shape, dtype and count, whatever the tree', () => {
    const params = { dense: nn.linear(2, 3).init(random.key(0)), 'odd key': [np.zeros([1200], { dtype: 'float64' }), null] }
    expect(nn.summary(params)).toBe(lines(
      'parameter       shape   dtype    count',
      'dense.bias      [3]     float32      3',
      'dense.weight    [2, 3]  float32      6',
      '["odd key"][0]  [1200]  float64  1,200',
      'total                            1,209',
      '9,636 bytes'
    ))
    expect(nn.summary(null)).toBe('parameter  shape  dtype  count\ntotal                        0\n0 bytes')
    expect(nn.summary(np.zeros([2]))).toContain('\n           [2]    float32      2\n')
  })

  test('of a net: a row for each layer of its chains', () => {
    expect(nn.summary(net)).toBe(lines(
      'layer     parameters                            count',
      '[0]       bias f32[128], weight f32[784,128]  100,480',
      '[1]       bias f32[128], scale f32[128]           256',
      '[2] relu                                            0',
      '[3][0]                                              0',
      '[3][1]    weight f32[128,10]                    1,280',
      '[4]                                                 0',
      'total                                         102,016',
      '408,064 bytes, and 256 numbers of state, 1,024 bytes'
    ))
  })

  test('with the shape of an input, also the shapes of outputs', () => {
    const text = nn.summary(net, { input: [32, 784] })
    expect(text.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['layer', 'output'], ['input', '[32, 784]'], ['[0]', '[32, 128]'], ['[1]', '[32, 128]'], ['[2] relu', '[32, 128]'],
      ['[3][0]', '[32, 128]'], ['[3][1]', '[32, 10]'], ['[4]', '[32, 10]'], ['total', '102,016'],
      ['408,064 bytes, and 256 numbers of state, 1,024 bytes']
    ])
  })

  test('of layers that are no chains, and of functions', () => {
    expect(nn.summary(nn.residual(nn.chain(nn.linear(3, 3), nn.relu)), { input: [3] })).toContain('[3]     [0].bias f32[3], [0].weight f32[3,3]     12')
    expect(nn.summary(nn.relu, { input: [3], dtype: 'float64' })).toContain('relu   [3]')
  })

  test('of a net that begins with an embedding: the input holds integers', () => {
    const words = nn.chain(nn.embedding(1000, 8), nn.outputs(nn.recurrent(nn.gruCell(8, 4))), nn.linear(4, 1000))
    expect(nn.summary(words, { input: [20], dtype: 'int32' })).toBe(lines(
      'layer  output      parameters                                                count',
      'input  [20]',
      '[0]    [20, 8]     weight f32[1000,8]                                        8,000',
      '[1]    [20, 4]     bias f32[12], hiddenBias f32[4], hiddenWeight f32[4,12]     160',
      '                   inputWeight f32[8,12]',
      '[2]    [20, 1000]  bias f32[1000], weight f32[4,1000]                        5,000',
      'total                                                                       13,160',
      '52,640 bytes'
    ))
  })

  test('draws and computes nothing', () => {
    const lazy: nn.Layer<NdArray> = {
      init: (key) => random.normal(key, [6e4, 6e4]),
      apply: (p) => (x) => np.matmul(x, p)
    }
    expect(nn.summary(lazy, { input: [1e5, 6e4] })).toContain('[100000, 60000]  f32[60000,60000]  3,600,000,000')
  })

  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['an input that does not fit', () => nn.summary(net, { input: [32, 3] }), ShapeError, 'linear(784, 128)'],
    ['an input for parameters', () => nn.summary({ w: np.ones([2]) }, { input: [2] }), ArgumentError, 'a layer, for the shape of an input'],
    ['leaves that are no arrays', () => nn.summary({ w: [3] }), ArgumentError, 'arrays as parameters, got 3 at params.w[0]'],
    ['an unknown option', () => nn.summary(net, { shape: [2] } as object), ArgumentError, '"shape"'],
    ['what is no shape', () => nn.summary(net, { input: 784 as unknown as number[] }), CotangentError, 'a shape'],
    ['integers for what takes floats', () => nn.summary(nn.embedding(5, 2), { input: [3] }), DTypeError, 'embedding(5, 2): expected integer ids'],
    ['what is no dtype', () => nn.summary(net, { input: [2, 784], dtype: 'int' as 'int32' }), DTypeError, 'a dtype among'],
    ['a layer whose output is no array', () => nn.summary(nn.recurrent(nn.gruCell(3, 4)), { input: [5, 3] }), ArgumentError,
      'layers whose outputs are arrays (nn.outputs makes one of a recurrent network)']
  ])('refuses %s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
