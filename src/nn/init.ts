import type { Reader } from 'fp-ts/lib/Reader.js'
import type { NdArray } from '../core/array.js'
import { ArgumentError } from '../core/errors.js'
import { foldIn } from '../random/key.js'

/** A key of random numbers: a uint32[2] array, as `random.key` and `random.split` give it. */
export type Key = NdArray

/** What draws its values from a key: a `Reader` of keys, so that fp-ts's `Reader` functions build on it. */
export type Init<A> = Reader<Key, A>

const encoder = new TextEncoder()

/**
 * The 32-bit FNV-1a hash of a text's UTF-8 bytes (Fowler, Noll and Vo).
 *
 * @example
 * fnv1a('weight') // 1352703673
 */
export const fnv1a = (text: string): number => {
  if (typeof text !== 'string') throw new ArgumentError('fnv1a', 'a text', text)
  let hash = 0x811c9dc5
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/**
 * Draws every field from a key of its own: the hash of the field's name folded into the key. A field that is added,
 * removed or moved leaves the draws of the others unchanged. The result is frozen.
 *
 * Throws ArgumentError for a field that is no initialiser, and for two names with the same hash.
 *
 * @example
 * const init = struct({ weight: initializers.glorotUniform([2, 2]), bias: initializers.zeros([2]) })
 * init(random.key(0)).bias // [0, 0]
 */
export const struct = <P extends object>(fields: { readonly [K in keyof P]: Init<P[K]> }): Init<P> => {
  const draws: (readonly [name: string, hash: number, init: Init<unknown>])[] = []
  if (typeof fields !== 'object' || fields === null || Symbol.iterator in fields) {
    throw new ArgumentError('struct', 'an object of initialisers', fields)
  }
  for (const [name, init] of Object.entries<Init<unknown>>(fields)) {
    if (typeof init !== 'function') throw new ArgumentError('struct', 'an initialiser, which is a function of a key', init, [name])
    const hash = fnv1a(name)
    const same = draws.find(([, other]) => other === hash)
    if (same !== undefined) throw new ArgumentError('struct', 'names with different hashes', `${same[0]} and ${name}`)
    draws.push([name, hash, init])
  }
  return (key) => {
    const drawn = draws.map(([name, hash, init]) => [name, init(foldIn(key, hash))] as const)
    return Object.freeze(Object.fromEntries(drawn)) as P // field by field what the initialisers of P's fields have drawn
  }
}
