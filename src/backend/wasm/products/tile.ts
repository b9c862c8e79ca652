import { byteSize } from '../../../core/dtype.js'
import { tileBytes } from '../../schedule/blocking.js'
import {
  block, f32x4, f64x2, i32, i32x4, leave, loop, nothing, sequence, v128, when, type Code, type Local, type Statement
} from '../code.js'
import { addProduct, takeProduct, type Arithmetic } from '../fma.js'
import { constantLanes, gatherLanes, scatterLanes, type Lanes } from '../lanes.js'
import { moved, plus } from '../loops.js'
import type { ModuleBuilder } from '../module.js'
import { once } from '../once.js'
import type { Finish } from './finish.js'

/*
 * The innermost loops of products and convolutions: a tile of sums stays in registers while the depth goes by.
 */

/** The dtypes that there are products of. */
export type Number = 'float32' | 'float64' | 'int32' | 'uint32'

export const lanesOf = (dtype: Number): Lanes => (dtype === 'float64' ? 2 : 4)

/** Multiplication and addition of lanes. */
export const arithmeticOf = (dtype: Number): Arithmetic => {
  if (dtype === 'float32') return f32x4
  return dtype === 'float64' ? f64x2 : i32x4
}

/** How many vectors so many columns are. */
export const vectorsOf = (dtype: Number, columns: number): number => Math.ceil(columns / lanesOf(dtype))

/** Rows of a tile so many vectors wide: as many sums as there are registers for. */
const rowsOf = (vectors: number): number => {
  if (vectors === 1) return 6
  if (vectors === 2) return 4
  return vectors <= 4 ? 2 : 1
}

/** The entries of tables of offsets: each is of two numbers. */
export const entryBytes = 8

/** Where elements of a factor lie: bytes from one to the next, or `null` where a table has their offsets. */
export interface Side {
  /** Along the axis that the result has, too. */
  readonly free: number | null
  /** Along the axis that is summed over. */
  readonly depth: number | null
}

export interface TileForm {
  readonly dtype: Number
  readonly rows: number
  readonly columns: number
  readonly left: Side
  /** Bytes from step to step of the right factor, whose columns lie side by side. */
  readonly right: number
  /** Bytes from row to row and from column to column of the result; `null` where a table has them. */
  readonly out: { readonly row: number | null; readonly column: number | null }
  /** The products are taken off what is there, one after the other: of whole vectors of floats, without tables. */
  readonly taken?: boolean
  /** What becomes of the sums, which are finished then; without it they are stored as they are, or added to what is there. */
  readonly finish?: Finish | null
}

export interface TileCall {
  readonly lhs: Code<'i32'>
  readonly rhs: Code<'i32'>
  readonly out: Code<'i32'>
  /** The bytes that the right factor's steps take. */
  readonly bytes: Code<'i32'>
  /** Not zero: the sums are added to what is there. */
  readonly more?: Code<'i32'>
  /** How many tiles there are, one below the other; at least one. */
  readonly count: Code<'i32'>
  /** Tables: of rows with places in the left factor and in the result, of steps in the left factor, of columns in the result. */
  readonly rows?: Code<'i32'>
  readonly steps?: Code<'i32'>
  readonly columns?: Code<'i32'>
  /** Where the operands of the finish are in the first row and column. */
  readonly operands?: readonly Code<'i32'>[]
}

export type Tile = (call: TileCall) => Statement

const none = i32.const(0)

/** A function for tiles one below the other. */
const defineTile = (module: ModuleBuilder, form: TileForm): Tile => {
  const { dtype, rows: height, columns, left: { free, depth }, right: width, out: { row, column }, taken = false, finish = null } = form
  const [bytes, lanes, { add }] = [byteSize(dtype), lanesOf(dtype), arithmeticOf(dtype)]
  const accumulate = (taken ? takeProduct : addProduct)(module, arithmeticOf(dtype))
  const vectors = vectorsOf(dtype, columns)
  const grows = !taken && finish === null
  const [splat, storeLane] = dtype === 'float64' ? [v128.load64Splat, v128.store64Lane] : [v128.load32Splat, v128.store32Lane]
  const met = finish?.operands ?? []
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', ...met.map(() => 'i32' as const)] as const
  const callee = module.define({ params, result: 'none' }, (scope, ...locals) => {
    const [lhs, rhs, out, size, more, count, rowTable, stepTable, columnTable, ...operands] = locals
    const rows = Array.from({ length: height }, (_, i) => i)
    const sums = rows.map(() => Array.from({ length: vectors }, () => scope.local('v128')))
    const right = height === 1 ? [] : Array.from({ length: vectors }, () => scope.local('v128')) // one row needs each just once
    const left = rows.map(() => scope.local('v128'))
    const [from, end, at, step] = [scope.local('i32'), scope.local('i32'), scope.local('i32'), scope.local('i32')]
    const starts = free === null ? rows.map(() => scope.local('i32')) : []
    const base = free === null ? none : lhs.get
    const offset = i32.load(step.get)
    // `at` is the address of the first row's element, or what the rows' starts have in common
    const toNext = depth === null ? nothing : at.set(plus(at.get, depth))
    const fromTable = depth === null
      ? sequence(at.set(free === null ? offset : i32.add(base, offset)), step.set(plus(step.get, entryBytes)))
      : nothing
    const element = (i: number): Code<'v128'> => (free === null ? splat(i32.add(starts[i].get, at.get)) : splat(at.get, i * free))
    // An exit between the steps keeps the compiler from moving all loads to the front, which would spill the sums. In a row of many
    // vectors there are exits between these, too; they are never taken.
    const ends = height === 1 && vectors > 4 ? sums[0].map(() => scope.local('i32')) : []
    const apart = (j: number): Statement => (ends.length > 0 && j > 0 && j % 2 === 0 ? leave(1, i32.geU(from.get, ends[j].get)) : nothing)
    const multiply = sequence(
      fromTable,
      ...right.map((local, j) => local.set(v128.load(from.get, 16 * j))),
      ...sums.flatMap((sum, i) => [
        left[i].set(element(i)),
        ...sum.flatMap((local, j) => [
          apart(j), local.set(accumulate(local.get, left[i].get, right[j]?.get ?? v128.load(from.get, 16 * j)))
        ])
      ]),
      toNext,
      from.set(plus(from.get, width))
    )
    const steps = Array.from({ length: 4 }, (_, k) => sequence(multiply, k < 3 ? leave(1, i32.geU(from.get, end.get)) : nothing))
    const to = scope.local('i32')
    /** Whether a vector of the result is one in memory, too. */
    const isWhole = (j: number): boolean => column === bytes && columns - j * lanes >= lanes
    const store = (sum: Local<'v128'>, j: number, offset: number): readonly Statement[] => {
      const filled = Math.min(columns - j * lanes, lanes)
      if (column === null) return scattered(sum, j * lanes, filled, offset)
      const start = offset + j * lanes * column
      if (isWhole(j)) return [v128.store(to.get, sum.get, start)]
      const first = scope.local('i32')
      return [
        first.set(plus(to.get, start)),
        !grows ? nothing : when(more.get, sum.set(add(sum.get, gatherLanes(dtype, first.get, lanes, filled, column)))),
        ...scatterLanes(dtype, first.get, sum.get, lanes, filled, column)
      ]
    }
    /** Lanes to where the table of columns says. */
    const scattered = (sum: Local<'v128'>, first: number, filled: number, offset: number): readonly Statement[] => {
      const [address, old] = [scope.local('i32'), scope.local('v128')]
      return Array.from({ length: filled }, (_, lane) => sequence(
        address.set(i32.add(to.get, i32.load(columnTable.get, entryBytes * (first + lane)))),
        old.set(sum.get),
        when(more.get, old.set(add(old.get, splat(address.get, offset)))),
        storeLane(address.get, old.get, lane, offset)
      ))
    }
    /** Adds to the sums of rows what is there, as far as it is in whole vectors. */
    const adding = (some: readonly number[]): Statement => {
      const additions = some.flatMap((i) => sums[i].flatMap((sum, j) =>
        (isWhole(j) ? [sum.set(add(sum.get, v128.load(to.get, i * (row ?? 0) + 16 * j)))] : [])))
      return additions.length === 0 ? nothing : when(more.get, sequence(...additions))
    }
    const start = taken
      ? [to.set(out.get), ...rows.flatMap((i) => sums[i].map((sum, j) => sum.set(v128.load(to.get, i * (row ?? 0) + 16 * j))))]
      : sums.flat().map((sum) => sum.set(constantLanes(dtype, 0)))
    /** Makes of a sum what is to be stored. */
    const finished = (sum: Local<'v128'>, i: number, j: number): Statement => (finish === null ? nothing : finish.write(
      scope, sum, { operands, row: i, column: j * lanes, lanes, count: Math.min(columns - j * lanes, lanes) }))
    const stores = rows.flatMap((i) => [
      row === null ? to.set(i32.add(out.get, i32.load(rowTable.get, entryBytes * i + 4))) : i === 0 ? to.set(out.get) : nothing,
      grows && (i === 0 || row === null) ? adding(row === null ? [i] : rows) : nothing,
      ...sums[i].flatMap((sum, j) => [finished(sum, i, j), ...store(sum, j, row === null ? 0 : i * row)])
    ])
    return sequence(
      end.set(i32.add(rhs.get, size.get)), ...ends.map((local, j) => local.set(plus(end.get, j))),
      loop(sequence(
        ...starts.map((start, i) => start.set(i32.add(lhs.get, i32.load(rowTable.get, entryBytes * i)))),
        ...start,
        from.set(rhs.get), at.set(base), depth === null ? step.set(stepTable.get) : nothing,
        block(loop(sequence(...steps, leave(0, i32.ltU(from.get, end.get))))),
        ...stores,
        free === null ? nothing : lhs.set(plus(lhs.get, height * free)),
        row === null ? nothing : out.set(plus(out.get, height * row)),
        ...met.map(({ row: step }, n) => (step === 0 ? nothing : operands[n].set(plus(operands[n].get, height * step)))),
        free === null || row === null ? rowTable.set(plus(rowTable.get, height * entryBytes)) : nothing,
        leave(0, count.tee(i32.sub(count.get, i32.const(1))))
      ))
    )
  })
  return ({ lhs, rhs, out, bytes: size, more = none, count, rows = none, steps = none, columns: table = none, operands = [] }) =>
    callee(lhs, rhs, out, size, more, count, rows, steps, table, ...operands)
}

/**
 * Functions for as many tiles as rows fall into, and for what is left of them: code that works on the rows, how many there are (one of
 * the extents) being known when it runs.
 */
export const defineRows = (
  module: ModuleBuilder, form: Omit<TileForm, 'rows'>, extents: readonly number[]
): ((rows: Code<'i32'>, call: Omit<TileCall, 'count'>) => Statement) => {
  const height = Math.min(rowsOf(vectorsOf(form.dtype, form.columns)), Math.max(...extents))
  const { left: { free }, out: { row }, finish } = form
  const tile = (rows: number): Tile => {
    const { dtype, columns, left, right, out, taken } = form
    return once(module, 'tile', [rows, columns, dtype, left, right, out, taken, finish?.key], () => defineTile(module, { ...form, rows }))
  }
  const whole = extents.some((extent) => extent >= height) ? tile(height) : undefined
  const rests = [...new Set(extents.map((extent) => extent % height))].filter((rest) => rest > 0)
  const short = extents.some((extent) => extent < height)
  return (rows, call) => {
    const some = whole?.({ ...call, count: i32.divU(rows, i32.const(height)) }) ?? nothing
    const done = i32.sub(rows, i32.remU(rows, i32.const(height)))
    const rest = (n: number): Statement => tile(n)({
      ...call,
      lhs: free === null ? call.lhs : i32.add(call.lhs, i32.mul(done, i32.const(free))),
      out: row === null ? call.out : i32.add(call.out, i32.mul(done, i32.const(row))),
      ...(call.rows !== undefined && { rows: i32.add(call.rows, i32.mul(done, i32.const(entryBytes))) }),
      operands: call.operands?.map((operand, n) => moved(operand, done, finish?.operands[n].row ?? 0)) ?? [],
      count: i32.const(1)
    })
    return sequence(
      short ? when(i32.geU(rows, i32.const(height)), some) : some,
      ...rests.map((n) => when(i32.eq(i32.remU(rows, i32.const(height)), i32.const(n)), rest(n)))
    )
  }
}

/** Columns of a panel. */
export const widest = (dtype: Number): number => tileBytes / byteSize(dtype)
