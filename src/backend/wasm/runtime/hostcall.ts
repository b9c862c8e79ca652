import { dataOf, scalar, wrap } from '../../../array/ndarray.js'
import type { NdArray } from '../../../core/array.js'
import { byteSize, type DType, type TypedArray } from '../../../core/dtype.js'
import type { Atom } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'
import { avalsOf } from '../../../ir/jaxpr.js'
import type { Schedule } from '../../schedule/kernel.js'
import { hostsIn } from '../host.js'
import { viewOf, type Heap } from './heap.js'

/** Calls a kernel by its number, with the address of the table of the addresses of its operands and results. */
export type HostCall = (number: number, table: number) => void

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
