import type { Storage } from '../../../core/array.js'
import { byteSize, type DType, type TypedArray } from '../../../core/dtype.js'
import { mostPages, newMemory, type Memory } from './engine.js'

/** A run of bytes in the memory. */
export interface Region {
  readonly address: number
  readonly bytes: number
}

/** Bytes by which memories grow. */
export const page = 65536
const alignment = 64

/** The memory cannot grow so far. */
export class OutOfMemory extends Error {}

/** Free and taken bytes of a memory that grows: the first hole that is large enough is taken. */
class Allocator {
  readonly #memory: Memory
  /** Holes, by address; no two touch. */
  readonly #holes: { address: number; bytes: number }[] = []
  #end: number
  #taken = 0
  #growths = 0

  constructor(memory: Memory, reserved: number) {
    this.#memory = memory
    this.#end = reserved
  }

  /** Bytes in use. */
  get taken(): number {
    return this.#taken
  }

  /** How often the memory has grown. */
  get growths(): number {
    return this.#growths
  }

  /** Takes bytes; the memory grows where they do not fit. Throws OutOfMemory where it cannot. */
  take(bytes: number): Region {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment)
    this.#taken += size
    for (let i = 0; i < this.#holes.length; i++) {
      const hole = this.#holes[i]
      if (hole.bytes < size) continue
      const { address } = hole
      if (hole.bytes === size) this.#holes.splice(i, 1)
      else {
        hole.address += size
        hole.bytes -= size
      }
      return { address, bytes: size }
    }
    const address = this.#end
    const missing = address + size - this.#memory.buffer.byteLength
    if (missing > 0) {
      try {
        this.#memory.grow(Math.ceil(missing / page))
        this.#growths++
      } catch (cause) {
        this.#taken -= size
        throw new OutOfMemory('memory does not grow', { cause })
      }
    }
    this.#end += size
    return { address, bytes: size }
  }

  /** Gives them back. */
  give({ address, bytes }: Region): void {
    this.#taken -= bytes
    let [low, high] = [0, this.#holes.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#holes[middle].address < address) low = middle + 1
      else high = middle
    }
    const [before, after] = [this.#holes[low - 1], this.#holes[low]]
    const touchesBefore = before !== undefined && before.address + before.bytes === address
    const touchesAfter = after !== undefined && address + bytes === after.address
    if (touchesBefore) {
      before.bytes += bytes + (touchesAfter ? after.bytes : 0)
      if (touchesAfter) this.#holes.splice(low, 1)
    } else if (touchesAfter) {
      after.address = address
      after.bytes += bytes
    } else this.#holes.splice(low, 0, { address, bytes })
  }
}

/** Elements that lie in the memory, or, once they had to make room, in a typed array. */
interface Resident {
  /** How many there were before it. */
  readonly number: number
  region: Region | null
  data: TypedArray | null
}

/** Elements in the memory. */
export const viewOf = (memory: Memory, dtype: DType, address: number, size: number): TypedArray => {
  const { buffer } = memory
  switch (dtype) {
    case 'bool':
    case 'uint8': return new Uint8Array(buffer, address, size)
    case 'int8': return new Int8Array(buffer, address, size)
    case 'int32': return new Int32Array(buffer, address, size)
    case 'uint32': return new Uint32Array(buffer, address, size)
    case 'float32': return new Float32Array(buffer, address, size)
    case 'float64': return new Float64Array(buffer, address, size)
  }
}

/** The storage of an array whose elements a program has left in the memory. */
class HeapStorage implements Storage {
  /** The latest call that it was an argument of. */
  call = 0
  readonly dtype: DType
  readonly size: number
  readonly #memory: Memory
  readonly #resident: Resident
  readonly #drop: (resident: Resident) => void

  constructor(memory: Memory, dtype: DType, size: number, resident: Resident, drop: (resident: Resident) => void) {
    this.dtype = dtype
    this.size = size
    this.#memory = memory
    this.#resident = resident
    this.#drop = drop
  }

  read(): TypedArray {
    const { region, data } = this.#resident
    return region === null ? data as TypedArray : viewOf(this.#memory, this.dtype, region.address, this.size) // it is in one of the two
  }

  release(): void {
    this.#drop(this.#resident)
  }

  /** Of the result. */
  get number(): number {
    return this.#resident.number
  }

  /** Where the elements are in the memory, if they are. */
  get address(): number | undefined {
    return this.#resident.region?.address
  }
}

/** How many bytes of results stay in the memory before the oldest move out. */
const room = 2 ** 28

/**
 * The memory that all programs work in. Results stay in it; space comes back from results that the garbage collector has dropped and,
 * where that is not enough, from the oldest ones, which move out into typed arrays unseen.
 */
export class Heap {
  readonly memory: Memory
  /** The most pages that it grows to. */
  readonly maximum: number
  readonly #allocator: Allocator
  #calls = 0
  /** Results in the memory, the oldest first. Their handles are not held: who drops them frees the space. */
  readonly #residents = new Map<Resident, { readonly dtype: DType; readonly size: number }>()
  /** Regions that are given back when the programs that may read them are done, and whose they were. */
  #waiting: { readonly region: Region; readonly number: number }[] = []
  #kept = 0
  /** The results before this one stay where they are. */
  #held = 0
  readonly #drop = (resident: Resident): void => this.#free(resident)
  readonly #dropped = new FinalizationRegistry<Resident>(this.#drop)
  readonly #owners = new FinalizationRegistry<Region>((region) => this.give(region))

  constructor(maximum = mostPages) {
    this.memory = newMemory(maximum)
    this.maximum = maximum
    this.#allocator = new Allocator(this.memory, alignment)
  }

  /** Bytes in use. */
  get taken(): number {
    return this.#allocator.taken
  }

  /** How often the memory has grown: each time it has other views. */
  get growths(): number {
    return this.#allocator.growths
  }

  /** Runs a function while programs are running: the results that there are stay where they are until it is done. */
  holding<A>(f: () => A): A {
    const before = this.#held
    this.#held = this.#kept
    try {
      return f()
    } finally {
      this.#held = before
      if (this.#waiting.length > 0) this.#release()
    }
  }

  /** Sees to it that so many bytes fit: the oldest results make room. */
  reserve(bytes: number): void {
    for (const resident of this.#residents.keys()) {
      if (this.#allocator.taken + bytes <= room) break
      if (resident.number >= this.#held) this.#moveOut(resident)
    }
  }

  /** All results make room. */
  clear(): void {
    for (const resident of this.#residents.keys()) if (resident.number >= this.#held) this.#moveOut(resident)
  }

  /** Bytes that were reserved. Throws OutOfMemory where there are none. */
  take(bytes: number): Region {
    return this.#allocator.take(bytes)
  }

  /** Gives a region back when its owner is gone. */
  guard(owner: object, region: Region): void {
    this.#owners.register(owner, region)
  }

  give(region: Region): void {
    this.#allocator.give(region)
  }

  /** A region's bytes become an array's elements. */
  keep(region: Region, dtype: DType, size: number): Storage {
    const resident: Resident = { number: this.#kept++, region, data: null }
    const storage = new HeapStorage(this.memory, dtype, size, resident, this.#drop)
    this.#residents.set(resident, { dtype, size })
    this.#dropped.register(storage, resident, resident)
    return storage
  }

  /** The number of a call, which visits arguments. */
  begin(): number {
    return ++this.#calls
  }

  /** Whether a call has not visited these elements yet. */
  isFirst(storage: Storage, call: number): boolean {
    return !(storage instanceof HeapStorage) || storage.call !== call
  }

  /** The address of elements that lie in this memory, visited by a call. */
  visit(storage: Storage, call: number): number | undefined {
    if (!(storage instanceof HeapStorage)) return undefined
    storage.call = call
    return storage.address
  }

  /** The address of elements that lie in this memory. */
  addressOf(storage: Storage): number | undefined {
    return storage instanceof HeapStorage ? storage.address : undefined
  }

  /** Whether running programs may read an array's elements: they have to stay as they are. */
  holds(storage: Storage): boolean {
    return storage instanceof HeapStorage && storage.number < this.#held
  }

  /** Elements written to an address. */
  write(address: number, data: TypedArray, dtype: DType): void {
    viewOf(this.memory, dtype, address, data.length).set(data)
  }

  /** A copy of elements at an address. */
  copy(address: number, dtype: DType, size: number): TypedArray {
    return viewOf(this.memory, dtype, address, size).slice()
  }

  /** Frees a result's space. Nothing here holds it any more: a copy of its elements goes with its handle. */
  #free(resident: Resident): void {
    if (resident.region === null) return
    if (resident.number < this.#held) this.#waiting.push({ region: resident.region, number: resident.number })
    else this.#allocator.give(resident.region)
    this.#residents.delete(resident)
    this.#dropped.unregister(resident)
    resident.region = null
  }

  /** Gives back what nobody waits for any more. */
  #release(): void {
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ number }) => number < this.#held)
    for (const { region, number } of waiting) if (number >= this.#held) this.give(region)
  }

  #moveOut(resident: Resident): void {
    const { dtype, size } = this.#residents.get(resident) as { dtype: DType; size: number } // it is one of them
    resident.data = this.copy((resident.region as Region).address, dtype, size) // residents have regions
    this.#free(resident)
  }
}

/** Bytes that elements take. */
export const bytesOf = (dtype: DType, size: number): number => size * byteSize(dtype)

let shared: Heap | undefined

/** The memory of all programs, made when it is first needed. */
export const sharedHeap = (): Heap => (shared ??= new Heap())
