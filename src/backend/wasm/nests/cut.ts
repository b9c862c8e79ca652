import type { Nest } from '../../schedule/kernel.js'

/*
 * How the iterations of a nest are cut into units.
 */

/** Nothing is cut; the first outer loops are one loop over units; or loops along lanes go in stretches of `size` elements. */
export type Cut =
  | { readonly kind: 'none'; readonly units: 1 }
  | { readonly kind: 'rows'; readonly units: number; readonly loops: number }
  | { readonly kind: 'lanes' | 'vectors'; readonly units: number; readonly size: number }

/** So many units are enough. */
const enough = 64

/** From so many iterations on it is worth while to count units and to work out counters from them. */
const many = 16384

/** How many vectors a stretch of a loop without loops around has. */
const stretch = 16

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1)

/** Loops without reductions are independent, all of them: they stand around the last one. */
export const withRows = (nest: Nest): Nest => {
  const { outer, phases } = nest
  const [{ inner, reductions, stores }] = phases
  if (phases.length > 1 || reductions.length > 0 || inner.length < 2) return nest
  return { ...nest, outer: [...outer, ...inner.slice(0, -1)], phases: [{ inner: inner.slice(-1), reductions, stores }] }
}

/** The cut of a nest whose lanes lie along the outer loop `across`, or along the last ones. */
export const cutOf = ({ outer, phases }: Nest, across: number, lanes: number): Cut => {
  const rows = across < 0 ? outer : outer.slice(0, across)
  const length = Math.max(...phases.map(({ inner }) => product(inner)))
  const first = rows.findIndex((extent) => extent > 1)
  if (first >= 0) {
    let [loops, units] = [first + 1, rows[first]]
    if (product(outer) * length >= many) while (loops < rows.length && units < enough) units *= rows[loops++]
    return { kind: 'rows', units, loops }
  }
  const size = across < 0 ? stretch * lanes : lanes
  const isMap = phases.length === 1 && phases[0].reductions.length === 0
  const extent = across < 0 ? (isMap ? length : 0) : outer[across]
  const units = Math.floor(extent / size)
  return units < 2 ? { kind: 'none', units: 1 } : { kind: across < 0 ? 'vectors' : 'lanes', units, size }
}
