import type { NdArray } from '../core/array.js'
import { ArgumentError, TreeError } from '../core/errors.js'
import { foldIn } from '../random/key.js'
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

const isLayer = (part: AnyLayer | Pointwise): part is AnyLayer => typeof part !== 'function'

const checkPart = (part: AnyLayer | Pointwise, index: number): void => {
  if (typeof part === 'function') return
  const { init, apply } = (part ?? {}) as Partial<AnyLayer> // callers without types pass anything
  if (typeof init !== 'function' || typeof apply !== 'function') {
    throw new ArgumentError('chain', 'layers { init, apply } and plain functions', part, [index])
  }
}

/**
 * Layers and plain functions one after the other. Its parameters are a frozen tuple, with `null` for the plain functions:
 * `params[2].weight`. The i-th layer draws from the key with i folded in, so that layers appended leave the others'
 * draws unchanged. Throws ArgumentError for what is neither a layer nor a function.
 *
 * @example
 * const net = chain(linear(2, 3), relu, linear(3, 1))
 * const params = net.init(random.key(0))
 * params[2].weight.shape // [3, 1]
 * net.apply(params)(np.zeros([5, 2])).shape // [5, 1]
 */
export const chain = <const L extends readonly (AnyLayer | Pointwise)[]>(
  ...parts: L
): Layer<{ readonly [K in keyof L]: Params<L[K]> }> => {
  parts.forEach(checkPart)
  return {
    init: (key) => {
      const drawn = parts.map((part, i) => (isLayer(part) ? part.init(foldIn(key, i)) : null))
      return Object.freeze(drawn) as unknown as { readonly [K in keyof L]: Params<L[K]> } // one entry per part, as its init draws it
    },
    apply: (params) => {
      if (!Array.isArray(params) || params.length !== parts.length) {
        const got: unknown = Array.isArray(params) ? `a tuple of ${params.length}` : params
        throw new TreeError('chain', `a tuple of parameters for ${parts.length} layers`, got)
      }
      const functions = parts.map((part, i) => (isLayer(part) ? part.apply(params[i] as never) : part)) // its own parameters
      return (x) => functions.reduce((y, f) => f(y), x)
    }
  }
}
