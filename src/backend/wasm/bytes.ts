/** Bytes as they are put together: a tree that is written out once, at the end. */
export type Bytes = number | readonly Bytes[] | Uint8Array

/** An unsigned integer in LEB128, as the format writes sizes, indices and offsets. */
export const unsigned = (n: number): readonly number[] => {
  const out: number[] = []
  do {
    const low = n % 128
    n = Math.floor(n / 128)
    out.push(n === 0 ? low : low | 128)
  } while (n !== 0)
  return out
}

/** A signed integer of up to 32 bits in LEB128. */
export const signed = (n: number): readonly number[] => {
  const out: number[] = []
  for (;;) {
    const low = n & 127
    n >>= 7
    if ((n === 0 && (low & 64) === 0) || (n === -1 && (low & 64) !== 0)) return [...out, low]
    out.push(low | 128)
  }
}

/** A signed integer of up to 64 bits in LEB128. */
export const signed64 = (n: bigint): readonly number[] => {
  const out: number[] = []
  for (;;) {
    const low = Number(n & 127n)
    n >>= 7n
    if ((n === 0n && (low & 64) === 0) || (n === -1n && (low & 64) !== 0)) return [...out, low]
    out.push(low | 128)
  }
}

/** The eight, or four, bytes of a float, the least significant first. */
export const float64Bytes = (x: number): Uint8Array => new Uint8Array(Float64Array.of(x).buffer)
export const float32Bytes = (x: number): Uint8Array => new Uint8Array(Float32Array.of(x).buffer)

/** How many bytes there are in a tree. */
export const lengthOf = (bytes: Bytes): number => {
  if (typeof bytes === 'number') return 1
  if (bytes instanceof Uint8Array) return bytes.length
  let sum = 0
  for (const part of bytes) sum += lengthOf(part)
  return sum
}

/** A list with its length in front. */
export const vector = (items: readonly Bytes[]): Bytes => [unsigned(items.length), items]

/** Bytes with their number in front. */
export const sized = (bytes: Bytes): Bytes => [unsigned(lengthOf(bytes)), bytes]

/** A name in UTF-8. */
export const text = (name: string): Bytes => sized(new TextEncoder().encode(name))

/** The tree as one array. */
export const flatten = (bytes: Bytes): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(lengthOf(bytes))
  let at = 0
  const write = (part: Bytes): void => {
    if (typeof part === 'number') out[at++] = part
    else if (part instanceof Uint8Array) {
      out.set(part, at)
      at += part.length
    } else for (const each of part) write(each)
  }
  write(bytes)
  return out
}
