import type { NdArray } from '../../core/array.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { checkLeaf, parameter } from '../check.js'
import { struct } from '../init.js'
import { zeros } from '../initializers.js'
import { cellName, cellOf, cellOptions, gateFields, type Cell, type CellOptions } from './cell.js'

/**
 * The parameters of `gruCell`: `inputWeight` [inputs, 3 units], `hiddenWeight` [units, 3 units], `bias` [3 units], the gates side by
 * side in PyTorch's order: reset, update, candidate; and `hiddenBias` [units], the candidate's second bias, which the reset gate scales.
 */
export interface Gru {
  readonly inputWeight: NdArray
  readonly hiddenWeight: NdArray
  readonly bias: NdArray
  readonly hiddenBias: NdArray
}

/**
 * The gated recurrent unit (Cho et al., 2014), its reset applied after the product as in cuDNN and PyTorch:
 * `r, z = sigmoid(x Wx + h Wh + b)`, `n = tanh(x Wxn + bn + r (h Whn + hiddenBias))`, `h' = (1 − z) n + z h`, which is carry and
 * output. With PyTorch's weights: `inputWeight` is the transpose of `weight_ih`, `hiddenWeight` that of `weight_hh`,
 * `hiddenBias` the last third of `bias_hh`, and `bias` is `bias_ih` plus the rest of `bias_hh`. Throws ArgumentError for sizes that
 * are no positive integers and unknown options, ShapeError and TreeError for inputs and carries of other shapes.
 *
 * @example
 * const cell = gruCell(3, 2)
 * const [carry, y] = cell.apply(cell.init(random.key(0)))(cell.initial(), np.array([1, 2, 3]))
 * carry.shape // [2]
 */
export const gruCell = (inputs: number, units: number, options: CellOptions = {}): Cell<Gru, NdArray> => {
  const who = cellName('gruCell', inputs, units)
  checkOptions('gruCell', options, cellOptions)
  const { bias = zeros, dtype = 'float32' } = options
  return cellOf<Gru, NdArray>(who, inputs, 3 * units, {
    init: struct({ ...gateFields('gruCell', inputs, units, 3, options), hiddenBias: bias([units], dtype) }),
    initial: () => np.zeros([units], { dtype }),
    step: (params) => (hidden, projected) => {
      checkLeaf(who, hidden, [units], 'carry')
      const thirds = [units, units, units]
      const [xr, xz, xn] = lax.split(projected, thirds)
      const [hr, hz, hn] = lax.split(np.matmul(hidden, parameter(who, params, 'hiddenWeight', [units, 3 * units])), thirds)
      const reset = lax.logistic(np.add(xr, hr))
      const update = lax.logistic(np.add(xz, hz))
      const candidate = lax.tanh(np.add(xn, np.multiply(reset, np.add(hn, parameter(who, params, 'hiddenBias', [units])))))
      const next = np.add(candidate, np.multiply(update, np.subtract(hidden, candidate)))
      return [next, next]
    }
  })
}
