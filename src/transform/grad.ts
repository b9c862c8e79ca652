import { isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { ArgumentError, DerivativeError, DTypeError, type Path } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { zerosLike, fullLike } from '../lax/broadcast.js'
import { arraysOf, named, type Fn } from './boundary.js'
import { vjpArrays } from './reverse.js'

/** The arguments that `argnums` picks: one, or a tuple. */
export type Picked<A extends readonly unknown[], N> = N extends number
  ? A[N]
  : N extends readonly number[]
    ? { readonly [K in keyof N]: A[N[K] & number] }
    : never

export interface GradOptions<N> {
  /** The arguments to differentiate: a position (0), or a list of them; negative ones count from the end. */
  readonly argnums?: N
}

/** `hasAux`: the function returns a pair of the value to differentiate and anything else. */
export interface AuxOptions<N> extends GradOptions<N> {
  readonly hasAux: true
}

type Argnums = number | readonly number[]

/** The gradient of a function with a scalar result. */
export interface Grad {
  <P, A extends unknown[]>(f: (first: P, ...rest: A) => NdArray): (first: P, ...rest: A) => P
  readonly with: {
    <const N extends Argnums = 0>(options: AuxOptions<N>): <A extends unknown[], X>(
      f: (...args: A) => readonly [NdArray, X]
    ) => (...args: A) => readonly [gradient: Picked<A, N>, aux: X]
    <const N extends Argnums = 0>(options: GradOptions<N>): <A extends unknown[]>(
      f: (...args: A) => NdArray
    ) => (...args: A) => Picked<A, N>
  }
}

/** The value and the gradient of a function with a scalar result. */
export interface ValueAndGrad {
  <P, A extends unknown[]>(f: (first: P, ...rest: A) => NdArray): (first: P, ...rest: A) => readonly [value: NdArray, gradient: P]
  readonly with: {
    <const N extends Argnums = 0>(options: AuxOptions<N>): <A extends unknown[], X>(
      f: (...args: A) => readonly [NdArray, X]
    ) => (...args: A) => readonly [value: readonly [NdArray, X], gradient: Picked<A, N>]
    <const N extends Argnums = 0>(options: GradOptions<N>): <A extends unknown[]>(
      f: (...args: A) => NdArray
    ) => (...args: A) => readonly [value: NdArray, gradient: Picked<A, N>]
  }
}

interface Outcome {
  readonly value: NdArray
  readonly aux: unknown
  readonly gradient: unknown
}

const position = (who: string, argnum: number, count: number): number => {
  if (!Number.isInteger(argnum) || argnum < -count || argnum >= count) {
    throw new ArgumentError(who, `argnums among ${count} arguments`, `argnums ${argnum}`)
  }
  return argnum < 0 ? argnum + count : argnum
}

const notScalar = (value: unknown, hasAux: boolean): string => {
  if (value instanceof Promise) return 'a function that returns its result at once (a promise would outlive the trace)'
  return `a function whose result is one scalar${hasAux ? '' : ' (return auxiliary results with hasAux: true)'}`
}

const differentiate = (who: string, f: Fn, args: readonly unknown[], argnums: Argnums, hasAux: boolean): Outcome => {
  const positions = (typeof argnums === 'number' ? [argnums] : argnums).map((n) => position(who, n, args.length))
  if (new Set(positions).size < positions.length) throw new ArgumentError(who, 'each argument at most once in argnums', argnums)
  const chosen = arraysOf(who, positions.map((at) => args[at]), ['arguments'])
  chosen.arrays.forEach((x, i) => {
    if (isFloat(x.dtype)) return
    const [which, ...rest] = chosen.treedef.paths()[i]
    const path: Path = ['arguments', positions[which as number], ...rest] // the tree is a list of the chosen arguments
    throw new DTypeError(who, 'floating-point inputs (pick others by argnums, or convert with np.array(x, { dtype: "float32" }))', x, path)
  })
  let aux: unknown
  const run = (arrays: readonly NdArray[]): readonly NdArray[] => {
    const trees = chosen.treedef.unflatten(arrays) as readonly unknown[] // a list, as flattened above
    const all = [...args]
    positions.forEach((at, k) => (all[at] = trees[k]))
    const result = f(...(all as never[]))
    if (hasAux && !(Array.isArray(result) && result.length === 2)) {
      throw new DerivativeError(who, 'with hasAux a function that returns a pair [value, aux]', result)
    }
    const [value, rest] = hasAux ? (result as readonly unknown[]) : [result]
    if (!isArray(value) && typeof value !== 'number') throw new DerivativeError(who, notScalar(value, hasAux), value)
    const [out] = arraysOf(who, value, ['result']).arrays
    if (out.ndim > 0) throw new DerivativeError(who, 'a function whose result is a scalar (sum it, or use jacrev or vmap)', out)
    if (!isFloat(out.dtype)) throw new DTypeError(who, 'a function whose result is a floating-point scalar', out)
    const flat = arraysOf(who, rest, ['aux'])
    aux = flat
    return [out, ...flat.arrays]
  }
  const [outs, pullback] = vjpArrays(run, chosen.arrays, chosen.arrays.map(() => true))
  const cts = pullback(outs.map((x, i) => (i === 0 ? fullLike(x, 1) : null)))
  const arrays = chosen.arrays.map((x, i) => cts[i] ?? zerosLike(x))
  const gradients = chosen.treedef.unflatten(arrays) as readonly unknown[] // a list, as flattened above
  return {
    value: outs[0],
    aux: (aux as ReturnType<typeof arraysOf>).treedef.unflatten(outs.slice(1)), // run has set it
    gradient: typeof argnums === 'number' ? gradients[0] : gradients
  }
}

type AnyGradOptions = GradOptions<Argnums> & { readonly hasAux?: boolean }

const known = ['argnums', 'hasAux'] as const

/** Options come first, so that the types of the arguments are inferred: what stands after the function would be lost. */
const refuseOptions = (who: string, misplaced: unknown): void => {
  if (typeof misplaced !== 'object' || misplaced === null) return
  throw new ArgumentError(who, `options in front: ${who}.with(options)(f)`, misplaced)
}

const gradWith = (options: AnyGradOptions) => {
  checkOptions('grad', options, known, true)
  const { argnums = 0, hasAux = false } = options
  return (f: Fn, misplaced?: unknown) => {
    refuseOptions('grad', misplaced)
    return named('grad', f, (...args: readonly unknown[]): unknown => {
      const { gradient, aux } = differentiate('grad', f, args, argnums, hasAux)
      return hasAux ? Object.freeze([gradient, aux]) : gradient
    })
  }
}

const valueAndGradWith = (options: AnyGradOptions) => {
  checkOptions('valueAndGrad', options, known, true)
  const { argnums = 0, hasAux = false } = options
  return (f: Fn, misplaced?: unknown) => {
    refuseOptions('valueAndGrad', misplaced)
    return named('valueAndGrad', f, (...args: readonly unknown[]): unknown => {
      const { value, gradient, aux } = differentiate('valueAndGrad', f, args, argnums, hasAux)
      return Object.freeze([hasAux ? Object.freeze([value, aux]) : value, gradient])
    })
  }
}

/**
 * The gradient of a function whose result is a floating-point scalar, with respect to its first argument, a pytree of
 * floating-point arrays: a tree of the same type. `grad.with({ argnums: [0, 1], hasAux: true })` chooses other arguments and lets
 * the function return something beside its value. JAX's `grad`. Throws DerivativeError for results that are no
 * scalar, DTypeError for integer inputs, with the path.
 *
 * @example
 * grad(np.sin)(np.array(0)) // 1
 * grad.with({ argnums: [0, 1] })(np.mul)(np.array(3), np.array(4)) // [4, 3]
 */
export const grad: Grad = Object.assign(gradWith({}), { with: gradWith }) as Grad // one implementation serves every type of argument

/**
 * The value of a function and its gradient, as `grad` gives it, computed together. JAX's `value_and_grad`.
 *
 * @example
 * valueAndGrad(np.square)(np.array(3)) // [9, 6]
 */
export const valueAndGrad: ValueAndGrad = Object.assign(valueAndGradWith({}), { with: valueAndGradWith }) as ValueAndGrad // as for grad
