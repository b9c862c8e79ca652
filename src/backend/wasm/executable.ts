import { arrayOver, dataOf, relocate, seize, storageOf, wrap } from '../../array/ndarray.js'
import type { NdArray, Storage } from '../../core/array.js'
import type { TypedArray } from '../../core/dtype.js'
import type { Clock } from '../clock.js'
import { arenaOf } from '../schedule/arena.js'
import type { Schedule } from '../schedule/kernel.js'
import { preparedSegment, type Segment } from '../schedule/prepare.js'
import { schedule } from '../schedule/schedule.js'
import { assemble, type Division } from './assemble.js'
import { instantiate, instantiateAsync, type Imports } from './engine.js'
import { Frame, small, type Slot } from './frame.js'
import { bytesOf, OutOfMemory, type Heap, type Region } from './heap.js'
import { tooLarge } from './shortage.js'

/** Runs a compiled straight-line program. It takes the memory of arguments that were donated to it, but for those in `spared`. */
export type Executable = (args: readonly NdArray[], spared?: ReadonlySet<unknown>) => readonly NdArray[]

/** What programs are made for. */
export interface Setting {
  readonly heap: Heap
  /** Who is to be named in errors. */
  readonly who: string
  /** Is told of every kernel, if given. */
  readonly clock?: Clock | undefined
  /** How kernels are cut. */
  readonly division?: Division | undefined
  /** Whether multiplications and additions may be fused. */
  readonly fma?: boolean | undefined
}

type Run = (table: number) => void

interface Assembled {
  readonly plan: Schedule
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly imports: Imports
}

const assembled = (jaxpr: Segment, { heap, clock, division, fma }: Setting, donated: readonly number[]): Assembled => {
  const plan = schedule(preparedSegment(jaxpr), donated)
  const shared = !(heap.memory.buffer instanceof ArrayBuffer)
  const numbering = clock && ((kernel: Schedule['kernels'][number]): number => clock.enrol({ kind: 'kernel', kernel }))
  const told = clock && {
    begin: (number: number) => clock.begin(number),
    end: (number: number) => clock.end(number)
  }
  return {
    plan,
    bytes: assemble(plan, { maximum: shared ? heap.maximum : undefined, numbering, division, fma }),
    imports: { heap: { memory: heap.memory }, ...(told && { clock: told }) }
  }
}

/** Compiles a program all of whose equations are schedulable. Results may take the memory of the arguments at `donated` positions. */
export const compile = (jaxpr: Segment, setting: Setting, donated: readonly number[] = []): Executable => {
  const { plan, bytes, imports } = assembled(jaxpr, setting, donated)
  return executable(jaxpr, plan, instantiate(bytes, imports), setting)
}

/** The same, in the background. */
export const compileAsync = async (jaxpr: Segment, setting: Setting, donated: readonly number[]): Promise<Executable> => {
  const { plan, bytes, imports } = assembled(jaxpr, setting, donated)
  return executable(jaxpr, plan, await instantiateAsync(bytes, imports), setting)
}

/** Elements into a place: few of them one by one. */
const put = (view: TypedArray, data: TypedArray): void => {
  if (data.length > 8) view.set(data)
  else for (let i = 0; i < data.length; i++) view[i] = data[i]
}

const executable = (jaxpr: Segment, plan: Schedule, exports: Readonly<Record<string, unknown>>, { heap, who }: Setting): Executable => {
  const { inputs, outputs } = plan
  const run = exports['run'] as Run // the module exports it
  const arenaBytes = arenaOf(plan).bytes
  const avals = jaxpr.outputs.map(({ aval }) => aval)
  const bytes = [...inputs, ...outputs].map(({ dtype, size }) => bytesOf(dtype, size))
  const frame = new Frame(heap, plan, arenaBytes)
  const places = new Map(inputs.map((buffer, k) => [buffer, k]))
  /** The argument whose memory a result takes; −1: it gets its own. */
  const heirs = outputs.map((buffer) => places.get(buffer) ?? -1)
  const consumed = inputs.map((_, k) => heirs.includes(k))
  const needed = bytes.reduce((sum, size, k) =>
    (size > small && (k < inputs.length || heirs[k - inputs.length] < 0) ? sum + size + 64 : sum), frame.hasArena ? 64 : arenaBytes + 64)

  /** A result that lies in the frame. */
  const copied = (k: number): NdArray => wrap(avals[k], (frame.slots()[inputs.length + k] as Slot).view.slice()) // small ones have slots

  const attempt: Executable = (args, spared) => {
    heap.reserve(needed)
    const arena = frame.hasArena ? undefined : heap.take(arenaBytes)
    /** Memory for results, by their positions, or those of the arguments whose places they take; what is left in the end goes back. */
    const taken = new Map<number, Region>()
    const seized = new Map<number, Storage>()
    const gone: Storage[] = []
    const own = (k: number): number => {
      const region = heap.take(bytes[k])
      taken.set(k, region)
      return region.address
    }
    /** Where an argument's elements are, or a copy of them that may be overwritten. */
    const addressOf = (x: NdArray, k: number, storage: Storage): number => {
      const found = heap.addressOf(storage)
      const { dtype, size } = inputs[k]
      if (!consumed[k]) {
        if (found !== undefined) return found
        const region = heap.take(bytes[k])
        heap.write(region.address, storage.read(), dtype)
        relocate(x, heap.keep(region, dtype, size))
        return region.address
      }
      if (found !== undefined && spared?.has(x) !== true && args.indexOf(x) === args.lastIndexOf(x)) {
        seized.set(k, storage)
        return found
      }
      const address = own(k)
      heap.write(address, storage.read(), dtype)
      return address
    }
    try {
      for (let k = 0; k < args.length; k++) {
        const storage = storageOf(args[k])
        const slot = frame.slots()[k]
        if (slot !== null) put(slot.view, storage.read())
        else {
          const address = addressOf(args[k], k, storage)
          frame.table()[k] = address // the memory may have grown
        }
      }
      for (let k = 0; k < outputs.length; k++) {
        const at = inputs.length + k
        if (bytes[at] <= small) continue
        const address = heirs[k] < 0 ? own(at) : frame.table()[heirs[k]]
        frame.table()[at] = address
      }
      if (arena !== undefined) frame.table()[inputs.length + outputs.length] = arena.address
      frame.slots() // are in the table
      for (const k of seized.keys()) gone.push(seize(args[k]))
      run(frame.address)
      const results = outputs.map(({ dtype, size }, k) => {
        const place = heirs[k] < 0 ? inputs.length + k : heirs[k]
        const region = taken.get(place)
        const storage = region === undefined ? seized.get(place) : heap.keep(region, dtype, size)
        return storage === undefined ? copied(k) : arrayOver(avals[k], storage)
      })
      taken.clear()
      gone.length = 0
      return results
    } finally {
      for (const region of taken.values()) heap.give(region)
      for (const storage of gone) storage.release()
      if (arena !== undefined) heap.give(arena)
    }
  }

  /** Everything passes through the frame. */
  const framed: Executable = (args) => {
    const slots = frame.slots() as readonly Slot[] // all are small
    for (let k = 0; k < args.length; k++) put(slots[k].view, dataOf(args[k]))
    run(frame.address)
    const results = new Array<NdArray>(outputs.length)
    for (let k = 0; k < results.length; k++) results[k] = copied(k)
    return results
  }
  if (frame.hasArena && bytes.every((size) => size <= small)) return framed

  return (args, spared) => {
    try {
      return attempt(args, spared)
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error
    }
    try {
      heap.clear()
      return attempt(args, spared)
    } catch (error) {
      if (!(error instanceof OutOfMemory || error instanceof RangeError)) throw error
      throw tooLarge(who, plan, heap)
    }
  }
}
