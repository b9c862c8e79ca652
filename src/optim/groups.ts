import type { NdArray } from '../core/array.js'
import { ArgumentError, TreeError, type Path } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import { flatten } from '../tree/pytree.js'
import { place, type TreeDef } from '../tree/treedef.js'
import { each, nothing, type Tree } from './leaves.js'
import { chain, checkRecord, initSteps, runSteps, type Optimizer, type Step } from './optimizer.js'
import { checkWhere, namesNone, placesOf, under, type Where } from './where.js'

/** The group that has every parameter that no other claims. */
const others = '*'

/** The group of a parameter, by its path and itself. */
export type Label = (path: Path, x: NdArray) => string

/** What the optimizers remember, by the names of their groups. */
type GroupStates = Readonly<Record<string, readonly unknown[]>>

/** Which group each parameter is in. */
type Assign = (params: Tree) => readonly string[]

/** By the names of the groups, which are paths. */
const byPath = (names: readonly string[]): Assign => {
  const prefixes = names.filter((name) => name !== others)
  return (params) => {
    const paths = flatten(params)[1].paths().map(place)
    for (const prefix of prefixes) {
      if (!paths.some((path) => under(prefix, path))) throw namesNone('groups', paths, `the group ${JSON.stringify(prefix)}`)
    }
    return paths.map((path) => {
      const claims = prefixes.filter((prefix) => under(prefix, path))
      if (claims.length === 1) return claims[0]
      if (claims.length === 0 && names.includes(others)) return others
      const got = claims.length === 0 ? `none of ${names.join(', ')}` : claims.join(' and ')
      throw new TreeError('groups', 'every parameter in exactly one group', got, path)
    })
  }
}

/** By a function that names the group of each parameter. */
const byLabel = (names: readonly string[], label: Label): Assign => (params) => {
  const [leaves, treedef] = flatten(params)
  const paths = treedef.paths()
  const labels = leaves.map((x, i) => label(paths[i], x as NdArray)) // parameters are arrays
  labels.forEach((name, i) => {
    if (names.includes(name)) return
    throw new TreeError('groups', `a label among ${names.join(', ')}`, JSON.stringify(name), place(paths[i]))
  })
  const empty = names.find((name) => name !== others && !labels.includes(name))
  if (empty !== undefined) {
    throw namesNone('groups', paths.map(place), `the group ${JSON.stringify(empty)}, which none has for a label`)
  }
  return labels
}

/** The tree with `null` in place of the arrays of other groups: an empty node, so steps see no more than the group. */
const part = (leaves: readonly unknown[], treedef: TreeDef, groups: readonly string[], name: string): Tree =>
  treedef.unflatten(leaves.map((x, i) => (groups[i] === name ? x : null)))

const grouped = (name: string, optimizers: Readonly<Record<string, Optimizer>>, assign: Assign): Optimizer => {
  const entries = Object.entries(optimizers)
  const step: Step<GroupStates> = {
    name,
    init(params) {
      const [leaves, treedef] = flatten(params)
      const groups = assign(params)
      return Object.fromEntries(entries.map(([group, optimizer]) => [group, initSteps(optimizer, part(leaves, treedef, groups, group))]))
    },
    update(updates, state, { params, count }) {
      const [gradients, treedef] = flatten(updates)
      const weights = flatten(params)[0]
      const groups = assign(params)
      const changed: unknown[] = [...gradients]
      const next = entries.map(([group, optimizer]) => {
        const context = { params: part(weights, treedef, groups, group), count }
        const [own, inner] = runSteps(optimizer, part(gradients, treedef, groups, group), state[group], context)
        const left = [...flatten(own)[0]]
        groups.forEach((of, i) => {
          if (of === group) changed[i] = left.shift()
        })
        return [group, inner] as const
      })
      return [treedef.unflatten(changed), Object.fromEntries(next)]
    }
  }
  return chain(step)
}

/**
 * Several optimizers, each for a part of the parameters. The groups are named by the paths whose parameters they have, as one would
 * write them in TypeScript, and `*` has all that no other claims; or by labels, if a function is given that returns the label of
 * every parameter. A group sees nothing of the others: a norm that it clips by is that of its own gradients. With one group it is the
 * optimizer itself.
 *
 * Throws ArgumentError for a record without groups, and for what is no optimizer; TreeError, with the path, for a parameter that is in
 * no group or in two, and for a group that has no parameter, with the paths that there are. (Optax: `multi_transform`; PyTorch:
 * parameter groups.)
 *
 * @example
 * const opt = optim.groups({ head: optim.sgd(1), '*': optim.sgd(0.1) })
 * const start = optim.init(opt)({ body: np.array(0), head: np.array(0) })
 * optim.step(opt)(start, { body: np.array(-1), head: np.array(-1) }).params // { body: 0.1, head: 1 }
 */
export const groups = (optimizers: Readonly<Record<string, Optimizer | Step>>, label?: Label): Optimizer => {
  if (typeof optimizers !== 'object' || optimizers === null || Array.isArray(optimizers)) { // callers without types pass anything
    throw new ArgumentError('groups', 'a record of optimizers', optimizers)
  }
  if (label !== undefined) checkFunction('groups', 'a function of path and parameter as label', label)
  const names = Object.keys(optimizers)
  if (names.length === 0) throw new ArgumentError('groups', 'at least one group', 'none')
  const chains = checkRecord('groups', optimizers)
  return grouped('groups', chains, label === undefined ? byPath(names) : byLabel(names, label))
}

/** Those that are meant, and the others. */
const chosen = (who: string, where: Where, yes: string, no: string): Assign => {
  checkWhere(who, where, true)
  return (params) => placesOf(who, where, params).map((is) => (is ? yes : no))
}

/**
 * An optimizer, or steps of one, for the parameters that `where` names; the updates of the others pass as they are. (Optax: `masked`.)
 *
 * @example
 * const opt = optim.masked('w', optim.scale(10))
 * optim.step(opt)(optim.init(opt)({ w: np.array(0), b: np.array(0) }), { w: np.array(1), b: np.array(1) }).params // { b: 1, w: 10 }
 */
export const masked = (where: Where, ...parts: readonly (Optimizer | Step)[]): Optimizer =>
  grouped('masked', { in: chain(...parts), out: chain() }, chosen('masked', where, 'in', 'out'))

/**
 * An optimizer that changes nothing: parameters keep their bits, whatever the gradients.
 *
 * @example
 * const opt = optim.groups({ body: optim.frozen, '*': optim.sgd(1) })
 * const start = optim.init(opt)({ body: np.array(1), head: np.array(1) })
 * optim.step(opt)(start, { body: np.array(1), head: np.array(1) }).params // { body: 1, head: 0 }
 */
export const frozen: Optimizer = chain({
  name: 'frozen',
  init: () => null,
  update: (updates, state) => [each(nothing, updates), state]
})

/**
 * The optimizer with the parameters that `where` names left as they are, to the bit, whatever their gradients. For them it
 * remembers nothing, and they do not count in a global norm. Throws TreeError for a path that the parameters do not have, and
 * where it holds for none.
 *
 * @example
 * const opt = optim.freeze('body', optim.adam(0.5))
 * const start = optim.init(opt)({ body: np.array(1), head: np.array(1) })
 * optim.step(opt)(start, { body: np.array(1), head: np.array(1) }).params // { body: 1, head: 0.5 }
 */
export const freeze = (where: Where, ...parts: readonly (Optimizer | Step)[]): Optimizer => {
  const assign = chosen('freeze', where, 'frozen', 'free')
  return grouped('freeze', { frozen, free: chain(...parts) }, (params) => {
    const groups = assign(params)
    if (!groups.includes('frozen')) {
      const paths = flatten(params)[1].paths().map(place)
      throw namesNone('freeze', paths, 'what holds for none')
    }
    return groups
  })
}
