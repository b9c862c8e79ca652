import * as E from 'fp-ts/lib/Either.js'
import { gunzipSync } from 'fflate'

/** Whether the bytes begin with the two magic bytes of a gzip member (RFC 1952, section 2.3.1). */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** The most bytes that one byte of deflate can stand for: 258 bytes for two bits, rounded up. */
const LARGEST_RATIO = 1032

const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte
  for (let bit = 0; bit < 8; bit++) c = (c & 1) !== 0 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

const crc32 = (bytes: Uint8Array): number => {
  let c = 0xffffffff
  for (let i = 0; i < bytes.length; i++) c = CRC_TABLE[(c ^ bytes[i]) & 0xff] ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}

/**
 * What a gzip file of one member holds, or the reason why it is not sound. The length and the checksum in
 * the trailer are compared with what came out, and a length that no deflate stream of this size could
 * reach is refused before memory is asked for.
 *
 * @category bytes
 */
export const gunzip = (bytes: Uint8Array): E.Either<string, Uint8Array> => {
  // ten bytes of header, two of an empty deflate block, eight of trailer
  if (bytes.length < 20) return E.left(`gzip data ends after ${bytes.length} bytes, the shortest file has 20`)
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8)
  const checksum = trailer.getUint32(0, true)
  const length = trailer.getUint32(4, true)
  if (length > bytes.length * LARGEST_RATIO) {
    return E.left(`gzip data promise ${length} bytes, more than ${bytes.length} bytes can hold`)
  }
  try {
    const inflated = gunzipSync(bytes)
    if (inflated.length !== length) {
      return E.left(`gzip data promise ${length} bytes and hold ${inflated.length}`)
    }
    return crc32(inflated) === checksum ? E.right(inflated) : E.left('the checksum of the gzip data does not match')
  } catch (cause) {
    return E.left(`gzip data do not inflate: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}
