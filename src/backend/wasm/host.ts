import { dataOf, scalar, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { byteSize, type DType, type TypedArray } from '../../core/dtype.js'
import type { Atom } from '../../core/primitive.js'
import { sizeOf } from '../../core/shape.js'
import { avalsOf } from '../../ir/jaxpr.js'
import type { Host, Kernel, Schedule } from '../schedule/kernel.js'
import { routinesOf } from '../schedule/lines.js'
import { i32, sequence } from './code.js'
import type { Emitted } from './emitted.js'
import type { ModuleBuilder } from './module.js'
import { viewOf, type Heap } from './runtime/heap.js'

/** The host kernels of a schedule, those of programs within it too. */
export const hostsIn = ({ kernels }: Schedule): readonly Host[] => kernels.flatMap((kernel: Kernel) =>
  (kernel.kind === 'host' ? [kernel] : routinesOf(kernel).flatMap(([, routine]) => hostsIn(routine.schedule))))

/** Calls a kernel by its number, with the address of the table of the addresses of its operands and results. */
export type HostCall = (number: number, table: number) => void

/** How a module calls what it does not write itself. */
export type Hosts = (kernel: Host) => Emitted

/** The way out of a module, imported if its schedule has a use for it; nothing may be defined in the module before. */
export const hostsOf = (module: ModuleBuilder, schedule: Schedule): Hosts => {
  const kernels = hostsIn(schedule)
  if (kernels.length === 0) return ({ name }) => { throw new Error(`${name} is not in the schedule`) }
  const numbers = new Map(kernels.map((kernel, number) => [kernel, number]))
  const call = module.importFunction('host', 'call', { params: ['i32', 'i32'], result: 'none' })
  return (kernel) => {
    const { operands, results, table } = kernel
    const number = i32.const(numbers.get(kernel) as number) // it is one of them
    return {
      buffers: [table, ...operands.filter((operand) => operand !== null), ...results],
      units: 1,
      call: ([at, ...addresses]) => sequence(...addresses.map((address, k) => i32.store(at, address, 4 * k)), call(number, at))
    }
  }
}

/** The memory as arrays of all dtypes. */
class Views {
  readonly #heap: Heap
  readonly #views = new Map<DType, TypedArray>()
  #growths: number

  constructor(heap: Heap) {
    this.#heap = heap
    this.#growths = heap.growths
  }

  of(dtype: DType): TypedArray {
    if (this.#growths !== this.#heap.growths) {
      this.#views.clear()
      this.#growths = this.#heap.growths
    }
    const known = this.#views.get(dtype)
    if (known !== undefined) return known
    const { memory } = this.#heap
    const view = viewOf(memory, dtype, 0, Math.floor(memory.buffer.byteLength / byteSize(dtype)))
    this.#views.set(dtype, view)
    return view
  }
}

/** What is read from an address: a copy of elements, or the number that stands for them. */
const reader = (atom: Atom, views: Views): ((address: number) => NdArray) => {
  const { aval } = atom
  const { dtype, shape, weak } = aval
  if (atom.kind === 'literal') return () => scalar(atom.value, dtype, weak)
  const [bytes, size] = [byteSize(dtype), sizeOf(shape)]
  return (address) => wrap(aval, views.of(dtype).slice(address / bytes, address / bytes + size))
}

/**
 * Carries out host kernels as the reference does. Operands are copied out of the memory, since callbacks may keep them, and results
 * into it. Meanwhile other programs may run, this one too: what lies in the memory stays where it is.
 */
export const hostCall = (schedule: Schedule, heap: Heap): HostCall => {
  const views = new Views(heap)
  const steps = hostsIn(schedule).map(({ eqn: { primitive, inputs, params, outputs } }) => {
    const outs = avalsOf(outputs)
    const readers = inputs.map((atom) => reader(atom, views))
    const isLiteral = inputs.map(({ kind }) => kind === 'literal')
    return (table: number): void => {
      const words = views.of('int32')
      let next = table / 4
      const operands = new Array<NdArray>(readers.length)
      for (let k = 0; k < readers.length; k++) operands[k] = readers[k](isLiteral[k] ? 0 : words[next++])
      const places = outs.length === 0 ? none : outs.map(() => words[next++])
      const results = heap.holding(() => primitive.impl(operands, params, outs))
      for (let k = 0; k < places.length; k++) {
        const { dtype } = outs[k]
        views.of(dtype).set(dataOf(results[k]), places[k] / byteSize(dtype))
      }
    }
  })
  return (number, table) => steps[number](table)
}

const none: readonly number[] = []
