import type { NdArray } from '../../src/index.js'
import { lax, np } from '../../src/index.js'

/*
 * Recurrent networks by scan, as golden/make_control.py has them.
 */

export type Params = Readonly<Record<string, NdArray>>

const sigmoid = (x: NdArray): NdArray => lax.logistic(x)
const zeros = (n: number): NdArray => np.zeros([n], { dtype: 'float64' })
const energy = (hs: NdArray): NdArray => np.sum(np.square(hs))

/** tanh(w h + u x) */
export const rnn = ({ w, u }: Params, xs: NdArray): NdArray => {
  const step = (h: NdArray, x: NdArray): readonly [NdArray, NdArray] => {
    const next = np.tanh(np.add(np.matmul(w, h), np.matmul(u, x)))
    return [next, next]
  }
  const [h, hs] = lax.scan(step, zeros(w.shape[0]), xs)
  return np.add(energy(hs), np.sum(h))
}

/** The same, with weights that are scaled inside of the loop. */
export const tied = ({ w, u }: Params, xs: NdArray): NdArray => {
  const step = (h: NdArray, x: NdArray): readonly [NdArray, NdArray] => {
    const scaled = np.mul(w, np.mean(np.square(w)))
    const next = np.tanh(np.add(np.matmul(scaled, h), np.matmul(u, x)))
    return [next, next]
  }
  const [h, hs] = lax.scan(step, zeros(w.shape[0]), xs)
  return np.add(energy(hs), np.sum(h))
}

/** Input, forget, cell and output gates of one product. */
export const lstm = ({ w, b }: Params, xs: NdArray): NdArray => {
  const n = b.shape[0] / 4
  type Carry = readonly [h: NdArray, cell: NdArray]
  const step = ([h, before]: Carry, x: NdArray): readonly [Carry, NdArray] => {
    const gates = np.add(np.matmul(w, np.concatenate([x, h])), b)
    const [i, f, g, o] = [0, 1, 2, 3].map((k) => np.slice(gates, [[k * n, (k + 1) * n]]))
    const cell = np.add(np.mul(sigmoid(f), before), np.mul(sigmoid(i), np.tanh(g)))
    const next = np.mul(sigmoid(o), np.tanh(cell))
    return [[next, cell], next]
  }
  return energy(lax.scan(step, [zeros(n), zeros(n)] as const, xs)[1])
}

/** Reset and update gates, and a candidate. */
export const gru = (p: Params, xs: NdArray): NdArray => {
  const step = (h: NdArray, x: NdArray): readonly [NdArray, null] => {
    const from = (state: NdArray, gate: string): NdArray => np.add(np.matmul(p[`w${gate}`], state), np.matmul(p[`u${gate}`], x))
    const [r, z] = [sigmoid(from(h, 'r')), sigmoid(from(h, 'z'))]
    const n = np.tanh(from(np.mul(r, h), 'n'))
    return [np.add(np.mul(np.sub(1, z), n), np.mul(z, h)), null]
  }
  return np.sum(lax.scan(step, zeros(p['wr'].shape[0]), xs)[0])
}
