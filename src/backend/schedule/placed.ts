import type { Var } from '../../core/primitive.js'
import { equalAffine } from './affine.js'
import type { Affine } from './kernel.js'

/** Elements of variables, by their coordinates, and something for each. */
export class Placed<A> {
  readonly #found = new Map<Var, (readonly [at: readonly Affine[], value: A])[]>()

  /** What was kept for the element; undefined if nothing was. */
  find(v: Var, at: readonly Affine[]): A | undefined {
    for (const [place, value] of this.#found.get(v) ?? []) if (place === at || samePlace(place, at)) return value
    return undefined
  }

  keep(v: Var, at: readonly Affine[], value: A): void {
    const known = this.#found.get(v)
    if (known === undefined) this.#found.set(v, [[at, value]])
    else known.push([at, value])
  }
}

const samePlace = (a: readonly Affine[], b: readonly Affine[]): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !equalAffine(a[i], b[i])) return false
  return true
}
