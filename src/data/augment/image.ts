import type { ArrayLike, NdArray } from '../../core/array.js'
import { isFloat } from '../../core/dtype.js'
import { ArgumentError, DTypeError, quoted, ShapeError } from '../../core/errors.js'
import { sizeOf } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { arrayOf } from '../../numpy/promote.js'
import { split } from '../../random/bits.js'
import { checkKey } from '../../random/key.js'
import { randint } from '../../random/randint.js'
import { uniform } from '../../random/uniform.js'
import { vmap } from '../../transform/vmap.js'

/**
 * A random change of images that keeps what they show. Images have the axes [..., height, width, channels]; the leading axes are of a
 * batch, in which every image gets a change of its own: `f(key)` of a batch of n is `vmap` of `f` over `random.split(key, n)`.
 * A pure function: the same key makes the same change, under `jit` and `vmap` too.
 */
export type Augmentation = (key: NdArray) => (images: ArrayLike) => NdArray

/** Numbers to draw from: from the first to the last, both included; a single number r stands for −r to r. */
export type Spread = number | readonly [from: number, to: number]

/** Whether the numbers are to be floats. */
export type Kind = 'any' | 'float'

/** A change of one image, [height, width, channels], as one of batches. */
export const perImage = (who: string, kind: Kind, one: (key: NdArray, image: NdArray) => NdArray): Augmentation => (key) => {
  checkKey(who, key)
  return (images) => {
    const x = arrayOf(who, images)
    if (x.ndim < 3) throw new ShapeError(who, 'images of the shape [..., height, width, channels]', x)
    if (kind === 'float' && !isFloat(x.dtype)) throw new DTypeError(who, 'floating images (np.divide(bytes, 255))', x)
    const batch = x.shape.slice(0, -3)
    if (batch.length === 0) return one(key, x)
    const count = sizeOf(batch)
    const changed = vmap(one)(split(key, count), lax.reshape(x, [count, ...x.shape.slice(-3)]))
    return lax.reshape(changed, [...batch, ...changed.shape.slice(1)])
  }
}

/** The ends of a spread. Throws ArgumentError unless they are finite numbers in their order, integers where asked for. */
export const ends = (who: string, name: string, spread: Spread, integers: boolean): readonly [from: number, to: number] => {
  const [from, to]: readonly unknown[] = typeof spread === 'number' ? [-spread, spread] : Array.isArray(spread) ? spread : []
  const holds = integers ? Number.isSafeInteger : Number.isFinite
  if (typeof from === 'number' && typeof to === 'number' && holds(from) && holds(to) && from <= to) return [from, to]
  const noun = integers ? 'integer' : 'finite number'
  throw new ArgumentError(who, `${name}: ${noun} of at least 0, or [from, to] with from ≤ to`, quoted(spread))
}

/** One of the integers, ends included. */
export const drawInteger = (key: NdArray, [from, to]: readonly [number, number]): NdArray =>
  from === to ? lax.full([], from, 'int32') : randint(key, [], from, to + 1)

/** One of the numbers between. */
export const drawNumber = (key: NdArray, [minval, maxval]: readonly [number, number]): NdArray =>
  minval === maxval ? lax.full([], minval, 'float32') : uniform(key, [], { minval, maxval })
