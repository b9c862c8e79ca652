import type { Buffer } from '../schedule/kernel.js'
import { i32, sequence, type Code, type Statement } from './code.js'
import type { Emitted } from './emitted.js'
import type { ModuleBuilder, Scope } from './module.js'

/** Where a buffer is: the same code for the same buffer. */
export type Address = (buffer: Buffer) => Code<'i32'>

/** A function of the addresses of its buffers: of a list of them, if there is one. */
export const addressed = (
  module: ModuleBuilder, buffers: readonly Buffer[], list: Buffer | null, write: (address: Address, scope: Scope) => Statement
): Emitted => {
  const distinct = [...new Set(buffers)]
  const from = (codes: readonly Code<'i32'>[]): Address => {
    const places = new Map(distinct.map((buffer, i) => [buffer, codes[i]]))
    return (buffer) => places.get(buffer) as Code<'i32'> // one for each
  }
  if (list === null) {
    const callee = module.define({ params: distinct.map(() => 'i32' as const), result: 'none' }, (scope, ...pointers) =>
      write(from(pointers.map(({ get }) => get)), scope))
    return { buffers: distinct, units: 1, call: (addresses) => callee(...addresses) }
  }
  const callee = module.define({ params: ['i32'], result: 'none' }, (scope, { get }) =>
    write(from(distinct.map((_, i) => i32.load(get, 4 * i))), scope))
  return {
    buffers: [...distinct, list], units: 1,
    call(addresses) {
      const place = addresses[distinct.length]
      return sequence(...distinct.map((_, i) => i32.store(place, addresses[i], 4 * i)), callee(place))
    }
  }
}
