import type { NdArray } from '../../core/array.js'
import type { Shape } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import type { Span } from './parse.js'

/*
 * Evenly spaced boxes: what indices without arrays stand for. Read by slices, written by padding.
 */

const low = ({ start, count, step }: Span): number => (step < 0 ? start + (count - 1) * step : start)

const backwards = (spans: readonly Span[]): readonly number[] => spans.flatMap(({ step }, axis) => (step < 0 ? [axis] : []))

/** Whether the spans are all of an array, in order. */
export const isWhole = (spans: readonly Span[], shape: Shape): boolean =>
  spans.every(({ start, count, step }, axis) => start === 0 && step === 1 && count === shape[axis])

/** The elements of a box. */
export const readBox = (x: NdArray, spans: readonly Span[]): NdArray => {
  if (isWhole(spans, x.shape)) return x
  const starts = spans.map(low)
  const steps = spans.map(({ step }) => Math.abs(step))
  const limits = spans.map(({ count }, axis) => (count === 0 ? starts[axis] : starts[axis] + (count - 1) * steps[axis] + 1))
  const ascending = lax.slice(x, starts, limits, steps.every((step) => step === 1) ? null : steps)
  return lax.rev(ascending, backwards(spans))
}

/** An array of another shape that has the elements of a box, and one number elsewhere. */
export const padBox = (values: NdArray, spans: readonly Span[], shape: Shape, rest: number): NdArray =>
  lax.pad(lax.rev(values, backwards(spans)), rest, spans.map((span, axis) => {
    const first = low(span)
    const gap = Math.abs(span.step) - 1
    return [first, shape[axis] - first - span.count - Math.max(span.count - 1, 0) * gap, gap]
  }))

/** The array with other elements in a box. */
export const writeBox = (x: NdArray, values: NdArray, spans: readonly Span[]): NdArray => {
  if (values.size === 0) return x
  if (isWhole(spans, x.shape)) return values
  if (spans.every(({ step }) => Math.abs(step) === 1)) return lax.dynamicUpdateSlice(x, lax.rev(values, backwards(spans)), spans.map(low))
  const inside = padBox(lax.full(values.shape, 1, 'bool'), spans, x.shape, 0)
  return lax.select(inside, padBox(values, spans, x.shape, 0), x)
}
