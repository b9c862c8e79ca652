import { range, sizeOf } from '../../../core/shape.js'
import type { Convolution, Cut } from '../../schedule/convolution.js'
import { i32, leave, loop, nothing, sequence, v128, when, type Code, type Local, type Statement } from '../code.js'
import { addProduct } from '../fma.js'
import { constantLanes, gatherLanes, scatterLanes } from '../lanes.js'
import { counted, plus, times } from '../loops.js'
import type { ModuleBuilder, Scope } from '../module.js'
import { definePanel, panelBytes } from '../products/panel.js'
import { arithmeticOf, defineRows, entryBytes, lanesOf, widest, type Number, type Side } from '../products/tile.js'

/*
 * The products within a convolution: of patches of the image, which are packed as they are needed, with the kernel.
 */

/** What an axis has steps in. */
export type Step = 'image' | 'block' | 'other'

/** The step from one position to the next, if it is the same everywhere. */
const evenStep = ({ axes, extents }: Cut, step: Step): number | null => {
  let [first, next]: [number | null, number] = [null, 0]
  for (let k = axes.length - 1; k >= 0; k--) {
    if (extents[k] === 1) continue
    if (first === null) first = axes[k][step]
    else if (axes[k][step] !== next) return null
    next = axes[k][step] * axes[k].size
  }
  return first ?? 0
}

/** How many positions lie side by side before there is a gap; Infinity if there is none. */
const runOf = ({ axes, extents }: Cut, step: Step): number => {
  let run = 1
  for (let k = axes.length - 1; k >= 0; k--) {
    if (extents[k] > 1 && axes[k][step] !== run) return run
    run *= extents[k]
  }
  return Infinity
}

/** The numbers of positions that pieces have. */
const countsOf = ({ axes, piece, extents }: Cut): readonly number[] => {
  if (axes.length === 0) return [1]
  const inner = sizeOf(extents.slice(1))
  return [...new Set([piece, axes[0].size % piece])].filter((n) => n > 0).map((n) => n * inner)
}

/** What the products of a convolution have in common. */
export interface Around {
  readonly module: ModuleBuilder
  readonly scope: Scope
  readonly plan: Convolution
  readonly dtype: Number
  readonly bytes: number
  /** Where the image's elements are read. */
  readonly from: 'image' | 'block'
  /** Addresses of the block, the tables of places and of depth, and the panel. */
  readonly rooms: readonly Local<'i32'>[]
}

/** Where one turn of the loops is. */
export interface Turning {
  readonly view: Local<'i32'>
  readonly weights: Local<'i32'>
  readonly target: Local<'i32'>
  readonly placeCount: Local<'i32'>
  readonly depthCount: Local<'i32'>
  /** Not zero after the first piece of the depth. */
  readonly more: Code<'i32'>
}

/** Where the depth's elements lie in the kernel. */
const kernelDepth = ({ plan, bytes }: Around): number | null => {
  const step = evenStep(plan.depth, 'other')
  return step === null ? null : step * bytes
}

/** Columns as panels of full width, and then what is left of so many. */
const panels = (
  { scope, dtype }: Around, extents: readonly number[], count: Code<'i32'>, define: (columns: number) => (j: Code<'i32'>) => Statement
): Statement => {
  const width = widest(dtype)
  const [j, left] = [scope.local('i32'), scope.local('i32')]
  const whole = extents.some((extent) => extent >= width) ? define(width) : undefined
  const rests = [...new Set(extents.map((extent) => extent % width))].filter((rest) => rest > 0)
  return sequence(
    j.set(i32.const(0)), left.set(count),
    whole === undefined ? nothing : when(i32.geU(left.get, i32.const(width)), loop(sequence(
      whole(j.get),
      leave(0, i32.leU(j.tee(plus(j.get, width)), i32.sub(left.get, i32.const(width))))
    ))),
    ...rests.map((rest) => when(i32.eq(i32.sub(left.get, j.get), i32.const(rest)), define(rest)(j.get)))
  )
}

/** Panels of places, rows of features. */
const alongPlaces = (around: Around, { view, weights, target, placeCount, depthCount, more }: Turning): Statement => {
  const { module, plan: { places, depth, features }, bytes, dtype, from: where, rooms: [, placeTable, depthTable, panel] } = around
  const side = evenStep(places, 'other')
  const column = side === null ? null : side * bytes
  const left: Side = { free: features.kernel * bytes, depth: kernelDepth(around) }
  const [columnRun, stepRun] = [runOf(places, where), runOf(depth, where)]
  return panels(around, countsOf(places), placeCount.get, (columns) => {
    const width = panelBytes(dtype, columns)
    const pack = definePanel(module, {
      dtype, columns, from: { free: null, depth: null }, columnRun, stepRun: stepRun === Infinity ? null : stepRun
    })
    const form = { dtype, columns, left, right: width, out: { row: features.out * bytes, column } }
    const rows = defineRows(module, form, [features.size])
    const entry = (j: Code<'i32'>): Code<'i32'> => i32.add(placeTable.get, times(j, entryBytes))
    return (j) => sequence(
      pack({ from: view.get, to: panel.get, depth: depthCount.get, columns: entry(j), steps: depthTable.get }),
      rows(i32.const(features.size), {
        lhs: weights.get, rhs: panel.get, bytes: times(depthCount.get, width), more, steps: plus(depthTable.get, 4),
        out: column === null ? target.get : i32.add(target.get, times(j, column)),
        columns: plus(entry(j), 4)
      })
    )
  })
}

/** Panels of features, rows of places. */
const alongFeatures = (around: Around, { view, weights, target, placeCount, depthCount, more }: Turning): Statement => {
  const { module, plan: { places, depth, features }, bytes, dtype, from: where, rooms: [, placeTable, depthTable, panel] } = around
  const [placeStep, placeOut, depthStep] = [evenStep(places, where), evenStep(places, 'other'), evenStep(depth, where)]
  const even = placeStep !== null && placeOut !== null
  const [down, kernelRun] = [kernelDepth(around), runOf(depth, 'other')]
  const from: Side = { free: features.kernel * bytes, depth: down }
  const stepRun = kernelRun === Infinity ? null : down === null ? kernelRun : 1
  const left: Side = { free: even ? placeStep * bytes : null, depth: depthStep === null ? null : depthStep * bytes }
  return panels(around, [features.size], i32.const(features.size), (columns) => {
    const width = panelBytes(dtype, columns)
    const pack = definePanel(module, { dtype, columns, from, columnRun: features.kernel === 1 ? Infinity : 1, stepRun })
    const out = { row: even ? placeOut * bytes : null, column: features.out * bytes }
    const rows = defineRows(module, { dtype, columns, left, right: width, out }, countsOf(places))
    return (j) => sequence(
      pack({
        from: i32.add(weights.get, times(j, features.kernel * bytes)), to: panel.get, depth: depthCount.get,
        steps: plus(depthTable.get, 4)
      }),
      rows(placeCount.get, {
        lhs: view.get, rhs: panel.get, bytes: times(depthCount.get, width), more, rows: placeTable.get, steps: depthTable.get,
        out: i32.add(target.get, times(j, features.out * bytes))
      })
    )
  })
}

/** For some features at a time: all elements of their kernels, which slide over all places. */
const depthwise = (around: Around, { view, weights, target, placeCount }: Turning): Statement => {
  const { scope, plan: { depth, features: { size } }, bytes, dtype, from: where, rooms: [, placeTable] } = around
  const lanes = lanesOf(dtype)
  const zero = constantLanes(dtype, 0)
  const accumulate = addProduct(scope, arithmeticOf(dtype))
  const offsets = (step: Step): readonly number[] => depth.axes.reduce<readonly number[]>(
    (all, axis) => all.flatMap((at) => range(axis.size).map((i) => at + i * axis[step] * bytes)), [0]
  )
  const [places, elements] = [offsets(where), offsets('other')]
  const kernel = elements.map(() => scope.local('v128'))
  const [from, by, to, sum] = [scope.local('i32'), scope.local('i32'), scope.local('i32'), scope.local('v128')]
  const load = (address: Code<'i32'>, offset: number, count: number): Code<'v128'> =>
    count === lanes ? v128.load(address, offset) : gatherLanes(dtype, plus(address, offset), lanes, count, bytes)
  const some = (feature: Code<'i32'>, count: number): Statement => sequence(
    by.set(i32.add(weights.get, times(feature, bytes))),
    ...kernel.map((element, k) => element.set(load(by.get, elements[k], count))),
    counted(scope, placeTable.get, i32.add(placeTable.get, times(placeCount.get, entryBytes)), entryBytes, (entry) => sequence(
      from.set(i32.add(i32.add(view.get, i32.load(entry.get)), times(feature, bytes))),
      to.set(i32.add(i32.add(target.get, i32.load(entry.get, 4)), times(feature, bytes))),
      ...kernel.map((element, k) => {
        const factor = load(from.get, places[k], count)
        return sum.set(accumulate(k === 0 ? zero : sum.get, factor, element.get))
      }),
      ...(count === lanes ? [v128.store(to.get, sum.get)] : scatterLanes(dtype, to.get, sum.get, lanes, count, bytes))
    ))
  )
  const whole = size - (size % lanes)
  return sequence(
    whole === 0 ? nothing : counted(scope, i32.const(0), i32.const(whole), lanes, (feature) => some(feature.get, lanes)),
    whole === size ? nothing : some(i32.const(whole), size - whole)
  )
}

/** The products of one turn. */
export const emitTurn = (around: Around, at: Turning): Statement => {
  if (around.plan.depthwise) return depthwise(around, at)
  return around.plan.alongPlaces ? alongPlaces(around, at) : alongFeatures(around, at)
}
