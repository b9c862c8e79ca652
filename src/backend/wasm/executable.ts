import { arrayOver, storageOf, relocate, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
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

/** Runs a compiled straight-line program. */
export type Executable = (args: readonly NdArray[]) => readonly NdArray[]

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

const assembled = (jaxpr: Segment, { heap, clock, division, fma }: Setting): Assembled => {
  const plan = schedule(preparedSegment(jaxpr))
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

/** Compiles a program all of whose equations are schedulable. */
export const compile = (jaxpr: Segment, setting: Setting): Executable => {
  const { plan, bytes, imports } = assembled(jaxpr, setting)
  return executable(jaxpr, plan, instantiate(bytes, imports), setting)
}

/** The same, in the background. */
export const compileAsync = async (jaxpr: Segment, setting: Setting): Promise<Executable> => {
  const { plan, bytes, imports } = assembled(jaxpr, setting)
  return executable(jaxpr, plan, await instantiateAsync(bytes, imports), setting)
}

const executable = (jaxpr: Segment, plan: Schedule, exports: Readonly<Record<string, unknown>>, { heap, who }: Setting): Executable => {
  const { inputs, outputs } = plan
  const run = exports['run'] as Run // the module exports it
  const arenaBytes = arenaOf(plan).bytes
  const avals = jaxpr.outputs.map(({ aval }) => aval)
  const bytes = [...inputs, ...outputs].map(({ dtype, size }) => bytesOf(dtype, size))
  const frame = new Frame(heap, plan, arenaBytes)
  const needed = bytes.reduce((sum, size) => sum + (size > small ? size + 64 : 0), frame.hasArena ? 64 : arenaBytes + 64)

  const attempt: Executable = (args) => {
    heap.reserve(needed)
    const arena = frame.hasArena ? undefined : heap.take(arenaBytes)
    const taken: Region[] = []
    try {
      args.forEach((x, k) => {
        const storage = storageOf(x)
        const found = heap.addressOf(storage)
        if (found !== undefined) {
          frame.table()[k] = found
          return
        }
        const slot = frame.slots()[k]
        if (slot !== null) {
          slot.view.set(storage.read())
          frame.table()[k] = slot.address
          return
        }
        const { dtype, size } = inputs[k]
        const region = heap.take(bytes[k])
        heap.write(region.address, storage.read(), dtype)
        relocate(x, heap.keep(region, dtype, size))
        frame.table()[k] = region.address
      })
      const regions = outputs.map((_, k): Region | null => {
        if (bytes[inputs.length + k] <= small) return null
        const region = heap.take(bytes[inputs.length + k])
        taken.push(region)
        return region
      })
      const table = frame.table()
      regions.forEach((region, k) => {
        if (region !== null) table[inputs.length + k] = region.address
      })
      if (arena !== undefined) table[inputs.length + outputs.length] = arena.address
      run(frame.address)
      taken.length = 0
      const slots = frame.slots()
      return regions.map((region, k) => {
        const { dtype, size } = outputs[k]
        if (region !== null) return arrayOver(avals[k], heap.keep(region, dtype, size))
        return wrap(avals[k], (slots[inputs.length + k] as Slot).view.slice()) // small ones have slots
      })
    } finally {
      for (const region of taken) heap.give(region)
      if (arena !== undefined) heap.give(arena)
    }
  }

  return (args) => {
    try {
      return attempt(args)
    } catch (error) {
      if (!(error instanceof OutOfMemory)) throw error
    }
    try {
      heap.clear()
      return attempt(args)
    } catch (error) {
      if (!(error instanceof OutOfMemory || error instanceof RangeError)) throw error
      throw tooLarge(who, plan, heap)
    }
  }
}
