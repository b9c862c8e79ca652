import { expect, test } from 'vitest'
import { ArgumentError, DTypeError, lax, np, ShapeError } from '../../src/index.js'
import * as linalg from '../../src/linalg/index.js'

const wide = np.ones([2, 3])
const square = np.eye(2)

test.each<readonly [what: string, f: () => unknown, kind: new (...args: never[]) => Error, message: string]>([
  ['solve of a wide matrix', () => linalg.solve(wide, [1, 2]), ShapeError, 'solve: expected square matrices, got float32[2,3]'],
  ['solve of a vector', () => linalg.solve([1, 2], [1, 2]), ShapeError, 'solve: expected a matrix, or a stack of them, got float32[2]'],
  [
    'solve of other rows', () => linalg.solve(square, [1, 2, 3]), ShapeError,
    'solve: expected as many rows on the right-hand side as in the matrix, got float32[2,2] and float32[3]'
  ],
  ['solve of a scalar', () => linalg.solve(square, 1), ShapeError, 'got float32[2,2] and float32[]'],
  ['solve of other stacks', () => linalg.solve(np.ones([3, 2, 2]), np.ones([2, 2, 1])), ShapeError, 'solve: expected shapes that broadcast, got [3] and [2]'],
  ['inv', () => linalg.inv(wide), ShapeError, 'inv: expected square matrices, got float32[2,3]'],
  ['det', () => linalg.det(wide), ShapeError, 'det: expected square matrices'],
  ['slogdet', () => linalg.slogdet(wide), ShapeError, 'slogdet: expected square matrices'],
  ['cholesky', () => linalg.cholesky(wide), ShapeError, 'cholesky: expected square matrices'],
  ['luFactor', () => linalg.luFactor(wide), ShapeError, 'luFactor: expected square matrices'],
  ['lu of a vector', () => linalg.lu([1]), ShapeError, 'lu: expected a matrix, or a stack of them, got float32[1]'],
  ['luSolve of floats as pivots', () => linalg.luSolve([square, [0, 1]], [1, 2]), DTypeError, 'luSolve: expected integers as pivots, got float32[2]'],
  [
    'luSolve of too few pivots', () => linalg.luSolve([square, np.array([0], { dtype: 'int32' })], [1, 2]), ShapeError,
    'luSolve: expected a pivot for each row of the factors, got float32[2,2] and int32[1]'
  ],
  ['luSolve of no pair', () => linalg.luSolve(square as never, [1, 2]), ArgumentError, 'luSolve: expected the pair that luFactor gives'],
  ['trans 2', () => linalg.solveTriangular(square, [1, 2], { trans: 2 as never }), ArgumentError, 'solveTriangular: expected trans 0 or 1, got 2'],
  [
    'triangularSolve on the wrong side', () => linalg.triangularSolve(square, np.ones([2, 3])), ShapeError,
    'triangularSolve: expected as many columns on the right-hand side as in the matrix, got float32[2,2] and float32[2,3]'
  ],
  ['half a power', () => linalg.matrixPower(square, 0.5), ArgumentError, 'matrixPower: expected an integer power, got 0.5'],
  ['one matrix', () => linalg.multiDot([square]), ArgumentError, 'multiDot: expected at least two matrices, got 1'],
  ['multiDot of other sizes', () => linalg.multiDot([square, wide, square]), ShapeError, 'multiDot: expected sizes that agree, got float32[2,3] and float32[2,2] at [2]'],
  ['multiDot of a stack', () => linalg.multiDot([square, np.ones([1, 2, 2])]), ShapeError, 'multiDot: expected matrices (vectors at the ends), got float32[1,2,2] at [1]'],
  ['a string', () => linalg.det('two' as never), ArgumentError, 'det: expected'],
  ['an unknown option', () => linalg.cholesky(square, { lower: true } as never), ArgumentError, 'the unknown option "lower"']
])('%s is refused', (_, f, kind, message) => {
  expect(f).toThrow(kind)
  expect(f).toThrow(message)
})

test('integers become float32, float32 and float64 meet in float64', () => {
  const a = np.array([[2, 0], [0, 4]], { dtype: 'int32' })
  expect(linalg.solve(a, a).dtype).toBe('float32')
  expect(linalg.det([[true, false], [false, true]]).dtype).toBe('float32')
  expect(linalg.inv(lax.convertElementType(a, 'float64')).dtype).toBe('float64')
  expect(linalg.solve(a, np.array([2, 4], { dtype: 'float64' })).dtype).toBe('float64')
})
