import { byteSize } from '../../../core/dtype.js'
import type { Buffer, Schedule } from '../kernel.js'
import { touched } from './touched.js'

/** Places of the buffers between inputs and outputs, in bytes from the start of an arena. */
export interface Arena {
  readonly offsets: ReadonlyMap<Buffer, number>
  readonly bytes: number
}

const alignment = 64

/** Gives every buffer a place from the kernel that writes it first to the one that reads it last; places are used again. */
export const arenaOf = ({ kernels, scratch }: Schedule): Arena => {
  const within = new Set(scratch)
  const last = new Map<Buffer, number>()
  const places = kernels.map((kernel) => {
    const { reads, writes, own } = touched(kernel)
    return [...new Set([...reads, ...writes, ...own])].filter((buffer) => within.has(buffer))
  })
  places.forEach((buffers, k) => buffers.forEach((buffer) => last.set(buffer, k)))
  const offsets = new Map<Buffer, number>()
  const holes: { at: number; bytes: number }[] = []
  let end = 0
  const take = (bytes: number): number => {
    const fits = holes.findIndex((hole) => hole.bytes >= bytes)
    if (fits < 0) {
      end += bytes
      return end - bytes
    }
    const hole = holes[fits]
    const { at } = hole
    if (hole.bytes === bytes) holes.splice(fits, 1)
    else {
      hole.at += bytes
      hole.bytes -= bytes
    }
    return at
  }
  const give = (at: number, bytes: number): void => {
    let [next, high] = [0, holes.length]
    while (next < high) {
      const middle = (next + high) >>> 1
      if (holes[middle].at < at) next = middle + 1
      else high = middle
    }
    holes.splice(next, 0, { at, bytes })
    for (const i of [next + 1, next]) {
      if (i === 0 || i === holes.length || holes[i - 1].at + holes[i - 1].bytes !== holes[i].at) continue
      holes[i - 1].bytes += holes[i].bytes
      holes.splice(i, 1)
    }
  }
  const bytesOf = ({ dtype, size }: Buffer): number => Math.ceil((size * byteSize(dtype)) / alignment) * alignment
  places.forEach((buffers, k) => {
    for (const buffer of buffers) if (!offsets.has(buffer)) offsets.set(buffer, take(bytesOf(buffer)))
    for (const buffer of buffers) if (last.get(buffer) === k) give(offsets.get(buffer) as number, bytesOf(buffer)) // just placed
  })
  return { offsets, bytes: end }
}
