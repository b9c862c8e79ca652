import { isConcrete } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import type { Aval } from '../core/aval.js'
import { JaxprError } from '../core/errors.js'
import type { Atom, Eqn, Jaxpr, Primitive, Var } from '../core/primitive.js'
import { bind, currentTrace, escaped, isTracer, Trace, Tracer, within } from '../core/trace.js'
import { isEffectful, literal, variable } from './jaxpr.js'
import { Numbering } from './numbering.js'
import { sourceHere } from './source.js'

/** A value of which the trace knows only the type: a variable of the jaxpr being recorded. */
export class StageTracer extends Tracer {
  readonly variable: Var
  protected readonly transform: string
  protected readonly known = undefined

  constructor(trace: StageTrace, v: Var) {
    super(trace, v.aval)
    this.variable = v
    this.transform = trace.who
  }
}

/** A jaxpr whose first inputs are the arrays and outer tracers that the staged function closes over. */
export interface Staged {
  readonly jaxpr: Jaxpr
  readonly captured: readonly NdArray[]
}

/** How functions are traced. */
export interface Staging {
  /** An operation on the same operands as an earlier one gives the earlier one's results. */
  readonly numbering?: boolean
  /** The transform that traces, for messages: jit if not given. */
  readonly who?: string
}

/** Records operations as equations. Values from outside become leading inputs, so that the jaxpr is closed; scalars become literals. */
export class StageTrace extends Trace {
  readonly #inputs: Var[] = []
  readonly #eqns: Eqn[] = []
  readonly #captured = new Map<NdArray, Var>()
  readonly #numbered: Numbering<readonly NdArray[]> | undefined
  /** The transform that traces, for messages. */
  readonly who: string

  constructor(depth: number, { numbering = false, who = 'jit' }: Staging = {}) {
    super(depth)
    this.#numbered = numbering ? new Numbering() : undefined
    this.who = who
  }

  /** A further input of the jaxpr. */
  input(aval: Aval): StageTracer {
    const v = variable(aval)
    this.#inputs.push(v)
    return new StageTracer(this, v)
  }

  /** Whether the tracer belongs to this trace. */
  owns(x: NdArray): x is StageTracer {
    return x instanceof StageTracer && x.trace === this
  }

  process(primitive: Primitive, operands: readonly NdArray[], params: object): readonly NdArray[] {
    const count = operands.length
    const inputs = new Array<Atom>(count)
    const avals = new Array<Aval>(count)
    for (let i = 0; i < count; i++) {
      inputs[i] = this.atom(operands[i], primitive.name)
      avals[i] = inputs[i].aval
    }
    const numbered = this.#numbered !== undefined && !isEffectful({ primitive, inputs, params, outputs: [] }) ? this.#numbered : undefined
    const seen = numbered?.find(primitive, inputs, params)
    if (seen !== undefined) return seen
    const outputs = primitive.abstract(avals, params).map(variable)
    const source = sourceHere()
    this.#eqns.push(source === undefined ? { primitive, inputs, params, outputs } : { primitive, inputs, params, outputs, source })
    const outs = outputs.map((v) => new StageTracer(this, v))
    numbered?.keep(primitive, inputs, params, outs)
    return outs
  }

  /** The atom that a value is in this jaxpr. Throws TracerError for tracers of transforms that have returned. */
  atom(x: NdArray, who: string): Atom {
    if (this.owns(x)) return x.variable
    const known = this.#captured.get(x)
    if (known !== undefined) return known
    if (isTracer(x)) {
      if (!x.trace.alive || x.trace.depth >= this.depth) throw escaped(who, x)
    } else if (x.ndim === 0 && isConcrete(x)) {
      return literal(x.aval, x.item())
    }
    const v = variable(x.aval)
    this.#captured.set(x, v)
    return v
  }

  /** The values captured so far and their variables. */
  get captured(): ReadonlyMap<NdArray, Var> {
    return this.#captured
  }

  /** The recorded program, given what the function returned. */
  finish(outs: readonly NdArray[]): Staged {
    const outputs = outs.map((x) => this.atom(x, 'return'))
    return {
      jaxpr: { inputs: [...this.#captured.values(), ...this.#inputs], eqns: this.#eqns, outputs },
      captured: [...this.#captured.keys()]
    }
  }
}

/** Staging that records only what depends on its inputs; all else happens in the parent, and is captured. */
export class LinearTrace extends StageTrace {
  readonly #parent: Trace
  #later = false

  constructor(parent: Trace) {
    super(parent.depth + 1, { who: 'linearize' })
    this.#parent = parent
  }

  /** Records all that the function does: nothing of it is computed now. */
  later<A>(f: () => A): A {
    this.#later = true
    try {
      return within(this, f)
    } finally {
      this.#later = false
    }
  }

  override process(primitive: Primitive, operands: readonly NdArray[], params: object): readonly NdArray[] {
    if (this.#later) return super.process(primitive, operands, params)
    for (const x of operands) if (this.owns(x)) return super.process(primitive, operands, params)
    return within(this.#parent, () => bind(primitive, operands, params))
  }
}

/** Runs a function in a trace, which ends when the function does. */
export const during = <T extends Trace, A>(trace: T, f: (trace: T) => A): A => {
  try {
    return within(trace, () => f(trace))
  } finally {
    trace.alive = false
  }
}

/** Traces a function of arrays to a jaxpr. */
export const stage = (
  f: (args: readonly NdArray[]) => readonly NdArray[],
  avals: readonly Aval[],
  options?: Staging
): Staged => {
  const trace = new StageTrace(currentTrace().depth + 1, options)
  return during(trace, () => trace.finish(f(avals.map((aval) => trace.input(aval)))))
}

/** Traces a function that captures nothing to a jaxpr: rules that rebuild jaxprs are such functions. */
export const stageClosed = (
  f: (args: readonly NdArray[]) => readonly NdArray[],
  avals: readonly Aval[],
  options?: Staging
): Jaxpr => {
  const { jaxpr, captured } = stage(f, avals, options)
  if (captured.length > 0) throw new JaxprError('stage', 'a function that captures no arrays', captured)
  return jaxpr
}
