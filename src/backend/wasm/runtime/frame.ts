import type { TypedArray } from '../../../core/dtype.js'
import type { Buffer, Schedule } from '../../schedule/kernel.js'
import { bytesOf, viewOf, type Heap, type Region } from './heap.js'

/** Results and arguments up to this many bytes pass through a program's own frame: to copy them is less than to keep track of them. */
export const small = 1024

/** Arenas up to this many bytes are part of it. */
const smallArena = 16384

const alignment = 16

/** A place in the frame for an argument or a result; none for those that lie elsewhere in the memory. */
export interface Slot {
  readonly address: number
  readonly view: TypedArray
}

/** What a program keeps in the memory between calls: the table of addresses, places of small arguments and results, a small arena. */
export class Frame {
  readonly #heap: Heap
  readonly #region: Region
  readonly #buffers: readonly Buffer[]
  readonly #offsets: readonly number[]
  readonly #arena: number | null
  #growths = -1
  #slots: readonly (Slot | null)[] = []
  #table: Int32Array = new Int32Array(0)

  constructor(heap: Heap, { inputs, outputs }: Schedule, arenaBytes: number) {
    this.#heap = heap
    this.#buffers = [...inputs, ...outputs]
    let end = 4 * (this.#buffers.length + 1)
    const place = (bytes: number): number => {
      const at = Math.ceil(end / alignment) * alignment
      end = at + bytes
      return at
    }
    const offsets = new Map<Buffer, number>() // a result that takes an argument's place is the same buffer
    for (const buffer of new Set(this.#buffers)) {
      const bytes = bytesOf(buffer.dtype, buffer.size)
      offsets.set(buffer, bytes <= small ? place(bytes) : -1)
    }
    this.#offsets = this.#buffers.map((buffer) => offsets.get(buffer) as number) // set above
    this.#arena = arenaBytes <= smallArena ? place(arenaBytes) : null
    this.#region = heap.take(end)
    heap.guard(this, this.#region)
  }

  /** The address of the table, whose entries are the arguments', the results' and the arena's addresses. */
  get address(): number {
    return this.#region.address
  }

  /** Whether the arena lies in it. */
  get hasArena(): boolean {
    return this.#arena !== null
  }

  /** Places of arguments, then of results. Their addresses are in the table already. */
  slots(): readonly (Slot | null)[] {
    if (this.#growths !== this.#heap.growths) this.#look()
    return this.#slots
  }

  /** The table. */
  table(): Int32Array {
    if (this.#growths !== this.#heap.growths) this.#look()
    return this.#table
  }

  /** Views of the memory, which has others once it has grown. */
  #look(): void {
    const { memory } = this.#heap
    const { address } = this.#region
    this.#growths = this.#heap.growths
    this.#table = new Int32Array(memory.buffer, address, this.#buffers.length + 1)
    this.#slots = this.#buffers.map(({ dtype, size }, k) => {
      const offset = this.#offsets[k]
      if (offset < 0) return null
      this.#table[k] = address + offset
      return { address: address + offset, view: viewOf(memory, dtype, address + offset, size) }
    })
    if (this.#arena !== null) this.#table[this.#buffers.length] = address + this.#arena
  }
}
