import { sizeOf, stridesOf, type Shape } from '../../../core/shape.js'
import type { SliceParams } from '../../../lax/movement/slice.js'
import { constant, plus } from '../affine.js'
import type { Affine } from '../kernel.js'
import type { ViewLowering } from '../lowering.js'

const view = (index: ViewLowering['index']): ViewLowering => ({ kind: 'view', index })

const zero = constant(0)

/** Coordinates of the operand's axes, those of size 1 being 0. */
const broadcast = view(({ inputs: [x], params }, coordinates) => {
  const { broadcastDimensions } = params as { readonly broadcastDimensions: readonly number[] } // of broadcast_in_dim
  return broadcastDimensions.map((to, axis) => (x.aval.shape[axis] === 1 ? zero : coordinates[to]))
})

const transpose = view(({ params }, coordinates) => {
  const { permutation } = params as { readonly permutation: readonly number[] } // of transpose
  const out = new Array<Affine>(coordinates.length)
  permutation.forEach((from, to) => (out[from] = coordinates[to]))
  return out
})

const slice = view(({ params }, coordinates) => {
  const { startIndices, strides } = params as SliceParams // of slice
  return coordinates.map((at, axis) => plus(constant(startIndices[axis]), at, strides?.[axis] ?? 1))
})

const rev = view(({ inputs: [x], params }, coordinates) => {
  const { dimensions } = params as { readonly dimensions: readonly number[] } // of rev
  return coordinates.map((at, axis) => (dimensions.includes(axis) ? plus(constant(x.aval.shape[axis] - 1), at, -1) : at))
})

/**
 * Coordinates in another shape of the same elements: each axis of the operand has to be a run of axes of the result, those of
 * size 1 aside. (An axis that is cut into several would need quotients.)
 */
const regroup = (from: Shape, to: Shape, coordinates: readonly Affine[]): readonly Affine[] | null => {
  if (sizeOf(from) === 0) return null
  const out: Affine[] = []
  let axis = 0
  for (const size of from) {
    let run = 1
    const first = axis
    while (run < size && axis < to.length) run *= to[axis++]
    if (run !== size) return null
    const strides = stridesOf(to.slice(first, axis))
    out.push(coordinates.slice(first, axis).reduce((sum, at, k) => plus(sum, at, strides[k]), zero))
  }
  return out
}

const reshape = view(({ inputs: [x], outputs: [out] }, coordinates) => regroup(x.aval.shape, out.aval.shape, coordinates))

export const views = { broadcast_in_dim: broadcast, transpose, slice, rev, reshape, squeeze: reshape } as const
