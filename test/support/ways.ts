import { compiled } from '../../src/backend/compiled.js'
import { broughtBy } from '../../src/backend/wasm/kernels/writer.js'
import { jitP, type JitParams } from '../../src/control/jit.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import { installBackend } from '../../src/core/trace.js'
import { jit } from '../../src/jit/jit.js'
import { primitives as linalgPrimitives } from '../../src/linalg/primitives.js'
import { hosted } from './hosted.js'

/** What programs call JavaScript for, as docs/compiler.md says. */
const leftOut: ReadonlySet<string> = new Set([
  ...linalgPrimitives.filter((primitive) => broughtBy(primitive) === undefined).map(({ name }) => name), 'lgamma', 'digamma', 'polygamma', 'debug_callback', 'pure_callback'
])

const checked = new WeakSet<Jaxpr>()

/** Throws if the module of a program calls JavaScript for more than it has to. */
const check = (jaxpr: Jaxpr): void => {
  if (checked.has(jaxpr)) return
  for (const name of hosted(jaxpr)) if (!leftOut.has(name)) throw new Error(`${name} is not compiled`)
  checked.add(jaxpr)
}

/** Runs a function whose programs are checked. */
const watched = <A>(f: () => A): A => {
  const before = installBackend({
    ...compiled,
    execute(primitive, operands, params, outs) {
      if (primitive === jitP) check((params as JitParams).jaxpr) // of jit
      return compiled.execute(primitive, operands, params, outs)
    }
  })
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
