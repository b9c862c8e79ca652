import { f64x2, i32, nothing, sequence, v128, when, type Code, type Statement } from '../../backend/wasm/code.js'
import type { Writer } from '../../backend/wasm/kernels/writer.js'
import { counted, least, plus, times } from '../../backend/wasm/loops.js'
import type { ModuleBuilder } from '../../backend/wasm/module.js'
import { byteSize, type FloatDType } from '../../core/dtype.js'
import { range, sizeOf } from '../../core/shape.js'
import { defineTake, eachMatrix, eachTile, layoutOf, moveRows, roomFor, rowsAt, type Layout, type Range, type Strided } from './wide.js'

/** Which triangular system is solved. */
export interface TriangularSolveParams {
  /** Solve op(a) x = b, else x op(a) = b. */
  readonly leftSide: boolean
  /** Which triangle of a is read. */
  readonly lower: boolean
  /** op(a) is the transpose of a. */
  readonly transposeA: boolean
  /** The diagonal is not read: it is ones. */
  readonly unitDiagonal: boolean
}

/** How many rows are solved for before the products with them are taken off the next ones: a multiple of the tiles' heights. */
const breadth = 24

/** A lower triangle of n rows and right-hand sides as its columns, with `down` bytes from row to row of the triangle. */
interface System {
  readonly n: number
  readonly layout: Layout
  readonly down: number
  readonly unitDiagonal: boolean
}

/** A function that overwrites right-hand sides with solutions, from the first row to the last. */
const defineSolve = (module: ModuleBuilder, { n, layout, down, unitDiagonal }: System) => {
  const left = { free: down, depth: 8 }
  const single = n > 1 ? defineTake(module, layout, left, [1]) : undefined
  const rows = n > breadth ? defineTake(module, layout, left, [breadth, n % breadth].filter((count) => count > 0)) : undefined
  const params = ['i32', 'i32'] as const
  return module.define({ params, result: 'none' }, (scope, triangle, right) => {
    const factor = (i: Code<'i32'>, j: Code<'i32'>): Code<'i32'> => i32.add(triangle.get, i32.add(times(i, down), times(j, 8)))
    const [last, own, pivot] = [scope.local('i32'), scope.local('i32'), scope.local('v128')]
    return counted(scope, i32.const(0), i32.const(n), breadth, (first) => sequence(
      last.set(least(scope, plus(first.get, breadth), i32.const(n))),
      eachTile(scope, layout, i32.const(0), (column) => {
        const place = (i: Code<'i32'>): Code<'i32'> => i32.add(right.get, i32.add(times(i, layout.down), times(column.get, 8)))
        const solve = (i: Code<'i32'>): Statement => sequence(
          own.set(place(i)),
          single === undefined ? nothing : when(i32.gtU(i, first.get), single(i32.const(1), {
            lhs: factor(i, first.get), rhs: place(first.get), out: own.get, bytes: times(i32.sub(i, first.get), layout.down)
          })),
          unitDiagonal ? nothing : sequence(
            pivot.set(v128.load64Splat(factor(i, i))),
            ...range(layout.tile / 2).map((v) => v128.store(own.get, f64x2.div(v128.load(own.get, 16 * v), pivot.get), 16 * v))
          )
        )
        return sequence(
          rows === undefined ? nothing : when(first.get, rows(i32.sub(last.get, first.get), {
            lhs: factor(first.get, i32.const(0)), rhs: place(i32.const(0)), out: place(first.get), bytes: times(first.get, layout.down)
          })),
          counted(scope, first.get, last.get, 1, (i) => solve(i.get))
        )
      })
    ))
  })
}

/** A matrix with its rows, or columns, from the last to the first. */
const backwards = (x: Strided, rows: number, columns: number, which: readonly ('row' | 'column')[]): Strided => ({
  ...x,
  at: plus(x.at, which.reduce((sum, step) => sum + x[step] * ((step === 'row' ? rows : columns) - 1), 0)),
  row: which.includes('row') ? -x.row : x.row,
  column: which.includes('column') ? -x.column : x.column
})

const turned = (x: Strided): Strided => ({ ...x, row: x.column, column: x.row })

const whole = (columns: number) => (): Range => [i32.const(0), i32.const(columns)]

/** Solutions of triangular systems: all become systems with a lower triangle on the left, solved in float64. */
export const triangularLoops = (): Writer => ({
  rooms([{ shape }, { shape: right }], params) {
    const { leftSide } = params as TriangularSolveParams // of triangular_solve
    const n = shape[shape.length - 1]
    const columns = right[right.length - (leftSide ? 1 : 2)]
    return [layoutOf(n), layoutOf(columns)].map((layout) => roomFor(n, layout))
  },
  flops: ([{ shape }, { shape: right }]) => sizeOf(right) * shape[shape.length - 1],
  write({ module, scope, params, operands, avals: [{ dtype, shape }, { shape: right }], results: [to], workspace: [triangle, columns] }) {
    const { leftSide, lower, transposeA, unitDiagonal } = params as TriangularSolveParams // of triangular_solve
    const n = shape[shape.length - 1]
    const [height, across] = right.slice(-2)
    const width = leftSide ? across : height
    const [bytes, type] = [byteSize(dtype), dtype as FloatDType] // the primitive takes no others
    const [of, layout] = [layoutOf(n), layoutOf(width)]
    // x op(a) = b says op(a)ᵀ xᵀ = bᵀ; an upper triangle is a lower one from its last row to the first
    const isTurned = transposeA === leftSide
    const isUpper = lower === isTurned
    const solve = defineSolve(module, { n, layout, down: of.down, unitDiagonal })
    const [a, b] = operands as readonly Code<'i32'>[] // they have axes
    const sizes = [n * n * bytes, height * across * bytes]
    const arrays = [{ at: a, bytes: sizes[0] }, { at: b, bytes: sizes[1] }, { at: to, bytes: sizes[1] }]
    return eachMatrix(scope, sizeOf(shape.slice(0, -2)), arrays, (matrix, given, into) => {
      const stored: Strided = { at: matrix, dtype: type, row: n * bytes, column: bytes }
      const own = isTurned ? turned(stored) : stored
      const sides: Strided = { at: given, dtype: type, row: across * bytes, column: bytes }
      const rows = leftSide ? sides : turned(sides)
      const room = rowsAt(columns, layout)
      const solved = isUpper ? backwards(room, n, width, ['row']) : room
      return sequence(
        moveRows(
          scope, isUpper ? backwards(own, n, n, ['row', 'column']) : own, rowsAt(triangle, of), n, (i) => [i32.const(0), plus(i.get, 1)]
        ),
        moveRows(scope, isUpper ? backwards(rows, n, width, ['row']) : rows, room, n, whole(width)),
        solve(triangle, columns),
        moveRows(scope, leftSide ? solved : turned(solved), { ...sides, at: into }, height, whole(across))
      )
    })
  }
})
