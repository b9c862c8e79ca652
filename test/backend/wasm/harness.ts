import { i32, leave, loop, sequence, v128 } from '../../../src/backend/wasm/code.js'
import { instantiate, newMemory } from '../../../src/backend/wasm/engine.js'
import type { Function1, Function2 } from '../../../src/backend/wasm/functions/index.js'
import { ModuleBuilder } from '../../../src/backend/wasm/module.js'

const memory = newMemory()
const pages = 1 + (3 * 8 * (1 << 17)) / 65536
memory.grow(Math.max(0, pages - memory.buffer.byteLength / 65536))

/** How many numbers a compiled function takes at once. */
export const room = 1 << 17

/** Where operands and results lie. */
const at = [65536, 65536 + 8 * room, 65536 + 16 * room] as const

export type Floats = Float32Array | Float64Array

/** A function of lanes over memory. */
export interface Compiled {
  /** The operands of so many numbers, to be filled, and the result. */
  readonly arrays: readonly [x: Floats, y: Floats, out: Floats]
  /** Computes the first so many results, whole vectors of them. */
  run(count: number): void
  readonly bytes: number
}

export const compile = (wide: boolean, write: Function1 | Function2): Compiled => {
  const module = new ModuleBuilder()
  module.importMemory('env', 'memory', 1, 65536)
  module.define({ params: ['i32'], result: 'none' }, (scope, bytes) => {
    const i = scope.local('i32')
    const operand = (k: number): ReturnType<typeof v128.load> => v128.load(i32.add(i.get, i32.const(at[k])))
    return sequence(i.set(i32.const(0)), loop(sequence(
      v128.store(i32.add(i.get, i32.const(at[2])), write(scope, operand(0), operand(1))),
      leave(0, i32.ltU(i.tee(i32.add(i.get, i32.const(16))), bytes.get))
    )))
  }, 'run')
  const bytes = module.bytes()
  const run = instantiate(bytes, { env: { memory } }).run as (bytes: number) => void // the function defined above
  const size = wide ? 8 : 4
  const view = (from: number): Floats => (wide ? new Float64Array(memory.buffer, from, room) : new Float32Array(memory.buffer, from, room))
  return { arrays: [view(at[0]), view(at[1]), view(at[2])], run: (count) => run(count * size), bytes: bytes.length }
}
