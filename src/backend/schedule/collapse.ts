import { strideOf } from './affine.js'
import type { Affine, Nest, Phase, Value } from './kernel.js'

/** Everything in a phase that depends on counters. */
const placesOf = ({ reductions, stores }: Phase): readonly Affine[] => {
  const found: Affine[] = stores.map(({ at }) => at)
  const seen = new Set<Value>()
  const visit = (value: Value): void => {
    if (seen.has(value)) return
    seen.add(value)
    if (value.kind === 'load' || value.kind === 'position') found.push(value.at)
    if (value.kind === 'apply') value.args.forEach(visit)
  }
  for (const { value } of [...reductions, ...stores]) visit(value)
  return found
}

/** Whether the loop over counter k and the one within it go through everything as one loop would. */
const asOne = (places: readonly Affine[], k: number, extent: number): boolean =>
  places.every((at) => strideOf(at, k) === extent * strideOf(at, k + 1))

/** The phase without counter k, whose loop the next one has taken over. */
const without = (phase: Phase, k: number): Phase => {
  const moved = ({ offset, strides }: Affine): Affine => ({ offset, strides: strides.filter((_, i) => i !== k) })
  const done = new Map<Value, Value>()
  const rewrite = (value: Value): Value => {
    const known = done.get(value)
    if (known !== undefined) return known
    const next = rewritten(value)
    done.set(value, next)
    return next
  }
  const rewritten = (value: Value): Value => {
    switch (value.kind) {
      case 'load':
      case 'position': return { ...value, at: moved(value.at) }
      case 'apply': return { ...value, args: value.args.map(rewrite) }
      default: return value
    }
  }
  return {
    inner: phase.inner,
    reductions: phase.reductions.map((reduction) => ({ ...reduction, value: rewrite(reduction.value) })),
    stores: phase.stores.map(({ buffer, at, value }) => ({ buffer, at: moved(at), value: rewrite(value) }))
  }
}

/** Loops that go through memory as one loop would, as one loop. */
export const collapsed = (nest: Nest): Nest => {
  let { outer, phases } = nest
  const merged = (extents: readonly number[], k: number): readonly number[] =>
    [...extents.slice(0, k), extents[k] * extents[k + 1], ...extents.slice(k + 2)]
  for (let k = outer.length - 2; k >= 0; k--) {
    const extent = outer[k + 1]
    if (!phases.every((phase) => asOne(placesOf(phase), k, extent))) continue
    phases = phases.map((phase) => without(phase, k))
    outer = merged(outer, k)
  }
  phases = phases.map((phase) => {
    let next = phase
    for (let k = phase.inner.length - 2; k >= 0; k--) {
      if (!asOne(placesOf(next), outer.length + k, next.inner[k + 1])) continue
      next = { ...without(next, outer.length + k), inner: merged(next.inner, k) }
    }
    return next
  })
  return { ...nest, outer, phases }
}
