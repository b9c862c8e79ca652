import type { NdArray } from '../core/array.js'
import type { Aval } from '../core/aval.js'
import type { Jaxpr, Var } from '../core/primitive.js'
import { variable } from '../ir/jaxpr.js'
import { stage, type Staged } from '../ir/stage.js'

/** A function of arrays, and the types of its arguments. */
export interface Traceable {
  readonly run: (args: readonly NdArray[]) => readonly NdArray[]
  readonly avals: readonly Aval[]
}

/** Jaxprs that close over the same values: those are the first inputs of each, in the same order. */
export interface Closure {
  readonly jaxprs: readonly Jaxpr[]
  readonly captured: readonly NdArray[]
}

/** The jaxpr with inputs for all the captured values, of which it knows some. */
const widen = ({ jaxpr, captured }: Staged, all: readonly NdArray[]): Jaxpr => {
  const own = new Map<NdArray, Var>(captured.map((x, i) => [x, jaxpr.inputs[i]]))
  const inputs = all.map((x) => own.get(x) ?? variable(x.aval))
  return { ...jaxpr, inputs: [...inputs, ...jaxpr.inputs.slice(captured.length)] }
}

/** Lets all the jaxprs take what any of them closes over. */
export const closing = (staged: readonly Staged[]): Closure => {
  const captured = [...new Set(staged.flatMap((each) => each.captured))]
  return { jaxprs: staged.map((each) => widen(each, captured)), captured }
}

/** Traces several functions, and lets all the jaxprs take what any of them closes over. */
export const stageAll = (who: string, functions: readonly Traceable[]): Closure =>
  closing(functions.map(({ run, avals }) => stage(run, avals, { who })))
