import { ArgumentError } from '../../core/errors.js'
import type { Eqn } from '../../core/primitive.js'
import { convGeneralDilatedP } from '../../lax/window/conv.js'
import { dotGeneralP } from '../../lax/dot.js'
import { nameP, type NameParams } from './name.js'

/** What `checkpoint` keeps for the backward pass; what it does not keep is computed again. Made by `checkpoint.policies`. */
export type Policy =
  | { readonly save: 'everything' | 'nothing' | 'dots' }
  | { readonly save: 'names'; readonly names: readonly string[] }

/** The policies of `checkpoint`. */
export interface Policies {
  /** All that the backward pass reads: no memory is saved, nothing is computed again. */
  readonly everything: Policy
  /** The arguments alone. */
  readonly nothing: Policy
  /** Results of matrix products and convolutions, which are costly to compute again. */
  readonly dotsSaveable: Policy
  /** What `checkpointName` has given one of the names. */
  readonly names: (...names: readonly string[]) => Policy
}

export const policies: Policies = {
  everything: { save: 'everything' },
  nothing: { save: 'nothing' },
  dotsSaveable: { save: 'dots' },
  names: (...names) => ({ save: 'names', names })
}

const isName = (eqn: Eqn): eqn is Eqn & { readonly params: NameParams } => eqn.primitive === nameP

/** Whether the policy keeps what the equation computes. */
export const saves = (policy: Policy, eqn: Eqn): boolean => {
  switch (policy.save) {
    case 'everything': return true
    case 'nothing': return false
    case 'dots': return eqn.primitive === dotGeneralP || eqn.primitive === convGeneralDilatedP
    case 'names': return isName(eqn) && policy.names.includes(eqn.params.name)
  }
}

/** Checks what a caller gave for a policy. */
export const checkPolicy = (policy: Policy): Policy => {
  if (typeof policy === 'object' && policy !== null && 'save' in policy) return policy
  throw new ArgumentError('checkpoint', `a policy, one of checkpoint.policies (${Object.keys(policies).join(', ')})`, policy)
}
