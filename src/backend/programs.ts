import type { NdArray } from '../core/array.js'
import { publicName, type Atom, type Jaxpr, type Var } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { refuseChecks } from '../control/check.js'
import { literalArray } from '../ir/jaxpr.js'
import type { Clock } from './clock.js'
import { EagerPrograms } from './eager.js'
import type { Part } from './partition.js'
import { compilable, donatedTo, planned, type Plan } from './plan.js'
import { compile, compileAsync, type Executable, type Setting } from './wasm/executable.js'
import { Heap } from './wasm/heap.js'

let heap: Heap | undefined

const none: readonly number[] = []

/** The memory of all programs, made when it is first needed. */
const sharedHeap = (): Heap => (heap ??= new Heap())

/** An equation by itself, as it is run for whoever does not compile it. */
const interpreted = ({ jaxpr }: Part): Executable => {
  const [{ primitive, params, inputs }] = jaxpr.eqns
  const places = inputs.map((atom) => (atom.kind === 'literal' ? literalArray(atom) : jaxpr.inputs.indexOf(atom)))
  return (args) => bind(primitive, places.map((place) => (typeof place === 'number' ? args[place] : place)), params)
}

/** The parts of a program one after the other; what no later part reads is let go. */
const inOrder = ({ jaxpr, parts }: Plan, runs: readonly Executable[]): Executable => {
  const last = new Map<Var, number>()
  parts.forEach((part, k) => part.jaxpr.inputs.forEach((v) => last.set(v, k)))
  const kept = new Set<Atom>(jaxpr.outputs)
  const places = new Map<Atom, number>([...jaxpr.inputs, ...parts.flatMap((part) => part.jaxpr.outputs)].map((v, i) => [v, i]))
  const placesOf = (list: readonly Var[]): readonly number[] => list.map((v) => places.get(v) as number) // parts are in order
  const steps = parts.map(({ jaxpr: { inputs, outputs } }, k) => ({
    run: runs[k],
    from: placesOf(inputs),
    to: placesOf(outputs),
    dead: placesOf(inputs.filter((v) => last.get(v) === k && !kept.has(v)))
  }))
  const results = jaxpr.outputs.map((atom) => (atom.kind === 'literal' ? atom : places.get(atom) as number)) // as above
  return (args, spared) => {
    const values: (NdArray | undefined)[] = [...args]
    const at = (place: number): NdArray => values[place] as NdArray // as above
    for (const { run, from, to, dead } of steps) {
      const outs = run(from.map(at), spared)
      for (let i = 0; i < to.length; i++) values[to[i]] = outs[i]
      for (const place of dead) values[place] = undefined
    }
    return results.map((place) => (typeof place === 'number' ? at(place) : literalArray(place)))
  }
}

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
      if (!compilable(eqn)) return null
      const who = publicName(eqn.primitive.name)
      return this.#program(who, compile(segment, this.#setting(who)))
    })
  }

  /** Those in which multiplications and additions may be one instruction. */
  get fused(): Programs {
    return (this.#fused ??= new Programs(this.#clock, true))
  }

  /** The program of a jaxpr, called `name`, whose results may take the memory of the arguments at `donated` positions. */
  whole(name: string, jaxpr: Jaxpr, donated: readonly number[] = none): Executable {
    const kept = this.#kept(donated)
    const known = kept.get(jaxpr)
    if (known !== undefined) return known
    const who = `jit(${name})`
    const plan = planned(refuseChecks(who, jaxpr))
    const setting = this.#setting(who)
    const gifts = donatedTo(plan, donated)
    const runs = plan.parts.map((part, k) => (part.compiled ? compile(part.jaxpr, setting, gifts[k]) : this.#interpreted(part)))
    const program = this.#program(who, inOrder(plan, runs))
    kept.set(jaxpr, program)
    return program
  }

  /** Sees to it that there is one, compiled in the background. */
  async prepare(name: string, jaxpr: Jaxpr, donated: readonly number[] = none): Promise<void> {
    const kept = this.#kept(donated)
    if (kept.has(jaxpr)) return
    const who = `jit(${name})`
    const plan = planned(refuseChecks(who, jaxpr))
    const setting = this.#setting(who)
    const gifts = donatedTo(plan, donated)
    const runs = await Promise.all(plan.parts.map(async (part, k) =>
      (part.compiled ? await compileAsync(part.jaxpr, setting, gifts[k]) : this.#interpreted(part))))
    kept.set(jaxpr, this.#program(who, inOrder(plan, runs)))
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

  #interpreted(part: Part): Executable {
    const run = interpreted(part)
    return this.#clock === undefined ? run : timed(run, this.#clock.enrol({ kind: 'interpreted', eqn: part.jaxpr.eqns[0] }), this.#clock)
  }
}
