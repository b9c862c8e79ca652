import { i32, leave, loop, sequence, v128, type Code } from '../../src/backend/wasm/code.js'
import { binary32, binary64, unary32, unary64, type Function1, type Function2 } from '../../src/backend/wasm/functions/index.js'
import { ModuleBuilder } from '../../src/backend/wasm/module.js'
import { instantiate, newMemory } from '../../src/backend/wasm/runtime/engine.js'
import { erf, erfc, erfInv } from '../../src/lax/elementwise/scalar/error.js'
import { erfInv32 } from '../../src/lax/elementwise/scalar/giles.js'
import { logistic } from '../../src/lax/elementwise/scalar/hyperbolic.js'
import { exp2, pow } from '../../src/lax/elementwise/scalar/power.js'

/** How many numbers a compiled function takes at once. */
export const room = 1 << 16

/** Where operands and results lie. */
const at = [0, 8 * room, 16 * room] as const
const memory = newMemory()
memory.grow(Math.max(0, Math.ceil((24 * room - memory.buffer.byteLength) / 65536)))

export type Floats = Float32Array | Float64Array

/** A function of lanes over memory. */
export interface Compiled {
  readonly x: Floats
  readonly y: Floats
  readonly out: Floats
  /** Computes the results of the first so many operands. */
  readonly run: (count: number) => void
}

export const compile = (wide: boolean, write: Function1 | Function2, fma = false): Compiled => {
  const module = new ModuleBuilder(fma)
  module.importMemory('env', 'memory', 1, 65536)
  module.define({ params: ['i32'], result: 'none' }, (scope, bytes) => {
    const i = scope.local('i32')
    const operand = (k: number): Code<'v128'> => v128.load(i.get, at[k])
    return sequence(i.set(i32.const(0)), loop(sequence(
      v128.store(i.get, write(scope, operand(0), operand(1)), at[2]),
      leave(0, i32.ltU(i.tee(i32.add(i.get, i32.const(16))), bytes.get))
    )))
  }, 'run')
  const run = instantiate(module.bytes(), { env: { memory } })['run'] as (bytes: number) => void // the function defined above
  const view = (k: number): Floats => (wide ? new Float64Array(memory.buffer, at[k], room) : new Float32Array(memory.buffer, at[k], room))
  return { x: view(0), y: view(1), out: view(2), run: (count) => run(count * (wide ? 8 : 4)) }
}

/** A function and what it is held to. */
export interface Subject {
  readonly name: string
  readonly wide: boolean
  readonly write: Function1 | Function2
  /** Its value, or that of a pair, to the digits of float64. */
  readonly exact: (x: number, y: number) => number
  /** The bound of its error in units in the last place. */
  readonly bound: number
}

const exact: Readonly<Record<string, (x: number, y: number) => number>> = {
  exp: Math.exp, exp2, expm1: Math.expm1, log: Math.log, log1p: Math.log1p, logistic, tanh: Math.tanh,
  sin: Math.sin, cos: Math.cos, tan: Math.tan, asin: Math.asin, acos: Math.acos, atan: Math.atan, atan2: Math.atan2,
  sinh: Math.sinh, cosh: Math.cosh, asinh: Math.asinh, acosh: Math.acosh, atanh: Math.atanh, cbrt: Math.cbrt, pow,
  erf, erfc, erf_inv: erfInv, erf_inv_giles: erfInv32
}

const close = new Set(['exp', 'log', 'log1p', 'expm1', 'sin', 'cos', 'tan', 'tanh', 'pow', 'erf'])

const subject = (wide: boolean) => ([name, write]: readonly [string, Function1 | Function2]): Subject =>
  ({ name, wide, write, exact: exact[name], bound: close.has(name) ? 2 : 4 })

export const subjects: readonly Subject[] = [
  ...[unary32, binary32].flatMap((table) => Object.entries(table).map(subject(false))),
  ...[unary64, binary64].flatMap((table) => Object.entries(table).map(subject(true)))
]

/** The distance between float32 numbers of the size of x. */
const ulp32 = (x: number): number => {
  const size = Math.abs(x)
  const exponent = Math.floor(Math.log2(size))
  return 2 ** Math.max((2 ** exponent > size ? exponent - 1 : exponent) - 23, -149)
}

/** How far a float32 number is from a value that is known better, in units in the last place; infinite if it is something else altogether. */
export const distance32 = (got: number, value: number): number => {
  const nearest = Math.fround(value)
  if (Object.is(got, nearest)) return Number.isFinite(got) ? Math.abs(got - value) / ulp32(value) || 0 : 0
  if (got === 0 && nearest === 0) return Infinity
  const finite = (x: number): number => (Math.abs(x) === Infinity ? Math.sign(x) * 2 ** 128 : x)
  const distance = Math.abs(finite(got) - value) / ulp32(value)
  return Number.isFinite(value) && distance === distance ? distance : Infinity
}

/** The worst of all results at the float32 numbers whose bits are `first`, `first + step`, … */
export const worst32 = (
  { write, exact: value }: Subject, step: number, first = 0, fma = false
): { readonly ulp: number; readonly x: number } => {
  const { x, out, run } = compile(false, write, fma)
  const words = new Int32Array(x.buffer, x.byteOffset, room)
  let worst = { ulp: 0, x: 0 }
  for (let from = first; from < 2 ** 32; from += room * step) {
    const count = Math.min(room, Math.ceil((2 ** 32 - from) / step))
    for (let i = 0; i < count; i++) words[i] = from + i * step
    run(count)
    for (let i = 0; i < count; i++) {
      const ulp = distance32(out[i], value(x[i], 0))
      if (ulp > worst.ulp) worst = { ulp, x: x[i] }
    }
  }
  return worst
}
