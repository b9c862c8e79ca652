import type { NdArray } from '../../core/array.js'
import { showAval, type Aval } from '../../core/aval.js'
import { ShapeError, showPath } from '../../core/errors.js'
import { avalsOf } from '../../ir/jaxpr.js'
import type { Fn } from '../../transform/boundary.js'
import { requireSameStructure } from '../../tree/compare.js'
import type { TreeDef } from '../../tree/treedef.js'
import { agreed, converted } from '../outputs.js'
import { allEqual, stageTrees, type TracedTrees } from '../trees.js'

/** A loop's body, traced for a carry that keeps its type, and where the loop starts. */
export interface TracedLoop {
  readonly traced: TracedTrees
  readonly start: readonly NdArray[]
}

/** What a loop traces. The first function is its body; what it returns for the carry comes first in its result. */
export interface LoopTrace {
  readonly who: string
  /** The arrays of the carry; those of a counter of the loop's own may go before. */
  readonly start: readonly NdArray[]
  readonly carry: TreeDef
  /** The functions to trace, for a carry of these types. */
  readonly functions: (carry: readonly Aval[]) => readonly { readonly f: Fn; readonly treedef: TreeDef; readonly avals: readonly Aval[] }[]
  /** The structure of the carry in the body's result. */
  readonly carryOf: (result: TreeDef) => TreeDef
}

const changes = (start: readonly Aval[], end: readonly Aval[], carry: TreeDef): string =>
  start
    .flatMap((aval, i) => {
      if (agreed(aval, end[i]) !== undefined) return []
      const path = showPath(carry.paths()[i - start.length + carry.size], 'carry')
      return `${path} starts as ${showAval(aval)} and becomes ${showAval(end[i])}`
    })
    .join('; ')

/**
 * Traces a loop until its carry has the same type before and after a step: a weak start takes the type that the body
 * gives it. Throws TreeError or ShapeError, with every differing path, if the body changes its carry otherwise.
 */
export const traceLoop = ({ who, start, carry, functions, carryOf }: LoopTrace): TracedLoop => {
  let types = avalsOf(start)
  for (;;) {
    const traced = stageTrees(who, functions(types))
    requireSameStructure(who, carry, carryOf(traced.results[0]), ['the carry', 'what the body returns for it'])
    const outs = avalsOf(traced.jaxprs[0].outputs)
    const ends = outs.slice(0, types.length)
    const text = changes(types, ends, carry)
    if (text !== '') throw new ShapeError(who, 'a carry that keeps its shape and dtype', text)
    const next = types.map((aval, i) => agreed(aval, ends[i]) ?? aval)
    if (!allEqual(next, types)) {
      types = next
      continue
    }
    if (allEqual(next, ends)) return { traced, start: start.map((x, i) => converted(x, types[i])) }
    const returning = traced.jaxprs.map(({ outputs }, k) => (k === 0 ? [...types, ...outs.slice(types.length)] : avalsOf(outputs)))
    return { traced: stageTrees(who, functions(types), returning), start: start.map((x, i) => converted(x, types[i])) }
  }
}
