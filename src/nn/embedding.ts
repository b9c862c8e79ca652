import { checkArray, dataOf, isConcrete } from '../array/ndarray.js'
import { unravel } from '../control/check.js'
import type { NdArray } from '../core/array.js'
import { isDType, isFloat, isInteger, type FloatDType } from '../core/dtype.js'
import { ArgumentError, DTypeError, quoted, ShapeError } from '../core/errors.js'
import { checkFunction, checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { struct } from './init.js'
import { varianceScaling, type Initializer } from './initializers.js'
import type { Layer } from './layer.js'
import type { Weight } from './linear.js'

/** How `embedding` draws its vectors. */
export interface EmbeddingOptions {
  /** Draws the weight [count, features]; normal with variance 1/features by default, as Flax does (PyTorch: `normal(1)`). */
  readonly init?: Initializer
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
  if (!isConcrete(ids)) return
  const data = dataOf(ids)
  const at = data.findIndex((id) => id < 0 || id >= count)
  if (at >= 0) throw new ArgumentError(who, `ids from 0 to ${count - 1}`, data[at], ['ids', ...unravel(at, ids.shape)])
}

/**
 * A vector for each of `count` things, looked up by number: integer ids of any shape [...] become [..., features]. Its parameters
 * are `{ weight }` of shape [count, features]; the gradient adds up what each vector's uses ask for, and is zero where there are none.
 * `attend` is the way back, with the same weight, to logits (Press & Wolf, 2017). `flax.linen.Embed`, PyTorch's `Embedding`.
 *
 * Throws ArgumentError for sizes that are no positive integers and for an id out of range, saying which and where; traced ids cannot be
 * looked at: out of range they give NaN. Throws DTypeError for ids that are no integers.
 *
 * @example
 * const words = embedding(3, 2)
 * const params = { weight: np.array([[0, 1], [2, 3], [4, 5]]) }
 * words.apply(params)(np.array([2, 0], { dtype: 'int32' })) // [[4, 5], [0, 1]]
 * words.attend(params)(np.array([1, 10])) // [10, 32, 54]
 */
export const embedding = (count: number, features: number, options: EmbeddingOptions = {}): EmbeddingLayer => {
  for (const [what, size] of [['things', count], ['features', features]] as const) {
    if (!Number.isSafeInteger(size) || size < 1) throw new ArgumentError('embedding', `a positive integer of ${what}`, quoted(size))
  }
  checkOptions('embedding', options, ['init', 'dtype'])
  const { init = unitVectors, dtype = 'float32' } = options
  if (!isDType(dtype) || !isFloat(dtype)) throw new DTypeError('embedding', 'float32 or float64', dtype)
  const who = `embedding(${count}, ${features})`
  const weightOf = ({ weight }: Weight): NdArray => {
    const [rows, columns] = checkArray(who, weight).shape
    if (weight.ndim === 2 && rows === count && columns === features) return weight
    throw new ShapeError(who, `a weight of shape [${count},${features}]`, weight, 'params.weight')
  }
  return {
    init: struct({ weight: checkFunction('embedding', 'an initialiser as init', init)([count, features], dtype) }),
    apply: (p) => (ids) => {
      checkIds(who, ids, count)
      return lax.gather(weightOf(p), lax.expandDims(ids, [ids.ndim]), {
        offsetDims: [ids.ndim],
        collapsedSliceDims: [0],
        startIndexMap: [0],
        sliceSizes: [1, features],
        mode: 'fill',
        fillValue: NaN
      })
    },
    attend: (p) => (x) => {
      if (checkArray(who, x).shape.at(-1) !== features) throw new ShapeError(who, `an input whose last axis has size ${features}`, x)
      return np.matmul(x, np.transpose(weightOf(p)))
    }
  }
}
