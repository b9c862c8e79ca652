import { byteSize, type DType } from '../../../core/dtype.js'
import { sizeOf, type Shape } from '../../../core/shape.js'
import { i32, sequence, v128, type Code, type Local, type Statement } from '../code.js'
import { gatherLanes, loadLanes, loadSplat, scatterLanes, storeLanes, type Lanes } from '../lanes.js'
import { plus } from '../loops.js'
import type { Scope } from '../module.js'
import { repeat, walk } from './walk.js'

/*
 * Work along one axis, in which the lines at all positions of the other axes go their own ways: lanes lie across lines.
 */

/** An array: bytes from line to line in the axes before the one worked along, and in those behind it. */
export interface Lined {
  readonly at: Code<'i32'>
  readonly dtype: DType
  readonly outer: number
  readonly inner: number
}

/** The array of a shape with the axis, or without it. */
export const lined = (at: Code<'i32'>, dtype: DType, shape: Shape, axis: number, present: boolean): Lined => {
  const bytes = byteSize(dtype)
  return { at, dtype, inner: bytes, outer: bytes * sizeOf(shape.slice(axis + 1)) * (present ? shape[axis] : 1) }
}

/** Some lines at once: as many as there are lanes, or one. */
export interface Lines {
  /** Where the first of them begins in each array. */
  readonly starts: readonly Local<'i32'>[]
  /** Elements of the lines in the k-th array, at an address of the first of them. */
  readonly load: (k: number, address: Local<'i32'>) => Code<'v128'>
  readonly store: (k: number, address: Local<'i32'>, value: Code<'v128'>) => Statement
}

/** The body for all lines of arrays of the shape, many at a time where there are many. */
export const eachLines = (
  scope: Scope, shape: Shape, axis: number, lanes: Lanes, arrays: readonly Lined[], body: (lines: Lines) => Statement
): Statement => {
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))]
  const [fast, slow] = inner >= lanes || outer < lanes ? ['inner', 'outer'] as const : ['outer', 'inner'] as const
  const [many, others] = fast === 'inner' ? [inner, outer] : [outer, inner]
  const starts = arrays.map(() => scope.local('i32'))
  const linesOf = (count: number): Lines => ({
    starts,
    load(k, address) {
      const { dtype, [fast]: step } = arrays[k]
      if (count === 1) return loadSplat(dtype, address.get)
      return step === byteSize(dtype) ? loadLanes(dtype, address.get, lanes) : gatherLanes(dtype, address.get, lanes, lanes, step)
    },
    store(k, address, value) {
      const { dtype, [fast]: step } = arrays[k]
      if (count > 1 && step === byteSize(dtype)) return storeLanes(dtype, address.get, value, lanes)
      const held = scope.local('v128')
      return sequence(held.set(value), ...scatterLanes(dtype, address.get, held.get, lanes, count, step))
    }
  })
  const step = (by: number): Statement => sequence(...starts.map((at, k) => at.set(plus(at.get, by * arrays[k][fast]))))
  const [whole, rest] = [Math.floor(many / lanes), many % lanes]
  const along = sequence(
    ...(whole === 0 ? [] : [repeat(scope, whole, sequence(body(linesOf(lanes)), step(lanes)))]),
    ...(rest === 0 ? [] : [repeat(scope, rest, sequence(body(linesOf(1)), step(1)))]),
    step(-many)
  )
  return sequence(
    ...starts.map((at, k) => at.set(arrays[k].at)),
    walk(scope, [others], starts.map((at, k) => ({ at, strides: [arrays[k][slow]] })), along)
  )
}

/** An integer in every lane. */
export const wholeLanes = (n: number): Code<'v128'> => v128.const(Int32Array.of(n, n, n, n))

/** Moves a pointer by so many bytes. */
export const advance = (at: Local<'i32'>, bytes: number): Statement => at.set(i32.add(at.get, i32.const(bytes)))
