import { donate as invalidate } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { ArgumentError, quoted, type Path } from '../core/errors.js'
import { checkFunction, checkList, checkOptions } from '../core/options.js'
import { range } from '../core/shape.js'
import { currentTrace, evaluation } from '../core/trace.js'
import { warn } from '../core/warn.js'
import { isSpared, programs } from '../backend/compiled.js'
import { outlineOf, type Cost, type Outline } from '../backend/outline.js'
import { planned } from '../backend/plan.js'
import { hasFma } from '../backend/wasm/fma.js'
import { call, type Contraction, type Freedom } from '../control/jit.js'
import { avalsOf } from '../ir/jaxpr.js'
import { simplify } from '../ir/passes.js'
import { Program } from '../ir/program.js'
import { stage } from '../ir/stage.js'
import { arraysOf, flatFunction, type Fn } from '../transform/boundary.js'
import { typesOf, type ShapeStruct } from '../transform/inspect.js'
import { alike, Cache, type Entry, type Signature } from './cache.js'
import { explainMiss } from './difference.js'
import { Retracing } from './retracing.js'

export interface JitOptions {
  /** Positions of arguments that are no arrays: part of the program, compared by identity; a new value traces anew. */
  readonly static?: readonly number[]
  /** Positions of arguments whose arrays the call may overwrite: using them afterwards throws DonatedError. */
  readonly donate?: readonly number[]
  /**
   * Whether a multiplication and an addition may be one instruction of relaxed SIMD, which is faster on some machines. Then last bits
   * may differ from machine to machine, not from run to run. Where an engine has no such instructions, a warning says so.
   */
  readonly fma?: boolean
  /**
   * How products and sums may be rearranged, so that large values between them need not be made: as the policy of contraction planning
   * allows (`'auto'`), which keeps within the bounds of the original's rounding but takes NaN and infinities for one another; in float64
   * also where terms may cancel (`'loose'`); or not at all (`'off'`). The outermost jit decides.
   */
  readonly contraction?: Contraction
  /** The name that jaxprs print; the function's own if not given. */
  readonly name?: string
}

/** Arguments, or what is known of them. */
type Described<A extends readonly unknown[]> = { readonly [K in keyof A]: A[K] | ShapeStruct }

/** A program that a jitted function runs, to look at and to compile ahead of time. */
export interface Lowered<F extends Fn = Fn> {
  /** As the function was traced; as it came out of the first passes (the default); or as it is compiled, without calls. */
  jaxpr(stage?: 'traced' | 'simplified' | 'compiled'): Program
  /** Its kernels, in order: a table of loops, operations and bytes. */
  schedule(): Outline
  /** Operations, bytes and kernels, estimated. */
  cost(): Cost
  /** Compiles the program, which calls then find. Gives the jitted function. Throws ArgumentError for programs with `check`s. */
  compile(): Jitted<F>
  /** The same in the background, as browsers want it for large programs. */
  compileAsync(): Promise<Jitted<F>>
}

/** A function that runs as one program. */
export type Jitted<F extends Fn> = F & {
  /** The program for arguments of these types (arrays, or `ShapeStruct`s), without running it. */
  lower(...args: Described<Parameters<F>>): Lowered<F>
  /** Whether a call would be traced, and how it differs from the nearest program that was, as text. */
  explainCacheMiss(...args: Described<Parameters<F>>): string
}

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

let warned = false

/** Whether multiplications and additions are to be fused, and can be. Where they cannot, that is said once. */
const fuses = (wanted: boolean | undefined): boolean => {
  if (wanted !== undefined && typeof wanted !== 'boolean') throw new ArgumentError('jit', 'true or false for fma', quoted(wanted))
  if (wanted !== true || hasFma()) return wanted === true
  if (!warned) warn('jit: fma has no effect here: this engine has no relaxed SIMD, so multiplications and additions stay apart')
  warned = true
  return false
}

/** What jaxprs call a function. */
const nameOf = (f: Fn, name: string | undefined): string => {
  if (name === undefined) return f.name === '' ? 'function' : f.name
  if (typeof name !== 'string') throw new ArgumentError('jit', 'a text as name', name)
  return name
}

const none: readonly unknown[] = []

/** How many calls of a function within each other, all of the same types, are a recursion without an end. */
const deepest = 100

/** How paths of arguments begin. */
const root: Path = ['arguments']

const contractionOf = (wanted: Contraction | undefined): Contraction | undefined => {
  if (wanted === undefined || ['auto', 'loose', 'off'].includes(wanted)) return wanted
  throw new ArgumentError('jit', "'auto', 'loose' or 'off' as contraction", quoted(wanted))
}

interface Call extends Signature {
  readonly arrays: readonly NdArray[]
}

const jitted = (f: Fn, options: JitOptions): Jitted<Fn> => {
  checkOptions('jit', options, ['static', 'donate', 'name', 'fma', 'contraction'], true)
  checkFunction('jit', 'a function to transform', f)
  const statics = positions('static', options.static)
  const donated = positions('donate', options.donate)
  for (const at of donated) {
    if (statics.has(at)) throw new ArgumentError('jit', 'an argument to be either static or donated', `argument ${at}`)
  }
  const fma = fuses(options.fma)
  const contraction = contractionOf(options.contraction)
  const freedom: Freedom = { ...(fma && { fma }), ...(contraction !== undefined && { contraction }) }
  const name = nameOf(f, options.name)
  const who = `jit(${name})`
  const cache = new Cache()
  const places = [...statics].sort((a, b) => a - b)
  const own = fma ? programs.fused : programs
  const retracing = new Retracing(who, f, cache, places)
  /** What is being traced, a call within a call. */
  const open: Signature[] = []

  const traced = (args: readonly unknown[]): readonly unknown[] =>
    (statics.size === 0 ? args : args.map((x, i) => (statics.has(i) ? null : x)))
  const given = (args: readonly unknown[]): readonly unknown[] => (statics.size === 0 ? none : args.filter((_, i) => statics.has(i)))
  const take = (args: readonly unknown[]): Call => {
    const { arrays, treedef } = arraysOf('jit', traced(args), root)
    return { arrays, treedef, statics: given(args) }
  }
  const describe = (args: readonly unknown[]): Signature => {
    const { avals, treedef } = typesOf('jit', traced(args))
    return { arrays: avals.map((aval) => ({ aval })), treedef, statics: given(args) }
  }
  const trace = (args: readonly unknown[], signature: Signature): Entry => {
    if (open.filter((each) => alike(each, signature)).length >= deepest) {
      const endless = `${deepest} calls within each other, all with the same types and static values`
      throw new ArgumentError(who, 'a recursion that ends while it is traced (a cond traces both branches)', endless)
    }
    open.push(signature)
    try {
      return traceOnce(args, signature)
    } finally {
      open.pop()
    }
  }
  const traceOnce = (args: readonly unknown[], { arrays, treedef }: Signature): Entry => {
    const whole: Fn = (...dynamic) => f(...(dynamic.map((x, i) => (statics.has(i) ? args[i] : x)) as never[])) // what the caller passed
    const { run, result } = flatFunction('jit', statics.size === 0 ? f : whole, treedef)
    const { jaxpr, captured } = stage(run, avalsOf(arrays))
    let at = captured.length
    const gifts = treedef.children.flatMap(({ size }, i) => {
      const from = at
      at += size
      return donated.has(i) ? range(at).slice(from) : []
    })
    return { jaxpr, captured, result: result(), donated: gifts }
  }
  const run = (...args: readonly unknown[]): unknown => {
    const made = take(args)
    const { jaxpr, captured, result, donated: gifts } = cache.find(made, () => {
      if (currentTrace() === evaluation) retracing.traced(made)
      return trace(args, made)
    })
    const operands = captured.length === 0 ? made.arrays : [...captured, ...made.arrays]
    if (gifts.length === 0 || currentTrace() !== evaluation) return result.unflatten(call(name, simplify(jaxpr), operands, freedom))
    const outs = call(name, simplify(jaxpr), operands, freedom, gifts)
    release(operands, gifts, outs)
    return result.unflatten(outs)
  }
  const lower = (...args: readonly unknown[]): Lowered => {
    const made = describe(args)
    const { jaxpr, captured, donated: gifts } = cache.find(made, () => trace(args, made))
    const simplified = simplify(jaxpr)
    return {
      jaxpr(stage = 'simplified') {
        switch (stage) {
          case 'traced': return new Program(jaxpr, captured)
          case 'simplified': return new Program(simplified, captured)
          case 'compiled': return new Program(planned(simplified, contraction).jaxpr, captured)
          default: throw new ArgumentError('jaxpr', "'traced', 'simplified' or 'compiled'", quoted(stage))
        }
      },
      schedule: () => outlineOf(who, simplified, gifts, contraction),
      cost: () => outlineOf(who, simplified, gifts, contraction).cost,
      compile() {
        own.whole(name, simplified, gifts, contraction)
        return self
      },
      async compileAsync() {
        await own.prepare(name, simplified, gifts, contraction)
        return self
      }
    }
  }
  const explainCacheMiss = (...args: readonly unknown[]): string => explainMiss(who, cache.slots, describe(args), places)
  const self = Object.assign(Object.defineProperty(run as Fn, 'name', { value: who }), { lower, explainCacheMiss }) // arrays in, arrays out
  return self
}

/** Only the outermost evaluated jit donates. What it returns unchanged stays valid. */
const release = (operands: readonly NdArray[], gifts: readonly number[], outs: readonly NdArray[]): void => {
  for (const at of gifts) {
    const x = operands[at]
    if (!outs.includes(x) && !isSpared(x)) invalidate(x)
  }
}

/**
 * The function as one program: traced once per structure, shapes and dtypes of its arguments and values of its static
 * arguments, compiled to WebAssembly, and run as a whole from then on. It must be pure: what it does beside computing happens only
 * while tracing. Last bits may differ from those of a plain call. JAX's `jit`. Throws ArgumentError for leaves that are no arrays
 * and are not static, and for `check`s, TracerError where the function needs a number that is only known later, and MemoryError
 * for programs larger than memory.
 *
 * @example
 * const norm = jit((x: NdArray) => np.sqrt(np.sum(np.square(x))))
 * norm(np.array([3, 4])) // 5
 */
export const jit: Jit = Object.assign((f: Fn, options: JitOptions = {}) => jitted(f, options), {
  with: (options: JitOptions) => (f: Fn) => jitted(f, options)
}) as Jit // the jitted function has the type of the original
