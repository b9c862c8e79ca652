import type { Aval } from '../../core/aval.js'
import type { Atom, Eqn, Var } from '../../core/primitive.js'
import { variable } from '../../ir/jaxpr.js'
import { inlined } from '../inline.js'
import type { ScanParams } from '../loop.js'
import { scanP } from '../loops/scan.js'
import { saves, type Policy } from './policy.js'

/** What a policy saves of a program, and what of it runs again. */
export interface Cut {
  /** The program, in which loops also return what is saved of each step. */
  readonly eqns: readonly Eqn[]
  readonly saved: readonly Var[]
  readonly again: readonly Eqn[]
}

type Loop = Eqn & { readonly params: ScanParams }

const isLoop = (eqn: Eqn): eqn is Loop => eqn.primitive === scanP

const stacked = ({ shape, dtype, weak }: Aval, length: number): Var => variable({ shape: [length, ...shape], dtype, weak })

interface CutLoop {
  /** The loop, which also returns what is saved of each step. */
  readonly whole: Eqn
  readonly saved: readonly Var[]
  /** The loop that reads it. */
  readonly again: Eqn
}

/** A loop cut step by step. */
const cutLoop = (eqn: Loop, used: readonly boolean[], policy: Policy): CutLoop => {
  const body = inlined(eqn.params.jaxpr)
  const loop: Loop = { ...eqn, params: { ...eqn.params, jaxpr: body } }
  const needed = (scanP.dce?.(used, loop) ?? loop) as Loop // of the same primitive
  const rest = needed.params.jaxpr
  const inner = cut(body.eqns, rest.outputs, policy)
  const stacks = inner.saved.map(({ aval }) => stacked(aval, eqn.params.length))
  return {
    saved: stacks,
    whole: {
      ...loop,
      params: { ...loop.params, jaxpr: { ...body, eqns: inner.eqns, outputs: [...body.outputs, ...inner.saved] } } satisfies ScanParams,
      outputs: [...loop.outputs, ...stacks]
    },
    again: {
      ...needed,
      inputs: [...needed.inputs, ...stacks],
      params: { ...needed.params, jaxpr: { ...rest, inputs: [...rest.inputs, ...inner.saved], eqns: inner.again } } satisfies ScanParams
    }
  }
}

/** Cuts a program: `again` computes what is wanted from the program's inputs and from what the policy saves. */
export const cut = (eqns: readonly Eqn[], wanted: readonly Atom[], policy: Policy): Cut => {
  const needed = new Set<Atom>(wanted)
  const saved: Var[] = []
  const again: Eqn[] = []
  const whole = eqns.toReversed().map((eqn) => {
    const used = eqn.outputs.map((v) => needed.has(v))
    if (!used.includes(true)) return eqn
    if (saves(policy, eqn)) {
      saved.push(...eqn.outputs.filter((_, i) => used[i]))
      return eqn
    }
    const own = isLoop(eqn) ? cutLoop(eqn, used, policy) : { whole: eqn, saved: [], again: eqn }
    saved.push(...own.saved)
    again.push(own.again)
    for (const atom of own.again.inputs) needed.add(atom)
    return own.whole
  })
  return { eqns: whole.reverse(), saved: saved.reverse(), again: again.reverse() }
}
