import type { NdArray } from '../../core/array.js'
import { broadcastShapes, range, type Shape } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { expanded } from '../promote.js'
import type { Slot } from './parse.js'

/*
 * Indices with arrays: the arrays are broadcast together, and the axes of the result that stand for them come where the
 * arrays stood if these are next to each other, else first; NumPy's rule.
 */

/** How the axes of an array, with its picked axes dropped, become those of the result. */
export interface Plan {
  /** The shape of that array. */
  readonly source: Shape
  /** The axes that arrays index. */
  readonly axes: readonly number[]
  /** For each combination of the arrays' elements, one position for each of these axes. */
  readonly indices: NdArray
  /** Where the axes that are kept are in what gather gives. */
  readonly windows: readonly number[]
  /** The shape of what gather gives, and of the result, which has the new axes besides. */
  readonly gathered: Shape
  readonly shape: Shape
}

const kept = (slots: readonly Slot[]): Shape => slots.flatMap((slot) => (slot.kind === 'keep' ? [slot.size] : []))

/** The sizes of the axes that slots without arrays leave or make. */
export const sizesOf = (slots: readonly Slot[]): Shape =>
  slots.flatMap((slot) => (slot.kind === 'keep' ? [slot.size] : slot.kind === 'new' ? [1] : []))

/** The plan for an index with at least one array. */
export const planOf = (who: string, slots: readonly Slot[]): Plan => {
  const inner = slots.flatMap((slot) => (slot.kind === 'keep' || slot.kind === 'array' ? [slot] : []))
  const arrays = inner.flatMap((slot) => (slot.kind === 'array' ? [slot.indices] : []))
  const common = broadcastShapes(who, arrays.map((indices) => indices.shape))
  // a picked position counts as an array without axes
  const places = slots.flatMap((slot, i) => (slot.kind === 'array' || slot.kind === 'pick' ? [i] : []))
  const together = places[places.length - 1] - places[0] + 1 === places.length
  const before = together ? slots.slice(0, places[0]) : []
  const after = together ? slots.slice(places[0]) : slots
  const [leading, trailing] = [kept(before), kept(after)]
  return {
    source: inner.map((slot) => slot.size),
    axes: inner.flatMap((slot, axis) => (slot.kind === 'array' ? [axis] : [])),
    indices: lax.concatenate(arrays.map((indices) => lax.expandDims(expanded(indices, common), [common.length])), common.length),
    windows: [...range(leading.length), ...range(trailing.length, leading.length + common.length)],
    gathered: [...leading, ...common, ...trailing],
    shape: [...sizesOf(before), ...common, ...sizesOf(after)]
  }
}
