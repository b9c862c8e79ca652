import { checkArray, dataOf, scalar, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { allocate, coerce, isFloat, isInteger, isUnsigned, type DType, type TypedArray } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import { withName } from '../../core/name.js'
import { publicName, type Primitive } from '../../core/primitive.js'
import { equalShapes, sizeOf } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { broadcastLeading, fullLike } from '../broadcast.js'
import { primitive, type Rule, type TransposeRule } from '../rule.js'
import { mapElements, zipElements } from './elements.js'

/** Which dtypes an operation takes. */
export type Domain = 'float' | 'number' | 'signed' | 'integer' | 'bits' | 'any'

const accepts: Readonly<Record<Domain, (dtype: DType) => boolean>> = {
  float: isFloat,
  number: (dtype) => dtype !== 'bool',
  signed: (dtype) => dtype !== 'bool' && !isUnsigned(dtype),
  integer: isInteger,
  bits: (dtype) => !isFloat(dtype),
  any: () => true
}

const words: Readonly<Record<Domain, string>> = {
  float: 'floating-point operands',
  number: 'numbers, not booleans',
  signed: 'signed numbers',
  integer: 'integers',
  bits: 'integers or booleans',
  any: 'arrays'
}

/** The type of an elementwise operation: all operands of one shape and dtype. Throws ShapeError and DTypeError. */
export const pointwiseAval = (name: string, avals: readonly Aval[], domain: Domain, out?: DType): Aval => {
  const [x] = avals
  let weak = true
  for (const a of avals) {
    if (a.dtype !== x.dtype) throw new DTypeError(publicName(name), 'operands of one dtype', avals)
    if (!equalShapes(a.shape, x.shape)) throw new ShapeError(publicName(name), 'operands of one shape', avals)
    weak = weak && a.weak
  }
  if (!accepts[domain](x.dtype)) throw new DTypeError(publicName(name), words[domain], avals.length === 1 ? x : avals)
  return { shape: x.shape, dtype: out ?? x.dtype, weak: weak && out === undefined }
}

/** Operands of an elementwise operation, all of them with the mapped axis. */
export const allBatched = (size: number, operands: readonly NdArray[], batched: readonly boolean[]): readonly NdArray[] =>
  operands.map((x, i) => (batched[i] ? x : broadcastLeading(size, x)))

interface Pointwise<P extends object> {
  readonly domain?: Domain
  /** The dtype of the result, if it is not the operands'. */
  readonly out?: DType
  /** The type of the result and the checks of operands and params, if one shape, one dtype and a domain are not all. */
  abstract?(avals: readonly Aval[], params: P): Aval
  readonly transpose?: readonly (TransposeRule<P> | null)[]
}

interface UnarySpec<P extends object> extends Pointwise<P> {
  /** On one element. The result is rounded to the dtype, or wrapped, when stored. */
  readonly impl: (x: number, dtype: DType, params: P) => number
  /** On all elements at once for float32, where a call for each would cost more than its work. */
  readonly float32?: (x: Float32Array, out: TypedArray) => void
  /** The derivative: nonlinear work first, then a function linear in `dx`; `'linear'` if it is the operation itself. */
  readonly linearize?: Rule<P> | 'linear'
}

/** An elementwise primitive of one operand. */
export const unary = <const N extends string, P extends object = object>(name: N, spec: UnarySpec<P>): Primitive<N, P> => {
  const { impl, float32, domain = 'float', out: dtype, linearize, transpose } = spec
  const self: Primitive<N, P> = primitive<N, P>(name, {
    abstract: (avals, params) => spec.abstract?.(avals, params) ?? pointwiseAval(name, avals, domain, dtype),
    impl([x], params, out) {
      const [data, result] = [dataOf(x), allocate(out.dtype, sizeOf(out.shape))]
      if (float32 !== undefined && data instanceof Float32Array) float32(data, result)
      else mapElements(impl, data, result, x.dtype, params)
      return wrap(out, result)
    },
    ...(linearize !== undefined && { rules: [linearize] }),
    ...(transpose !== undefined && { transpose }),
    batch: (_, operands, __, params) => bind1(self, operands, params)
  })
  return self
}

interface BinarySpec extends Pointwise<object> {
  /** On one pair of elements of the first operand's dtype. The result is rounded to the dtype, or wrapped, when stored. */
  readonly impl: (x: number, y: number, dtype: DType) => number
  /** On all elements at once for float32, where a call for each would cost more than its work. */
  readonly float32?: (x: Float32Array, y: Float32Array, out: TypedArray) => void
  /** The derivative with respect to each operand. */
  readonly rules?: readonly (Rule<object> | 'linear' | null)[]
}

/** An elementwise primitive of two operands of one type. */
export const binary = <const N extends string>(name: N, spec: BinarySpec): Primitive<N> => {
  const { impl, float32, domain = 'number', out: dtype, rules, transpose } = spec
  const self: Primitive<N> = primitive<N>(name, {
    abstract: (avals, params) => spec.abstract?.(avals, params) ?? pointwiseAval(name, avals, domain, dtype),
    impl([x, y], _, out) {
      const [a, b, result] = [dataOf(x), dataOf(y), allocate(out.dtype, sizeOf(out.shape))]
      if (float32 !== undefined && a instanceof Float32Array && b instanceof Float32Array) float32(a, b, result)
      else zipElements(impl, a, b, result, x.dtype)
      return wrap(out, result)
    },
    ...(rules !== undefined && { rules }),
    ...(transpose !== undefined && { transpose }),
    batch: (size, operands, batched) => bind1(self, allBatched(size, operands, batched))
  })
  return self
}

/** What elementwise functions of `lax` take: arrays of one type, or a number for one of them. */
export type Operand = NdArray | number

/** The public function of a primitive of one operand. */
export type Unary = (x: NdArray) => NdArray

/** The public function of a primitive of two operands; a number stands for an array of the other's type. */
export type Binary = (x: Operand, y: Operand) => NdArray

/** A number in the place of an array. Throws ArgumentError for numbers that the array's dtype does not hold. */
const numberLike = (who: string, like: NdArray, value: number): NdArray => {
  const { dtype } = checkArray(who, like)
  if (!isFloat(dtype) && coerce(dtype, value) !== value) throw new ArgumentError(who, `a number that ${dtype} can hold`, value)
  return fullLike(like, value)
}

/** The public function of a binary primitive. */
export const lifted = (self: Primitive): Binary => {
  const name = publicName(self.name)
  return withName(name, (x, y) => {
    if (typeof x !== 'number') return bind1(self, [x, typeof y === 'number' ? numberLike(name, x, y) : y])
    if (typeof y !== 'number') return bind1(self, [numberLike(name, y, x), y])
    return bind1(self, [scalar(x, 'float32', true), scalar(y, 'float32', true)])
  })
}
