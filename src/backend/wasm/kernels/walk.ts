import { byteSize, type DType } from '../../../core/dtype.js'
import { sizeOf, type Shape } from '../../../core/shape.js'
import { i32, i64, leave, loop, memory, sequence, v128, type Code, type Local, type Statement } from '../code.js'
import { splat } from '../lanes.js'
import { plus } from '../loops.js'
import type { Scope } from '../module.js'
import { storeElement } from './element.js'

/*
 * Loops over boxes of static extents, in which pointers walk through arrays.
 */

/** A pointer, and how many bytes it moves along each axis. */
export interface Walker {
  readonly at: Local<'i32'>
  readonly strides: readonly number[]
}

/** A box with as few axes as walk it in the same order. */
interface Box {
  readonly extents: Shape
  /** For every walker. */
  readonly strides: readonly (readonly number[])[]
}

/** Axes of size 1 disappear; an axis that goes on where the next one ends is one with it. */
const merged = (extents: Shape, strides: readonly (readonly number[])[]): Box => {
  const sizes: number[] = []
  const steps = strides.map((): number[] => [])
  extents.forEach((extent, k) => {
    if (extent === 1) return
    const last = sizes.length - 1
    if (last >= 0 && strides.every((stride, w) => steps[w][last] === stride[k] * extent)) {
      sizes[last] *= extent
      strides.forEach((stride, w) => (steps[w][last] = stride[k]))
    } else {
      sizes.push(extent)
      strides.forEach((stride, w) => steps[w].push(stride[k]))
    }
  })
  return { extents: sizes, strides: steps }
}

const move = (at: Local<'i32'>, bytes: number): Statement => (bytes === 0 ? sequence() : at.set(plus(at.get, bytes)))

/** The body, so many times; at least once. */
export const repeat = (scope: Scope, times: number, body: Statement): Statement => {
  if (times === 1) return body
  const left = scope.local('i32')
  return sequence(left.set(i32.const(times)), loop(sequence(body, leave(0, left.tee(i32.sub(left.get, i32.const(1)))))))
}

/** The body at every place of a box that is not empty, in row-major order. In the end the pointers are back where they were. */
export const walk = (scope: Scope, extents: Shape, walkers: readonly Walker[], body: Statement): Statement => {
  const box = merged(extents, walkers.map(({ strides }) => strides))
  return box.extents.reduceRight((inner, extent, k) => sequence(
    repeat(scope, extent, sequence(inner, ...walkers.map(({ at }, w) => move(at, box.strides[w][k])))),
    ...walkers.map(({ at }, w) => move(at, -extent * box.strides[w][k]))
  ), body)
}

/** The longest run of bytes that is copied without a call. */
const short = 64

/** So many bytes from one place to another. */
const copyRun = (to: Code<'i32'>, from: Code<'i32'>, bytes: number): Statement => {
  if (bytes > short) return memory.copy(to, from, i32.const(bytes))
  const copies: Statement[] = []
  let at = 0
  for (; bytes - at >= 16; at += 16) copies.push(v128.store(to, v128.load(from, at), at))
  for (; bytes - at >= 8; at += 8) copies.push(i64.store(to, i64.load(from, at), at))
  for (; bytes - at >= 4; at += 4) copies.push(i32.store(to, i32.load(from, at), at))
  for (; bytes > at; at++) copies.push(i32.store8(to, i32.load8U(from, at), at))
  return sequence(...copies)
}

/** An array in memory, seen along the axes of a box. */
export interface Place {
  readonly at: Code<'i32'>
  /** In bytes. */
  readonly strides: readonly number[]
}

/** Copies a box of elements of so many bytes, run by run. */
export const copyBox = (scope: Scope, bytes: number, extents: Shape, from: Place, to: Place): Statement => {
  if (sizeOf(extents) === 0) return sequence()
  const box = merged(extents, [from.strides, to.strides])
  const last = box.extents.length - 1
  const together = last >= 0 && box.strides.every((strides) => strides[last] === bytes)
  const run = together ? bytes * box.extents[last] : bytes
  if (together && last === 0) return memoryCopy(scope, to.at, from.at, run)
  const outer = together ? box.extents.slice(0, -1) : box.extents
  const [source, target] = [scope.local('i32'), scope.local('i32')]
  const walkers = [source, target].map((at, k) => ({ at, strides: box.strides[k] }))
  return sequence(source.set(from.at), target.set(to.at), walk(scope, outer, walkers, copyRun(target.get, source.get, run)))
}

const memoryCopy = (scope: Scope, to: Code<'i32'>, from: Code<'i32'>, bytes: number): Statement => {
  if (bytes > short) return memory.copy(to, from, i32.const(bytes))
  const [source, target] = [scope.local('i32'), scope.local('i32')]
  return sequence(source.set(from), target.set(to), copyRun(target.get, source.get, bytes))
}

/** Writes an element into every place of a box. */
export const fillBox = (scope: Scope, dtype: DType, extents: Shape, value: Code, to: Place): Statement => {
  const box = merged(extents, [to.strides])
  const bytes = byteSize(dtype)
  const last = box.extents.length - 1
  const together = last >= 0 && box.strides[0][last] === bytes
  const target = scope.local('i32')
  const run = together ? fillRun(scope, dtype, target, box.extents[last], value) : storeElement(dtype, target.get, value)
  const outer = together ? box.extents.slice(0, -1) : box.extents
  return sequence(target.set(to.at), walk(scope, outer, [{ at: target, strides: box.strides[0] }], run))
}

/** Writes an element so many times, side by side. */
const fillRun = (scope: Scope, dtype: DType, target: Local<'i32'>, count: number, value: Code): Statement => {
  const bytes = byteSize(dtype)
  if (bytes === 1) return memory.fill(target.get, value as Code<'i32'>, i32.const(count)) // bytes are no floats
  const lanes = 16 / bytes
  const [rest, vectors] = [count % lanes, Math.floor(count / lanes)]
  const all = scope.local('v128')
  const at = scope.local('i32')
  const ends = Array.from({ length: rest }, (_, i) => storeElement(dtype, at.get, value, i * bytes))
  const whole = sequence(all.set(splat(dtype, value)), repeat(scope, vectors, sequence(v128.store(at.get, all.get), move(at, 16))))
  return sequence(at.set(target.get), ...(vectors === 0 ? [] : [whole]), ...ends)
}
