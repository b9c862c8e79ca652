import type { NdArray } from '../core/array.js'
import type { Atom, Jaxpr, Var } from '../core/primitive.js'
import type { Backend } from '../core/trace.js'
import { bind } from '../core/trace.js'
import { refuseChecks } from '../control/check.js'
import { inlined } from '../control/inline.js'
import { jitP, type JitParams } from '../control/jit.js'
import { literalArray } from '../ir/jaxpr.js'
import { simplify } from '../ir/passes.js'
import { currentWatcher } from '../ir/source.js'
import { partition, type Part } from './partition.js'
import { reference } from './reference.js'
import { schedulable, type Target } from './schedule/schedulable.js'
import { compile, type Executable } from './wasm/executable.js'
import { Heap } from './wasm/heap.js'
import { writes } from './wasm/kernels/index.js'
import { emits } from './wasm/operations.js'

const target: Target = { emits, writes }

let heap: Heap | undefined

/** The memory of all programs, made when it is first needed. */
const sharedHeap = (): Heap => (heap ??= new Heap())

const executableOf = ({ compiled, jaxpr }: Part): Executable => {
  if (compiled) return compile(jaxpr, sharedHeap())
  const [{ primitive, params, inputs }] = jaxpr.eqns
  const places = inputs.map((atom) => (atom.kind === 'literal' ? literalArray(atom) : jaxpr.inputs.indexOf(atom)))
  return (args) => bind(primitive, places.map((place) => (typeof place === 'number' ? args[place] : place)), params)
}

/** A whole program: compiled parts and, between them, equations that are interpreted. */
const programOf = (traced: Jaxpr): Executable => {
  const jaxpr = simplify(inlined(traced))
  const parts = partition(jaxpr, (eqn) => schedulable(eqn, target))
  const last = new Map<Var, number>()
  parts.forEach((part, k) => part.jaxpr.inputs.forEach((v) => last.set(v, k)))
  const results = new Set<Atom>(jaxpr.outputs)
  const steps = parts.map((part, k) => ({
    ...part.jaxpr,
    run: executableOf(part),
    dead: part.jaxpr.inputs.filter((v) => last.get(v) === k && !results.has(v))
  }))
  return (args) => {
    const values = new Map<Var, NdArray>()
    jaxpr.inputs.forEach((v, i) => values.set(v, args[i]))
    const at = (v: Var): NdArray => values.get(v) as NdArray // parts are in order
    for (const { run, inputs, outputs, dead } of steps) {
      const outs = run(inputs.map(at))
      outputs.forEach((v, i) => values.set(v, outs[i]))
      for (const v of dead) values.delete(v)
    }
    return jaxpr.outputs.map((atom) => (atom.kind === 'literal' ? literalArray(atom) : at(atom)))
  }
}

const programs = new WeakMap<Jaxpr, Executable>()

/** Programs run compiled, everything else by the reference implementation. */
export const compiled: Backend = {
  ...reference,
  execute(primitive, operands, params, outs) {
    if (primitive !== jitP || currentWatcher() !== undefined) return primitive.impl(operands, params, outs)
    const { jaxpr, name } = params as JitParams // of jit
    const known = programs.get(jaxpr)
    const program = known ?? programOf(refuseChecks(`jit(${name})`, jaxpr))
    if (known === undefined) programs.set(jaxpr, program)
    return program(operands)
  }
}
