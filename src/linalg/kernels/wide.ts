import type { Room } from '../../backend/schedule/workspace.js'
import { loadApart } from '../../backend/wasm/kernels/sliding.js'
import { repeat } from '../../backend/wasm/kernels/walk.js'
import { f32x4, f64x2, i32, leave, loop, sequence, v128, when, type Code, type Local, type Statement } from '../../backend/wasm/code.js'
import { counted, plus, times } from '../../backend/wasm/loops.js'
import type { ModuleBuilder, Scope } from '../../backend/wasm/module.js'
import { defineRows, type TileCall } from '../../backend/wasm/products/tile.js'
import { byteSize, type FloatDType } from '../../core/dtype.js'

/*
 * Matrices as kernels work on them: of float64, as the reference does, row by row in rooms of their own. Products are taken off tiles of a
 * matrix, some columns wide; rows are as long as tiles fill, and what lies beyond the columns is read, but nothing comes of it.
 */

/** How a matrix lies in its room. */
export interface Layout {
  /** Columns of a tile. */
  readonly tile: number
  /** Columns of all tiles, those beyond the matrix too. */
  readonly width: number
  /** Bytes from row to row. */
  readonly down: number
}

const upTo = (count: number, step: number): number => step * Math.ceil(count / step)

/** The layout for so many columns. Rows that are a high power of two apart would share their places in the caches. */
export const layoutOf = (columns: number): Layout => {
  const tile = Math.min(8, upTo(columns, 2))
  const width = upTo(columns, tile)
  return { tile, width, down: 8 * (width % 128 === 0 ? width + tile : width) }
}

/** The room for so many rows. */
export const roomFor = (rows: number, { down }: Layout): Room => ({ dtype: 'float64', size: (rows * down) / 8 })

/** A matrix in memory. */
export interface Strided {
  readonly at: Code<'i32'>
  readonly dtype: FloatDType
  /** Bytes from row to row and from column to column. */
  readonly row: number
  readonly column: number
}

/** The matrix of a layout. */
export const rowsAt = (at: Code<'i32'>, { down }: Layout): Strided => ({ at, dtype: 'float64', row: down, column: 8 })

/** Some columns: from the first, which is even, to the last, which is not included. */
export type Range = readonly [first: Code<'i32'>, last: Code<'i32'>]

/** Moves `columns` of so many rows, rounded or widened, to where they lie side by side. */
export const moveRows = (
  scope: Scope, from: Strided, to: Strided, rows: number, columns: (row: Local<'i32'>) => Range
): Statement => {
  const [bytes, wide] = [byteSize(to.dtype), to.dtype === 'float64']
  const [row, source, target, end, last] = Array.from({ length: 5 }, () => scope.local('i32'))
  const load = (count: number): Code<'v128'> => {
    const elements = loadApart(from.dtype, source.get, 0, from.column, count, 2)
    if (from.dtype === to.dtype) return elements
    return wide ? f64x2.promoteLow(elements) : f32x4.demoteZero(elements)
  }
  const one = wide ? v128.store64Lane : v128.store32Lane
  const pair = wide ? v128.store(target.get, load(2)) : v128.store64Lane(target.get, load(2), 0)
  const base = (side: Strided, bytesApart: number, i: Local<'i32'>, first: Code<'i32'>): Code<'i32'> =>
    i32.add(side.at, i32.add(i32.mul(i.get, i32.const(side.row)), i32.mul(first, i32.const(bytesApart))))
  const [start, stop] = columns(row)
  const first = scope.local('i32')
  return counted(scope, i32.const(0), i32.const(rows), 1, (i) => sequence(
    row.set(i.get), first.set(start), last.set(stop),
    source.set(base(from, from.column, row, first.get)),
    target.set(base(to, bytes, row, first.get)),
    end.set(i32.add(target.get, times(i32.sub(i32.and(last.get, i32.const(-2)), first.get), bytes))),
    when(i32.ltU(target.get, end.get), loop(sequence(
      pair,
      source.set(plus(source.get, 2 * from.column)),
      leave(0, i32.ltU(target.tee(plus(target.get, 2 * bytes)), end.get))
    ))),
    when(i32.and(last.get, i32.const(1)), one(target.get, load(1), 0))
  ))
}

/** A number everywhere in so many rows of a room. */
export const fill = (scope: Scope, at: Code<'i32'>, { down }: Layout, rows: number, value: number): Statement => {
  const target = scope.local('i32')
  return sequence(target.set(at), repeat(scope, (rows * down) / 16, sequence(
    v128.store(target.get, v128.const(Float64Array.of(value, value))), target.set(plus(target.get, 16))
  )))
}

/** Code that takes products off so many rows of a tile's columns: of the left factor with at least one row of the right one. */
export type Take = (rows: Code<'i32'>, call: Pick<TileCall, 'lhs' | 'rhs' | 'out' | 'bytes'>) => Statement

/** The functions for that; the numbers of rows differ from one of the extents by whole tiles. `left`: the left factor's strides. */
export const defineTake = (
  module: ModuleBuilder, { tile, down }: Layout, left: { readonly free: number; readonly depth: number }, extents: readonly number[]
): Take =>
  defineRows(module, { dtype: 'float64', columns: tile, left, right: down, out: { row: down, column: 8 }, taken: true }, extents)

/** The body for the tiles' first columns, from the tile of a column on. */
export const eachTile = (
  scope: Scope, { tile, width }: Layout, first: Code<'i32'>, body: (column: Local<'i32'>) => Statement
): Statement => {
  const start = width === tile ? i32.const(0) : i32.and(first, i32.const(-tile))
  return counted(scope, start, i32.const(width), tile, body)
}

/** The body for each of so many matrices, with pointers that go from each array's matrix to the next. */
export const eachMatrix = (
  scope: Scope, count: number, arrays: readonly { readonly at: Code<'i32'>; readonly bytes: number }[],
  body: (...at: readonly Code<'i32'>[]) => Statement
): Statement => {
  const pointers = arrays.map(() => scope.local('i32'))
  return sequence(
    ...pointers.map((at, k) => at.set(arrays[k].at)),
    repeat(scope, count, sequence(
      body(...pointers.map(({ get }) => get)), ...pointers.map((at, k) => at.set(plus(at.get, arrays[k].bytes)))
    ))
  )
}
