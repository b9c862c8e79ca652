import { callAvals, knownOnes } from '../control/call.js'
import { closing } from '../control/closure.js'
import { matching, type Like } from '../control/custom/match.js'
import { none } from '../control/wiring.js'
import type { NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { DerivativeError } from '../core/errors.js'
import { checkFunction, checkOptions } from '../core/options.js'
import { Unknown, type Jaxpr, type Primitive, type Tangent } from '../core/primitive.js'
import { bind, currentTrace, evaluation } from '../core/trace.js'
import { evaluate } from '../ir/evaluate.js'
import { avalsOf } from '../ir/jaxpr.js'
import { stage } from '../ir/stage.js'
import { neg, sub } from '../lax/elementwise/arithmetic.js'
import { broadcastLeading, instantiate, zerosLike } from '../lax/broadcast.js'
import { convertElementType } from '../lax/elementwise/convert.js'
import { known } from '../lax/rule.js'
import { arraysOf, type Flat } from '../transform/boundary.js'
import { batchJaxpr, linearizeJaxpr, residualValues, transposeJaxpr } from '../transform/jaxprs.js'
import { scatter, select } from '../transform/mask.js'
import { linearTranspose } from '../transform/reverse.js'

export interface LinearSolveParams {
  /** Of who solves, for people. */
  readonly name: string
  /** How many operands, the first ones, all the jaxprs take. */
  readonly constants: number
  /** How many operands after those say where the search for a solution begins; the solution does not depend on them. */
  readonly guesses: number
  /** From all operands, the last of which are b, to the x with A x = b. */
  readonly jaxpr: Jaxpr
  /** From the constants and x to A x. */
  readonly operator: Jaxpr
  /** As `jaxpr`, for the transpose of A; null if there is none. */
  readonly adjoint: Jaxpr | null
  /** A is its own transpose: nothing else is needed for it. */
  readonly symmetric: boolean
}

interface Operands<A> {
  readonly constants: readonly A[]
  readonly guess: readonly A[]
  readonly b: readonly A[]
}

const partsOf = <A>(list: readonly A[], { constants, guesses }: LinearSolveParams): Operands<A> => ({
  constants: list.slice(0, constants),
  guess: list.slice(constants, constants + guesses),
  b: list.slice(constants + guesses)
})

const difference = (x: Tangent, y: Tangent): Tangent => {
  if (y === null) return x
  return x === null ? neg(y) : sub(x, y)
}

/** The system of the transpose. */
const transposed = (params: LinearSolveParams): LinearSolveParams => {
  const { name, constants, jaxpr, operator, adjoint, symmetric } = params
  if (symmetric) return params
  if (adjoint === null) throw new DerivativeError(name, 'a transposeSolve, or symmetric: true, for reverse mode', 'neither')
  const isConstant = operator.inputs.map((_, i) => i < constants)
  const turned = transposeJaxpr(operator, isConstant, operator.outputs.map(() => true), isConstant.map((flag) => !flag))
  return { ...params, jaxpr: adjoint, operator: turned.jaxpr, adjoint: jaxpr }
}

/** The solution of a linear system, however it is found. Derivatives solve systems of the same operator, or of its transpose. */
export const linearSolveP: Primitive<'custom_linear_solve', LinearSolveParams> = {
  name: 'custom_linear_solve',
  jaxprs: ({ jaxpr, operator, adjoint }) => (adjoint === null ? [jaxpr, operator] : [jaxpr, operator, adjoint]),
  abstract: (avals, { name, jaxpr }) => callAvals(name, avals, jaxpr),
  impl: (operands, { jaxpr }) => evaluate(jaxpr, operands),
  // A x = b, hence A dx = db − dA x.
  linearize(primals, params, nonzero) {
    const outs = bind(linearSolveP, primals, params)
    const { constants, guess } = partsOf(primals, params)
    const moving = nonzero.slice(0, constants.length)
    const product = linearizeJaxpr(params.operator, [...moving, ...none(outs)], none(outs))
    const point = [...constants, ...outs]
    const residuals = product.varies.includes(true) ? residualValues(product, point, evaluate(product.forward, point)) : []
    const push = (tangents: readonly Tangent[]): readonly Tangent[] => {
      const { constants: dconstants, b: db } = partsOf(tangents, params)
      const along = select(dconstants.map((d, i) => instantiate(d, constants[i])), moving)
      const slopes = product.varies.includes(true)
        ? scatter(evaluate(product.linear, [...residuals, ...along]), product.varies)
        : outs.map(() => null)
      const right = db.map((d, i) => difference(d, slopes[i]))
      if (right.every((d) => d === null)) return right
      const filled = right.map((d, i) => instantiate(d, outs[i]))
      return bind(linearSolveP, [...constants, ...guess.map(zerosLike), ...filled], params)
    }
    return [outs, push]
  },
  transpose(cts, operands, params) {
    const { constants, guess } = partsOf(operands, params)
    const filled = cts.map((ct, i) => instantiate(ct, params.jaxpr.outputs[i]))
    const results = bind(linearSolveP, [...constants.map(known), ...knownOnes(guess), ...filled], transposed(params))
    const start = operands.length - results.length
    return operands.map((x, i) => (x instanceof Unknown ? results[i - start] : null))
  },
  batch(size, operands, batched, params, axisName) {
    const { constants, guess, b } = partsOf(operands, params)
    const flags = partsOf(batched, params)
    const all = b.map(() => true)
    const over = (jaxpr: Jaxpr, inputs: readonly boolean[]): Jaxpr => batchJaxpr(jaxpr, size, inputs, all, axisName).jaxpr
    const inputs = [...flags.constants, ...flags.guess, ...all]
    const next: LinearSolveParams = {
      ...params,
      jaxpr: over(params.jaxpr, inputs),
      operator: over(params.operator, [...flags.constants, ...all]),
      adjoint: params.adjoint === null ? null : over(params.adjoint, inputs)
    }
    const right = b.map((x, i) => (flags.b[i] ? x : broadcastLeading(size, x)))
    return [bind(linearSolveP, [...constants, ...guess, ...right], next), all]
  }
}

/** A linear function of trees of arrays. */
export type LinearOperator<T> = (x: T) => T

/** A linear system A x = b, and how it is solved. */
export interface System<T> {
  readonly who: string
  readonly matvec: LinearOperator<T>
  readonly b: T
  /** Where the search begins, of the type of b. Those of derivatives begin at zero. */
  readonly guess?: T
  /** Its guess is b if there is none. */
  readonly solve: (matvec: LinearOperator<T>, b: T, guess: T) => T
  readonly transposeSolve?: (vecmat: LinearOperator<T>, b: T, guess: T) => T
  readonly symmetric: boolean
}

/** A right-hand side as floating arrays. */
export const floatsOf = (who: string, b: unknown): Flat => {
  const { arrays, treedef } = arraysOf(who, b, ['b'])
  return { arrays: arrays.map((x) => convertElementType(x, isFloat(x.dtype) ? x.dtype : 'float32')), treedef }
}

/** Solves a system so that it has derivatives in b and in whatever the operator closes over. */
export const solveSystem = <T>({ who, matvec, b, guess, solve, transposeSolve, symmetric }: System<T>): T => {
  const { arrays: right, treedef } = floatsOf(who, b)
  const like: Like = { avals: avalsOf(right), treedef }
  const treeOf = (list: readonly NdArray[]): T => treedef.unflatten(list) as T // the structure of b
  const fits = (what: string, root: string, x: T): readonly NdArray[] =>
    matching({ who, what, root }, x, like, ['b', root])
  const first = guess === undefined ? [] : fits('first guesses', 'x0', guess)
  const product = (x: T): readonly NdArray[] => fits('products', 'A(x)', matvec(x))
  const solution = (how: System<T>['solve'], operator: LinearOperator<T>) => (args: readonly NdArray[]): readonly NdArray[] => {
    const [start, rest] = [args.slice(0, first.length), args.slice(first.length)]
    return fits('solutions', 'x', how(operator, treeOf(rest), treeOf(guess === undefined ? rest : start)))
  }
  const apply: LinearOperator<T> = (x) => treeOf(product(x))
  const applyTransposed: LinearOperator<T> = (y) => linearTranspose(apply)(treeOf(right))(y)[0]
  if (currentTrace() === evaluation) return treeOf(solution(solve, apply)([...first, ...right]))
  const avals = avalsOf([...first, ...right])
  const { jaxprs, captured } = closing([
    stage(solution(solve, apply), avals, { who }),
    stage((args) => product(treeOf(args)), like.avals, { who }),
    ...(transposeSolve === undefined ? [] : [stage(solution(transposeSolve, applyTransposed), avals, { who })])
  ])
  const [jaxpr, operator, adjoint = null] = jaxprs
  const sizes = { constants: captured.length, guesses: first.length }
  const params: LinearSolveParams = { name: who, ...sizes, jaxpr, operator, adjoint, symmetric }
  return treeOf(bind(linearSolveP, [...captured, ...first, ...right], params))
}

/** How the system of the transpose is solved. */
export interface LinearSolveOptions<T> {
  /** From the transposed operator and b to the solution of the transposed system: reverse mode needs it. */
  readonly transposeSolve?: (vecmat: LinearOperator<T>, b: T) => T
  /** The operator is its own transpose: `solve` serves for both. */
  readonly symmetric?: boolean
}

/**
 * Solves A x = b, of pytrees, by a function of your own, with the derivatives of the solution itself: they solve
 * A dx = db − dA x, and Aᵀ λ = x̄ in reverse mode, by the same function, and never look into how it found the solution (an
 * iteration may be a `whileLoop`). `matvec` is a linear function, and may close over what is differentiated;
 * factors that `solve` closes over count as constants. JAX's `lax.custom_linear_solve`. Throws TreeError, ShapeError or
 * DTypeError for products and solutions that are not like b, DerivativeError in reverse mode without `transposeSolve`.
 *
 * @example
 * const root = (a: NdArray) => customLinearSolve((x) => np.mul(a, x), np.array([6, 8]), (_, b) => np.div(b, a), { symmetric: true })
 * root(np.array([2, 4])) // [3, 2]
 * grad((a: NdArray) => np.sum(root(a)))(np.array([2, 4])) // [-1.5, -0.5]
 */
export const customLinearSolve = <T>(
  matvec: LinearOperator<T>, b: T, solve: (matvec: LinearOperator<T>, b: T) => T, options: LinearSolveOptions<T> = {}
): T => {
  const who = 'customLinearSolve'
  checkOptions(who, options, ['transposeSolve', 'symmetric'])
  checkFunction(who, 'a linear function as matvec', matvec)
  checkFunction(who, 'a function of an operator and b as solve', solve)
  const { transposeSolve, symmetric = false } = options
  if (transposeSolve !== undefined) checkFunction(who, 'a function of an operator and b as transposeSolve', transposeSolve)
  return solveSystem({ who, matvec, b, solve, ...(transposeSolve !== undefined && { transposeSolve }), symmetric })
}
