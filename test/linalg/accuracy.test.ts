import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkGrads, grad, hessian, np, type NdArray } from '../../src/index.js'
import type { FloatDType } from '../../src/core/dtype.js'
import * as linalg from '../../src/linalg/index.js'
import { numRuns } from '../support/arbitrary.js'
import { generate, noise } from '../support/arrays.js'

const epsilons: Readonly<Record<FloatDType, number>> = { float32: 2 ** -23, float64: 2 ** -52 }

/** The greatest sum of magnitudes along a row. */
const size = (x: NdArray): number => linalg.norm(np.reshape(x, [x.shape[0], -1]), { ord: Infinity }).item()

interface Setting {
  readonly dtype: FloatDType
  readonly n: number
  readonly seed: number
}

const settings: fc.Arbitrary<Setting> =
  fc.record({ dtype: fc.constantFrom<FloatDType>('float32', 'float64'), n: fc.integer({ min: 1, max: 72 }), seed: fc.nat(9999) })

const matrix = ({ dtype, n, seed }: Setting, columns = n): NdArray => generate(dtype, [n, columns], (i) => noise(seed, i))

/** In float64, so that what is measured is the error of the result. */
const wide = (x: NdArray): NdArray => np.astype(x, 'float64')
const times = (x: NdArray, y: NdArray): NdArray => np.matmul(wide(x), wide(y))

/** Throws unless a residual is within a few n ε of what rounding leaves of it. */
const small = (what: string, { dtype, n }: Setting, residual: NdArray, scale: number): void => {
  const bound = 8 * n * epsilons[dtype] * scale
  if (!(size(residual) <= bound)) throw new Error(`${what}: a residual of ${size(residual)}, more than ${bound}`)
}

const holds = (property: (setting: Setting) => void): void => {
  fc.assert(fc.property(settings, property), { numRuns: numRuns(40) })
}

const eyeOf = ({ n }: Setting): NdArray => np.eye(n, { dtype: 'float64' })

describe('residuals are within n ε', () => {
  test('solve', () => {
    holds((setting) => {
      const [a, b] = [matrix(setting), matrix({ ...setting, seed: setting.seed + 1 }, 2)]
      const x = linalg.solve(a, b)
      small('A x − b', setting, np.sub(times(a, x), wide(b)), size(a) * size(x) + size(b))
    })
  })

  test('inv', () => {
    holds((setting) => {
      const a = matrix(setting)
      const x = linalg.inv(a)
      small('A X − I', setting, np.sub(times(a, x), eyeOf(setting)), size(a) * size(x))
    })
  })

  test('solveTriangular, of every kind', () => {
    holds((setting) => {
      const [lower, trans] = [setting.seed % 2 === 0, setting.seed % 3 === 0 ? 1 : 0] as const
      const [n, b] = [setting.n, matrix({ ...setting, seed: setting.seed + 1 }, 3)]
      const full = np.add(matrix(setting), np.mul(n, np.eye(n, { dtype: setting.dtype })))
      const a = wide((lower ? np.tril : np.triu)(full))
      const x = linalg.solveTriangular(full, b, { lower, trans })
      small('op(A) x − b', setting, np.sub(times(trans === 1 ? np.transpose(a) : a, x), wide(b)), size(a) * size(x) + size(b))
    })
  })

  test('lu', () => {
    holds((setting) => {
      const a = matrix(setting, 1 + (setting.seed % 40))
      const [packed, , permutation] = linalg.lu(a)
      const rank = Math.min(...packed.shape)
      const first = np.arange(0, rank, 1, { dtype: 'int32' })
      const ones = np.eye(packed.shape[0], rank, { dtype: 'float64' })
      const l = np.add(np.tril(np.take(wide(packed), first, { axis: 1 }), { k: -1 }), ones)
      const u = np.triu(np.take(wide(packed), first, { axis: 0 }))
      expect(np.max(np.abs(l)).item()).toBeLessThanOrEqual(1)
      small('L U − P A', setting, np.sub(times(l, u), np.take(wide(a), permutation, { axis: 0 })), size(l) * size(u))
    })
  })

  test('cholesky, and what it solves', () => {
    holds((setting) => {
      const b = wide(matrix(setting))
      const a = np.astype(np.add(np.matmul(b, np.transpose(b)), eyeOf(setting)), setting.dtype)
      const [l, v] = [linalg.cholesky(a), matrix(setting, 1)]
      small('L Lᵀ − A', setting, np.sub(times(l, np.transpose(l)), wide(a)), size(a))
      const x = linalg.choleskySolve(l, v)
      small('A x − b', setting, np.sub(times(a, x), wide(v)), size(a) * size(x) + size(v))
    })
  })
})

/** The determinant of whole numbers by expansion along the first row: exact. */
const minors = (a: readonly (readonly number[])[]): number =>
  a.length === 0 ? 1 : a[0].reduce((sum, x, j) => sum + (j % 2 === 0 ? x : -x) * minors(without(a, 0, j)), 0)

const without = (a: readonly (readonly number[])[], row: number, column: number): readonly (readonly number[])[] =>
  a.filter((_, i) => i !== row).map((each) => each.filter((_, j) => j !== column))

const cofactors = (a: readonly (readonly number[])[]): readonly (readonly number[])[] =>
  a.map((row, i) => row.map((_, j) => ((i + j) % 2 === 0 ? 1 : -1) * minors(without(a, i, j))))

/** Small whole numbers, of any rank: products of thin matrices. */
const whole: fc.Arbitrary<readonly (readonly number[])[]> =
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 6 }), fc.nat(9999)).map(([n, rank, seed]) => {
    const entry = (salt: number, i: number): number => Math.round(2 * noise(seed + salt, i))
    const dot = (i: number, j: number): number =>
      Array.from({ length: Math.min(rank, n) }, (_, k) => entry(0, i * 6 + k) * entry(1, k * 6 + j)).reduce((s, x) => s + x, 0)
    return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => dot(i, j)))
  })

const far = (got: NdArray, expected: NdArray): number => np.max(np.abs(np.sub(got, expected))).item()

describe('determinants', () => {
  test('of whole numbers, and their gradients, are those by expansion, at any rank', () => {
    fc.assert(fc.property(whole, (rows) => {
      const a = np.array(rows, { dtype: 'float64' })
      const exact = np.array(cofactors(rows), { dtype: 'float64' })
      const scale = 1e-12 * Math.max(1, size(a)) ** rows.length
      expect(Math.abs(linalg.det(a).item() - minors(rows))).toBeLessThanOrEqual(scale)
      expect(far(grad(linalg.det)(a), exact)).toBeLessThanOrEqual(scale)
    }), { numRuns: numRuns(200) })
  })

  test('have a gradient where elimination meets zero before its last pivot', () => {
    const shift = np.eye(5, 5, { k: 1, dtype: 'float64' })
    expect(far(grad(linalg.det)(shift), np.pad(np.ones([1, 1], { dtype: 'float64' }), [[4, 0], [0, 4]]))).toBe(0)
  })

  test('of at most three rows have their second derivatives at singular matrices', () => {
    const zero = np.zeros([3, 3], { dtype: 'float64' })
    expect(np.max(np.abs(hessian(linalg.det)(zero))).item()).toBe(0)
    expect(np.max(np.abs(hessian(linalg.det)(np.ones([3, 3])))).item()).toBe(1)
  })

  test('are what their sign and logarithm say, products where they neither overflow nor vanish', () => {
    holds((setting) => {
      const a = wide(matrix(setting))
      const [sign, log] = linalg.slogdet(a)
      expect(Math.abs(linalg.det(a).item() / (sign.item() * Math.exp(log.item())) - 1)).toBeLessThan(1e-10)
    })
    const [sign, log] = linalg.slogdet(np.mul(np.eye(200, { dtype: 'float64' }), -1e-10))
    expect(sign.item()).toBe(1)
    expect(log.item()).toBeCloseTo(200 * Math.log(1e-10), 8)
  })

  test('of singular matrices are 0: sign 0, logarithm −∞', () => {
    expect(linalg.slogdet([[1, 2], [2, 4]]).map((x) => x.item())).toEqual([0, -Infinity])
    expect(linalg.det([[0, 0, 0, 0], [1, 2, 3, 4], [0, 1, 0, 1], [1, 1, 1, 1]]).item()).toBe(0)
  })
})

test('a matrix that is not positive definite has no Cholesky factor, its neighbours in a stack have', () => {
  const stack = np.array([[[4, 0], [0, 9]], [[1, 2], [2, 1]], [[1, 0], [0, NaN]]])
  expect(String(linalg.cholesky(stack))).toBe(String(np.array([[[2, 0], [0, 3]], [[NaN, 0], [NaN, NaN]], [[NaN, 0], [NaN, NaN]]])))
})

describe('derivatives to the second order agree with differences', () => {
  const a = generate('float64', [4, 4], (i) => noise(3, i) + (i % 5 === 0 ? 3 : 0))
  const b = generate('float64', [4, 2], (i) => noise(4, i))
  const positive = np.add(np.matmul(a, np.transpose(a)), np.eye(4, { dtype: 'float64' }))
  test.each<readonly [string, (x: NdArray, y: NdArray) => unknown, NdArray]>([
    ['solve', linalg.solve, a],
    ['inv', linalg.inv, a],
    ['det', linalg.det, a],
    ['slogdet', linalg.slogdet, a],
    ['luSolve', (x, y) => linalg.luSolve(linalg.luFactor(x), y, { trans: 1 }), a],
    ['choleskySolve', (x, y) => linalg.choleskySolve(linalg.cholesky(x), y), positive],
    ['the upper factor', (x) => linalg.cholesky(x, { upper: true, symmetrizeInput: false }), positive],
    ['solveTriangular', (x, y) => linalg.solveTriangular(x, y, { lower: true, trans: 1, unitDiagonal: true }), a],
    ['matrixPower', (x) => linalg.matrixPower(x, -2), a],
    ['cg', (x, y) => linalg.cg((v: NdArray) => np.matmul(np.add(x, np.transpose(x)), v), np.ravel(np.take(y, [0], { axis: 1 })), { tol: 1e-13 }), positive]
  ])('%s', (_, f, x) => {
    checkGrads(f as (x: NdArray, y: NdArray) => NdArray, { order: 2 })(x, b)
  })
})
