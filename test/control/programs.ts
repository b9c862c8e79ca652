import type { Eqn, Jaxpr } from '../../src/core/primitive.js'
import type { ScanParams } from '../../src/control/loop.js'
import { simplify } from '../../src/ir/passes.js'
import { subjaxprs } from '../../src/ir/jaxpr.js'
import type { Fn } from '../../src/transform/boundary.js'
import { makeJaxpr } from '../../src/transform/inspect.js'

/** The program of a function, simplified: what jit runs. */
export const programOf = (f: Fn, ...args: readonly unknown[]): Jaxpr => simplify(makeJaxpr(f as (...args: readonly unknown[]) => unknown)(...args))

/** All equations of a jaxpr, at any depth, each before those in its jaxprs. */
export const equations = (jaxpr: Jaxpr): readonly Eqn[] => jaxpr.eqns.flatMap((eqn) => [eqn, ...subjaxprs(eqn).flatMap(equations)])

/** The equations of one primitive, at any depth. */
export const named = (jaxpr: Jaxpr, name: string): readonly Eqn[] => equations(jaxpr).filter((eqn) => eqn.primitive.name === name)

/** The params of an equation that is a scan. */
export const scanParams = (eqn: Eqn): ScanParams => eqn.params as ScanParams // the caller knows that it is one

/** The scans of a jaxpr, at any depth. */
export const scansOf = (jaxpr: Jaxpr): readonly { readonly eqn: Eqn; readonly params: ScanParams }[] =>
  named(jaxpr, 'scan').map((eqn) => ({ eqn, params: scanParams(eqn) }))

/** How many arrays the first scan of a jaxpr stacks. */
export const stacked = (jaxpr: Jaxpr): number => {
  const [{ eqn, params }] = scansOf(jaxpr)
  return eqn.outputs.length - params.carries
}
