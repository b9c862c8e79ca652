import { describe, expect, test } from 'vitest'
import { smallPower32, unary32 } from '../../../src/backend/wasm/functions/index.js'
import { erfInv32, erfInv64 } from '../../../src/lax/elementwise/scalar/giles.js'
import { pow } from '../../../src/lax/elementwise/scalar/power.js'
import { golden } from '../../support/golden.js'
import { compile, distance32, subjects, worst32, type Subject } from '../../support/lanes.js'
import { ulp } from '../../support/ulp.js'

const narrow = subjects.filter(({ wide }) => !wide)
const wide = subjects.filter((s) => s.wide)
const isBinary = ({ name }: Subject): boolean => name === 'pow' || name === 'atan2'
const unary = (s: Subject): boolean => !isBinary(s) && s.name !== 'erf_inv_giles'
const label = (s: Subject): string => `${s.name} of float${s.wide ? '64' : '32'}`

const edges = (isWide: boolean): readonly number[] => {
  const [least, normal, most, half] = isWide
    ? [5e-324, 2 ** -1022, Number.MAX_VALUE, 2 ** -53]
    : [2 ** -149, 2 ** -126, Math.fround(3.4028234663852886e38), 2 ** -24]
  const sizes = [0, least, 3 * least, normal, normal - least, half, 0.25, 0.5, 1 - half, 1, 1 + 2 * half, 1.5, 2, 3, 1e10, most, Infinity]
  return [...sizes, ...sizes.map((x) => -x), NaN]
}

/** What the operands' dtype makes of a number. */
const rounded = (s: Subject, x: number): number => (s.wide ? x : Math.fround(x))

const expectClose = (s: Subject, got: number, x: number, y: number): void => {
  const value = s.exact(x, y)
  const nearest = rounded(s, value)
  const special = nearest === 0 || !Number.isFinite(nearest)
  const distance = s.wide ? Math.abs(got - nearest) / ulp(nearest, 'float64') : distance32(got, value)
  const right = special ? Object.is(got, nearest) : distance <= s.bound
  expect(right, `${label(s)} of ${x}${isBinary(s) ? `, ${y}` : ''}: ${got} where ${value} is expected`).toBe(true)
}

describe('float32', () => {
  test.each(narrow.filter(unary))('$name is within $bound ulp at 2¹⁷ numbers of all sizes', (s) => {
    const { ulp: worst, x } = worst32(s, 32749)
    expect(worst, `at ${x}`).toBeLessThanOrEqual(s.bound)
  })

  test.each(narrow.filter(isBinary))('$name is within $bound ulp at pairs of all sizes', (s) => {
    const { x, y, out, run } = compile(false, s.write)
    const words = [x, y].map((a) => new Int32Array(a.buffer, a.byteOffset, a.length))
    for (let i = 0; i < x.length; i++) {
      words[0][i] = Math.imul(i, 0x9e3779b1)
      words[1][i] = Math.imul(i, 0x85ebca6b) ^ (i << 7)
      if (s.name === 'pow' && i % 2 === 0) y[i] = (((i * 0.618) % 200) - 100) / Math.log2(Math.abs(x[i])) // in range
    }
    run(x.length)
    for (let i = 0; i < x.length; i++) expectClose(s, out[i], x[i], y[i])
  })
})

describe('float64', () => {
  test.each(golden('simd'))('$name', ({ fn, args, out: expected }) => {
    const s = wide.find(({ name }) => name === fn) as Subject // there is one for each
    const { x, y, out, run } = compile(true, s.write)
    const values = expected.toTypedArray()
    x.set(args[0].toTypedArray())
    if (isBinary(s)) y.set(args[1].toTypedArray())
    run(values.length)
    for (let i = 0; i < values.length; i++) {
      const distance = Math.abs(out[i] - values[i]) / ulp(values[i], 'float64')
      expect(distance, `${fn} of ${x[i]}, ${y[i]}: ${out[i]}, not ${values[i]}`).toBeLessThanOrEqual(s.bound)
    }
  })
})

describe('at zeros, infinities, NaN, subnormal numbers and other edges', () => {
  test.each(subjects.filter(unary).map((s) => [label(s), s] as const))('%s', (_, s) => {
    const { x, out, run } = compile(s.wide, s.write)
    const points = edges(s.wide)
    x.set(points)
    run(points.length)
    points.forEach((point, i) => expectClose(s, out[i], rounded(s, point), 0))
  })

  test.each(subjects.filter(isBinary).map((s) => [label(s), s] as const))('%s', (_, s) => {
    const { x, y, out, run } = compile(s.wide, s.write)
    const points = edges(s.wide)
    points.forEach((a, i) => {
      x.fill(a, i * points.length, (i + 1) * points.length)
      y.set(points, i * points.length)
    })
    run(points.length ** 2)
    for (let i = 0; i < points.length ** 2; i++) expectClose(s, out[i], x[i], y[i])
  })
})

/** Numbers of all kinds in an order without order. */
const mixture = (isWide: boolean, count: number): readonly number[] => {
  const known = edges(isWide)
  return Array.from({ length: count }, (_, i) => {
    const u = (i * 0.6180339887498949) % 1
    switch (i % 4) {
      case 0: return known[(i / 4) % known.length]
      case 1: return 2 * u - 1
      case 2: return 40 * u - 20
      default: return (i % 8 === 3 ? 1 : -1) * 2 ** ((isWide ? 2040 : 250) * (u - 0.5))
    }
  })
}

const bitsOf = (x: Float32Array | Float64Array, count: number): readonly number[] =>
  Array.from(x.subarray(0, count), (v) => (Number.isNaN(v) ? NaN : v))

test.each(subjects.map((s) => [label(s), s] as const))('%s in a lane does not depend on the other lanes', (_, s) => {
  const { x, y, out, run } = compile(s.wide, s.write)
  const count = 4096
  const [xs, ys] = [mixture(s.wide, count), mixture(s.wide, count).toReversed()]
  x.set(xs)
  y.set(ys)
  run(count)
  const together = bitsOf(out, count)
  const lanes = s.wide ? 2 : 4
  xs.forEach((v, i) => {
    x.fill(v, lanes * i, lanes * (i + 1))
    y.fill(ys[i], lanes * i, lanes * (i + 1))
  })
  run(count * lanes)
  const alone = bitsOf(out, count * lanes)
  expect(together).toEqual(Array.from({ length: count }, (_unused, i) => alone[lanes * i]))
})

test.each([-6, -5, -4, -3, 3, 5, 6])('x to the power of %i is rounded once, for numbers of all sizes', (n) => {
  const { x, out, run } = compile(false, smallPower32(n) ?? unary32['exp'])
  const bits = new Int32Array(x.buffer, x.byteOffset, x.length)
  for (let i = 0; i < x.length; i++) bits[i] = Math.imul(i, 0x9e3779b1)
  edges(false).forEach((value, i) => { x[i] = value })
  for (let i = 64; i < 4096; i++) x[i] = (i % 2 === 0 ? 1 : -1) * 2 ** (((128 * (i / 2048 - 1)) / n) * 1.2) // about the ends of the range
  run(x.length)
  for (let i = 0; i < x.length; i++) {
    if (distance32(out[i], pow(x[i], n)) > 0.501) expect(out[i], `${x[i]} to the power of ${n}`).toBe(Math.fround(pow(x[i], n)))
  }
})

describe("Giles' inverse error function has the bits of the reference", () => {
  test.each(subjects.filter(({ name }) => name === 'erf_inv_giles').map((s) => [label(s), s] as const))('%s', (_, s) => {
    const { x, out, run } = compile(s.wide, s.write)
    const known = edges(s.wide)
    for (let i = 0; i < x.length; i++) {
      const u = ((i * 0.6180339887498949) % 1) * 2 - 1
      x[i] = i < known.length ? known[i] : i % 2 === 0 ? u : Math.sign(u) * (1 - 2 ** ((s.wide ? 53 : 24) * (Math.abs(u) - 1)))
    }
    run(x.length)
    const reference = s.wide ? erfInv64 : (v: number) => Math.fround(erfInv32(v))
    for (let i = 0; i < x.length; i++) if (!Object.is(out[i], reference(x[i]))) expect(out[i], `at ${x[i]}`).toBe(reference(x[i]))
  })
})
