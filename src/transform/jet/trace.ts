import type { NdArray } from '../../core/array.js'
import { isFloat } from '../../core/dtype.js'
import type { JetOf, Primitive, Series, Tangent } from '../../core/primitive.js'
import { bind, currentTrace, Trace, Tracer, within } from '../../core/trace.js'
import { evaluate } from '../../ir/evaluate.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { maskKey, memo } from '../../ir/memo.js'
import { during, stageClosed } from '../../ir/stage.js'
import { instantiate, zerosLike } from '../../lax/broadcast.js'
import { scatter, select } from '../mask.js'
import { nonzeroOf, pack, unpack } from './jaxpr.js'
import { rules, type Rule } from './rules.js'
import { constant, integral, orderOf, varies, velocity } from './series.js'

/** A value that moves along a curve. */
class JetTracer extends Tracer {
  readonly series: Series
  protected readonly transform = 'jet'

  constructor(trace: JetTrace, series: Series) {
    super(trace, series[0].aval)
    this.series = series
  }

  protected get known(): NdArray {
    return this.series[0]
  }
}

/** Computes truncated Taylor series along with values, all in the parent trace. */
class JetTrace extends Trace {
  readonly #parent: Trace
  readonly #order: number

  constructor(parent: Trace, order: number) {
    super(parent.depth + 1)
    this.#parent = parent
    this.#order = order
  }

  /** The series as one value; the value alone if it does not move. */
  moving(series: Series): NdArray {
    return varies(series) && isFloat(series[0].dtype) ? new JetTracer(this, series) : series[0]
  }

  seriesOf(x: NdArray): Series {
    return x instanceof JetTracer && x.trace === this ? x.series : constant(x, this.#order)
  }

  process(primitive: Primitive, operands: readonly NdArray[], params: object): readonly NdArray[] {
    const series = operands.map((x) => this.seriesOf(x))
    if (!series.some(varies)) return within(this.#parent, () => bind(primitive, operands, params))
    const outs = within(this.#parent, () => propagate(primitive, series, params))
    return outs.map((out) => this.moving(out))
  }
}

const table: Readonly<Record<string, Rule | undefined>> = rules

const propagate = (primitive: Primitive, operands: readonly Series[], params: object): readonly Series[] => {
  if (primitive.jet !== undefined) return primitive.jet(operands, params, jetJaxpr)
  const rule = table[primitive.name] ?? (isDifferentiable(primitive) ? byDerivative : still)
  return rule(primitive, operands, params)
}

const isDifferentiable = (primitive: Primitive): boolean => primitive.jvp !== undefined || primitive.linearize !== undefined

/** Nothing depends differentiably. */
const still: Rule = (primitive, operands, params) =>
  bind(primitive, operands.map(([value]) => value), params).map((out) => constant(out, orderOf(operands[0])))

/** Outputs and their tangents. */
const jvpOf = (
  primitive: Primitive, primals: readonly NdArray[], tangents: readonly Tangent[], params: object
): readonly [outs: readonly NdArray[], tangents: readonly Tangent[]] => {
  if (primitive.jvp !== undefined) return primitive.jvp(primals, tangents, params)
  const [outs, push] = primitive.linearize?.(primals, params, tangents.map((d) => d !== null)) ?? [[], () => []]
  return [outs, push(tangents)]
}

/**
 * The derivative along the curve, y′ = J(x) x′, is a function of x and x′: its series, shorter by one, is that of y integrated.
 */
const byDerivative: Rule = (primitive, operands, params) => {
  const order = orderOf(operands[0])
  const moves = operands.map(varies)
  const shorter = operands.map(([value, ...rest]): Series => [value, ...rest.slice(0, -1)])
  const velocities = select(operands, moves).map((x): Series => {
    const [first, ...rest] = velocity(x)
    return [first ?? zerosLike(x[0]), ...rest]
  })
  let given: readonly boolean[] = []
  const results = jetArrays((args) => {
    const [outs, tangents] = jvpOf(primitive, args.slice(0, moves.length), scatter(args.slice(moves.length), moves), params)
    given = tangents.map((d) => d !== null)
    return [...outs, ...tangents.flatMap((d) => d ?? [])]
  }, [...shorter, ...velocities], order - 1)
  const slopes = scatter(results.slice(given.length), given)
  return slopes.map((slope, i) => (slope === null ? constant(results[i][0], order) : integral(results[i][0], slope)))
}

/** The series of a function's outputs, up to an order, from those of its arguments. */
export const jetArrays = (
  f: (args: readonly NdArray[]) => readonly NdArray[], args: readonly Series[], order: number
): readonly Series[] =>
  during(new JetTrace(currentTrace(), order), (trace) =>
    f(args.map((x) => trace.moving(x))).map((out) => trace.seriesOf(out))
  )

const jetJaxpr: JetOf = memo(
  (order, nonzero, forced) => `${order} ${maskKey(nonzero)} ${maskKey(forced)}`,
  (jaxpr, order, nonzero, forced) => {
    const avals = avalsOf(jaxpr.inputs)
    let varies: readonly boolean[] = []
    const result = stageClosed((args) => {
      const outs = jetArrays((xs) => evaluate(jaxpr, xs), unpack(args, avals.length, order, nonzero), order)
      const whole = outs.map(([value, ...rest], i): Series =>
        [value, ...rest.map((c, j) => (forced[i * order + j] ? instantiate(c, value) : c))])
      varies = nonzeroOf(whole)
      return pack(whole)
    }, [...avals, ...avals.flatMap((aval, i) => nonzero.slice(i * order, (i + 1) * order).flatMap((flag) => (flag ? [aval] : [])))])
    return { jaxpr: result, varies }
  }
)
