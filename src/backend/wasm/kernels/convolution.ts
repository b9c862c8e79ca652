import { byteSize } from '../../../core/dtype.js'
import { range, sizeOf } from '../../../core/shape.js'
import type { ConvParams } from '../../../lax/window/conv.js'
import { convolutionOf, roomsOf, tableEntries, type ConvAxis, type Convolution, type Cut } from '../../schedule/convolution.js'
import { i32, memory, nothing, sequence, when, type Code, type Local, type Statement } from '../code.js'
import { counted, each, least, plus, times } from '../loops.js'
import type { Scope } from '../module.js'
import { entryBytes, type Number } from '../products/tile.js'
import { emitTurn, type Around, type Step } from './patches.js'
import { copyBox } from './walk.js'
import type { Writer } from './writer.js'

/** A loop over positions of an axis, one by one or piece by piece. */
interface Turn {
  readonly axis: ConvAxis
  readonly counter: Local<'i32'>
  /** How many positions there are in one turn. */
  readonly step: number
}

/** Whether the block has elements that are not of the image. */
const hasGaps = ({ block, filling }: Convolution): boolean =>
  block !== null && filling.some(({ count, at, apart }, d) => d >= 2 && (at > 0 || apart > 1 || count !== block.sizes[d]))

/** Writes the offsets of positions: in the image, and in the result or the kernel. */
const writeTable = ({ scope, bytes, from }: Around, table: Local<'i32'>, cut: Cut): Statement => {
  const [entry, last] = [scope.local('i32'), scope.local('i32')]
  const offset = (counters: readonly Code<'i32'>[], step: Step): Code<'i32'> =>
    counters.reduce((sum, i, k) => i32.add(sum, times(i, cut.axes[k][step] * bytes)), i32.const(0))
  const loops = (k: number, counters: readonly Code<'i32'>[]): Statement => {
    if (k < cut.axes.length) return each(scope, cut.extents[k], (i) => loops(k + 1, [...counters, i]))
    return sequence(
      i32.store(entry.get, last.tee(offset(counters, from))),
      i32.store(entry.get, offset(counters, 'other'), 4),
      entry.set(plus(entry.get, entryBytes))
    )
  }
  const beyond = tableEntries(cut) - sizeOf(cut.extents)
  return sequence(
    entry.set(table.get), loops(0, []),
    counted(scope, i32.const(0), i32.const(beyond), 1, () => sequence(
      last.set(plus(last.get, bytes)), i32.store(entry.get, last.get), i32.store(entry.get, i32.const(0), 4),
      entry.set(plus(entry.get, entryBytes))
    ))
  )
}

/** How many positions there are in this turn. */
const countIn = (scope: Scope, { axes, extents, piece }: Cut, turns: readonly Turn[]): Code<'i32'> => {
  const turn = turns.find(({ axis }) => axis === axes[0])
  if (turn === undefined) return i32.const(sizeOf(extents))
  return times(least(scope, i32.sub(i32.const(axes[0].size), turn.counter.get), i32.const(piece)), sizeOf(extents.slice(1)))
}

/** Copies a part of the image into the block. */
const fillBlock = (
  { plan: { filling, imageSteps, block }, scope, bytes, rooms }: Around, from: Code<'i32'>, turns: readonly Turn[]
): Statement => {
  const { sizes, steps } = block as NonNullable<typeof block> // it is there
  const dimensions = range(sizes.length).toSorted((a, b) => imageSteps[b] - imageSteps[a])
  const skipped = filling.reduce((sum, { from: first }, d) => sum + first * imageSteps[d], 0)
  const start = filling.reduce((sum, { at }, d) => sum + (d < 2 ? 0 : at * steps[d]), 0)
  if (filling.some(({ count }) => count === 0)) return nothing
  const source = scope.local('i32')
  const copy = (outer: readonly number[]): Statement => copyBox(
    scope, bytes,
    dimensions.map((d) => (d < 2 ? outer[d] : filling[d].count)),
    { at: source.get, strides: dimensions.map((d) => imageSteps[d] * bytes) },
    { at: plus(rooms[0].get, start * bytes), strides: dimensions.map((d) => steps[d] * filling[d].apart * bytes) }
  )
  // at the ends of batch and features pieces may be smaller
  const sized = (d: number, outer: readonly number[]): Statement => {
    if (d === 2) return copy(outer)
    const turn = turns.find(({ axis, step }) => axis.dimension === d && step === sizes[d])
    const rest = turn === undefined ? 0 : turn.axis.size % sizes[d]
    const whole = sized(d + 1, [...outer, sizes[d]])
    if (turn === undefined || rest === 0) return whole
    return when(i32.leU(turn.counter.get, i32.const(turn.axis.size - sizes[d])), whole, sized(d + 1, [...outer, rest]))
  }
  return sequence(source.set(plus(from, skipped * bytes)), sized(0, []))
}

/** Loops over what is taken one by one and in pieces; the block is filled as soon as it is known which. */
const inTurns = (around: Around, image: Local<'i32'>, kernel: Local<'i32'>, out: Local<'i32'>): Statement => {
  const { plan: { places, depth, block }, scope, bytes, rooms } = around
  const turnsOf = ({ single, axes: [first], piece }: Cut): readonly Turn[] => [
    ...single.filter(({ size }) => size > 1).map((axis) => ({ axis, counter: scope.local('i32'), step: 1 })),
    ...(first !== undefined && piece < first.size ? [{ axis: first, counter: scope.local('i32'), step: piece }] : [])
  ]
  const [over, under] = [turnsOf(places), turnsOf(depth)]
  const all = [...over, ...under]
  const blockTurns = all.filter(({ axis }) => axis.dimension < 2)
  const fillAt = blockTurns.length === 0 ? 0 : all.indexOf(blockTurns[blockTurns.length - 1]) + 1
  const moved = (base: Code<'i32'>, turns: readonly Turn[], step: Step): Code<'i32'> =>
    turns.reduce((sum, { axis, counter }) => i32.add(sum, times(counter.get, axis[step] * bytes)), base)
  const [view, weights, target] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
  const [placeCount, depthCount] = [scope.local('i32'), scope.local('i32')]
  const inside = sequence(
    view.set(block === null
      ? moved(image.get, all, 'image')
      : moved(rooms[0].get, all.filter(({ axis }) => axis.dimension >= 2), 'block')),
    weights.set(moved(kernel.get, under, 'other')), target.set(moved(out.get, over, 'other')),
    placeCount.set(countIn(scope, places, over)), depthCount.set(countIn(scope, depth, under)),
    emitTurn(around, {
      view, weights, target, placeCount, depthCount,
      more: under.reduce<Code<'i32'>>((any, { counter }) => i32.or(any, counter.get), i32.const(0))
    })
  )
  const fill = block === null ? nothing : fillBlock(around, moved(image.get, blockTurns, 'image'), blockTurns)
  const loops = (k: number): Statement => {
    const here = k === fillAt ? fill : nothing
    if (k === all.length) return sequence(here, inside)
    const { axis, counter, step } = all[k]
    return sequence(here, counted(scope, i32.const(0), i32.const(axis.size), step, (i) => sequence(counter.set(i.get), loops(k + 1))))
  }
  return loops(0)
}

/** The loops of a convolution. */
const convolve = (
  around: Around, image: Code<'i32'>, kernel: Code<'i32'>, out: Code<'i32'>, workspace: Code<'i32'>
): Statement => {
  const { plan, scope, dtype, bytes, rooms } = around
  const { groups, group, places, depth } = plan
  const sizes = roomsOf(plan, dtype)
  const shifted = (base: Code<'i32'>, g: Code<'i32'>, step: number): Code<'i32'> =>
    groups === 1 ? base : i32.add(base, times(g, step * bytes))
  const [from, by, to] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
  return sequence(
    ...rooms.map((room, k) => room.set(k === 0 ? workspace : plus(rooms[k - 1].get, sizes[k - 1]))),
    hasGaps(plan) ? memory.fill(rooms[0].get, i32.const(0), i32.const(sizes[0])) : nothing,
    writeTable(around, rooms[1], places), writeTable(around, rooms[2], depth),
    each(scope, groups, (g) => sequence(
      from.set(shifted(image, g, group.image)), by.set(shifted(kernel, g, group.kernel)), to.set(shifted(out, g, group.out)),
      inTurns(around, from, by, to)
    ))
  )
}

const convolution: Writer = {
  accepts: ([lhs, rhs], _, [out]) =>
    ['float32', 'float64', 'int32', 'uint32'].includes(out.dtype) && lhs.dtype === out.dtype && rhs.dtype === out.dtype,
  // a block of the image, tables and a panel
  rooms(avals, params, [out]) {
    const sizes = roomsOf(convolutionOf(avals, params as ConvParams, out), out.dtype) // of a convolution
    return [{ dtype: 'uint8', size: sizes.reduce((sum, bytes) => sum + bytes, 0) }]
  },
  flops([, { shape }], params, [out]) {
    const { rhsSpec: [features] } = (params as ConvParams).dimensionNumbers // of a convolution
    return (2 * sizeOf(out.shape) * sizeOf(shape)) / Math.max(1, shape[features])
  },
  write({ module, scope, params, operands, avals, results: [out], outs: [aval], workspace: [room] }) {
    const plan = convolutionOf(avals, params as ConvParams, aval) // of a convolution
    const [image, kernel] = operands as readonly Code<'i32'>[] // they have axes
    const dtype = aval.dtype as Number // it is accepted
    const rooms = range(4).map(() => scope.local('i32'))
    const around: Around = { module, scope, plan, dtype, bytes: byteSize(dtype), from: plan.block === null ? 'image' : 'block', rooms }
    return convolve(around, image, kernel, out, room)
  }
}

/** Convolutions. */
export const convolutions = { conv_general_dilated: convolution } as const
