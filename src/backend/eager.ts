import { isShareable } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import type { Aval } from '../core/aval.js'
import type { Eqn, Primitive, Var } from '../core/primitive.js'
import { sizeOf } from '../core/shape.js'
import { avalsOf, variable } from '../ir/jaxpr.js'
import { paramKey } from '../ir/key.js'
import type { Segment } from './schedule/prepare.js'
import type { Executable } from './wasm/runtime/executable.js'

/** From how many elements on an operation by itself is worth a program. */
const worthwhile = 16384

/** The greatest number of elements that may lie in the memory of programs: more are kept outside. */
const greatest = 2 ** 27

/** How many programs of one equation are kept. */
const most = 512

/** An equation over fresh variables. */
const alone = (primitive: Primitive, operands: readonly NdArray[], params: object, outs: readonly Aval[]): Eqn =>
  ({ primitive, inputs: avalsOf(operands).map(variable), params, outputs: outs.map(variable) })

/** Up to how many elements a part of an array is copied faster than a program is compiled. */
const fewParts = 2 ** 20

/**
 * Whether it only fills an array with a number, looks at elements differently, or copies a part, which in a loop over batches is another
 * one each time: that takes no program.
 */
const isPlain = ({ name }: Primitive, [x]: readonly NdArray[], outs: readonly Aval[]): boolean => {
  switch (name) {
    case 'broadcast_in_dim': return x.size === 1
    case 'reshape':
    case 'squeeze': return isShareable(x)
    case 'slice': return sizeOf(outs[0].shape) <= fewParts
    default: return false
  }
}

const keyOf = (primitive: Primitive, operands: readonly NdArray[], params: object): string =>
  `${primitive.name} ${operands.map(({ dtype, shape, weak }) => `${dtype}${shape.join()}${weak ? '~' : ''}`).join(' ')} ${paramKey(params)}`

/** Programs of single equations over large arrays, the latest ones; `null` for what cannot be compiled. */
export class EagerPrograms {
  readonly #programs = new Map<string, Executable | null>()
  readonly #compile: (segment: Segment, eqn: Eqn) => Executable | null

  /** `compile` gives the program of a segment, which has one equation, if there is one. */
  constructor(compile: (segment: Segment, eqn: Eqn) => Executable | null) {
    this.#compile = compile
  }

  /** The program for an operation, if it is large enough for one and has one. */
  find(primitive: Primitive, operands: readonly NdArray[], params: object, outs: readonly Aval[]): Executable | null {
    if (primitive.jaxprs !== undefined || primitive.effectful === true) return null
    const sizes = [...operands, ...outs].map(({ shape }) => sizeOf(shape))
    if (!sizes.some((size) => size >= worthwhile) || sizes.some((size) => size > greatest)) return null
    if (isPlain(primitive, operands, outs)) return null
    const key = keyOf(primitive, operands, params)
    const known = this.#programs.get(key)
    if (known !== undefined) return known
    const eqn = alone(primitive, operands, params, outs)
    const program = this.#compile({ inputs: eqn.inputs as readonly Var[], eqns: [eqn], outputs: eqn.outputs }, eqn) // all are variables
    if (this.#programs.size >= most) this.#programs.delete(this.#programs.keys().next().value as string) // the oldest
    this.#programs.set(key, program)
    return program
  }
}
