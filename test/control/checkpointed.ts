import type { Jaxpr } from '../../src/core/primitive.js'
import type { Policy } from '../../src/control/checkpoint/policy.js'
import { subjaxprs } from '../../src/ir/jaxpr.js'
import { checkpoint, checkpointName, grad, jit, lax, makeJaxpr, np, valueAndGrad, type NdArray } from '../../src/index.js'
import { golden } from '../support/golden.js'

/*
 * Programs with checkpoints, and how often JAX carries out their operations.
 */

export type Counts = Readonly<Record<string, number>>

/** How often operations occur in a program, at any depth. */
export const count = (jaxpr: Jaxpr, names: readonly string[]): Counts => {
  const counts = Object.fromEntries(names.map((name) => [name, 0]))
  const visit = ({ eqns }: Jaxpr): void => {
    for (const eqn of eqns) {
      if (eqn.primitive.name in counts) counts[eqn.primitive.name]++
      subjaxprs(eqn).forEach(visit)
    }
  }
  visit(jaxpr)
  return counts
}

export interface Counted {
  readonly name: string
  readonly fn: string
  readonly policy?: string
  readonly counts: Counts
}

const { everything, nothing, dotsSaveable, names } = checkpoint.policies

export const policies: Readonly<Record<string, Policy | undefined>> = {
  plain: undefined, everything, nothing, dots: dotsSaveable, 'names a': names('a'), 'names b': names('b'), 'names a b': names('a', 'b')
}

export type Unary = (x: NdArray) => NdArray
type Binary = (m: NdArray, x: NdArray) => NdArray

const namedBlock: Unary = (x) => {
  const b = checkpointName(lax.sin(x), 'a')
  return lax.mul(lax.sin(checkpointName(lax.exp(b), 'b')), b)
}

export const thrice = (step: Unary) => (x: NdArray): NdArray => lax.scan((c: NdArray) => [step(c), null] as const, x, null, { length: 3 })[0]

export const square: Unary = (x) => lax.mul(x, x)

/** The programs that make_custom.py counts operations in: of value and gradient, for the policy. */
export const programs = (policy: Policy | undefined): Readonly<Record<string, () => Jaxpr>> => {
  const wrap = <F extends (...args: never[]) => unknown>(f: F): F => (policy === undefined ? f : checkpoint(f, { policy }))
  const [w, ws, v] = [np.full([3, 3], 0.1), np.full([3, 3, 3], 0.1), np.array([0.1, 0.2, 0.3])]
  const one = (f: Unary) => (): Jaxpr => makeJaxpr(valueAndGrad((x: NdArray) => np.sum(f(x))))(v)
  const both = (f: Binary, m = w) => (): Jaxpr =>
    makeJaxpr(valueAndGrad.with({ argnums: [0, 1] })((a: NdArray, b: NdArray) => np.sum(f(a, b))))(m, v)
  const layer = wrap<Binary>((m, x) => lax.tanh(np.matmul(m, x)))
  const inner = wrap<Unary>((x) => lax.sin(lax.sin(x)))
  const step = wrap<Binary>((m, x) => lax.sin(np.matmul(m, lax.tanh(x))))
  const twice = wrap<Unary>((x) => lax.sin(lax.exp(x)))
  return {
    chain: one(wrap((x) => lax.sin(lax.sin(lax.sin(x))))),
    layers: both((m, x) => [...m].reduce((a, each) => layer(each, a), x), ws),
    product: both(wrap((m, x) => np.matmul(m, lax.sin(np.matmul(m, lax.sin(x)))))),
    named: one(wrap(namedBlock)),
    'named loop': one(wrap((x) => np.sum(thrice(namedBlock)(x)))),
    nested: one(wrap((x) => lax.sin(inner(lax.exp(x))))),
    jitted: both(wrap((m, x) => jit((n: NdArray, y: NdArray) => lax.sin(np.matmul(n, jit(lax.exp)(y))))(m, x))),
    scanned: both((m, x) => thrice((c) => step(m, c))(x)),
    around: both(wrap((m, x) => np.sum(thrice((c) => lax.sin(np.matmul(m, c)))(x)))),
    twice: one((x) => grad((y: NdArray) => np.sum(square(twice(y))))(x))
  }
}

/** What make_custom.py counted, by the name of the case. */
export const counted: readonly (readonly [name: string, each: Counted])[] = (golden('custom') as unknown as readonly Counted[]) // our own file
  .filter(({ policy }) => policy !== undefined) // those of values have none
  .map((each) => [each.name, each])
