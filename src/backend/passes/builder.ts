import { equalAvals, type Aval } from '../../core/aval.js'
import type { DType } from '../../core/dtype.js'
import type { Atom, Eqn, Primitive, Var } from '../../core/primitive.js'
import { equalShapes, type Shape } from '../../core/shape.js'
import { convertElementTypeP, type ConvertParams } from '../../lax/elementwise/convert.js'
import { broadcastInDimP, reduceSumP, type AxesParams, type BroadcastParams } from '../../lax/broadcast.js'
import { reshapeP, type ReshapeParams } from '../../lax/movement/reshape.js'
import { transposeP, type TransposeParams } from '../../lax/movement/transpose.js'
import { avalsOf, literal, variable } from '../../ir/jaxpr.js'

const none = {}

/** Equations in the making; what does nothing is left out. */
export class Builder {
  readonly eqns: Eqn[] = []
  readonly #source: string | undefined

  /** The equations come from this line of the user's code. */
  constructor(source?: string) {
    this.#source = source
  }

  apply<P extends object>(primitive: Primitive<string, P>, inputs: readonly Atom[], params: P): Var {
    const outputs = primitive.abstract(avalsOf(inputs), params).map(variable)
    this.eqns.push({ primitive, inputs, params, outputs, ...(this.#source !== undefined && { source: this.#source }) })
    return outputs[0]
  }

  elementwise(primitive: Primitive, ...inputs: readonly Atom[]): Var {
    return this.apply(primitive, inputs, none)
  }

  transpose(x: Atom, permutation: readonly number[]): Atom {
    if (permutation.every((from, to) => from === to)) return x
    return this.apply<TransposeParams>(transposeP, [x], { permutation })
  }

  reshape(x: Atom, newSizes: Shape): Atom {
    return equalShapes(x.aval.shape, newSizes) ? x : this.apply<ReshapeParams>(reshapeP, [x], { newSizes })
  }

  broadcast(x: Atom, shape: Shape, broadcastDimensions: readonly number[]): Atom {
    if (equalShapes(x.aval.shape, shape)) return x
    return this.apply<BroadcastParams>(broadcastInDimP, [x], { shape, broadcastDimensions })
  }

  /** As `broadcast`, where the equation itself is asked for unless it does nothing at all. */
  spread(x: Atom, shape: Shape, broadcastDimensions: readonly number[]): Atom {
    const still = equalShapes(x.aval.shape, shape) && broadcastDimensions.length === shape.length
    return still ? x : this.apply<BroadcastParams>(broadcastInDimP, [x], { shape, broadcastDimensions })
  }

  sum(x: Atom, axes: readonly number[]): Atom {
    return axes.length === 0 ? x : this.apply<AxesParams>(reduceSumP, [x], { axes })
  }

  convert(x: Atom, dtype: DType, weak = false): Atom {
    if (x.aval.dtype === dtype && x.aval.weak === weak) return x
    return this.apply<ConvertParams>(convertElementTypeP, [x], { newDtype: dtype, weakType: weak })
  }

  /** An array of one number. */
  fill(value: number, shape: Shape, dtype: DType): Atom {
    return this.broadcast(literal({ shape: [], dtype, weak: false }, value), shape, [])
  }

  /** The value in the type given, of its shape. */
  as(x: Atom, { shape, dtype, weak }: Aval): Atom {
    const out = this.convert(x, dtype, weak)
    if (equalAvals(out.aval, { shape, dtype, weak })) return out
    return this.reshape(out, shape)
  }
}
