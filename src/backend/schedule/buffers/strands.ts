import type { Buffer } from '../kernel.js'
import { never, type Life, type Lives } from './sharing.js'

/** Buffers that share memory one after the other, in order of their births; of those born together the first to die comes first. */
type Strand = Buffer[]

/** Sets of buffers that share memory. */
export class Strands {
  readonly #lives: Lives
  readonly #strands = new Map<Buffer, Strand>()

  constructor(lives: Lives) {
    this.#lives = lives
  }

  /** Lets two buffers, and those that they share memory with already, share memory, if they can. */
  join(a: Buffer, b: Buffer): void {
    const [x, y] = [this.of(a), this.of(b)]
    if (x === y) return
    const [few, many] = x.length < y.length ? [x, y] : [y, x]
    const places = few.map((buffer) => this.#placeIn(many, buffer))
    if (!few.every((buffer, i) => this.#fits(many, places[i], buffer))) return
    few.forEach((buffer, i) => {
      many.splice(places[i] + i, 0, buffer)
      this.#strands.set(buffer, many)
    })
  }

  /** The buffers that share a buffer's memory, itself among them. */
  of(buffer: Buffer): Strand {
    const known = this.#strands.get(buffer) ?? [buffer]
    this.#strands.set(buffer, known)
    return known
  }

  #life(buffer: Buffer): Life {
    return this.#lives.of.get(buffer) ?? never
  }

  /** Whether a buffer is apart from those of a strand, in which it belongs at a place. */
  #fits(strand: Strand, place: number, buffer: Buffer): boolean {
    const { birth, death } = this.#life(buffer)
    for (let i = place; i < strand.length && this.#life(strand[i]).birth <= death; i++) {
      if (!this.#lives.apart(strand[i], buffer)) return false
    }
    for (let i = place - 1; i >= 0 && this.#life(strand[i]).death >= birth; i--) {
      if (!this.#lives.apart(strand[i], buffer)) return false
    }
    return true
  }

  /** Before which buffer of a strand one belongs. */
  #placeIn(strand: Strand, buffer: Buffer): number {
    const { birth, death } = this.#life(buffer)
    let [low, high] = [0, strand.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#life(strand[middle])
      if (other.birth < birth || (other.birth === birth && other.death < death)) low = middle + 1
      else high = middle
    }
    return low
  }
}
