import type { Aval } from '../../../core/aval.js'
import { byteSize, type DType } from '../../../core/dtype.js'
import { sizeOf, type Shape } from '../../../core/shape.js'
import { dilated } from '../../../lax/window/convdims.js'
import type { WindowParams } from '../../../lax/window/window.js'
import type { SelectParams } from '../../../lax/window/windowselect.js'
import { f32x4, f64x2, i32, i32x4, nothing, sequence, v128, when, type Code, type Local, type Statement } from '../code.js'
import { constantLanes, scatterLanes } from '../lanes.js'
import { each, plus, times } from '../loops.js'
import type { Scope } from '../module.js'
import { highWords, lowWords } from '../shuffles.js'
import { byteStrides, constantElement } from './element.js'
import { isPlain } from './padded.js'
import { alongLast, flopsOfWindows, geometryOf, lanesFor, loadApart, mostWritten, placesIn, store } from './sliding.js'
import { fillBox } from './walk.js'
import type { Writer, Writing } from './writer.js'

/*
 * The derivative of extremes over windows, and its transpose.
 */

/** Whether windows have no elements in common, and few enough to be written out. */
const isDisjoint = (p: WindowParams): boolean =>
  p.windowDimensions.every((size, k) => dilated(size, p.windowDilation[k]) <= p.windowStrides[k])

const isShort = ({ windowDimensions }: WindowParams): boolean => sizeOf(windowDimensions) <= mostWritten

/** The extreme element of a vector of windows: what is kept of the element so far, and of a further one where that takes its place. */
const extremes = (
  scope: Scope, dtype: DType, selectPrim: 'ge' | 'le', values: readonly Code<'v128'>[], keep: (k: number, kept: Local<'v128'>) => Statement
): Statement => {
  const [best, next, kept] = [scope.local('v128'), scope.local('v128'), scope.local('v128')]
  const compare = (dtype === 'float32' ? f32x4 : f64x2)[selectPrim]
  return sequence(...values.map((value, k) => {
    if (k === 0) return sequence(best.set(value), keep(0, kept))
    return sequence(
      next.set(value), kept.set(compare(best.get, next.get)),
      best.set(v128.bitselect(best.get, next.get, kept.get)), keep(k, kept)
    )
  }))
}

interface Selection {
  readonly writing: Writing
  readonly p: SelectParams
  readonly dtype: DType
  /** The array in which extremes are looked for. */
  readonly x: Aval
  /** The shape of an array with one element for each window. */
  readonly windows: Shape
}

/** Elements of the first operand where windows of the second have their extremes. */
const gatherInLanes = ({ writing, p, dtype, x, windows }: Selection): Statement => {
  const { scope, operands, results: [to] } = writing
  const [data, values] = operands as readonly Code<'i32'>[] // windows slide over arrays with axes
  const geometry = geometryOf(x.shape, dtype, windows, p)
  const [lanes, places, step] = [lanesFor(dtype), placesIn(geometry), geometry.windows.at(-1) ?? 0]
  const strides = byteStrides(dtype, windows)
  const arrays = [{ at: data, strides: geometry.windows }, { at: values, strides: geometry.windows }, { at: to, strides }]
  const chosen = scope.local('v128')
  return alongLast(scope, windows, lanes, arrays, ([source, compared, target], count) => {
    const load = (at: Local<'i32'>, k: number): Code<'v128'> => loadApart(dtype, at.get, places[k], step, count, lanes)
    return sequence(
      extremes(scope, dtype, p.selectPrim, places.map((_, k) => load(compared, k)), (k, kept) =>
        chosen.set(k === 0 ? load(source, 0) : v128.bitselect(chosen.get, load(source, k), kept.get))),
      store(scope, dtype, target.get, chosen.get, lanes, count)
    )
  })
}

/** Each element of the first operand where its window of the second has its extreme; windows have no elements in common. */
const scatterInLanes = ({ writing, p, dtype, x, windows }: Selection): Statement => {
  const { scope, operands, results: [to] } = writing
  const [data, values] = operands as readonly Code<'i32'>[] // windows slide over arrays with axes
  const geometry = geometryOf(x.shape, dtype, windows, p)
  const bytes = byteSize(dtype)
  const [lanes, places, step] = [lanesFor(dtype), placesIn(geometry), geometry.windows.at(-1) ?? 0]
  const strides = byteStrides(dtype, windows)
  const arrays = [{ at: data, strides }, { at: values, strides: geometry.windows }, { at: to, strides: geometry.windows }]
  const covered = x.shape.every((size, k) => size === windows[k] * p.windowDimensions[k] && p.windowStrides[k] === p.windowDimensions[k])
  const inPairs = lanes === 4 && step === 8 && p.windowDimensions.at(-1) === 2 && p.windowDilation.at(-1) === 1
  const [place, given] = [scope.local('v128'), scope.local('v128')]
  const number = (k: number): Code<'v128'> => constantLanes(dtype === 'float64' ? 'float64' : 'int32', k)
  const isPlace = (k: number): Code<'v128'> => (dtype === 'float64' ? f64x2 : i32x4).eq(place.get, number(k))
  const part = (k: number): Code<'v128'> => v128.and(given.get, isPlace(k))
  return sequence(
    covered ? nothing : fillBox(scope, dtype, x.shape, constantElement(dtype, 0), { at: to, strides: byteStrides(dtype, x.shape) }),
    alongLast(scope, windows, lanes, arrays, ([source, compared, target], count) => {
      const [even, odd] = [scope.local('v128'), scope.local('v128')]
      const pair = (k: number): Statement => sequence(
        even.set(part(k)), odd.set(part(k + 1)),
        v128.store(target.get, v128.shuffle(even.get, odd.get, lowWords), places[k]),
        v128.store(target.get, v128.shuffle(even.get, odd.get, highWords), places[k] + 16)
      )
      const single = (k: number): Statement => {
        if (step === bytes && count === lanes) return v128.store(target.get, part(k), places[k])
        const at = scope.local('i32')
        const scattered = scatterLanes(dtype, at.get, even.get, lanes, count, step)
        return sequence(even.set(part(k)), at.set(plus(target.get, places[k])), ...scattered)
      }
      const stores = places.map((_, k) => (inPairs && count === lanes ? (k % 2 === 0 ? pair(k) : nothing) : single(k)))
      const elements = places.map((offset) => loadApart(dtype, compared.get, offset, step, count, lanes))
      return sequence(
        extremes(scope, dtype, p.selectPrim, elements, (k, kept) =>
          place.set(k === 0 ? number(0) : v128.bitselect(place.get, number(k), kept.get))),
        given.set(loadApart(dtype, source.get, 0, bytes, count, lanes)),
        ...stores
      )
    })
  )
}

/** The body for every window, with the offset of its extreme element in bytes, −1 if it has padding only, and of the window itself. */
const oneByOne = (
  { writing: { scope, operands }, p, dtype, x, windows }: Selection, body: (chosen: Code<'i32'>, window: Code<'i32'>) => Statement
): Statement => {
  const values = operands[1] as Code<'i32'> // it has axes
  const bytes = byteSize(dtype)
  const strides = byteStrides(dtype, x.shape)
  const [chosen, window, at] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
  const [best, next] = [scope.local('v128'), scope.local('v128')]
  const load = dtype === 'float32' ? v128.load32Splat : v128.load64Splat
  const compare = (dtype === 'float32' ? f32x4 : f64x2)[p.selectPrim]
  const better = i32.eqz(v128.anyTrue(compare(best.get, next.get)))
  const consider = sequence(
    next.set(load(i32.add(values, at.get))),
    when(i32.or(i32.ltS(chosen.get, i32.const(0)), better), sequence(best.set(next.get), chosen.set(at.get)))
  )
  /** Elements of the window, as far as they are in the array. */
  const elements = (k: number, starts: readonly Code<'i32'>[], offset: Code<'i32'>): Statement => {
    if (k === starts.length) return sequence(at.set(offset), consider)
    const place = scope.local('i32')
    const factor = p.baseDilation[k]
    const inside = when(i32.ltU(place.get, i32.const(x.shape[k])), elements(k + 1, starts, i32.add(offset, times(place.get, strides[k]))))
    const divided = place.set(i32.divS(place.get, i32.const(factor)))
    return each(scope, p.windowDimensions[k], (w) => sequence(
      place.set(i32.add(starts[k], times(w, p.windowDilation[k]))),
      factor === 1 ? inside : when(i32.eqz(i32.remS(place.get, i32.const(factor))), sequence(divided, inside))
    ))
  }
  const over = (k: number, starts: readonly Code<'i32'>[]): Statement => {
    if (k === windows.length) {
      return sequence(
        chosen.set(i32.const(-1)), elements(0, starts, i32.const(0)),
        body(chosen.get, window.get), window.set(plus(window.get, bytes))
      )
    }
    const start = scope.local('i32')
    return each(scope, windows[k], (o) => sequence(
      start.set(plus(times(o, p.windowStrides[k]), -p.padding[k][0])), over(k + 1, [...starts, start.get])
    ))
  }
  return sequence(window.set(i32.const(0)), over(0, []))
}

/** Floats in arrays with axes: scalars may be literals, which lie nowhere. */
const floats = ([{ dtype, shape }, other]: readonly Aval[]): boolean =>
  shape.length > 0 && dtype === other.dtype && (dtype === 'float32' || dtype === 'float64')

const selectAndGather: Writer = {
  accepts: floats,
  flops: flopsOfWindows,
  write(writing) {
    const { scope, params, operands, avals: [, x], results: [to], outs: [out] } = writing
    const p = params as SelectParams // of selections
    const { dtype } = out
    const selection: Selection = { writing, p, dtype, x, windows: out.shape }
    if (isPlain(p) && isShort(p)) return gatherInLanes(selection)
    const data = operands[0] as Code<'i32'> // it has axes
    const value = scope.local('v128')
    const load = dtype === 'float32' ? v128.load32Splat : v128.load64Splat
    return oneByOne(selection, (chosen, window) => sequence(
      value.set(constantLanes(dtype, 0)),
      when(i32.geS(chosen, i32.const(0)), value.set(load(i32.add(data, chosen)))),
      ...scatterLanes(dtype, i32.add(to, window), value.get, lanesFor(dtype), 1, 0)
    ))
  }
}

const selectAndScatter: Writer = {
  accepts: floats,
  flops: flopsOfWindows,
  write(writing) {
    const { scope, params, operands, avals: [source, x], results: [to], outs: [out] } = writing
    const p = params as SelectParams // of selections
    const { dtype } = out
    const selection: Selection = { writing, p, dtype, x, windows: source.shape }
    if (isPlain(p) && isShort(p) && isDisjoint(p)) return scatterInLanes(selection)
    const data = operands[0] as Code<'i32'> // it has axes
    const [target, value] = [scope.local('i32'), scope.local('v128')]
    const [load, { add }] = dtype === 'float32' ? [v128.load32Splat, f32x4] : [v128.load64Splat, f64x2]
    return sequence(
      fillBox(scope, dtype, out.shape, constantElement(dtype, 0), { at: to, strides: byteStrides(dtype, out.shape) }),
      oneByOne(selection, (chosen, window) => when(i32.geS(chosen, i32.const(0)), sequence(
        target.set(i32.add(to, chosen)),
        value.set(add(load(target.get), load(i32.add(data, window)))),
        ...scatterLanes(dtype, target.get, value.get, lanesFor(dtype), 1, 0)
      )))
    )
  }
}

export const selections = { select_and_gather_add: selectAndGather, select_and_scatter_add: selectAndScatter } as const
