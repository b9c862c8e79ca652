import type { brand, NdArray, NestedList } from './array.js'
import type { Aval } from './aval.js'
import type { DType, TypedArray } from './dtype.js'
import { ArgumentError, quoted, ShapeError, TracerError } from './errors.js'
import { publicName, type Primitive } from './primitive.js'
import { sizeOf, type Shape } from './shape.js'

/** An interpreter of primitives. One is current at any time. */
export abstract class Trace {
  readonly depth: number
  /** Cleared when the transform that made the trace returns: its tracers must not be used any more. */
  alive = true

  constructor(depth: number) {
    this.depth = depth
  }

  abstract process(primitive: Primitive, operands: readonly NdArray[], params: object): readonly NdArray[]
}

/** How concrete operations are carried out. `unstack` gives the slices along the leading axis, of traced values too. */
export interface Backend {
  execute(primitive: Primitive, operands: readonly NdArray[], params: object, outs: readonly Aval[]): readonly NdArray[]
  unstack(x: NdArray): readonly NdArray[]
}

const direct: Pick<Backend, 'execute'> & Partial<Backend> = {
  execute: (primitive, operands, params, outs) => primitive.impl(operands, params, outs)
}

let backend: Pick<Backend, 'execute'> & Partial<Backend> = direct

/** Installs the backend for concrete operations, and gives the one before; at first each primitive runs its own `impl`. */
export const installBackend = (next: Pick<Backend, 'execute'> & Partial<Backend>): Pick<Backend, 'execute'> & Partial<Backend> => {
  const before = backend
  backend = next
  return before
}

/** A value traced in place of an array. */
export abstract class Tracer implements NdArray {
  declare readonly [brand]: 'NdArray'
  readonly trace: Trace
  readonly aval: Aval

  constructor(trace: Trace, aval: Aval) {
    this.trace = trace
    this.aval = aval
  }

  /** The value to use where JavaScript needs numbers; undefined if only its type is known. */
  protected abstract get known(): NdArray | undefined

  /** The transform that traces it, for messages. */
  protected abstract get transform(): string

  get shape(): Shape {
    return this.aval.shape
  }
  get dtype(): DType {
    return this.aval.dtype
  }
  get weak(): boolean {
    return this.aval.weak
  }
  get ndim(): number {
    return this.aval.shape.length
  }
  get size(): number {
    return sizeOf(this.aval.shape)
  }
  item(): number {
    return this.#concrete('item()').item()
  }
  toList(): NestedList {
    return this.#concrete('toList()').toList()
  }
  toTypedArray(): TypedArray {
    return this.#concrete('toTypedArray()').toTypedArray()
  }
  [Symbol.iterator](): Iterator<NdArray> {
    if (this.ndim === 0) throw new ShapeError('iteration', 'an array with at least one axis', this)
    if (backend.unstack === undefined) throw new TracerError('iteration', 'an installed backend (import the index)', 'none')
    return backend.unstack(this)[Symbol.iterator]()
  }
  [Symbol.toPrimitive](hint: string): number | string {
    if (hint === 'string') return this.toString()
    return this.#concrete('conversion to a primitive (as in x + y, x < y or `${x}`)')[Symbol.toPrimitive](hint)
  }
  toString(): string {
    return `Traced<${this.dtype}[${this.shape.join(',')}], ${this.transform}>`
  }
  toJSON(): NestedList {
    return this.#concrete('toJSON()').toList()
  }
  /** What Node's `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  #concrete(operation: string): NdArray {
    const value = this.known
    if (value !== undefined) return value
    throw new TracerError(
      operation,
      'a concrete array; under jit and vmap use operations on arrays (np.where, np.add, …) instead, ' +
        'pass the value as a static argument, or take it out of the transformed function',
      `a value traced by ${this.transform}${userLine()}`
    )
  }
}

/** Whether the value is traced. */
export const isTracer = (x: unknown): x is Tracer => x instanceof Tracer

/** ` in file:line` of the innermost caller outside of this library; empty if the engine's stack, or a bundle, does not tell. */
export const userLine = (): string => {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 100 // transforms within transforms are many calls deep
  const lines = (new Error().stack ?? '').split('\n').slice(1)
  Error.stackTraceLimit = limit
  const library = /([^\s()]*\/)[^/\s()]+:\d+:\d+\)?\s*$/.exec(lines[0])?.[1].replace(/core\/$/, '') // or the folder of a bundle
  if (library === undefined) return ''
  const line = lines.find((text) => !text.includes(library) && !text.includes('node:internal') && /:\d+:\d+/.test(text))
  const place = line === undefined ? null : /\(?((?:file:\/\/|\/|\w+:)[^()\s]*:\d+:\d+)\)?\s*$/.exec(line)
  return place === null ? '' : ` in ${place[1]}`
}

class EvalTrace extends Trace {
  process(primitive: Primitive, operands: readonly NdArray[], params: object): readonly NdArray[] {
    const avals = new Array<Aval>(operands.length)
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i]
      if (operand instanceof Tracer) throw escaped(primitive.name, operand)
      avals[i] = operand.aval
    }
    return backend.execute(primitive, operands, params, primitive.abstract(avals, params))
  }
}

/** A tracer was used after, or outside of, the transform that made it. */
export const escaped = (who: string, tracer: Tracer): TracerError =>
  new TracerError(
    publicName(who),
    'values that belong to a running transform; return a value from the transformed function instead of keeping it',
    `${tracer.toString()}, which escaped from its transform${userLine()}`
  )

/** The trace that evaluates. */
export const evaluation: Trace = new EvalTrace(0)

let current: Trace = evaluation

/** The trace that `bind` hands operations to. */
export const currentTrace = (): Trace => current

/** Callers without types pass anything. */
const checkOperands = (primitive: Primitive, operands: readonly (Partial<NdArray> | null | undefined)[]): void => {
  for (const x of operands) {
    if (x?.aval !== undefined) continue
    throw new ArgumentError(publicName(primitive.name), 'arrays (functions of np take numbers and lists too)', quoted(x))
  }
}

/** Applies a primitive in the current trace. Throws ArgumentError for operands that are no arrays. */
export const bind = (primitive: Primitive, operands: readonly NdArray[], params: object): readonly NdArray[] => {
  checkOperands(primitive, operands)
  return current.process(primitive, operands, params)
}

const none = {}

/** Applies a primitive that has one output. */
export const bind1 = (primitive: Primitive, operands: readonly NdArray[], params: object = none): NdArray =>
  bind(primitive, operands, params)[0]

/** Runs the function with another trace current. */
export const within = <A>(trace: Trace, f: () => A): A => {
  const saved = current
  current = trace
  try {
    return f()
  } finally {
    current = saved
  }
}
