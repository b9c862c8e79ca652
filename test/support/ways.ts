import { compiled } from '../../src/backend/compiled.js'
import { planned } from '../../src/backend/plan.js'
import { jitP, type JitParams } from '../../src/control/jit.js'
import type { NdArray } from '../../src/core/array.js'
import type { Aval } from '../../src/core/aval.js'
import type { Primitive } from '../../src/core/primitive.js'
import { sizeOf } from '../../src/core/shape.js'
import { installBackend } from '../../src/core/trace.js'
import { jit } from '../../src/jit/jit.js'
import { primitives as linalgPrimitives } from '../../src/linalg/primitives.js'

/** What docs/compiler.md says is interpreted, wherever it occurs in a program. */
const leftOut: ReadonlySet<string> = new Set([
  ...linalgPrimitives.map(({ name }) => name), 'lgamma', 'digamma', 'polygamma', 'debug_callback', 'pure_callback', 'checkpoint'
])

const isEmpty = ({ shape }: Aval): boolean => sizeOf(shape) === 0

/** Runs a function, and throws if programs in it leave more to the interpreter than they have to. */
const watched = <A>(f: () => A): A => {
  let depth = 0
  const execute = (primitive: Primitive, operands: readonly NdArray[], params: object, outs: readonly Aval[]): readonly NdArray[] => {
    if (primitive === jitP) planned((params as JitParams).jaxpr) // once and for all: what is constant is folded meanwhile
    const holds = primitive.jaxprs !== undefined // a loop with something in it that is left out
    if (depth === 1 && !holds && !leftOut.has(primitive.name) && ![...operands, ...outs].some(isEmpty)) {
      throw new Error(`${primitive.name} is interpreted`)
    }
    depth++
    try {
      return compiled.execute(primitive, operands, params, outs)
    } finally {
      depth--
    }
  }
  const before = installBackend({ ...compiled, execute })
  try {
    return f()
  } finally {
    installBackend(before)
  }
}

/** Makes a function run in some way. */
export type Run = <A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => R

/** As one program. */
const asProgram: Run = (f) => {
  const jitted = jit(f as (...args: never[]) => unknown) as unknown as typeof f // the types stay what they are
  return (...args) => watched(() => jitted(...args))
}

/** How tests run a function on golden values: operation by operation, and as one compiled program. */
export const ways: readonly (readonly [how: string, run: Run])[] = [['at once', (f) => f], ['compiled', asProgram]]
