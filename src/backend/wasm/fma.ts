import { f32x4, type Code } from './code.js'
import { ModuleBuilder } from './module.js'
import { isValid } from './runtime/engine.js'

/*
 * Multiplications and additions as one instruction of relaxed SIMD. Whether it rounds once or twice is the machine's choice, always the
 * same one.
 */

/** Whether the engine has them. */
export const hasFma = (): boolean => {
  const module = new ModuleBuilder(true)
  module.define({ params: ['v128', 'v128', 'v128'], result: 'v128' }, (_, a, b, c) => f32x4.relaxedMadd(a.get, b.get, c.get))
  return isValid(module.bytes())
}

/** Arithmetic of lanes; a multiplication with an addition, or subtraction, is one instruction too where they are floats. */
export interface Arithmetic {
  readonly add: (a: Code<'v128'>, b: Code<'v128'>) => Code<'v128'>
  readonly sub: (a: Code<'v128'>, b: Code<'v128'>) => Code<'v128'>
  readonly mul: (a: Code<'v128'>, b: Code<'v128'>) => Code<'v128'>
  readonly relaxedMadd?: (a: Code<'v128'>, b: Code<'v128'>, c: Code<'v128'>) => Code<'v128'>
  readonly relaxedNmadd?: (a: Code<'v128'>, b: Code<'v128'>, c: Code<'v128'>) => Code<'v128'>
}

type Accumulate = (sum: Code<'v128'>, a: Code<'v128'>, b: Code<'v128'>) => Code<'v128'>

/** A product of lanes added to a sum. */
export const addProduct = ({ fma }: Pick<ModuleBuilder, 'fma'>, { add, mul, relaxedMadd }: Arithmetic): Accumulate =>
  (sum, a, b) => (fma && relaxedMadd !== undefined ? relaxedMadd(a, b, sum) : add(sum, mul(a, b)))

/** A product of lanes taken off a sum. */
export const takeProduct = ({ fma }: Pick<ModuleBuilder, 'fma'>, { sub, mul, relaxedNmadd }: Arithmetic): Accumulate =>
  (sum, a, b) => (fma && relaxedNmadd !== undefined ? relaxedNmadd(a, b, sum) : sub(sum, mul(a, b)))
