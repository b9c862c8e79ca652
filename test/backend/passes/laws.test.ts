import fc from 'fast-check'
import { contract } from '../../../src/backend/passes/contraction/contraction.js'
import { optimise } from '../../../src/backend/passes/index.js'
import type { NdArray } from '../../../src/core/array.js'
import { check } from '../../../src/ir/check.js'
import { evaluate } from '../../../src/ir/evaluate.js'
import { avalsOf } from '../../../src/ir/jaxpr.js'
import { stage } from '../../../src/ir/stage.js'
import { vjp } from '../../../src/index.js'
import { allClose, close, sameBits } from '../../support/close.js'
import { interpreted } from '../../support/interpreted.js'
import { hold, type Law } from '../../laws/law.js'
import { isReversible, smoothTrials, wildTrials, type ArrayFunction } from '../../laws/row.js'
import { eager } from './random.js'

/** A float32 square is rounded once, where the reference's power may be off by the last bit. */
const rounded = new Set(['integer_pow'])

const sameAsBefore: Law = {
  name: 'the passes leave every bit as it is',
  runs: 8,
  property: (subject) =>
    fc.property(wildTrials(subject), ({ f, operands, primitive }) => {
      const { jaxpr, captured } = stage(f, avalsOf(operands))
      const found = interpreted(() => evaluate(check(optimise(jaxpr, { contraction: 'off' })), [...captured, ...operands]))
      interpreted(() => f(operands)).forEach((x, i) => (rounded.has(primitive.name) ? close('value', found[i], x, 2 ** -23) : sameBits('value', found[i], x)))
    })
}

/** The cotangents of the operands that a function may be differentiated in, for its results as cotangents. */
const pulledBack = (f: ArrayFunction, differentiable: readonly boolean[]): ArrayFunction => (operands) => {
  const places = operands.flatMap((_, i) => (differentiable[i] ? [i] : []))
  const partial = (...xs: readonly NdArray[]): readonly NdArray[] => f(operands.map((x, i) => (differentiable[i] ? xs[places.indexOf(i)] : x)))
  const [outs, pullback] = vjp(partial)(...places.map((i) => operands[i]))
  return pullback(outs)
}

const plannedGradients: Law = {
  name: 'planned gradients are gradients',
  runs: 4,
  applies: isReversible,
  property: (subject) =>
    fc.property(smoothTrials(subject, ['float64']), ({ f, operands, differentiable }) => {
      const g = pulledBack(f, differentiable)
      const { jaxpr, captured } = stage(g, avalsOf(operands))
      const planned = check(contract(optimise(jaxpr, { contraction: 'off' }), eager, false))
      allClose('gradient', evaluate(planned, [...captured, ...operands]), g(operands), 1e-11)
    })
}

for (const law of [sameAsBefore, plannedGradients]) hold(law)
