import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, quoted } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxes } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { spread, widen } from '../numpy/promote.js'
import { bernoulli } from '../random/discrete.js'
import { checkKey } from '../random/key.js'
import { checkContext, requireKey } from './context.js'
import type { Key } from './init.js'
import type { StatefulLayer } from './stateful.js'

/** What is dropped together. */
export interface DropoutOptions {
  /** Axes along which all is dropped or nothing; none by default. `[-3, -2]` drops whole channels of images. */
  readonly broadcast?: number | readonly number[]
}

const checkRate = (who: string, rate: number): void => {
  if (!(typeof rate === 'number' && rate >= 0 && rate < 1)) throw new ArgumentError(who, 'a rate in [0, 1)', quoted(rate))
}

const dropped = (who: string, key: Key, rate: number, x: NdArray, broadcast: number | readonly number[]): NdArray => {
  const alike = normalAxes(who, broadcast, x.ndim)
  const kept = bernoulli(key, 1 - rate, x.shape.map((size, axis) => (alike.includes(axis) ? 1 : size)))
  return lax.select(spread(who, kept, x.shape), lax.div(x, 1 - rate), lax.zerosLike(x))
}

/**
 * Each element zero with the probability `rate`, in [0, 1), else divided by `1 − rate`, so that its expectation is what it was
 * (inverted dropout; Srivastava et al., 2014). The same key drops the same elements: under `vmap` map over split keys, unless
 * all examples are to lose the same. `flax.linen.Dropout`, bit for bit. Throws ArgumentError for other rates and for what is
 * no key.
 *
 * @example
 * drop(random.key(0), 0.5)(np.ones([2, 3])) // [[0, 0, 2], [2, 0, 2]]
 * drop(random.key(0), 0.5, { broadcast: 0 })(np.ones([2, 3])) // [[0, 0, 2], [0, 0, 2]]
 */
export const drop = (key: Key, rate: number, options: DropoutOptions = {}): ((x: ArrayLike) => NdArray) => {
  checkOptions('drop', options, ['broadcast'])
  checkKey('drop', key)
  checkRate('drop', rate)
  const { broadcast = [] } = options
  return (x) => dropped('drop', key, rate, widen('drop', x, 'float'), broadcast)
}

/**
 * Dropout (Srivastava et al., 2014) as a layer for `stateful`: in training `drop` with the key of the context, in evaluation the
 * identity. It has neither parameters nor state. Usual rates are 0.2 for inputs and 0.5 for hidden units. Throws ArgumentError
 * for a rate outside [0, 1), and in training for a context without a key.
 *
 * @example
 * const layer = nn.dropout(0.5)
 * layer.apply(null, { mode: 'train', key: random.key(0), state: null })(np.array([1, 2, 3]))[0] // [0, 0, 6]
 * layer.apply(null, { mode: 'evaluate', state: null })(np.array([1, 2, 3]))[0] // [1, 2, 3]
 */
export const dropout = (rate: number, options: DropoutOptions = {}): StatefulLayer<null, null> => {
  checkOptions('dropout', options, ['broadcast'])
  checkRate('dropout', rate)
  const who = `dropout(${rate})`
  const { broadcast = [] } = options
  return {
    init: () => null,
    state: null,
    apply: (_, context) => {
      if (checkContext(who, context, null).mode === 'evaluate' || rate === 0) return (x) => [x, null]
      const key = requireKey(who, context)
      return (x) => [dropped(who, key, rate, widen(who, x, 'float'), broadcast), null]
    }
  }
}
