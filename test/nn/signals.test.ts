import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { close } from '../support/close.js'

const { initializers, signals } = nn
const key = random.key(0)
const small = { layers: 3, width: 4, examples: 5 } as const

/** The same stack, written out: its outputs, and the slopes of its activation. */
const unrolled = (weights: readonly NdArray[], start: NdArray): readonly NdArray[] => {
  const outputs: NdArray[] = []
  let x = start
  for (const w of weights) {
    x = np.tanh(np.matmul(x, w))
    outputs.push(x)
  }
  return outputs
}

describe('propagate', () => {
  const { activations, slopes, gradients } = signals.propagate(key, small)
  const weights = [...random.split(random.foldIn(key, 0), 3)].map((own) => initializers.glorotUniform([4, 4])(random.foldIn(own, nn.fnv1a('weight'))))

  test('is the stack of layers, written out', () => {
    const outputs = unrolled(weights, random.normal(random.foldIn(key, 1), [5, 4]))
    close('activations', activations, np.stack(outputs), 1e-6)
    close('slopes', slopes, np.subtract(1, np.square(np.stack(outputs))), 1e-6)
  })

  test('has the gradients that grad finds from each layer on', () => {
    const last = np.slice(gradients, [2])
    for (let l = 0; l < 2; l++) {
      const rest = (x: NdArray): NdArray => np.sum(np.multiply(last, unrolled(weights.slice(l + 1), x)[1 - l]))
      close('gradient', np.slice(gradients, [l]), grad(rest)(np.slice(activations, [l])), 1e-6)
    }
  })

  test('has the dtype asked for', () => {
    const wide = signals.propagate(key, { ...small, dtype: 'float64' })
    for (const x of [wide.activations, wide.slopes, wide.gradients]) expect(x.dtype).toBe('float64')
  })

  test('is a pure function of the key: under jit and vmap too', () => {
    const run = (k: NdArray): NdArray => signals.variances(signals.propagate(k, small).gradients)
    close('jit', jit(run)(key), run(key), 1e-6)
    const keys = random.split(key, 2)
    close('vmap', vmap(run)(keys), np.stack([...keys].map(run)), 1e-6)
  })
})

describe('variances through 50 layers', () => {
  const through = (activation: nn.Pointwise, weight: nn.Initializer): readonly [forward: number, backward: number] => {
    const { activations, gradients } = signals.propagate(key, { width: 100, examples: 20, activation, weight })
    return [signals.variances(activations).toTypedArray()[49], signals.variances(gradients).toTypedArray()[0]]
  }

  test('he keeps rectifiers alive, where lecun halves the variance fifty times', () => {
    const [he, lecun] = [through(nn.relu, initializers.heNormal), through(nn.relu, initializers.lecunNormal)]
    for (const kept of he) expect(Math.abs(Math.log10(kept))).toBeLessThan(1.5)
    for (const lost of lecun) expect(Math.log2(lost)).toBeCloseTo(-50, -1)
  })

  test('glorot keeps linear units, whose variance small weights destroy and great ones blow up', () => {
    const linear: nn.Pointwise = (x) => x
    for (const kept of through(linear, initializers.glorotNormal)) expect(Math.abs(Math.log10(kept))).toBeLessThan(1.5)
    for (const lost of through(linear, initializers.normal(0.01))) expect(lost).toBeLessThan(1e-30)
    expect(through(linear, initializers.normal(0.2))[0]).toBeGreaterThan(1e20)
  })
})

test('saturation: great weights drive tanh to its ends', () => {
  const of = (weight: nn.Initializer): readonly number[] =>
    [...signals.saturation(signals.propagate(key, { layers: 5, weight, width: 100, examples: 20 }).slopes).toTypedArray()]
  for (const share of of(initializers.normal(1))) expect(share).toBeGreaterThan(0.7)
  for (const share of of(initializers.glorotUniform)) expect(share).toBeLessThan(0.05)
})

test('histograms share their bins, and count everything in them', () => {
  const { activations } = signals.propagate(key, small)
  for (const options of [{}, { bins: 7 }, { bins: 4, range: [-1, 1] as const }]) {
    const [counts, edges] = signals.histograms(activations, options)
    const bins = options.bins ?? 20
    expect([counts.shape, edges.shape]).toEqual([[3, bins], [bins + 1]])
    expect(np.sum(counts, { axis: 1 }).toList()).toEqual([20, 20, 20])
    const alone = np.histogram(np.slice(activations, [1]), { bins: edges })[0]
    close('one layer', np.slice(counts, [1]), alone, 0)
    const traced = jit((x: NdArray) => signals.histograms(x, options))(activations)
    close('jit', traced[0], counts, 0)
  }
  expect(signals.histograms(np.array([[0, 5], [1, 9]]), { bins: 2, range: [0, 2] })[0].toList()).toEqual([[1, 0], [0, 1]])
})

describe('bad input', () => {
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['no layers', () => signals.propagate(key, { layers: 0 }), ArgumentError, 'a positive integer of layers, got 0'],
    ['half a unit', () => signals.propagate(key, { width: 0.5 }), ArgumentError, 'a positive integer of width, got 0.5'],
    ['an unknown option', () => signals.propagate(key, { depth: 3 } as object), ArgumentError, 'the unknown option "depth"'],
    ['an activation that is no function', () => signals.propagate(key, { activation: 'tanh' as never }), ArgumentError, 'a function as activation'],
    ['a threshold of 0', () => signals.saturation(np.ones([2, 2]), { threshold: 0 }), ArgumentError, 'a positive threshold'],
    ['the variance of a scalar', () => signals.variances(np.ones([])), ShapeError, 'a leading axis of layers'],
    ['histograms of nothing', () => signals.histograms(np.ones([0, 3])), ShapeError, 'not empty'],
    ['no bins', () => signals.histograms(np.ones([2, 3]), { bins: 0 }), ArgumentError, 'bins']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
