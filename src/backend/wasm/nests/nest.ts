import { strideOf } from '../../schedule/affine.js'
import type { Buffer, Nest, Phase } from '../../schedule/kernel.js'
import type { Emitted } from '../emitted.js'
import type { Lanes } from '../lanes.js'
import type { ModuleBuilder } from '../module.js'
import { once } from '../once.js'
import { alike } from './alike.js'
import { accessesOf, valuesOf } from './body.js'
import { cutOf, withRows } from './cut.js'
import { NestWriter } from './loopnest.js'

/** How many places a phase reads or writes whose elements along the counter are neither side by side nor the same. */
const awkward = (phases: readonly Phase[], counterOf: (phase: Phase) => number): number =>
  phases.reduce((sum, phase) => {
    const k = counterOf(phase)
    return sum + accessesOf(phase).filter(({ at }) => strideOf(at, k) !== 0 && strideOf(at, k) !== 1).length
  }, 0)

/** Whether there is something of 64 bits among the values. */
const isWide = ({ phases }: Nest): boolean => phases.some((phase) =>
  phase.reductions.some(({ register }) => register.dtype === 'float64') || [...valuesOf(phase)].some(({ dtype }) => dtype === 'float64'))

/** The outer counter along which lanes lie; −1: they lie along the last loop of each phase. */
const acrossOf = ({ outer, phases }: Nest, lanes: Lanes): number => {
  const last = outer.length - 1
  const along = awkward(phases, ({ inner }) => (inner.length === 0 ? -1 : last + inner.length))
  return outer.length > 0 && outer[last] >= lanes && along > awkward(phases, () => last) ? last : -1
}

/** How many vectors go side by side across: the less there is to compute, the more. */
const besideOf = ({ outer, phases }: Nest, across: number, lanes: Lanes): number => {
  if (across < 0) return 1
  const values = phases.reduce((sum, phase) => sum + valuesOf(phase).size + phase.reductions.length, 0)
  const most = values <= 8 ? 8 : values <= 24 ? 4 : values <= 60 ? 2 : 1
  return Math.min(most, Math.floor(outer[across] / lanes))
}

/** The functions of nests that begin alike. */
type Written = (readonly [kernel: Nest, made: Emitted])[]

/** The function of a nest of loops: one for all that differ in their buffers alone. */
export const emitNest = (module: ModuleBuilder, kernel: Nest): Emitted => {
  const { name, outer, phases } = kernel
  const written = once(module, 'nest', [name, outer, phases.map(({ inner }) => inner)], (): Written => [])
  for (const [other, made] of written) {
    const buffers = alike(other, kernel)
    if (buffers !== null) return { ...made, buffers: made.buffers.map((buffer) => buffers.get(buffer) as Buffer) } // there is one for each
  }
  const made = define(module, kernel)
  written.push([kernel, made])
  return made
}

const define = (module: ModuleBuilder, kernel: Nest): Emitted => {
  const nest = withRows(kernel)
  const lanes: Lanes = isWide(nest) ? 2 : 4
  const across = acrossOf(nest, lanes)
  const beside = besideOf(nest, across, lanes)
  const cut = cutOf(nest, across, lanes * beside)
  const buffers = [...new Set(nest.phases.flatMap((phase) => accessesOf(phase).map(({ buffer }) => buffer)))]
  const ends = cut.units === 1 ? [] : ['i32', 'i32'] as const
  const callee = module.define({ params: [...buffers.map(() => 'i32' as const), ...ends], result: 'none' }, (scope, ...params) => {
    const [first, last] = params.slice(buffers.length)
    const pointers = new Map(buffers.map((buffer, i) => [buffer, params[i]]))
    return new NestWriter(scope, { nest, lanes, across, beside, pointers, cut, first, last }).write()
  })
  return {
    buffers, units: cut.units,
    call: (addresses, first, last) => callee(...addresses, ...(cut.units === 1 ? [] : [first, last]))
  }
}
