import { byteSize, type DType } from '../../../core/dtype.js'
import { range, sizeOf, type Shape } from '../../../core/shape.js'
import type { WindowParams } from '../../../lax/window/window.js'
import { i32, leave, loop, nothing, sequence, v128, type Code, type Local, type Statement } from '../code.js'
import { gatherLanes, loadLanes, scatterLanes, storeLanes, type Lanes } from '../lanes.js'
import { plus } from '../loops.js'
import type { Scope } from '../module.js'
import { words } from '../shuffles.js'
import { byteStrides } from './element.js'
import { walk } from './walk.js'
import type { Writer } from './writer.js'

/*
 * Windows that slide along every axis of an array. Lanes lie along the last axis of the result.
 */

/** The longest window that is written out element by element. */
export const mostWritten = 32

/** Where windows and their elements lie in an array without padding, in bytes. */
export interface Geometry {
  readonly out: Shape
  /** From window to window. */
  readonly windows: readonly number[]
  /** From element to element of a window. */
  readonly elements: readonly number[]
  readonly extents: Shape
}

export const geometryOf = (shape: Shape, dtype: DType, out: Shape, p: WindowParams): Geometry => {
  const strides = byteStrides(dtype, shape)
  return {
    out,
    windows: strides.map((stride, k) => stride * p.windowStrides[k]),
    elements: strides.map((stride, k) => stride * p.windowDilation[k]),
    extents: p.windowDimensions
  }
}

/** The places of a window's elements from its start, in row-major order. */
export const placesIn = ({ elements, extents }: Geometry): readonly number[] =>
  extents.reduce<readonly number[]>((offsets, extent, k) => offsets.flatMap((at) => range(extent).map((i) => at + i * elements[k])), [0])

/** The body at every place of a window: an address and a constant offset. */
export const inWindow = (
  scope: Scope, geometry: Geometry, start: Local<'i32'>, body: (address: Code<'i32'>, offset: number) => Statement
): Statement => {
  if (sizeOf(geometry.extents) <= mostWritten) return sequence(...placesIn(geometry).map((offset) => body(start.get, offset)))
  const at = scope.local('i32')
  return sequence(at.set(start.get), walk(scope, geometry.extents, [{ at, strides: geometry.elements }], body(at.get, 0)))
}

/** The first `count` elements that are `step` bytes apart; `address` is read several times. */
export const loadApart = (dtype: DType, address: Code<'i32'>, offset: number, step: number, count: number, lanes: Lanes): Code<'v128'> => {
  const bytes = byteSize(dtype)
  if (count === lanes && step === bytes) return loadLanes(dtype, address, lanes, offset)
  if (count === lanes && step === 8 && bytes === 4 && lanes === 4) {
    return v128.shuffle(v128.load(address, offset), v128.load(address, offset + 12), words(0, 2, 5, 7))
  }
  return gatherLanes(dtype, plus(address, offset), lanes, count, step)
}

/** The body for vectors of windows along the last axis, at every place of the others: with pointers to what `arrays` has. */
export const alongLast = (
  scope: Scope, out: Shape, lanes: Lanes, arrays: readonly { readonly at: Code<'i32'>; readonly strides: readonly number[] }[],
  body: (pointers: readonly Local<'i32'>[], count: number) => Statement
): Statement => {
  const last = out.length - 1
  const size = last < 0 ? 1 : out[last]
  const pointers = arrays.map(() => scope.local('i32'))
  const [whole, rest] = [Math.floor(size / lanes), size % lanes]
  const step = (k: number, count: number): number => (last < 0 ? 0 : arrays[k].strides[last] * count)
  const moved = (count: number): Statement => sequence(...pointers.map((at, k) => at.set(plus(at.get, step(k, count)))))
  const left = scope.local('i32')
  const vectors = sequence(
    left.set(i32.const(whole)),
    loop(sequence(body(pointers, lanes), moved(lanes), leave(0, left.tee(i32.sub(left.get, i32.const(1))))))
  )
  return sequence(
    ...pointers.map((at, k) => at.set(arrays[k].at)),
    walk(scope, out.slice(0, -1), pointers.map((at, k) => ({ at, strides: arrays[k].strides.slice(0, -1) })), sequence(
      whole === 0 ? nothing : vectors, rest === 0 ? nothing : body(pointers, rest), moved(-whole * lanes)
    ))
  )
}

/** The first lanes to elements side by side. */
export const store = (scope: Scope, dtype: DType, address: Code<'i32'>, value: Code<'v128'>, lanes: Lanes, count: number): Statement => {
  if (count === lanes) return storeLanes(dtype, address, value, lanes)
  const held = scope.local('v128')
  return sequence(held.set(value), ...scatterLanes(dtype, address, held.get, lanes, count, byteSize(dtype)))
}

/** One operation for each element of a window and of the result. */
export const flopsOfWindows: Required<Writer>['flops'] = (_, params, [{ shape }]) =>
  sizeOf(shape) * sizeOf((params as WindowParams).windowDimensions) // of operations over windows

export const lanesFor = (dtype: DType): Lanes => (dtype === 'float64' ? 2 : 4)
