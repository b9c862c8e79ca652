import type { Monoid } from 'fp-ts/lib/Monoid.js'
import { fromScalar, isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError, TreeError, type Path } from '../core/errors.js'
import { checkList } from '../core/options.js'
import { equalShapes } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { requireSameStructure } from '../tree/compare.js'
import { freeze } from '../tree/freeze.js'
import { flatten } from '../tree/pytree.js'
import type { Tree } from './leaves.js'

/** What a step knows besides the updates. */
export interface Context {
  /** The parameters that the updates will be added to. */
  readonly params: Tree
  /** How many steps were taken before this one: an int32 scalar. */
  readonly count: NdArray
}

/**
 * One thing that is done to the updates on their way from gradients to what is added to the parameters. `S` is what it
 * remembers: a pytree of arrays, `null` if nothing. All trees have the structure of the parameters.
 */
export interface Step<S = unknown> {
  readonly name: string
  /** What it remembers before the first step. */
  init(params: Tree): S
  /** The updates changed, and what it remembers from now on. */
  update(updates: Tree, state: S, context: Context): readonly [updates: Tree, state: S]
}

/** A list of steps, done from the first to the last. The empty one adds the gradients as they are. */
export type Optimizer = readonly Step[]

/** Everything that training changes, a pytree: it crosses `jit`, and is saved and restored as one. */
export interface State<P> {
  readonly params: P
  /** How many steps were taken: an int32 scalar. */
  readonly count: NdArray
  /** What each step of the optimizer remembers. */
  readonly inner: readonly unknown[]
}

const isList = (part: Optimizer | Step): part is Optimizer => Array.isArray(part)

const checkStep = (who: string, step: Partial<Step> | null | undefined, path: Path): void => { // callers without types pass anything
  if (typeof step?.init === 'function' && typeof step.update === 'function') return
  throw new ArgumentError(who, 'optimizers, or steps { name, init, update }', step, path)
}

const checkSteps = (who: string, steps: Optimizer): Optimizer => {
  checkList(who, 'an optimizer, which is a list of steps', steps).forEach((step, i) => {
    checkStep(who, step, [i])
  })
  return steps
}

/** The optimizers of a record, each as a list of steps. Throws ArgumentError for what is no optimizer, with its name. */
export const checkRecord = (
  who: string, parts: Readonly<Record<string, Optimizer | Step>>
): Readonly<Record<string, Optimizer>> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => {
    const steps = isList(part) ? part : [part]
    steps.forEach((step, i) => {
      checkStep(who, step, isList(part) ? [name, i] : [name])
    })
    return [name, steps]
  }))

/**
 * Optimizers and steps one after the other, as one optimizer.
 *
 * Throws ArgumentError for what is no step.
 *
 * @example
 * const clipped = optim.chain(optim.clipByGlobalNorm(1), optim.sgd(0.1, { momentum: 0.9 }))
 * clipped.map((step) => step.name) // ['clipByGlobalNorm', 'trace', 'scaleByLearningRate']
 */
export const chain = (...parts: readonly (Optimizer | Step)[]): Optimizer => {
  const steps = parts.flatMap((part) => (isList(part) ? part : [part]))
  return Object.freeze(checkSteps('chain', steps))
}

/**
 * Optimizers under `chain`: lists under concatenation, whose laws hold exactly, state included.
 *
 * @example
 * optim.monoid.concat([optim.clip(1)], optim.sgd(0.1)).map((step) => step.name) // ['clip', 'scaleByLearningRate']
 * optim.monoid.empty // []
 */
export const monoid: Monoid<Optimizer> = { concat: (first, second) => chain(first, second), empty: chain() }

/** A parameter as training keeps it: a floating array, not weak, so that its type never changes. */
const parameter = (leaf: unknown, path: () => Path): NdArray => {
  const x = typeof leaf === 'number' ? fromScalar(leaf) : leaf
  if (!isArray(x)) throw new ArgumentError('optim.init', 'arrays as parameters', leaf, ['params', ...path()])
  if (!isFloat(x.dtype)) throw new DTypeError('optim.init', 'floating-point parameters', x, ['params', ...path()])
  return x.weak ? lax.convertElementType(x, x.dtype) : x
}

/** What the steps of an optimizer remember before the first step. */
export const initSteps = (optimizer: Optimizer, params: Tree): readonly unknown[] =>
  Object.freeze(optimizer.map((each) => freeze(each.init(params))))

/** The updates after all steps of an optimizer, and what these remember from now on. */
export const runSteps = (
  optimizer: Optimizer, updates: Tree, inner: readonly unknown[], context: Context
): readonly [updates: Tree, inner: readonly unknown[]] => {
  let changed = updates
  const next = optimizer.map((each, i) => {
    const [update, remembered] = each.update(changed, inner[i], context)
    changed = update
    return freeze(remembered)
  })
  return [changed, Object.freeze(next)]
}

/**
 * The state before the first step. Throws DTypeError for parameters that are no floats and ArgumentError for leaves that are no
 * arrays, with the path.
 *
 * @example
 * optim.init(optim.sgd(0.1))({ w: np.array([1, 2]) }) // { params: { w: [1, 2] }, count: 0, inner: [null] }
 */
export const init = (optimizer: Optimizer) => <P>(params: P): State<P> => {
  checkSteps('optim.init', optimizer)
  const [leaves, treedef] = flatten<unknown>(params)
  const made = treedef.unflatten(leaves.map((leaf, i) => parameter(leaf, () => treedef.paths()[i]))) as P // the same tree
  return Object.freeze({ params: made, count: lax.full([], 0, 'int32'), inner: initSteps(optimizer, made) })
}

const checkGradient = (gradient: unknown, x: NdArray, path: () => Path): void => {
  const who = 'optim.step'
  const at = (): Path => ['gradients', ...path()]
  if (!isArray(gradient)) throw new ArgumentError(who, 'arrays as gradients', gradient, at())
  if (!equalShapes(gradient.shape, x.shape)) throw new ShapeError(who, `the parameter's shape [${x.shape.join(',')}]`, gradient, at())
  if (gradient.dtype !== x.dtype) throw new DTypeError(who, `the parameter's dtype ${x.dtype}`, gradient, at())
}

const checkState = (state: Partial<State<unknown>> | null | undefined): void => { // callers without types pass anything
  if (!Array.isArray(state?.inner) || !isArray(state.count)) throw new ArgumentError('optim.step', 'a state, as optim.init makes it', state)
}

const mostSteps = 2 ** 31 - 1

/**
 * The state after one step: the gradients go through the optimizer's steps, and what comes out is added to the parameters. A pure
 * function, so training is a fold; under `jit` one step is one program. The count stops at 2³¹ − 1.
 *
 * Throws TreeError where the gradients' structure is not that of the parameters or the state is of another optimizer,
 * ShapeError and DTypeError where a gradient's type is not its parameter's, with the path.
 *
 * @example
 * const opt = optim.sgd(0.1)
 * const start = optim.init(opt)({ w: np.array([1, 2]) })
 * const next = optim.step(opt)(start, { w: np.array([10, 0]) })
 * next.params // { w: [0, 2] }
 * next.count // 1
 */
export const step = (optimizer: Optimizer) => <P>(state: State<P>, gradients: NoInfer<P>): State<P> => {
  checkList('optim.step', 'an optimizer, which is a list of steps', optimizer)
  checkState(state)
  if (state.inner.length !== optimizer.length) {
    throw new TreeError('optim.step', `the state of an optimizer of ${optimizer.length} steps`, `one of ${state.inner.length} steps`)
  }
  const { params, count } = state
  const [leaves, treedef] = flatten(params)
  const old = leaves as readonly NdArray[] // init has seen to it
  const [given, other] = flatten<unknown>(gradients)
  requireSameStructure('optim.step', treedef, other, ['the parameters', 'the gradients'])
  given.forEach((gradient, i) => checkGradient(gradient, old[i], () => treedef.paths()[i]))
  const [updates, inner] = runSteps(optimizer, gradients, state.inner, { params, count })
  const changes = flatten(updates)[0] as readonly NdArray[] // steps give updates of the parameters' structure
  return Object.freeze({
    params: treedef.unflatten(old.map((x, i) => lax.add(x, changes[i]))),
    count: lax.add(lax.min(count, mostSteps - 1), 1),
    inner
  })
}
