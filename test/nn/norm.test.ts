import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, generate, noise } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

const key = random.key(3)
const f64 = { dtype: 'float64' } as const
const bare = { scale: false, bias: false, ...f64 } as const
const course = arrayOf('float64', [3, 2], [1, 2, 3, 4, 5, 9])

const draws = (shape: readonly number[]): fc.Arbitrary<NdArray> =>
  fc.record({ seed: fc.integer({ min: 0, max: 999 }), scale: fc.constantFrom(0.1, 1, 30), shift: fc.constantFrom(0, 5, -1000) })
    .map(({ seed, scale, shift }) => generate('float64', shape, (i) => scale * noise(seed, i) + shift))

const zeroMean = (what: string, y: NdArray, axis: readonly number[]): void => {
  const mean = np.mean(y, { axis })
  close(`${what}: mean`, mean, np.zerosLike(mean), 1e-9)
}

/** Mean 0 and variance 1 over the axes, but for eps. */
const standard = (what: string, y: NdArray, axis: readonly number[]): void => {
  zeroMean(what, y, axis)
  const variance = np.var(y, { axis })
  close(`${what}: variance`, variance, np.onesLike(variance), 1e-6)
}

const trained = (layer: nn.StatefulLayer<object, nn.RunningStatistics>, x: NdArray): readonly [NdArray, nn.RunningStatistics] =>
  layer.apply({}, { mode: 'train', state: layer.state })(x)

describe('batchNorm', () => {
  test('the example of the course', () => {
    const layer = nn.batchNorm(2, f64)
    const [y] = layer.apply(layer.init(key), { mode: 'train', state: layer.state })(course)
    close('first column', np.slice(y, [null, 0]), arrayOf('float64', [3], [-1.224743, 0, 1.224743]), 5e-7)
  })

  test('in training every feature has mean 0 and variance 1', () => {
    const layer = nn.batchNorm(3, { ...bare, eps: 1e-12 })
    fc.assert(fc.property(draws([4, 5, 3]), (x) => {
      standard('output', trained(layer, x)[0], [0, 1])
    }), { numRuns: 20 })
  })

  test('scale and bias are the deviation and the mean of the output', () => {
    const layer = nn.batchNorm(2, { ...f64, eps: 0, scale: nn.initializers.constant(3), bias: nn.initializers.constant(-1) })
    const [y] = layer.apply(layer.init(key), { mode: 'train', state: layer.state })(course)
    close('mean', np.mean(y, { axis: 0 }), np.full([2], -1, f64), 1e-12)
    close('deviation', np.std(y, { axis: 0 }), np.full([2], 3, f64), 1e-12)
  })

  test('running averages come near the statistics of what they see, by one of two variances', () => {
    const variances = (['population', 'sample'] as const).map((runningVariance) => {
      const layer = nn.batchNorm(2, { ...bare, momentum: 0.5, runningVariance })
      let { state } = layer
      for (let i = 0; i < 60; i++) [, state] = layer.apply({}, { mode: 'train', state })(course)
      close('mean', state.mean, np.mean(course, { axis: 0 }), 1e-12)
      const [y] = layer.apply({}, { mode: 'evaluate', state })(course)
      if (runningVariance === 'population') close('evaluation', y, trained(layer, course)[0], 1e-12)
      return state.variance
    })
    close('population', variances[0], np.var(course, { axis: 0 }), 1e-12)
    close('sample', variances[1], np.var(course, { axis: 0, ddof: 1 }), 1e-12)
  })

  test('evaluation uses the state and gives it back, whatever the batch', () => {
    const layer = nn.batchNorm(2)
    const params = layer.init(key)
    const state = { mean: np.array([1, 2]), variance: np.array([4, 9]) }
    const [y, next] = layer.apply(params, { mode: 'evaluate', state })(np.array([3, -1]))
    close('output', y, np.array([1, -1]), 1e-4)
    expect(next.mean).toBe(state.mean)
    expect(Object.isFrozen(next)).toBe(true)
  })

  test('state is frozen and keeps its dtype; inputs may be wider', () => {
    const layer = nn.batchNorm(2)
    const [y, state] = layer.apply(layer.init(key), { mode: 'train', state: layer.state })(course)
    expect([y.dtype, state.mean.dtype, state.variance.dtype, state.mean.weak]).toEqual(['float64', 'float32', 'float32', false])
    expect(Object.isFrozen(state) && Object.isFrozen(layer.state)).toBe(true)
  })

  test('features may lie along another axis', () => {
    const layer = nn.batchNorm(3, { axis: 1, ...f64 })
    const last = nn.batchNorm(3, f64)
    const params = { scale: arrayOf('float64', [3], [1, 2, 3]), bias: arrayOf('float64', [3], [-1, 0, 1]) }
    const x = generate('float64', [2, 3, 4], (i) => noise(1, i))
    for (const mode of ['train', 'evaluate'] as const) {
      const [y, state] = layer.apply(params, { mode, state: layer.state })(x)
      const [expected, next] = last.apply(params, { mode, state: last.state })(np.moveaxis(x, 1, -1))
      close('output', y, np.moveaxis(expected, -1, 1), 1e-14)
      close('state', state.variance, next.variance, 1e-14)
    }
  })

  test('under vmap examples are batches, unless the axis has a name', () => {
    const x = generate('float64', [4, 5, 2], (i) => noise(4, i))
    const each = vmap((one: NdArray) => trained(nn.batchNorm(2, { ...bare, eps: 1e-12 }), one)[0])(x)
    standard('each', each, [1])
    for (const runningVariance of ['population', 'sample'] as const) {
      const together = nn.batchNorm(2, { ...bare, runningVariance, axisName: 'batch' })
      const [y, state] = vmap((one: NdArray) => trained(together, one), { axisName: 'batch', out: [0, null] })(x)
      const [expected, next] = trained(nn.batchNorm(2, { ...bare, runningVariance }), x)
      close('output', y, expected, 1e-12)
      close('mean', state.mean, next.mean, 1e-12)
      close('variance', state.variance, next.variance, 1e-12)
    }
  })

  test('a large mean does no harm', () => {
    const x = np.add(np.array([[0, 1], [1, 0], [2, 4]]), 4096)
    const [y] = trained(nn.batchNorm(2, { scale: false, bias: false }), x)
    close('output', y, trained(nn.batchNorm(2, { scale: false, bias: false }), np.subtract(x, 4096))[0], 1e-3)
  })
})

describe('layerNorm, rmsNorm, groupNorm, instanceNorm and normalize', () => {
  const eps = 1e-12
  const layers = {
    layerNorm: [nn.layerNorm(4, { ...bare, eps }), [3]],
    'layerNorm of all': [nn.layerNorm([2, 3, 4], { ...bare, eps }), [1, 2, 3]],
    instanceNorm: [nn.instanceNorm(4, { ...bare, eps, rank: 2 }), [1, 2]],
    'groupNorm of one': [nn.groupNorm(1, 4, { ...bare, eps, rank: 2 }), [1, 2, 3]],
    'groupNorm of vectors': [nn.groupNorm(1, 4, { ...bare, eps, rank: 0 }), [3]],
    normalize: [{ init: () => ({}), apply: () => (x: NdArray) => nn.normalize(x, { axis: [1, 3], eps }) }, [1, 3]]
  } as const satisfies Readonly<Record<string, readonly [nn.Layer<object>, readonly number[]]>>
  const all: readonly (readonly [string, nn.Layer<object>, readonly number[]])[] =
    Object.entries(layers).map(([name, [layer, axes]]) => [name, layer, axes])

  test.each(all)('%s: mean 0 and variance 1, unchanged by shifts and positive factors of the input', (_, layer, axes) => {
    const apply = layer.apply({})
    fc.assert(fc.property(draws([2, 2, 3, 4]), fc.constantFrom(-3, 0, 100), fc.constantFrom(0.5, 7), (x, shift, factor) => {
      const y = apply(x)
      standard('output', y, axes)
      close('shifted and scaled', apply(np.add(np.multiply(x, factor), shift)), y, 1e-6)
    }), { numRuns: 10 })
  })

  test('groups are of neighbouring channels', () => {
    const x = generate('float64', [2, 3, 6], (i) => noise(2, i))
    const y = nn.groupNorm(3, 6, { ...bare, rank: 1 }).apply({})(x)
    const parts = np.split(x, 3, { axis: -1 }).map((part) => nn.normalize(part, { axis: [1, 2] }))
    close('groups', y, np.concatenate(parts, { axis: -1 }), 1e-14)
    const channels = nn.groupNorm(6, 6, { ...bare, rank: 1 }).apply({})(x)
    sameBits('a group for each channel', channels, nn.instanceNorm(6, { ...bare, rank: 1 }).apply({})(x))
  })

  test('rmsNorm is unchanged by factors, and layerNorm of centred inputs', () => {
    const rms = nn.rmsNorm(4, { scale: false, eps: 0 }).apply({})
    fc.assert(fc.property(draws([3, 4]), fc.constantFrom(0.5, 2, 1024), (x, factor) => {
      sameBits('factor', rms(np.multiply(x, factor)), rms(x))
      const y = np.subtract(x, np.mean(x, { axis: -1, keepdims: true }))
      close('centred', rms(y), nn.layerNorm(4, { ...bare, eps: 0 }).apply({})(y), 1e-9)
      close('normalize', nn.normalize(x, { centre: false, eps: 0 }), rms(x), 1e-14)
    }), { numRuns: 10 })
  })

  test('inputs of zeros stay finite, and the values of one element are the bias', () => {
    const zeros = np.zeros([2, 3])
    sameBits('layerNorm', nn.layerNorm(3, { scale: false, bias: false }).apply({})(zeros), zeros)
    sameBits('rmsNorm', nn.rmsNorm(3, { scale: false }).apply({})(zeros), zeros)
    const one = nn.layerNorm(1)
    expect(one.apply({ scale: np.array([2]), bias: np.array([5]) })(np.array([[7]])).toList()).toEqual([[5]])
  })

  const drawn = <P>({ init, apply }: nn.Layer<P>): nn.Pointwise => apply(init(key))
  test.each([
    ['layerNorm', drawn(nn.layerNorm(4, f64))], ['rmsNorm', drawn(nn.rmsNorm([3, 4], f64))],
    ['groupNorm', drawn(nn.groupNorm(2, 4, { rank: 1, ...f64 }))], ['instanceNorm', drawn(nn.instanceNorm(4, { rank: 1, ...f64 }))]
  ] as const)('%s: derivatives of both orders, and any number of batch axes', (_, apply) => {
    const x = generate('float64', [2, 3, 4], (i) => noise(6, i))
    checkGrads(apply)(x)
    const whole = apply(x)
    close('vmap', jit(vmap(apply))(x), whole, 1e-14)
    close('more axes', apply(np.reshape(x, [1, 2, 1, 3, 4])), np.reshape(whole, [1, 2, 1, 3, 4]), 1e-14)
  })

  test('derivatives of batch normalisation of both orders', () => {
    const layer = nn.batchNorm(2, f64)
    const params = layer.init(key)
    checkGrads((p: nn.Affine, x: NdArray) => layer.apply(p, { mode: 'train', state: layer.state })(x))(params, course)
  })
})

describe('parameters', () => {
  test('have types and shapes, and may be left out', () => {
    expectTypeOf(nn.layerNorm(3)).toEqualTypeOf<nn.Layer<{ readonly scale: NdArray; readonly bias: NdArray }>>()
    expectTypeOf(nn.layerNorm(3, { bias: false })).toEqualTypeOf<nn.Layer<{ readonly scale: NdArray }>>()
    expectTypeOf(nn.groupNorm(1, 3, { rank: 1, scale: false })).toEqualTypeOf<nn.Layer<{ readonly bias: NdArray }>>()
    expectTypeOf(nn.rmsNorm(3)).toEqualTypeOf<nn.Layer<{ readonly scale: NdArray }>>()
    expectTypeOf(nn.batchNorm(3, { scale: nn.initializers.ones })).toEqualTypeOf<nn.StatefulLayer<nn.Affine, nn.RunningStatistics>>()
    expectTypeOf(nn.instanceNorm(3, { rank: 1, ...bare }).init(key)).not.toHaveProperty('scale')
    // @ts-expect-error rmsNorm has no bias
    expect(() => nn.rmsNorm(3, { bias: true })).toThrow(ArgumentError)
    const { scale, bias } = nn.layerNorm([2, 3], f64).init(key)
    expect([scale.dtype, scale.toList(), bias.toList()]).toEqual(['float64', [[1, 1, 1], [1, 1, 1]], [[0, 0, 0], [0, 0, 0]]])
    expect(nn.batchNorm(2, { scale: false, bias: false }).init(key)).toEqual({})
  })
})

describe('bad input', () => {
  const norm = nn.batchNorm(2)
  const run = (x: NdArray, mode: nn.Mode = 'train') => () => norm.apply(norm.init(key), { mode, state: norm.state })(x)
  const applied = <P>(layer: nn.Layer<P>, x: NdArray) => () => layer.apply(layer.init(key))(x)
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['one element per feature', run(np.ones([1, 2])), ShapeError,
      'batchNorm(2): expected more than one element per feature in training (axisName counts those of a vmap), got float32[1,2]'],
    ['one example', run(np.ones([2])), ShapeError, 'more than one element per feature'],
    ['no examples', run(np.ones([0, 2])), ShapeError, 'more than one element per feature'],
    ['another number of features', run(np.ones([4, 3])), ShapeError, 'an input with 2 features along axis -1, got float32[4,3]'],
    ['the same in evaluation', run(np.ones([3]), 'evaluate'), ShapeError, 'an input with 2 features'],
    ['a scalar', run(np.ones([])), ShapeError, 'an input with 2 features'],
    ['a list', run([[1, 2]] as unknown as NdArray), ArgumentError, 'batchNorm(2): expected an array'],
    ['no features', () => nn.batchNorm(0), ArgumentError, 'batchNorm: expected a positive integer of features, got 0'],
    ['a momentum above 1', () => nn.batchNorm(2, { momentum: 1.1 }), ArgumentError, 'a momentum from 0 to 1, got 1.1'],
    ['a negative eps', () => nn.layerNorm(2, { eps: -1 }), ArgumentError, 'layerNorm: expected a finite eps of at least 0, got -1'],
    ['an unknown variance', () => nn.batchNorm(2, { runningVariance: 'biased' as 'sample' }), ArgumentError, 'among population, sample'],
    ['a name that is no text', () => nn.batchNorm(2, { axisName: 3 as unknown as string }), ArgumentError, 'a text as axisName, got 3'],
    ['a name that no vmap knows', () => trained(nn.batchNorm(2, { ...bare, axisName: 'batch' }), course), ArgumentError, '"batch"'],
    ['an integer dtype', () => nn.batchNorm(2, { dtype: 'int32' as 'float32' }), DTypeError, 'float32 or float64'],
    ['an option of PyTorch', () => nn.layerNorm(2, { affine: false } as object), ArgumentError, '"affine"'],
    ['a bias for rmsNorm', () => nn.rmsNorm(2, { bias: true } as object), ArgumentError, '"bias"'],
    ['a number for a bias', () => nn.layerNorm(2, { bias: 0 as unknown as boolean }), ArgumentError, 'as bias, got 0'],
    ['half a feature', () => nn.layerNorm([2, 0.5]), ArgumentError, 'layerNorm: expected a positive integer of features, got 0.5'],
    ['last axes of other sizes', applied(nn.layerNorm([2, 3]), np.ones([3, 2])), ShapeError,
      'layerNorm(2, 3): expected an input whose last axes have the sizes [2,3], got float32[3,2]'],
    ['too few axes', applied(nn.rmsNorm([2, 3]), np.ones([3])), ShapeError, 'rmsNorm(2, 3)'],
    ['groups that do not divide', () => nn.groupNorm(4, 6, { rank: 2 }), ArgumentError, 'a number of groups that divides 6 features, got 4'],
    ['no rank', () => nn.groupNorm(2, 6, {} as { rank: 1 }), ArgumentError, 'groupNorm: expected an integer rank of at least 0'],
    ['no options', () => nn.instanceNorm(6, undefined as unknown as { rank: 1 }), ArgumentError, 'instanceNorm: expected an object of options'],
    ['too few axes of space', applied(nn.groupNorm(2, 4, { rank: 2 }), np.ones([3, 4])), ShapeError,
      'groupNorm(2, 4): expected an input of shape [...batch, size, size, 4], got float32[3,4]'],
    ['one element to normalise', applied(nn.instanceNorm(4, { rank: 1 }), np.ones([3, 1, 4])), ShapeError,
      'instanceNorm(4): expected more than one element to normalise together, got float32[3,1,4]'],
    ['an axis that is none', () => nn.normalize([1, 2], { axis: 1 }), ShapeError, 'an axis from -1 to 0'],
    ['an infinite eps', () => nn.normalize([1, 2], { eps: Infinity }), ArgumentError, 'normalize: expected a finite eps']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
