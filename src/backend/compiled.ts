import type { Backend } from '../core/trace.js'
import { jitP, type JitParams } from '../control/jit.js'
import { currentWatcher } from '../ir/source.js'
import { Programs } from './programs.js'
import { reference } from './reference.js'

/** The programs that calls run. */
export const programs: Programs = new Programs()

let current = programs
let spared: ReadonlySet<unknown> | undefined

/** Runs a function with other programs, those that tell a clock what they are doing. No call takes the arrays in `spare` for itself. */
export const running = <A>(other: Programs, spare: ReadonlySet<unknown>, f: () => A): A => {
  const saved = [current, spared] as const
  current = other
  spared = spare
  try {
    return f()
  } finally {
    [current, spared] = saved
  }
}

/** Whether an array stays valid even if it is donated. */
export const isSpared = (x: unknown): boolean => spared !== undefined && spared.has(x)

/** Programs run compiled, and so do operations on large arrays; everything else by the reference implementation. */
export const compiled: Backend = {
  ...reference,
  execute(primitive, operands, params, outs) {
    if (currentWatcher() !== undefined) return primitive.impl(operands, params, outs)
    if (primitive === jitP) {
      const { jaxpr, name, fma, donated, contraction } = params as JitParams // of jit
      return (fma === true ? current.fused : current).whole(name, jaxpr, donated, contraction)(operands, spared)
    }
    const alone = current.single.find(primitive, operands, params, outs)
    return alone === null ? primitive.impl(operands, params, outs) : alone(operands)
  }
}
