/**
 * Bytes as they are put together: text with a character for each. Engines join texts without copying them, in code of their own, and
 * write them out once, at the end.
 */
export type Bytes = string

const characters = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))

/** One byte. */
export const byte = (n: number): Bytes => characters[n]

/** Several bytes. */
export const listed = (list: ArrayLike<number>): Bytes => {
  let out = ''
  for (let i = 0; i < list.length; i++) out += characters[list[i]]
  return out
}

/** An unsigned integer in LEB128, as the format writes sizes, indices and offsets. */
export const unsigned = (n: number): Bytes => {
  let out = ''
  while (n >= 128) {
    out += characters[(n % 128) + 128]
    n = Math.floor(n / 128)
  }
  return out + characters[n]
}

/** A signed integer of up to 32 bits in LEB128. */
export const signed = (n: number): Bytes => {
  let out = ''
  while (n < -64 || n > 63) {
    out += characters[(n & 127) | 128]
    n >>= 7
  }
  return out + characters[n & 127]
}

/** A signed integer of up to 64 bits in LEB128. */
export const signed64 = (n: bigint): Bytes => {
  let out = ''
  while (n < -64n || n > 63n) {
    out += characters[Number(n & 127n) | 128]
    n >>= 7n
  }
  return out + characters[Number(n & 127n)]
}

/** The eight, or four, bytes of a float, the least significant first. */
export const float64Bytes = (x: number): Bytes => listed(new Uint8Array(Float64Array.of(x).buffer))
export const float32Bytes = (x: number): Bytes => listed(new Uint8Array(Float32Array.of(x).buffer))

/** A list with its length in front. */
export const vector = (items: readonly Bytes[]): Bytes => unsigned(items.length) + items.join('')

/** Bytes with their number in front. */
export const sized = (bytes: Bytes): Bytes => unsigned(bytes.length) + bytes

/** A name in UTF-8. */
export const text = (name: string): Bytes => sized(listed(new TextEncoder().encode(name)))

/** As an array. */
export const written = (bytes: Bytes): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(bytes.length)
  for (let i = 0; i < out.length; i++) out[i] = bytes.charCodeAt(i)
  return out
}
