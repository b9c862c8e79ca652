import { expect } from 'vitest'
import { wrap } from '../../src/array/ndarray.js'
import { planned } from '../../src/backend/plan.js'
import type { Segment } from '../../src/backend/schedule/prepare.js'
import type { Division } from '../../src/backend/wasm/assemble.js'
import { compile } from '../../src/backend/wasm/runtime/executable.js'
import { Heap } from '../../src/backend/wasm/runtime/heap.js'
import type { NdArray } from '../../src/core/array.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import { avalsOf } from '../../src/ir/jaxpr.js'
import { stage } from '../../src/ir/stage.js'

/*
 * Programs whose kernels are cut: what runs in pieces, in any order, has the bits of what runs as a whole.
 */

/** A memory of their own: arrays of others' are copied into it. */
const heap = new Heap()

const copyOf = (x: NdArray): NdArray => wrap(x.aval, x.toTypedArray().slice())

/** Pieces of pseudorandom lengths, in no order; for every other seed single units, the last one first, where these are few. */
export const pieces = (seed: number): Division => (units) => {
  if (seed % 2 === 0 && units <= 100) return Array.from({ length: units }, (_, i) => [units - 1 - i, units - i] as const)
  let state = seed
  const below = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  const ends = [...new Set([0, units, ...Array.from({ length: 5 }, () => below(units + 1))])].sort((a, b) => a - b)
  const runs = ends.slice(1).map((end, i) => [ends[i], end] as const)
  return runs.map((run) => [below(1000), run] as const).sort(([a], [b]) => a - b).map(([, run]) => run)
}

const bitsOf = (x: NdArray): Uint8Array => {
  const { buffer, byteOffset, byteLength } = x.toTypedArray()
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** A program by itself, as it is compiled, with copies of its arguments; `null` if there is nothing in it. */
const prepare = (traced: Jaxpr, args: readonly NdArray[]): readonly [segment: Segment, operands: () => readonly NdArray[]] | null => {
  const { jaxpr, segment } = planned(traced)
  if (segment.eqns.length === 0) return null
  return [segment, () => segment.inputs.map((v) => copyOf(args[jaxpr.inputs.indexOf(v)]))]
}

/** Holds a program in pieces to the program as a whole. Gives the most units of a kernel; 0 if there is nothing in it. */
export const sameInPieces = (jaxpr: Jaxpr, args: readonly NdArray[], seed: number): number => {
  const prepared = prepare(jaxpr, args)
  if (prepared === null) return 0
  const [segment, operands] = prepared
  let most = 0
  const divide = pieces(seed)
  const division: Division = (units) => {
    most = Math.max(most, units)
    return divide(units)
  }
  const [whole, cut] = [undefined, division].map((way) => compile(segment, { heap, who: 'cut', division: way })(operands()))
  whole.forEach((want, k) => {
    expect(Buffer.compare(bitsOf(cut[k]), bitsOf(want)), `result ${k}`).toBe(0)
  })
  return most
}

type Program = (...xs: readonly NdArray[]) => NdArray | readonly NdArray[]

const staged = (f: Program, args: readonly NdArray[]): readonly [Jaxpr, readonly NdArray[]] => {
  const { jaxpr, captured } = stage((xs) => [f(...xs)].flat(), avalsOf(args))
  return [jaxpr, [...captured, ...args]]
}

/** Holds a function in pieces to the function as a whole. */
export const functionInPieces = (f: Program, args: readonly NdArray[], seed = 1): number => sameInPieces(...staged(f, args), seed)

/** Which part of a function's first result is written by the first half of each kernel's units: what is not written is zero. */
export const halfOf = (f: Program, args: readonly NdArray[]): number => {
  const prepared = prepare(...staged(f, args))
  if (prepared === null) return 0
  const [segment, operands] = prepared
  const division: Division = (units) => [[0, Math.ceil(units / 2)]]
  const data = compile(segment, { heap: new Heap(256), who: 'half', division })(operands())[0].toTypedArray()
  return data.filter((value) => value !== 0).length / data.length
}
