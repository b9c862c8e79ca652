import { byteSize, type DType } from '../../../core/dtype.js'
import { range, sizeOf, without, type Shape } from '../../../core/shape.js'
import type { ScatterParams } from '../../../lax/indexed/gather.js'
import { gatherNumbers, windowSizes, type ScatterDimensionNumbers } from '../../../lax/indexed/indexing.js'
import { f32x4, f64x2, i32, leave, loop, memory, nothing, sequence, when, type Code, type Local, type Statement } from '../code.js'
import { constantLanes, loadLanes, loadSplat, scatterLanes, storeLanes, type Lanes } from '../lanes.js'
import { plus } from '../loops.js'
import type { Scope } from '../module.js'
import { emitLanes } from '../operations.js'
import { constantElement } from './element.js'
import { copyBox, fillBox, repeat, walk } from './walk.js'
import { eachWindow, sideBySide, windowBox, type WindowBox, type Windows } from './windows.js'
import type { Writer, Writing } from './writer.js'

/** How an element and its update are combined. */
type Combination = 'add' | 'mul' | 'min' | 'max'

const lanesOf = (dtype: DType): Lanes => (dtype === 'float64' ? 2 : 4)

/** A pointer along a run, and the bytes of an element there. */
interface Runner {
  readonly at: Local<'i32'>
  readonly bytes: number
}

/** The body for so many elements in vectors, and then for one at a time; the pointers are back at their starts in the end. */
const alongRun = (scope: Scope, count: number, runners: readonly Runner[], lanes: Lanes, body: (count: number) => Statement): Statement => {
  const step = (by: number): Statement => sequence(...runners.map(({ at, bytes }) => at.set(plus(at.get, by * bytes))))
  const [vectors, rest] = [Math.floor(count / lanes), count % lanes]
  if (count === 1) return body(1)
  return sequence(
    ...(vectors === 0 ? [] : [repeat(scope, vectors, sequence(body(lanes), step(lanes)))]),
    ...(rest === 0 ? [] : [repeat(scope, rest, sequence(body(1), step(1)))]),
    step(-count)
  )
}

/** Elements of memory, one of them in every lane or as many as there are lanes. */
const read = (dtype: DType, at: Local<'i32'>, lanes: Lanes, count: number): Code<'v128'> =>
  count === 1 ? loadSplat(dtype, at.get) : loadLanes(dtype, at.get, lanes)

const write = (dtype: DType, at: Local<'i32'>, value: Code<'v128'>, lanes: Lanes, count: number): Statement =>
  count === 1 ? sequence(...scatterLanes(dtype, at.get, value, lanes, 1, 0)) : storeLanes(dtype, at.get, value, lanes)

/** The windows of a scatter, over the result; a literal for the updates has no place. */
const windowsOf = ({ params, operands: [, indices, updates], avals, results: [to], outs: [out] }: Writing): Windows => {
  const { dimensionNumbers } = params as ScatterParams // of a scatter
  return {
    x: { at: to, aval: out },
    indices: { at: indices as Code<'i32'>, aval: avals[1] }, // operands with axes are no literals
    other: { at: typeof updates === 'number' ? i32.const(0) : updates, aval: avals[2] },
    sliceSizes: windowSizes('scatter', out.shape, avals[2].shape, dimensionNumbers),
    numbers: gatherNumbers(dimensionNumbers)
  }
}

/** What is done for each window of the result; those that are not within it are left out, or moved in mode 'clip'. */
const scattering = (writing: Writing, window: (windows: Windows, at: Local<'i32'>, place: Local<'i32'>) => Statement): Statement => {
  const { scope, params, operands: [x], results: [to], outs: [out] } = writing
  const { mode } = params as ScatterParams // of a scatter
  const windows = windowsOf(writing)
  const bytes = byteSize(out.dtype) * sizeOf(out.shape)
  return sequence(
    x === to ? nothing : memory.copy(to, x as Code<'i32'>, i32.const(bytes)), // operands with axes are no literals
    eachWindow(scope, windows, (at, place) => window(windows, at, place), mode === 'clip' ? undefined : () => sequence())
  )
}

const accepts: Writer['accepts'] = ([x]) => x.shape.length > 0

/** Windows set to the updates. */
const scatter: Writer = {
  accepts,
  write: (writing) => scattering(writing, (windows, at, place) => {
    const { scope, operands: [, , updates], outs: [{ dtype }] } = writing
    const { extents, strides, otherStrides } = windowBox(windows)
    if (typeof updates === 'number') return fillBox(scope, dtype, extents, constantElement(dtype, updates), { at: at.get, strides })
    return copyBox(scope, byteSize(dtype), extents, { at: place.get, strides: otherStrides }, { at: at.get, strides })
  })
}

/** The updates of a window, or the literal in every lane. */
const updateLanes = (writing: Writing, place: Local<'i32'>, lanes: Lanes, count: number): Code<'v128'> => {
  const { operands: [, , updates], outs: [{ dtype }] } = writing
  return typeof updates === 'number' ? constantLanes(dtype, updates) : read(dtype, place, lanes, count)
}

/** Visits the runs of a window, which its last axes make up. */
const eachRun = (
  scope: Scope, { extents, strides, otherStrides }: WindowBox, axes: number, at: Local<'i32'>, place: Local<'i32'>, body: Statement
): Statement => {
  const outer = extents.length - axes
  const [from, to] = [otherStrides, strides].map((list) => list.slice(0, outer))
  return walk(scope, extents.slice(0, outer), [{ at: place, strides: from }, { at, strides: to }], body)
}

/** Elements and updates combined in place. */
const inPlace = (operation: Combination, writing: Writing): Statement => {
  const { scope, outs: [{ dtype }] } = writing
  const [lanes, bytes] = [lanesOf(dtype), byteSize(dtype)]
  const value = scope.local('v128')
  return scattering(writing, (windows, at, place) => {
    const box = windowBox(windows)
    const { run, axes } = sideBySide(box, bytes)
    const runners = [{ at, bytes }, { at: place, bytes }]
    return eachRun(scope, box, axes, at, place, alongRun(scope, run, runners, lanes, (count) => {
      const args = [read(dtype, at, lanes, count), updateLanes(writing, place, lanes, count)]
      const combined = emitLanes({ operation, params: {}, type: dtype, out: dtype }, args, lanes, scope)
      return sequence(value.set(combined), write(dtype, at, value.get, lanes, count))
    }))
  })
}

/** The longest run of elements that lie side by side in the updates and that windows hold entirely or not at all: their last axes. */
const runOf = (operand: Shape, updates: Shape, d: ScatterDimensionNumbers): { readonly run: number; readonly axes: number } => {
  const windowed = without(range(operand.length), [...d.insertedWindowDims, ...d.operandBatchingDims])
  let [run, axes] = [1, 0]
  for (let k = 1; k <= windowed.length; k++, axes++) {
    const [axis, place] = [operand.length - k, updates.length - k]
    if (windowed.at(-k) !== axis || d.updateWindowDims.at(-k) !== place || updates[place] !== operand[axis]) break
    run *= operand[axis]
  }
  return { run, axes }
}

/** Sums that are rounded once: which run of the operand each belongs to, which sum each run has, and the sums. */
const summing: Required<Writer>['rooms'] = ([x, , updates], params) => {
  const { dimensionNumbers, uniqueIndices } = params as ScatterParams // of a scatter
  if (x.dtype !== 'float32' || uniqueIndices) return []
  const { run } = runOf(x.shape, updates.shape, dimensionNumbers)
  const [all, most] = [sizeOf(x.shape), Math.min(sizeOf(x.shape), sizeOf(updates.shape))]
  return [{ dtype: 'int32', size: most / run }, { dtype: 'int32', size: all / run }, { dtype: 'float64', size: most }]
}

/**
 * Sums, or products, of float32 in float64, rounded once. A run of the operand that is updated gets a sum of its own; which one is found
 * as in a sparse set (Briggs & Torczon, 1993), whose tables need no clearing.
 */
const roundedOnce = (operation: 'add' | 'mul', writing: Writing): Statement => {
  const { scope, params, avals, results: [to], outs: [out], workspace: [owners, numbers, sums] } = writing
  const { run, axes } = runOf(out.shape, avals[2].shape, (params as ScatterParams).dimensionNumbers) // of a scatter
  const [count, id, number, sum] = Array.from({ length: 4 }, () => scope.local('i32'))
  const value = scope.local('v128')
  const combine = operation === 'add' ? f64x2.add : f64x2.mul
  const word = (table: Code<'i32'>, k: Code<'i32'>): Code<'i32'> => i32.add(table, i32.shl(k, i32.const(2)))
  const sumAt = i32.add(sums, i32.mul(number.get, i32.const(8 * run)))
  const fresh = (at: Local<'i32'>): Statement => sequence(
    number.set(count.get),
    count.set(i32.add(count.get, i32.const(1))),
    i32.store(word(owners, number.get), id.get),
    i32.store(word(numbers, id.get), number.get),
    sum.set(sumAt),
    alongRun(scope, run, [{ at, bytes: 4 }, { at: sum, bytes: 8 }], 2, (n) => sequence(
      value.set(f64x2.promoteLow(read('float32', at, 2, n))), write('float64', sum, value.get, 2, n)))
  )
  const taken = i32.and(i32.ltU(number.get, count.get), i32.eq(i32.load(word(owners, number.get)), id.get))
  const collect = scattering(writing, (windows, at, place) => eachRun(scope, windowBox(windows), axes, at, place, sequence(
    id.set(i32.divU(i32.sub(at.get, to), i32.const(4 * run))),
    number.set(i32.load(word(numbers, id.get))),
    // a number that was never written may be anything
    number.set(i32.and(number.get, i32.sub(i32.const(0), i32.ltU(number.get, count.get)))),
    when(taken, sum.set(sumAt), fresh(at)),
    alongRun(scope, run, [{ at: sum, bytes: 8 }, { at: place, bytes: 4 }], 2, (n) => sequence(
      value.set(combine(read('float64', sum, 2, n), f64x2.promoteLow(updateLanes(writing, place, 2, n)))),
      write('float64', sum, value.get, 2, n)))
  )))
  const at = scope.local('i32')
  const round = sequence(
    at.set(i32.add(to, i32.mul(i32.load(word(owners, number.get)), i32.const(4 * run)))),
    sum.set(sumAt),
    alongRun(scope, run, [{ at, bytes: 4 }, { at: sum, bytes: 8 }], 2, (n) => sequence(
      value.set(f32x4.demoteZero(read('float64', sum, 2, n))), write('float32', at, value.get, 2, n)))
  )
  return sequence(
    count.set(i32.const(0)),
    collect,
    number.set(i32.const(0)),
    when(count.get, loop(sequence(round, leave(0, i32.ltU(number.tee(i32.add(number.get, i32.const(1))), count.get)))))
  )
}

const combining = (operation: Combination): Writer => ({ accepts, write: (writing) => inPlace(operation, writing) })

const rounding = (operation: 'add' | 'mul'): Writer => ({
  accepts,
  rooms: summing,
  write: (writing) => (writing.workspace.length > 0 ? roundedOnce(operation, writing) : inPlace(operation, writing))
})

export const scatters = {
  scatter, scatter_add: rounding('add'), scatter_mul: rounding('mul'), scatter_min: combining('min'), scatter_max: combining('max')
} as const
