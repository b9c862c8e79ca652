import type { NdArray } from '../../core/array.js'
import { showAval } from '../../core/aval.js'
import { isFloat } from '../../core/dtype.js'
import type { Eqn } from '../../core/primitive.js'
import { range } from '../../core/shape.js'
import { argmax } from '../../lax/reduction/argreduce.js'
import { bitwiseOr } from '../../lax/elementwise/bitwise.js'
import { broadcastInDim, full, zerosLike } from '../../lax/broadcast.js'
import { eq, gt, lt, ne } from '../../lax/elementwise/comparison.js'
import { concatenate } from '../../lax/movement/concatenate.js'
import { convertElementType } from '../../lax/elementwise/convert.js'
import { dynamicIndexInDim, type DynamicSliceParams } from '../../lax/indexed/dynamic.js'
import type { GatherParams, ScatterParams } from '../../lax/indexed/gather.js'
import { gatherNumbers, windowSizes } from '../../lax/indexed/indexing.js'
import type { IntegerPowParams } from '../../lax/elementwise/power.js'
import { rem } from '../../lax/elementwise/arithmetic.js'
import { reduceOr } from '../../lax/reduction/reduce.js'
import { reshape } from '../../lax/movement/reshape.js'
import { selectN } from '../../lax/elementwise/select.js'
import { structure } from '../../tree/pytree.js'
import type { TreeDef } from '../../tree/treedef.js'

/** What checks can be about: what the user asserts, and what goes without saying. */
export type CheckKind = 'user' | 'nan' | 'division' | 'index'

/** Which checks are wanted. */
export type Wanted = Readonly<Record<CheckKind, boolean>>

/** What is known of a check when it is traced. */
export interface Site {
  readonly kind: CheckKind
  readonly message: string
  readonly source: string
  /** The loops that it is in, outermost first. */
  readonly loops: readonly string[]
  /** The structure of its values. */
  readonly values: TreeDef
}

/** What becomes of a check: whether it failed, the step of each loop in which it did first, and its values then. */
export interface Report {
  readonly site: Site
  readonly arrays: readonly NdArray[]
}

/** Operations that only move what they are given. */
const moving: ReadonlySet<string> = new Set([
  'broadcast_in_dim', 'reshape', 'squeeze', 'transpose', 'rev', 'slice', 'concatenate', 'split', 'pad', 'select_n', 'stop_gradient',
  'dynamic_slice', 'dynamic_update_slice', 'convert_element_type', 'sort', 'top_k', 'optimization_barrier'
])

const any = (flags: NdArray): NdArray => reduceOr(flags, range(flags.ndim))

const siteOf = (kind: CheckKind, message: string, eqn: Eqn, values: TreeDef = structure([])): Site =>
  ({ kind, message, source: eqn.source ?? '', loops: [], values })

/** Whether something that was computed is not a number. */
const nan = (eqn: Eqn, outs: readonly NdArray[]): readonly Report[] => {
  const floats = outs.filter((x) => isFloat(x.dtype))
  if (floats.length === 0 || moving.has(eqn.primitive.name)) return []
  const failed = floats.map((x) => any(ne(x, x))).reduce((a, b) => bitwiseOr(a, b))
  return [{ site: siteOf('nan', `nan from ${eqn.primitive.name}`, eqn), arrays: [failed] }]
}

/** Whether something is divided by zero. */
const division = (eqn: Eqn, operands: readonly NdArray[]): readonly Report[] => {
  const { name } = eqn.primitive
  const negative = name === 'integer_pow' && (eqn.params as IntegerPowParams).y < 0 // the params of that primitive
  const divisor = name === 'div' || name === 'rem' ? operands[1] : negative ? operands[0] : undefined
  if (divisor === undefined) return []
  return [{ site: siteOf('division', `division by zero in ${name}`, eqn), arrays: [any(eq(divisor, zerosLike(divisor)))] }]
}

/** Positions of windows in an array: index vectors, the axis of each of their components, and the size of windows along it. */
interface Positions {
  readonly vectors: NdArray
  readonly axes: readonly number[]
  readonly sizes: readonly number[]
}

const positionsOf = (eqn: Eqn, operands: readonly NdArray[]): Positions | undefined => {
  const { name } = eqn.primitive
  const boxed = (starts: readonly NdArray[], sizes: readonly number[]): Positions => ({
    vectors: concatenate(starts.map((start) => reshape(convertElementType(start, 'int32'), [1])), 0), axes: range(starts.length), sizes
  })
  if (name === 'gather') {
    const { dimensionNumbers: { startIndexMap }, sliceSizes } = eqn.params as GatherParams // the params of that primitive; so below
    return { vectors: operands[1], axes: startIndexMap, sizes: startIndexMap.map((axis) => sliceSizes[axis]) }
  }
  if (name.startsWith('scatter')) {
    const { dimensionNumbers } = eqn.params as ScatterParams
    const sizes = windowSizes('scatter', operands[0].shape, operands[2].shape, dimensionNumbers)
    const { startIndexMap } = gatherNumbers(dimensionNumbers)
    return { vectors: operands[1], axes: startIndexMap, sizes: startIndexMap.map((axis) => sizes[axis]) }
  }
  if (name === 'dynamic_slice' && operands.length > 1) return boxed(operands.slice(1), (eqn.params as DynamicSliceParams).sliceSizes)
  if (name === 'dynamic_update_slice' && operands.length > 2) return boxed(operands.slice(2), operands[1].shape)
  return undefined
}

const outOfBounds: TreeDef = structure([{ axis: 0, index: 0, size: 0 }])

/** Whether a window does not lie within its array; with the first index that is wrong. */
const index = (eqn: Eqn, operands: readonly NdArray[]): readonly Report[] => {
  const positions = positionsOf(eqn, operands)
  if (positions === undefined || positions.vectors.size === 0) return []
  const [x] = operands
  const { axes, sizes } = positions
  const vectors = convertElementType(positions.vectors, 'int32')
  const constant = (value: number): NdArray => full([], value, 'int32')
  const limits = concatenate(axes.map((axis, k) => full([1], x.shape[axis] - sizes[k], 'int32')), 0)
  const wrong = bitwiseOr(lt(vectors, zerosLike(vectors)), gt(vectors, broadcastInDim(limits, vectors.shape, [vectors.ndim - 1])))
  const first = argmax(convertElementType(reshape(wrong, [vectors.size]), 'int32'), 0)
  const component = rem(first, constant(axes.length))
  const values = [
    selectN(component, ...axes.map(constant)),
    dynamicIndexInDim(reshape(vectors, [vectors.size]), first, 0, false),
    selectN(component, ...axes.map((axis) => constant(x.shape[axis])))
  ]
  const message = `index {index} is out of bounds for axis {axis} of size {size} in ${eqn.primitive.name} of ${showAval(x.aval)}`
  return [{ site: siteOf('index', message, eqn, outOfBounds), arrays: [any(wrong), ...values] }]
}

/** The checks of an operation that are wanted, given its operands and results. */
export const automatic = (wanted: Wanted, eqn: Eqn, operands: readonly NdArray[], outs: readonly NdArray[]): readonly Report[] => [
  ...(wanted.division ? division(eqn, operands) : []),
  ...(wanted.index ? index(eqn, operands) : []),
  ...(wanted.nan ? nan(eqn, outs) : [])
]
