import type { NdArray } from '../core/array.js'
import { withAxis } from '../core/axes.js'
import type { Primitive } from '../core/primitive.js'
import { bind, currentTrace, Trace, Tracer, within } from '../core/trace.js'
import { axisNames } from '../ir/jaxpr.js'
import { during } from '../ir/stage.js'

/** One example of a batch: what the function sees has no mapped axis, what it stands for leads with it. */
class BatchTracer extends Tracer {
  readonly value: NdArray
  protected readonly transform = 'vmap'
  protected readonly known = undefined

  constructor(trace: BatchTrace, value: NdArray) {
    super(trace, { shape: value.shape.slice(1), dtype: value.dtype, weak: value.weak })
    this.value = value
  }
}

/** Applies operations to whole batches, by the batching rules of the primitives. */
class BatchTrace extends Trace {
  readonly #parent: Trace
  readonly #size: number
  readonly #axisName: string | undefined

  constructor(parent: Trace, size: number, axisName: string | undefined) {
    super(parent.depth + 1)
    this.#parent = parent
    this.#size = size
    this.#axisName = axisName
  }

  isBatched(x: NdArray): boolean {
    return x instanceof BatchTracer && x.trace === this
  }

  unwrap(x: NdArray): NdArray {
    return x instanceof BatchTracer && x.trace === this ? x.value : x
  }

  example(x: NdArray, batched: boolean): NdArray {
    return batched ? new BatchTracer(this, x) : x
  }

  process(primitive: Primitive, operands: readonly NdArray[], params: object): readonly NdArray[] {
    const batched = operands.map((x) => this.isBatched(x))
    const values = operands.map((x) => this.unwrap(x))
    const own = primitive.collective !== undefined && 'axisName' in params && params.axisName === this.#axisName
    if (!own && !batched.includes(true) && !this.#mentioned(primitive, params)) {
      return within(this.#parent, () => bind(primitive, values, params))
    }
    const [outs, flags] = within(this.#parent, () =>
      own && primitive.collective !== undefined
        ? primitive.collective(this.#size, values, batched, params)
        : primitive.batch(this.#size, values, batched, params, this.#axisName)
    )
    return outs.map((x, i) => this.example(x, flags[i]))
  }

  #mentioned(primitive: Primitive, params: object): boolean {
    const name = this.#axisName
    return name !== undefined && (primitive.jaxprs?.(params).some((jaxpr) => axisNames(jaxpr).has(name)) ?? false)
  }
}

/**
 * A function over batches whose mapped axis leads. Returns outputs as they come: those marked are batches, the others
 * are the same for every example.
 */
export const batchArrays = (
  f: (args: readonly NdArray[]) => readonly NdArray[],
  size: number,
  args: readonly NdArray[],
  batched: readonly boolean[],
  axisName?: string
): readonly [outs: readonly NdArray[], batched: readonly boolean[]] =>
  during(new BatchTrace(currentTrace(), size, axisName), (trace) => {
    const run = (): readonly NdArray[] => f(args.map((x, i) => trace.example(x, batched[i])))
    const outs = axisName === undefined ? run() : withAxis({ name: axisName, size }, run)
    return [outs.map((x) => trace.unwrap(x)), outs.map((x) => trace.isBatched(x))]
  })
