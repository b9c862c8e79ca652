import type { TypedArray } from '../core/dtype.js'
import { stridesOf, without, type Shape } from '../core/shape.js'

/** Where the elements of a view lie: element `i` is at `offset + Σ i_k · strides_k`. Strides may be zero or negative. */
export interface View {
  readonly shape: Shape
  readonly strides: readonly number[]
  readonly offset: number
}

/** The offsets of a view's leading axes, all but the last, in row-major order. */
const forEachRow = (view: View, visit: (offset: number) => void): void => {
  const { shape, strides } = view
  const outer = shape.length - 1
  const index = new Int32Array(outer)
  let offset = view.offset
  for (;;) {
    visit(offset)
    let axis = outer - 1
    for (; axis >= 0; axis--) {
      offset += strides[axis]
      if (++index[axis] < shape[axis]) break
      offset -= shape[axis] * strides[axis]
      index[axis] = 0
    }
    if (axis < 0) return
  }
}

/** Merges neighbouring axes that are walked as one, so that the inner loops are long. */
const merged = (view: View): View => {
  const shape: number[] = []
  const strides: number[] = []
  for (let i = 0; i < view.shape.length; i++) {
    if (view.shape[i] === 1) continue
    const last = shape.length - 1
    if (last >= 0 && strides[last] === view.shape[i] * view.strides[i]) {
      shape[last] *= view.shape[i]
      strides[last] = view.strides[i]
    } else {
      shape.push(view.shape[i])
      strides.push(view.strides[i])
    }
  }
  return shape.length === 0 ? { shape: [1], strides: [1], offset: view.offset } : { shape, strides, offset: view.offset }
}

/** Writes the elements of a view of `source`, row by row, into `out`: transposition, broadcasting, slices, reversal. */
export const readView = (source: TypedArray, view: View, out: TypedArray): TypedArray => {
  if (out.length === 0) return out
  const flat = merged(view)
  const count = flat.shape[flat.shape.length - 1]
  const stride = flat.strides[flat.shape.length - 1]
  let to = 0
  forEachRow(flat, (offset) => {
    if (stride === 1 && count > 16) {
      out.set(source.subarray(offset, offset + count), to)
      to += count
    } else if (stride === 0) {
      out.fill(source[offset], to, to + count)
      to += count
    } else {
      for (let i = 0, from = offset; i < count; i++, from += stride) out[to++] = source[from]
    }
  })
  return out
}

/** Writes `source`, row by row, onto a view of `out`: padding, concatenation, updates. */
export const writeView = (source: TypedArray, out: TypedArray, view: View): TypedArray => {
  if (source.length === 0) return out
  const flat = merged(view)
  const count = flat.shape[flat.shape.length - 1]
  const stride = flat.strides[flat.shape.length - 1]
  let from = 0
  forEachRow(flat, (offset) => {
    for (let i = 0, to = offset; i < count; i++, to += stride) out[to] = source[from++]
  })
  return out
}

/** `data` with the given axes moved to the end, as a matrix of `outer` rows of `inner` elements: the form of reductions. */
export const axesLast = (
  data: TypedArray,
  shape: Shape,
  axes: readonly number[]
): { readonly data: TypedArray; readonly outer: number; readonly inner: number } => {
  const kept = without([...shape.keys()], axes)
  const order = [...kept, ...axes]
  let inner = 1
  for (const axis of axes) inner *= shape[axis]
  const outer = kept.reduce((n, axis) => n * shape[axis], 1)
  if (order.every((axis, i) => axis === i)) return { data, outer, inner }
  const strides = stridesOf(shape)
  const out = data.slice()
  readView(data, { shape: order.map((axis) => shape[axis]), strides: order.map((axis) => strides[axis]), offset: 0 }, out)
  return { data: out, outer, inner }
}
