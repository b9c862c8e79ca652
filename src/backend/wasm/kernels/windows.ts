import type { Aval } from '../../../core/aval.js'
import { byteSize, isUnsigned } from '../../../core/dtype.js'
import { range, without, type Shape } from '../../../core/shape.js'
import { batchAxes, type GatherDimensionNumbers } from '../../../lax/indexed/indexing.js'
import { i32, select, sequence, when, type Code, type Local, type Statement } from '../code.js'
import type { Scope } from '../module.js'
import { byteStrides, elementAt } from './element.js'
import { walk } from './walk.js'

/** Windows of an array at computed positions, and what is read into or from them. */
export interface Windows {
  readonly x: { readonly at: Code<'i32'>; readonly aval: Aval }
  readonly indices: { readonly at: Code<'i32'>; readonly aval: Aval }
  /** The result of a gather, or the updates of a scatter. */
  readonly other: { readonly at: Code<'i32'>; readonly aval: Aval }
  readonly sliceSizes: Shape
  readonly numbers: GatherDimensionNumbers
}

/** The axes of a window, and the bytes from one element to the next in both arrays. */
export interface WindowBox {
  readonly extents: Shape
  readonly strides: readonly number[]
  readonly otherStrides: readonly number[]
}

/** How many elements at the end of a window lie side by side in both arrays, and along how many axes. */
export const sideBySide = (box: WindowBox, bytes: number): { readonly run: number; readonly axes: number } => {
  const { extents, strides, otherStrides } = box
  let [run, axes] = [1, 0]
  for (let k = extents.length - 1; k >= 0; k--, axes++) {
    if (extents[k] > 1 && (strides[k] !== run * bytes || otherStrides[k] !== run * bytes)) break
    run *= extents[k]
  }
  return { run, axes }
}

/** The box of one window. */
export const windowBox = ({ x, other, sliceSizes, numbers }: Windows): WindowBox => {
  const axes = without(range(sliceSizes.length), [...numbers.collapsedSliceDims, ...numbers.operandBatchingDims])
  const [strides, otherStrides] = [x, other].map(({ aval: { dtype, shape } }) => byteStrides(dtype, shape))
  return {
    extents: axes.map((axis) => sliceSizes[axis]),
    strides: axes.map((axis) => strides[axis]),
    otherStrides: numbers.offsetDims.map((axis) => otherStrides[axis])
  }
}

/**
 * What is done `inside` for each window, at the addresses where it begins in both arrays, in row-major order of the indices. Windows
 * that are not entirely within the array are moved there, unless there is something to do `outside` instead.
 */
export const eachWindow = (
  scope: Scope,
  { x, indices, other, sliceSizes, numbers }: Windows,
  inside: (at: Local<'i32'>, other: Local<'i32'>) => Statement,
  outside?: (other: Local<'i32'>) => Statement
): Statement => {
  const { startIndexMap, operandBatchingDims, startIndicesBatchingDims } = numbers
  const { dtype, shape } = indices.aval
  const batch = shape.slice(0, -1)
  const strides = byteStrides(x.aval.dtype, x.aval.shape)
  const otherStrides = byteStrides(other.aval.dtype, other.aval.shape)
  const [base, vector, place, at, i, out] = Array.from({ length: 6 }, () => scope.local('i32'))
  const along = new Array<number>(batch.length).fill(0)
  startIndicesBatchingDims.forEach((axis, k) => (along[axis] = strides[operandBatchingDims[k]]))
  const unsigned = isUnsigned(dtype)
  const steps = startIndexMap.flatMap((axis, k): readonly Statement[] => {
    const limit = i32.const(x.aval.shape[axis] - sliceSizes[axis])
    const index = i.set(elementAt(dtype, vector.get, k * byteSize(dtype)) as Code<'i32'>) // an integer
    // read without sign, negative numbers are beyond every limit
    const checked = outside !== undefined
      ? [out.set(i32.or(out.get, i32.gtU(i.get, limit)))]
      : [
        ...(unsigned ? [] : [i.set(select(i32.ltS(i.get, i32.const(0)), i32.const(0), i.get))]),
        i.set(select(i32.ltU(i.get, limit), i.get, limit))
      ]
    return [index, ...checked, at.set(i32.add(at.get, i32.mul(i.get, i32.const(strides[axis]))))]
  })
  const body = outside === undefined ? inside(at, place) : when(out.get, outside(place), inside(at, place))
  const walkers = [
    { at: base, strides: along },
    { at: vector, strides: byteStrides(dtype, shape).slice(0, -1) },
    { at: place, strides: batchAxes(shape, numbers).map((axis) => otherStrides[axis]) }
  ]
  return sequence(
    base.set(x.at), vector.set(indices.at), place.set(other.at),
    walk(scope, batch, walkers, sequence(at.set(base.get), out.set(i32.const(0)), ...steps, body))
  )
}
