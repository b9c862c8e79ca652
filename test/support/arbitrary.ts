import fc from 'fast-check'
import type { NdArray } from '../../src/core/array.js'
import { isFloat, maxValue, minValue, type DType } from '../../src/core/dtype.js'
import { sizeOf, type Shape } from '../../src/core/shape.js'
import { arrayOf, noise } from './arrays.js'

/** How many times as many examples as usual properties are tried on. */
const runs = Number(process.env['COTANGENT_RUNS'] ?? 1)

/** The number of examples of a property. */
export const numRuns = (usual: number): number => Math.max(1, Math.round(usual * runs))

interface ShapeBounds {
  readonly minRank?: number
  readonly maxRank?: number
  /** The least size of an axis; 0 if not given. */
  readonly least?: number
}

/** The size of an axis: small, now and then 1 or 0. */
export const sizes = (least = 0): fc.Arbitrary<number> => fc.constantFrom(...[2, 3, 1, 2, 3, 4, 0].filter((n) => n >= least))

/** Shapes of few elements. */
export const shapes = ({ minRank = 0, maxRank = 3, least = 0 }: ShapeBounds = {}): fc.Arbitrary<Shape> =>
  fc.array(sizes(least), { minLength: minRank, maxLength: maxRank })

/** Any of the positions `0 … n − 1`, in the order given. */
export const subset = (n: number): fc.Arbitrary<readonly number[]> =>
  n === 0 ? fc.constant([]) : fc.subarray(Array.from({ length: n }, (_, i) => i))

/** The positions `0 … n − 1` in any order. */
export const permutation = (n: number): fc.Arbitrary<readonly number[]> => {
  const all = Array.from({ length: n }, (_, i) => i)
  return fc.shuffledSubarray(all, { minLength: n, maxLength: n })
}

/** `n` flags. */
export const mask = (n: number): fc.Arbitrary<readonly boolean[]> => fc.array(fc.boolean(), { minLength: n, maxLength: n })

/** `n` flags, not all of them false; none if n is 0. */
export const someOf = (n: number): fc.Arbitrary<readonly boolean[]> =>
  n === 0 ? fc.constant([]) : fc.tuple(mask(n), fc.nat(n - 1)).map(([flags, one]) => flags.with(one, true))

/** Where numbers are drawn from: a function of a number between 0 and 1. */
export type Domain = (u: number) => number

/** The interval. */
export const within = (low: number, high: number): Domain => (u) => low + (high - low) * u

/** Both signs, with magnitudes from the interval: away from zero. */
export const signed = (low: number, high: number): Domain => (u) => {
  const magnitude = low + (high - low) * Math.abs(2 * u - 1)
  return u < 0.5 ? magnitude : -magnitude
}

/** Away from the integers and their halves, where rounding jumps. */
export const betweenSteps = (span: number): Domain => (u) => {
  const cell = Math.floor(u * 4 * span)
  return (cell - 2 * span) / 2 + 0.1 + 0.3 * (u * 4 * span - cell)
}

const steps = 512

/** Elements of a domain that shrink to its beginning, and differ a little even where they are drawn alike. */
const smooth = (dtype: DType, shape: Shape, domain: Domain): fc.Arbitrary<NdArray> => {
  const length = sizeOf(shape)
  return fc.array(fc.nat(steps), { minLength: length, maxLength: length }).map((cells) =>
    arrayOf(dtype, shape, cells.map((k, i) => domain((k + 0.5 + 0.4 * noise(length, i)) / (steps + 1))))
  )
}

const strange = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -2.5, 1e-40, 1e30, -1e20] as const

const wildElement = (dtype: DType): fc.Arbitrary<number> => {
  if (dtype === 'bool') return fc.nat(1)
  const usual = fc.integer({ min: -16, max: 16 })
  if (isFloat(dtype)) {
    return fc.oneof(
      { weight: 3, arbitrary: usual.map((k) => k / 4) },
      { weight: 1, arbitrary: fc.constantFrom(...strange) }
    )
  }
  return fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(minValue(dtype), maxValue(dtype), 0) })
}

/** Any elements: signed zeros, infinities and NaN too, the least and the greatest integers. Sometimes weakly typed. */
const wild = (dtype: DType, shape: Shape): fc.Arbitrary<NdArray> => {
  const length = sizeOf(shape)
  const weak = dtype === 'float32' || dtype === 'int32' ? fc.nat(4).map((n) => n === 4) : fc.constant(false)
  return fc.tuple(fc.array(wildElement(dtype), { minLength: length, maxLength: length }), weak)
    .map(([elements, flag]) => arrayOf(dtype, shape, elements, flag))
}

/** Integers of a range, as an array. */
export const integers = (dtype: DType, shape: Shape, min: number, max: number): fc.Arbitrary<NdArray> => {
  const length = sizeOf(shape)
  return fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length }).map((elements) => arrayOf(dtype, shape, elements))
}

/** What a row of the table draws its operands with. */
export interface Draw {
  /** Of the elements that the operation works on. */
  readonly dtype: DType
  /** Whether elements are to be of any kind, rather than such that derivatives can be compared with differences. */
  readonly wild: boolean
  /** An array of that dtype; when not wild, with elements from the domain. */
  array(shape: Shape, domain?: Domain): fc.Arbitrary<NdArray>
  /** Arrays of that dtype; when not wild, no two elements in them are closer than differences reach. */
  distinct(...shapes: readonly Shape[]): fc.Arbitrary<readonly NdArray[]>
}

/** Evenly spaced numbers in any order, each moved a little. */
const spaced = (dtype: DType, shapes: readonly Shape[]): fc.Arbitrary<readonly NdArray[]> => {
  const lengths = shapes.map(sizeOf)
  const total = lengths.reduce((a, b) => a + b, 0)
  return permutation(total).map((order) => {
    let next = 0
    return shapes.map((shape, k) => {
      const cells = order.slice(next, (next += lengths[k]))
      return arrayOf(dtype, shape, cells.map((cell) => (cell - total / 2) * 0.125 + 0.06 + 0.02 * noise(total, cell)))
    })
  })
}

export const drawing = (dtype: DType, isWild: boolean): Draw => {
  const any = isWild || !isFloat(dtype)
  const array = (shape: Shape, domain: Domain = signed(0.1, 2)): fc.Arbitrary<NdArray> =>
    (any ? wild(dtype, shape) : smooth(dtype, shape, domain))
  return {
    dtype,
    wild: isWild,
    array,
    distinct: (...list) => (any ? fc.tuple(...list.map((shape) => wild(dtype, shape))) : spaced(dtype, list))
  }
}
