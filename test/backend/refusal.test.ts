import { afterEach, describe, expect, test, vi } from 'vitest'
import type * as library from '../../src/index.js'

/*
 * Where modules cannot run, programs run without them.
 */

/** The library as it finds an engine. */
const loaded = async (engine: unknown): Promise<typeof library> => {
  vi.resetModules()
  vi.stubGlobal('WebAssembly', engine)
  return import('../../src/index.js')
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

const refusing = (message: string): unknown => ({
  Module: function () {
    throw new Error(message)
  }
})

describe.each<[string, unknown, RegExp]>([
  ['there is no WebAssembly', undefined, /slower: there is no WebAssembly; WebAssembly with SIMD is needed/],
  ['a policy forbids it', refusing('Wasm code generation disallowed by embedder'), /slower: Wasm code generation disallowed by embedder; .*'wasm-unsafe-eval'/],
  ['it has no vectors', refusing('invalid opcode 0xfd'), /slower: invalid opcode 0xfd;/]
])('where %s', (_, engine, warning) => {
  test('programs run without, and one warning says so', { timeout: 30_000 }, async () => {
    const { debug, grad, jit, lax, np, profile } = await loaded(engine)
    const found: string[] = []
    debug.warnings((message) => found.push(message))
    const f = jit((x: library.NdArray) => lax.scan((c: library.NdArray) => [np.mul(c, c), np.sum(c)] as const, x, null, { length: 2 }))
    expect(JSON.stringify(f(np.array([1, 2])))).toBe('[[1,16],[3,5]]')
    expect(jit(grad((x: library.NdArray) => np.sum(np.square(x))))(np.array([3])).toList()).toEqual([6])
    expect(np.sum(np.add(np.ones([200, 200]), 1)).item()).toBe(80000)
    const ahead = await jit((x: library.NdArray) => np.mul(x, 2)).lower(np.array(1)).compileAsync()
    expect(ahead(np.array(4)).item()).toBe(8)
    expect(f.lower(np.array([1, 2])).schedule().kernels.map(({ kind }) => kind)).toEqual(['scan'])
    expect(profile(f)(np.array([1, 2])).lines.map(({ kind }) => kind)).toContain('program')
    expect(() => np.sin(np.array([1, 2])).toList()).not.toThrow()
    expect(found).toEqual([expect.stringMatching(warning)])
  })
})
