import type { NdArray } from '../../core/array.js'
import { ArgumentError, quoted, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { checkWord } from '../../numpy/options.js'
import { expanded } from '../../numpy/promote.js'
import { count } from '../../optim/checks.js'
import { bernoulli } from '../../random/discrete.js'
import { foldIn } from '../../random/key.js'
import { drawInteger, drawNumber, ends, perImage, type Augmentation, type Spread } from './image.js'

/** What is seen beyond the borders: zeros, or the pixels of the edge drawn out. */
export type Fill = 'zero' | 'edge'

const fills: readonly Fill[] = ['zero', 'edge']

/** So many pixels of an axis from a start on, which may lie outside of the image. */
const window = (x: NdArray, axis: number, start: NdArray, size: number, fill: Fill): NdArray => {
  const places = lax.add(lax.iota('int32', [size]), expanded(start, [size]))
  if (fill === 'edge') return np.take(x, places, { axis, mode: 'clip' })
  const outside = lax.select(lax.lt(places, 0), lax.fullLike(places, x.shape[axis]), places) // before the start is not from the end
  return np.take(x, outside, { axis, mode: 'fill', fillValue: 0 })
}

/** How far images are shifted. */
export interface ShiftOptions {
  /** Pixels down; 0 by default. */
  readonly rows?: Spread
  /** Pixels to the right; 0 by default. */
  readonly columns?: Spread
  /** `'zero'` by default. */
  readonly fill?: Fill
}

/**
 * Images moved by whole pixels, drawn for each.
 *
 * @example
 * const image = np.array([[1, 2], [3, 4]], { shape: [2, 2, 1] })
 * data.shift({ rows: [1, 1] })(random.key(0))(image).toList() // [[[0], [0]], [[1], [2]]]
 * data.shift({ rows: 1, columns: 1, fill: 'edge' })(random.key(1))(image).toList() // [[[3], [3]], [[3], [3]]]
 */
export const shift = (options: ShiftOptions = {}): Augmentation => {
  const who = 'shift'
  checkOptions(who, options, ['rows', 'columns', 'fill'])
  const down = ends(who, 'rows', options.rows ?? 0, true)
  const right = ends(who, 'columns', options.columns ?? 0, true)
  const fill = checkWord(who, 'fill', fills, options.fill ?? 'zero')
  return perImage(who, 'any', (key, image) => {
    const [height, width] = image.shape
    const moved = window(image, 0, lax.neg(drawInteger(foldIn(key, 0), down)), height, fill)
    return window(moved, 1, lax.neg(drawInteger(foldIn(key, 1), right)), width, fill)
  })
}

/** What `crop` cuts out. */
export interface CropOptions {
  /** Height and width of what is cut out. */
  readonly size: readonly [height: number, width: number]
  /** So many pixels are added on every side before; 0 by default. */
  readonly padding?: number
  /** `'zero'` by default. */
  readonly fill?: Fill
}

/**
 * A random part of each image, after padding. With a padding of p and the image's own size, a shift by up to p. Throws ShapeError for a
 * part that is greater than the padded image.
 *
 * @example
 * data.crop({ size: [2, 2] })(random.key(0))(np.zeros([8, 5, 5, 3])).shape // [8, 2, 2, 3]
 */
export const crop = (options: CropOptions): Augmentation => {
  const who = 'crop'
  checkOptions(who, options, ['size', 'padding', 'fill'], true)
  const { size, padding = 0 } = options
  if (!Array.isArray(size) || size.length !== 2) throw new ArgumentError(who, 'size: [height, width]', quoted(size))
  const sizes = (size as readonly number[]).map((side) => count(who, 'side', side)) // Array.isArray gives any
  count(who, 'padding', padding, 0)
  const fill = checkWord(who, 'fill', fills, options.fill ?? 'zero')
  return perImage(who, 'any', (key, image) => sizes.reduce((part, side, axis) => {
    const last = image.shape[axis] + padding - side
    if (last < -padding) throw new ShapeError(who, `images of at least ${sizes.join('×')} pixels with a padding of ${padding}`, image)
    return window(part, axis, drawInteger(foldIn(key, axis), [-padding, last]), side, fill)
  }, image))
}

/** How images are mirrored. */
export interface FlipOptions {
  /** `'horizontal'`, the default, swaps left and right, `'vertical'` top and bottom. */
  readonly direction?: 'horizontal' | 'vertical'
  /** How likely it is for an image to be mirrored; 0.5 by default. */
  readonly probability?: number
}

/**
 * Images mirrored, each by chance.
 *
 * @example
 * data.flip({ probability: 1 })(random.key(0))(np.array([1, 2], { shape: [1, 2, 1] })).toList() // [[[2], [1]]]
 */
export const flip = (options: FlipOptions = {}): Augmentation => {
  const who = 'flip'
  checkOptions(who, options, ['direction', 'probability'])
  const axis = checkWord(who, 'direction', ['horizontal', 'vertical'], options.direction ?? 'horizontal') === 'horizontal' ? 1 : 0
  const { probability = 0.5 } = options
  if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1)) {
    throw new ArgumentError(who, 'a probability from 0 to 1', quoted(probability))
  }
  return perImage(who, 'any', (key, image) => np.where(bernoulli(key, probability), np.flip(image, { axis }), image))
}

/**
 * Images turned by a multiple of 90°, drawn for each, without loss. Throws ShapeError for images that are not square.
 *
 * @example
 * const image = np.array([[1, 2], [3, 4]], { shape: [2, 2, 1] })
 * data.quarterTurns()(random.key(0))(image).toList() // [[[2], [4]], [[1], [3]]]
 */
export const quarterTurns = (): Augmentation =>
  perImage('quarterTurns', 'any', (key, image) => {
    if (image.shape[0] !== image.shape[1]) throw new ShapeError('quarterTurns', 'square images', image)
    const turned = [0, 1, 2, 3].map((k) => np.rot90(image, { k }))
    return np.take(np.stack(turned), drawInteger(key, [0, 3]), { axis: 0 })
  })

/** How far images are turned. */
export interface RotateOptions {
  /** Degrees against the clock. */
  readonly degrees: Spread
  /** `'zero'` by default. */
  readonly fill?: Fill
}

/** Positions along two axes of every pixel of an image, from its middle. */
const fromMiddle = ([height, width]: readonly number[], dtype: NdArray['dtype']): readonly [NdArray, NdArray] => [
  lax.sub(lax.iota(dtype, [height, width], 0), (height - 1) / 2),
  lax.sub(lax.iota(dtype, [height, width], 1), (width - 1) / 2)
]

/** The image at fractional positions: a mean of the four pixels around, weighted by how near they are. */
const bilinear = (image: NdArray, rows: NdArray, columns: NdArray, fill: Fill): NdArray => {
  const [height, width, channels] = image.shape
  const pixels = lax.reshape(image, [height * width, channels])
  const [top, left] = [lax.floor(rows), lax.floor(columns)]
  const [down, right] = [lax.sub(rows, top), lax.sub(columns, left)]
  const corner = (row: NdArray, column: NdArray, weight: NdArray): NdArray => {
    const [r, c] = [lax.clamp(0, row, height - 1), lax.clamp(0, column, width - 1)]
    const place = lax.convertElementType(lax.add(lax.mul(r, width), c), 'int32')
    const inside = lax.bitwiseAnd(lax.eq(r, row), lax.eq(c, column))
    const share = fill === 'edge' ? weight : lax.select(inside, weight, lax.fullLike(weight, 0))
    return np.multiply(np.take(pixels, place, { axis: 0, mode: 'clip' }), lax.expandDims(share, [2]))
  }
  const [up, near] = [lax.sub(1, down), lax.sub(1, right)]
  const corners = [
    corner(top, left, lax.mul(up, near)),
    corner(top, lax.add(left, 1), lax.mul(up, right)),
    corner(lax.add(top, 1), left, lax.mul(down, near)),
    corner(lax.add(top, 1), lax.add(left, 1), lax.mul(down, right))
  ]
  return corners.reduce((sum, each) => lax.add(sum, each))
}

/**
 * Images turned about their middle by an angle drawn for each, against the clock, with bilinear interpolation. `quarterTurns` is
 * exact for multiples of 90°. Throws DTypeError for integer images.
 *
 * @example
 * const image = np.array([[0, 1, 0], [0, 1, 0], [0, 1, 0]], { shape: [3, 3, 1] })
 * np.squeeze(data.rotate({ degrees: [45, 45] })(random.key(0))(image)) // [[0.5858, 0.2929, 0], [0.2929, 1, 0.2929], [0, 0.2929, 0.5858]]
 */
export const rotate = (options: RotateOptions): Augmentation => {
  const who = 'rotate'
  checkOptions(who, options, ['degrees', 'fill'], true)
  const angles = ends(who, 'degrees', options.degrees, false)
  const fill = checkWord(who, 'fill', fills, options.fill ?? 'zero')
  return perImage(who, 'float', (key, image) => {
    const angle = lax.convertElementType(lax.mul(drawNumber(key, angles), Math.PI / 180), image.dtype)
    const [height, width] = image.shape
    const [y, x] = fromMiddle(image.shape, image.dtype)
    const [sin, cos] = [lax.sin(angle), lax.cos(angle)].map((each) => expanded(each, [height, width]))
    // What comes to a place was, before the turn, where a turn back leads.
    const rows = lax.add(lax.add(lax.mul(sin, x), lax.mul(cos, y)), (height - 1) / 2)
    const columns = lax.add(lax.sub(lax.mul(cos, x), lax.mul(sin, y)), (width - 1) / 2)
    return bilinear(image, rows, columns, fill)
  })
}
