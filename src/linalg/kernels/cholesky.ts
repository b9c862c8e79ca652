import { after, f64, f64x2, i32, memory, nothing, sequence, v128, when, type Code, type Statement } from '../../backend/wasm/code.js'
import type { Writer } from '../../backend/wasm/kernels/writer.js'
import { counted, least, plus, times } from '../../backend/wasm/loops.js'
import type { ModuleBuilder } from '../../backend/wasm/module.js'
import { byteSize, type FloatDType } from '../../core/dtype.js'
import { sizeOf } from '../../core/shape.js'
import { clear, defineTake, eachMatrix, eachTile, layoutOf, moveRows, roomFor, rowsAt } from './wide.js'

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
  const single = n > 1 ? defineTake(module, layout, left, [1]) : undefined
  const pairs = n > breadth ? defineTake(module, layout, left, [2]) : undefined
  return module.define({ params: ['i32'], result: 'i32' }, (scope, room) => {
    const place = (i: Code<'i32'>, j: Code<'i32'>): Code<'i32'> => i32.add(room.get, i32.add(times(i, down), times(j, 8)))
    const [definite, last, row, end] = Array.from({ length: 4 }, () => scope.local('i32'))
    const [pivot, root] = [scope.local('f64'), scope.local('v128')]
    /** Finishes row k, given those from the `first` on that are finished before it. */
    const finish = (k: Code<'i32'>, first: Code<'i32'>): Statement => sequence(
      row.set(place(k, i32.const(0))),
      single === undefined ? nothing : when(i32.gtU(k, first), eachTile(scope, layout, k, (j) => single(i32.const(1), {
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
export const choleskyLoops: Writer = {
  rooms([{ shape }]) {
    const n = shape[shape.length - 1]
    return [roomFor(rowsFor(n), layoutOf(n))]
  },
  flops: ([{ shape }]) => Math.round((sizeOf(shape) * shape[shape.length - 1]) / 3),
  write({ module, scope, operands: [x], avals: [{ dtype, shape }], results: [to], workspace: [room] }) {
    const n = shape[shape.length - 1]
    const [bytes, type] = [byteSize(dtype), dtype as FloatDType] // the primitive takes no others
    const layout = layoutOf(n)
    const factor = defineFactor(module, n)
    const size = n * n * bytes
    const arrays = [{ at: x as Code<'i32'>, bytes: size }, { at: to, bytes: size }] // it has axes
    return sequence(
      memory.fill(to, i32.const(0), i32.const(sizeOf(shape) * bytes)),
      eachMatrix(scope, sizeOf(shape.slice(0, -2)), arrays, (from, into) => sequence(
        moveRows(
          scope, { at: from, dtype: type, row: bytes, column: n * bytes }, rowsAt(room, layout), n,
          (i) => [i32.and(i.get, i32.const(-2)), i32.const(n)]
        ),
        when(i32.eqz(factor(room)), clear(scope, room, layout, n, NaN)),
        moveRows(
          scope, { at: room, dtype: 'float64', row: 8, column: layout.down }, { at: into, dtype: type, row: n * bytes, column: bytes }, n,
          (i) => [i32.const(0), plus(i.get, 1)]
        )
      ))
    )
  }
}
