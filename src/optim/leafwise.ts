import { isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import { equalShapes } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { flatten } from '../tree/pytree.js'
import { arrays, each, together, type Tree } from './leaves.js'
import type { Context, Step } from './optimizer.js'
import { placesOf, type Where } from './where.js'

/** What a step remembers of one parameter: arrays by name. */
export type Memory<K extends string> = Readonly<Record<K, NdArray>>

/** What a step remembers of all: under every name a tree like the parameters. */
export type Memories<K extends string> = Readonly<Record<K, Tree>>

/** What is done to the update g of one parameter x: the update that goes out, and what is remembered from now on. */
export type Rule<K extends string> = (g: NdArray, memory: Memory<K>, x: NdArray) => readonly [update: NdArray, memory: Memory<K>]

/** What a rule made, in the type of what stood there before, so that a state never changes its type. */
const settled = (who: string, what: string, made: unknown, like: NdArray): NdArray => {
  if (!isArray(made)) throw new ArgumentError(who, `an array as ${what}`, made)
  if (!equalShapes(made.shape, like.shape)) throw new ShapeError(who, `${what} of shape [${like.shape.join(',')}]`, made)
  return made.dtype === like.dtype && !made.weak ? made : lax.convertElementType(made, like.dtype)
}

/**
 * A step that does the same to every array by itself: all that most optimizers are. `memory` says under which names it remembers
 * arrays, and what they are before the first step, given the parameter. `rule` is given the count of the steps taken, once for
 * all arrays, and then for every array its update, what is remembered of it, and the parameter. What it returns is converted
 * to the dtypes of the update and of the memory.
 *
 * Throws ArgumentError and ShapeError, when a step is taken, for a rule that returns what does not fit.
 *
 * @example
 * const heavy = optim.leafwise('heavy', { velocity: np.zerosLike }, () => (g, { velocity }) => {
 *   const next = np.add(g, np.mul(0.9, velocity))
 *   return [next, { velocity: next }]
 * })
 * const opt = optim.chain(heavy, optim.scale(-1))
 * const start = optim.init(opt)({ w: np.array([1, 2]) })
 * optim.step(opt)(start, { w: np.array([1, 0]) }).inner[0] // { velocity: { w: [1, 0] } }
 */
export const leafwise = <const K extends string>(
  name: string,
  memory: Readonly<Record<K, (x: NdArray) => NdArray>>,
  rule: (context: Context) => Rule<K>
): Step<Memories<K>> => {
  if (typeof memory !== 'object' || memory === null) throw new ArgumentError('leafwise', 'a record of functions as memory', memory)
  const names = Object.keys(memory) as unknown as readonly K[] // of a record with these keys
  for (const key of names) checkFunction('leafwise', `functions of a parameter as memory, ${key} too`, memory[key])
  checkFunction('leafwise', 'a function of the context as rule', rule)
  const named = <T>(value: (key: K, i: number) => T): Readonly<Record<K, T>> =>
    Object.fromEntries(names.map((key, i) => [key, value(key, i)])) as Record<K, T> // all names have a value
  return {
    name,
    init: (params) => named((key) => each((x) => settled(name, key, memory[key](x), x), params)),
    update(updates, state, context) {
      const change = rule(context)
      const trees = [updates, context.params, ...names.map((key) => state[key])] as const
      const [changed, ...kept] = together(name, trees, (g, x, ...old) => {
        const [update, next] = change(g, named((_, i) => old[i]), x)
        return [settled(name, 'an update', update, g), ...names.map((key, i) => settled(name, key, next[key], old[i]))]
      })
      return [changed, named((_, i) => kept[i])]
    }
  }
}

/**
 * A step that remembers nothing and does the same to every array, or to those that `where` names: `rule` is given the count of
 * the steps taken, once, and then for every array its update and the parameter.
 *
 * @example
 * const signs = optim.stateless('signs', () => (g) => np.sign(g))
 * const opt = optim.chain(signs, optim.scale(-0.5))
 * optim.step(opt)(optim.init(opt)(np.array([1, 2])), np.array([-3, 0.1])).params // [1.5, 1.5]
 */
export const stateless = (
  name: string,
  rule: (context: Context) => (g: NdArray, x: NdArray) => NdArray,
  where?: Where
): Step<null> => {
  checkFunction('stateless', 'a function of the context as rule', rule)
  return {
    name,
    init(params) {
      placesOf(name, where, params)
      return null
    },
    update(updates, state, context) {
      const change = rule(context)
      const chosen = placesOf(name, where, context.params)
      const params = arrays(context.params)
      const [leaves, treedef] = flatten(updates)
      const changed = (leaves as readonly NdArray[]).map((g, i) => // updates are trees of arrays
        chosen[i] ? settled(name, 'an update', change(g, params[i]), g) : g)
      return [treedef.unflatten(changed), state]
    }
  }
}
