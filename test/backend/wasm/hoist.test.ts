import { expect, test } from 'vitest'
import { f32x4, i32, leave, loop, loopMark, sequence, v128, vectorMark, type Code } from '../../../src/backend/wasm/code.js'
import { hoisted } from '../../../src/backend/wasm/hoist.js'

/*
 * Vectors of constants in loops lie in locals.
 */

const all = (x: number): Code<'v128'> => v128.const(Float32Array.of(x, x, x, x))
const store = (value: Code<'v128'>): Code<'none'> => v128.store(i32.const(0), value)
const opcode = '\xfd\x0c'

const locals = (body: Code<'none'>): readonly [bytes: string, count: number] => {
  let count = 0
  const bytes = hoisted(body.bytes, () => count++)
  expect(bytes).not.toContain(loopMark)
  expect(bytes).not.toContain(vectorMark)
  return [bytes, count]
}

test('constants of a loop are set once, before it', () => {
  const [bytes, count] = locals(loop(sequence(store(f32x4.add(all(1), all(2))), store(all(1)), leave(0, i32.const(0)))))
  expect(count).toBe(2)
  expect(bytes.split(opcode).length - 1).toBe(2)
  expect(bytes.lastIndexOf(opcode)).toBeLessThan(bytes.indexOf('\x03\x40'))
})

test('those before all loops, zeros and ones stay where they are', () => {
  const [bytes, count] = locals(sequence(store(all(3)), loop(store(v128.or(all(0), v128.const(new Uint8Array(16).fill(255)))))))
  expect(count).toBe(0)
  expect(bytes.split(opcode).length - 1).toBe(3)
})

test('a function without loops is as it was', () => {
  expect(locals(store(all(1)))[1]).toBe(0)
})
