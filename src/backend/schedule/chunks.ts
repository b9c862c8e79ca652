import type { DType } from '../../core/dtype.js'
import { strideOf } from './affine.js'
import type { Affine, Buffer, Nest, Phase, Register, Value } from './kernel.js'

/*
 * Long reductions to few elements, in chunks: each leaves its part of the sum, and a second nest adds these up in order. So there is
 * something to share out, and yet the result does not depend on who does what.
 */

/** Reductions of fewer elements than this are not worth sharing. */
const long = 131072

/** Chunks have about so many elements, and there are at most so many of them; of as many results there is enough to share already. */
const [chunk, most] = [8192, 64]

const product = (extents: readonly number[]): number => extents.reduce((a, b) => a * b, 1)

type Held = Extract<Value, { readonly kind: 'register' }>

const held = (register: Register): Held => ({ kind: 'register', dtype: register.dtype, register })

/** What becomes of positions and registers. */
interface Change {
  readonly at: (at: Affine) => Affine
  readonly register: (value: Held) => Value
}

/** A phase with its positions and registers changed. */
const changed = ({ inner, reductions, stores }: Phase, { at, register }: Change): Phase => {
  const done = new Map<Value, Value>()
  const anew = (value: Value): Value => {
    switch (value.kind) {
      case 'constant': return value
      case 'load':
      case 'position': return { ...value, at: at(value.at) }
      case 'register': return register(value)
      case 'apply': return { ...value, args: value.args.map(rewrite) }
    }
  }
  const rewrite = (value: Value): Value => {
    const known = done.get(value) ?? anew(value)
    done.set(value, known)
    return known
  }
  return {
    inner,
    reductions: reductions.map((reduction) => ({ ...reduction, value: rewrite(reduction.value) })),
    stores: stores.map((store) => ({ buffer: store.buffer, at: at(store.at), value: rewrite(store.value) }))
  }
}

/** How an axis of so many elements is cut: chunks, their length, and what is left. */
const cutting = (extent: number, total: number): readonly [count: number, length: number, rest: number] => {
  const wanted = Math.min(most, Math.floor(total / chunk), extent)
  for (let count = wanted; 2 * count > wanted; count--) if (extent % count === 0) return [count, extent / count, 0]
  const length = Math.floor(extent / wanted)
  return [wanted, length, extent - wanted * length]
}

/** The axis that the nest's first phase is cut along, if that reduces much to little and no other one has loops. */
const longAxis = ({ outer, phases: [{ inner, reductions }, ...others] }: Nest): number | null => {
  if (reductions.length === 0 || others.some((phase) => product(phase.inner) > 1)) return null
  if (product(outer) >= most || product(outer) * product(inner) < long) return null
  return inner[0] >= most ? 0 : inner.indexOf(Math.max(...inner))
}

/** A nest as it is, or, where it reduces much to little, in two; `room` gives a buffer. */
export const inChunks = (nest: Nest, room: (dtype: DType, size: number) => Buffer): readonly Nest[] => {
  const axis = longAxis(nest)
  if (axis === null) return [nest]
  const { outer, phases: [phase, ...later] } = nest
  const { inner, reductions } = phase
  const [counter, size] = [outer.length + axis, product(outer)]
  const [count, length, rest] = cutting(inner[axis], size * product(inner))
  const resized = (extent: number): readonly number[] => inner.map((n, i) => (i === axis ? extent : n))
  const parts = reductions.map(({ register }) => room(register.dtype, count * size))
  const strides = outer.map((_, i) => product(outer.slice(i + 1)))
  const unchanged = (value: Held): Value => value

  // the chunk's counter comes first
  const inChunk = changed({ ...phase, inner: resized(length) }, {
    at: (at) => ({ offset: at.offset, strides: [strideOf(at, counter) * length, ...at.strides] }), register: unchanged
  })
  const first: Nest = {
    ...nest, outer: [count, ...outer],
    phases: [inChunk, { inner: [], reductions: [], stores: reductions.map(({ register }, i) =>
      ({ buffer: parts[i], at: { offset: 0, strides: [size, ...strides] }, value: held(register) })) }]
  }

  const joined: Phase = {
    inner: [count], stores: [],
    reductions: reductions.map(({ register, combiner }, i) => ({
      register, combiner,
      value: { kind: 'load', dtype: register.dtype, buffer: parts[i], at: { offset: 0, strides: [...strides, size] } }
    }))
  }
  if (rest === 0) return [first, { ...nest, phases: [joined, ...later] }]

  const last = changed({ ...phase, inner: resized(rest) }, {
    at: (at) => ({ ...at, offset: at.offset + strideOf(at, counter) * count * length }), register: unchanged
  })
  const ids = nest.phases.flatMap((each) => each.reductions).length
  const ends = reductions.map(({ register: { dtype } }, i): Register => ({ id: ids + i, dtype }))
  const end: Phase = { ...last, reductions: last.reductions.map((reduction, i) => ({ ...reduction, register: ends[i] })) }
  const totals = new Map(reductions.map(({ register, combiner }, i): readonly [Register, Value] => [register, {
    kind: 'apply', dtype: register.dtype, operation: combiner, params: {}, args: [held(register), held(ends[i])]
  }]))
  const afterwards = later.map((each) => changed(each, { at: (at) => at, register: (value) => totals.get(value.register) ?? value }))
  return [first, { ...nest, phases: [joined, end, ...afterwards] }]
}
