import type { NdArray } from '../core/array.js'
import * as lax from '../lax/index.js'
import { keyWords } from './key.js'

/*
 * Which counters a key encrypts, and where the words go: everything random is made of these four functions of a key and of
 * how many are wanted.
 */
export interface Layout {
  /** New keys, uint32[count, 2]. */
  readonly keys: (key: NdArray, count: number) => NdArray
  /** Random words, uint32[count]. */
  readonly words: (key: NdArray, count: number) => NdArray
  /** The high and the low halves of words of 64 bits, each uint32[count]. */
  readonly pairs: (key: NdArray, count: number) => readonly [high: NdArray, low: NdArray]
  /** Random bytes, uint8[count]. */
  readonly bytes: (key: NdArray, count: number) => NdArray
}

const column = (x: NdArray): NdArray => lax.reshape(x, [x.size, 1])

/** The encrypted counters 0, 1, … count − 1, of 64 bits. */
const counted = (key: NdArray, count: number): readonly [NdArray, NdArray] =>
  lax.threefry2x32(...keyWords(key), lax.full([], 0, 'uint32'), lax.iota('uint32', count))

const words = (key: NdArray, count: number): NdArray => lax.bitwiseXor(...counted(key, count))

/** An element depends on its key and its position alone, not on how many there are. The default of JAX since version 0.5. */
export const partitionable: Layout = {
  keys: (key, count) => lax.concatenate(counted(key, count).map(column), 1),
  words,
  pairs: counted,
  bytes: (key, count) => lax.convertElementType(words(key, count), 'uint8')
}

/** The counters 0, 1, … count − 1 of 32 bits, the first half of them paired with the second; a missing last one is 0. */
const halves = (key: NdArray, count: number): NdArray => {
  const half = Math.ceil(count / 2)
  const counters = lax.iota('uint32', count)
  const even = lax.pad(counters, 0, [[0, 2 * half - count, 0]])
  const [first, second] = lax.threefry2x32(...keyWords(key), lax.slice(even, [0], [half]), lax.slice(even, [half], [2 * half]))
  return lax.slice(lax.concatenate([first, second], 0), [0], [count])
}

/** The layout that JAX had by default before version 0.5: `jax_threefry_partitionable = False`. */
export const paired: Layout = {
  keys: (key, count) => lax.reshape(halves(key, 2 * count), [count, 2]),
  words: halves,
  pairs(key, count) {
    const all = halves(key, 2 * count)
    return [lax.slice(all, [0], [count]), lax.slice(all, [count], [2 * count])]
  },
  bytes(key, count) {
    const all = lax.bitcastConvertType(halves(key, Math.ceil(count / 4)), 'uint8')
    return lax.slice(lax.reshape(all, [all.size]), [0], [count])
  }
}
