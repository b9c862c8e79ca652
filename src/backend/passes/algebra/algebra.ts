import type { AnyPrimitive, Atom, Eqn } from '../../../core/primitive.js'
import type { Builder } from '../builder.js'
import { arithmetic } from './arithmetic.js'
import { nothing } from './nothing.js'
import { products } from './products.js'
import type { Rule, Surroundings } from './rule.js'
import { views } from './views.js'

const table: ReadonlyMap<string, readonly Rule[]> = [...nothing, ...views, ...arithmetic, ...products].reduce(
  (rules, [primitive, rule]) => rules.set(primitive, [...(rules.get(primitive) ?? []), rule]),
  new Map<string, readonly Rule[]>()
)

/** Whether there are rules for the primitive. */
export const hasRules = (primitive: AnyPrimitive): boolean => table.has(primitive.name)

/**
 * Cheap simplifications of an equation that give the same bits as before: no arithmetic with ones, chains of views as one, transposes
 * as part of products. The builder writes what it takes; undefined if there is nothing to simplify.
 */
export const simpler = (eqn: Eqn, program: Surroundings, b: Builder): Atom | undefined => {
  for (const rule of table.get(eqn.primitive.name) ?? []) {
    const found = rule(eqn, program, b)
    if (found !== undefined) return b.as(found, eqn.outputs[0].aval)
  }
  return undefined
}
