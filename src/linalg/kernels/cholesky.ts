import {
  after, f32, f64, f64x2, i32, memory, nothing, select, sequence, v128, when, type Code, type Statement
} from '../../backend/wasm/code.js'
import type { Writer } from '../../backend/wasm/kernels/writer.js'
import { counted, least, plus, times } from '../../backend/wasm/loops.js'
import type { ModuleBuilder, Scope } from '../../backend/wasm/module.js'
import { byteSize, type FloatDType } from '../../core/dtype.js'
import { range, sizeOf } from '../../core/shape.js'
import { defineTake, eachMatrix, eachTile, fill, layoutOf, moveRows, roomFor, rowsAt, type Strided } from './wide.js'

/** The most rows of a matrix that is worked on element by element, in locals. */
const few = 8

/** The factor of a matrix of few rows, written out. */
const writeOut = (scope: Scope, from: Strided, to: Strided, n: number): Statement => {
  const wide = from.dtype === 'float64'
  const offset = (i: number, j: number): number => i * from.row + j * from.column
  const load = (i: number, j: number): Code<'f64'> =>
    (wide ? f64.load(from.at, offset(i, j)) : f64.promote(f32.load(from.at, offset(i, j))))
  const store = (i: number, j: number, value: Code<'f64'>): Statement =>
    (wide ? f64.store(to.at, value, offset(i, j)) : f32.store(to.at, f32.demote(value), offset(i, j)))
  const definite = scope.local('i32')
  const factor = range(n).map((i) => range(i + 1).map(() => scope.local('f64')))
  const steps = factor.flatMap((row, i) => row.map((element, j) => {
    const rest = range(j).reduce((sum, k) => f64.sub(sum, f64.mul(row[k].get, factor[j][k].get)), load(i, j))
    if (j < i) return element.set(f64.div(rest, factor[j][j].get))
    return sequence(
      element.set(rest),
      definite.set(i32.and(definite.get, f64.gt(element.get, f64.const(0)))),
      element.set(f64.sqrt(element.get))
    )
  }))
  const stores = range(n).flatMap((i) => range(n).map((j) =>
    store(i, j, j > i ? f64.const(0) : select(definite.get, factor[i][j].get, f64.const(NaN)))))
  return sequence(definite.set(i32.const(1)), ...steps, ...stores)
}

/** How many rows are finished before their products are taken off all others. */
const breadth = 16

/** Rows of the room: they are worked on in pairs. */
const rowsFor = (n: number): number => n + (n % 2)

/**
 * A function that overwrites the upper triangle of a symmetric matrix with the transpose of its factor; the value is whether it is
 * positive definite. Each element has its products taken off in the order in which the reference does.
 */
const defineFactor = (module: ModuleBuilder, n: number) => {
  const layout = layoutOf(n)
  const { tile, width, down } = layout
  const left = { free: 8, depth: down }
  const single = defineTake(module, layout, left, [1])
  const pairs = n > breadth ? defineTake(module, layout, left, [2]) : undefined
  return module.define({ params: ['i32'], result: 'i32' }, (scope, room) => {
    const place = (i: Code<'i32'>, j: Code<'i32'>): Code<'i32'> => i32.add(room.get, i32.add(times(i, down), times(j, 8)))
    const [definite, last, row, end] = Array.from({ length: 4 }, () => scope.local('i32'))
    const [pivot, root] = [scope.local('f64'), scope.local('v128')]
    /** Finishes row k, given those from the `first` on that are finished before it. */
    const finish = (k: Code<'i32'>, first: Code<'i32'>): Statement => sequence(
      row.set(place(k, i32.const(0))),
      when(i32.gtU(k, first), eachTile(scope, layout, k, (j) => single(i32.const(1), {
        lhs: place(first, k), rhs: place(first, j.get), out: i32.add(row.get, times(j.get, 8)), bytes: times(i32.sub(k, first), down)
      }))),
      pivot.set(f64.load(i32.add(row.get, times(k, 8)))),
      definite.set(i32.and(definite.get, f64.gt(pivot.get, f64.const(0)))),
      pivot.set(f64.sqrt(pivot.get)),
      root.set(f64x2.splat(pivot.get)),
      end.set(plus(row.get, 8 * width)),
      counted(scope, i32.add(row.get, times(i32.and(k, i32.const(-2)), 8)), end.get, 16, (at) =>
        v128.store(at.get, f64x2.div(v128.load(at.get), root.get))),
      f64.store(i32.add(row.get, times(k, 8)), pivot.get)
    )
    const factor = counted(scope, i32.const(0), i32.const(n), breadth, (first) => sequence(
      last.set(least(scope, plus(first.get, breadth), i32.const(n))),
      counted(scope, first.get, last.get, 1, (k) => finish(k.get, first.get)),
      pairs === undefined ? nothing : when(i32.ltU(last.get, i32.const(n)), eachTile(scope, layout, last.get, (j) =>
        pairs(i32.sub(least(scope, plus(j.get, tile), i32.const(rowsFor(n))), last.get), {
          lhs: place(first.get, last.get), rhs: place(first.get, j.get), out: place(last.get, j.get), bytes: i32.const(breadth * down)
        })))
    ))
    return after([definite.set(i32.const(1)), factor], definite.get)
  })
}

/** Cholesky factors. */
export const choleskyLoops = (): Writer => ({
  rooms([{ shape }]) {
    const n = shape[shape.length - 1]
    return n <= few ? [] : [roomFor(rowsFor(n), layoutOf(n))]
  },
  flops: ([{ shape }]) => Math.round((sizeOf(shape) * shape[shape.length - 1]) / 3),
  write({ module, scope, operands: [x], avals: [{ dtype, shape }], results: [to], workspace: [room] }) {
    const n = shape[shape.length - 1]
    const [bytes, type] = [byteSize(dtype), dtype as FloatDType] // the primitive takes no others
    const [size, count] = [n * n * bytes, sizeOf(shape.slice(0, -2))]
    const arrays = [{ at: x as Code<'i32'>, bytes: size }, { at: to, bytes: size }] // it has axes
    const matrix = (at: Code<'i32'>): Strided => ({ at, dtype: type, row: n * bytes, column: bytes })
    if (n <= few) return eachMatrix(scope, count, arrays, (from, into) => writeOut(scope, matrix(from), matrix(into), n))
    const layout = layoutOf(n)
    const factor = defineFactor(module, n)
    return sequence(
      memory.fill(to, i32.const(0), i32.const(sizeOf(shape) * bytes)),
      eachMatrix(scope, count, arrays, (from, into) => sequence(
        moveRows(
          scope, { at: from, dtype: type, row: bytes, column: n * bytes }, rowsAt(room, layout), n,
          (i) => [i32.and(i.get, i32.const(-2)), i32.const(n)]
        ),
        when(i32.eqz(factor(room)), fill(scope, room, layout, n, NaN)),
        moveRows(
          scope, { at: room, dtype: 'float64', row: 8, column: layout.down }, matrix(into), n,
          (i) => [i32.const(0), plus(i.get, 1)]
        )
      ))
    )
  }
})
