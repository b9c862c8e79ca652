import { checkArray, isArray } from '../../array/ndarray.js'
import { scan } from '../../control/loops/loops.js'
import type { NdArray } from '../../core/array.js'
import { isInteger } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { isTracer } from '../../core/trace.js'
import * as np from '../../numpy/index.js'
import { requireSameStructure } from '../../tree/compare.js'
import { zipWith } from '../../tree/map.js'
import { structure } from '../../tree/pytree.js'
import type { Init } from '../init.js'
import type { Layer } from '../layer.js'
import type { Cell } from './cell.js'

/** How `recurrent` walks along a sequence. */
export interface RecurrentOptions {
  /** From the last input to the first; outputs stay in the places of their inputs. */
  readonly reverse?: boolean
  /** How many steps compiled code may take at a time; 1 by default. */
  readonly unroll?: number
}

/** What a sequence has besides its inputs. */
export interface SequenceOptions<C> {
  /** The carry to start from; the cell's initial one by default. */
  readonly carry?: C
  /**
   * How many inputs there are, an integer scalar; the rest is padding. A length beyond the inputs throws where its value is
   * known, and is all of them where it is traced.
   */
  readonly length?: NdArray | number
}

/** A network along sequences: from inputs [time, …] to the final carry and the outputs [time, …]. */
export interface Recurrent<P, C> {
  readonly init: Init<P>
  readonly apply: (params: P) => (xs: NdArray, options?: SequenceOptions<C>) => readonly [carry: C, outputs: NdArray]
}

/** The length as an int32 scalar, within the inputs where that can be told. */
const checkLength = (length: NdArray | number, time: number): NdArray | number => {
  const expected = `an integer length from 0 to ${time}`
  if (typeof length !== 'number') {
    if (!isArray(length)) throw new ArgumentError('recurrent', expected, length)
    if (!isInteger(length.dtype)) throw new DTypeError('recurrent', expected, length)
    if (length.ndim !== 0) throw new ShapeError('recurrent', `${expected} (batches by vmap)`, length)
    if (isTracer(length)) return length
  }
  const value = typeof length === 'number' ? length : length.item()
  if (!Number.isInteger(value) || value < 0 || value > time) throw new ArgumentError('recurrent', expected, value)
  return value
}

/** The array with zeros in the place of padding, so that not even NaN in there goes anywhere, gradients included. */
const cleared = (valid: NdArray, xs: NdArray): NdArray =>
  np.where(np.reshape(valid, [xs.shape[0], ...xs.shape.slice(1).map(() => 1)]), xs, 0)

const checkCell = (cell: unknown): void => {
  const { init, initial, apply } = (cell ?? {}) as Readonly<Record<string, unknown>> // callers without types pass anything
  if ([init, initial, apply].some((part) => typeof part !== 'function')) {
    throw new ArgumentError('recurrent', 'a cell { init, initial, apply }', cell)
  }
}

/**
 * A cell applied along a sequence by a scan: inputs of shape [time, features] become the final carry and outputs of shape
 * [time, units]. With a `length` the steps beyond it leave the carry as it is and put out zeros, and what stands in the padding does
 * not matter; with `reverse` the walk then begins at the last input that there is, as in PyTorch's packed sequences. A
 * batch is a vmap. Throws ArgumentError, DTypeError or ShapeError for lengths that are no integer scalars or are beyond the
 * inputs; inputs and carries are checked by the cell.
 *
 * @example
 * const network = nn.recurrent(nn.gruCell(3, 5))
 * const params = network.init(random.key(0))
 * const [carry, outputs] = network.apply(params)(np.ones([7, 3]))
 * outputs.shape // [7, 5]
 *
 * const each = (xs: NdArray, length: NdArray) => network.apply(params)(xs, { length })
 * const [carries, batch] = vmap(each)(np.ones([2, 7, 3]), np.array([7, 2], { dtype: 'int32' }))
 * batch.shape // [2, 7, 5]
 */
export const recurrent = <P, C>(cell: Cell<P, C>, options: RecurrentOptions = {}): Recurrent<P, C> => {
  checkCell(cell)
  checkOptions('recurrent', options, ['reverse', 'unroll'])
  const { parts } = cell
  return {
    init: cell.init,
    apply: (params) => {
      const step = (parts?.step ?? cell.apply)(params)
      const prepare = (xs: NdArray): NdArray => parts?.project(params)(xs) ?? xs
      const unlessPadding = (carry: C, [x, valid]: readonly [NdArray, NdArray]): readonly [C, NdArray] => {
        const [next, y] = step(carry, x)
        requireSameStructure('recurrent', structure(carry), structure(next), ['the carry', 'what the cell returns for it'])
        const kept = zipWith((a: NdArray, b: NdArray) => np.where(valid, a, b))(next, carry as never) // of the same structure
        return [kept, np.where(valid, y, 0)]
      }
      return (xs, given = {}) => {
        checkOptions('recurrent', given, ['carry', 'length'])
        if (checkArray('recurrent', xs).ndim === 0) throw new ShapeError('recurrent', 'inputs with a leading axis of time', xs)
        const start = given.carry ?? cell.initial()
        if (given.length === undefined) return scan(step, start, prepare(xs), options)
        const [time] = xs.shape
        const valid = np.less(np.arange(time, { dtype: 'int32' }), checkLength(given.length, time))
        return scan(unlessPadding, start, [prepare(cleared(valid, xs)), valid], options)
      }
    }
  }
}

/**
 * A recurrent network as a layer that gives its outputs alone, each sequence from the initial carry: what `chain` takes.
 *
 * @example
 * const net = nn.chain(nn.outputs(nn.recurrent(nn.lstmCell(3, 5))), nn.outputs(nn.recurrent(nn.lstmCell(5, 5))), nn.linear(5, 2))
 * net.apply(net.init(random.key(0)))(np.ones([7, 3])).shape // [7, 2]
 */
export const outputs = <P, C>(network: Recurrent<P, C>): Layer<P> => ({
  init: network.init,
  apply: (params) => (xs) => network.apply(params)(xs)[1]
})
