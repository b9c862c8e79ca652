import type { NdArray } from '../../core/array.js'
import { checkFunction, checkOptions } from '../../core/options.js'
import * as np from '../../numpy/index.js'
import { tanh } from '../activation.js'
import { checkLeaf, parameter } from '../check.js'
import { struct } from '../init.js'
import type { Pointwise } from '../layer.js'
import { cellName, cellOf, cellOptions, gateFields, type Cell, type CellOptions } from './cell.js'

/** The parameters of `rnnCell`: `inputWeight` [inputs, units], `hiddenWeight` [units, units], `bias` [units]. */
export interface Rnn {
  readonly inputWeight: NdArray
  readonly hiddenWeight: NdArray
  readonly bias: NdArray
}

/** How `rnnCell` draws its parameters, and its activation. */
export interface RnnOptions extends CellOptions {
  /** `tanh` by default. */
  readonly activation?: Pointwise
}

/**
 * The simple recurrent cell (Elman, 1990): `h' = tanh(x Wx + h Wh + b)`, which is carry and output. With PyTorch's weights:
 * `inputWeight` is the transpose of `weight_ih`, `hiddenWeight` that of `weight_hh`, `bias` the sum of its two.
 * Throws ArgumentError for sizes that are no positive integers and unknown options, ShapeError and TreeError for inputs and
 * carries of other shapes.
 *
 * @example
 * const cell = rnnCell(3, 2)
 * const [carry, y] = cell.apply(cell.init(random.key(0)))(cell.initial(), np.array([1, 2, 3]))
 * carry.shape // [2]
 */
export const rnnCell = (inputs: number, units: number, options: RnnOptions = {}): Cell<Rnn, NdArray> => {
  const who = cellName('rnnCell', inputs, units)
  checkOptions('rnnCell', options, [...cellOptions, 'activation'])
  const { activation = tanh, dtype = 'float32' } = options
  checkFunction('rnnCell', 'a function as activation', activation)
  return cellOf<Rnn, NdArray>(who, inputs, units, {
    init: struct(gateFields('rnnCell', inputs, units, 1, options)),
    initial: () => np.zeros([units], { dtype }),
    step: (params) => (hidden, projected) => {
      checkLeaf(who, hidden, [units], 'carry')
      const next = activation(np.add(projected, np.matmul(hidden, parameter(who, params, 'hiddenWeight', [units, units]))))
      return [next, next]
    }
  })
}
