import { checkArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { isInteger, type FloatDType } from '../core/dtype.js'
import { DTypeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { checkCount, checkElements, checkFeatures, checkFloat, parameter } from './check.js'
import { struct } from './init.js'
import { checkInitializer, type Initializer } from './initializer.js'
import { varianceScaling } from './initializers.js'
import type { Layer } from './layer.js'
import type { Weight } from './linear.js'

/** How `embedding` draws its vectors. */
export interface EmbeddingOptions {
  /** Draws the weight [count, features]; normal with variance 1/features by default, as Flax does (PyTorch: `normal(1)`). */
  readonly weight?: Initializer
  /** float32 by default. */
  readonly dtype?: FloatDType
}

/** The layer `embedding`, with its way back. */
export interface EmbeddingLayer extends Layer<Weight> {
  /** How much each vector agrees with the input: [..., features] becomes logits [..., count], by the weight that embeds. */
  readonly attend: (params: Weight) => (x: NdArray) => NdArray
}

/** Vectors of unit length, on average. */
const unitVectors = varianceScaling({ mode: 'fanOut', distribution: 'normal' })

/** Throws ArgumentError at the first id out of range, if the ids are known. */
const checkIds = (who: string, ids: NdArray, count: number): void => {
  if (!isInteger(checkArray(who, ids).dtype)) throw new DTypeError(who, "integer ids (np.array([0, 2], { dtype: 'int32' }))", ids)
  checkElements(who, ids, 'id', `ids from 0 to ${count - 1}`, (id) => id >= 0 && id < count)
}

/**
 * A vector for each of `count` things, looked up by number: integer ids of any shape [...] become [..., features]. Its parameters
 * are `{ weight }` of shape [count, features]; the gradient adds up what each vector's uses ask for, and is zero where there are none.
 * `attend` is the way back, with the same weight, to logits (Press & Wolf, 2017). `flax.linen.Embed`, PyTorch's `Embedding`.
 *
 * Throws ArgumentError for sizes that are no positive integers and for an id out of range, saying which and where; traced ids cannot be
 * looked at: out of range they give NaN. Throws DTypeError for ids that are no integers, ShapeError and TreeError for other
 * parameters.
 *
 * @example
 * const words = embedding(3, 2)
 * const params = { weight: np.array([[0, 1], [2, 3], [4, 5]]) }
 * words.apply(params)(np.array([2, 0], { dtype: 'int32' })) // [[4, 5], [0, 1]]
 * words.attend(params)(np.array([1, 10])) // [10, 32, 54]
 */
export const embedding = (count: number, features: number, options: EmbeddingOptions = {}): EmbeddingLayer => {
  checkCount('embedding', 'things', count)
  checkCount('embedding', 'features', features)
  checkOptions('embedding', options, ['weight', 'dtype'])
  const { weight = unitVectors, dtype = 'float32' } = options
  checkFloat('embedding', dtype)
  const who = `embedding(${count}, ${features})`
  const vectors = (p: Weight): NdArray => parameter(who, p, 'weight', [count, features])
  return {
    init: struct({ weight: checkInitializer('embedding', 'weight', weight)([count, features], dtype) }),
    apply: (p) => (ids) => {
      checkIds(who, ids, count)
      return lax.gather(vectors(p), lax.expandDims(ids, [ids.ndim]), {
        offsetDims: [ids.ndim],
        collapsedSliceDims: [0],
        startIndexMap: [0],
        sliceSizes: [1, features],
        mode: 'fill',
        fillValue: NaN
      })
    },
    attend: (p) => (x) => np.matmul(checkFeatures(who, x, features), np.transpose(vectors(p)))
  }
}
