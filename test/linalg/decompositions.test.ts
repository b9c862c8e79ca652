import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { isFloat, type FloatDType } from '../../src/core/dtype.js'
import { ArgumentError, DerivativeError, ShapeError } from '../../src/core/errors.js'
import { sizeOf } from '../../src/core/shape.js'
import { dce } from '../../src/ir/dce.js'
import { stage } from '../../src/ir/stage.js'
import { jit } from '../../src/jit/jit.js'
import * as linalg from '../../src/linalg/index.js'
import * as np from '../../src/numpy/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { grad } from '../../src/transform/grad.js'
import { hessian } from '../../src/transform/jacobian.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, f64, noise } from '../support/arrays.js'
import { numRuns } from '../support/arbitrary.js'
import { close, sameBits } from '../support/close.js'

const eps: Readonly<Record<FloatDType, number>> = { float32: 2 ** -24, float64: 2 ** -53 }

const t = (x: NdArray): NdArray => np.matrixTranspose(x)

/** The greatest magnitude; 0 if there is none. */
const most = (x: NdArray): number => {
  let max = 0
  for (const value of x.toTypedArray()) max = Math.max(max, Math.abs(value))
  return max
}

/** Some multiple of n·ε. */
const allowed = (x: NdArray): number => 40 * Math.max(...x.shape.slice(-2), 2) * eps[x.dtype as FloatDType]

/** Throws unless two matrices differ by some n·ε of a size. */
const near = (what: string, got: NdArray, expected: NdArray, like: NdArray, size = 1): void => {
  expect(got.shape, what).toEqual(expected.shape)
  expect(most(np.subtract(got, expected)), what).toBeLessThanOrEqual(allowed(like) * size)
}

/** Throws unless the columns are orthonormal. */
const orthonormal = (what: string, q: NdArray, like: NdArray): void => {
  near(what, np.matmul(t(q), q), np.eye(q.shape[q.ndim - 1], { dtype: q.dtype }), like)
}

/** Elements of a matrix by row and column. */
type Element = (i: number, j: number) => number

const kinds: Readonly<Record<string, (seed: number) => Element>> = {
  normal: (seed) => (i, j) => noise(seed, 64 * i + j) + noise(seed + 1, 64 * i + j),
  'rank 1': (seed) => (i, j) => noise(seed, i) * noise(seed + 1, j),
  'rank 2': (seed) => (i, j) => noise(seed, i) * noise(seed + 1, j) + noise(seed + 2, i) * noise(seed + 3, j),
  'graded columns': (seed) => (i, j) => noise(seed, 64 * i + j) * 10 ** (8 - 2 * (j % 13)),
  'graded rows': (seed) => (i, j) => noise(seed, 64 * i + j) * 10 ** (2 * (i % 13) - 8),
  // Their squares are among the numbers that have lost digits.
  'far columns': (seed) => (i, j) => noise(seed, 64 * i + j) * (j % 2 === 0 ? 1 : 10 ** (-157 - (seed % 7))),
  'far rows': (seed) => (i, j) => noise(seed, 64 * i + j) * (i % 2 === 0 ? 1 : 10 ** (-157 - (seed % 7))),
  'a far triangle': (seed) => (i, j) => (i === j ? 1 : i > j ? noise(seed, 64 * i + j) * 10 ** (-157 - (seed % 7)) : 0),
  hilbert: () => (i, j) => 1 / (i + j + 1),
  identity: () => (i, j) => (i === j ? 1 : 0),
  diagonal: (seed) => (i, j) => (i === j ? noise(seed, i >> 1) : 0),
  zeros: () => () => 0,
  ones: () => () => 1,
  triangular: (seed) => (i, j) => (i < j ? 1e10 * noise(seed, 64 * i + j) : i === j ? 1e-10 : 0)
}

const elements = fc.tuple(fc.constantFrom(...Object.keys(kinds)), fc.nat(99), fc.constantFrom(1, 1e-20, 1e20))

const matrix = (dtype: FloatDType, rows: number, columns: number, element: Element): NdArray =>
  arrayOf(dtype, [rows, columns], Array.from({ length: rows * columns }, (_, k) => element(Math.floor(k / columns), k % columns)))

const sizes = fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 13)

/** More rows than kernels take at once. */
const great = fc.constantFrom(31, 33, 40, 64, 66)
const dtypes = fc.constantFrom<FloatDType>('float64', 'float32')

type Sized = (size: fc.Arbitrary<number>) => fc.Arbitrary<NdArray>

const matrices: Sized = (size) => fc.tuple(elements, size, size, dtypes).map(([[kind, seed, scale], rows, columns, dtype]) => {
  const element = kinds[kind](seed)
  return matrix(dtype, rows, columns, (i, j) => scale * element(i, j))
})

const symmetric: Sized = (size) => fc.tuple(elements, size, dtypes).map(([[kind, seed, scale], n, dtype]) => {
  const element = kinds[kind](seed)
  return matrix(dtype, n, n, (i, j) => scale * (element(i, j) + element(j, i)))
})

const holds = (name: string, from: Sized, runs: number, law: (a: NdArray) => void): void => {
  test(name, () => {
    fc.assert(fc.property(from(sizes), law), { numRuns: numRuns(runs) })
  })

  test(`${name}, with many rows or columns`, () => {
    fc.assert(fc.property(from(great), law), { numRuns: numRuns(Math.ceil(runs / 10)) })
  })
}

const descend = (s: NdArray): void => {
  const values = [...s.toTypedArray()]
  expect(values).toEqual(values.toSorted((a, b) => b - a))
  expect(values.every((value) => value >= 0)).toBe(true)
}

describe('qr', () => {
  holds('is orthonormal times upper triangular', matrices, 150, (a) => {
    const size = most(a)
    for (const mode of ['reduced', 'complete'] as const) {
      const [q, r] = linalg.qr(a, { mode })
      const [rows, columns] = a.shape
      const width = mode === 'complete' ? rows : Math.min(rows, columns)
      expect([q.shape, r.shape]).toEqual([[rows, width], [width, columns]])
      orthonormal('q', q, a)
      near('q r', np.matmul(q, r), a, a, size)
      sameBits('r', np.triu(r), r)
    }
    sameBits('r alone', linalg.qr(a, { mode: 'r' }), linalg.qr(a)[1])
  })

  test('has the derivative of wide matrices too', () => {
    const a = np.array([[2, 1, -1], [0.5, 3, 0.2]], { dtype: 'float64' })
    checkGrads((x: NdArray) => linalg.qr(x), { order: 2 })(a)
    checkGrads((x: NdArray) => linalg.qr(x, { mode: 'complete' }), { order: 2 })(a)
  })
})

describe('eigh', () => {
  holds('gives orthonormal eigenvectors of ascending eigenvalues', symmetric, 150, (a) => {
    const [w, v] = linalg.eigh(a)
    const size = most(w)
    orthonormal('v', v, a)
    near('v diag(w) vᵀ', np.matmul(np.multiply(v, w), t(v)), a, a, size)
    const values = [...w.toTypedArray()]
    expect(values).toEqual(values.toSorted((x, y) => x - y))
    sameBits('eigvalsh', linalg.eigvalsh(a), w)
  })

  test('takes the mean of both triangles, or reads one', () => {
    const a = np.array([[1, 5], [2, 3]], { dtype: 'float64' })
    const of = (x: number): NdArray => linalg.eigvalsh(np.array([[1, x], [x, 3]], { dtype: 'float64' }))
    sameBits('mean', linalg.eigvalsh(a), of(3.5))
    sameBits('lower', linalg.eigvalsh(a, { symmetrizeInput: false }), of(2))
    sameBits('upper', linalg.eigvalsh(a, { symmetrizeInput: false, lower: false }), of(5))
  })

  test.each([true, false])('has a gradient in the triangle that is read (lower: %s)', (lower) => {
    const a = np.array([[1, 5, -1], [2, 3, 0.5], [0.2, 1, 7]], { dtype: 'float64' })
    const f = (x: NdArray): NdArray => {
      const [w, v] = linalg.eigh(x, { symmetrizeInput: false, lower })
      return np.add(np.sum(np.square(w)), np.sum(np.power(v, 4)))
    }
    checkGrads(f, { order: 2 })(a)
    sameBits('the other triangle', (lower ? np.triu : np.tril)(grad(f)(a), { k: lower ? 1 : -1 }), np.zeros([3, 3], { dtype: 'float64' }))
  })
})

describe('svd', () => {
  holds('gives orthonormal vectors of descending values', matrices, 150, (a) => {
    const [rows, columns] = a.shape
    const least = Math.min(rows, columns)
    for (const fullMatrices of [true, false]) {
      const [u, s, vt] = linalg.svd(a, { fullMatrices })
      expect([u.shape, s.shape, vt.shape]).toEqual(
        fullMatrices ? [[rows, rows], [least], [columns, columns]] : [[rows, least], [least], [least, columns]])
      orthonormal('u', u, a)
      orthonormal('v', t(vt), a)
      descend(s)
      near('u diag(s) vᵀ', np.matmul(np.multiply(np.slice(u, [null, [0, least]]), s), np.slice(vt, [[0, least]])), a, a, most(s))
      sameBits('svdvals', linalg.svdvals(a), s)
      sameBits('without vectors', linalg.svd(a, { computeUv: false }), s)
    }
  })

  holds('has the eigenvalues of AᵀA as squares', matrices, 60, (a) => {
    const wide = np.astype(a, 'float64')
    const scaled = most(wide) === 0 ? wide : np.divide(wide, most(wide))
    const s = linalg.svdvals(scaled)
    const w = np.slice(np.flip(linalg.eigvalsh(np.matmul(t(scaled), scaled))), [[0, s.size]])
    near('squares', np.square(s), w, scaled, most(w))
  })
})

describe('svd of matrices of low rank', () => {
  test.each(Array.from({ length: 40 }, (_, i) => i + 1))('%i rows of ones', (n) => {
    const s = linalg.svdvals(np.ones([n, n], { dtype: 'float64' })).toTypedArray()
    expect(Math.abs(s[0] - n)).toBeLessThanOrEqual(1e-14 * n)
    expect(s.slice(1).every((value) => value <= 1e-14 * n)).toBe(true)
  })

  test('what rounding leaves of dependent rows converges', () => {
    const power = matrix('float64', 100, 100, (i, j) => ((i % 38) / 100) ** (j % 38))
    const [u, s, vt] = linalg.svd(power)
    orthonormal('u', u, power)
    orthonormal('v', t(vt), power)
    near('u diag(s) vᵀ', np.matmul(np.multiply(u, s), vt), power, power, most(s))
  })
})

describe('pinv', () => {
  holds('meets the conditions of Moore and Penrose', matrices, 80, (a) => {
    if (a.dtype === 'float32' || most(a) > 1e6) return
    const scaled = most(a) === 0 ? a : np.divide(a, most(a))
    const rtol = 1e-7
    const [u, s, vt] = linalg.svd(scaled, { fullMatrices: false })
    // The matrix without what is cut off, whose pseudoinverse it is.
    const kept = np.where(np.greater(s, np.multiply(rtol, most(s))), s, 0)
    const b = np.matmul(np.multiply(u, kept), vt)
    const p = linalg.pinv(scaled, { rtol })
    const size = 1 + most(p)
    near('b p b', np.matmul(np.matmul(b, p), b), b, a, size)
    near('p b p', np.matmul(np.matmul(p, b), p), p, a, size * size)
    const [bp, pb] = [np.matmul(b, p), np.matmul(p, b)]
    near('b p is symmetric', t(bp), bp, a, size)
    near('p b is symmetric', t(pb), pb, a, size)
  })

  test('has derivatives of any order where singular values are repeated or zero', () => {
    const f = (x: NdArray): NdArray => np.sum(np.sin(linalg.pinv(x)))
    const eye = np.eye(3, 2, { dtype: 'float64' })
    checkGrads(f, { order: 3 })(eye)
    const zeros = grad(f)(np.zeros([2, 3], { dtype: 'float64' }))
    sameBits('at zero', zeros, np.zeros([2, 3], { dtype: 'float64' }))
  })
})

describe('lstsq', () => {
  test('solves the normal equations, and is orthogonal to the null space', () => {
    const property = fc.property(fc.nat(99), sizes, sizes, fc.constantFrom('normal', 'rank 1', 'rank 2'), (seed, rows, columns, kind) => {
      const a = matrix('float64', rows, columns, kinds[kind](seed))
      const b = matrix('float64', rows, 2, kinds['normal'](seed + 7))
      const [x, residuals, rank, s] = linalg.lstsq(a, b)
      const size = (1 + most(x)) * (1 + most(s)) ** 2
      const rest = np.subtract(b, np.matmul(a, x))
      near('Aᵀ(b − A x)', np.matmul(t(a), rest), np.zeros([columns, 2], { dtype: 'float64' }), a, size)
      close('residuals', residuals, np.sum(np.square(rest), { axis: 0 }), 1e-12)
      near('P x', np.matmul(np.matmul(linalg.pinv(a), a), x), x, a, 100 * size)
      expect(rank.item()).toBe(linalg.matrixRank(a).item())
      expect(rank.item()).toBe(Math.min(rows, columns, kind === 'normal' ? 99 : Number(kind.slice(-1))))
      sameBits('s', s, linalg.svdvals(a))
    })
    fc.assert(property, { numRuns: numRuns(60) })
  })

  test('is accurate where the normal equations are not', () => {
    // Columns that differ by 1e-9: the square of the condition number is beyond 1/ε.
    const a = matrix('float64', 6, 3, (i, j) => (j === 0 ? 1 : 1 + (j === 1 ? 1e-9 : -1e-9) * noise(3, i + 7 * j)))
    const x = f64([1, -2, 3])
    const [found] = linalg.lstsq(a, np.matmul(a, x))
    expect(most(np.subtract(found, x))).toBeLessThan(1e-5)
  })

  const a = np.array([[1, 2], [3, 4], [5, 7]], { dtype: 'float64' })
  const b = f64([1, 2, 4])

  test('has derivatives of any order', () => {
    const f = (x: NdArray, y: NdArray): readonly NdArray[] => linalg.lstsq(x, y).filter((out) => isFloat(out.dtype))
    checkGrads(f, { order: 2 })(a, b)
    checkGrads((x: NdArray, y: NdArray) => linalg.lstsq(x, y)[0], { order: 2 })(np.transpose(a), f64([1, 2]))
    checkGrads((x: NdArray) => linalg.lstsq(x, b)[0], { order: 2 })(np.eye(3, 2, { dtype: 'float64' }))
  })

  test('goes over stacks by vmap', () => {
    const stack = np.stack([a, np.multiply(a, a)])
    const [x] = jit(vmap((each: NdArray) => linalg.lstsq(each, b)))(stack)
    sameBits('x', x, np.stack([...stack].map((each) => linalg.lstsq(each, b)[0])))
  })
})

describe('norms and condition', () => {
  test('of matrices by singular values', () => {
    const a = np.array([[3, 0], [0, -4], [0, 0]])
    expect([2, -2, 'nuc' as const].map((ord) => linalg.norm(a, { ord }).item())).toEqual([4, 3, 7])
    expect(linalg.norm(np.ones([2, 3, 4]), { ord: 2, axis: [2, 0], keepdims: true }).shape).toEqual([1, 3, 1])
  })

  test('of nothing are zero, but for those that take the least', () => {
    for (const shape of [[0, 0], [0, 3], [3, 0]]) {
      const nothing = np.zeros(shape)
      const norms = ([2, 'nuc', 'fro', 1, Infinity] as const).map((ord) => linalg.norm(nothing, { ord }).item())
      expect(norms).toEqual([0, 0, 0, 0, 0])
      expect(() => linalg.norm(nothing, { ord: -2 })).toThrow('norm: expected at least one size to take the least of')
    }
    expect(linalg.norm([], { ord: Infinity }).item()).toBe(0)
    expect(() => linalg.norm([], { ord: -Infinity })).toThrow(ShapeError)
    expect(grad((x: NdArray) => linalg.norm(x, { ord: 2 }))(np.zeros([1, 1])).toList()).toEqual([[1]])
  })

  test('of singular matrices is infinite, of NaN is NaN', () => {
    expect(linalg.cond(np.zeros([2, 2])).item()).toBe(Infinity)
    expect(linalg.cond([[1, 1], [1, 1]], { p: 1 }).item()).toBe(Infinity)
    expect(linalg.cond([[1, NaN], [1, 2]]).item()).toBe(NaN)
  })

  test('rank of what has no elements, and of vectors', () => {
    expect(linalg.matrixRank(np.zeros([2, 0, 3])).toList()).toEqual([0, 0])
    expect([linalg.matrixRank(0).item(), linalg.matrixRank([0, 2]).item(), linalg.matrixRank(3).item()]).toEqual([0, 1, 1])
  })
})

describe('degenerate cases', () => {
  const eye = np.eye(2, { dtype: 'float64' })
  const all = (f: (value: number) => boolean) => (x: NdArray): boolean => [...x.toTypedArray()].every(f)
  const finite = all(Number.isFinite)
  const foreign = (x: NdArray): boolean => !finite(x)

  test('repeated values: those of the spectrum have gradients, their vectors have none', () => {
    expect(finite(grad((x: NdArray) => np.sum(np.square(linalg.eigvalsh(x))))(eye))).toBe(true)
    expect(finite(grad((x: NdArray) => np.sum(np.square(linalg.eigh(x)[0])))(eye))).toBe(true)
    expect(finite(grad((x: NdArray) => linalg.norm(x, { ord: 'nuc' }))(eye))).toBe(true)
    expect(foreign(grad((x: NdArray) => np.sum(linalg.eigh(x)[1]))(eye))).toBe(true)
    expect(foreign(grad((x: NdArray) => np.sum(linalg.svd(x)[0]))(eye))).toBe(true)
  })

  test('dependent columns have no derivative of Q', () => {
    expect(foreign(grad((x: NdArray) => np.sum(linalg.qr(x)[0]))(np.array([[1, 0], [1, 0], [1, 0]])))).toBe(true)
  })

  test('a matrix with NaN or infinity has factors of NaN, and leaves the others of its stack alone', () => {
    const rest = np.array([[2, 1], [1, 3]], { dtype: 'float64' })
    for (const wrong of [NaN, Infinity, -Infinity]) {
      const stack = np.stack([np.array([[1, wrong], [wrong, 2]], { dtype: 'float64' }), rest])
      const factors = (x: NdArray): readonly NdArray[] => [...linalg.qr(x), ...linalg.eigh(x), ...linalg.svd(x), linalg.pinv(x)]
      factors(stack).forEach((out, i) => {
        const [first, second] = [...out]
        expect(all(Number.isNaN)(first)).toBe(true)
        sameBits('the other', second, factors(rest)[i])
      })
    }
  })

  test('nothing gives nothing', () => {
    expect(linalg.eigh(np.zeros([3, 0, 0])).map(({ shape }) => shape)).toEqual([[3, 0], [3, 0, 0]])
    expect(linalg.svd(np.zeros([0, 2, 3])).map(({ shape }) => shape)).toEqual([[0, 2, 2], [0, 2], [0, 3, 3]])
    expect(linalg.pinv(np.zeros([2, 0])).shape).toEqual([0, 2])
    expect(linalg.qr(np.zeros([3, 0]), { mode: 'complete' })[0].toList()).toEqual(np.eye(3).toList())
    expect(linalg.eigh(np.zeros([0, 2, 2])).map(({ shape }) => shape)).toEqual([[0, 2], [0, 2, 2]])
    expect(linalg.lstsq(np.zeros([2, 0]), [1, 2]).map(({ shape }) => shape)).toEqual([[0], [1], [], [0]])
  })

  test('integers become float32', () => {
    const a = np.array([[2, 1], [1, 2]], { dtype: 'int32' })
    for (const out of [...linalg.qr(a), ...linalg.eigh(a), ...linalg.svd(a), linalg.pinv(a), linalg.cond(a), linalg.norm(a, { ord: 2 })]) {
      expect(out.dtype).toBe('float32')
    }
  })

  test('the greatest and the least numbers', () => {
    for (const scale of [1e300, 1e-300, 5e-324]) {
      const a = np.array([[3 * scale, 0], [4 * scale, 5 * scale]], { dtype: 'float64' })
      const [q, r] = linalg.qr(a)
      orthonormal('q', q, a)
      expect(Math.abs(r.toTypedArray()[0] / (5 * scale))).toBeCloseTo(1, 12)
      const [, s] = linalg.svd(a)
      expect(s.toTypedArray()[0] / scale).toBeCloseTo(scale < 1e-320 ? 7 : Math.sqrt(45), 10)
    }
  })
})

test('vectors that nobody uses are not computed', () => {
  const of = (f: (x: NdArray) => NdArray): readonly object[] => {
    const { jaxpr } = stage(([x]) => [f(x)], [{ shape: [3, 3], dtype: 'float32', weak: false }])
    return dce(jaxpr, [true]).jaxpr.eqns.flatMap(({ primitive, params }) => (/eigh|svd/.test(primitive.name) ? [params] : []))
  }
  expect(of((x) => linalg.eigh(x)[0])).toEqual([{ vectors: false }])
  expect(of((x) => linalg.svd(x)[1])).toEqual([{ fullMatrices: false, computeUv: false }])
})

test('a second derivative of eigenvalues', () => {
  const a = np.array([[2, 0.5], [0.5, 1]], { dtype: 'float64' })
  const h = hessian((x: NdArray) => np.max(linalg.eigvalsh(x)))(a)
  expect(sizeOf(h.shape)).toBe(16)
  expect(most(h)).toBeGreaterThan(0.1)
})

describe('mistakes', () => {
  const x = np.ones([3, 2])
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a vector', () => linalg.qr([1, 2]), ShapeError, 'qr: expected a matrix, or a stack of them, got float32[2]'],
    ['not square', () => linalg.eigh(x), ShapeError, 'eigh: expected square matrices, got float32[3,2]'],
    ['not square', () => linalg.eigvalsh(x), ShapeError, 'eigvalsh: expected square matrices, got float32[3,2]'],
    ['a number', () => linalg.svd(1), ShapeError, 'svd: expected a matrix, or a stack of them, got float32[]'],
    ['a mode', () => linalg.qr(x, { mode: 'full' as 'reduced' }), ArgumentError, 'qr: expected a mode among reduced, complete, r'],
    ['an option', () => linalg.svd(x, { full: true } as object), ArgumentError, 'svd: expected options among fullMatrices, computeUv'],
    ['rows', () => linalg.lstsq(x, [1, 2]), ShapeError, 'lstsq: expected a right-hand side of 3 elements, or of 3 rows, got float32[2]'],
    ['a stack', () => linalg.lstsq(np.ones([1, 3, 2]), [1, 2, 3]), ShapeError, 'lstsq: expected a matrix (stacks of them go by vmap)'],
    ['a tolerance', () => linalg.pinv(x, { rtol: NaN }), ArgumentError, 'pinv: expected a number as rtol, got NaN'],
    ['another norm', () => linalg.cond(x, { p: 1 }), ShapeError, 'cond: expected square matrices, got float32[3,2]'],
    ['no elements', () => linalg.cond(np.ones([0, 2])), ShapeError, 'cond: expected matrices with elements, got float32[0,2]'],
    ['complete factors', () => grad((a: NdArray) => np.sum(linalg.qr(a, { mode: 'complete' })[0]))(x), DerivativeError, "mode 'reduced'"],
    ['full factors', () => grad((a: NdArray) => np.sum(linalg.svd(a)[0]))(x), DerivativeError, 'svd: expected fullMatrices: false']
  ])('%s', (_, f, error, message) => {
    expect(f).toThrow(error)
    expect(f).toThrow(message)
  })
})
