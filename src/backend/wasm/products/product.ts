import { byteSize } from '../../../core/dtype.js'
import { stridesOf } from '../../../core/shape.js'
import { blockColumns, blockDepth, blockRows, rowStep } from '../../schedule/blocking.js'
import type { Buffer, Product } from '../../schedule/kernel.js'
import { tilingOf, type Tiling } from '../../schedule/tiling.js'
import { i32, leave, loop, memory, nothing, sequence, when, type Code, type Local, type Statement } from '../code.js'
import type { Emitted } from '../emitted.js'
import { counted, least, moved, plus, times } from '../loops.js'
import type { ModuleBuilder, Scope } from '../module.js'
import { once } from '../once.js'
import { defineDots } from './dots.js'
import { finishOf, type Finish } from './finish.js'
import { definePanel, panelBytes, type Panel } from './panel.js'
import { defineSweeps } from './sweep.js'
import { defineRows } from './tile.js'

/*
 * Products of matrices: the right factor is packed in panels of four vectors' width, in blocks of its depth; tiles of rows and one
 * panel stay in registers over a block. Products of vectors, and of few rows or columns, have ways of their own.
 */

/** A product as it is carried out: its tiling, how far it is from row to row and from column to column of the result, and its end. */
interface View extends Tiling {
  readonly into: readonly [row: number, column: number]
  readonly finish: Finish | null
}

/** How many rows a block may have: whole ones, and the last, which is a multiple of the step and what is left. */
const heights = (rows: number): readonly number[] =>
  [...new Set([Math.min(rows, blockRows), rows % rowStep])].filter((n) => n > 0)

/** What becomes of some columns: their packing, unless they are read where they are, and their rows. */
interface Columns {
  readonly pack: Panel | undefined
  /** Bytes from step to step of what the tiles read. */
  readonly step: number
  readonly rows: ReturnType<typeof defineRows>
}

const defineColumns = (module: ModuleBuilder, view: View, columns: number): Columns => {
  const { dtype, rows, lhs, rhs, into, packs, copied, finish } = view
  const bytes = byteSize(dtype)
  const step = packs ? panelBytes(dtype, columns) : rhs.depth * bytes
  const pack = !packs ? undefined : definePanel(module, {
    dtype, columns, from: { free: rhs.free * bytes, depth: rhs.depth * bytes },
    columnRun: rhs.free === 1 ? Infinity : 1, stepRun: rhs.depth === 1 ? null : 1
  })
  const form = {
    dtype, columns, right: step,
    left: copied > 0 ? { free: bytes, depth: blockRows * bytes } : { free: lhs.free * bytes, depth: lhs.depth * bytes },
    out: { row: into[0] * bytes, column: into[1] * bytes }, finish
  }
  return { pack, step, rows: defineRows(module, form, heights(rows)) }
}

/** Places of two matrices, of their product, of the panels, and of what the sums meet. */
interface Places extends Readonly<Record<'left' | 'right' | 'into' | 'panels', Code<'i32'>>> {
  readonly operands: readonly Code<'i32'>[]
}

/** Rows or columns from a first to a last, which is not included. */
type Range = readonly [from: Code<'i32'>, to: Code<'i32'>]

/** The part of a product that a piece is. */
type Part = (scope: Scope, places: Places, rows: Range, columns: Range) => Statement

/** The product of two matrices in blocks. */
const defineBlocks = (module: ModuleBuilder, view: View): Part => {
  const { dtype, columns, depth, lhs, rhs, into, packs, copied, width, finish } = view
  const bytes = byteSize(dtype)
  const met = finish?.operands ?? []
  const wide = packs ? blockColumns : width * Math.ceil(columns / width)
  const deepest = blockDepth(depth, packs ? 'packed' : 'direct')
  const whole = columns >= width ? defineColumns(module, view, width) : undefined
  const rest = columns % width === 0 ? undefined : defineColumns(module, view, columns % width)
  /** What is done with the columns from the j-th on. */
  const forColumns = (j: Code<'i32'>, use: (columns: Columns) => Statement): Statement => {
    if (whole === undefined || rest === undefined) return use((whole ?? rest) as Columns) // extents are positive
    return when(i32.leU(j, i32.const(columns - width)), use(whole), use(rest))
  }
  return (scope, { left, right, into: out, panels: room, operands }, [firstRow, lastRow], [firstColumn, lastColumn]) => {
    const panels = plus(room, copied * bytes)
    const [jEnd, kEnd, iEnd] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
    return counted(scope, firstColumn, lastColumn, wide, (jc) => sequence(
      jEnd.set(least(scope, i32.add(jc.get, i32.const(wide)), lastColumn)),
      counted(scope, i32.const(0), i32.const(depth), deepest, (k) => {
        const deep = i32.sub(kEnd.get, k.get)
        const inMatrix = (j: Local<'i32'>): Code<'i32'> =>
          i32.add(right, i32.add(times(k.get, rhs.depth * bytes), times(j.get, rhs.free * bytes)))
        const inPanels = (j: Local<'i32'>): Code<'i32'> => i32.add(panels, times(i32.mul(i32.sub(j.get, jc.get), deep), bytes))
        return sequence(
          kEnd.set(least(scope, i32.add(k.get, i32.const(deepest)), i32.const(depth))),
          !packs ? nothing : counted(scope, jc.get, jEnd.get, width, (j) => forColumns(j.get, ({ pack }) =>
            (pack as Panel)({ from: inMatrix(j), to: inPanels(j), depth: deep }))), // they are packed
          counted(scope, firstRow, lastRow, blockRows, (ic) => sequence(
            iEnd.set(least(scope, i32.add(ic.get, i32.const(blockRows)), lastRow)),
            copied === 0 ? nothing : counted(scope, k.get, kEnd.get, 1, (step) => memory.copy(
              i32.add(room, times(i32.sub(step.get, k.get), blockRows * bytes)),
              i32.add(left, i32.add(times(ic.get, bytes), times(step.get, lhs.depth * bytes))), times(i32.sub(iEnd.get, ic.get), bytes)
            )),
            counted(scope, jc.get, jEnd.get, width, (j) => forColumns(j.get, (part) => part.rows(i32.sub(iEnd.get, ic.get), {
              lhs: copied > 0 ? room : i32.add(left, i32.add(times(ic.get, lhs.free * bytes), times(k.get, lhs.depth * bytes))),
              rhs: packs ? inPanels(j) : inMatrix(j),
              out: i32.add(out, times(i32.add(times(ic.get, into[0]), times(j.get, into[1])), bytes)),
              bytes: times(deep, part.step),
              more: k.get,
              operands: met.map(({ row, column }, n) => moved(moved(operands[n], ic.get, row), j.get, column))
            })))
          ))
        )
      })
    ))
  }
}

/** A part of the product of two matrices. */
const definePart = (module: ModuleBuilder, view: View): Part => {
  if (view.sweeps) {
    const sweeps = defineSweeps(module, view)
    return (scope, places, _, [first, last]) => sweeps(scope, places, first, last)
  }
  if (!view.dots) return defineBlocks(module, view)
  const dots = defineDots(module, view)
  const bytes = byteSize(view.dtype)
  return (scope, { left, right, into, panels }, [from, to]) => {
    const out = i32.add(into, times(from, view.into[0] * bytes))
    return dots(scope, { lhs: i32.add(left, times(from, view.lhs.free * bytes)), rhs: right, out }, panels, i32.sub(to, from))
  }
}

/** Where the matrices of a place in the batch are. */
const matricesAt = (view: View, index: Code<'i32'>, { left, right, into, panels, operands }: Places): Places => {
  const { dtype, batch, rows, columns, lhs, rhs, finish } = view
  const bytes = byteSize(dtype)
  const counts = stridesOf(batch)
  const counters = batch.map((extent, k) => {
    const inner = counts[k] === 1 ? index : i32.divU(index, i32.const(counts[k]))
    return k === 0 ? inner : i32.remU(inner, i32.const(extent))
  })
  const at = (base: Code<'i32'>, strides: readonly number[], unit = bytes): Code<'i32'> =>
    counters.reduce((sum, i, k) => moved(sum, i, batch[k] === 1 ? 0 : strides[k] * unit), base)
  const out = counts.map((count) => count * rows * columns)
  return {
    left: at(left, lhs.batch), right: at(right, rhs.batch), into: at(into, out), panels,
    operands: operands.map((operand, n) => at(operand, finish?.operands[n].batch ?? [], 1))
  }
}

const define = (module: ModuleBuilder, view: View) => {
  const { dtype, batch, rows, columns, pieces: { axis, size, count, each, units }, room } = view
  const part = definePart(module, view)
  const total = count * batch.reduce((a, b) => a * b, 1)
  const met = (view.finish?.operands ?? []).map(() => 'i32' as const)
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', ...met] as const
  return module.define({ params, result: 'none' }, (scope, left, right, into, panels, first, last, ...others) => {
    const all = { rows: [i32.const(0), i32.const(rows)], columns: [i32.const(0), i32.const(columns)] } as const
    const [a, b, c] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
    const [piece, end, matrix, from, to] = [
      scope.local('i32'), scope.local('i32'), scope.local('i32'), scope.local('i32'), scope.local('i32')
    ]
    const places: Places = { left: left.get, right: right.get, into: into.get, panels: panels.get, operands: others.map(({ get }) => get) }
    if (total === 1) return part(scope, places, all.rows, all.columns)
    const here = matricesAt(view, matrix.get, places)
    const operands = met.map((type) => scope.local(type))
    const range: Range = count === 1 ? all[axis] : [from.get, to.get]
    const extent = axis === 'rows' ? rows : columns
    const next = i32.sub(i32.add(to.get, i32.const(size - 1)), from.get)
    return sequence(
      piece.set(times(first.get, each)),
      end.set(units === 1 ? i32.const(total) : least(scope, times(last.get, each), i32.const(total))),
      room === 0 || units === 1 ? nothing : panels.set(i32.add(panels.get, times(first.get, room * byteSize(dtype)))),
      loop(sequence(
        matrix.set(count === 1 ? piece.get : i32.divU(piece.get, i32.const(count))),
        count === 1 ? nothing : sequence(
          from.set(times(i32.sub(piece.get, times(matrix.get, count)), size)),
          to.set(least(scope, i32.add(from.get, times(i32.sub(end.get, piece.get), size)), i32.const(extent)))
        ),
        a.set(here.left), b.set(here.right), c.set(here.into), ...operands.map((operand, n) => operand.set(here.operands[n])),
        part(
          scope, { ...places, left: a.get, right: b.get, into: c.get, operands: operands.map(({ get }) => get) },
          axis === 'rows' ? range : all.rows, axis === 'columns' ? range : all.columns
        ),
        piece.set(i32.add(piece.get, count === 1 ? i32.const(1) : i32.divU(next, i32.const(size)))),
        leave(0, i32.ltU(piece.get, end.get))
      ))
    )
  })
}

/** The function of a product: one for all of its sizes and steps, with what becomes of their sums. */
export const emitProduct = (module: ModuleBuilder, product: Product): Emitted => {
  const [tiling, finish] = [tilingOf(product), finishOf(product)]
  const view: View = { ...tiling, finish, into: tiling.turned ? [1, product.columns] : [product.columns, 1] }
  const { dtype, rows, columns, depth, batch, lhs, rhs, into, pieces: { units } } = view
  const steps = [lhs, rhs].map(({ batch: along, free, depth: down }) => [along, free, down])
  const callee = once(module, 'product', [dtype, rows, columns, depth, batch, steps, into, finish?.key], () => define(module, view))
  const met = finish?.operands ?? []
  const { out, packed } = product
  const buffers = [lhs.buffer, rhs.buffer, out, packed, ...met.map(({ buffer }) => buffer)].filter((buffer) => buffer !== null)
  return {
    buffers, units,
    call: (addresses, first, last) => {
      const found = new Map(buffers.map((buffer, k) => [buffer, addresses[k]]))
      const address = (buffer: Buffer | null): Code<'i32'> => (buffer && found.get(buffer)) ?? i32.const(0)
      const operands = met.map(({ buffer, start }) => plus(address(buffer), start))
      return callee(address(lhs.buffer), address(rhs.buffer), address(out), address(packed), first, last, ...operands)
    }
  }
}
