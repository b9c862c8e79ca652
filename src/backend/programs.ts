import { storageOf } from '../array/ndarray.js'
import { refuseChecks } from '../control/effects/check.js'
import type { Contraction } from '../control/jit.js'
import { publicName, type Jaxpr } from '../core/primitive.js'
import { warn } from '../core/warn.js'
import { evaluate } from '../ir/evaluate.js'
import type { Clock } from './clock.js'
import { EagerPrograms } from './eager.js'
import { donatedTo, planned, type Plan } from './plan.js'
import { refused } from './wasm/runtime/engine.js'
import { compile, compileAsync, type Executable, type Setting } from './wasm/runtime/executable.js'
import { sharedHeap } from './wasm/runtime/heap.js'
import { isOwn } from './wasm/target.js'

const none: readonly number[] = []

let warned = false

/** Whether programs can be compiled here. Where they cannot, that is said once. */
const compiles = (): boolean => {
  const reason = refused()
  if (reason !== null && !warned) {
    warned = true
    warn(`jit: programs are not compiled here but run operation by operation, which is many times slower: ${reason}; ` +
      "WebAssembly with SIMD is needed, and where a page has a content security policy, 'wasm-unsafe-eval' among its script-src")
  }
  return reason === null
}

/** The whole program, of which `run` computes what there is to compute. Arguments that were donated are refused, read or not. */
const whole = ({ reads, results, unread }: Plan, run: Executable): Executable => (args, spared) => {
  for (const k of unread) storageOf(args[k])
  return results(args, run(reads(args), spared))
}

/** Computes nothing. */
const idle: Executable = () => []

/** An executable whose beginning and end a clock is told of. */
const timed = (run: Executable, number: number, clock: Clock): Executable => (args, spared) => {
  clock.begin(number)
  try {
    return run(args, spared)
  } finally {
    clock.end(number)
  }
}

/** The programs that were compiled, each once. With a clock, they tell it what they are doing. */
export class Programs {
  readonly #clock: Clock | undefined
  readonly #fma: boolean
  readonly #whole = new WeakMap<Jaxpr, Executable>()
  /** Those whose results take the memory of arguments. A jaxpr is a jitted function's: what is donated goes with it. */
  readonly #consuming = new WeakMap<Jaxpr, Executable>()
  /** Those of single operations on large arrays. */
  readonly single: EagerPrograms

  #fused: Programs | undefined

  constructor(clock?: Clock, fma = false) {
    this.#clock = clock
    this.#fma = fma
    this.single = new EagerPrograms((segment, eqn) => {
      if (!isOwn(segment) || !compiles()) return null
      const who = publicName(eqn.primitive.name)
      return this.#program(who, compile(segment, this.#setting(who)))
    })
  }

  /** Those in which multiplications and additions may be one instruction. */
  get fused(): Programs {
    return (this.#fused ??= new Programs(this.#clock, true))
  }

  /** The program of a jaxpr, called `name`, whose results may take the memory of the arguments at `donated` positions. */
  whole(name: string, jaxpr: Jaxpr, donated: readonly number[] = none, contraction?: Contraction): Executable {
    const kept = this.#kept(donated)
    const known = kept.get(jaxpr)
    if (known !== undefined) return known
    const who = `jit(${name})`
    refuseChecks(who, jaxpr)
    if (!compiles()) return this.#keep(who, jaxpr, donated, (args) => evaluate(jaxpr, args))
    const plan = planned(jaxpr, contraction)
    const { segment } = plan
    const gifts = donatedTo(plan, donated)
    return this.#keep(who, jaxpr, donated, whole(plan, segment.eqns.length === 0 ? idle : compile(segment, this.#setting(who), gifts)))
  }

  /** Sees to it that there is one, compiled in the background. */
  async prepare(name: string, jaxpr: Jaxpr, donated: readonly number[] = none, contraction?: Contraction): Promise<void> {
    const kept = this.#kept(donated)
    if (kept.has(jaxpr)) return
    const who = `jit(${name})`
    refuseChecks(who, jaxpr)
    if (!compiles()) return
    const plan = planned(jaxpr, contraction)
    this.#keep(who, jaxpr, donated, whole(plan, await compileAsync(plan.segment, this.#setting(who), donatedTo(plan, donated))))
  }

  #keep(who: string, jaxpr: Jaxpr, donated: readonly number[], run: Executable): Executable {
    const program = this.#program(who, run)
    this.#kept(donated).set(jaxpr, program)
    return program
  }

  #kept(donated: readonly number[]): WeakMap<Jaxpr, Executable> {
    return donated.length === 0 ? this.#whole : this.#consuming
  }

  #setting(who: string): Setting {
    return { heap: sharedHeap(), who, clock: this.#clock, fma: this.#fma }
  }

  #program(name: string, run: Executable): Executable {
    return this.#clock === undefined ? run : timed(run, this.#clock.enrol({ kind: 'program', name }), this.#clock)
  }
}
