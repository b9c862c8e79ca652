import { dataOf, isConcrete } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { showAval } from '../../core/aval.js'
import { isFloat } from '../../core/dtype.js'
import { CotangentError, TracerError, showPath } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import type { Eqn, Jaxpr, Primitive } from '../../core/primitive.js'
import { bind, Trace, within } from '../../core/trace.js'
import { evaluate } from '../../ir/evaluate.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { showEquation } from '../../ir/show.js'
import { recordingSources, watching, type Apply } from '../../ir/source.js'
import { stage } from '../../ir/stage.js'
import { argumentsOf, flatFunction, named, type Fn } from '../../transform/boundary.js'

/** Evaluates by the primitives' own implementations, so that no equation escapes the watcher, however deep. */
class StepTrace extends Trace {
  process(primitive: Primitive, operands: readonly NdArray[], params: object): readonly NdArray[] {
    return primitive.impl(operands, params, primitive.abstract(avalsOf(operands), params))
  }
}

/** An equation that is being evaluated. */
interface Frame {
  readonly jaxpr: Jaxpr
  readonly index: number
  readonly eqn: Eqn
  readonly operands: readonly NdArray[]
  /** How often each of its jaxprs was begun. */
  readonly begun: Map<Jaxpr, number>
  /** Of the jaxpr begun last. */
  count: number
}

/** Which roots a value descends from, and through how many equations. */
type Descent = ReadonlyMap<number, number>

const nowhere: Descent = new Map()

const united = (descents: readonly Descent[], step: number): Descent => {
  const all = new Map<number, number>()
  for (const descent of descents) {
    for (const [root, distance] of descent) all.set(root, Math.min(all.get(root) ?? Infinity, distance + step))
  }
  return all
}

/** What is wrong in an array, if anything is. */
const flaw = (x: NdArray, infinity: boolean): 'nan' | 'inf' | undefined => {
  if (!isFloat(x.dtype) || !isConcrete(x)) return undefined
  let found: 'inf' | undefined
  for (const value of dataOf(x)) {
    if (Number.isNaN(value)) return 'nan'
    if (infinity && !Number.isFinite(value)) found = 'inf'
  }
  return found
}

/** What a value descends from, in words, and where in the arguments that is. */
interface Origin {
  readonly word: string
  readonly paths: readonly string[]
}

/** A value that is not finite, and where it came up. */
export class NonFiniteError extends CotangentError {
  /** The name of the primitive that gave it. */
  readonly primitive: string
  /** The equation's place in the program that `makeJaxpr` shows; further numbers are places in the jaxprs of that equation. */
  readonly equation: readonly number[]
  /** The equation as its jaxpr prints it. */
  readonly line: string
  /** The line of code that it was traced from; empty if that is not known. */
  readonly source: string
  /** The paths of the arguments that the value descends from, the nearest first. */
  readonly paths: readonly string[]

  constructor(who: string, frames: readonly Frame[], value: string, found: NdArray, origin: Origin) {
    const { jaxpr, index, eqn } = frames[frames.length - 1]
    const line = showEquation(jaxpr, index)
    const within = frames.slice(0, -1).map((frame) => {
      const runs = frame.count > 1 ? `, run ${frame.count}` : ''
      return `equation ${frame.index} (${frame.eqn.primitive.name}${runs}), `
    })
    const source = eqn.source ?? ''
    const traced = source === '' ? '' : `, traced in ${source}`
    const descends = origin.paths.length === 0 ? '' : `, descending from the ${origin.word}`
    const shown = [...origin.paths.slice(0, 4), ...(origin.paths.length > 4 ? ['…'] : [])].join(', ')
    const got = `${value} in ${showAval(found.aval)} from ${within.join('')}equation ${index}, ${line}${traced}${descends}`
    super(who, 'finite values', got, shown)
    this.primitive = eqn.primitive.name
    this.equation = frames.map((frame) => frame.index)
    this.line = line
    this.source = source
    this.paths = origin.paths
  }
}

/** An array that a program starts from. */
interface Root {
  readonly array: NdArray
  readonly path: string
}

/** Watches an evaluation, and throws at the first value that is not finite. */
class Search {
  readonly #infinity: boolean
  readonly #roots: readonly Root[]
  readonly #frames: Frame[] = []
  readonly #descents = new WeakMap<NdArray, Descent>()

  constructor(roots: readonly Root[], infinity: boolean) {
    this.#roots = roots
    this.#infinity = infinity
    roots.forEach(({ array }, i) => this.#descents.set(array, united([this.#of(array), new Map([[i, 0]])], 0)))
  }

  #of(x: NdArray): Descent {
    return this.#descents.get(x) ?? nowhere
  }

  /** A loop hands slices of its operands to its body, in the same order: they descend from what the operands do. */
  begin(jaxpr: Jaxpr, args: readonly NdArray[]): Apply {
    const outer = this.#frames.at(-1)
    if (outer !== undefined) {
      outer.count = (outer.begun.get(jaxpr) ?? 0) + 1
      outer.begun.set(jaxpr, outer.count)
      const given = new Set(outer.operands)
      const offset = outer.operands.length - args.length
      args.forEach((x, i) => {
        const whole = outer.operands[offset + i]
        if (whole !== undefined && !given.has(x) && !this.#descents.has(x)) this.#descents.set(x, this.#of(whole))
      })
    }
    return (eqn, operands, index) => this.#apply(jaxpr, eqn, operands, index)
  }

  #apply(jaxpr: Jaxpr, eqn: Eqn, operands: readonly NdArray[], index: number): readonly NdArray[] {
    this.#frames.push({ jaxpr, index, eqn, operands, begun: new Map(), count: 0 })
    const outs = bind(eqn.primitive, operands, eqn.params)
    const descent = united(operands.map((x) => this.#of(x)), 1)
    for (const x of outs) {
      if (!this.#descents.has(x)) this.#descents.set(x, descent)
      const value = flaw(x, this.#infinity)
      if (value !== undefined) throw new NonFiniteError('debug.nans', this.#frames, value, x, this.#origin(this.#of(x), value))
    }
    this.#frames.pop()
    return outs
  }

  /** The arguments that a value descends from: those that are not finite themselves, if there are any. */
  #origin(descent: Descent, value: string): Origin {
    const nearest = [...descent].sort(([, a], [, b]) => a - b).map(([root]) => this.#roots[root])
    const flawed = nearest.filter(({ array }) => flaw(array, this.#infinity) !== undefined)
    return flawed.length > 0
      ? { word: value, paths: flawed.map(({ path }) => path) }
      : { word: 'value', paths: nearest.map(({ path }) => path) }
  }
}

export interface NansOptions {
  /** Stop at infinities too; true unless said otherwise. */
  readonly infinity?: boolean
}

/** `debug.nans(f)`. */
export interface Nans {
  <F extends Fn>(f: F, options?: NansOptions): F
  with(options: NansOptions): <F extends Fn>(f: F) => F
}

const stepping = (f: Fn, options: NansOptions): Fn => {
  checkOptions('debug.nans', options, ['infinity'])
  return named('debug.nans', f, (...args: readonly unknown[]): unknown => {
    const { arrays, treedef } = argumentsOf('debug.nans', args)
    const { run, result } = flatFunction('debug.nans', f, treedef)
    const { jaxpr, captured } = recordingSources(() => stage(run, avalsOf(arrays), { who: 'debug.nans' }))
    const paths = treedef.paths()
    const roots: readonly Root[] = [
      ...arrays.map((array, i) => ({ array, path: showPath(['arguments', ...paths[i]]) })),
      ...captured.map((array, i) => ({ array, path: `array ${i} that the function closes over` }))
    ]
    for (const { array } of roots) {
      if (!isConcrete(array)) throw new TracerError('debug.nans', 'to be the outermost transform, as in debug.nans(grad(f))', array)
    }
    const search = new Search(roots, options.infinity ?? true)
    const outs = watching(
      (inner, given) => search.begin(inner, given),
      () => within(new StepTrace(1), () => evaluate(jaxpr, [...captured, ...arrays]))
    )
    return result().unflatten(outs)
  })
}

/**
 * The function, evaluated step by step: it stops at the first value that is not finite, or with `{ infinity: false }` that is
 * NaN, whether on the way forward or backward, and reports the primitive, the equation in the jaxpr, the line of code that it
 * was traced from, and the paths of the arguments that the value descends from. It goes around all other transforms:
 * `debug.nans(grad(loss))`. JAX's `jax_debug_nans`. Throws NonFiniteError.
 *
 * @example
 * const loss = (p: { readonly w: NdArray }, x: NdArray) => np.sum(np.log(np.mul(p.w, x)))
 * nans(grad(loss))({ w: np.array([1, 2]) }, np.array([3, 4])) // { w: [1, 0.5] }
 * nans(grad(loss))({ w: np.array([1, -2]) }, np.array([3, 4])) // throws NonFiniteError
 */
export const nans: Nans = Object.assign((f: Fn, options: NansOptions = {}) => stepping(f, options), {
  with: (options: NansOptions) => (f: Fn) => stepping(f, options)
}) as Nans // the function has the type of the original
