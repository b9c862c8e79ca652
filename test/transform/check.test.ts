import { describe, expect, test } from 'vitest'
import { bind1 } from '../../src/core/trace.js'
import { checkGrads, DerivativeError, jit, lax, np, vmap, type NdArray } from '../../src/index.js'
import { binary, unary } from '../../src/lax/elementwise/pointwise.js'
import { f32, f64, i32 } from '../support/arrays.js'

const modes = ['forward', 'forward over forward', 'reverse over forward', 'reverse', 'forward over reverse', 'reverse over reverse']

describe('checkGrads', () => {
  test('reports what it compared, in every succession of modes', () => {
    const checks = checkGrads((x: NdArray) => np.mul(np.sin(x), x))(f64([0.5, 1, -2]))
    expect(checks.map(({ mode }) => mode)).toEqual(modes)
    expect(checks.map(({ order }) => order)).toEqual([1, 2, 2, 1, 2, 2])
    for (const { expected, got, error } of checks) {
      expect(Math.abs(got - expected) / (1 + Math.abs(expected))).toBe(error)
      expect(error).toBeLessThan(1e-6)
    }
    expect(checks).toEqual(checkGrads((x: NdArray) => np.mul(np.sin(x), x))(f64([0.5, 1, -2])))
  })

  test('of trees, integers, float32, jitted and mapped functions, and of a chosen order', () => {
    const f = (p: { readonly w: NdArray; readonly b: null }, k: NdArray): unknown =>
      ({ out: [np.exp(np.mul(p.w, 0.3)), k], at: np.argmax(p.w), more: np.mul(p.w, k) })
    expect(checkGrads(f)({ w: f32([1, 2]), b: null }, i32(3))).toHaveLength(6)
    expect(checkGrads(jit(vmap((x: NdArray) => np.tanh(x))))(f64([1, 2]))).toHaveLength(6)
    expect(checkGrads((x: NdArray) => np.prod(x), { order: 3 })(f64([1.5, 2, 0.5]))).toHaveLength(14)
    expect(checkGrads(np.exp, { order: 1, modes: ['reverse'] })(f64(1)).map(({ mode }) => mode)).toEqual(['reverse'])
    expect(checkGrads((x: NdArray) => np.mul(x, 2), { order: 1 })(f64([]))).toHaveLength(2)
  })

  test('finds a wrong derivative, of first order and of second', () => {
    const slopeP = unary('wrong_sin', { impl: Math.sin, linearize: ([x]) => (d) => lax.mul(d, lax.sin(x)) })
    const wrong = (x: NdArray): NdArray => bind1(slopeP, [x])
    expect(() => checkGrads(wrong)(f64(0.5))).toThrow(DerivativeError)
    expect(() => checkGrads(wrong)(f64(0.5))).toThrow(/checkGrads: expected -?[\d.]+ by central differences of step [\d.]+ \(forward mode\), got/)
    expect(() => checkGrads(wrong, { modes: ['reverse'] })(f64(0.5))).toThrow('(reverse mode)')

    // The derivative is right, but stops there.
    const flatP = unary('flat_square', { impl: (x) => x * x, linearize: ([x]) => (d) => lax.mul(d, lax.mul(lax.stopGradient(x), 2)) })
    const flat = (x: NdArray): NdArray => bind1(flatP, [x])
    expect(checkGrads(flat, { order: 1 })(f64(3))).toHaveLength(2)
    expect(() => checkGrads(flat)(f64(3))).toThrow('(forward over forward, order 2)')
  })

  test('finds a wrong transpose', () => {
    const scaledP = binary('wrong_mul', {
      impl: (x, y) => x * y,
      rules: ['linear', 'linear'],
      transpose: [(ct) => ct, (ct) => ct]
    })
    const f = (x: NdArray): NdArray => bind1(scaledP, [x, lax.fullLike(x, 3)])
    expect(checkGrads(f, { modes: ['forward'] })(f64(2))).toHaveLength(2)
    expect(() => checkGrads(f)(f64(2))).toThrow('reverse over forward')
  })

  test('finds a derivative that is NaN', () => {
    expect(() => checkGrads((x: NdArray) => np.where(np.greater(x, 1), x, np.sqrt(np.sub(x, 1))))(f64(2))).not.toThrow()
    expect(() => checkGrads((x: NdArray) => np.where(np.greater(x, 1), x, np.sqrt(np.sub(x, 3))))(f64(2))).toThrow('got NaN')
  })

  test('allows what it is told to', () => {
    const kinked = (x: NdArray): NdArray => np.abs(x)
    expect(() => checkGrads(kinked)(f64(0))).toThrow('central differences')
    expect(checkGrads(kinked, { order: 1, tolerance: 2 })(f64(0))).toHaveLength(2)
    expect(checkGrads(kinked, { eps: 1e-3 })(f64(0.01))).toHaveLength(6)
  })

  test('reports every input by itself', () => {
    const f = (p: { readonly w: NdArray; readonly b: NdArray }, k: NdArray, x: NdArray): NdArray => np.add(np.multiply(np.sin(p.w), x), np.multiply(k, p.b))
    const report = checkGrads.report(f)({ w: f64([0.5, 1]), b: f64(2) }, i32(3), f64([1, -1]))
    expect(report.passed).toBe(true)
    expect([...new Set(report.lines.map(({ input }) => input))]).toEqual(['arguments[0].b', 'arguments[0].w', 'arguments[2]'])
    expect(report.lines.filter(({ input }) => input === 'arguments[2]').map(({ mode }) => mode)).toEqual(modes)
    for (const { expected, got, error, tolerance, passed } of report.lines) {
      expect(Math.abs(got - expected) / (1 + Math.abs(expected))).toBe(error)
      expect(passed).toBe(error <= tolerance)
    }
    const [head, line, ...rows] = String(report).split('\n')
    expect(head).toMatch(/^input +mode +analytic +numerical +error +tolerance +verdict$/)
    expect(line).toMatch(/^[─ ]+$/)
    expect(rows).toHaveLength(18)
    expect(rows[0]).toMatch(/^arguments\[0\]\.b +forward +-?[\d.]+ +-?[\d.]+ +\d.\de[-+]\d+ +0.00001 +ok$/)
  })

  test('reports the input whose derivative is wrong, and does not throw', () => {
    const halfP = binary('half_wrong', { impl: (x, y) => x * y, rules: [([, y]) => (d) => lax.mul(d, y), () => (d) => d] })
    const f = (x: NdArray, y: NdArray): NdArray => bind1(halfP, [x, y])
    const { passed, lines } = checkGrads.report(f, { order: 1 })(f64(2), f64(3))
    expect(passed).toBe(false)
    expect(lines.map((line) => [line.input, line.mode, line.passed])).toEqual([
      ['arguments[0]', 'forward', true], ['arguments[0]', 'reverse', true], ['arguments[1]', 'forward', false], ['arguments[1]', 'reverse', false]
    ])
    expect(() => checkGrads.report(np.sin, { atol: 1 } as object)).toThrow('unknown option')
  })

  test.each<[string, () => unknown, string]>([
    ['no floating-point input', () => checkGrads((x: NdArray) => x)(i32(1)), 'a floating-point input'],
    ['unknown options', () => checkGrads(np.sin, { atol: 1 } as object), 'the unknown option "atol"'],
    ['order 0', () => checkGrads(np.sin, { order: 0 }), 'a positive integer as order, got 0'],
    ['unknown modes', () => checkGrads(np.sin, { modes: ['fwd' as 'forward'] }), "modes 'forward' and 'reverse', got fwd"],
    ['a step of 0', () => checkGrads(np.sin, { eps: 0 })(f64(1)), 'a positive eps, got 0'],
    ['a negative tolerance', () => checkGrads(np.sin, { tolerance: -1 })(f64(1)), 'a positive tolerance, got -1'],
    ['tracers', () => jit((x: NdArray) => { checkGrads(np.sin)(x); return x })(f64(1)), 'toTypedArray()']
  ])('refuses %s', (_, wrong, message) => {
    expect(wrong).toThrow(message)
  })
})
