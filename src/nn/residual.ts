import type { NdArray } from '../core/array.js'
import { ArgumentError, quoted, ShapeError } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import { equalShapes } from '../core/shape.js'
import * as np from '../numpy/index.js'
import type { AnyLayer, Layer, Params, ParamsOf, Pointwise } from './layer.js'
import {
  checkParts, evaluation, isStateful, tupleOf, type AnyStatefulLayer, type Part, type State, type StatefulLayer, type StateOf
} from './stateful.js'

/** Several parts as one layer: with state if one of them has it. */
export type Composite<L extends readonly Part[]> =
  [Extract<L[number], AnyStatefulLayer>] extends [never] ? Layer<ParamsOf<L>> : StatefulLayer<ParamsOf<L>, StateOf<L>>

/** How `parallel` makes one array of its branches' outputs. */
export type Join = 'concatenate' | 'sum' | ((outputs: readonly NdArray[]) => NdArray)

/** How branches are joined. */
export interface ParallelOptions {
  /** Along the last axis (`concatenate`, the default), by their sum, or by a function of the list of outputs. */
  readonly join?: Join
}

const shown = (xs: readonly NdArray[]): string => xs.map((x) => `[${x.shape.join(',')}]`).join(' and ')

/** The sum of arrays of one shape. */
const sum = (who: string, expected: string) => (xs: readonly NdArray[]): NdArray => {
  if (xs.some((x) => !equalShapes(x.shape, xs[0].shape))) throw new ShapeError(who, expected, shown(xs))
  return xs.reduce((a, b) => np.add(a, b))
}

const concatenate = (xs: readonly NdArray[]): NdArray => {
  const [first] = xs
  if (first.ndim === 0 || xs.some((x) => !equalShapes(x.shape.slice(0, -1), first.shape.slice(0, -1)))) {
    throw new ShapeError('parallel', 'branches whose outputs differ in the size of their last axis only', shown(xs))
  }
  return np.concatenate(xs, { axis: -1 })
}

/** Parts that all see the input, and a function of their outputs. */
const branches = <const L extends readonly Part[]>(
  who: string, parts: L, join: (outputs: readonly NdArray[]) => NdArray
): Composite<L> => {
  const { init, state, open } = tupleOf(who, parts)
  const layer: StatefulLayer<ParamsOf<L>, StateOf<L>> = {
    init,
    state,
    apply: (params, context) => {
      const functions = open(params, context)
      return (x) => {
        const results = functions.map((f) => f(x))
        const states = Object.freeze(results.map(([, remembered]) => remembered)) as unknown as StateOf<L> // one entry per part
        return [join(results.map(([y]) => y)), states]
      }
    }
  }
  return (parts.some(isStateful) ? layer : evaluation(layer, state)) as Composite<L> // as its condition says
}

/**
 * Layers side by side, all of the same input: their outputs are joined along the last axis, summed, or joined by a function.
 * Parameters are a tuple, as in `chain`. If one of the layers has state, so has the whole, and its state is a tuple, as in
 * `stateful`. The heads of attention and the branches of an Inception block (Szegedy et al., 2015) are made like this.
 *
 * Throws ArgumentError for an empty list, for what is no layer and for unknown options, ShapeError where outputs do not fit.
 *
 * @example
 * const both = nn.parallel([nn.relu, (x) => nn.relu(np.negative(x))])
 * both.apply([null, null])(np.array([1, -2])) // [1, 0, 0, 2]
 * nn.parallel([nn.linear(3, 2), nn.linear(3, 2)], { join: 'sum' }).init(random.key(0))[1].weight.shape // [3, 2]
 */
export const parallel = <const L extends readonly Part[]>(layers: L, options: ParallelOptions = {}): Composite<L> => {
  checkOptions('parallel', options, ['join'])
  if (checkList('parallel', 'a list of layers', layers).length === 0) throw new ArgumentError('parallel', 'at least one layer', 'none')
  const { join = 'concatenate' } = options
  if (typeof join === 'function') return branches('parallel', layers, join)
  switch (join) {
    case 'concatenate': return branches('parallel', layers, concatenate)
    case 'sum': return branches('parallel', layers, sum('parallel', 'branches whose outputs have one shape'))
    default: throw new ArgumentError('parallel', "'concatenate', 'sum' or a function as join", quoted(join))
  }
}

/** What goes around the layer. */
export interface ResidualOptions<J extends Part> {
  /** What the input goes through on its way around the layer, where the layer changes its shape. */
  readonly projection: J
}

/** A layer of the same kind: with state, without, or a function. */
export type SameKind<L extends Part> =
  L extends AnyStatefulLayer ? StatefulLayer<Params<L>, State<L>> : L extends AnyLayer ? Layer<Params<L>> : Pointwise

/** The layer `residual`, with or without a projection. */
export interface Residual {
  <L extends Part>(layer: L): SameKind<L>
  <L extends Part, J extends Part>(layer: L, options: ResidualOptions<J>): Composite<readonly [L, J]>
}

const add = (x: NdArray, y: NdArray): NdArray => sum('residual', 'a layer that keeps the shape of its input (or a projection)')([x, y])

const aroundStateful = ({ init, state, apply }: AnyStatefulLayer): AnyStatefulLayer => ({
  init,
  state,
  apply: (params, context) => {
    const f = apply(params, context)
    return (x) => {
      const [y, next] = f(x)
      return [add(x, y), next]
    }
  }
})

const aroundLayer = ({ init, apply }: AnyLayer): AnyLayer => ({
  init,
  apply: (params) => {
    const f = apply(params)
    return (x) => add(x, f(x))
  }
})

const around = (part: Part): Part => {
  if (typeof part === 'function') return (x) => add(x, part(x))
  return isStateful(part) ? aroundStateful(part) : aroundLayer(part)
}

/**
 * A skip connection (He et al., 2016): `x + f(x)`. What comes back is of the kind of the layer, with its parameters and its
 * state. Where `f` changes the shape, the input goes through a projection, `p(x) + f(x)`: parameters, and states if there are
 * any, are then pairs, `f` first.
 *
 * Throws ArgumentError for what is no layer and for unknown options, ShapeError where the two shapes differ.
 *
 * @example
 * nn.residual((x) => np.multiply(x, x))(np.array([1, 2, 3])) // [2, 6, 12]
 * const block = nn.residual(nn.chain(nn.linear(4, 8), nn.relu, nn.linear(8, 4)))
 * block.apply(block.init(random.key(0)))(np.ones([5, 4])).shape // [5, 4]
 * const wider = nn.residual(nn.linear(4, 8), { projection: nn.linear(4, 8, { bias: false }) })
 * wider.init(random.key(0))[1].weight.shape // [4, 8]
 */
export const residual = (<L extends Part, J extends Part>(layer: L, options?: ResidualOptions<J>) => {
  checkOptions('residual', options, ['projection'])
  checkParts('residual', [layer])
  if (options === undefined) return around(layer)
  const expected = 'an output of the layer and a projection of the input that have one shape'
  return branches('residual', [layer, options.projection], sum('residual', expected))
}) as Residual // the two signatures say what the options change
