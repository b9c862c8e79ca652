import { byteSize } from '../../core/dtype.js'
import { blockColumns, blockDepth, blockRows, tileBytes, tileColumns, tileRows } from '../schedule/blocking.js'
import type { Factor, Product } from '../schedule/kernel.js'
import {
  after, block, f32x4, f64x2, i32, leave, loop, nothing, select, sequence, v128, when, type Code, type Local, type Statement
} from './code.js'
import { constantLanes, gatherLanes, scatterLanes } from './lanes.js'
import type { ModuleBuilder, Scope } from './module.js'
import type { Emitted } from './nest.js'

/*
 * Products of matrices: the right factor is packed in panels of four vectors' width, in blocks of its depth; tiles of two rows and one
 * panel stay in registers over a block.
 */

/** Vectors in a row of a tile. */
const tileVectors = tileBytes / 16

/** The body for i = start, start + step, … while below the end; at least once. */
const counted = (scope: Scope, start: Code<'i32'>, end: Code<'i32'>, step: number, body: (i: Local<'i32'>) => Statement): Statement => {
  const i = scope.local('i32')
  return sequence(i.set(start), loop(sequence(body(i), leave(0, i32.ltU(i.tee(i32.add(i.get, i32.const(step))), end)))))
}

const times = (i: Code<'i32'>, factor: number): Code<'i32'> => (factor === 1 ? i : i32.mul(i, i32.const(factor)))

const smaller = (scope: Scope, a: Code<'i32'>, b: number): Code<'i32'> => {
  const local = scope.local('i32')
  return after([local.set(a)], select(i32.ltU(local.get, i32.const(b)), local.get, i32.const(b)))
}

type Tile = (lhs: Code<'i32'>, panel: Code<'i32'>, out: Code<'i32'>, end: Code<'i32'>, more: Code<'i32'>) => Statement

/** A tile: `rows` × `columns` elements of the result, over as much of the depth as the panel has. */
const defineTile = (module: ModuleBuilder, product: Product, rows: number, columns: number): Tile => {
  const bytes = byteSize(product.dtype)
  const floats = product.dtype === 'float32' ? f32x4 : f64x2
  const splat = product.dtype === 'float32' ? v128.load32Splat : v128.load64Splat
  const lanes = 16 / bytes as 2 | 4 // of floats
  const width = tileBytes
  const callee = module.define({ params: ['i32', 'i32', 'i32', 'i32', 'i32'], result: 'none' }, (scope, lhs, panel, out, end, more) => {
    const sums = Array.from({ length: rows }, () => Array.from({ length: tileVectors }, () => scope.local('v128')))
    const right = Array.from({ length: tileVectors }, () => scope.local('v128'))
    const left = Array.from({ length: rows }, () => scope.local('v128'))
    const step = sequence(
      ...right.map((local, j) => local.set(v128.load(panel.get, 16 * j))),
      ...left.map((local, i) => local.set(splat(lhs.get, i * product.lhs.free * bytes))),
      ...sums.flatMap((row, i) => row.map((sum, j) => sum.set(floats.add(sum.get, floats.mul(left[i].get, right[j].get))))),
      lhs.set(i32.add(lhs.get, i32.const(product.lhs.depth * bytes))),
      panel.set(i32.add(panel.get, i32.const(width)))
    )
    // An exit between the steps keeps the compiler from moving all loads to the front, which would spill the sums.
    const steps = Array.from({ length: 4 }, (_, k) => sequence(step, k < 3 ? leave(1, i32.geU(panel.get, end.get)) : nothing))
    const store = (i: number): readonly Statement[] => sums[i].flatMap((sum, j) => {
      const count = Math.min(columns - j * lanes, lanes)
      const offset = i * product.columns * bytes + 16 * j
      if (count <= 0) return []
      if (count === lanes) {
        return [when(more.get, sum.set(floats.add(sum.get, v128.load(out.get, offset)))), v128.store(out.get, sum.get, offset)]
      }
      const to = i32.add(out.get, i32.const(offset))
      return [
        when(more.get, sum.set(floats.add(sum.get, gatherLanes(product.dtype, to, lanes, count, bytes)))),
        ...scatterLanes(product.dtype, to, sum.get, lanes, count, bytes)
      ]
    })
    return sequence(
      ...sums.flat().map((sum) => sum.set(constantLanes(product.dtype, 0))),
      block(loop(sequence(...steps, leave(0, i32.ltU(panel.get, end.get))))),
      ...Array.from({ length: rows }, (_, i) => store(i)).flat()
    )
  })
  return (...args) => callee(...args)
}

type Pack = (from: Code<'i32'>, to: Code<'i32'>, depth: Code<'i32'>) => Statement

/** Writes so many columns of the right factor, over a block's depth, as a panel: zeros beyond the columns. */
const definePack = (module: ModuleBuilder, { dtype, rhs }: Product, columns: number): Pack => {
  const bytes = byteSize(dtype)
  const lanes = 16 / bytes as 2 | 4 // of floats
  const callee = module.define({ params: ['i32', 'i32', 'i32'], result: 'none' }, (scope, from, to, depth) => {
    const vector = (j: number): Code<'v128'> => {
      const count = Math.min(columns - j * lanes, lanes)
      if (count <= 0) return constantLanes(dtype, 0)
      const offset = j * lanes * rhs.free * bytes
      if (count === lanes && rhs.free === 1) return v128.load(from.get, offset)
      const some = gatherLanes(dtype, i32.add(from.get, i32.const(offset)), lanes, count, rhs.free * bytes)
      return count === lanes ? some : v128.and(some, v128.const(Uint8Array.from({ length: 16 }, (_, i) => (i < count * bytes ? 255 : 0))))
    }
    return counted(scope, i32.const(0), depth.get, 1, () => sequence(
      ...Array.from({ length: tileVectors }, (_, j) => v128.store(to.get, vector(j), 16 * j)),
      from.set(i32.add(from.get, i32.const(rhs.depth * bytes))),
      to.set(i32.add(to.get, i32.const(tileBytes)))
    ))
  })
  return (...args) => callee(...args)
}

/** A function for whole pieces of `size`, and one for what is left of `extent` at its end, by where a piece starts. */
const piecewise = <F extends (...args: never[]) => Statement>(extent: number, size: number, define: (size: number) => F) => {
  const [whole, rest] = [extent >= size ? define(size) : undefined, extent % size === 0 ? undefined : define(extent % size)]
  return (start: Code<'i32'>, ...args: Parameters<F>): Statement => {
    if (whole === undefined || rest === undefined) return ((whole ?? rest) as F)(...args) // extents are positive
    return when(i32.leU(start, i32.const(extent - size)), whole(...args), rest(...args))
  }
}

/** Where the k-th elements of batch axes start. */
const shifted = (base: Code<'i32'>, { batch }: Pick<Factor, 'batch'>, counters: readonly Local<'i32'>[], bytes: number): Code<'i32'> =>
  counters.reduce((sum, i, k) => (batch[k] === 0 ? sum : i32.add(sum, times(i.get, batch[k] * bytes))), base)

/** The function of a product. */
export const emitProduct = (module: ModuleBuilder, product: Product): Emitted => {
  const { dtype, rows, columns, depth, batch, lhs, rhs, out, packed } = product
  const bytes = byteSize(dtype)
  const width = tileColumns(dtype)
  const pack = piecewise(columns, width, (n) => definePack(module, product, n))
  const tile = piecewise(columns, width, (n) => {
    const byRows = piecewise(rows, tileRows, (m) => defineTile(module, product, m, n))
    return byRows
  })
  const strides: number[] = []
  batch.reduceRight((size, extent, k) => {
    strides[k] = size
    return size * extent
  }, rows * columns)
  const params = ['i32', 'i32', 'i32', 'i32'] as const
  const callee = module.define({ params, result: 'none' }, (scope, left, right, into, panels) => {
    const [a, b, c] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
    const matrices = counted(scope, i32.const(0), i32.const(columns), blockColumns, (jc) => {
      const [jEnd, kEnd, iEnd] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
      const panel = scope.local('i32')
      return sequence(
        jEnd.set(smaller(scope, i32.add(jc.get, i32.const(blockColumns)), columns)),
        counted(scope, i32.const(0), i32.const(depth), blockDepth, (k) => {
          const deep = i32.sub(kEnd.get, k.get)
          const at = (j: Local<'i32'>): Code<'i32'> => i32.add(panels.get, times(i32.mul(i32.sub(j.get, jc.get), deep), bytes))
          return sequence(
            kEnd.set(smaller(scope, i32.add(k.get, i32.const(blockDepth)), depth)),
            counted(scope, jc.get, jEnd.get, width, (j) => pack(
              j.get, i32.add(b.get, i32.add(times(k.get, rhs.depth * bytes), times(j.get, rhs.free * bytes))), at(j), deep
            )),
            counted(scope, i32.const(0), i32.const(rows), blockRows, (ic) => sequence(
              iEnd.set(smaller(scope, i32.add(ic.get, i32.const(blockRows)), rows)),
              counted(scope, jc.get, jEnd.get, width, (j) => sequence(
                panel.set(at(j)),
                counted(scope, ic.get, iEnd.get, tileRows, (i) => tile(
                  j.get, i.get,
                  i32.add(a.get, i32.add(times(i.get, lhs.free * bytes), times(k.get, lhs.depth * bytes))),
                  panel.get,
                  i32.add(c.get, times(i32.add(times(i.get, columns), j.get), bytes)),
                  i32.add(panel.get, times(deep, width * bytes)),
                  k.get
                ))
              ))
            ))
          )
        })
      )
    })
    const each = (k: number, counters: readonly Local<'i32'>[]): Statement => {
      if (k < batch.length) return counted(scope, i32.const(0), i32.const(batch[k]), 1, (i) => each(k + 1, [...counters, i]))
      return sequence(
        a.set(shifted(left.get, lhs, counters, bytes)), b.set(shifted(right.get, rhs, counters, bytes)),
        c.set(shifted(into.get, { batch: strides }, counters, bytes)),
        matrices
      )
    }
    return each(0, [])
  })
  const call = (...addresses: readonly Code<'i32'>[]): Statement => {
    const [l, r, o, p] = addresses
    return callee(l, r, o, p)
  }
  return { buffers: [lhs.buffer, rhs.buffer, out, packed], call }
}
