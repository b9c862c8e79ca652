import type { DType } from '../../core/dtype.js'
import type { Eqn } from '../../core/primitive.js'
import { range, sizeOf, without, type Shape } from '../../core/shape.js'
import type { ConvParams } from '../../lax/window/conv.js'
import type { ScatterParams } from '../../lax/indexed/gather.js'
import type { ScatterDimensionNumbers } from '../../lax/indexed/indexing.js'
import type { SortParams } from '../../lax/indexed/sort.js'
import type { WindowParams } from '../../lax/window/window.js'
import { convolutionOf, roomsOf } from './convolution.js'
import { isPlain, paddedShape } from './padded.js'

/** Room for elements that an operation needs for itself. */
export interface Room {
  readonly dtype: DType
  readonly size: number
}

/** Records of key and position, twice, and four tables of how many keys there are with each byte. */
const sorting = (count: number): readonly Room[] =>
  [{ dtype: 'float64', size: count }, { dtype: 'float64', size: count }, { dtype: 'int32', size: 1024 }]

/** The longest run of elements that lie side by side in the updates and that windows hold entirely or not at all: their last axes. */
export const scatterRun = (operand: Shape, updates: Shape, d: ScatterDimensionNumbers): { readonly run: number; readonly axes: number } => {
  const windowed = without(range(operand.length), [...d.insertedWindowDims, ...d.operandBatchingDims])
  let [run, axes] = [1, 0]
  for (let k = 1; k <= windowed.length; k++, axes++) {
    const [axis, place] = [operand.length - k, updates.length - k]
    if (windowed.at(-k) !== axis || d.updateWindowDims.at(-k) !== place || updates[place] !== operand[axis]) break
    run *= operand[axis]
  }
  return { run, axes }
}

/** Sums that are rounded once: which run of the operand each belongs to, which sum each run has, and the sums. */
const summing = ({ inputs: [x, , updates], params }: Eqn): readonly Room[] => {
  const { dimensionNumbers, uniqueIndices } = params as ScatterParams // of a scatter
  if (x.aval.dtype !== 'float32' || uniqueIndices) return []
  const { run } = scatterRun(x.aval.shape, updates.aval.shape, dimensionNumbers)
  const [all, most] = [sizeOf(x.aval.shape), Math.min(sizeOf(x.aval.shape), sizeOf(updates.aval.shape))]
  return [{ dtype: 'int32', size: most / run }, { dtype: 'int32', size: all / run }, { dtype: 'float64', size: most }]
}

/** A block of the image, tables and a panel. */
const convolving = ({ inputs: [lhs, rhs], params, outputs: [out] }: Eqn): readonly Room[] => {
  const rooms = roomsOf(convolutionOf([lhs.aval, rhs.aval], params as ConvParams, out.aval), out.aval.dtype) // of a convolution
  return [{ dtype: 'uint8', size: rooms.reduce((sum, bytes) => sum + bytes, 0) }]
}

/** The array with its padding, if it has some. */
const sliding = ({ inputs: [x], params }: Eqn): readonly Room[] => {
  const p = params as WindowParams // of windowed reductions
  return isPlain(p) ? [] : [{ dtype: x.aval.dtype, size: sizeOf(paddedShape(x.aval.shape, p)) }]
}

/** How many addresses functions take as parameters: engines have their limits. More are in a list. */
export const mostAddresses = 900

/** The room that an operation with loops of its own needs; in the end for a list of addresses, if there are so many. */
export const workspaceOf = (eqn: Eqn): readonly Room[] => {
  const count = eqn.inputs.length + eqn.outputs.length
  const own = ownWorkspace(eqn)
  return count <= mostAddresses ? own : [...own, { dtype: 'int32', size: count + own.length }]
}

const ownWorkspace = (eqn: Eqn): readonly Room[] => {
  const { primitive: { name }, inputs: [x], params } = eqn
  switch (name) {
    case 'conv_general_dilated': return convolving(eqn)
    case 'reduce_window_sum': case 'reduce_window_max': case 'reduce_window_min': return sliding(eqn)
    case 'sort': return sorting(x.aval.shape[(params as SortParams).dimension]) // of sort
    case 'top_k': return sorting(x.aval.shape[x.aval.shape.length - 1])
    case 'scatter_add': case 'scatter_mul': return summing(eqn)
    default: return []
  }
}
