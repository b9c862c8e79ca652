import { arrayOver, dataOf, relocate, seize, storageOf, wrap } from '../../../array/ndarray.js'
import type { NdArray, Storage } from '../../../core/array.js'
import type { TypedArray } from '../../../core/dtype.js'
import type { Clock } from '../../clock.js'
import { arenaOf } from '../../schedule/buffers/arena.js'
import type { Schedule } from '../../schedule/kernel.js'
import type { Segment } from '../../schedule/prepare.js'
import { assemble, type Division } from '../assemble.js'
import { hostsIn } from '../host.js'
import { scheduled } from '../target.js'
import { instantiate, instantiateAsync, type Imports } from './engine.js'
import { Frame, small, type Slot } from './frame.js'
import { bytesOf, OutOfMemory, type Heap, type Region } from './heap.js'
import { hostCall } from './hostcall.js'
import { tooLarge } from './shortage.js'

/** Runs a compiled program. It takes the memory of arguments that were donated to it, but for those in `spared`. */
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
  const plan = scheduled(jaxpr, donated)
  const shared = !(heap.memory.buffer instanceof ArrayBuffer)
  const numbering = clock && ((kernel: Schedule['kernels'][number]): number => clock.enrol({ kind: 'kernel', kernel }))
  const told = clock && {
    begin: (number: number) => clock.begin(number),
    end: (number: number) => clock.end(number)
  }
  return {
    plan,
    bytes: assemble(plan, { maximum: shared ? heap.maximum : undefined, numbering, division, fma }),
    imports: { heap: { memory: heap.memory }, host: { call: hostCall(plan, heap) }, ...(told && { clock: told }) }
  }
}

/** Compiles a program. Results may take the memory of the arguments at `donated` positions. */
export const compile = (jaxpr: Segment, setting: Setting, donated: readonly number[] = []): Executable => {
  const { plan, bytes, imports } = assembled(jaxpr, setting, donated)
  return ready(jaxpr, plan, instantiate(bytes, imports), setting)
}

/** The same, in the background. */
export const compileAsync = async (jaxpr: Segment, setting: Setting, donated: readonly number[]): Promise<Executable> => {
  const { plan, bytes, imports } = assembled(jaxpr, setting, donated)
  return ready(jaxpr, plan, await instantiateAsync(bytes, imports), setting)
}

/** A program that may be called while it runs, by a callback: each of its calls at a time has a frame of its own. */
const reentrant = (make: () => Executable): Executable => {
  const idle = [make()]
  return (args, spared) => {
    const run = idle.pop() ?? make()
    try {
      return run(args, spared)
    } finally {
      idle.push(run)
    }
  }
}

/** A compiled program, ready to run. */
const ready: typeof executable = (jaxpr, plan, exports, setting) => {
  const make = (): Executable => executable(jaxpr, plan, exports, setting)
  return hostsIn(plan).length === 0 ? make() : reentrant(make)
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
  const taken = new Set(heirs)
  const framed = bytes.map((size) => size <= small)
  const ofArguments = inputs.map((_, k) => k)
  const through = ofArguments.filter((k) => framed[k])
  const read = ofArguments.filter((k) => !framed[k] && !taken.has(k))
  const own = outputs.flatMap((_, k) => (framed[inputs.length + k] || heirs[k] >= 0 ? [] : [k]))
  const inherited = outputs.flatMap((_, k) => (framed[inputs.length + k] || heirs[k] < 0 ? [] : [k]))
  const needed = [...read, ...inherited.map((k) => heirs[k]), ...own.map((k) => inputs.length + k)]
    .reduce((sum, k) => sum + bytes[k] + 64, frame.hasArena ? 64 : arenaBytes + 64)

  /** A result that lies in the frame. */
  const copied = (k: number): NdArray => wrap(avals[k], (frame.slots()[inputs.length + k] as Slot).view.slice()) // small ones have slots

  let started = false

  const attempt: Executable = (args, spared) => {
    started = false
    heap.reserve(needed)
    const call = heap.begin()
    const arena = frame.hasArena ? undefined : heap.take(arenaBytes)
    /** Where results go: new memory, and that of arguments. */
    const regions: Region[] = []
    const storages: Storage[] = []
    const seized: Storage[] = []
    try {
      for (const k of through) put((frame.slots()[k] as Slot).view, dataOf(args[k])) // small ones have slots
      for (const k of read) {
        const storage = storageOf(args[k])
        const found = heap.visit(storage, call)
        if (found !== undefined) {
          frame.table()[k] = found // the memory may have grown
          continue
        }
        const region = heap.take(bytes[k])
        const { dtype, size } = inputs[k]
        heap.write(region.address, storage.read(), dtype)
        const kept = heap.keep(region, dtype, size)
        relocate(args[k], kept)
        heap.visit(kept, call)
        frame.table()[k] = region.address
      }
      for (const k of inherited) {
        const from = heirs[k]
        const storage = storageOf(args[from])
        const isFirst = heap.isFirst(storage, call)
        let address = heap.visit(storage, call)
        if (address !== undefined && isFirst && !heap.holds(storage) && spared?.has(args[from]) !== true) storages[k] = storage
        else {
          const region = heap.take(bytes[from])
          regions[k] = region
          address = region.address
          heap.write(address, storage.read(), inputs[from].dtype)
        }
        const table = frame.table()
        table[from] = table[inputs.length + k] = address
      }
      for (const k of own) {
        const region = heap.take(bytes[inputs.length + k])
        regions[k] = region
        frame.table()[inputs.length + k] = region.address
      }
      if (arena !== undefined) frame.table()[inputs.length + outputs.length] = arena.address
      frame.slots() // are in the table
      for (const k of inherited) if (storages[k] !== undefined) seized.push(seize(args[heirs[k]]))
      started = true
      run(frame.address)
      const results = new Array<NdArray>(outputs.length)
      for (let k = 0; k < results.length; k++) {
        const region = regions[k]
        const storage = region === undefined ? storages[k] : heap.keep(region, outputs[k].dtype, outputs[k].size)
        results[k] = storage === undefined ? copied(k) : arrayOver(avals[k], storage)
      }
      regions.length = 0
      seized.length = 0
      return results
    } finally {
      for (const region of regions) if (region !== undefined) heap.give(region)
      for (const storage of seized) storage.release()
      if (arena !== undefined) heap.give(arena)
    }
  }

  /** Everything passes through the frame. */
  const inFrame: Executable = (args) => {
    const slots = frame.slots() as readonly Slot[] // all are small
    for (let k = 0; k < args.length; k++) put(slots[k].view, dataOf(args[k]))
    run(frame.address)
    const results = new Array<NdArray>(outputs.length)
    for (let k = 0; k < results.length; k++) results[k] = copied(k)
    return results
  }
  if (frame.hasArena && framed.every(Boolean)) return inFrame

  return (args, spared) => {
    try {
      return attempt(args, spared)
    } catch (error) {
      if (started || !(error instanceof OutOfMemory)) throw error // it comes from within the program
    }
    try {
      heap.clear()
      return attempt(args, spared)
    } catch (error) {
      if (started || !(error instanceof OutOfMemory || error instanceof RangeError)) throw error
      throw tooLarge(who, plan, heap)
    }
  }
}
