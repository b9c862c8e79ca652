import { byteSize } from '../../../core/dtype.js'
import { range } from '../../../core/shape.js'
import { blockDepth, stripBytes } from '../../schedule/blocking.js'
import type { Tiling } from '../../schedule/tiling.js'
import { f32x4, f64x2, i32, leave, loop, memory, nothing, sequence, v128, when, type Code, type Statement } from '../code.js'
import { addProduct } from '../fma.js'
import { scatterLanes } from '../lanes.js'
import { counted, least, plus, times } from '../loops.js'
import type { ModuleBuilder, Scope } from '../module.js'
import { once } from '../once.js'
import { lanesOf } from './tile.js'

/*
 * Products of few rows. The right factor is read nearly as it lies in memory: some elements of the left factor stay in registers while a
 * few rows of the right factor, times these, are added to sums. The sums are those of some columns: a strip of the result, in the cache.
 */

interface Matrices extends Pick<Tiling, 'dtype' | 'rows' | 'columns' | 'depth' | 'lhs' | 'rhs'> {
  /** From row to row and from column to column of the result. */
  readonly into: readonly [row: number, column: number]
}

interface SweepForm extends Pick<Matrices, 'dtype'> {
  /** How many rows of the left factor, and how many rows of the right one. */
  readonly rows: number
  readonly steps: number
  /** Bytes from row to row and from step to step of the left factor, and from step to step of the right one. */
  readonly left: { readonly free: number; readonly depth: number }
  readonly right: number
}

interface SweepCall {
  readonly lhs: Code<'i32'>
  readonly rhs: Code<'i32'>
  readonly sums: Code<'i32'>
  /** Bytes of a row of sums: whole vectors, at least one. */
  readonly bytes: Code<'i32'>
  /** How many such groups of rows there are, one below the other; at least one. */
  readonly count: Code<'i32'>
}

/** A function that adds products to sums. */
const defineSweep = (module: ModuleBuilder, { dtype, rows: height, steps, left, right }: SweepForm): ((call: SweepCall) => Statement) => {
  const arithmetic = dtype === 'float64' ? f64x2 : f32x4
  const { add, mul } = arithmetic
  const accumulate = addProduct(module, arithmetic)
  const splat = dtype === 'float64' ? v128.load64Splat : v128.load32Splat
  const rows = range(height)
  const callee = module.define({ params: ['i32', 'i32', 'i32', 'i32', 'i32'], result: 'none' }, (scope, lhs, rhs, sums, bytes, count) => {
    const factors = rows.map(() => range(steps).map(() => scope.local('v128')))
    const products = rows.map(() => scope.local('v128'))
    const [element, at, end] = [scope.local('v128'), scope.local('i32'), scope.local('i32')]
    const places = rows.map(() => scope.local('i32'))
    const take = sequence(
      ...range(steps).flatMap((k) => [
        element.set(v128.load(at.get, k * right)),
        ...products.map((product, i) => {
          const factor = factors[i][k].get
          return product.set(k === 0 ? mul(factor, element.get) : accumulate(product.get, factor, element.get))
        })
      ]),
      ...products.map((product, i) => v128.store(places[i].get, add(v128.load(places[i].get), product.get)))
    )
    return loop(sequence(
      ...factors.flatMap((row, i) => row.map((factor, k) => factor.set(splat(lhs.get, i * left.free + k * left.depth)))),
      at.set(rhs.get), end.set(i32.add(rhs.get, bytes.get)),
      ...places.map((place) => sequence(place.set(sums.get), sums.set(i32.add(sums.get, bytes.get)))),
      loop(sequence(
        take, ...places.map((place) => place.set(plus(place.get, 16))),
        leave(0, i32.ltU(at.tee(plus(at.get, 16)), end.get))
      )),
      lhs.set(plus(lhs.get, height * left.free)),
      leave(0, count.tee(i32.sub(count.get, i32.const(1))))
    ))
  })
  return ({ lhs, rhs, sums, bytes, count }) => callee(lhs, rhs, sums, bytes, count)
}

type Rows = (call: Omit<SweepCall, 'count'>) => Statement

/** Code for all rows, two at a time, and some steps. */
const defineRows = (module: ModuleBuilder, { dtype, rows, lhs, rhs }: Matrices, steps: number): Rows => {
  const bytes = byteSize(dtype)
  const left = { free: lhs.free * bytes, depth: lhs.depth * bytes }
  const sweep = (height: number) => {
    const form: SweepForm = { dtype, rows: height, steps, left, right: rhs.depth * bytes }
    return once(module, 'sweep', [form], () => defineSweep(module, form))
  }
  const done = rows - (rows % 2)
  const pairs = done === 0 ? undefined : sweep(2)
  const last = done === rows ? undefined : sweep(1)
  return (call) => sequence(
    pairs?.({ ...call, count: i32.const(done / 2) }) ?? nothing,
    last?.({
      ...call, count: i32.const(1), lhs: plus(call.lhs, done * lhs.free * bytes), sums: i32.add(call.sums, times(call.bytes, done))
    }) ?? nothing
  )
}

/** A function that adds sums to others, so many bytes. */
const defineTotal = (module: ModuleBuilder, dtype: Matrices['dtype']) => once(module, 'total', [dtype], () =>
  module.define({ params: ['i32', 'i32', 'i32'], result: 'none' }, (_, into, from, bytes) => {
    const { add } = dtype === 'float64' ? f64x2 : f32x4
    return sequence(bytes.set(i32.add(into.get, bytes.get)), loop(sequence(
      v128.store(into.get, add(v128.load(into.get), v128.load(from.get))),
      from.set(plus(from.get, 16)),
      leave(0, i32.ltU(into.tee(plus(into.get, 16)), bytes.get))
    )))
  }))

interface StripCall extends Places {
  /** Bytes of a row of the strip, whole vectors, and how many in front are not for the result. */
  readonly bytes: Code<'i32'>
  readonly skip: Code<'i32'>
}

/** A function for the columns of a strip: `right`, `into` are the places of the first one. */
const defineStrip = (module: ModuleBuilder, matrices: Matrices): ((call: StripCall) => Statement) => {
  const { dtype, rows, depth, lhs, rhs, into: [down, along] } = matrices
  const [size, lanes] = [byteSize(dtype), lanesOf(dtype)]
  const steps = Math.min(depth, rows === 1 ? 8 : 4)
  const rest = depth % steps
  const some = defineRows(module, matrices, steps)
  const last = rest === 0 ? undefined : defineRows(module, matrices, rest)
  const deepest = blockDepth(depth, 'swept')
  const total = deepest < depth ? defineTotal(module, dtype) : undefined
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
  const callee = module.define({ params, result: 'none' }, (scope, left, right, into, panels, bytes, skip) => {
    const [all, end, sums] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
    const call = (k: Code<'i32'>) => ({
      lhs: i32.add(left.get, times(k, lhs.depth * size)), rhs: i32.add(right.get, times(k, rhs.depth * size)),
      sums: sums.get, bytes: bytes.get
    })
    const clear = memory.fill(sums.get, i32.const(0), all.get)
    const sweep = (from: Code<'i32'>, to: Code<'i32'>): Statement => counted(scope, from, to, steps, (k) => some(call(k.get)))
    const whole = i32.const(depth - rest)
    const beyond = i32.add(panels.get, all.get)
    /** A row to columns that do not lie side by side: they are whole vectors. */
    const scatter = (): Statement => {
      const [to, vector] = [scope.local('i32'), scope.local('v128')]
      return sequence(to.set(into.get), counted(scope, sums.get, i32.add(sums.get, bytes.get), 16, (at) => sequence(
        vector.set(v128.load(at.get)), ...scatterLanes(dtype, to.get, vector.get, lanes, lanes, along * size),
        to.set(plus(to.get, lanes * along * size))
      )))
    }
    return sequence(
      all.set(times(bytes.get, rows)),
      sums.set(panels.get),
      clear,
      total === undefined ? sweep(i32.const(0), whole) : counted(scope, i32.const(0), whole, deepest, (k) => sequence(
        when(k.get, sequence(sums.set(beyond), clear)),
        end.set(least(scope, plus(k.get, deepest), whole)),
        sweep(k.get, end.get),
        when(k.get, total(panels.get, beyond, all.get))
      )),
      sums.set(panels.get),
      last?.(call(whole)) ?? nothing,
      end.set(i32.sub(bytes.get, skip.get)),
      counted(scope, i32.const(0), i32.const(rows), 1, () => sequence(
        along === 1 ? memory.copy(into.get, i32.add(sums.get, skip.get), end.get) : scatter(),
        into.set(plus(into.get, down * size)), sums.set(i32.add(sums.get, bytes.get))
      ))
    )
  })
  return ({ left, right, into, panels, bytes, skip }) => callee(left, right, into, panels, bytes, skip)
}

/** Where the factors are, the result, and room for sums. */
type Places = Readonly<Record<'left' | 'right' | 'into' | 'panels', Code<'i32'>>>

/** Code for the columns from a first to a last, which is not included. */
export const defineSweeps = (module: ModuleBuilder, matrices: Matrices) => {
  const { dtype, rows, columns, into: [, along] } = matrices
  const [size, lanes] = [byteSize(dtype), lanesOf(dtype)]
  const strip = defineStrip(module, matrices)
  const width = stripBytes(rows) / size
  const more = columns % lanes
  return (scope: Scope, places: Places, first: Code<'i32'>, last: Code<'i32'>): Statement => {
    const { right, into } = places
    const [bytes, start] = [scope.local('i32'), scope.local('i32')]
    return sequence(
      counted(scope, first, last, width, (j) => sequence(
        bytes.set(times(i32.and(i32.sub(least(scope, plus(j.get, width), last), j.get), i32.const(-lanes)), size)),
        start.set(times(j.get, size)),
        when(bytes.get, strip({
          ...places, right: i32.add(right, start.get), into: i32.add(into, times(start.get, along)), bytes: bytes.get, skip: i32.const(0)
        }))
      )),
      // the last columns are taken with those before them, which are there already
      more === 0 ? nothing : when(i32.eq(last, i32.const(columns)), strip({
        ...places, right: plus(right, (columns - lanes) * size), into: plus(into, (columns - more) * size),
        bytes: i32.const(16), skip: i32.const(16 - more * size)
      }))
    )
  }
}
