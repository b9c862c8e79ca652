import type { NdArray } from '../core/array.js'
import type { Eqn, Jaxpr } from '../core/primitive.js'
import { bind, userLine } from '../core/trace.js'

/** What becomes of an equation, given the values of its operands: the values of its outputs. */
export type Apply = (eqn: Eqn, operands: readonly NdArray[], index: number) => readonly NdArray[]

/** Sees every jaxpr that is evaluated, with its arguments, and says how its equations are applied. */
export type Watcher = (jaxpr: Jaxpr, args: readonly NdArray[]) => Apply

let watcher: Watcher | undefined

/** Who watches now; usually nobody. */
export const currentWatcher = (): Watcher | undefined => watcher

/** Runs a function and watches all that it evaluates. */
export const watching = <A>(next: Watcher | undefined, f: () => A): A => {
  const saved = watcher
  watcher = next
  try {
    return f()
  } finally {
    watcher = saved
  }
}

let recording = false
let inherited: string | undefined

/** Whether equations remember where they come from: programs traced with and without it are not the same. */
export const isRecording = (): boolean => recording

const inherits: Watcher = () => (eqn, operands) => inheriting(eqn.source, () => bind(eqn.primitive, operands, eqn.params))

/** Runs a function, and lets the equations that it records remember the line of the user's code that they come from. */
export const recordingSources = <A>(f: () => A): A => {
  const saved = recording
  recording = true
  try {
    return watching(inherits, f)
  } finally {
    recording = saved
  }
}

/** Runs a part of a transform that works on an equation: what it records comes from where that came from. */
export const inheriting = <A>(source: string | undefined, f: () => A): A => {
  if (!recording || source === undefined) return f()
  const saved = inherited
  inherited = source
  try {
    return f()
  } finally {
    inherited = saved
  }
}

/** The line of the user's code that is running, while somebody asks for it. */
export const sourceHere = (): string | undefined => (recording ? (inherited ?? placeOf(userLine())) : undefined)

/** `file:line` out of what errors append. */
export const placeOf = (line: string): string => line.replace(/^ in /, '')

const suffix = ' (backward)'

/** Where the transpose of an equation comes from. */
export const backwardOf = (eqn: Eqn): string | undefined =>
  eqn.source === undefined || eqn.source.endsWith(suffix) ? eqn.source : eqn.source + suffix
