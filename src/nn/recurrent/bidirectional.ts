import { TreeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import * as np from '../../numpy/index.js'
import { struct } from '../init.js'
import type { Cell } from './cell.js'
import { recurrent, type Recurrent, type RecurrentOptions, type SequenceOptions } from './sequence.js'

/** One for each direction. */
export interface BothWays<A> {
  readonly backward: A
  readonly forward: A
}

const checkCarry = (carry: unknown): void => {
  if (typeof carry === 'object' && carry !== null && Object.keys(carry).sort().join() === 'backward,forward') return
  throw new TreeError('bidirectional', 'a carry { forward, backward }', carry, 'carry')
}

/** What goes to one direction of the options of both. */
const oneWay = <C>({ carry, length }: SequenceOptions<BothWays<C>>, way: keyof BothWays<C>): SequenceOptions<C> => ({
  ...(carry === undefined ? {} : { carry: carry[way] }),
  ...(length === undefined ? {} : { length })
})

/**
 * Two cells of a kind, one of which reads the sequence from its first input and the other from its last (Schuster & Paliwal,
 * 1997). Parameters and carries are `{ forward, backward }`; the outputs are those of both, [time, 2 units], forward first.
 * Otherwise as `recurrent`. Throws TreeError for a carry that has not both.
 *
 * @example
 * const network = nn.bidirectional(nn.gruCell(3, 5))
 * const [carry, outputs] = network.apply(network.init(random.key(0)))(np.ones([7, 3]), { length: 4 })
 * outputs.shape // [7, 10]
 * carry.backward.shape // [5]
 */
export const bidirectional = <P, C>(
  cell: Cell<P, C>, options: Omit<RecurrentOptions, 'reverse'> = {}
): Recurrent<BothWays<P>, BothWays<C>> => {
  checkOptions('bidirectional', options, ['unroll'])
  const forward = recurrent(cell, options)
  const backward = recurrent(cell, { ...options, reverse: true })
  return {
    init: struct<BothWays<P>>({ backward: backward.init, forward: forward.init }),
    apply: (params) => (xs, given = {}) => {
      checkOptions('bidirectional', given, ['carry', 'length'])
      if (given.carry !== undefined) checkCarry(given.carry)
      const [carryForward, there] = forward.apply(params.forward)(xs, oneWay(given, 'forward'))
      const [carryBackward, back] = backward.apply(params.backward)(xs, oneWay(given, 'backward'))
      return [{ backward: carryBackward, forward: carryForward }, np.concatenate([there, back], { axis: -1 })]
    }
  }
}
