import fc from 'fast-check'
import type { NdArray } from '../../../src/core/array.js'
import type { DType } from '../../../src/core/dtype.js'
import type { Shape } from '../../../src/core/shape.js'
import { avalsOf } from '../../../src/ir/jaxpr.js'
import { stageClosed } from '../../../src/ir/stage.js'
import { add, div, mul } from '../../../src/lax/elementwise/arithmetic.js'
import { zerosLike } from '../../../src/lax/broadcast.js'
import type { LinearSolveParams } from '../../../src/linalg/linearsolve.js'
import type { TriangularSolveParams } from '../../../src/linalg/kernels/triangular.js'
import { triangularSolve } from '../../../src/linalg/triangular.js'
import { tril } from '../../../src/numpy/matrix.js'
import { matmul } from '../../../src/numpy/products.js'
import { shapes, signed, sizes, type Draw } from '../../support/arbitrary.js'
import { arrayOf } from '../../support/arrays.js'
import type { Row } from '../row.js'

const dtypes: readonly DType[] = ['float64', 'float32']

const leads = shapes({ maxRank: 1 })

/**
 * Matrices in each of whose columns one element, in a row of its own, is greater than the others together, by `shift` rows
 * below the diagonal. Any matrices where any will do.
 */
const dominated = (draw: Draw, shape: Shape, shift: number): fc.Arbitrary<NdArray> =>
  draw.array(shape).map((x) => {
    if (draw.wild) return x
    const [rows, columns] = shape.slice(-2)
    const isGreat = (i: number, j: number): boolean => j < rows && i === (j + shift) % rows
    const elements = x.toTypedArray().map((value, k) => {
      const [i, j] = [Math.floor(k / columns) % rows, k % columns]
      return isGreat(i, j) ? Math.abs(value) + 2 * Math.max(rows, columns) : value
    })
    return arrayOf(x.dtype, shape, elements)
  })

const squares = (draw: Draw, mostShift: number): fc.Arbitrary<{ readonly operands: readonly NdArray[]; readonly params: object }> =>
  fc.tuple(leads, sizes(), fc.nat(mostShift))
    .chain(([lead, n, shift]) => dominated(draw, [...lead, n, n], shift))
    .map((x) => ({ operands: [x], params: {} }))

const cholesky: Row = { dtypes, examples: (draw) => squares(draw, 0) }

const adjugate: Row = { dtypes, examples: (draw) => squares(draw, 3) }

const lu: Row = {
  dtypes,
  examples: (draw) => fc.tuple(leads, sizes(), sizes(), fc.nat(3))
    .chain(([lead, rows, columns, shift]) => dominated(draw, [...lead, rows, columns], shift))
    .map((x) => ({ operands: [x], params: {} }))
}

const triangular: Row<TriangularSolveParams> = {
  // right-hand sides of one matrix go together, as columns of one product
  batching: 1e-6,
  dtypes,
  examples: (draw) => fc.record({
    lead: leads, n: sizes(), width: sizes(),
    params: fc.record({ leftSide: fc.boolean(), lower: fc.boolean(), transposeA: fc.boolean(), unitDiagonal: fc.boolean() })
  }).chain(({ lead, n, width, params }) => fc.record({
    operands: fc.tuple(
      draw.array([...lead, n, n], signed(0.5, 1.5)),
      draw.array(params.leftSide ? [...lead, n, width] : [...lead, width, n])
    ),
    params: fc.constant(params)
  }))
}

/** Two systems at once, one with a lower triangle, one with a diagonal, and a first guess at the second that nobody needs. */
const pair = ([a, d]: readonly NdArray[], transposeA: boolean) => ({
  product: ([x, y]: readonly NdArray[]): readonly NdArray[] => [matmul(tril(a), x), mul(d, y)],
  solve: ([guess, b, c]: readonly NdArray[]): readonly NdArray[] =>
    [triangularSolve(a, b, { leftSide: true, lower: true, transposeA }), add(div(c, d), mul(zerosLike(guess), guess))]
})

const general = (draw: Draw, n: number, width: number): fc.Arbitrary<{ readonly operands: readonly NdArray[]; readonly params: LinearSolveParams }> =>
  fc.tuple(
    draw.array([n, n], signed(0.5, 1.5)), draw.array([n], signed(0.5, 2)), draw.array([n]), draw.array([n, width]), draw.array([n])
  ).map((operands) => {
    const avals = avalsOf(operands).map((aval) => ({ ...aval, weak: false }))
    const solving = (transposeA: boolean) => stageClosed((args) => pair(args, transposeA).solve(args.slice(2)), avals)
    return {
      operands: operands.map((x) => arrayOf(x.dtype, x.shape, x.toTypedArray())),
      params: {
        name: 'pair', constants: 2, guesses: 1, symmetric: false,
        operator: stageClosed((args) => pair(args, false).product(args.slice(2)), [...avals.slice(0, 2), ...avals.slice(3)]),
        jaxpr: solving(false), adjoint: solving(true)
      }
    }
  })

/** A system that is its own transpose. */
const symmetric = (draw: Draw, n: number): fc.Arbitrary<{ readonly operands: readonly NdArray[]; readonly params: LinearSolveParams }> =>
  fc.tuple(draw.array([n], signed(0.5, 2)), draw.array([n])).map((operands) => {
    const avals = avalsOf(operands).map((aval) => ({ ...aval, weak: false }))
    return {
      operands: operands.map((x) => arrayOf(x.dtype, x.shape, x.toTypedArray())),
      params: {
        name: 'diagonal', constants: 1, guesses: 0, symmetric: true,
        operator: stageClosed(([d, x]) => [mul(d, x)], avals), jaxpr: stageClosed(([d, b]) => [div(b, d)], avals), adjoint: null
      }
    }
  })

const customLinearSolve: Row<LinearSolveParams> = {
  // right-hand sides of one matrix go together, as columns of one product
  batching: 1e-6,
  dtypes,
  examples: (draw) => fc.tuple(sizes(), sizes(), fc.boolean())
    .chain(([n, width, isPair]) => (isPair ? general(draw, n, width) : symmetric(draw, n)))
}

/** Factors and solutions of linear systems. */
export const systems = { adjugate, cholesky, custom_linear_solve: customLinearSolve, lu, triangular_solve: triangular }
