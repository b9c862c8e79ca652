import { describe, expect, test } from 'vitest'
import { planned } from '../../src/backend/plan.js'
import { compile, type Executable } from '../../src/backend/wasm/runtime/executable.js'
import { Heap } from '../../src/backend/wasm/runtime/heap.js'
import type { NdArray } from '../../src/core/array.js'
import { MemoryError, np } from '../../src/index.js'
import { stage } from '../../src/ir/stage.js'
import { noiseLike } from '../support/arrays.js'

/*
 * A program for which the engine has no memory says so, and how much it needs; everything that was there before is still there.
 */

const page = 65536

/** A program of arrays, compiled for a heap of its own. */
const compiled = (f: (...xs: readonly NdArray[]) => NdArray, args: readonly NdArray[], heap: Heap): Executable => {
  const { jaxpr } = stage((xs) => [f(...xs)], args.map((x) => x.aval))
  return compile(planned(jaxpr).segment, { heap, who: 'jit(test)' })
}

const noisy = (size: number, seed: number): NdArray => noiseLike({ shape: [size], dtype: 'float32' }, seed)

const outer = (x: NdArray): NdArray => np.mul(np.expandDims(x, 1), np.expandDims(x, 0))

describe('a program that needs more memory than there is', () => {
  const heap = new Heap(64)
  const small = noisy(1024, 0)
  const kept = compiled((x) => np.mul(x, 2), [small], heap)([small])[0]
  const before = kept.toTypedArray()
  const large = noisy(1200, 1)
  const tooLarge = compiled(outer, [large], heap)

  test('throws with the sizes and the largest buffers', () => {
    expect(() => tooLarge([large])).toThrow(MemoryError)
    expect(() => tooLarge([large])).toThrow(
      /^jit\(test\): expected room in memory for arguments 4\.69 KiB, results 5\.49 MiB, scratch .*the largest buffers are 5\.49 MiB \(a result, 1440000 × float32\)/)
    expect(() => tooLarge([large])).toThrow(/4\.00 MiB is the most$/)
  })

  test('leaves arrays as they were, and no bytes taken', () => {
    const taken = heap.taken
    for (let i = 0; i < 20; i++) expect(() => tooLarge([large])).toThrow(MemoryError)
    expect(heap.taken).toBeLessThanOrEqual(taken)
    expect(kept.toTypedArray()).toEqual(before)
    expect(small.toTypedArray()).toEqual(noisy(1024, 0).toTypedArray())
    const again = compiled((x) => np.add(x, 1), [kept], heap)([kept])[0].toTypedArray()
    expect(again).toEqual(before.map((x) => Math.fround(x + 1)))
  })
})

describe('a memory that is full of results', () => {
  test('makes room for new ones, and all stay readable', () => {
    const heap = new Heap(64)
    const x = noisy(page, 2) // a sixteenth of the memory
    const double = compiled((y) => np.mul(y, 2), [x], heap)
    const results: NdArray[] = [x]
    for (let i = 0; i < 40; i++) results.push(double([results[i]])[0])
    const expected = x.toTypedArray()
    for (const result of results) {
      const got = result.toTypedArray()
      expect(expected.every((y, i) => got[i] === y)).toBe(true)
      for (let i = 0; i < expected.length; i++) expected[i] *= 2
    }
    expect(heap.memory.buffer.byteLength).toBeLessThanOrEqual(64 * page)
  })

  test('gives back what a program takes while it runs', () => {
    const heap = new Heap(64)
    const x = noisy(100, 3)
    const norm = compiled((y) => np.sum(outer(y)), [x], heap)
    norm([x])
    const taken = heap.taken
    for (let i = 0; i < 100; i++) norm([x])
    expect(heap.taken).toBe(taken)
  })
})
