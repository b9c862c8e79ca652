import { byteSize, type DType } from '../../../core/dtype.js'
import type { SortParams } from '../../../lax/indexed/sort.js'
import type { TopKParams } from '../../../lax/indexed/topk.js'
import type { Room } from '../../schedule/workspace.js'
import { block, f32, f64, i32, i64, leave, loop, memory, select, sequence, when, type Code, type Local, type Statement } from '../code.js'
import { loadOne } from '../lanes.js'
import type { Scope } from '../module.js'
import { byteStrides, storeElement } from './element.js'
import { advance } from './lines.js'
import { repeat, walk } from './walk.js'
import type { Writer } from './writer.js'

/*
 * Lines are ordered by records of a word of the key and a position: short ones by insertion, long ones byte by byte from the lowest on
 * (a radix sort); both keep the order of equals. Words ascend as numbers without sign.
 */

/** The longest line that is sorted by insertion. */
const short = 40

const top = i32.const(0x80000000)
const full = i32.const(-1)

/** Words of the element at an address, the lowest first. */
type Words = (element: Code<'i32'>) => readonly Code<'i32'>[]

/** Words that ascend as the numbers do, from −0 to 0 too; and of floats, whether the element is NaN, or zero. */
interface Ordered {
  readonly words: readonly Code<'i32'>[]
  readonly nan?: Code<'i32'>
  readonly zero?: Code<'i32'>
}

const totalOrder = (dtype: DType, at: Code<'i32'>): Ordered => {
  const signs = (bits: Code<'i32'>): Code<'i32'> => i32.shrS(bits, i32.const(31))
  switch (dtype) {
    case 'float32': {
      const [x, bits] = [f32.load(at), i32.load(at)]
      return { words: [i32.xor(bits, i32.or(signs(bits), top))], nan: f32.ne(x, x), zero: f32.eq(x, f32.const(0)) }
    }
    case 'float64': {
      const [x, low, high] = [f64.load(at), i32.load(at), i32.load(at, 4)]
      const words = [i32.xor(low, signs(high)), i32.xor(high, i32.or(signs(high), top))]
      return { words, nan: f64.ne(x, x), zero: f64.eq(x, f64.const(0)) }
    }
    case 'int8': return { words: [i32.add(i32.load8S(at), i32.const(128))] }
    case 'int32': return { words: [i32.xor(i32.load(at), top)] }
    default: return { words: [loadOne(dtype, at, 0) as Code<'i32'>] } // an integer
  }
}

/** Zeros are equal, NaN is the greatest. */
const ascending = (dtype: DType): Words => (at) => {
  const { words, nan, zero } = totalOrder(dtype, at)
  if (nan === undefined || zero === undefined) return words
  return words.map((word, k) => select(nan, full, select(zero, k === words.length - 1 ? top : i32.const(0), word)))
}

/** From the greatest down: NaN is the first, 0 comes before −0. */
const descending = (dtype: DType): Words => (at) => {
  const { words, nan } = totalOrder(dtype, at)
  return words.map((word) => (nan === undefined ? i32.xor(word, full) : select(nan, i32.const(0), i32.xor(word, full))))
}

/** A key: the line of an array, and what its elements are compared by. */
interface Key {
  readonly first: Local<'i32'>
  /** Bytes from one element to the next. */
  readonly step: number
  readonly words: Words
}

/** Orders positions by the keys; the records, of eight bytes, hold them in order in the end, from the address in the local on. */
const ordered = (scope: Scope, count: number, keys: readonly Key[], rooms: readonly Code<'i32'>[]): readonly [Statement, Local<'i32'>] => {
  const [a, b, tables] = rooms
  const [from, to, at, i, element, word] = Array.from({ length: 6 }, () => scope.local('i32'))
  const radix = count > short
  const count1 = (byte: number): Statement => {
    const digit = i32.and(i32.shrU(word.get, i32.const(8 * byte)), i32.const(255))
    const slot = scope.local('i32')
    return sequence(
      slot.set(i32.add(tables, i32.shl(digit, i32.const(2)))),
      i32.store(slot.get, i32.add(i32.load(slot.get, 1024 * byte), i32.const(1)), 1024 * byte)
    )
  }
  const records = ({ first, step }: Key, value: Code<'i32'>, initial: boolean): Statement => sequence(
    ...(radix ? [memory.fill(tables, i32.const(0), i32.const(4096))] : []),
    at.set(from.get),
    i.set(i32.const(0)),
    repeat(scope, count, sequence(
      ...(initial ? [i32.store(at.get, i.get)] : []),
      element.set(i32.add(first.get, i32.mul(initial ? i.get : i32.load(at.get), i32.const(step)))),
      word.set(value),
      i32.store(at.get, word.get, 4),
      ...(radix ? [0, 1, 2, 3].map(count1) : []),
      advance(at, 8),
      advance(i, 1)
    ))
  )
  const sort = radix ? byBytes(scope, count, from, to, tables) : byInsertion(scope, count, from)
  const words = keys.toReversed().flatMap((key) => key.words(element.get).map((value) => ({ key, value })))
  const passes = words.map(({ key, value }, k) => sequence(records(key, value, k === 0), sort))
  return [sequence(from.set(a), to.set(b), ...passes), from]
}

const byInsertion = (scope: Scope, count: number, from: Local<'i32'>): Statement => {
  if (count === 1) return sequence()
  const [at, end, word] = Array.from({ length: 3 }, () => scope.local('i32'))
  const record = scope.local('i64')
  const before = i32.sub(at.get, i32.const(8))
  return sequence(
    end.set(from.get),
    repeat(scope, count - 1, sequence(
      advance(end, 8),
      at.set(end.get),
      record.set(i64.load(at.get)),
      word.set(i32.load(at.get, 4)),
      block(loop(sequence(
        leave(1, i32.eq(at.get, from.get)),
        leave(1, i32.leU(i32.load(before, 4), word.get)),
        i64.store(at.get, i64.load(before)),
        at.set(before),
        leave(0)
      ))),
      i64.store(at.get, record.get)
    ))
  )
}

/** Sorts by each byte of the words; the tables hold how many records there are with each. A byte that all have alike is passed over. */
const byBytes = (scope: Scope, count: number, from: Local<'i32'>, to: Local<'i32'>, tables: Code<'i32'>): Statement => {
  const [shift, table, at, slot, place, sum] = Array.from({ length: 6 }, () => scope.local('i32'))
  const slotOf = (record: Local<'i32'>): Statement => {
    const digit = i32.and(i32.shrU(i32.load(record.get, 4), shift.get), i32.const(255))
    return slot.set(i32.add(table.get, i32.shl(digit, i32.const(2))))
  }
  const starts = sequence(
    sum.set(i32.const(0)),
    slot.set(table.get),
    repeat(scope, 256, sequence(
      place.set(i32.load(slot.get)),
      i32.store(slot.get, sum.get),
      sum.set(i32.add(sum.get, place.get)),
      advance(slot, 4)
    ))
  )
  const move = sequence(
    at.set(from.get),
    repeat(scope, count, sequence(
      slotOf(at),
      place.set(i32.load(slot.get)),
      i32.store(slot.get, i32.add(place.get, i32.const(1))),
      i64.store(i32.add(to.get, i32.shl(place.get, i32.const(3))), i64.load(at.get)),
      advance(at, 8)
    )),
    at.set(from.get), from.set(to.get), to.set(at.get)
  )
  return sequence(
    shift.set(i32.const(0)),
    table.set(tables),
    loop(sequence(
      slotOf(from),
      when(i32.ne(i32.load(slot.get), i32.const(count)), sequence(starts, move)),
      advance(table, 1024),
      leave(0, i32.ltU(shift.tee(i32.add(shift.get, i32.const(8))), i32.const(32)))
    ))
  )
}

/** Records of key and position, twice, and four tables of how many keys there are with each byte. */
const roomsOf = (count: number): readonly Room[] =>
  [{ dtype: 'float64', size: count }, { dtype: 'float64', size: count }, { dtype: 'int32', size: 1024 }]

/** Arrays rearranged along an axis. */
const sort: Writer = {
  rooms: ([{ shape }], params) => roomsOf(shape[(params as SortParams).dimension]), // of sort
  write({ scope, params, operands, avals, results, workspace }) {
    const { dimension, numKeys } = params as SortParams // of sort
    const { shape } = avals[0]
    const count = shape[dimension]
    const [sources, targets] = [operands, results].map((list) => list.map(() => scope.local('i32')))
    const strides = avals.map(({ dtype }) => byteStrides(dtype, shape))
    const keys = sources.slice(0, numKeys).map((first, k) => ({ first, step: strides[k][dimension], words: ascending(avals[k].dtype) }))
    const [order, records] = ordered(scope, count, keys, workspace)
    const [at, element, to] = Array.from({ length: 3 }, () => scope.local('i32'))
    const rearrange = avals.map(({ dtype }, k) => {
      const step = strides[k][dimension]
      return sequence(
        at.set(records.get),
        to.set(targets[k].get),
        repeat(scope, count, sequence(
          element.set(i32.add(sources[k].get, i32.mul(i32.load(at.get), i32.const(step)))),
          storeElement(dtype, to.get, loadOne(dtype, element.get, 0)),
          advance(at, 8),
          advance(to, step)
        ))
      )
    })
    const others = (list: readonly number[]): readonly number[] => list.toSpliced(dimension, 1)
    const walkers = [...sources, ...targets].map((pointer, k) => ({ at: pointer, strides: others(strides[k % avals.length]) }))
    return sequence(
      ...sources.map((pointer, k) => pointer.set(operands[k] as Code<'i32'>)), // operands with axes are no literals
      ...targets.map((pointer, k) => pointer.set(results[k])),
      walk(scope, others(shape), walkers, sequence(order, ...rearrange))
    )
  }
}

/** The greatest elements of each row, and where they are. */
const topK: Writer = {
  rooms: ([{ shape }]) => roomsOf(shape[shape.length - 1]),
  write({ scope, params, operands: [x], avals: [{ shape, dtype }], results, workspace }) {
    const { k } = params as TopKParams // of top_k
    const bytes = byteSize(dtype)
    const count = shape[shape.length - 1]
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1)
    const [first, values, places, at, i] = Array.from({ length: 5 }, () => scope.local('i32'))
    const [order, records] = ordered(scope, count, [{ first, step: bytes, words: descending(dtype) }], workspace)
    return sequence(
      first.set(x as Code<'i32'>), // operands with axes are no literals
      values.set(results[0]),
      places.set(results[1]),
      repeat(scope, rows, sequence(
        order,
        at.set(records.get),
        repeat(scope, k, sequence(
          i.set(i32.load(at.get)),
          storeElement(dtype, values.get, loadOne(dtype, i32.add(first.get, i32.mul(i.get, i32.const(bytes))), 0)),
          i32.store(places.get, i.get),
          advance(at, 8), advance(values, bytes), advance(places, 4)
        )),
        advance(first, bytes * count)
      ))
    )
  }
}

export const sorting = { sort, top_k: topK } as const
