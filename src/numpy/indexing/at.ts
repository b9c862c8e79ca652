import type { ArrayLike, NdArray } from '../../core/array.js'
import { isFloat, maxValue, minValue, type DType } from '../../core/dtype.js'
import { DTypeError, ShapeError } from '../../core/errors.js'
import { checkFunction, checkOptions } from '../../core/options.js'
import { range, type Shape } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { checkWord } from '../options.js'
import { arrayOf, spread, valuesIn } from '../promote.js'
import { add, divide, maximum, minimum, multiply, power } from '../arithmetic.js'
import { planOf, sizesOf, type Plan } from './advanced.js'
import { padBox, readBox, writeBox } from './box.js'
import { parse, soleMask, type Index, type Parsed } from './parse.js'

/** How elements at computed positions are read. Negative positions count from the end. */
export interface GetOptions {
  /** Positions beyond the ends give the element at the end (`'clip'`, the default) or the fill value (`'fill'`). */
  readonly mode?: 'clip' | 'fill'
  /** By default NaN, the least signed or the greatest unsigned integer, or true. */
  readonly fillValue?: number | boolean
}

/** How elements at computed positions are changed. Negative positions count from the end. */
export interface UpdateOptions {
  /** Updates beyond the ends are dropped (`'drop'`, the default) or change the element at the end (`'clip'`). */
  readonly mode?: 'drop' | 'clip'
  /** The caller promises that no position occurs twice; derivatives of products ask for it. False by default. */
  readonly uniqueIndices?: boolean
}

/** A function that returns the array with some elements changed by values, which are broadcast to those elements. */
export type Update = (values: ArrayLike, options?: UpdateOptions) => NdArray

/** Some elements of an array: to be read, or changed in a copy. */
export interface At {
  /** The elements. */
  readonly get: (options?: GetOptions) => NdArray
  /** The array with other values there. If a position occurs twice, one of its values stays. */
  readonly set: Update
  /** The array with values added there. If a position occurs twice, both are added; likewise below. */
  readonly add: Update
  /** The array with values subtracted there. */
  readonly subtract: Update
  /** The array with the elements there multiplied by values. */
  readonly multiply: Update
  /** The array with the elements there divided by values. */
  readonly divide: Update
  /** The array with the elements there raised to powers. */
  readonly power: Update
  /** The array with the elements there replaced by lesser values. */
  readonly min: Update
  /** The array with the elements there replaced by greater values. */
  readonly max: Update
  /** The array with a function applied to the elements there, all at once. If a position occurs twice, once. */
  readonly apply: (f: (elements: NdArray) => NdArray, options?: UpdateOptions) => NdArray
}

type Op = 'set' | 'add' | 'multiply' | 'min' | 'max'

/** What changes nothing, for each way to combine elements. */
const neutral = (op: Op, dtype: DType): number =>
  op === 'multiply' ? 1 : op === 'min' ? maxValue(dtype) : op === 'max' ? minValue(dtype) : 0

const combine = { set: (_: NdArray, y: NdArray): NdArray => y, add, multiply, min: minimum, max: maximum }

const scatters = { set: lax.scatter, add: lax.scatterAdd, multiply: lax.scatterMul, min: lax.scatterMin, max: lax.scatterMax }

/** The part of the array that its spans hold, without the axes where one position is picked: what a plan's arrays index. */
const sourceOf = (x: NdArray, { spans }: Parsed, plan: Plan): NdArray => lax.reshape(readBox(x, spans), plan.source)

const read = (x: NdArray, index: Parsed, options: GetOptions): NdArray => {
  if (index.slots.every((slot) => slot.kind !== 'array')) return lax.reshape(readBox(x, index.spans), sizesOf(index.slots))
  const plan = planOf('get', index.slots)
  if (plan.shape.includes(0)) return lax.full(plan.shape, 0, x.dtype)
  const { mode = 'clip', fillValue } = options
  const source = sourceOf(x, index, plan)
  const sliceSizes = source.shape.map((size, axis) => (plan.axes.includes(axis) ? 1 : size))
  if (plan.indices.ndim === 1 && mode === 'clip') {
    const starts = source.shape.map((_, axis) => {
      const k = plan.axes.indexOf(axis)
      return k < 0 ? 0 : lax.reshape(lax.sliceInDim(plan.indices, k, k + 1), [])
    })
    return lax.reshape(lax.dynamicSlice(source, starts, sliceSizes), plan.shape)
  }
  const out = lax.gather(source, plan.indices, {
    offsetDims: plan.windows,
    collapsedSliceDims: plan.axes,
    startIndexMap: plan.axes,
    sliceSizes,
    mode,
    ...(fillValue !== undefined && { fillValue })
  })
  return lax.reshape(out, plan.shape)
}

const updateBox = (x: NdArray, index: Parsed, values: NdArray, op: Op): NdArray => {
  const box = lax.reshape(values, index.spans.map((span) => span.count))
  return op === 'set' ? writeBox(x, box, index.spans) : combine[op](x, padBox(box, index.spans, x.shape, neutral(op, x.dtype)))
}

const updateArrays = (x: NdArray, index: Parsed, plan: Plan, values: NdArray, op: Op, options: UpdateOptions): NdArray => {
  const { mode = 'drop', uniqueIndices = false } = options
  const source = sourceOf(x, index, plan)
  const changed = scatters[op](source, plan.indices, lax.reshape(values, plan.gathered), {
    updateWindowDims: plan.windows,
    insertedWindowDims: plan.axes,
    scatterDimsToOperandDims: plan.axes,
    mode: mode === 'clip' ? 'clip' : 'fill',
    uniqueIndices
  })
  return writeBox(x, lax.reshape(changed, index.spans.map((span) => span.count)), index.spans)
}

const update = (who: string, x: NdArray, index: Parsed, values: ArrayLike, op: Op, options: UpdateOptions): NdArray => {
  const given = valuesIn(who, x, values)
  if (index.slots.every((slot) => slot.kind !== 'array')) return updateBox(x, index, spread(who, given, sizesOf(index.slots)), op)
  const plan = planOf(who, index.slots)
  const all = spread(who, given, plan.shape)
  return all.size === 0 ? x : updateArrays(x, index, plan, all, op, options)
}

/** A scalar where a mask holds: nothing has to be known of the mask. */
const updateMask = (who: string, x: NdArray, mask: NdArray, value: NdArray, op: Op): NdArray => {
  checkMask(who, mask, x.shape)
  const where = lax.broadcastInDim(mask, x.shape, range(mask.ndim))
  return lax.select(where, combine[op](x, spread(who, value, x.shape)), x)
}

const checkMask = (who: string, mask: NdArray, shape: Shape): void => {
  if (mask.ndim > shape.length || mask.shape.some((size, axis) => size !== shape[axis])) {
    throw new ShapeError(who, `a mask of the leading sizes of [${shape.join(',')}]`, mask)
  }
}

/**
 * Some elements of an array, to be read or changed in a copy: `jnp.ndarray.at`. The index has an item for each axis:
 * `null` for all of it, a number (negative from the end), a range `[start, stop, step]`, an array of integers or booleans,
 * `'...'` or `'newaxis'`; see `IndexItem`.
 *
 * Integers beyond the ends throw ShapeError; ranges are cut off. Positions in arrays are not known beforehand: beyond the ends
 * they read the element at the end, and updates there are dropped, unless the options say otherwise. Masks must not be traced,
 * except where a scalar is set or added.
 *
 * @example
 * const x = np.array([[1, 2, 3], [4, 5, 6]])
 * np.at(x, [0, [1, null]]).get() // [2, 3]
 * np.at(x, [null, -1]).set(0) // [[1, 2, 0], [4, 5, 0]]
 * np.at(np.zeros([3]), new Int32Array([0, 2, 2])).add(1) // [1, 0, 2]
 * np.at(x, np.greater(x, 3)).multiply(10) // [[1, 2, 3], [40, 50, 60]]
 */
export const at = (x: ArrayLike, index: Index): At => {
  const array = arrayOf('at', x)
  const mask = soleMask('at', index)
  let parsed: Parsed | undefined
  const understood = (): Parsed => (parsed ??= parse('at', array.shape, index))
  if (mask === undefined) understood()
  const change = (who: string, op: Op, values: ArrayLike, options: UpdateOptions, target = array): NdArray => {
    checkOptions(who, options, ['mode', 'uniqueIndices'])
    checkWord(who, 'mode', ['drop', 'clip'], options.mode ?? 'drop')
    if (mask !== undefined) {
      const value = valuesIn(who, target, values)
      if (value.ndim === 0) return updateMask(who, target, mask, value, op)
    }
    return update(who, target, understood(), values, op, options)
  }
  const changing = (op: Op): Update => (values, options = {}) => change(`at(…).${op}`, op, values, options)
  /** Products of the values where there are any, ones elsewhere. */
  const factors = (who: string, values: ArrayLike, options: UpdateOptions): NdArray =>
    change(who, 'multiply', values, options, lax.fullLike(array, 1))
  const get = (options: GetOptions = {}): NdArray => {
    checkOptions('at(…).get', options, ['mode', 'fillValue'])
    checkWord('at(…).get', 'mode', ['clip', 'fill'], options.mode ?? 'clip')
    return read(array, understood(), options)
  }
  return {
    get,
    set: changing('set'),
    add: changing('add'),
    subtract: (values, options = {}) => change('at(…).subtract', 'add', lax.neg(valuesIn('at(…).subtract', array, values)), options),
    multiply: changing('multiply'),
    divide: (values, options = {}) => {
      if (!isFloat(array.dtype)) throw new DTypeError('at(…).divide', 'a floating-point array', array)
      return divide(array, factors('at(…).divide', values, options))
    },
    power: (values, options = {}) => power(array, factors('at(…).power', values, options)),
    min: changing('min'),
    max: changing('max'),
    apply: (f, options = {}) => change('at(…).apply', 'set', checkFunction('at(…).apply', 'a function of the elements', f)(get()), options)
  }
}

/**
 * Some elements of an array, by an index as `at` takes it: NumPy's `x[1:-1, None, ::2]` is
 * `np.slice(x, [[1, -1], 'newaxis', [null, null, 2]])`. Throws ShapeError for integers beyond the ends.
 *
 * @example
 * const x = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
 * np.slice(x, [[1, null], -1]) // [6, 9]
 * np.slice(x, [[null, null, -1], [0, 2]]) // [[7, 8], [4, 5], [1, 2]]
 * np.slice(x, [np.array([0, 2], { dtype: 'int32' }), np.array([1, 0], { dtype: 'int32' })]) // [2, 7]
 */
export const slice = (x: ArrayLike, index: Index): NdArray => {
  const array = arrayOf('slice', x)
  return read(array, parse('slice', array.shape, index), {})
}
