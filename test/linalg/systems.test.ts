import { describe, expect, test } from 'vitest'
import { isArray } from '../../src/array/ndarray.js'
import type { NdArray } from '../../src/core/array.js'
import { isFloat } from '../../src/core/dtype.js'
import { np, vmap } from '../../src/index.js'
import * as linalg from '../../src/linalg/index.js'
import { vjpArrays } from '../../src/transform/reverse.js'
import { allClose, close } from '../support/close.js'
import { golden, same } from '../support/golden.js'
import { ways } from '../support/ways.js'

type Params = Readonly<Record<string, never>> | null

interface SystemCase {
  readonly name: string
  readonly fn: keyof typeof functions
  readonly args: readonly NdArray[]
  readonly params: Params
  readonly out: readonly NdArray[]
  readonly cotangent: readonly NdArray[]
  readonly grad: readonly NdArray[]
  readonly tol?: number
}

type Result = NdArray | readonly NdArray[]

const functions = {
  cholesky: ([a], options) => linalg.cholesky(a, options),
  choleskySolve: ([a, b]) => linalg.choleskySolve(linalg.cholesky(a), b),
  det: ([a]) => linalg.det(a),
  inv: ([a]) => linalg.inv(a),
  lu: ([a]) => linalg.lu(a),
  luSolve: ([a, b], options) => linalg.luSolve(linalg.luFactor(a), b, options),
  matrixPower: ([a], { n }) => linalg.matrixPower(a, n),
  multiDot: (list) => linalg.multiDot(list),
  slogdet: ([a]) => linalg.slogdet(a),
  solve: ([a, b]) => linalg.solve(a, b),
  solveTriangular: ([a, b], options) => linalg.solveTriangular(a, b, options),
  triangularSolve: ([a, b], options) => linalg.triangularSolve(a, b, options)
} satisfies Readonly<Record<string, (args: readonly NdArray[], params: Readonly<Record<string, never>>) => Result>>

const cases = golden<never>('linalg') as unknown as readonly SystemCase[] // as make_linalg.py says

const run = ({ fn, params }: SystemCase) => (args: readonly NdArray[]): readonly NdArray[] => {
  const out: Result = functions[fn](args, params ?? {})
  return isArray(out) ? [out] : out
}

/** One cotangent for each floating output. */
const cotangents = (outs: readonly NdArray[], given: readonly NdArray[]): readonly (NdArray | null)[] => {
  let next = 0
  return outs.map((y) => (isFloat(y.dtype) ? given[next++] : null))
}

const finite = (x: NdArray): NdArray => np.nanToNum(x, { nan: 0, posinf: 0, neginf: 0 })

describe("JAX's values and gradients", () => {
  test.each(cases)('$name', (each) => {
    const { args, out, cotangent, grad, tol = 1e-12 } = each
    const [outs, pullback] = vjpArrays(run(each), args, args.map(() => true))
    outs.forEach((y, i) => {
      same('value', y, out[i], isFloat(y.dtype) ? tol : undefined)
    })
    const cts = pullback(cotangents(outs, cotangent))
    cts.forEach((ct, i) => {
      const got = ct ?? np.zerosLike(args[i])
      // Where a gradient is not finite, the signs of its infinities are an accident.
      expect(np.isfinite(got).toList()).toEqual(np.isfinite(grad[i]).toList())
      close(`gradient ${i}`, finite(got), finite(grad[i]), tol)
    })
  })

  test.each(cases)('$name, under jit and over a batch of two', (each) => {
    const { args, out, tol = 1e-12 } = each
    const f = (...xs: readonly NdArray[]): readonly NdArray[] => run(each)(xs)
    for (const [how, run] of ways) allClose(how, run(f)(...args), out, tol)
    const twice = args.map((x) => np.stack([x, x]))
    allClose('vmap', vmap(f)(...twice), out.map((y) => np.stack([y, y])), tol)
  })
})

test('float32 is the rounded solution of the rounded system', () => {
  const each = cases.find(({ name }) => name === 'solve matrix')
  expect(each).toBeDefined()
  const [a, b] = (each?.args ?? []).map((x) => np.astype(x, 'float32'))
  const x = linalg.solve(a, b)
  expect(x.dtype).toBe('float32')
  close('solve', np.astype(x, 'float64'), each?.out[0] ?? a, 1e-5)
})

test('nothing gives nothing', () => {
  const [none, stack] = [np.zeros([0, 0]), np.zeros([0, 2, 2])]
  expect(linalg.det(none).item()).toBe(1)
  expect(linalg.slogdet(none).map((x) => x.item())).toEqual([1, 0])
  expect(linalg.luSolve(linalg.luFactor(none), []).shape).toEqual([0])
  expect(linalg.luSolve(linalg.luFactor(np.zeros([2, 0, 0])), np.zeros([0])).shape).toEqual([2, 0])
  expect([linalg.det(stack), linalg.inv(stack), linalg.cholesky(stack), linalg.solve(stack, [1, 2])].map(({ shape }) => shape))
    .toEqual([[0], [0, 2, 2], [0, 2, 2], [0, 2]])
})

test('powers of integers are integers, their inverses are not', () => {
  const a = np.array([[1, 1], [1, 0]], { dtype: 'int32' })
  const power = linalg.matrixPower(a, 46)
  expect([power.dtype, power.toList()]).toEqual(['int32', [[2971215073 | 0, 1836311903], [1836311903, 1134903170]]])
  expect([linalg.matrixPower(a, 0).dtype, linalg.matrixPower(a, -1).dtype]).toEqual(['int32', 'float32'])
})
