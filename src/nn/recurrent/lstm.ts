import type { NdArray } from '../../core/array.js'
import { TreeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { checkLeaf, parameter } from '../check.js'
import { struct } from '../init.js'
import { constant, zeros } from '../initializers.js'
import { cellName, cellOf, cellOptions, gateFields, type Cell, type CellOptions } from './cell.js'

/**
 * The parameters of `lstmCell`: `inputWeight` [inputs, 4 units], `hiddenWeight` [units, 4 units], `bias` [4 units]. The gates lie
 * side by side in PyTorch's order: input, forget, candidate, output.
 */
export interface Lstm {
  readonly inputWeight: NdArray
  readonly hiddenWeight: NdArray
  readonly bias: NdArray
}

/** What an LSTM remembers: two vectors [units]. */
export interface LstmCarry {
  /** What gates write to and read from. */
  readonly cell: NdArray
  /** The latest output. */
  readonly hidden: NdArray
}

/** How `lstmCell` draws its parameters, and where its forget gate starts. */
export interface LstmOptions extends CellOptions {
  /** Where the bias of the forget gate starts: 1 by default, so that the cell begins by remembering (Gers et al., 2000). */
  readonly forgetBias?: number
}

const checkCarry = (who: string, carry: unknown, units: number): void => {
  const fields = typeof carry === 'object' && carry !== null ? Object.keys(carry).sort().join() : ''
  if (fields !== 'cell,hidden') throw new TreeError(who, 'a carry { cell, hidden }', carry, 'carry')
  const { cell, hidden } = carry as Readonly<Record<keyof LstmCarry, unknown>> // it has these fields
  checkLeaf(who, cell, [units], 'carry.cell')
  checkLeaf(who, hidden, [units], 'carry.hidden')
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber, 1997): `i, f, o = sigmoid(…)`, `g = tanh(…)` of `x Wx + h Wh + b`, then
 * `c' = f c + i g` and `h' = o tanh(c')`, which is the output. With PyTorch's weights: `inputWeight` is the transpose of
 * `weight_ih`, `hiddenWeight` that of `weight_hh`, `bias` the sum of its two. Throws ArgumentError for sizes that are no positive
 * integers and unknown options, ShapeError and TreeError for inputs and carries of other shapes.
 *
 * @example
 * const cell = lstmCell(3, 2)
 * const params = cell.init(random.key(0))
 * params.bias // [0, 0, 1, 1, 0, 0, 0, 0]
 * const [carry, y] = cell.apply(params)(cell.initial(), np.array([1, 2, 3]))
 * carry.cell.shape // [2]
 */
export const lstmCell = (inputs: number, units: number, options: LstmOptions = {}): Cell<Lstm, LstmCarry> => {
  const who = cellName('lstmCell', inputs, units)
  checkOptions('lstmCell', options, [...cellOptions, 'forgetBias'])
  const { bias = zeros, forgetBias = 1, dtype = 'float32' } = options
  return cellOf<Lstm, LstmCarry>(who, inputs, 4 * units, {
    init: struct(gateFields('lstmCell', inputs, units, 4, options, [bias, constant(forgetBias), bias, bias])),
    initial: () => ({ cell: np.zeros([units], { dtype }), hidden: np.zeros([units], { dtype }) }),
    step: (params) => (carry, projected) => {
      checkCarry(who, carry, units)
      const sums = np.add(projected, np.matmul(carry.hidden, parameter(who, params, 'hiddenWeight', [units, 4 * units])))
      const [input, forget, candidate, output] = lax.split(sums, [units, units, units, units])
      const written = np.multiply(lax.logistic(input), lax.tanh(candidate))
      const cell = np.add(np.multiply(lax.logistic(forget), carry.cell), written)
      const hidden = np.multiply(lax.logistic(output), lax.tanh(cell))
      return [{ cell, hidden }, hidden]
    }
  })
}
