import fc from 'fast-check'
import { setFlagsFromString } from 'node:v8'
import { describe, expect, test } from 'vitest'
import { compiled } from '../../src/backend/compiled.js'
import { planned } from '../../src/backend/plan.js'
import { assemble } from '../../src/backend/wasm/assemble.js'
import { hasFma } from '../../src/backend/wasm/fma.js'
import { scheduled } from '../../src/backend/wasm/target.js'
import { jitP } from '../../src/control/jit.js'
import { avalsOf } from '../../src/ir/jaxpr.js'
import { simplify } from '../../src/ir/passes.js'
import { debug, grad, jit, lax, makeJaxpr, np, random, vmap, type DType, type NdArray } from '../../src/index.js'
import { allClose, sameBits } from '../support/close.js'
import { golden } from '../support/golden.js'
import { compile, subjects, worst32 } from '../support/lanes.js'
import { numRuns } from '../support/arbitrary.js'
import { ulp } from '../support/ulp.js'
import { compare } from './agreement.js'
import { fuzzed } from './fuzz.js'

type Fn = (...xs: readonly NdArray[]) => NdArray

/** What an engine without relaxed SIMD says of it, if this is one. */
const without = (): readonly string[] | undefined => {
  if (hasFma()) return undefined
  const found: string[] = []
  const before = debug.warnings((message) => found.push(message))
  for (let i = 0; i < 2; i++) expect(jit((x: NdArray) => np.add(np.mul(x, x), 1), { fma: true })(np.array([2])).toList()).toEqual([5])
  debug.warnings(before)
  return found
}

const said = without()
if (said !== undefined) setFlagsFromString('--experimental-wasm-relaxed-simd') // Node 20 has it behind a flag
const available = hasFma()
if (!available) console.warn('this engine has no relaxed SIMD: what it computes is not tested')

test.runIf(said !== undefined)('an engine without relaxed SIMD says so once, and computes all the same', () => {
  expect(said).toEqual(['jit: fma has no effect here: this engine has no relaxed SIMD, so multiplications and additions stay apart'])
})

test('the option is true or false', () => {
  for (const fma of [1, 'yes', null]) {
    expect(() => jit((x: NdArray) => x, { fma: fma as never })).toThrow(/^jit: expected true or false for fma, got /)
  }
})

/** Places of instructions with one of the opcodes of relaxed SIMD for a · b + c and c − a · b, of both widths. */
const fusedIn = (f: Fn, xs: readonly NdArray[], fma: boolean): number => {
  const bytes = assemble(scheduled(planned(makeJaxpr(f)(...xs)).segment), { fma })
  return bytes.filter((byte, i) => byte === 0xfd && bytes[i + 1] >= 0x85 && bytes[i + 1] <= 0x88 && bytes[i + 2] === 2).length
}

const draw = (seed: number, dtype: DType, ...shape: readonly number[]): NdArray =>
  random.normal(random.key(seed), shape, { dtype: dtype as 'float32' })

interface Row { readonly name: string; readonly f: Fn; readonly shapes: readonly (readonly number[])[] }

const rows: readonly Row[] = [
  { name: 'a product', f: np.matmul, shapes: [[37, 29], [29, 41]] },
  { name: 'a product with its end', f: (x, y, z) => np.add(np.mul(np.matmul(x, y), 0.5), z), shapes: [[37, 29], [29, 41], [37, 41]] },
  { name: 'a product of few rows', f: np.matmul, shapes: [[11, 65], [65, 80]] },
  { name: 'a product of few rows with a transposed factor', f: (x, y) => np.matmul(x, np.transpose(y)), shapes: [[5, 65], [40, 65]] },
  { name: 'a matrix times a vector', f: np.matmul, shapes: [[33, 64], [64]] },
  { name: 'a convolution', f: (x, k) => lax.convGeneralDilated(x, k, { padding: 'SAME' }), shapes: [[2, 3, 9, 9], [8, 3, 3, 3]] },
  { name: 'a depthwise convolution', f: (x, k) => lax.convGeneralDilated(x, k, { padding: 'SAME', featureGroupCount: 8 }), shapes: [[2, 8, 9, 9], [8, 1, 3, 3]] },
  { name: 'a sum with a product', f: (x, y, z) => np.add(np.mul(x, y), z), shapes: [[71], [71], [71]] },
  { name: 'a product with a sum', f: (x, y, z) => np.add(z, np.mul(x, y)), shapes: [[71], [71], [71]] },
  { name: 'a difference', f: (x, y, z) => np.sub(z, np.mul(x, y)), shapes: [[71], [71], [71]] }
]

describe.runIf(available).each(['float32', 'float64'] as const)('fused in %s', (dtype) => {
  test.each(rows)('$name', ({ f, shapes }) => {
    const xs = shapes.map((shape, i) => draw(i, dtype, ...shape))
    expect(fusedIn(f, xs, true)).toBeGreaterThan(0)
    expect(fusedIn(f, xs, false)).toBe(0)
    const fused = jit(f, { fma: true })
    const got = fused(...xs)
    allClose('fused', [got], [jit(f)(...xs)], dtype === 'float32' ? 2e-6 : 4e-15)
    sameBits('again', fused(...xs), got)
    sameBits('another program', jit((...same: readonly NdArray[]) => f(...same), { fma: true })(...xs), got)
  })
})

describe.runIf(available)('elementary functions keep their bounds fused', () => {
  const unary = subjects.filter(({ name }) => name !== 'pow' && name !== 'atan2')

  test.each(unary.filter(({ wide }) => !wide))('$name in float32', (s) => {
    const { ulp: worst, x } = worst32(s, 262139, 0, true)
    expect(worst, `at ${x}`).toBeLessThanOrEqual(s.bound)
  })

  test.each(golden('simd'))('$name in float64', ({ fn, args, out: expected }) => {
    const s = subjects.find(({ name, wide }) => wide && name === fn) as (typeof subjects)[number] // there is one for each
    const { x, y, out, run } = compile(true, s.write, true)
    const values = expected.toTypedArray()
    x.set(args[0].toTypedArray())
    y.set((args[1] ?? args[0]).toTypedArray())
    run(values.length)
    values.forEach((v, i) => expect(Math.abs(out[i] - v) / ulp(v, 'float64'), `at ${x[i]}, ${y[i]}`).toBeLessThanOrEqual(s.bound))
  })

  test.each(unary)('$name at the ends of the range', ({ wide, write }) => {
    const least = wide ? 2 ** -1074 : 2 ** -149
    const points = [0, Infinity, NaN, least, 3 * least, 1, 0.5, 2, wide ? 1e300 : 3e38].flatMap((v) => [v, -v])
    const [apart, fused] = [false, true].map((fma) => {
      const { x, out, run } = compile(wide, write, fma)
      x.set(points)
      run(points.length)
      return Array.from(out.subarray(0, points.length))
    })
    apart.forEach((v, i) => {
      if (!Object.is(fused[i], v)) expect(Math.abs(fused[i] - v) / ulp(v, wide ? 'float64' : 'float32'), `at ${points[i]}`).toBeLessThanOrEqual(2)
    })
  })
})

describe.runIf(available)('fused', () => {
  const square: Fn = (x, y) => np.add(np.mul(x, x), y)
  const [x, y] = [np.full([9], 1 + 2 ** -12), np.full([9], -1 - 2 ** -11)]

  test('one rounding, or two, in each lane', () => {
    const [first, ...others] = jit(square, { fma: true })(x, y).toTypedArray()
    expect([0, 2 ** -24]).toContain(first)
    expect(new Set(others)).toEqual(new Set([first]))
    expect(jit(square)(x, y).toTypedArray()[0]).toBe(0)
  })

  test('a product that something else needs too is not computed twice', () => {
    const both: Fn = (a, b) => {
      const product = np.mul(a, b)
      return np.mul(np.add(product, a), product)
    }
    expect(fusedIn(both, [x, y], true)).toBe(0)
  })

  test('derivatives and batches of the function are compiled as it is', () => {
    const f = jit((a: NdArray) => np.sum(np.add(np.mul(a, a), 1)), { fma: true })
    for (const transformed of [grad(f), vmap(f)]) expect(String(makeJaxpr(transformed)(np.ones([3, 2])))).toMatch(/fma=True/)
  })

  test('random programs agree with the reference', () => {
    fc.assert(fc.property(fuzzed, ({ jaxpr, args }) => {
      const simplified = simplify(jaxpr)
      const got = compiled.execute(jitP, args, { name: 'fused', jaxpr: simplified, fma: true }, avalsOf(jaxpr.outputs))
      compare(jaxpr, args, got, true)
    }), { numRuns: numRuns(60) })
  })
})
