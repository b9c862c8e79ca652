import type { Bytes } from './bytes.js'
import { localAt, loopMark, vectorMark, type Statement } from './code.js'

const vectors = new RegExp(`${vectorMark}([^]{16})`, 'g')
const loops = new RegExp(loopMark, 'g')

const constant = (bytes: Bytes): Bytes => `\xfd\x0c${bytes}`

/** A statement whose constants stay where they are: what is rare is to keep no registers. */
export const unhoisted = ({ type, bytes }: Statement): Statement =>
  ({ type, bytes: bytes.replace(vectors, (_, held: Bytes) => constant(held)) })

/** All zeros or all ones: made without memory. */
const isPlain = (bytes: Bytes): boolean => /^(\0{16}|\xff{16})$/.test(bytes)

/**
 * The bytes of a function's body. Vectors of constants from the first loop on lie in locals that are set at the start: engines would make
 * them anew in every step. `local` gives a new one.
 */
export const hoisted = (body: Bytes, local: () => number): Bytes => {
  const first = body.indexOf(loopMark)
  if (first < 0) return body.replace(vectors, (_, bytes: Bytes) => constant(bytes))
  const before: Bytes[] = []
  const known = new Map<Bytes, Bytes>()
  const held = (bytes: Bytes): Bytes => {
    const place = localAt('v128', local())
    before.push(place.set({ type: 'v128', bytes: constant(bytes) }).bytes)
    return place.get.bytes
  }
  const rest = body.slice(first).replace(vectors, (_, bytes: Bytes) => {
    if (isPlain(bytes)) return constant(bytes)
    const get = known.get(bytes) ?? held(bytes)
    known.set(bytes, get)
    return get
  })
  return before.join('') + body.slice(0, first).replace(vectors, (_, bytes: Bytes) => constant(bytes)) + rest.replace(loops, '\x03')
}
