import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { generate, noise } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

const key = random.key(5)
const x = generate('float32', [5, 3], (i) => noise(1, i))
const linear = nn.linear(3, 3)
const wide = nn.linear(3, 4)
const params = linear.init(key)
const norm = nn.batchNorm(3)
const context = { mode: 'train', state: norm.state } as const

describe('residual', () => {
  test('adds the input, and is of the kind of the layer', () => {
    sameBits('function', nn.residual(nn.tanh)(x), np.add(x, nn.tanh(x)))
    expectTypeOf(nn.residual(nn.tanh)).toEqualTypeOf<nn.Pointwise>()
    const layer = nn.residual(linear)
    expectTypeOf(layer).toEqualTypeOf<nn.Layer<nn.Linear>>()
    sameBits('parameters', layer.init(key).weight, params.weight)
    sameBits('layer', layer.apply(params)(x), np.add(x, linear.apply(params)(x)))
    const running = nn.residual(norm)
    expectTypeOf(running).toEqualTypeOf<nn.StatefulLayer<nn.Affine, nn.RunningStatistics>>()
    expect(running.state).toBe(norm.state)
    const [y, state] = running.apply(norm.init(key), context)(x)
    const [expected, next] = norm.apply(norm.init(key), context)(x)
    sameBits('with state', y, np.add(x, expected))
    sameBits('state', state.mean, next.mean)
  })

  test('with a projection is the sum of both in parallel', () => {
    const block = nn.residual(wide, { projection: nn.linear(3, 4, { bias: false }) })
    expectTypeOf(block).toEqualTypeOf<nn.Layer<readonly [nn.Linear, nn.Weight]>>()
    const p = block.init(key)
    sameBits('drawn with its place', p[1].weight, nn.linear(3, 4).init(random.foldIn(key, 1)).weight)
    sameBits('output', block.apply(p)(x), np.add(wide.apply(p[0])(x), np.matmul(x, p[1].weight)))
    const running = nn.residual(wide, { projection: nn.stateful(wide, nn.batchNorm(4)) })
    expectTypeOf(running).toEqualTypeOf<
      nn.StatefulLayer<readonly [nn.Linear, readonly [nn.Linear, nn.Affine]], readonly [null, readonly [null, nn.RunningStatistics]]>
    >()
    expect(running.apply(running.init(key), { mode: 'train', state: running.state })(x)[1][1][1].mean.shape).toEqual([4])
    expectTypeOf(nn.residual(nn.tanh, { projection: linear })).toEqualTypeOf<nn.Layer<readonly [null, nn.Linear]>>()
  })

  test('composes with the transforms', () => {
    const net = nn.chain(nn.residual(nn.chain(linear, nn.relu)), nn.linear(3, 1))
    const p = net.init(key)
    const loss = (q: typeof p, one: NdArray): NdArray => np.sum(np.square(net.apply(q)(one)))
    const each = jit(vmap(grad(loss), { in: [null, 0] }))(p, x)
    close('gradient', np.sum(each[0][0].weight, { axis: 0 }), grad(loss)(p, x)[0][0].weight, 1e-5)
  })
})

describe('parallel', () => {
  test('concatenates, sums or joins by a function', () => {
    const both = [linear, nn.relu] as const
    const p = nn.parallel(both).init(key)
    const ys = [linear.apply(p[0])(x), nn.relu(x)] as const
    sameBits('concatenated', nn.parallel(both).apply(p)(x), np.concatenate(ys, { axis: -1 }))
    sameBits('summed', nn.parallel(both, { join: 'sum' }).apply(p)(x), np.add(...ys))
    sameBits('by a function', nn.parallel(both, { join: ([a, b]) => np.multiply(a, b) }).apply(p)(x), np.multiply(...ys))
  })

  test('has state if a branch has, and draws as chain and stateful do', () => {
    const plain = nn.parallel([linear, nn.relu])
    expectTypeOf(plain).toEqualTypeOf<nn.Layer<readonly [nn.Linear, null]>>()
    expect('state' in plain).toBe(false)
    sameBits('drawn', plain.init(key)[0].weight, nn.chain(linear).init(key)[0].weight)
    const running = nn.parallel([nn.dropout(0.5), norm, nn.relu])
    expectTypeOf(running).toEqualTypeOf<nn.StatefulLayer<readonly [null, nn.Affine, null], readonly [null, nn.RunningStatistics, null]>>()
    const p = running.init(key)
    const [y, state] = running.apply(p, { mode: 'train', key, state: running.state })(x)
    const dropped = nn.drop(random.foldIn(key, 0), 0.5)(x)
    sameBits('outputs', y, np.concatenate([dropped, norm.apply(p[1], context)(x)[0], nn.relu(x)], { axis: -1 }))
    expect(Object.isFrozen(state)).toBe(true)
    sameBits('state', state[1].variance, norm.apply(p[1], context)(x)[1].variance)
  })

  test('takes branches whose widths differ', () => {
    const layer = nn.parallel([linear, wide])
    expect(layer.apply(layer.init(key))(x).shape).toEqual([5, 7])
  })
})

describe('bad input', () => {
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a layer that changes the shape', () => nn.residual(wide).apply(wide.init(key))(x), ShapeError,
      'residual: expected a layer that keeps the shape of its input (or a projection), got [5,3] and [5,4]'],
    ['a function that broadcasts', () => nn.residual(() => np.ones([1, 3]))(x), ShapeError, 'got [5,3] and [1,3]'],
    ['a projection to another shape', () => nn.residual(wide, { projection: nn.relu }).apply([wide.init(key), null])(x), ShapeError,
      'an output of the layer and a projection of the input that have one shape, got [5,4] and [5,3]'],
    ['a projection that is no layer', () => nn.residual(wide, { projection: 3 as unknown as nn.Part }), ArgumentError, 'at [1]'],
    ['what is no layer', () => nn.residual('relu' as unknown as nn.Part), ArgumentError, 'residual: expected layers'],
    ['an unknown option', () => nn.residual(wide, { project: nn.relu } as never), ArgumentError, '"project"'],
    ['branches that are no list', () => nn.parallel(linear as never), ArgumentError, 'parallel: expected a list of layers'],
    ['no branches', () => nn.parallel([]), ArgumentError, 'at least one layer, got none'],
    ['an unknown join', () => nn.parallel([linear], { join: 'mean' as 'sum' }), ArgumentError, 'as join, got "mean"'],
    ['a sum of different shapes', () => nn.parallel([wide, nn.relu], { join: 'sum' }).apply([wide.init(key), null])(x), ShapeError,
      'branches whose outputs have one shape, got [5,4] and [5,3]'],
    ['branches of different ranks', () => nn.parallel([nn.relu, np.mean]).apply([null, null])(x), ShapeError,
      'branches whose outputs differ in the size of their last axis only, got [5,3] and []']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
