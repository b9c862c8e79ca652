import { checkArray } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { FloatDType } from '../../core/dtype.js'
import { ShapeError } from '../../core/errors.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { foldIn } from '../../random/key.js'
import { checkCount, checkFloat, parameter } from '../check.js'
import type { Init } from '../init.js'
import { checkInitializer, type Initializer } from '../initializer.js'
import { varianceScaling, zeros } from '../initializers.js'

/**
 * One step of a recurrent network: from the carry, which is what it remembers, and an input to the next carry and an
 * output. Any such record will do for `recurrent`; this one sums what it sees:
 *
 * @example
 * const sum: Cell<null, NdArray> = {
 *   init: () => null,
 *   initial: () => np.zeros([2]),
 *   apply: () => (carry, x) => [np.add(carry, x), np.add(carry, x)]
 * }
 * nn.recurrent(sum).apply(null)(np.array([[1, 2], [3, 4]]))[1] // [[1, 2], [4, 6]]
 */
export interface Cell<P, C> {
  readonly init: Init<P>
  /** The carry that a sequence starts from unless another is given. */
  readonly initial: () => C
  readonly apply: (params: P) => (carry: C, x: NdArray) => readonly [carry: C, y: NdArray]
  /** The step cut in two, for cells that have a part which does not depend on the carry. */
  readonly parts?: CellParts<P, C>
}

/** A cell's step as what can be done for all inputs at once, and what is left for each: `apply` is one after the other. */
export interface CellParts<P, C> {
  /** Of all inputs, time leading: one large product instead of many small ones, forwards and backwards. */
  readonly project: (params: P) => (xs: NdArray) => NdArray
  /** From the carry and one slice of that. */
  readonly step: (params: P) => (carry: C, projected: NdArray) => readonly [carry: C, y: NdArray]
}

/** How cells draw their parameters. Each gate is drawn by itself, so that an initialiser sees the sizes of one. */
export interface CellOptions {
  /** Draws a gate's [inputs, units] for the input; uniform within ±1/√units by default, as in PyTorch. */
  readonly inputWeight?: Initializer
  /** Draws a gate's [units, units] for the carry; uniform within ±1/√units by default. */
  readonly hiddenWeight?: Initializer
  /** Draws a gate's bias [units]; zeros by default. */
  readonly bias?: Initializer
  /** Of parameters and initial carry; float32 by default. */
  readonly dtype?: FloatDType
}

/** The names of the options that all cells have. */
export const cellOptions: readonly string[] = ['inputWeight', 'hiddenWeight', 'bias', 'dtype']

/** What all cells here have: the affine map of the input, all gates side by side. */
export interface InputMap {
  readonly inputWeight: NdArray
  readonly bias: NdArray
}

/** A uniform variance of 1/(3 units) is that between ±1/√units. */
const inverseRoot: Initializer = varianceScaling({ scale: 1 / 3, mode: 'fanOut', distribution: 'uniform' })

/** Gates drawn one by one and laid side by side along the last axis. */
export const gates = (initializers: readonly Initializer[], shape: readonly number[], dtype: FloatDType): Init<NdArray> => {
  const draws = initializers.map((initializer) => initializer(shape, dtype))
  return (key) => lax.concatenate(draws.map((draw, i) => draw(foldIn(key, i))), shape.length - 1)
}

/** The fields that all cells here have, of so many gates; `biases` where not all gates start alike. */
export const gateFields = (
  kind: string, inputs: number, units: number, count: number, options: CellOptions, biases?: readonly Initializer[]
): { readonly inputWeight: Init<NdArray>; readonly hiddenWeight: Init<NdArray>; readonly bias: Init<NdArray> } => {
  const { inputWeight = inverseRoot, hiddenWeight = inverseRoot, bias = zeros, dtype = 'float32' } = options
  checkFloat(kind, dtype)
  const alike = (name: string, initializer: Initializer): readonly Initializer[] =>
    new Array<Initializer>(count).fill(checkInitializer(kind, name, initializer))
  const equal = alike('bias', bias)
  return {
    inputWeight: gates(alike('inputWeight', inputWeight), [inputs, units], dtype),
    hiddenWeight: gates(alike('hiddenWeight', hiddenWeight), [units, units], dtype),
    bias: gates(biases ?? equal, [units], dtype)
  }
}

/** Checks the sizes of a cell, and gives the name by which it speaks. */
export const cellName = (kind: string, inputs: number, units: number): string => {
  return `${kind}(${checkCount(kind, 'inputs', inputs)}, ${checkCount(kind, 'units', units)})`
}

/** A cell of its step from the projected input, which is so wide. */
export const cellOf = <P extends InputMap, C>(
  who: string,
  inputs: number,
  width: number,
  { init, initial, step }: Pick<Cell<P, C>, 'init' | 'initial'> & Pick<CellParts<P, C>, 'step'>
): Cell<P, C> => {
  const affine = (params: P, x: NdArray): NdArray =>
    np.add(np.matmul(x, parameter(who, params, 'inputWeight', [inputs, width])), parameter(who, params, 'bias', [width]))
  const check = (x: NdArray, ndim: number, expected: string): void => {
    if (checkArray(who, x).ndim !== ndim || x.shape.at(-1) !== inputs) throw new ShapeError(who, `${expected} (batches by vmap)`, x)
  }
  return {
    init,
    initial,
    apply: (params) => (carry, x) => {
      check(x, 1, `an input of shape [${inputs}]`)
      return step(params)(carry, affine(params, x))
    },
    parts: {
      project: (params) => (xs) => {
        check(xs, 2, `inputs of shape [time, ${inputs}]`)
        return affine(params, xs)
      },
      step
    }
  }
}
