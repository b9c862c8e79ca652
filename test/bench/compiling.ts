/* One program, traced and compiled in a fresh process: how long each stage takes, as JSON. `compile.ts` runs it again and again. */
import { argv } from 'node:process'
import { jit } from 'cotangent'
import { planned } from '../../src/backend/plan.js'
import { assemble } from '../../src/backend/wasm/assemble.js'
import { instantiate, newMemory } from '../../src/backend/wasm/runtime/engine.js'
import { scheduled } from '../../src/backend/wasm/target.js'
import { programs } from './programs.js'

const [name, size, mode] = argv.slice(2)
const { f, args } = programs[name](Number(size))
const times: Record<string, number> = {}
let last = performance.now()
const lap = <A>(stage: string, value: A): A => {
  const now = performance.now()
  times[stage] = now - last
  last = performance.now()
  return value
}
const step = jit(f as (...all: unknown[]) => unknown) // the arguments are its own
lap('start', 0)
const lowered = lap('trace', step.lower(...args))
if (mode === 'whole') {
  lap('compile', lowered.compile())
  lap('first run', step(...args))
  lap('second run', step(...args))
} else {
  const { jaxpr, segment } = lap('passes', planned(lowered.jaxpr()))
  const memory = newMemory()
  lap('memory', memory)
  const plan = lap('schedule', scheduled(segment))
  const shared = !(memory.buffer instanceof ArrayBuffer)
  const bytes = lap('assemble', assemble(plan, { maximum: shared ? 65536 : undefined }))
  lap('WebAssembly', instantiate(bytes, { heap: { memory }, host: { call: () => undefined } }))
  times['traced'] = lowered.jaxpr('traced').eqns.length
  times['planned'] = jaxpr.eqns.length
  times['kernels'] = plan.kernels.length
  times['bytes'] = bytes.length
}
console.log(JSON.stringify(times))
