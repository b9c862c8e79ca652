import { equalAvals, type Aval } from '../core/aval.js'
import { describe, quoted, showPath } from '../core/errors.js'
import { compareStructures } from '../tree/compare.js'
import { context, usable, type Signature, type Slot } from './cache.js'

/** Why a traced program is not for a call. */
export interface Difference {
  readonly kind: 'structure' | 'type' | 'static' | 'context' | 'closure'
  readonly text: string
}

const showType = (aval: Aval): string => `${describe(aval)}${aval.weak ? ' (a bare number)' : ''}`

/** A static value and the one before, so that one sees what differs even where they print alike. */
const showStatics = (now: unknown, before: unknown): string => {
  const [a, b] = [describe(quoted(now)), describe(quoted(before))]
  return a === b ? `${a}, was another one like it (static values are compared by identity)` : `${a}, was ${b}`
}

/** How a call differs from what a program was traced for. `positions` are those of the static arguments. */
export const differences = (slot: Slot, { treedef, arrays, statics }: Signature, positions: readonly number[]): readonly Difference[] => {
  const found: Difference[] = compareStructures(treedef, slot.treedef).map(({ path, left, right }) =>
    ({ kind: 'structure', text: `${showPath(path, 'arguments')}: ${left}, was ${right}` }))
  if (found.length === 0) {
    const paths = treedef.paths()
    slot.avals.forEach((before, i) => {
      const now = arrays[i].aval
      if (equalAvals(now, before)) return
      found.push({ kind: 'type', text: `${showPath(paths[i], 'arguments')}: ${showType(now)}, was ${showType(before)}` })
    })
  }
  for (let i = 0; i < Math.max(statics.length, slot.statics.length); i++) {
    if (Object.is(statics[i], slot.statics[i])) continue
    found.push({ kind: 'static', text: `static argument ${positions[i]}: ${showStatics(statics[i], slot.statics[i])}` })
  }
  if (slot.context !== context()) found.push({ kind: 'context', text: 'the named axes in scope, or whether sources are recorded' })
  if (!usable(slot)) found.push({ kind: 'closure', text: 'a value that it closed over belongs to a transform that has returned' })
  return found
}

/** The fewest differences to any of the programs; of equals, those to the latest. */
export const nearest = (slots: readonly Slot[], signature: Signature, positions: readonly number[]): readonly Difference[] | undefined =>
  slots.map((slot) => differences(slot, signature, positions))
    .reduce<readonly Difference[] | undefined>((best, each) => (best === undefined || each.length < best.length ? each : best), undefined)

/** Whether a call would be traced, and why, as text. */
export const explainMiss = (who: string, slots: readonly Slot[], signature: Signature, positions: readonly number[]): string => {
  const found = nearest(slots, signature, positions)
  if (found === undefined) return `${who}: nothing has been traced yet`
  if (found.length === 0) return `${who}: there is a program for these arguments, nothing is traced`
  const others = slots.length === 1 ? 'the program that was traced' : `the nearest of ${slots.length} programs that were traced`
  return `${who}: these arguments need a program of their own; ${others} differs in\n${found.map(({ text }) => `  ${text}`).join('\n')}`
}
