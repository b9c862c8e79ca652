import { byteSize } from '../../core/dtype.js'
import { blockColumns, blockDepth, blockRows, isDots, turned, turns } from '../schedule/blocking.js'
import type { Factor, Product } from '../schedule/kernel.js'
import { i32, nothing, sequence, when, type Code, type Local, type Statement } from './code.js'
import { defineDots } from './dots.js'
import { counted, least, times } from './loops.js'
import type { ModuleBuilder, Scope } from './module.js'
import type { Emitted } from './nest.js'
import { once } from './once.js'
import { definePanel, panelBytes, type Panel } from './panel.js'
import { defineRows, widest } from './tile.js'

/*
 * Products of matrices: the right factor is packed in panels of four vectors' width, in blocks of its depth; tiles of rows and one
 * panel stay in registers over a block.
 */

/** A product as it is computed: the columns are those that vectors lie along. */
interface View extends Omit<Product, 'kind' | 'name' | 'out' | 'packed'> {
  /** From row to row and from column to column of the result. */
  readonly into: readonly [row: number, column: number]
  /** Whether the right factor is read where it is. */
  readonly direct: boolean
}

/** Products are computed as they are, or as the transposed ones. */
const viewOf = (product: Product): View => {
  const { columns } = product
  const direct = product.packed === null
  return turns(product) ? { ...turned(product), into: [1, columns], direct } : { ...product, into: [columns, 1], direct }
}

/** The extents of blocks: of whole ones and of what is left. */
const blocks = (extent: number, size: number): readonly number[] =>
  [...new Set([Math.min(extent, size), extent % size])].filter((n) => n > 0)

/** Where the k-th elements of batch axes start. */
const shifted = (base: Code<'i32'>, { batch }: Pick<Factor, 'batch'>, counters: readonly Local<'i32'>[], bytes: number): Code<'i32'> =>
  counters.reduce((sum, i, k) => (batch[k] === 0 ? sum : i32.add(sum, times(i.get, batch[k] * bytes))), base)

/** What becomes of some columns: their packing, unless they are read where they are, and their rows. */
interface Columns {
  readonly pack: Panel | undefined
  /** Bytes from step to step of what the tiles read. */
  readonly step: number
  readonly rows: ReturnType<typeof defineRows>
}

const defineColumns = (module: ModuleBuilder, { dtype, rows, lhs, rhs, into, direct }: View, columns: number): Columns => {
  const bytes = byteSize(dtype)
  const step = direct ? rhs.depth * bytes : panelBytes(dtype, columns)
  const pack = direct ? undefined : definePanel(module, {
    dtype, columns, from: { free: rhs.free * bytes, depth: rhs.depth * bytes },
    columnRun: rhs.free === 1 ? Infinity : 1, stepRun: rhs.depth === 1 ? null : 1
  })
  const form = {
    dtype, columns, left: { free: lhs.free * bytes, depth: lhs.depth * bytes }, right: step,
    out: { row: into[0] * bytes, column: into[1] * bytes }
  }
  return { pack, step, rows: defineRows(module, form, blocks(rows, blockRows)) }
}

/** Places of two matrices, of their product, and of the panels. */
type Places = readonly [left: Local<'i32'>, right: Local<'i32'>, into: Local<'i32'>, panels: Local<'i32'>]

/** The product of two matrices in blocks. */
const defineBlocks = (module: ModuleBuilder, view: View): ((scope: Scope, places: Places) => Statement) => {
  const { dtype, rows, columns, depth, lhs, rhs, into, direct } = view
  const bytes = byteSize(dtype)
  const width = widest(dtype, direct ? rows : Infinity)
  const wide = blockColumns - (blockColumns % width)
  const deepest = blockDepth(depth)
  const whole = columns >= width ? defineColumns(module, view, width) : undefined
  const rest = columns % width === 0 ? undefined : defineColumns(module, view, columns % width)
  /** What is done with the columns from the j-th on. */
  const forColumns = (j: Code<'i32'>, use: (columns: Columns) => Statement): Statement => {
    if (whole === undefined || rest === undefined) return use((whole ?? rest) as Columns) // extents are positive
    return when(i32.leU(j, i32.const(columns - width)), use(whole), use(rest))
  }
  return (scope, [a, b, c, panels]) => {
    const [jEnd, kEnd, iEnd] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
    return counted(scope, i32.const(0), i32.const(columns), wide, (jc) => sequence(
      jEnd.set(least(scope, i32.add(jc.get, i32.const(wide)), columns)),
      counted(scope, i32.const(0), i32.const(depth), deepest, (k) => {
        const deep = i32.sub(kEnd.get, k.get)
        const inMatrix = (j: Local<'i32'>): Code<'i32'> =>
          i32.add(b.get, i32.add(times(k.get, rhs.depth * bytes), times(j.get, rhs.free * bytes)))
        const inPanels = (j: Local<'i32'>): Code<'i32'> => i32.add(panels.get, times(i32.mul(i32.sub(j.get, jc.get), deep), bytes))
        return sequence(
          kEnd.set(least(scope, i32.add(k.get, i32.const(deepest)), depth)),
          direct ? nothing : counted(scope, jc.get, jEnd.get, width, (j) => forColumns(j.get, ({ pack }) =>
            (pack as Panel)({ from: inMatrix(j), to: inPanels(j), depth: deep }))), // they are packed
          counted(scope, i32.const(0), i32.const(rows), blockRows, (ic) => sequence(
            iEnd.set(least(scope, i32.add(ic.get, i32.const(blockRows)), rows)),
            counted(scope, jc.get, jEnd.get, width, (j) => forColumns(j.get, (part) => part.rows(i32.sub(iEnd.get, ic.get), {
              lhs: i32.add(a.get, i32.add(times(ic.get, lhs.free * bytes), times(k.get, lhs.depth * bytes))),
              rhs: direct ? inMatrix(j) : inPanels(j),
              out: i32.add(c.get, times(i32.add(times(ic.get, into[0]), times(j.get, into[1])), bytes)),
              bytes: times(deep, part.step),
              more: k.get
            })))
          ))
        )
      })
    ))
  }
}

/** The product of two matrices. */
const defineMatrices = (module: ModuleBuilder, view: View): ((scope: Scope, places: Places) => Statement) => {
  if (!isDots(view)) return defineBlocks(module, view)
  const dots = defineDots(module, view)
  return (_, [matrix, vector, into]) => dots(matrix.get, vector.get, into.get)
}

const define = (module: ModuleBuilder, view: View) => {
  const { dtype, rows, columns, batch, lhs, rhs } = view
  const bytes = byteSize(dtype)
  const matrices = defineMatrices(module, view)
  const strides: number[] = [] // of matrices in the result
  batch.reduceRight((size, extent, k) => {
    strides[k] = size
    return size * extent
  }, rows * columns)
  const params = ['i32', 'i32', 'i32', 'i32'] as const
  return module.define({ params, result: 'none' }, (scope, left, right, into, panels) => {
    const [a, b, c] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
    const over = (k: number, counters: readonly Local<'i32'>[]): Statement => {
      if (k < batch.length) return counted(scope, i32.const(0), i32.const(batch[k]), 1, (i) => over(k + 1, [...counters, i]))
      return sequence(
        a.set(shifted(left.get, lhs, counters, bytes)), b.set(shifted(right.get, rhs, counters, bytes)),
        c.set(shifted(into.get, { batch: strides }, counters, bytes)),
        matrices(scope, [a, b, c, panels])
      )
    }
    return over(0, [])
  })
}

/** The function of a product: one for all of its sizes and steps. */
export const emitProduct = (module: ModuleBuilder, product: Product): Emitted => {
  const view = viewOf(product)
  const { dtype, rows, columns, depth, batch, lhs, rhs, into, direct } = view
  const steps = [lhs, rhs].map(({ batch: along, free, depth: down }) => [along, free, down])
  const callee = once(module, 'product', [dtype, rows, columns, depth, batch, steps, into, direct], () => define(module, view))
  return {
    buffers: [lhs.buffer, rhs.buffer, product.out, ...(product.packed === null ? [] : [product.packed])], units: 1,
    call: ([left, right, out, packed]) => callee(left, right, out, packed ?? i32.const(0))
  }
}
