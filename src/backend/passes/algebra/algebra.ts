import type { AnyPrimitive, Eqn, Jaxpr } from '../../../core/primitive.js'
import { memo } from '../../../ir/memo.js'
import { Builder } from '../builder.js'
import { Rewriter } from '../rewriter.js'
import { arithmetic } from './arithmetic.js'
import { products } from './products.js'
import type { Rule } from './rule.js'
import { views } from './views.js'

const table: ReadonlyMap<AnyPrimitive, readonly Rule[]> = [...views, ...arithmetic, ...products].reduce(
  (rules, [primitive, rule]) => rules.set(primitive, [...(rules.get(primitive) ?? []), rule]),
  new Map<AnyPrimitive, readonly Rule[]>()
)

/**
 * Cheap simplifications that give the same bits as before: no arithmetic with ones, chains of views as one, transposes as
 * part of products. The same object if there is nothing to simplify.
 */
export const algebra: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => {
    const rewriter = new Rewriter(jaxpr)
    const simplified = (eqn: Eqn): boolean => {
      for (const rule of table.get(eqn.primitive) ?? []) {
        const b = new Builder(eqn.source)
        const found = rule(eqn, rewriter, b)
        if (found === undefined) continue
        rewriter.replace(eqn.outputs[0], b.as(found, eqn.outputs[0].aval), b)
        return true
      }
      return false
    }
    return rewriter.run(simplified)
  }
)
