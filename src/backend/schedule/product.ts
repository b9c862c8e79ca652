import { isFloat, type DType } from '../../core/dtype.js'
import type { Eqn } from '../../core/primitive.js'
import { range, stridesOf, without } from '../../core/shape.js'
import { counter, linear } from './affine.js'
import type { Affine, Buffer, Factor, Nest, Product, Register, Value } from './kernel.js'
import { tilingOf } from './tiling.js'

interface Dimensions {
  readonly contracting: readonly [readonly number[], readonly number[]]
  readonly batch: readonly [readonly number[], readonly number[]]
}

/** Several axes as one, if its elements are evenly spaced: its stride. */
const merged = (shape: readonly number[], strides: readonly number[]): number | null => {
  let stride: number | null = null
  let next = 0
  for (let k = shape.length - 1; k >= 0; k--) {
    if (shape[k] === 1) continue
    if (stride === null) stride = strides[k]
    else if (strides[k] !== next) return null
    next = strides[k] * shape[k]
  }
  return stride ?? 0
}

const pick = (list: readonly number[], axes: readonly number[]): readonly number[] => axes.map((axis) => list[axis])

/** An operand as a factor, if it is dense; nothing if its free or its contracted axes do not make one. */
const factor = (shape: readonly number[], batch: readonly number[], depth: readonly number[]): Omit<Factor, 'buffer'> | null => {
  const strides = stridesOf(shape)
  const free = without(range(shape.length), [...batch, ...depth])
  const [along, down] = [merged(pick(shape, free), pick(strides, free)), merged(pick(shape, depth), pick(strides, depth))]
  return along === null || down === null ? null : { offset: 0, batch: pick(strides, batch), free: along, depth: down }
}

/** Whether the free and the contracted axes of an operand make a matrix. */
export const isMatrix = (shape: readonly number[], batch: readonly number[], depth: readonly number[]): boolean =>
  factor(shape, batch, depth) !== null

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

/** Buffers of the operands and the result, and a way to make one for the kernel itself. */
export interface Places {
  readonly lhs: Buffer
  readonly rhs: Buffer
  readonly out: Buffer
  room(dtype: DType, size: number): Buffer
}

/** A `dot_general` as a product of matrices; nothing if its axes are not evenly spaced, or its dtype is none of floats. */
export const productOf = ({ inputs: [x, y], params, outputs: [out] }: Eqn, places: Places): Product | null => {
  const { contracting, batch } = (params as { readonly dimensionNumbers: Dimensions }).dimensionNumbers // of dot_general
  const { dtype } = out.aval
  if ((dtype !== 'float32' && dtype !== 'float64') || !isFloat(x.aval.dtype)) return null
  const left = factor(x.aval.shape, batch[0], contracting[0])
  const right = factor(y.aval.shape, batch[1], contracting[1])
  if (left === null || right === null) return null
  const free = (shape: readonly number[], side: 0 | 1): readonly number[] =>
    pick(shape, without(range(shape.length), [...contracting[side], ...batch[side]]))
  const [columns, depth] = [product(free(y.aval.shape, 1)), product(pick(x.aval.shape, contracting[0]))]
  const kernel: Product = {
    kind: 'product', name: 'dot_general', dtype, batch: pick(x.aval.shape, batch[0]),
    rows: product(free(x.aval.shape, 0)), columns, depth,
    lhs: { buffer: places.lhs, ...left }, rhs: { buffer: places.rhs, ...right }, out: places.out, packed: null, epilogue: null
  }
  const { pieces: { units }, room } = tilingOf(kernel)
  return room === 0 ? kernel : { ...kernel, packed: places.room(dtype, units * room) }
}

/** A product as loops: sums over the depth, and then what becomes of them. */
export const asNest = ({ name, dtype, batch, rows, columns, depth, lhs, rhs, out, epilogue }: Product): Nest => {
  const outer = [...batch, rows, columns]
  const sum: Register = epilogue?.sum ?? { id: 0, dtype }
  const element = ({ buffer, offset, batch: along, free, depth: down }: Factor, side: 0 | 1): Value =>
    ({ kind: 'load', dtype, buffer, at: { offset, strides: [...along, ...(side === 0 ? [free, 0] : [0, free]), down] } })
  const product: Value = { kind: 'apply', dtype, operation: 'mul', params: {}, args: [element(lhs, 0), element(rhs, 1)] }
  const value: Value = epilogue?.value ?? { kind: 'register', dtype, register: sum }
  const at: Affine = linear(outer.map((_, k) => counter(k)), outer)
  return {
    kind: 'nest', name, outer,
    phases: [
      { inner: [depth], reductions: [{ register: sum, combiner: 'add', value: product }], stores: [] },
      { inner: [], reductions: [], stores: [{ buffer: out, at, value }] }
    ]
  }
}
