import type { NdArray } from '../core/array.js'
import { ArgumentError, TreeError } from '../core/errors.js'
import { foldIn } from '../random/key.js'
import { requireSameStructure } from '../tree/compare.js'
import { freeze } from '../tree/freeze.js'
import { structure } from '../tree/pytree.js'
import { within } from './check.js'
import { checkContext, type Context } from './context.js'
import type { Init } from './init.js'
import { checkTuple, drawEach, type AnyLayer, type Layer, type Params, type ParamsOf, type Pointwise } from './layer.js'

/** What a layer with state makes of an input: the output, and what is to be remembered. */
export type Remembering<S> = (x: NdArray) => readonly [y: NdArray, state: S]

/** A layer that needs a mode, a key, or state that runs along with training: all of them are arguments, the next state a result. */
export interface StatefulLayer<P, S> {
  readonly init: Init<P>
  /** What it remembers before the first step: a pytree of arrays, `null` if nothing. */
  readonly state: S
  readonly apply: (params: P, context: Context<S>) => Remembering<S>
}

/** A layer with state, of any type of parameters and state. */
export interface AnyStatefulLayer {
  readonly init: Init<unknown>
  readonly state: unknown
  readonly apply: (params: never, context: Context<never>) => Remembering<unknown>
}

/** What nets are made of. */
export type Part = AnyStatefulLayer | AnyLayer | Pointwise

/** The type of a layer's state, `nn.State<typeof net>`; `null` for layers without. */
export type State<L> = L extends AnyStatefulLayer ? L['state'] : null

/** The states of several layers: a tuple. */
export type StateOf<L extends readonly unknown[]> = { readonly [K in keyof L]: State<L[K]> }

/** Layers one after the other, as `stateful` makes them: a layer that can be looked into. */
export interface StatefulChain<L extends readonly Part[]> extends StatefulLayer<ParamsOf<L>, StateOf<L>> {
  readonly parts: L
}

/** Whether a part needs a context. */
export const isStateful = (part: Part): part is AnyStatefulLayer => typeof part !== 'function' && 'state' in part

/** Checks that all parts are layers, with state or without, or functions. */
export const checkParts = (who: string, parts: readonly Part[]): void => {
  parts.forEach((part: unknown, i) => {
    if (typeof part === 'function') return
    const { init, apply } = (part ?? {}) as Partial<AnyLayer> // callers without types pass anything
    if (typeof init === 'function' && typeof apply === 'function') return
    throw new ArgumentError(who, 'layers { init, apply }, with a state or without, and plain functions', part, [i])
  })
}

const lifted = (part: Part): AnyStatefulLayer => {
  if (typeof part === 'function') return { init: () => null, state: null, apply: () => (x) => [part(x), null] }
  if (isStateful(part)) return part
  return {
    init: part.init,
    state: null,
    apply: (params) => {
      const f = part.apply(params)
      return (x) => [f(x), null]
    }
  }
}

/**
 * Any part as a layer with state, for combinators of your own: plain layers and functions get the state `null`, and do not look at the
 * context.
 *
 * @example
 * lift(np.tanh).apply(null, { mode: 'train', state: null })(np.array([0, 1])) // [[0, 0.7616], null]
 */
export const lift = <L extends Part>(part: L): StatefulLayer<Params<L>, State<L>> => {
  checkParts('lift', [part])
  return lifted(part) as unknown as StatefulLayer<Params<L>, State<L>> // as the two types say of each kind of part
}

/**
 * A trained net as a plain layer that evaluates: its state is fixed. `net.apply(params, { mode: 'evaluate', state })` without
 * the state that comes back. Throws ArgumentError for what is no layer with state.
 *
 * @example
 * const net = nn.stateful(nn.linear(3, 2), nn.batchNorm(2))
 * const params = net.init(random.key(0))
 * nn.evaluation(net, net.state).apply(params)(np.ones([3])).shape // [2]
 */
export const evaluation = <P, S>(net: StatefulLayer<P, S>, state: S): Layer<P> => {
  checkParts('evaluation', [net])
  if (!isStateful(net)) throw new ArgumentError('evaluation', 'a layer with state (a plain one evaluates as it is)', net)
  return {
    init: net.init,
    apply: (params) => {
      const f = net.apply(params, { mode: 'evaluate', state })
      return (x) => f(x)[0]
    }
  }
}

/** Parts side by side, whose parameters and states are tuples. */
export interface Tuple<P, S> {
  readonly init: Init<P>
  readonly state: S
  /** The parts as functions, each with its own parameters, the key with its position folded in, and its own state. */
  readonly open: (params: P, context: Context<S>) => readonly Remembering<unknown>[]
}

const contextOf = (context: Context<readonly unknown[]>, i: number): Context<unknown> => {
  const { mode, key, state, path = 'layer' } = context
  return { mode, ...(key === undefined ? {} : { key: foldIn(key, i) }), state: state[i], path: `${path}[${i}]` }
}

/** A layer's function that is held to its word: the state it returns has the structure of the one it was given. */
const steady = (f: Remembering<unknown>, { state, path }: Context<unknown>): Remembering<unknown> => (x) => {
  const result: unknown = f(x)
  if (!Array.isArray(result) || result.length !== 2) {
    throw new TreeError('stateful', 'a layer that returns a pair [y, state]', result, path)
  }
  const [y, next] = result as unknown as readonly [NdArray, unknown] // its layer's type says so
  requireSameStructure('stateful', structure(state), structure(next), [`the state of ${path ?? 'layer'}`, 'the one it returns'])
  return [y, next]
}

/** Parts as a tuple. Throws ArgumentError for what is no part. */
export const tupleOf = <const L extends readonly Part[]>(who: string, parts: L): Tuple<ParamsOf<L>, StateOf<L>> => {
  checkParts(who, parts)
  const layers = parts.map(lifted)
  const first = freeze(layers.map(({ state }) => state)) as unknown as StateOf<L> // one entry per part
  return {
    init: drawEach(parts),
    state: first,
    open: (params, context) => {
      checkContext(who, context, first)
      checkTuple(who, params, parts.length)
      return layers.map((layer, i) => {
        const own = contextOf(context, i)
        const f = steady(within(i, () => layer.apply(params[i] as never, own as Context<never>)), own) // the i-th are its own
        return (x) => within(i, () => f(x))
      })
    }
  }
}

/**
 * Layers one after the other, of which some need a mode, a key or running state: `chain` with a context. Its parameters and its
 * state are frozen tuples, with `null` for parts that have none. The i-th part draws its parameters, and in training its
 * noise, from the key with i folded in. Nothing is remembered anywhere but in the state that comes back, so a training step
 * hands it on, and `jit`, `grad` and `vmap` see all of it. What it returns is a layer with state again: they nest.
 *
 * Throws ArgumentError for what is no layer, for an unknown mode, and for a missing key where a layer draws, with its
 * place; TreeError and ShapeError for parameters and states of other nets.
 *
 * @example
 * const net = nn.stateful(nn.linear(3, 4), nn.batchNorm(4), nn.relu, nn.dropout(0.5), nn.linear(4, 2))
 * const params = net.init(random.key(0))
 * const x = np.array([[1, 0, 2], [0, 1, 0]])
 * const [y, state] = net.apply(params, { mode: 'train', key: random.key(1), state: net.state })(x)
 * y.shape // [2, 2]
 * state[1].mean.shape // [4]
 * net.apply(params, { mode: 'evaluate', state })(x)[0].shape // [2, 2]
 */
export const stateful = <const L extends readonly Part[]>(...parts: L): StatefulChain<L> => {
  const { init, state, open } = tupleOf('stateful', parts)
  return {
    parts,
    init,
    state,
    apply: (params, context) => {
      const functions = open(params, context)
      return (x) => {
        let y = x
        const states = functions.map((f) => {
          const [next, remembered] = f(y)
          y = next
          return remembered
        })
        return [y, freeze(states) as unknown as StateOf<L>] // one entry per part
      }
    }
  }
}
