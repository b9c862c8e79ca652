import type { NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import type { Primitive, Tangent } from '../core/primitive.js'
import { bind, currentTrace, Trace, Tracer, within } from '../core/trace.js'
import { silent } from '../ir/effects.js'
import { mapJaxprs } from '../ir/jaxpr.js'
import { during, LinearTrace, type Staged } from '../ir/stage.js'
import { instantiate } from '../lax/broadcast.js'

const hasJvp = (primitive: Primitive): primitive is Primitive & Required<Pick<Primitive, 'jvp'>> => primitive.jvp !== undefined

const hasLinearize = (primitive: Primitive): primitive is Primitive & Required<Pick<Primitive, 'linearize'>> =>
  primitive.linearize !== undefined

/** A primal with the tangent that belongs to it. */
class DiffTracer extends Tracer {
  readonly primal: NdArray
  readonly tangent: NdArray
  protected readonly transform = 'grad'

  constructor(trace: DiffTrace, primal: NdArray, tangent: NdArray) {
    super(trace, primal.aval)
    this.primal = primal
    this.tangent = tangent
  }

  protected get known(): NdArray {
    return this.primal
  }
}

/**
 * Computes derivatives along with values. Primals are computed in the parent trace, tangents in a place of their own:
 * the parent too (jvp), or a trace that records them (linearize).
 */
export class DiffTrace extends Trace {
  readonly parent: Trace
  readonly #linear: Trace

  constructor(parent: Trace, linear: Trace) {
    super(linear.depth + 1)
    this.parent = parent
    this.#linear = linear
  }

  /** The pair as one value; the primal alone if it does not vary. */
  pair(primal: NdArray, tangent: Tangent): NdArray {
    return tangent === null || !isFloat(primal.dtype) ? primal : new DiffTracer(this, primal, tangent)
  }

  primalOf(x: NdArray): NdArray {
    return x instanceof DiffTracer && x.trace === this ? x.primal : x
  }

  tangentOf(x: NdArray): Tangent {
    return x instanceof DiffTracer && x.trace === this ? x.tangent : null
  }

  process(primitive: Primitive, operands: readonly NdArray[], params: object): readonly NdArray[] {
    const primals = new Array<NdArray>(operands.length)
    const tangents = new Array<Tangent>(operands.length)
    const nonzero = new Array<boolean>(operands.length)
    let varies = false
    for (let i = 0; i < operands.length; i++) {
      const x = operands[i]
      primals[i] = this.primalOf(x)
      tangents[i] = this.tangentOf(x)
      nonzero[i] = tangents[i] !== null
      varies ||= nonzero[i]
    }
    if (!varies) return within(this.parent, () => bind(primitive, primals, params))
    const [outs, douts] = this.#derivative(primitive, primals, tangents, params, nonzero)
    return outs.map((out, i) => this.pair(out, douts[i]))
  }

  #derivative(
    primitive: Primitive,
    primals: readonly NdArray[],
    tangents: readonly Tangent[],
    params: object,
    nonzero: readonly boolean[]
  ): readonly [outs: readonly NdArray[], tangents: readonly Tangent[]] {
    if (this.#linear === this.parent && hasJvp(primitive)) return within(this.parent, () => primitive.jvp(primals, tangents, params))
    if (hasLinearize(primitive)) {
      const [outs, push] = within(this.parent, () => primitive.linearize(primals, params, nonzero))
      return [outs, within(this.#linear, () => push(tangents))]
    }
    const outs = within(this.parent, () => bind(primitive, primals, params))
    if (!hasJvp(primitive)) return [outs, outs.map(() => null)]
    // Only a joint rule: its primal part is recorded once more, with the tangents, but has its effects only once.
    return [outs, within(this.#linear, () => primitive.jvp(primals, tangents, mapJaxprs(params, silent))[1])]
  }
}

type ArrayFunction = (args: readonly NdArray[]) => readonly NdArray[]

/** Outputs, and their tangents along the given ones: forward mode. */
export const jvpArrays = (
  f: ArrayFunction,
  primals: readonly NdArray[],
  tangents: readonly Tangent[]
): readonly [outs: readonly NdArray[], tangents: readonly Tangent[]] => {
  const parent = currentTrace()
  return during(new DiffTrace(parent, parent), (trace) => {
    const outs = f(primals.map((x, i) => trace.pair(x, tangents[i])))
    return [outs.map((x) => trace.primalOf(x)), outs.map((x) => trace.tangentOf(x))]
  })
}

/** A function's outputs at a point, and its derivative there as a jaxpr. */
export interface Linearized {
  readonly outs: readonly NdArray[]
  /** From the residuals (captured) and the tangents marked nonzero to the nonzero tangents of the outputs. */
  readonly linear: Staged
  /** Which outputs vary. */
  readonly varies: readonly boolean[]
}

/**
 * Outputs now, tangents later: what depends on primals alone is computed, what depends on tangents is recorded.
 * Outputs marked in `forced` get a tangent even if it is zero.
 */
export const linearizeArrays = (
  f: ArrayFunction,
  primals: readonly NdArray[],
  nonzero: readonly boolean[],
  forced?: readonly boolean[]
): Linearized => {
  const parent = currentTrace()
  const linear = new LinearTrace(parent)
  const pairs = during(linear, () =>
    within(parent, () =>
      during(new DiffTrace(parent, linear), (trace) => {
        const outs = f(primals.map((x, i) => trace.pair(x, nonzero[i] ? linear.input(x.aval) : null)))
        return outs.map((x, i) => {
          const tangent = trace.tangentOf(x)
          const primal = trace.primalOf(x)
          return [primal, forced?.[i] === true ? linear.later(() => instantiate(tangent, primal)) : tangent] as const
        })
      })
    )
  )
  return {
    outs: pairs.map(([primal]) => primal),
    linear: linear.finish(pairs.flatMap(([, tangent]) => tangent ?? [])),
    varies: pairs.map(([, tangent]) => tangent !== null)
  }
}
