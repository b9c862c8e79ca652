import { scalar } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import type { Aval } from '../core/aval.js'
import type { AnyPrimitive, Atom, Eqn, Jaxpr, Literal, Var } from '../core/primitive.js'

let count = 0

/** A fresh variable. */
export const variable = (aval: Aval): Var => ({ kind: 'var', id: count++, aval })

/** A scalar constant. */
export const literal = (aval: Aval, value: number): Literal => ({ kind: 'literal', aval, value })

/** The array that a literal stands for. */
export const literalArray = ({ value, aval }: Literal): NdArray => scalar(value, aval.dtype, aval.weak)

/** The types of atoms. */
export const avalsOf = (atoms: readonly { readonly aval: Aval }[]): readonly Aval[] => atoms.map((atom) => atom.aval)

/** The jaxprs in an equation's params. */
export const subjaxprs = (eqn: Eqn): readonly Jaxpr[] => eqn.primitive.jaxprs?.(eqn.params) ?? []

const equalLists = (a: readonly unknown[], b: readonly unknown[]): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The equation with other inputs, params or outputs; itself if nothing differs. */
export const withParts = (eqn: Eqn, inputs: readonly Atom[], params: object = eqn.params, outputs: readonly Var[] = eqn.outputs): Eqn => {
  const { primitive, source } = eqn
  if (params === eqn.params && outputs === eqn.outputs && equalLists(inputs, eqn.inputs)) return eqn
  return source === undefined ? { primitive, inputs, params, outputs } : { primitive, inputs, params, outputs, source }
}

/** The params with the jaxprs in them rewritten; the same object if none changes. */
export const mapJaxprs = (params: object, rewrite: (jaxpr: Jaxpr) => Jaxpr): object => {
  let changed = false
  const each = (x: unknown): unknown => {
    if (typeof x !== 'object' || x === null) return x
    if ('eqns' in x) {
      const next = rewrite(x as Jaxpr) // only jaxprs have equations
      changed ||= next !== x
      return next
    }
    return Array.isArray(x) ? x.map(each) : x
  }
  const next = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, each(value)]))
  return changed ? next : params
}

/** Whether an equation, or one in its jaxprs, has an effect. */
export const isEffectful = (eqn: Eqn): boolean =>
  eqn.primitive.effectful === true || (eqn.primitive.jaxprs !== undefined && subjaxprs(eqn).some(hasEffects))

const effects = new WeakMap<Jaxpr, boolean>()

/** Whether some equation of the jaxpr, at any depth, has an effect. */
export const hasEffects = (jaxpr: Jaxpr): boolean => {
  const known = effects.get(jaxpr)
  if (known !== undefined) return known
  const found = jaxpr.eqns.some(isEffectful)
  effects.set(jaxpr, found)
  return found
}

const collectives = new WeakMap<Jaxpr, ReadonlySet<string>>()

const namesIn = (primitive: AnyPrimitive, params: object): readonly string[] => {
  const own = primitive.collective !== undefined && 'axisName' in params ? [String(params.axisName)] : []
  return [...own, ...(primitive.jaxprs?.(params) ?? []).flatMap((jaxpr) => [...axisNames(jaxpr)])]
}

/** The named axes that collectives in the jaxpr, at any depth, refer to. */
export const axisNames = (jaxpr: Jaxpr): ReadonlySet<string> => {
  const known = collectives.get(jaxpr)
  if (known !== undefined) return known
  const names = new Set(jaxpr.eqns.flatMap((eqn) => namesIn(eqn.primitive, eqn.params)))
  collectives.set(jaxpr, names)
  return names
}

/** Whether an equation, or one in its jaxprs, refers to a named axis. */
export const isCollective = ({ primitive, params }: Eqn): boolean =>
  (primitive.collective !== undefined || primitive.jaxprs !== undefined) && namesIn(primitive, params).length > 0
