import { ArgumentError } from '../core/errors.js'
import { checkFunction, checkOptions } from '../core/options.js'
import { showTable } from '../core/table.js'
import type { Clock, Timed } from '../backend/clock.js'
import { running } from '../backend/compiled.js'
import { Programs } from '../backend/programs.js'
import { lineOf, type KernelLine } from '../backend/schedule/lines.js'
import type { Fn } from '../transform/boundary.js'
import { flatten } from '../tree/pytree.js'

export interface ProfileOptions {
  /** How often the function is run before its kernels are timed; 2 unless given. Engines make code faster as it is run. */
  readonly warmup?: number
  /** How often it is run while they are timed; 3 unless given. */
  readonly runs?: number
}

/** What one kernel took, or a program beside its kernels: copies in and out. */
export interface ProfileLine {
  /** Calls of JavaScript, such as `debug.print`, are `host`. */
  readonly kind: 'program' | 'kernel' | 'host'
  /** Of the kernel, after the loops that it is in. */
  readonly name: string
  readonly loops: string
  readonly calls: number
  /** Milliseconds in all, without what is listed by itself. */
  readonly ms: number
  /** Operations and bytes of one call; 0 where they are not known. */
  readonly flops: number
  readonly bytes: number
}

interface Span {
  readonly number: number
  readonly start: number
  readonly ms: number
}

/** The most spans that a flame chart shows. */
const mostSpans = 200_000

/** Adds up times, each without those within it. */
class Recorder implements Clock {
  readonly timed: Timed[] = []
  /** Within which other one each was first begun. */
  readonly parents: (number | undefined)[] = []
  readonly calls: number[] = []
  readonly own: number[] = []
  readonly spans: Span[] = []
  #open: { readonly number: number; readonly start: number; inside: number }[] = []

  enrol(timed: Timed): number {
    this.calls.push(0)
    this.own.push(0)
    this.parents.push(undefined)
    return this.timed.push(timed) - 1
  }

  begin(number: number): void {
    this.parents[number] ??= this.#open.at(-1)?.number
    this.#open.push({ number, start: performance.now(), inside: 0 })
  }

  end(number: number): void {
    const now = performance.now()
    const { start, inside } = this.#close(number)
    const ms = now - start
    this.calls[number]++
    this.own[number] += ms - inside
    const outer = this.#open.at(-1)
    if (outer !== undefined) outer.inside += ms
    if (this.spans.length < mostSpans) this.spans.push({ number, start, ms })
  }

  /** Forgets all times. */
  reset(): void {
    this.calls.fill(0)
    this.own.fill(0)
    this.spans.length = 0
    this.#open = []
  }

  /** What was begun; a trap in a kernel leaves what is within it open. */
  #close(number: number): { readonly start: number; readonly inside: number } {
    for (;;) {
      const open = this.#open.pop()
      if (open === undefined) throw new Error('what ends was not begun')
      if (open.number === number) return open
    }
  }
}

/** What kind of line there is for it. */
const kindOf = (timed: Timed): ProfileLine['kind'] => (timed.kind === 'kernel' && timed.kernel.kind === 'host' ? 'host' : timed.kind)

const describe = (timed: Timed): Pick<KernelLine, 'name' | 'loops' | 'flops' | 'reads' | 'writes'> => {
  switch (timed.kind) {
    case 'program': return { name: timed.name, loops: '', flops: 0, reads: 0, writes: 0 }
    case 'kernel': {
      const line = lineOf(timed.kernel)
      return line.within.length === 0 ? line : { ...line, flops: 0, reads: 0, writes: 0 } // which its kernels have
    }
  }
}

/** A number, if there is one: clocks of browsers may see no time go by. */
const decimals = (x: number, digits: number): string => (x === 0 || !Number.isFinite(x) ? '' : x.toFixed(digits))

/** Where the time of a function's programs went. */
export class Profile {
  /** Those that took longest first. */
  readonly lines: readonly ProfileLine[]
  /** Milliseconds of all of them. */
  readonly ms: number
  readonly #spans: readonly (Span & Pick<ProfileLine, 'name' | 'loops' | 'kind'>)[]

  constructor(recorder: Recorder) {
    const { timed, parents, calls, own, spans } = recorder
    const described = timed.map(describe)
    /** The loops that a kernel is in. */
    const loops = (number: number): string => {
      const parent = parents[number]
      return parent === undefined || timed[parent].kind !== 'kernel' ? '' : `${loops(parent)}${described[parent].name} › `
    }
    const lines = timed.map((each, i): ProfileLine => {
      const { name, loops: extents, flops, reads, writes } = described[i]
      return { kind: kindOf(each), name: `${loops(i)}${name}`, loops: extents, calls: calls[i], ms: own[i], flops, bytes: reads + writes }
    })
    this.lines = lines.filter((line) => line.calls > 0).sort((a, b) => b.ms - a.ms)
    this.ms = this.lines.reduce((sum, { ms }) => sum + ms, 0)
    this.#spans = spans.map((span) => {
      const { name, loops: extents } = described[span.number]
      return { ...span, name, loops: extents, kind: kindOf(timed[span.number]) }
    })
  }

  /** A table: what each kernel took, in all and per second; programs have what is left: copies in and out. */
  toString(): string {
    if (this.lines.length === 0) {
      return 'no program ran: only jitted functions, and operations on large arrays, have kernels to time'
    }
    const share = (ms: number): string => `${this.ms === 0 ? '0.0' : ((100 * ms) / this.ms).toFixed(1)} %`
    const shown = this.lines.filter(({ ms }) => ms >= 0.001 * this.ms)
    const rest = this.lines.filter((line) => !shown.includes(line))
    const rows = shown.map(({ name, loops, calls, ms, flops, bytes }) => [
      name, loops, String(calls), ms.toFixed(3), share(ms),
      decimals((flops * calls) / ms / 1e6, 1), decimals((bytes * calls) / ms / 1e6, 1)
    ])
    const others = rest.reduce((sum, { ms }) => sum + ms, 0)
    const last = rest.length === 0 ? [] : [[`${rest.length} others`, '', '', others.toFixed(3), share(others), '', '']]
    return showTable(['kernel', 'loops', 'calls', 'ms', 'share', 'GFLOP/s', 'GB/s'], [...rows, ...last])
  }

  /**
   * A flame chart as text in JSON: saved to a file, Chrome's tracing page (`chrome://tracing`) and Perfetto open it. It has the first
   * 200,000 spans.
   */
  toTrace(): string {
    const from = this.#spans.reduce((least, { start }) => Math.min(least, start), Infinity)
    const traceEvents = this.#spans.map(({ name, kind, loops, start, ms }) =>
      ({ name, cat: kind, ph: 'X', ts: 1000 * (start - from), dur: 1000 * ms, pid: 1, tid: 1, args: { loops } }))
    return JSON.stringify({ traceEvents, displayTimeUnit: 'ms' })
  }

  /** What Node's `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

const profiler = (f: Fn, options: ProfileOptions) => {
  checkOptions('profile', options, ['warmup', 'runs'])
  checkFunction('profile', 'a function to run', f)
  const { warmup = 2, runs = 3 } = options
  if (!Number.isSafeInteger(warmup) || warmup < 0) throw new ArgumentError('profile', 'a natural number of runs to warm up', warmup)
  if (!Number.isSafeInteger(runs) || runs < 1) throw new ArgumentError('profile', 'a positive number of runs', runs)
  return (...args: readonly unknown[]): Profile => {
    const recorder = new Recorder()
    const programs = new Programs(recorder)
    const spare = new Set(flatten<unknown>(args)[0])
    const run = (times: number): void => {
      for (let i = 0; i < times; i++) {
        const out = running(programs, spare, () => f(...(args as never[]))) // its own arguments
        if (!(out instanceof Promise)) continue
        throw new ArgumentError('profile', 'a function that has run when it returns', 'one that returns a promise')
      }
    }
    run(warmup)
    recorder.reset()
    run(runs)
    return new Profile(recorder)
  }
}

/** `profile(f)(...args)`, `profile.with({ runs: 10 })(f)(...args)`. */
export interface Profiling {
  <A extends readonly unknown[]>(f: (...args: A) => unknown, options?: ProfileOptions): (...args: A) => Profile
  with(options: ProfileOptions): <A extends readonly unknown[]>(f: (...args: A) => unknown) => (...args: A) => Profile
}

/**
 * Runs a function a few times, and times every kernel of the programs that it runs: those of jitted functions, and those that operations
 * on large arrays are. Programs are compiled anew for that, with a call of the clock before and after each kernel, which takes about
 * a tenth of a microsecond. Its arguments stay valid, even if it donates them. Throws ArgumentError for numbers of runs that are none.
 *
 * @example
 * const step = jit((x: NdArray) => np.sum(np.matmul(x, x)))
 * const found = profile(step)(np.ones([64, 64]))
 * found.lines.map(({ kind }) => kind).includes('kernel') // true
 */
export const profile: Profiling = Object.assign((f: Fn, options: ProfileOptions = {}) => profiler(f, options), {
  with: (options: ProfileOptions) => (f: Fn) => profiler(f, options)
})
