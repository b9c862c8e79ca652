import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { isFloat, type DType } from '../../src/core/dtype.js'
import { grad, lax, np, random } from '../../src/index.js'
import { selectAndGatherAddP, selectAndScatterAddP, type SelectParams } from '../../src/lax/window/windowselect.js'
import { bind1 } from '../../src/core/trace.js'
import { numRuns } from '../support/arbitrary.js'
import { agree } from '../support/compiled.js'

interface Trial {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly options: lax.ReduceWindowOptions
}

const trials = (dtypes: fc.Arbitrary<DType>): fc.Arbitrary<Trial> => fc.array(fc.record({
  window: fc.integer({ min: 1, max: 4 }), extra: fc.integer({ min: 0, max: 11 }), stride: fc.integer({ min: 1, max: 4 }),
  padding: fc.oneof({ weight: 2, arbitrary: fc.constant([0, 0] as const) }, fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 }))),
  base: fc.constantFrom(1, 1, 1, 2), dilation: fc.constantFrom(1, 1, 1, 2)
}), { minLength: 1, maxLength: 4 }).chain((axes) => fc.record({
  shape: fc.constant(axes.map(({ window, extra, dilation, base }) => Math.ceil(((window - 1) * dilation + 3) / base) + (axes.length > 2 ? extra % 5 : extra))),
  dtype: dtypes,
  options: fc.constant({
    windowDimensions: axes.map(({ window }) => window), windowStrides: axes.map(({ stride }) => stride), padding: axes.map(({ padding }) => padding),
    baseDilation: axes.map(({ base }) => base), windowDilation: axes.map(({ dilation }) => dilation)
  })
}))

/** Few different numbers, so that there are ties; signed zeros, infinities and NaN among the floats. */
const draw = (seed: number, shape: readonly number[], dtype: DType): NdArray => {
  const places = random.randint(random.key(seed), shape, 0, 12)
  const values = isFloat(dtype) ? [-2, -1, -0, 0, 0.5, 1, 1, 2, 3, NaN, Infinity, -Infinity] : [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  return np.take(lax.convertElementType(np.array(values), dtype), places)
}

const any = fc.constantFrom<DType>('float32', 'float32', 'float64', 'int32', 'uint8', 'int8')
const floats = fc.constantFrom<DType>('float32', 'float64')

const sharing = (trial: Trial, selectPrim: 'ge' | 'le'): SelectParams => ({ ...trial.options, selectPrim } as SelectParams) // all options are given

describe('windows', () => {
  test.each(['sum', 'max', 'min'] as const)('%s', (kind) => {
    fc.assert(fc.property(trials(any), fc.integer(), ({ shape, dtype, options }, seed) => {
      agree((x) => lax.reduceWindow(x, kind, options), [draw(seed, shape, dtype)], 0)
    }), { numRuns: numRuns(150) })
  })

  test.each(['ge', 'le'] as const)('what is selected by %s', (selectPrim) => {
    fc.assert(fc.property(trials(floats), fc.integer(), (trial, seed) => {
      const { shape, dtype, options } = trial
      const x = draw(seed, shape, dtype)
      const d = random.normal(random.key(seed + 1), shape, { dtype: dtype === 'float64' ? 'float64' : 'float32' })
      const ct = random.normal(random.key(seed + 2), lax.reduceWindow(x, 'max', options).shape, { dtype: dtype === 'float64' ? 'float64' : 'float32' })
      agree((a, b) => bind1(selectAndGatherAddP, [a, b], sharing(trial, selectPrim)), [d, x], 0)
      agree((a, b) => bind1(selectAndScatterAddP, [a, b], sharing(trial, selectPrim)), [ct, x], 8)
    }), { numRuns: numRuns(150) })
  })

  test.each([
    [[3, 5, 12, 14], [1, 1, 2, 2], [1, 1, 2, 2]], [[3, 12, 14, 6], [1, 2, 2, 1], [1, 2, 2, 1]], [[2, 9, 9], [1, 3, 3], [1, 3, 3]],
    [[2, 10, 11], [1, 3, 2], [1, 3, 2]], [[1, 40], [1, 40], [1, 1]], [[50, 3], [40, 1], [1, 1]]
  ])('%j: gradients of pools of %j', (shape, windowDimensions, windowStrides) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const x = random.normal(random.key(1), shape, { dtype })
      for (const kind of ['max', 'min', 'sum'] as const) {
        agree((v) => grad((u: NdArray) => np.sum(np.square(lax.reduceWindow(u, kind, { windowDimensions, windowStrides }))))(v), [x])
      }
    }
  })

  test('ties go to the first element, NaN is passed on', () => {
    const x = np.array([1, 1, NaN, 1, 0, -0, 2, 2])
    expect([...lax.reduceWindow(x, 'max', { windowDimensions: [2], windowStrides: [2] }).toTypedArray()]).toEqual([1, NaN, 0, 2])
    agree((v) => grad((u: NdArray) => np.sum(lax.reduceWindow(u, 'max', { windowDimensions: [2], windowStrides: [2] })))(v), [x], 0)
  })
})
