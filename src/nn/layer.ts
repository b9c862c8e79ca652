import type { NdArray } from '../core/array.js'
import { ArgumentError, TreeError } from '../core/errors.js'
import { foldIn } from '../random/key.js'
import { within } from './check.js'
import type { Init } from './init.js'

/** How parameters are drawn, and the function of the input that they make. */
export interface Layer<P> {
  readonly init: Init<P>
  readonly apply: (params: P) => (x: NdArray) => NdArray
}

/** A layer without parameters: a plain function of arrays, such as `nn.relu` or `np.tanh`. */
export type Pointwise = (x: NdArray) => NdArray

/** A layer of any type of parameters. */
export interface AnyLayer {
  readonly init: Init<unknown>
  readonly apply: (params: never) => (x: NdArray) => NdArray
}

/** The type of a layer's parameters, `nn.Params<typeof net>`; `null` for a plain function. */
export type Params<L> = L extends { readonly init: Init<infer P> } ? P : null

/** The parameters of several layers: a tuple. */
export type ParamsOf<L extends readonly unknown[]> = { readonly [K in keyof L]: Params<L[K]> }

/** Layers one after the other, as `chain` makes them: a layer that can be looked into. */
export interface Chain<L extends readonly (AnyLayer | Pointwise)[]> extends Layer<ParamsOf<L>> {
  readonly parts: L
}

/** What anything that draws parameters has. */
interface Drawn {
  readonly init: Init<unknown>
}

/** Draws a tuple: the i-th part from the key with i folded in, `null` for plain functions. Frozen. */
export const drawEach = <const L extends readonly (Drawn | Pointwise)[]>(parts: L): Init<ParamsOf<L>> => (key) => {
  const drawn = parts.map((part, i) => (typeof part === 'function' ? null : part.init(foldIn(key, i))))
  return Object.freeze(drawn) as unknown as ParamsOf<L> // one entry per part, as its init draws it
}

/** Checks that parameters are a tuple with an entry per layer. */
export const checkTuple = (who: string, params: unknown, length: number): void => {
  if (Array.isArray(params) && params.length === length) return
  const got: unknown = Array.isArray(params) ? `a tuple of ${params.length}` : params
  throw new TreeError(who, `a tuple of parameters for ${length} layers`, got, 'params')
}

const checkPart = (part: AnyLayer | Pointwise, index: number): void => {
  if (typeof part === 'function') return
  const { init, apply, state } = (part ?? {}) as Partial<AnyLayer & { readonly state: unknown }> // callers without types pass anything
  if (typeof init !== 'function' || typeof apply !== 'function') {
    throw new ArgumentError('chain', 'layers { init, apply } and plain functions', part, [index])
  }
  if (state !== undefined) {
    throw new ArgumentError('chain', 'layers without a mode, a key or state (compose those that have one with stateful)', part, [index])
  }
}

/**
 * Layers and plain functions one after the other. Its parameters are a frozen tuple, with `null` for the plain functions:
 * `params[2].weight`. The i-th layer draws from the key with i folded in, so that layers appended leave the others'
 * draws unchanged. Throws ArgumentError for what is neither a layer nor a function, and for layers with state, which
 * `stateful` composes.
 *
 * @example
 * const net = chain(linear(2, 3), relu, linear(3, 1))
 * const params = net.init(random.key(0))
 * params[2].weight.shape // [3, 1]
 * net.apply(params)(np.zeros([5, 2])).shape // [5, 1]
 */
export const chain = <const L extends readonly (AnyLayer | Pointwise)[]>(...parts: L): Chain<L> => {
  parts.forEach(checkPart)
  return {
    parts,
    init: drawEach(parts),
    apply: (params) => {
      checkTuple('chain', params, parts.length)
      const functions = parts.map((part, i) =>
        typeof part === 'function' ? part : within(i, () => part.apply(params[i] as never))) // its own parameters
      return (x) => functions.reduce((y, f, i) => within(i, () => f(y)), x)
    }
  }
}
