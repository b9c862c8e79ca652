import type { NdArray } from '../../core/array.js'
import type { Eqn, Jaxpr } from '../../core/primitive.js'
import { bind } from '../../core/trace.js'
import { silent } from '../../ir/effects.js'
import { evaluate, interpret } from '../../ir/evaluate.js'
import { avalsOf, hasEffects, isEffectful, mapJaxprs, subjaxprs, variable } from '../../ir/jaxpr.js'
import { memo } from '../../ir/memo.js'
import { stageClosed } from '../../ir/stage.js'
import { broadcastInDim } from '../../lax/broadcast.js'
import { bitwiseNot, bitwiseOr } from '../../lax/elementwise/bitwise.js'
import { stopGradient } from '../../lax/stop.js'
import { rewired } from '../wiring.js'
import { debugCallbackP, type DebugCallbackParams } from './callback.js'
import { checkP } from './check.js'

/*
 * Where examples of a batch go different ways, all ways are computed for all of them; effects must still happen only
 * for those that go there.
 */

const flag = { shape: [], dtype: 'bool', weak: false } as const

/** The effect of an equation, if the guard holds. */
const guardEffect = (eqn: Eqn, operands: readonly NdArray[], guard: NdArray): readonly NdArray[] => {
  if (eqn.primitive === checkP) {
    const [predicate, ...values] = operands
    const closed = bitwiseNot(broadcastInDim(guard, predicate.shape, []))
    return bind(checkP, [bitwiseOr(closed, predicate), ...values], eqn.params)
  }
  if (eqn.primitive !== debugCallbackP) return bind(eqn.primitive, operands, eqn.params)
  const { callback, guards, levels } = eqn.params as DebugCallbackParams // the equation is one of this primitive
  const unguarded = levels.map(({ size, batched }) => ({ size, batched: [false, ...batched] }))
  return bind(debugCallbackP, [guard, ...operands], { callback, guards: guards + 1, levels: unguarded } satisfies DebugCallbackParams)
}

/** The guard goes to every jaxpr of an equation, as its first input. */
const guardInner = (eqn: Eqn, operands: readonly NdArray[], guard: NdArray): readonly NdArray[] => {
  const params = mapJaxprs(eqn.params, guarded)
  const counts = eqn.params as Readonly<Record<string, number>> // what follows reads numbers
  switch (eqn.primitive.name) {
    case 'cond': return bind(eqn.primitive, [operands[0], guard, ...operands.slice(1)], params)
    case 'scan': return bind(eqn.primitive, [guard, ...operands], { ...params, constants: counts['constants'] + 1 })
    case 'while': {
      const { testConstants, bodyConstants } = counts
      const all = [guard, ...operands.slice(0, testConstants), guard, ...operands.slice(testConstants)]
      return bind(eqn.primitive, all, { ...params, testConstants: testConstants + 1, bodyConstants: bodyConstants + 1 })
    }
    case 'jit':
    case 'checkpoint': return bind(eqn.primitive, [guard, ...operands], params)
    default: {
      // What has rules of its own keeps them, for its outputs; its effects happen beside it.
      evaluate(guarded(subjaxprs(eqn)[0]), [guard, ...operands.map(stopGradient)])
      return bind(eqn.primitive, operands, mapJaxprs(eqn.params, silent))
    }
  }
}

/** A jaxpr that takes, before its inputs, a boolean scalar that says whether its effects happen. */
export const guarded: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => {
    if (!hasEffects(jaxpr)) return rewired(jaxpr, [variable(flag), ...jaxpr.inputs])
    return stageClosed(([guard, ...args]) =>
      interpret(jaxpr, args, (eqn, operands) => {
        if (!isEffectful(eqn)) return bind(eqn.primitive, operands, eqn.params)
        return eqn.primitive.effectful === true ? guardEffect(eqn, operands, guard) : guardInner(eqn, operands, guard)
      }), [flag, ...avalsOf(jaxpr.inputs)])
  }
)
