import { checkArray, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate, isFloat, maxValue, minValue, type TypedArray } from '../../core/dtype.js'
import { ArgumentError, DTypeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import type { Primitive } from '../../core/primitive.js'
import { sizeOf } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { reshaped, zerosLike } from '../broadcast.js'
import { pad } from '../movement/slice.js'
import { primitive, type Rule, type TransposeRule } from '../rule.js'
import { checkPositive, dilated, paddingPairs, type WindowPadding } from './convdims.js'
import { leading, windowShape, windowsOf, type WindowParams, type Windows } from './window.js'
import { selectAndGatherAddP } from './windowselect.js'

/*
 * Reductions over windows that slide along every axis: pooling.
 */

interface Reduction {
  readonly numbers: boolean
  /** The value of padding. */
  readonly identity: (x: NdArray) => number
  readonly reduce: (windows: Windows, out: TypedArray, float: boolean) => void
  readonly rule: Rule<WindowParams> | 'linear'
  readonly transpose?: TransposeRule<WindowParams>
}

const windowed = <const N extends string>(name: N, spec: Reduction): Primitive<N, WindowParams> => {
  const { numbers, identity, reduce, rule, transpose } = spec
  const self: Primitive<N, WindowParams> = primitive<N, WindowParams>(name, {
    abstract([x], params) {
      if (numbers && x.dtype === 'bool') throw new DTypeError('reduceWindow', 'numbers, not booleans', x)
      return reshaped(x, windowShape('reduceWindow', x.shape, params))
    },
    impl([x], params, out) {
      const data = allocate(out.dtype, sizeOf(out.shape))
      if (data.length > 0) reduce(windowsOf(x, out.shape, identity(x), params), data, isFloat(out.dtype))
      return wrap(out, data)
    },
    rules: [rule],
    ...(transpose !== undefined && { transpose: [transpose] }),
    batch: (_, [x], __, params) => bind1(self, [x], leading(params))
  })
  return self
}

/** Sums over windows. */
export const reduceWindowSumP: Primitive<'reduce_window_sum', WindowParams> = windowed('reduce_window_sum', {
  numbers: true,
  identity: () => 0,
  reduce({ data, starts, steps }, out, float) {
    for (let i = 0; i < out.length; i++) {
      const start = starts[i]
      let sum = 0
      if (float) for (let k = 0; k < steps.length; k++) sum += data[start + steps[k]]
      else for (let k = 0; k < steps.length; k++) sum = (sum + data[start + steps[k]]) | 0
      out[i] = sum
    }
  },
  rule: 'linear',
  transpose: (ct, [x], p) => {
    if (ct.size === 0) return zerosLike(x)
    // Each element of the padded array gathers the cotangents of the windows that cover it, backwards.
    const config = x.aval.shape.map((size, i) => {
      const window = dilated(p.windowDimensions[i], p.windowDilation[i])
      const low = window - 1 - p.padding[i][0]
      const total = dilated(size, p.baseDilation[i]) + window - 1 - dilated(ct.shape[i], p.windowStrides[i])
      return [low, total - low, p.windowStrides[i] - 1] as const
    })
    return bind1(reduceWindowSumP, [pad(ct, 0, config)], {
      windowDimensions: p.windowDimensions,
      windowStrides: p.baseDilation,
      padding: p.padding.map(() => [0, 0]),
      baseDilation: p.padding.map(() => 1),
      windowDilation: p.windowDilation
    })
  }
})

/** Maxima over windows. */
export const reduceWindowMaxP: Primitive<'reduce_window_max', WindowParams> = windowed('reduce_window_max', {
  numbers: false,
  identity: (x) => minValue(x.dtype),
  reduce({ data, starts, steps }, out) {
    for (let i = 0; i < out.length; i++) {
      const start = starts[i]
      let best = data[start]
      for (let k = 0; k < steps.length; k++) best = Math.max(best, data[start + steps[k]])
      out[i] = best
    }
  },
  rule: ([x], _, params) => (d) => bind1(selectAndGatherAddP, [d, x], { selectPrim: 'ge', ...params })
})

/** Minima over windows. */
export const reduceWindowMinP: Primitive<'reduce_window_min', WindowParams> = windowed('reduce_window_min', {
  numbers: false,
  identity: (x) => maxValue(x.dtype),
  reduce({ data, starts, steps }, out) {
    for (let i = 0; i < out.length; i++) {
      const start = starts[i]
      let best = data[start]
      for (let k = 0; k < steps.length; k++) best = Math.min(best, data[start + steps[k]])
      out[i] = best
    }
  },
  rule: ([x], _, params) => (d) => bind1(selectAndGatherAddP, [d, x], { selectPrim: 'le', ...params })
})

const primitives = { sum: reduceWindowSumP, max: reduceWindowMaxP, min: reduceWindowMinP } as const

export interface ReduceWindowOptions {
  /** The size of a window along each axis. */
  readonly windowDimensions: readonly number[]
  /** Steps between neighbouring windows; 1 unless given. */
  readonly windowStrides?: readonly number[]
  /** `'VALID'` unless given. Padding is the identity of the reduction. */
  readonly padding?: WindowPadding
  /** How far apart the array's elements are set; 1 unless given. */
  readonly baseDilation?: readonly number[]
  /** How far apart a window's elements are; 1 unless given. */
  readonly windowDilation?: readonly number[]
}

const known = ['windowDimensions', 'windowStrides', 'padding', 'baseDilation', 'windowDilation']

/**
 * The sum, maximum or minimum over windows that slide along every axis. Of equal extremes the first in the window gets
 * the derivative. JAX's `lax.reduce_window` with `lax.add`, `lax.max` or `lax.min` and its identity. Throws ShapeError
 * unless there is a size, stride and so on for each axis.
 *
 * @example
 * lax.reduceWindow(np.array([1, 5, 2, 4]), 'max', { windowDimensions: [2], windowStrides: [2] }) // [5, 4]
 * lax.reduceWindow(np.array([1, 5, 2, 4]), 'sum', { windowDimensions: [3], padding: 'SAME' }) // [6, 8, 11, 6]
 */
export const reduceWindow = (x: NdArray, reduction: 'sum' | 'max' | 'min', options: ReduceWindowOptions): NdArray => {
  checkOptions('reduceWindow', options, known, true)
  checkArray('reduceWindow', x)
  if (!Object.hasOwn(primitives, reduction)) throw new ArgumentError('reduceWindow', "a reduction 'sum', 'max' or 'min'", reduction)
  const ones = x.shape.map(() => 1)
  const { windowDimensions, windowStrides = ones, padding = 'VALID', baseDilation = ones, windowDilation = ones } = options
  checkPositive('reduceWindow', 'windowDimensions', windowDimensions, x.ndim)
  checkPositive('reduceWindow', 'windowStrides', windowStrides, x.ndim)
  checkPositive('reduceWindow', 'windowDilation', windowDilation, x.ndim)
  const windows = windowDimensions.map((size, i) => dilated(size, windowDilation[i]))
  return bind1(primitives[reduction], [x], {
    windowDimensions,
    windowStrides,
    padding: paddingPairs('reduceWindow', padding, x.shape, windows, windowStrides),
    baseDilation,
    windowDilation
  })
}
