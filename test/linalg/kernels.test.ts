import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import type { FloatDType } from '../../src/core/dtype.js'
import type { Shape } from '../../src/core/shape.js'
import { grad, jit, lax, np, vmap } from '../../src/index.js'
import { stage } from '../../src/ir/stage.js'
import * as linalg from '../../src/linalg/index.js'
import { numRuns } from '../support/arbitrary.js'
import { generate, noise } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'
import { hosted } from '../support/hosted.js'
import { interpreted } from '../support/interpreted.js'

/*
 * What modules do themselves of linear algebra: in the order of the reference, and so with its bits.
 */

type Fn = (...xs: readonly NdArray[]) => NdArray | readonly NdArray[]

const results = (f: Fn, xs: readonly NdArray[]): readonly NdArray[] => [f(...xs)].flat() // arrays are no lists

/** Results of a compiled program, which calls nothing, and of the reference. */
const both = (f: Fn, xs: readonly NdArray[]): readonly (readonly [got: NdArray, want: NdArray])[] => {
  const program = (args: readonly NdArray[]): readonly NdArray[] => results(f, args)
  expect(hosted(stage(program, xs.map(({ aval }) => aval)).jaxpr)).toEqual([])
  const got = results(jit(f), xs)
  return interpreted(() => results(f, xs)).map((want, k) => [got[k], want])
}

const same = (f: Fn, ...xs: readonly NdArray[]): void => {
  for (const [got, want] of both(f, xs)) sameBits('compiled', got, want)
}

const near = (tolerance: number, f: Fn, ...xs: readonly NdArray[]): void => {
  for (const [got, want] of both(f, xs)) close('compiled', got, want, tolerance)
}

const dtypes: readonly FloatDType[] = ['float32', 'float64']

const numbers = (dtype: FloatDType, shape: Shape, seed = 1): NdArray => generate(dtype, shape, (i) => noise(seed, i))

/** A stack of two; the diagonal is such that matrices are positive definite, and triangles far from singular. */
const heavy = (dtype: FloatDType, n: number, seed = 2): NdArray =>
  generate(dtype, [2, n, n], (i) => (Math.floor(i / n) % n === i % n ? n + 1 : noise(seed, i)))

/** Around the sizes of vectors, tiles and blocks. */
const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 25, 31, 33, 48, 50, 65]

const shapes: readonly (readonly [number, number])[] = [
  ...sizes.map((n) => [n, n] as const),
  [5, 7], [7, 5], [1, 9], [9, 1], [20, 40], [40, 20], [15, 33], [33, 15], [19, 70], [70, 19], [16, 17], [17, 16]
]

describe.each(dtypes)('%s', (dtype) => {
  test.each(sizes)('Cholesky factors of %i rows', (n) => {
    same((x) => linalg.cholesky(x, { symmetrizeInput: false }), heavy(dtype, n))
    same((x) => linalg.cholesky(x, { upper: true }), heavy(dtype, n))
  })

  test('matrices that are not positive definite, alone or among others', () => {
    const spoilt = (n: number, at: number, value: number): NdArray => {
      const x = heavy(dtype, n)
      return generate(dtype, x.shape, (i) => (i === at ? value : x.toTypedArray()[i]))
    }
    for (const n of [1, 2, 5, 16, 21]) {
      for (const value of [0, -0, -1, NaN, Infinity, -Infinity, 1e-300, 1e300]) {
        for (const at of [0, n * n - 1, n * n + n * (n - 1)]) same((x) => linalg.cholesky(x, { symmetrizeInput: false }), spoilt(n, at, value))
      }
    }
    const none = [[false, false], [false, false]]
    const third = generate(dtype, [3, 2, 2], (i) => [2, 1, 1, 2, 1, 2, 2, 1, 4, 0, 0, 9][i])
    expect(jit((x: NdArray) => linalg.cholesky(x))(third).toList()).toEqual(interpreted(() => linalg.cholesky(third).toList()))
    expect(np.isnan(jit((x: NdArray) => linalg.cholesky(x))(third)).toList()).toEqual([none, [[true, false], [true, true]], none])
  })

  test.each(sizes.filter((n) => n <= 32))('triangular systems of %i rows, whichever', (n) => {
    for (const width of [1, 2, 3, 8, 19]) {
      for (const flags of fc.sample(systems, { seed: 1, numRuns: 6 })) {
        same((a, b) => linalg.triangularSolve(a, b, flags), heavy(dtype, n), numbers(dtype, flags.leftSide ? [2, n, width] : [2, width, n]))
      }
    }
  })

  test.each(sizes.filter((n) => n > 32))('triangular systems of %i rows, whose sums the reference takes in another order', (n) => {
    for (const flags of fc.sample(systems, { seed: 2, numRuns: 8 })) {
      const b = numbers(dtype, flags.leftSide ? [2, n, 5] : [2, 5, n])
      const a = generate(dtype, [2, n, n], (i) => (Math.floor(i / n) % n === i % n ? 1.5 : noise(2, i) / n))
      near(dtype === 'float32' ? 2e-7 : 4e-15, (x, y) => linalg.triangularSolve(x, y, flags), a, b)
    }
  })

  test('the other triangle is not read, nor a diagonal of ones', () => {
    for (const [lower, unitDiagonal] of [[true, true], [true, false], [false, true], [false, false]]) {
      const a = generate(dtype, [2, 9, 9], (i) => {
        const [row, column] = [Math.floor(i / 9) % 9, i % 9]
        if (row === column) return unitDiagonal ? NaN : 2
        return (row > column) === lower ? noise(4, i) : NaN
      })
      const solved = jit((x: NdArray, y: NdArray) => linalg.triangularSolve(x, y, { lower, unitDiagonal }))(a, numbers(dtype, [2, 4, 9]))
      expect(Array.from(solved.toTypedArray()).every(Number.isFinite)).toBe(true)
    }
  })

  test('zeros, infinities and NaN in triangles and on right-hand sides', () => {
    const special = [0, -0, Infinity, -Infinity, NaN, 1e-310, 1e308]
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9 }), systems, fc.nat(1000), (n, width, flags, seed) => {
      const some = (shape: Shape, stream: number): NdArray => generate(dtype, shape, (i) => {
        const die = Math.abs(noise(seed + stream, i))
        return die > 0.9 ? special[Math.floor(die * 1e6) % special.length] : noise(seed, i)
      })
      same((a, b) => linalg.triangularSolve(a, b, flags), some([n, n], 1), some(flags.leftSide ? [n, width] : [width, n], 2))
    }), { numRuns: numRuns(40) })
  })

  test.each(shapes)('LU factors of %i × %i', (rows, columns) => {
    same((x) => linalg.lu(x), numbers(dtype, [2, rows, columns]))
    // many pivots are as great as each other
    same((x) => linalg.lu(x), generate(dtype, [3, rows, columns], (i) => Math.round(1.3 * noise(3, i))))
    // columns of zeros
    same((x) => linalg.lu(x), generate(dtype, [2, rows, columns], (i) => (i % columns % 5 === 2 ? 0 : Math.round(5 * noise(6, i)))))
  })

  test('LU factors of anything', () => {
    const special = [0, -0, Infinity, -Infinity, NaN, 1e-310, 1e308]
    fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.nat(1000), fc.boolean(), (rows, columns, seed, wild) => {
      same((x) => linalg.lu(x), generate(dtype, [rows, columns], (i) => {
        const die = Math.abs(noise(seed, i))
        if (i % columns === seed % 11) return wild && die > 0.8 ? NaN : 0
        return wild && die > 0.98 ? special[Math.floor(die * 1e6) % special.length] : Math.round(3 * noise(seed, i))
      }))
    }), { numRuns: numRuns(60) })
  })

  test('stacks, and matrices without elements', () => {
    same((x) => linalg.cholesky(x), np.broadcastTo(heavy(dtype, 3), [2, 2, 3, 3]))
    same((a, b) => linalg.triangularSolve(a, b, { leftSide: true, lower: true }), numbers(dtype, [4, 1, 5, 5]), numbers(dtype, [3, 5, 2]))
    same((x) => linalg.lu(x), numbers(dtype, [2, 3, 4, 5]))
    for (const f of [linalg.cholesky, linalg.lu] as readonly Fn[]) same(f, numbers(dtype, [0, 3, 3]))
    const empty = jit((a: NdArray, b: NdArray) => linalg.triangularSolve(a, b))(numbers(dtype, [0, 0]), numbers(dtype, [4, 0]))
    expect(empty.shape).toEqual([4, 0])
    const [packed, pivots, order] = jit((x: NdArray) => linalg.lu(x))(numbers(dtype, [3, 0]))
    expect([packed.shape, pivots.shape, order.toList()]).toEqual([[3, 0], [0], [0, 1, 2]])
  })
})

const systems = fc.record({ leftSide: fc.boolean(), lower: fc.boolean(), transposeA: fc.boolean(), unitDiagonal: fc.boolean() })

describe('programs', () => {
  const [a, b] = [np.add(heavy('float64', 40), 0), numbers('float64', [2, 40, 3])]

  test('solutions and inverses, of transposes too', () => {
    near(1e-14, (x, y) => linalg.solve(x, y), a, b)
    near(1e-14, (x) => linalg.inv(x), a)
    near(1e-14, (x, y) => linalg.luSolve(linalg.luFactor(x), y, { trans: 1 }), a, b)
    near(1e-14, (x, y) => linalg.choleskySolve(linalg.cholesky(x), y), a, b)
    near(1e-14, (x) => linalg.slogdet(x), a)
  })

  /** Minus the logarithm of a normal density: what a Gaussian process is fitted by. */
  const density = (x: NdArray, y: NdArray): NdArray => {
    const l = linalg.cholesky(x)
    const whitened = linalg.solveTriangular(l, y, { lower: true })
    return np.add(np.sum(np.square(whitened)), np.sum(np.log(np.diagonal(l, { axis1: -2, axis2: -1 }))))
  }

  test('gradients', () => {
    near(1e-13, (x, y) => grad(density)(x, y), a, b)
    near(1e-13, (x, y) => grad((m: NdArray) => np.sum(np.sin(linalg.solve(m, y))))(x), a, b)
    const along = (x: NdArray, y: NdArray) => (s: NdArray): NdArray => density(np.add(x, np.multiply(s, np.eye(40, { dtype: 'float64' }))), y)
    near(1e-13, (x, y) => vmap((m: NdArray, v: NdArray) => grad(grad(along(m, v)))(np.array(0.5, { dtype: 'float64' })))(x, y), a, b)
  })

  test('in a loop', () => {
    const step = (c: NdArray) => [linalg.cholesky(np.add(np.matmul(c, np.matrixTranspose(c)), a)), np.sum(c)] as const
    near(1e-13, (x) => lax.scan(step, x, null, { length: 4 }), a)
  })

  test('fused multiplications', () => {
    const fused = (f: Fn): Fn => jit(f, { fma: true })
    const plain = results(jit((x) => linalg.lu(x)), [a])[0]
    close('lu', results(fused((x) => linalg.lu(x)), [a])[0], plain, 1e-14)
  })

  test('the schedule says what they take', () => {
    const { kernels } = jit((x: NdArray) => linalg.cholesky(x, { symmetrizeInput: false })).lower(np.zeros([3, 60, 60])).schedule()
    expect(kernels.map(({ kind, name, flops }) => [kind, name, flops])).toEqual([['opaque', 'cholesky', 216000]])
  })
})
