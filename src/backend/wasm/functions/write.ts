import { after, i32, i32x4, sequence, when, type Code, type Local, type Statement } from '../code.js'
import { unhoisted } from '../hoist.js'
import type { Scope } from '../module.js'

/** Lanes: a vector as an expression. */
export type Vector = Code<'v128'>

/** Writes the statements that a function's value needs. What is kept is computed once; everything else wherever it stands. */
export class Writer {
  readonly #scope: Scope
  readonly #statements: Statement[] = []

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Whether a multiplication and an addition may become one instruction. */
  get fma(): boolean {
    return this.#scope.fma
  }

  /** A value that is used several times. */
  keep(value: Vector): Vector {
    return this.variable(value).get
  }

  /** A value that may change. */
  variable(value: Vector): Local<'v128'> {
    const local = this.#scope.local('v128')
    this.set(local, value)
    return local
  }

  set(local: Local<'v128'>, value: Vector): void {
    this.#statements.push(local.set(value))
  }

  /** What is done unless the mask holds in every lane. It may change variables, in the other lanes only. */
  unless(mask: Vector, write: (rare: Writer) => void): void {
    const rare = new Writer(this.#scope)
    write(rare)
    this.#statements.push(when(i32.ne(i32x4.bitmask(mask), i32.const(15)), unhoisted(rare.statements)))
  }

  /** The statements so far. */
  get statements(): Statement {
    return sequence(...this.#statements)
  }

  /** The statements and then a value. */
  value(value: Vector): Vector {
    return after(this.#statements, value)
  }
}

/** The value of a function at lanes that cost nothing to repeat. */
export type Formula1 = (w: Writer, x: Vector) => Vector
export type Formula2 = (w: Writer, x: Vector, y: Vector) => Vector

/** A function of lanes, written in place. */
export type Function1 = (scope: Scope, x: Vector) => Vector
export type Function2 = (scope: Scope, x: Vector, y: Vector) => Vector

export const function1 = (formula: Formula1): Function1 => (scope, x) => {
  const w = new Writer(scope)
  return w.value(formula(w, w.keep(x)))
}

export const function2 = (formula: Formula2): Function2 => (scope, x, y) => {
  const w = new Writer(scope)
  return w.value(formula(w, w.keep(x), w.keep(y)))
}
