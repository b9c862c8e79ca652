import { donate as invalidate, isConcrete } from '../array/ndarray.js'
import { ArgumentError } from '../core/errors.js'
import { checkFunction, checkList, checkOptions } from '../core/options.js'
import { currentTrace, evaluation } from '../core/trace.js'
import { call } from '../control/jit.js'
import { avalsOf } from '../ir/jaxpr.js'
import { simplify } from '../ir/passes.js'
import { Program } from '../ir/program.js'
import { stage } from '../ir/stage.js'
import { arraysOf, flatFunction, type Fn } from '../transform/boundary.js'
import type { TreeDef } from '../tree/treedef.js'
import { Cache, type Entry } from './cache.js'

export interface JitOptions {
  /** Positions of arguments that are no arrays: part of the program, compared by identity; a new value traces anew. */
  readonly static?: readonly number[]
  /** Positions of arguments whose arrays the call may overwrite: using them afterwards throws DonatedError. */
  readonly donate?: readonly number[]
  /** The name that jaxprs print; the function's own if not given. */
  readonly name?: string
}

/** A program that a jitted function runs, to look at. */
export interface Lowered {
  /** As the function was traced, or as it came out of the passes. */
  jaxpr(stage?: 'traced' | 'simplified'): Program
}

/** A function that runs as one program; `lower` shows the program without running it. */
export type Jitted<F extends Fn> = F & { lower(...args: Parameters<F>): Lowered }

/** `jit(f)`, `jit.with({ donate: [0] })(f)`. */
export interface Jit {
  <F extends Fn>(f: F, options?: JitOptions): Jitted<F>
  with(options: JitOptions): <F extends Fn>(f: F) => Jitted<F>
}

const positions = (who: string, list: readonly number[] | undefined): ReadonlySet<number> => {
  if (list !== undefined) checkList('jit', `a list of positions of arguments in ${who}`, list)
  for (const at of list ?? []) {
    if (!Number.isInteger(at) || at < 0) throw new ArgumentError('jit', `positions of arguments in ${who}`, at)
  }
  return new Set(list)
}

interface Call {
  readonly arrays: ReturnType<typeof arraysOf>['arrays']
  readonly treedef: TreeDef
  readonly statics: readonly unknown[]
}

const jitted = (f: Fn, options: JitOptions): Jitted<Fn> => {
  checkOptions('jit', options, ['static', 'donate', 'name'], true)
  checkFunction('jit', 'a function to transform', f)
  const statics = positions('static', options.static)
  const donated = positions('donate', options.donate)
  for (const at of donated) {
    if (statics.has(at)) throw new ArgumentError('jit', 'an argument to be either static or donated', `argument ${at}`)
  }
  const name = options.name ?? (f.name === '' ? 'function' : f.name)
  const cache = new Cache()

  const take = (args: readonly unknown[]): Call => {
    const traced = statics.size === 0 ? args : args.map((x, i) => (statics.has(i) ? null : x))
    return { ...arraysOf('jit', traced, ['arguments']), statics: args.filter((_, i) => statics.has(i)) }
  }
  const trace = (args: readonly unknown[], { arrays, treedef }: Call): Entry => {
    const whole: Fn = (...dynamic) => f(...(dynamic.map((x, i) => (statics.has(i) ? args[i] : x)) as never[])) // what the caller passed
    const { run, result } = flatFunction('jit', statics.size === 0 ? f : whole, treedef)
    const { jaxpr, captured } = stage(run, avalsOf(arrays))
    return { jaxpr, captured, result: result() }
  }
  const run = (...args: readonly unknown[]): unknown => {
    const made = take(args)
    const { jaxpr, captured, result } = cache.find(made, () => trace(args, made))
    const outs = call(name, simplify(jaxpr), captured.length === 0 ? made.arrays : [...captured, ...made.arrays])
    if (donated.size > 0 && currentTrace() === evaluation) release(args, donated, outs)
    return result.unflatten(outs)
  }
  const lower = (...args: readonly unknown[]): Lowered => {
    const made = take(args)
    const { jaxpr, captured } = cache.find(made, () => trace(args, made))
    return { jaxpr: (stage = 'simplified') => new Program(stage === 'traced' ? jaxpr : simplify(jaxpr), captured) }
  }
  return Object.assign(Object.defineProperty(run as Fn, 'name', { value: `jit(${name})` }), { lower }) // arrays in, arrays out
}

/** Only the outermost evaluated jit donates. What it returns unchanged stays valid. */
const release = (args: readonly unknown[], donated: ReadonlySet<number>, outs: readonly unknown[]): void => {
  const kept = new Set(outs)
  for (const at of donated) {
    for (const x of arraysOf('jit', args[at], ['arguments', at]).arrays) if (isConcrete(x) && !kept.has(x)) invalidate(x)
  }
}

/**
 * The function as one program: traced once per structure, shapes and dtypes of its arguments and values of its static
 * arguments, simplified, and run as a whole from then on. It must be pure: what it does beside computing happens only while
 * tracing. JAX's `jit`. Throws ArgumentError for leaves that are no arrays and are not static, TracerError where
 * the function needs a number that is only known later.
 *
 * @example
 * const norm = jit((x: NdArray) => np.sqrt(np.sum(np.square(x))))
 * norm(np.array([3, 4])) // 5
 */
export const jit: Jit = Object.assign((f: Fn, options: JitOptions = {}) => jitted(f, options), {
  with: (options: JitOptions) => (f: Fn) => jitted(f, options)
}) as Jit // the jitted function has the type of the original
