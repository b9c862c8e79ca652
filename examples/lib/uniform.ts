/** A stream of numbers in [0, 1). */
export type Uniform = () => number

/** Mixes two integers into one, so that neighbours give unrelated streams (the finaliser of MurmurHash3). */
export const mix = (a: number, b: number): number => {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The stream that belongs to a seed: Weyl steps through a 32-bit finaliser (Steele, Lea and Flood, "SplitMix", 2014). */
export const uniform = (seed: number): Uniform => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 4294967296
  }
}

/** The next number of a stream, in [low, high). */
export const between = (next: Uniform, low: number, high: number): number => low + (high - low) * next()

/** A nearly normal number with mean 0 and deviation 1: the sum of four uniform ones, scaled. */
export const bell = (next: Uniform): number => (next() + next() + next() + next() - 2) * Math.sqrt(3)

/** A stream's permutation of 0 … n−1 (Durstenfeld's shuffle). */
export const permutation = (next: Uniform, n: number): readonly number[] => {
  const order = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    const held = order[i]
    order[i] = order[j]
    order[j] = held
  }
  return order
}
