import type { Aval } from '../../core/aval.js'
import { byteSize, type DType } from '../../core/dtype.js'
import { stridesOf, type Shape } from '../../core/shape.js'
import type { ConvParams } from '../../lax/window/conv.js'
import { dilated } from '../../lax/window/convdims.js'
import { tileBytes } from './blocking.js'

/*
 * A convolution as products of matrices: one factor has a row of the image's elements for each place of the kernel, the other the
 * kernel's. The first is never made as a whole; its panels are packed from a block of the image, with its padding.
 */

/** An axis of the places where the kernel is put, or of those under it: steps are in elements. */
export interface ConvAxis {
  /** Of the image: 0 batch, 1 features, then space. */
  readonly dimension: number
  readonly size: number
  /** In the image itself, where it is read directly. */
  readonly image: number
  /** In a block of the image. */
  readonly block: number
  /** In the result (of places), or in the kernel (of what lies under it). */
  readonly other: number
}

/** An axis whose steps in a block are not known yet. */
type Unplaced = Omit<ConvAxis, 'block'>

/** Axes, outermost first: those that are taken one by one, then the one taken in pieces, then whole ones. */
export interface Cut<A = ConvAxis> {
  readonly single: readonly A[]
  /** Whole axes, behind the one in pieces. */
  readonly axes: readonly A[]
  /** How many positions of the first of `axes` make a piece. */
  readonly piece: number
  /** Sizes of `axes`, the first in a whole piece. */
  readonly extents: Shape
}

export interface Convolution {
  readonly groups: number
  /** Output features of a group, and steps between them. */
  readonly features: { readonly size: number; readonly kernel: number; readonly out: number }
  /** Steps from group to group. */
  readonly group: { readonly image: number; readonly kernel: number; readonly out: number }
  readonly places: Cut
  readonly depth: Cut
  /** Every feature has its own kernel and they lie side by side: `groups` is 1, and the depth is that of one feature. */
  readonly depthwise: boolean
  /** Vectors lie along places; else along features. */
  readonly alongPlaces: boolean
  /** The block: sizes and steps by dimension; nothing if the image is read directly. */
  readonly block: { readonly sizes: Shape; readonly steps: Shape } | null
  /** By dimension: the elements of the image that are there, the place of the first in the block, and how far apart they are. */
  readonly filling: readonly { readonly from: number; readonly count: number; readonly at: number; readonly apart: number }[]
  readonly imageSteps: Shape
}

/** How deep products are at once, how many places are worked on at once, and from how many on they are worth vectors of their own. */
const [deepest, mostPlaces, enough] = [384, 1024, 24]

/** The most places of a kernel whose elements are all kept while it slides over one feature. */
const mostKept = 25

const pick = (list: readonly number[], spec: readonly number[]): readonly number[] => spec.map((axis) => list[axis])

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

/** As many axes as have at most so many positions; a piece of the one before them. */
const cut = (axes: readonly Unplaced[], most: number, fewest = 0): Cut<Unplaced> => {
  let first = axes.length
  let positions = 1
  while (first > fewest && positions * axes[first - 1].size <= most) positions *= axes[--first].size
  if (first > fewest && positions * 2 <= most) first--
  const inner = axes.slice(first)
  if (inner.length === 0) return { single: axes, axes: [], piece: 1, extents: [] }
  const rest = product(inner.slice(1).map(({ size }) => size))
  const pieces = Math.ceil(inner[0].size / Math.max(1, Math.floor(most / rest)))
  const piece = Math.ceil(inner[0].size / pieces)
  return { single: axes.slice(0, first), axes: inner, piece, extents: [piece, ...inner.slice(1).map(({ size }) => size)] }
}

/** How many of the last axes are one run in the result, and how many positions that is. */
const runOf = (axes: readonly Unplaced[]): readonly [axes: number, positions: number] => {
  let [count, positions] = [0, 1]
  for (const { size, other } of axes.toReversed()) {
    if (size > 1 && other !== positions) break
    positions *= size
    count++
  }
  return [count, positions]
}

/** How a convolution is carried out. */
export const convolutionOf = ([lhs, rhs]: readonly Aval[], params: ConvParams, out: Aval): Convolution => {
  const { windowStrides, rhsDilation, lhsDilation, padding, featureGroupCount, batchGroupCount } = params
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers
  const [sizes, kernel, result] = [pick(lhs.shape, lhsSpec), pick(rhs.shape, rhsSpec), pick(out.shape, outSpec)]
  const [ls, rs, os] = [pick(stridesOf(lhs.shape), lhsSpec), pick(stridesOf(rhs.shape), rhsSpec), pick(stridesOf(out.shape), outSpec)]
  const depthwise = featureGroupCount > 1 && kernel[1] === 1 && kernel[0] === featureGroupCount &&
    ls[1] === 1 && rs[0] === 1 && os[1] === 1 && product(kernel.slice(2)) <= mostKept
  const groups = depthwise ? 1 : featureGroupCount * batchGroupCount
  const features = kernel[0] / groups
  const filling = sizes.map((size, d) => {
    if (d < 2) return { from: 0, count: size, at: 0, apart: 1 }
    const [[low, high], apart] = [padding[d - 2], lhsDilation[d - 2]]
    const from = low < 0 ? Math.ceil(-low / apart) : 0
    const end = low + dilated(size, apart) + high
    const to = Math.min(size, Math.floor((end - 1 - low) / apart) + 1)
    return { from, count: Math.max(0, to - from), at: low + from * apart, apart }
  })
  const space = (d: number): number => padding[d - 2][0] + dilated(sizes[d], lhsDilation[d - 2]) + padding[d - 2][1]
  const plain = filling.every(({ from, at, apart }, d) => d < 2 || (from === 0 && at === 0 && apart === 1 && space(d) === sizes[d]))

  const axis = (dimension: number, size: number, step: number, other: number): Unplaced =>
    ({ dimension, size, image: ls[dimension] * step, other })
  const dimensions = sizes.map((_, d) => d)
  const placeAxes = dimensions.filter((d) => d !== 1).map((d) => axis(d, result[d], d === 0 ? 1 : windowStrides[d - 2], os[d]))
  const depthAxes = dimensions.slice(1).map((d) => axis(d, kernel[d], d === 1 ? 1 : rhsDilation[d - 2], rs[d]))

  const inResult = placeAxes.toSorted((a, b) => b.other - a.other || b.image - a.image)
  const [runAxes, run] = runOf(inResult)
  const lanes = 16 / byteSize(out.dtype)
  const count = product(placeAxes.map(({ size }) => size))
  // features, if they lie side by side and fill a vector
  const alongPlaces = depthwise ? false : features < lanes ? count > features : os[1] !== 1 && (run >= lanes || features < 2 * lanes)
  const inImage = (axes: readonly Unplaced[]): readonly Unplaced[] => axes.toSorted((a, b) => b.image - a.image)
  const places = alongPlaces ? inResult : inImage(placeAxes)
  const fewest = alongPlaces && run >= enough ? places.length - runAxes : 0
  const [placeCut, depthCut] = [cut(places, mostPlaces, fewest), cut(inImage(depthAxes), deepest)]

  const held = (cutting: Cut<Unplaced>, dimension: number): number => {
    const k = cutting.axes.findIndex((a) => a.dimension === dimension)
    return k < 0 ? 1 : cutting.extents[k]
  }
  const blockSizes = dimensions.map((d) => {
    if (d === 1) return depthwise ? features : held(depthCut, 1)
    return d === 0 ? held(placeCut, 0) : space(d)
  })
  const byMemory = new Array<number>(lhsSpec.length)
  lhsSpec.forEach((place, d) => (byMemory[place] = blockSizes[d]))
  const steps = pick(stridesOf(byMemory), lhsSpec)
  const within = (cutting: Cut<Unplaced>): Cut => {
    const placed = (a: Unplaced): ConvAxis => ({ ...a, block: (steps[a.dimension] * a.image) / ls[a.dimension] })
    return { ...cutting, single: cutting.single.map(placed), axes: cutting.axes.map(placed) }
  }
  return {
    groups,
    features: { size: features, kernel: rs[0], out: os[1] },
    group: {
      image: batchGroupCount > 1 ? result[0] * ls[0] : kernel[1] * ls[1],
      kernel: features * rs[0],
      out: features * os[1]
    },
    places: within(placeCut), depth: within(depthCut), depthwise, alongPlaces,
    block: plain && !alongPlaces ? null : { sizes: blockSizes, steps },
    filling, imageSteps: ls
  }
}

/** How many entries a table of positions has: some more than there are, as vectors read beyond the last. */
export const tableEntries = ({ extents }: Cut): number => product(extents) + 16

/** The bytes of the block, the tables of places and of depth, and a panel, one behind the other. */
export const roomsOf = ({ block, places, depth }: Convolution, dtype: DType): readonly number[] =>
  [
    block === null ? 0 : product(block.sizes) * byteSize(dtype) + 64,
    tableEntries(places) * 8, tableEntries(depth) * 8, product(depth.extents) * tileBytes
  ].map((bytes) => Math.ceil(bytes / 64) * 64)
