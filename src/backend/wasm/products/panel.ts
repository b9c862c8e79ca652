import { byteSize } from '../../../core/dtype.js'
import { i32, i32x4, leave, loop, nothing, sequence, v128, when, type Code, type Local, type Statement } from '../code.js'
import { constantLanes, gatherLanes, widenMask } from '../lanes.js'
import { counted, plus, times } from '../loops.js'
import type { ModuleBuilder, Scope } from '../module.js'
import { once } from '../once.js'
import { highHalves, highWords, lowHalves, lowWords } from '../shuffles.js'
import { entryBytes, lanesOf, vectorsOf, type Number, type Side } from './tile.js'

/*
 * Panels: some columns of a factor, step by step of its depth, side by side in memory.
 */

export interface PanelForm {
  readonly dtype: Number
  readonly columns: number
  readonly from: Side
  /** How many columns lie side by side in memory before there is a gap; Infinity if there is none. */
  readonly columnRun: number
  /** The same for steps; `null`: all of a block. */
  readonly stepRun: number | null
}

export interface PanelCall {
  readonly from: Code<'i32'>
  readonly to: Code<'i32'>
  /** How many steps. */
  readonly depth: Code<'i32'>
  /** Tables of the columns' and the steps' places. */
  readonly columns?: Code<'i32'>
  readonly steps?: Code<'i32'>
}

export type Panel = (call: PanelCall) => Statement

const none = i32.const(0)

/** The bytes of a step of a panel. */
export const panelBytes = (dtype: Number, columns: number): number => 16 * vectorsOf(dtype, columns)

interface Writing {
  readonly scope: Scope
  readonly form: PanelForm
  readonly from: Local<'i32'>
  readonly to: Local<'i32'>
  readonly depth: Local<'i32'>
  readonly columns: Local<'i32'>
  readonly steps: Local<'i32'>
}

/** A function that writes a panel. Columns beyond those there are hold anything. */
export const definePanel = (module: ModuleBuilder, form: PanelForm): Panel => {
  const { dtype, columns, from, columnRun, stepRun } = form
  return once(module, 'panel', [dtype, columns, from, columnRun, stepRun], () => define(module, form))
}

const define = (module: ModuleBuilder, form: PanelForm): Panel => {
  const { dtype, columnRun, stepRun } = form
  const lanes = lanesOf(dtype)
  const callee = module.define({ params: ['i32', 'i32', 'i32', 'i32', 'i32'], result: 'none' }, (scope, ...locals) => {
    const [from, to, depth, columns, steps] = locals
    const writing = { scope, form, from, to, depth, columns, steps }
    if (columnRun === Infinity) return evenly(writing)
    if (form.from.free === null && columnRun >= lanes - 1) return inRuns(writing)
    if (stepRun !== null) return stepRun >= lanes ? across(writing, i32.const(stepRun)) : oneByOne(writing)
    return when(i32.geU(depth.get, i32.const(lanes)), across(writing, depth.get), oneByOne(writing))
  })
  return ({ from, to, depth, columns = none, steps = none }) => callee(from, to, depth, columns, steps)
}

/** A step after the other: `body` gets what is to be added to the places of the columns. */
const stepwise = ({ scope, form, to, depth, from, steps }: Writing, body: (at: Code<'i32'>) => Statement): Statement => {
  const width = panelBytes(form.dtype, form.columns)
  const { from: side } = form
  const at = scope.local('i32')
  const next = side.depth === null ? steps.set(plus(steps.get, entryBytes)) : from.set(plus(from.get, side.depth))
  const end = scope.local('i32')
  return sequence(
    end.set(i32.add(to.get, times(depth.get, width))),
    loop(sequence(
      at.set(side.depth === null ? i32.add(from.get, i32.load(steps.get)) : from.get),
      body(at.get),
      next,
      leave(0, i32.ltU(to.tee(plus(to.get, width)), end.get))
    ))
  )
}

/** How many columns the j-th vector has. */
const filled = ({ dtype, columns }: PanelForm, j: number): number => Math.min(columns - j * lanesOf(dtype), lanesOf(dtype))

const vectors = ({ dtype, columns }: PanelForm): readonly number[] => Array.from({ length: vectorsOf(dtype, columns) }, (_, j) => j)

/** Columns that lie side by side. */
const evenly = (writing: Writing): Statement => {
  const { form, to, columns } = writing
  const { dtype, from } = form
  const lanes = lanesOf(dtype)
  const body = (at: Code<'i32'>): Statement => sequence(...vectors(form).map((j) => {
    const count = filled(form, j)
    if (count === lanes) return v128.store(to.get, v128.load(at, 16 * j), 16 * j)
    return v128.store(to.get, gatherLanes(dtype, plus(at, 16 * j), lanes, count, byteSize(dtype)), 16 * j)
  }))
  const start = from.free === null ? writing.from.set(i32.add(writing.from.get, i32.load(columns.get))) : nothing
  return sequence(start, stepwise(writing, body))
}

/** Columns in runs of three or more: a vector has at most one gap, so it is in one of two loads. */
const inRuns = (writing: Writing): Statement => {
  const { scope, form, to, columns } = writing
  const lanes = lanesOf(form.dtype)
  const bytes = byteSize(form.dtype)
  const parts = vectors(form).map((j) => {
    const [first, last, mask] = [scope.local('i32'), scope.local('i32'), scope.local('v128')]
    const entry = (lane: number): Code<'i32'> => i32.load(columns.get, entryBytes * (j * lanes + lane))
    const offsets = Array.from({ length: lanes - 1 }, (_, k) => k + 1)
      .reduce((vector, lane) => i32x4.replace(vector, lane, entry(lane)), i32x4.splat(first.get))
    const inFirst = i32x4.eq(offsets, i32x4.add(i32x4.splat(first.get), v128.const(Int32Array.of(0, bytes, 2 * bytes, 3 * bytes))))
    const set = sequence(
      first.set(entry(0)), last.set(plus(entry(lanes - 1), (1 - lanes) * bytes)), mask.set(lanes === 2 ? widenMask(inFirst) : inFirst)
    )
    return { first, last, mask, set }
  })
  const body = (at: Code<'i32'>): Statement => sequence(...parts.map(({ first, last, mask }, j) => {
    const [one, other] = [v128.load(i32.add(at, first.get)), v128.load(i32.add(at, last.get))]
    return v128.store(to.get, v128.bitselect(one, other, mask.get), 16 * j)
  }))
  return sequence(...parts.map(({ set }) => set), stepwise(writing, body))
}

/** Where columns lie from the place of a step: addresses with offsets that are constant. */
type Places = (at: Code<'i32'>, column: number) => readonly [address: Code<'i32'>, offset: number]

/** The places of columns, kept in locals if they come from a table; columns beyond the last are like it. */
const placesOf = ({ scope, form, columns }: Writing): readonly [Statement, Places] => {
  const { from: { free } } = form
  const last = form.columns - 1
  if (free !== null) return [nothing, (at, j) => [at, Math.min(j, last) * free]]
  const starts = Array.from({ length: form.columns }, () => scope.local('i32'))
  const set = sequence(...starts.map((start, j) => start.set(i32.load(columns.get, entryBytes * j))))
  return [set, (at, j) => [i32.add(at, starts[Math.min(j, last)].get), 0]]
}

/** Element by element. */
const oneByOne = (writing: Writing): Statement => {
  const { form, to } = writing
  const { dtype } = form
  const lanes = lanesOf(dtype)
  const [set, places] = placesOf(writing)
  const gathered = (at: Code<'i32'>, j: number): Code<'v128'> => {
    let vector = constantLanes(dtype, 0)
    for (let lane = 0; lane < filled(form, j); lane++) {
      const [address, offset] = places(at, j * lanes + lane)
      if (lane === 0) vector = dtype === 'float64' ? v128.load64Splat(address, offset) : v128.load32Splat(address, offset)
      else vector = dtype === 'float64' ? v128.load64Lane(address, vector, lane, offset) : v128.load32Lane(address, vector, lane, offset)
    }
    return vector
  }
  return sequence(set, stepwise(writing, (at) => sequence(...vectors(form).map((j) => v128.store(to.get, gathered(at, j), 16 * j)))))
}

/** Steps that lie side by side, in runs: squares of as many columns as steps are turned over. */
const across = (writing: Writing, run: Code<'i32'>): Statement => {
  const { scope, form, from, to, depth, steps } = writing
  const { dtype } = form
  const [lanes, bytes, width] = [lanesOf(dtype), byteSize(dtype), panelBytes(dtype, form.columns)]
  const [set, places] = placesOf(writing)
  const [start, into, k] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
  const rows = Array.from({ length: lanes }, () => scope.local('v128'))
  const halves = Array.from({ length: lanes }, () => scope.local('v128'))
  const square = (j: number): Statement => {
    const loads = rows.map((row, lane) => {
      const [address, offset] = places(start.get, j * lanes + lane)
      return row.set(v128.load(address, offset))
    })
    const store = (step: number, value: Code<'v128'>): Statement => v128.store(into.get, value, step * width + 16 * j)
    const of = (a: Local<'v128'>, b: Local<'v128'>, pattern: readonly number[]): Code<'v128'> => v128.shuffle(a.get, b.get, pattern)
    if (lanes === 2) return sequence(...loads, store(0, of(rows[0], rows[1], lowHalves)), store(1, of(rows[0], rows[1], highHalves)))
    return sequence(
      ...loads,
      halves[0].set(of(rows[0], rows[1], lowWords)), halves[1].set(of(rows[2], rows[3], lowWords)),
      halves[2].set(of(rows[0], rows[1], highWords)), halves[3].set(of(rows[2], rows[3], highWords)),
      store(0, of(halves[0], halves[1], lowHalves)), store(1, of(halves[0], halves[1], highHalves)),
      store(2, of(halves[2], halves[3], lowHalves)), store(3, of(halves[2], halves[3], highHalves))
    )
  }
  const squares = sequence(...vectors(form).map(square))
  const at = (i: Code<'i32'>): Statement => sequence(
    start.set(i32.add(form.from.depth === null ? i32.add(from.get, i32.load(steps.get)) : from.get, times(i, bytes))),
    into.set(i32.add(to.get, times(i, width)))
  )
  // the last square of a run may overlap with the one before
  const whole = sequence(
    k.set(none),
    loop(sequence(at(k.get), squares, leave(0, i32.leU(k.tee(plus(k.get, lanes)), i32.sub(run, i32.const(lanes)))))),
    when(i32.ltU(k.get, run), sequence(at(i32.sub(run, i32.const(lanes))), squares))
  )
  if (form.stepRun === null) return sequence(set, whole)
  return sequence(set, counted(scope, none, depth.get, form.stepRun, () => sequence(
    whole, to.set(i32.add(to.get, times(run, width))), steps.set(i32.add(steps.get, times(run, entryBytes)))
  )))
}
