import { offsetsOf, sumOfProducts, type Factor } from '../array/matmul.js'
import { checkArray, dataOf, wrap } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import type { Aval } from '../core/aval.js'
import { allocate, byteSize, isFloat, type DType, type TypedArray } from '../core/dtype.js'
import { DTypeError, ShapeError } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import type { Primitive, Unknown } from '../core/primitive.js'
import { normalAxes, range, sizeOf, stridesOf, without, type Shape } from '../core/shape.js'
import { bind1 } from '../core/trace.js'
import { convertElementType } from './elementwise/convert.js'
import { known, primitive } from './rule.js'
import { inverse, transpose } from './movement/transpose.js'

/** Axes of the left operand, and as many of the right one, that belong together. */
export type AxisPairs = readonly [lhs: readonly number[], rhs: readonly number[]]

export interface DotParams {
  /** Axes that are summed over, and axes that both operands and the result share; JAX's `dimension_numbers`. */
  readonly dimensionNumbers: { readonly contracting: AxisPairs; readonly batch: AxisPairs }
  /** The dtype of the result, in which terms are summed; `null`: the operands'. */
  readonly preferredElementType: DType | null
}

/** The axes of an operand that are neither contracted nor shared. */
const freeAxes = (rank: number, { contracting, batch }: DotParams['dimensionNumbers'], side: 0 | 1): readonly number[] =>
  without(range(rank), [...contracting[side], ...batch[side]])

const kinds: Readonly<Record<DType, number>> = { bool: 0, int8: 1, uint8: 1, int32: 1, uint32: 1, float32: 2, float64: 2 }

/** The dtype of products of two operands; throws DTypeError if theirs differ, or the preferred one is narrower. */
export const productType = (who: string, lhs: Aval, rhs: Aval, preferred: DType | null): DType => {
  if (lhs.dtype !== rhs.dtype) throw new DTypeError(who, 'operands of one dtype', [lhs, rhs])
  if (preferred === null) return lhs.dtype
  if (kinds[preferred] < kinds[lhs.dtype] || byteSize(preferred) < byteSize(lhs.dtype)) {
    throw new DTypeError(who, `a preferredElementType at least as wide as ${lhs.dtype}`, preferred)
  }
  return preferred
}

const checkPairs = (pairs: AxisPairs, lhs: Aval, rhs: Aval, word: string): void => {
  const [l, r] = pairs
  if (l.length !== r.length) throw new ShapeError('dotGeneral', `as many ${word} axes on both sides`, [l, r])
  for (let i = 0; i < l.length; i++) {
    if (lhs.shape[l[i]] !== rhs.shape[r[i]]) {
      throw new ShapeError('dotGeneral', `${word} sizes to agree (axis ${l[i]} of lhs, ${r[i]} of rhs)`, [lhs, rhs])
    }
  }
}

/** Elements as a factor, axes in three groups: shared, free and contracted. */
const factorOf = (
  data: TypedArray, shape: Shape, batch: readonly number[], free: readonly number[], depth: readonly number[]
): Factor => {
  const strides = stridesOf(shape)
  const table = (axes: readonly number[]): Int32Array => offsetsOf(shape, strides, axes)
  return { data, batch: table(batch), free: table(free), depth: table(depth) }
}

/** The elements in a form that is multiplied in the result's arithmetic. */
export const factorData = (x: NdArray, out: DType): TypedArray => {
  const data = dataOf(x)
  return isFloat(out) && !isFloat(x.dtype) ? new Float64Array(data) : data
}

/** Products of all elements along pairs of axes, summed. */
export const dotGeneralP: Primitive<'dot_general', DotParams> = primitive<'dot_general', DotParams>('dot_general', {
  abstract([lhs, rhs], { dimensionNumbers, preferredElementType }) {
    const { contracting, batch } = dimensionNumbers
    const dtype = productType('dotGeneral', lhs, rhs, preferredElementType)
    normalAxes('dotGeneral', [...contracting[0], ...batch[0]], lhs.shape.length)
    normalAxes('dotGeneral', [...contracting[1], ...batch[1]], rhs.shape.length)
    checkPairs(contracting, lhs, rhs, 'contracting')
    checkPairs(batch, lhs, rhs, 'batch')
    const shape = [
      ...batch[0].map((axis) => lhs.shape[axis]),
      ...freeAxes(lhs.shape.length, dimensionNumbers, 0).map((axis) => lhs.shape[axis]),
      ...freeAxes(rhs.shape.length, dimensionNumbers, 1).map((axis) => rhs.shape[axis])
    ]
    return { shape, dtype, weak: lhs.weak && rhs.weak && preferredElementType === null }
  },
  impl([lhs, rhs], { dimensionNumbers }, out) {
    const { contracting, batch } = dimensionNumbers
    const data = allocate(out.dtype, sizeOf(out.shape))
    const [left, right] = ([0, 1] as const).map((side) => {
      const x = side === 0 ? lhs : rhs
      return factorOf(factorData(x, out.dtype), x.shape, batch[side], freeAxes(x.ndim, dimensionNumbers, side), contracting[side])
    })
    const [rows, columns] = [left.free.length, right.free.length]
    const every = (count: number, stride: number): Int32Array => offsetsOf([count], [stride], [0])
    // A sum of products of booleans is whether any product is true; counts of them must not wrap before that is asked.
    const sums = out.dtype === 'bool' ? new Int32Array(data.length) : data
    const groups = every(left.batch.length, rows * columns)
    sumOfProducts(left, right, { data: sums, batch: groups, rows: every(rows, columns), columns: every(columns, 1) }, out.dtype)
    if (out.dtype === 'bool') for (let i = 0; i < data.length; i++) data[i] = sums[i] === 0 ? 0 : 1
    return wrap(out, data)
  },
  rules: ['linear', 'linear'],
  transpose: (side) => (ct, operands, params) => cotangentOf(side === 0 ? 0 : 1, ct, operands, params),
  batch(_, [lhs, rhs], [l, r], params) {
    const { contracting, batch } = params.dimensionNumbers
    const shift = (axes: readonly number[], by: boolean): readonly number[] => (by ? axes.map((axis) => axis + 1) : axes)
    const both = l && r
    const lead = both ? [0] : []
    const dimensionNumbers = {
      contracting: [shift(contracting[0], l), shift(contracting[1], r)],
      batch: [[...lead, ...shift(batch[0], l)], [...lead, ...shift(batch[1], r)]]
    } as const
    const out = bind1(dotGeneralP, [lhs, rhs], { ...params, dimensionNumbers })
    if (both) return out
    // The mapped axis is the first free one of its operand.
    const at = l ? batch[0].length : lhs.ndim - contracting[0].length
    return transpose(out, [at, ...without(range(out.ndim), [at])])
  }
})

/** The cotangent of one operand: the result's contracted with the other operand over the other's free axes. */
const cotangentOf = (side: 0 | 1, ct: NdArray, operands: readonly (NdArray | Unknown)[], params: DotParams): NdArray => {
  const { contracting, batch } = params.dimensionNumbers
  const other = side === 0 ? 1 : 0
  const y = known(operands[other])
  const x = operands[side].aval
  const kept = freeAxes(x.shape.length, params.dimensionNumbers, side)
  const freeOfY = freeAxes(y.ndim, params.dimensionNumbers, other)
  const shared = batch[side].length
  const start = side === 0 ? shared + kept.length : shared
  const product = dotGeneral(ct, convertElementType(y, ct.dtype), {
    contract: [range(freeOfY.length, start), freeOfY],
    batch: [range(shared), batch[other]]
  })
  // Its axes are now the shared ones, x's free ones, and x's contracted ones in ascending order of y's.
  const contracted = contracting[other].map((axis, i) => [axis, contracting[side][i]] as const).sort(([a], [b]) => a - b)
  const axes = [...batch[side], ...kept, ...contracted.map(([, axis]) => axis)]
  return convertElementType(transpose(product, inverse(axes)), x.dtype)
}

export interface DotOptions {
  /** Axes that are summed over, of each operand. None by default: an outer product. */
  readonly contract?: AxisPairs
  /** Axes that both operands share, and the result keeps in front. */
  readonly batch?: AxisPairs
  /** The dtype of the result, in which terms are summed: at least as wide as the operands'. */
  readonly preferredElementType?: DType
}

/**
 * Products summed along pairs of axes: the result has the shared axes, the remaining ones of `x`, and the remaining
 * ones of `y`. Floats are summed in float64, integers wrap, booleans ask whether any product is true. JAX's
 * `lax.dot_general`. Throws ShapeError if paired sizes differ or an axis is used twice, DTypeError if the dtypes differ.
 *
 * @example
 * const x = np.array([[1, 2], [3, 4]])
 * lax.dotGeneral(x, x, { contract: [[1], [1]] }) // [[5, 11], [11, 25]]
 * lax.dotGeneral(x, x, { contract: [[1], [1]], batch: [[0], [0]] }) // [5, 25]
 */
export const dotGeneral = (x: NdArray, y: NdArray, options: DotOptions = {}): NdArray => {
  checkOptions('dotGeneral', options, ['contract', 'batch', 'preferredElementType'])
  const { contract = [[], []], batch = [[], []], preferredElementType = null } = options
  checkArray('dotGeneral', x)
  checkArray('dotGeneral', y)
  checkList('dotGeneral', 'a pair of lists of axes as contract', contract)
  checkList('dotGeneral', 'a pair of lists of axes as batch', batch)
  const normal = ([l, r]: AxisPairs): AxisPairs => [normalAxes('dotGeneral', l, x.ndim), normalAxes('dotGeneral', r, y.ndim)]
  const dimensionNumbers = { contracting: normal(contract), batch: normal(batch) }
  return bind1(dotGeneralP, [x, y], { dimensionNumbers, preferredElementType })
}

/**
 * The product of vectors and matrices in any combination. JAX's `lax.dot`. Throws ShapeError for other ranks, or if
 * the last size of `x` is not the first of `y`.
 *
 * @example
 * lax.dot(np.array([[1, 2], [3, 4]]), np.array([1, 10])) // [21, 43]
 */
export const dot = (x: NdArray, y: NdArray, options: Pick<DotOptions, 'preferredElementType'> = {}): NdArray => {
  checkOptions('dot', options, ['preferredElementType'])
  checkArray('dot', x)
  checkArray('dot', y)
  if (x.ndim < 1 || x.ndim > 2 || y.ndim < 1 || y.ndim > 2 || x.shape[x.ndim - 1] !== y.shape[0]) {
    throw new ShapeError('dot', 'vectors or matrices whose inner sizes agree', [x, y])
  }
  return dotGeneral(x, y, { contract: [[x.ndim - 1], [0]], ...options })
}
