import { isArray } from '../array/ndarray.js'
import { isFloat } from '../core/dtype.js'
import { ArgumentError, DTypeError, quoted, showPath } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { checkKey } from '../random/key.js'
import { requireSameStructure } from '../tree/compare.js'
import { flatten } from '../tree/pytree.js'
import { checkLeaf } from './check.js'
import type { Key } from './init.js'

/** What a net is run for. */
export type Mode = 'train' | 'evaluate'

/**
 * What a layer may use besides its parameters and its input. A pytree: strings belong to the structure, so `jit` takes the
 * mode as part of the program and traces the key and the state.
 */
export interface Context<S> {
  readonly mode: Mode
  /** Needed by layers that draw, such as `dropout` in training. */
  readonly key?: Key
  /** What was remembered so far; the layer's own `state` at first. */
  readonly state: S
  /** The place of the layer within a net, for messages; `stateful` writes it. */
  readonly path?: string
}

/**
 * Checks the context of a layer whose first state is given, and gives it back: for layers of your own. Throws ArgumentError for
 * a mode that is neither `train` nor `evaluate`, a key that is none and unknown fields, TreeError, ShapeError and DTypeError for a
 * state that is not like the first one.
 *
 * @example
 * const count = { init: () => null, state: np.array(0), apply: (_: null, context: Context<NdArray>) => {
 *   const { state } = checkContext('count', context, np.array(0))
 *   return (x: NdArray) => [x, np.add(state, 1)] as const
 * } }
 * count.apply(null, { mode: 'train', state: np.array(4) })(np.array(7))[1] // 5
 * count.apply(null, { mode: 'train', state: np.array([4]) }) // throws ShapeError
 */
export const checkContext = <S>(who: string, context: Context<S>, first: S): Context<S> => {
  if ((context as unknown) === undefined) throw new ArgumentError(who, 'a context { mode, key, state } after the parameters', 'none')
  checkOptions(who, context, ['mode', 'key', 'state', 'path'], true)
  const { mode, key, state, path } = context
  if (!['train', 'evaluate'].includes(mode)) throw new ArgumentError(who, "the mode 'train' or 'evaluate'", quoted(mode), path)
  if (key !== undefined) checkKey(who, key)
  const [given, treedef] = flatten<unknown>(state)
  const [own, structure] = flatten<unknown>(first)
  requireSameStructure(who, treedef, structure, ['the state', 'what the layer starts with'])
  own.forEach((like, i) => {
    if (!isArray(like)) return
    const place = showPath(treedef.paths()[i], path === undefined ? 'state' : `${path}.state`)
    const x = checkLeaf(who, given[i], like.shape, place)
    if (isFloat(like.dtype) && !isFloat(x.dtype)) throw new DTypeError(who, 'an array of floats', x, place)
  })
  return context
}

/** The key of a context, for a layer that draws. Throws ArgumentError, which names the layer's place, if there is none. */
export const requireKey = (who: string, { key, mode, path }: Context<unknown>): Key => {
  if (key !== undefined) return key
  throw new ArgumentError(who, `a key in the context, { mode: '${mode}', key, state }, because it draws`, 'none', path)
}
