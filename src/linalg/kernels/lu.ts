import {
  f64, f64x2, i32, leave, loop, nothing, sequence, v128, when, type Code, type Local, type Statement
} from '../../backend/wasm/code.js'
import { takeProduct } from '../../backend/wasm/fma.js'
import type { Writer } from '../../backend/wasm/kernels/writer.js'
import { counted, least, plus, times } from '../../backend/wasm/loops.js'
import type { ModuleBuilder } from '../../backend/wasm/module.js'
import { byteSize, type FloatDType } from '../../core/dtype.js'
import { sizeOf } from '../../core/shape.js'
import { defineTake, eachMatrix, eachTile, layoutOf, moveRows, roomFor, rowsAt, type Layout, type Range, type Strided } from './wide.js'

/** How many columns are eliminated before those behind them follow. */
const breadth = 16

/** The place of an element in a room. */
type Place = (i: Code<'i32'>, j: Code<'i32'>) => Code<'i32'>

const placeIn = (room: Local<'i32'>, down: number): Place => (i, j) => i32.add(room.get, i32.add(times(i, down), times(j, 8)))

/** A function that takes multiples of rows, from first to last, off those below them: in the columns behind, where eliminating stopped. */
const defineFollow = (module: ModuleBuilder, layout: Layout, rows: number) => {
  const { down } = layout
  const left = { free: down, depth: 8 }
  const single = defineTake(module, layout, left, [1])
  const all = defineTake(module, layout, left, [1, 2])
  const params = ['i32', 'i32', 'i32', 'i32'] as const
  return module.define({ params, result: 'none' }, (scope, room, first, last, behind) => {
    const place = placeIn(room, down)
    return eachTile(scope, layout, behind.get, (j) => {
      const own = (i: Code<'i32'>, depth: Code<'i32'>) =>
        ({ lhs: place(i, first.get), rhs: place(first.get, j.get), out: place(i, j.get), bytes: times(depth, down) })
      return sequence(
        when(i32.gtU(last.get, plus(first.get, 1)), counted(scope, plus(first.get, 1), last.get, 1, (i) =>
          single(i32.const(1), own(i.get, i32.sub(i.get, first.get))))),
        when(i32.ltU(last.get, i32.const(rows)), all(i32.sub(i32.const(rows), last.get), own(last.get, i32.sub(last.get, first.get))))
      )
    })
  })
}

/**
 * A function that overwrites a matrix with its factors and tells the exchanges and the order of the rows. It takes the pivots that the
 * reference takes, and each element has its products taken off in the same order.
 */
const defineEliminate = (module: ModuleBuilder, rows: number, columns: number) => {
  const layout = layoutOf(columns)
  const { width, down } = layout
  const rank = Math.min(rows, columns)
  const follow = width > breadth ? defineFollow(module, layout, rows) : undefined
  const params = ['i32', 'i32', 'i32'] as const
  return module.define({ params, result: 'none' }, (scope, room, pivots, order) => {
    const place = placeIn(room, down)
    const word = (table: Local<'i32'>, i: Code<'i32'>): Code<'i32'> => i32.add(table.get, times(i, 4))
    const [first, last, stop, behind, best, at, from, end, other, odd, held] = Array.from({ length: 11 }, () => scope.local('i32'))
    const [pivot, most, factor] = Array.from({ length: 3 }, () => scope.local('f64'))
    const [vector, factors] = [scope.local('v128'), scope.local('v128')]
    const take = takeProduct(module, f64x2)
    const search = (k: Code<'i32'>): Statement => sequence(
      best.set(k), at.set(place(k, k)), most.set(f64.abs(f64.load(at.get))),
      when(i32.ltU(plus(k, 1), i32.const(rows)), counted(scope, plus(k, 1), i32.const(rows), 1, (i) => sequence(
        at.set(plus(at.get, down)),
        factor.set(f64.abs(f64.load(at.get))),
        when(f64.gt(factor.get, most.get), sequence(most.set(factor.get), best.set(i.get)))
      ))),
      i32.store(word(pivots, k), best.get),
      pivot.set(f64.load(place(best.get, k)))
    )
    const exchange = (k: Code<'i32'>): Statement => sequence(
      at.set(place(k, i32.const(0))), other.set(place(best.get, i32.const(0))), end.set(plus(at.get, 8 * width)),
      loop(sequence(
        vector.set(v128.load(at.get)), v128.store(at.get, v128.load(other.get)), v128.store(other.get, vector.get),
        other.set(plus(other.get, 16)), leave(0, i32.ltU(at.tee(plus(at.get, 16)), end.get))
      )),
      held.set(i32.load(word(order, k))),
      i32.store(word(order, k), i32.load(word(order, best.get))),
      i32.store(word(order, best.get), held.get)
    )
    /** Takes multiples of row k off the rows below it, up to the columns behind. */
    const eliminate = (k: Code<'i32'>): Statement => sequence(
      other.set(place(k, k)),
      odd.set(i32.and(k, i32.const(1))),
      counted(scope, plus(k, 1), i32.const(rows), 1, (i) => sequence(
        at.set(place(i.get, k)),
        factor.set(f64.div(f64.load(at.get), pivot.get)),
        f64.store(at.get, factor.get),
        // a vector of its own is what begins in an even column: the next one, or the one after it
        when(i32.eqz(odd.get), f64.store(at.get, f64.sub(f64.load(at.get, 8), f64.mul(factor.get, f64.load(other.get, 8))), 8)),
        factors.set(f64x2.splat(factor.get)),
        end.set(place(i.get, behind.get)),
        from.set(i32.sub(plus(other.get, 16), times(odd.get, 8))),
        at.set(i32.sub(plus(at.get, 16), times(odd.get, 8))),
        when(i32.ltU(at.get, end.get), loop(sequence(
          v128.store(at.get, take(v128.load(at.get), factors.get, v128.load(from.get))),
          from.set(plus(from.get, 16)), leave(0, i32.ltU(at.tee(plus(at.get, 16)), end.get))
        )))
      ))
    )
    const followed = follow === undefined ? nothing : when(
      i32.and(i32.ltU(first.get, last.get), i32.ltU(behind.get, i32.const(width))), follow(room.get, first.get, last.get, behind.get)
    )
    const step = (k: Code<'i32'>): Statement => sequence(
      search(k),
      when(f64.eq(pivot.get, f64.const(0)), sequence(
        // a column of zeros, or of those and NaN: nothing is done with it
        last.set(k), followed, first.set(plus(k, 1))
      ), sequence(
        when(i32.ne(best.get, k), exchange(k)),
        when(i32.ltU(plus(k, 1), i32.const(rows)), eliminate(k))
      ))
    )
    return sequence(
      counted(scope, i32.const(0), i32.const(rows), 1, (i) => i32.store(word(order, i.get), i.get)),
      counted(scope, i32.const(0), i32.const(rank), breadth, (start) => sequence(
        first.set(start.get),
        behind.set(least(scope, plus(start.get, breadth), i32.const(width))),
        stop.set(least(scope, plus(start.get, breadth), i32.const(rank))),
        counted(scope, start.get, stop.get, 1, (k) => step(k.get)),
        last.set(stop.get), followed
      ))
    )
  })
}

/** Factors with partial pivoting. */
export const luLoops = (): Writer => ({
  rooms([{ shape }]) {
    const [rows, columns] = shape.slice(-2)
    return [roomFor(rows, layoutOf(columns))]
  },
  flops([{ shape }]) {
    const [rows, columns] = shape.slice(-2)
    const rank = Math.min(rows, columns)
    return Math.round(sizeOf(shape.slice(0, -2)) * rank * (2 * rows * columns - rank * (rows + columns) + (2 * rank * rank) / 3))
  },
  write({ module, scope, operands: [x], avals: [{ dtype, shape }], results, workspace: [room] }) {
    const [rows, columns] = shape.slice(-2)
    const [bytes, type] = [byteSize(dtype), dtype as FloatDType] // the primitive takes no others
    const layout = layoutOf(columns)
    const eliminate = defineEliminate(module, rows, columns)
    const arrays = [
      ...[x as Code<'i32'>, results[0]].map((at) => ({ at, bytes: rows * columns * bytes })), // it has axes
      { at: results[1], bytes: 4 * Math.min(rows, columns) }, { at: results[2], bytes: 4 * rows }
    ]
    return eachMatrix(scope, sizeOf(shape.slice(0, -2)), arrays, (from, into, pivots, order) => {
      const stored = (at: Code<'i32'>): Strided => ({ at, dtype: type, row: columns * bytes, column: bytes })
      const [wide, whole] = [rowsAt(room, layout), (): Range => [i32.const(0), i32.const(columns)]]
      return sequence(
        moveRows(scope, stored(from), wide, rows, whole), eliminate(room, pivots, order), moveRows(scope, wide, stored(into), rows, whole)
      )
    })
  }
})
