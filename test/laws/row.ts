import fc from 'fast-check'
import type { NdArray } from '../../src/core/array.js'
import { isFloat, type DType, type FloatDType } from '../../src/core/dtype.js'
import type { Jaxpr, Primitive } from '../../src/core/primitive.js'
import { bind } from '../../src/core/trace.js'
import { showJaxpr } from '../../src/ir/show.js'
import { show } from '../support/arrays.js'
import { drawing, type Draw } from '../support/arbitrary.js'
import { print } from '../support/print.js'

/** One application of a primitive. */
export interface Example<P extends object = object> {
  readonly operands: readonly NdArray[]
  readonly params: P
  /** Floating operands in which it has no derivative with these params. */
  readonly fixed?: readonly number[]
}

export type ArrayFunction = (operands: readonly NdArray[]) => readonly NdArray[]

/** What the laws need to know of a primitive to be tried on it. */
export interface Row<P extends object = object> {
  /** The dtypes of the elements that it works on. */
  readonly dtypes: readonly DType[]
  /** Operands and params. Elements that are not wild keep away from kinks and poles. */
  examples(draw: Draw): fc.Arbitrary<Example<P>>
  /** Floating operands in which it has no derivative. */
  readonly fixed?: readonly number[]
  /** False for what has none to compare with differences: it is not continuous, or has no operands. Some have them in forward mode only. */
  readonly derivatives?: false | 'forward'
  /** By how much, relative to the greatest element, a batch may differ from a loop; not at all if not given. */
  readonly batching?: number
  /** Tolerance of first derivatives against differences, where the usual one is too tight. */
  readonly tolerance?: Partial<Readonly<Record<FloatDType, number>>>
  /** What applies it, if not an application by itself. */
  readonly around?: (apply: ArrayFunction) => ArrayFunction
}

/** A param with jaxprs as texts. */
const shown = (value: unknown): unknown => (isJaxpr(value) ? showJaxpr(value) : Array.isArray(value) ? value.map(shown) : value)

const isJaxpr = (x: unknown): x is Jaxpr => typeof x === 'object' && x !== null && 'eqns' in x

const shownParams = (params: object): object =>
  Object.fromEntries(Object.entries(params).map(([name, value]: [string, unknown]) => [name, shown(value)]))

/** An example of a primitive, which failures print. */
export class Trial {
  readonly primitive: Primitive
  readonly row: Row
  readonly operands: readonly NdArray[]
  readonly params: object
  readonly #fixed: readonly number[]

  constructor(primitive: Primitive, row: Row, { operands, params, fixed = row.fixed ?? [] }: Example) {
    this.primitive = primitive
    this.row = row
    this.operands = operands
    this.params = params
    this.#fixed = fixed
  }

  /** The operation as a function of its operands. */
  get f(): ArrayFunction {
    const apply: ArrayFunction = (xs) => bind(this.primitive, xs, this.params)
    return this.row.around?.(apply) ?? apply
  }

  /** Which operands it may be differentiated in. */
  get differentiable(): readonly boolean[] {
    return this.operands.map((x, i) => isFloat(x.dtype) && !this.#fixed.includes(i))
  }

  /** The narrowest dtype that results go through. */
  get dtype(): FloatDType {
    return [...this.operands, ...this.f(this.operands)].some((x) => x.dtype === 'float32') ? 'float32' : 'float64'
  }

  [fc.toStringMethod](): string {
    return `${this.primitive.name} ${print(shownParams(this.params))} of ${this.operands.map(show).join(' and ')}`
  }
}

/** A primitive and its row. */
export interface Subject {
  readonly primitive: Primitive
  readonly row: Row
}

/** Elements of any kind and dtype. */
export const wildTrials = ({ primitive, row }: Subject): fc.Arbitrary<Trial> =>
  fc.constantFrom(...row.dtypes).chain((dtype) => row.examples(drawing(dtype, true))).map((example) => new Trial(primitive, row, example))

/** Floating elements at which the operation is smooth. */
export const smoothTrials = ({ primitive, row }: Subject, dtypes: readonly FloatDType[] = ['float64', 'float32']): fc.Arbitrary<Trial> =>
  fc.constantFrom(...dtypes.filter((dtype) => row.dtypes.includes(dtype)))
    .chain((dtype) => row.examples(drawing(dtype, false)))
    .map((example) => new Trial(primitive, row, example))

/** Whether derivatives are compared with differences. */
export const isSmooth = ({ row }: Subject): boolean => row.derivatives !== false && row.dtypes.includes('float64')

/** Whether they are there in reverse mode too. */
export const isReversible = (subject: Subject): boolean => isSmooth(subject) && subject.row.derivatives !== 'forward'
