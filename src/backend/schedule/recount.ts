import { stridesOf, type Shape } from '../../core/shape.js'
import { constant, plus, strideOf } from './affine.js'
import type { Affine } from './kernel.js'

/** A position by other counters; nothing if it is not affine in these. */
export type Recount = (at: Affine) => Affine | null

/** Positions by the counters of loops over a shape as positions by those over another shape of as many elements, in the same order. */
export const recounting = (from: Shape, to: Shape): Recount => {
  const [before, after] = [stridesOf(from), stridesOf(to)]
  const steps = [...new Set([...from.flatMap((extent, k) => (extent > 1 ? [before[k]] : [])), ...to.flatMap((extent, k) =>
    (extent > 1 ? [after[k]] : []))])].sort((a, b) => a - b)
  // both are made of the same finer loops
  if (steps.some((step, k) => k > 0 && step % steps[k - 1] !== 0)) return () => null
  return (at) => {
    /** How far it moves from an element to the one so many places behind it. */
    const moves = (step: number): number => {
      const k = from.findIndex((extent, axis) => before[axis] <= step && step < before[axis] * extent)
      return strideOf(at, k) * (step / before[k])
    }
    const strides = to.map((extent, k) => (extent === 1 ? 0 : moves(after[k])))
    const isEven = to.every((extent, k) => steps.every((step) =>
      step < after[k] || step >= after[k] * extent || moves(step) === strides[k] * (step / after[k])))
    return isEven ? plus({ offset: at.offset, strides }, constant(0)) : null
  }
}
