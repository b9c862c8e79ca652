import { byteSize } from '../../../core/dtype.js'
import { range } from '../../../core/shape.js'
import { narrowColumns, type Tiling } from '../../schedule/tiling.js'
import { block, f32x4, f64x2, i32, leave, loop, nothing, sequence, v128, when, type Code, type Local, type Statement } from '../code.js'
import { addProduct } from '../fma.js'
import { constantLanes } from '../lanes.js'
import { counted, plus, times } from '../loops.js'
import type { ModuleBuilder, Scope } from '../module.js'
import { turnedHalves, words } from '../shuffles.js'
import { definePanel } from './panel.js'
import { lanesOf } from './tile.js'

/*
 * A matrix times a vector or a few columns: vectors lie along the depth. The right factor is one column whose elements lie side by side,
 * or it is packed: for each vector's length of the depth, a vector per column.
 */

interface Matrices extends Pick<Tiling, 'dtype' | 'rows' | 'columns' | 'depth' | 'lhs' | 'rhs' | 'packs'> {
  /** From row to row and from column to column of the result. */
  readonly into: readonly [row: number, column: number]
}

/** Where some rows begin, the right factor or its panels, and the result. */
type Places = Readonly<Record<'lhs' | 'rhs' | 'out', Code<'i32'>>>

/** Rows at a time, and sums in progress for an element, by the number of columns: as many sums as there are registers for. */
const shapeOf = (columns: number): readonly [height: number, parts: number] => {
  if (columns === 1) return [4, 2]
  return [columns === 2 ? 4 : 3, 1]
}

/** A function for rows one below the other, so many at a time, and some columns of the right factor. */
const defineSome = (module: ModuleBuilder, matrices: Matrices, height: number, columns: number) => {
  const { dtype, depth, lhs: { free }, columns: all, into } = matrices
  const [bytes, lanes, arithmetic] = [byteSize(dtype), lanesOf(dtype), dtype === 'float32' ? f32x4 : f64x2]
  const [, parts] = shapeOf(columns)
  const { add } = arithmetic
  const accumulate = addProduct(module, arithmetic)
  const [vectors, rest, step] = [Math.floor(depth / lanes), depth % lanes, 16 * all]
  return module.define({ params: ['i32', 'i32', 'i32', 'i32'], result: 'none' }, (scope, lhs, rhs, out, count) => {
    const rows = range(height)
    const sums = rows.map(() => range(columns).map(() => range(parts).map(() => scope.local('v128'))))
    const [left, right, factor] = [scope.local('i32'), scope.local('i32'), scope.local('v128')]
    const elements = rows.map(() => scope.local('v128'))
    // An exit between loads, though never taken, keeps the compiler from moving all of them to the front, which would spill the sums.
    const ends = range(parts * columns).map(() => scope.local('i32'))
    const apart = (k: number): Statement => leave(1, i32.geU(right.get, ends[k].get))
    /** Takes the v-th vectors from where the pointers are. */
    const take = (v: number, inLoop: boolean, mask?: Code<'v128'>): Statement => {
      const masked = (vector: Code<'v128'>): Code<'v128'> => (mask === undefined ? vector : v128.and(vector, mask))
      return sequence(
        ...elements.map((element, i) => element.set(masked(v128.load(left.get, i * free * bytes + 16 * v)))),
        ...range(columns).flatMap((j) => [
          inLoop && j > 0 ? apart(v * columns + j) : nothing,
          factor.set(masked(v128.load(right.get, v * step + 16 * j))),
          ...rows.map((i) => sums[i][j][v].set(accumulate(sums[i][j][v].get, elements[i].get, factor.get)))
        ])
      )
    }
    // the last elements are read with those before them, which are masked
    const last = v128.const(Uint8Array.from({ length: 16 }, (_, i) => (i < 16 - rest * bytes ? 0 : 255)))
    const inBlocks = vectors - (vectors % parts)
    const total = ([sum, other]: readonly Local<'v128'>[]): readonly Statement[] => [
      other === undefined ? nothing : sum.set(add(sum.get, other.get)),
      sum.set(add(sum.get, v128.shuffle(sum.get, sum.get, turnedHalves))),
      lanes === 4 ? sum.set(add(sum.get, v128.shuffle(sum.get, sum.get, words(1, 0, 3, 2)))) : nothing
    ]
    const store = dtype === 'float32' ? v128.store32Lane : v128.store64Lane
    const atRest = all === 1 ? (depth - lanes) * bytes : vectors * step
    return loop(sequence(
      ...sums.flat(2).map((sum) => sum.set(constantLanes(dtype, 0))),
      left.set(lhs.get), right.set(rhs.get),
      ...ends.map((end, k) => end.set(plus(rhs.get, inBlocks * step + k))),
      block(loop(sequence(
        take(0, true), ...range(parts - 1, 1).flatMap((v) => [apart(v * columns), take(v, true)]),
        left.set(plus(left.get, 16 * parts)),
        leave(0, i32.ltU(right.tee(plus(right.get, parts * step)), ends[0].get))
      ))),
      ...range(vectors - inBlocks).map((v) => take(v, false)),
      rest === 0 ? nothing : sequence(
        left.set(plus(lhs.get, (depth - lanes) * bytes)), right.set(plus(rhs.get, atRest)), take(0, false, last)
      ),
      ...sums.flat().flatMap(total),
      ...rows.flatMap((i) => range(columns).map((j) => store(out.get, sums[i][j][0].get, 0, (i * into[0] + j * into[1]) * bytes))),
      lhs.set(plus(lhs.get, height * free * bytes)), out.set(plus(out.get, height * into[0] * bytes)),
      leave(0, count.tee(i32.sub(count.get, i32.const(1))))
    ))
  })
}

/** Code for so many rows and some columns, from the first of which on the places are: several rows at a time, and then what is left. */
const defineColumns = (module: ModuleBuilder, matrices: Matrices, columns: number) => {
  const { rows, dtype, lhs: { free }, into } = matrices
  const [height] = shapeOf(columns)
  const bytes = byteSize(dtype)
  const some = rows < height ? undefined : defineSome(module, matrices, height, columns)
  const left = rows % height
  const rest = left === 0 ? undefined : defineSome(module, matrices, left, columns)
  return ({ lhs, rhs, out }: Places, count: Code<'i32'>): Statement => {
    const whole = i32.sub(count, i32.const(left))
    const turns = i32.divU(count, i32.const(height))
    const first = some?.(lhs, rhs, out, turns)
    const last = rest?.(i32.add(lhs, times(whole, free * bytes)), rhs, i32.add(out, times(whole, into[0] * bytes)), i32.const(1))
    if (first === undefined || last === undefined) return first ?? last ?? nothing
    return sequence(when(turns, first), when(i32.remU(count, i32.const(height)), last))
  }
}

/** Packs the right factor. */
const definePacking = (module: ModuleBuilder, { dtype, columns, depth, rhs: { free, depth: down } }: Matrices) => {
  const [bytes, lanes] = [byteSize(dtype), lanesOf(dtype)]
  const [vectors, rest] = [Math.floor(depth / lanes), depth % lanes]
  const pack = definePanel(module, {
    dtype, columns: lanes, from: { free: down * bytes, depth: free * bytes },
    columnRun: down === 1 ? Infinity : 1, stepRun: free === 1 ? null : 1
  })
  const panel = (from: Code<'i32'>, to: Code<'i32'>): Statement => pack({ from, to, depth: i32.const(columns) })
  return (scope: Scope, right: Code<'i32'>, panels: Code<'i32'>): Statement => sequence(
    counted(scope, i32.const(0), i32.const(vectors), 1, (v) =>
      panel(i32.add(right, times(v.get, lanes * down * bytes)), i32.add(panels, times(v.get, 16 * columns)))),
    rest === 0 ? nothing : panel(plus(right, (depth - lanes) * down * bytes), plus(panels, vectors * 16 * columns))
  )
}

/** Code for so many rows, at least one. */
export const defineDots = (module: ModuleBuilder, matrices: Matrices) => {
  const { dtype, columns, packs, into } = matrices
  const pack = packs ? definePacking(module, matrices) : undefined
  const groups = narrowColumns(columns)
  const starts = groups.map((_, g) => groups.slice(0, g).reduce((sum, size) => sum + size, 0))
  const made = new Map(groups.map((size) => [size, defineColumns(module, matrices, size)]))
  return (scope: Scope, { lhs, rhs, out }: Places, panels: Code<'i32'>, rows: Code<'i32'>): Statement => sequence(
    pack?.(scope, rhs, panels) ?? nothing,
    ...groups.map((size, g) => (made.get(size) as ReturnType<typeof defineColumns>)({ // each size has its code
      lhs, rhs: plus(packs ? panels : rhs, 16 * starts[g]), out: plus(out, starts[g] * into[1] * byteSize(dtype))
    }, rows))
  )
}
