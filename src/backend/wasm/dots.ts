import { byteSize } from '../../core/dtype.js'
import { range } from '../../core/shape.js'
import { sumsInRow, type Tiling } from '../schedule/tiling.js'
import { block, f32x4, f64x2, i32, leave, loop, nothing, sequence, v128, when, type Code, type Local, type Statement } from './code.js'
import { addProduct } from './fma.js'
import { constantLanes } from './lanes.js'
import { plus, times } from './loops.js'
import type { ModuleBuilder } from './module.js'
import { turnedHalves, words } from './shuffles.js'
import { lanesOf } from './tile.js'

/*
 * A matrix times a vector, where both lie side by side along the depth: vectors lie along it, too.
 */

type Matrices = Pick<Tiling, 'dtype' | 'rows' | 'depth' | 'lhs'>

/** Where some rows begin, the vector and their products. */
type Places = Readonly<Record<'lhs' | 'rhs' | 'out', Code<'i32'>>>

/** A function for rows one below the other, so many at a time. */
const defineSome = (module: ModuleBuilder, { dtype, depth, lhs: { free } }: Matrices, height: number) => {
  const [bytes, lanes, arithmetic] = [byteSize(dtype), lanesOf(dtype), dtype === 'float32' ? f32x4 : f64x2]
  const { add } = arithmetic
  const accumulate = addProduct(module, arithmetic)
  const [inBlocks, whole] = [depth - (depth % (sumsInRow * lanes)), depth - (depth % lanes)]
  return module.define({ params: ['i32', 'i32', 'i32', 'i32'], result: 'none' }, (scope, lhs, rhs, out, count) => {
    const rows = range(height)
    const sums = rows.map(() => range(sumsInRow).map(() => scope.local('v128')))
    const [left, right, factor] = [scope.local('i32'), scope.local('i32'), scope.local('v128')]
    /** Takes the j-th vector from where the pointers are. */
    const take = (j: number, mask?: Code<'v128'>): Statement => {
      const of = v128.load(right.get, 16 * j)
      return sequence(factor.set(mask === undefined ? of : v128.and(of, mask)), ...rows.map((i) => {
        const element = v128.load(left.get, i * free * bytes + 16 * j)
        return sums[i][j].set(accumulate(sums[i][j].get, mask === undefined ? element : v128.and(element, mask), factor.get))
      }))
    }
    // An exit between vectors, though never taken, keeps the compiler from moving all loads to the front, which would spill the sums.
    const ends = range(sumsInRow).map(() => scope.local('i32'))
    const apart = (j: number): Statement => leave(1, i32.geU(right.get, ends[j].get))
    // the last elements are read with those before them, which are masked
    const rest = depth % lanes
    const last = v128.const(Uint8Array.from({ length: 16 }, (_, i) => (i < 16 - rest * bytes ? 0 : 255)))
    const total = ([a, b, c, d]: readonly Local<'v128'>[]): readonly Statement[] => [
      a.set(add(add(a.get, b.get), add(c.get, d.get))),
      a.set(add(a.get, v128.shuffle(a.get, a.get, turnedHalves))),
      lanes === 4 ? a.set(add(a.get, v128.shuffle(a.get, a.get, words(1, 0, 3, 2)))) : nothing
    ]
    const store = dtype === 'float32' ? v128.store32Lane : v128.store64Lane
    return loop(sequence(
      ...sums.flat().map((sum) => sum.set(constantLanes(dtype, 0))),
      left.set(lhs.get), right.set(rhs.get),
      ...ends.map((end, j) => end.set(plus(rhs.get, inBlocks * bytes + j))),
      block(loop(sequence(
        take(0), ...range(sumsInRow - 1, 1).flatMap((j) => [apart(j), take(j)]),
        left.set(plus(left.get, 16 * sumsInRow)),
        leave(0, i32.ltU(right.tee(plus(right.get, 16 * sumsInRow)), ends[0].get))
      ))),
      ...range((whole - inBlocks) / lanes).map((j) => take(j)),
      rest === 0 ? nothing : sequence(
        left.set(plus(lhs.get, (depth - lanes) * bytes)), right.set(plus(rhs.get, (depth - lanes) * bytes)), take(0, last)
      ),
      ...sums.flatMap(total),
      ...rows.map((i) => store(out.get, sums[i][0].get, 0, i * bytes)),
      lhs.set(plus(lhs.get, height * free * bytes)), out.set(plus(out.get, height * bytes)),
      leave(0, count.tee(i32.sub(count.get, i32.const(1))))
    ))
  })
}

/** Code for so many rows: two at a time, and then the last, if the number is odd. */
export const defineDots = (module: ModuleBuilder, product: Matrices): ((places: Places, rows: Code<'i32'>) => Statement) => {
  const { rows, dtype, lhs: { free } } = product
  const two = rows < 2 ? undefined : defineSome(module, product, 2)
  const one = rows % 2 === 0 ? undefined : defineSome(module, product, 1)
  return ({ lhs, rhs, out }, count) => {
    const last = i32.sub(count, i32.const(1))
    const pairs = two && two(lhs, rhs, out, i32.shrU(count, i32.const(1)))
    const single = one?.(i32.add(lhs, times(last, free * byteSize(dtype))), rhs, i32.add(out, times(last, byteSize(dtype))), i32.const(1))
    return sequence(
      pairs === undefined ? nothing : single === undefined ? pairs : when(i32.shrU(count, i32.const(1)), pairs),
      single === undefined ? nothing : two === undefined ? single : when(i32.and(count, i32.const(1)), single)
    )
  }
}
