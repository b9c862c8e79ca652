import { dataOf, isConcrete } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError, TracerError, TreeError } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { arrayOf } from '../numpy/promote.js'
import { withArrays } from './features.js'
import type { Invertible } from './preprocessor.js'

/** What `oneHot` remembers: the classes, ascending, and their dtype. */
export interface Classes {
  readonly classes: NdArray
}

/** Which classes there are. */
export interface OneHotOptions {
  /** All classes, so that those which the training part lacks have a place too: by default the labels that it holds. */
  readonly classes?: ArrayLike
}

const sortedClasses = (who: string, labels: NdArray): NdArray => {
  if (!isConcrete(labels)) throw new TracerError(who, 'labels that are known (fit outside of jit and vmap)', labels)
  if (labels.size === 0) throw new ShapeError(who, 'at least one label', labels)
  return np.unique(labels)
}

/**
 * Labels as unit vectors over a new last axis: 1 at the class, 0 elsewhere (float32). Labels are numbers of any kind; text comes by
 * way of `categories`. The way back gives the class of the greatest entry, so that it reads probabilities too. Where the classes are
 * 0, 1, … n − 1, `nn.oneHot` does without a fit. (scikit-learn: `OneHotEncoder`.)
 *
 * Throws ArgumentError for a label that is none of the classes, saying which and where; under `jit` and `vmap` it gives zeros.
 *
 * @example
 * const code = data.oneHot()
 * const state = code.fit([5, 2, 5]) // { classes: [2, 5] }
 * code.apply(state)([5, 2]) // [[0, 1], [1, 0]]
 * code.invert(state)(np.array([[0.3, 0.7]])) // [5]
 */
export const oneHot = (options: OneHotOptions = {}): Invertible<Classes> => {
  const who = 'oneHot'
  checkOptions(who, options, ['classes'])
  const given = options.classes === undefined ? undefined : sortedClasses(who, arrayOf(who, options.classes))
  const match = ({ classes }: Classes, x: ArrayLike): NdArray => np.equal(np.expandDims(arrayOf(who, x), -1), classes)
  const checked = (state: Classes, x: ArrayLike): NdArray => {
    const hits = match(state, x)
    const found = np.any(hits, { axis: -1 })
    if (!isConcrete(found)) return hits
    const at = dataOf(found).indexOf(0)
    if (at < 0) return hits
    const place = np.argwhere(np.logicalNot(found)).toList() as readonly (readonly number[])[] // a matrix of positions
    const [label] = np.ravel(arrayOf(who, x)).toTypedArray().slice(at)
    throw new ArgumentError(who, `labels among ${String(state.classes)}`, `the label ${label}`, ['labels', ...place[0]])
  }
  return withArrays(who, ['classes'], {
    fit: (x) => {
      if (given === undefined) return { classes: sortedClasses(who, arrayOf(who, x)) }
      checked({ classes: given }, x)
      return { classes: given }
    },
    apply: (state) => (x) => lax.convertElementType(checked(state, x), 'float32'),
    invert: ({ classes }) => (y) => {
      const scores = arrayOf(who, y)
      if (scores.ndim === 0 || scores.shape.at(-1) !== classes.size) {
        throw new ShapeError(who, `a last axis of ${classes.size} classes`, scores)
      }
      return np.take(classes, np.argmax(scores, { axis: -1 }))
    }
  })
}

/** What `categories` remembers: the words, sorted. Strings belong to a tree's structure: the state has no arrays. */
export interface Words {
  readonly words: readonly string[]
}

const checkTexts = (texts: readonly string[]): readonly string[] => {
  checkList('categories', 'a list of texts', texts).forEach((text, i) => {
    if (typeof text !== 'string') throw new ArgumentError('categories', 'texts', text, [i])
  })
  return texts
}

/**
 * Texts as numbers (int32): the position of each among the different ones, sorted by their code units. (scikit-learn:
 * `OrdinalEncoder`.) Throws ArgumentError for a text that the fit has not seen, saying which and where.
 *
 * @example
 * const kinds = data.categories()
 * const state = kinds.fit(['oak', 'fir', 'oak']) // { words: ['fir', 'oak'] }
 * kinds.apply(state)(['oak', 'fir']) // [1, 0]
 * kinds.invert(state)(np.array([1, 1], { dtype: 'int32' })) // ['oak', 'oak']
 */
export const categories = (): Invertible<Words, readonly string[], NdArray, readonly string[]> => {
  const who = 'categories'
  const wordsOf = (state: Words): readonly string[] => {
    const given: Partial<Words> | null | undefined = state // callers without types pass anything
    if (!Array.isArray(given?.words)) throw new TreeError(who, 'a state as its fit makes it, texts words', state)
    return state.words
  }
  return {
    fit: (texts) => {
      if (checkTexts(texts).length === 0) throw new ArgumentError(who, 'at least one text', 'none')
      return { words: Object.freeze([...new Set(texts)].sort()) }
    },
    apply: (state) => {
      const words = wordsOf(state)
      const codes = new Map(words.map((word, i) => [word, i]))
      return (texts) => np.array(Int32Array.from(checkTexts(texts), (text, i) => {
        const code = codes.get(text)
        if (code === undefined) throw new ArgumentError(who, `texts among ${words.join(', ')}`, JSON.stringify(text), [i])
        return code
      }))
    },
    invert: (state) => {
      const words = wordsOf(state)
      return (codes) => Array.from(arrayOf(who, codes).toTypedArray(), (code, i) => {
        if (words[code] === undefined) throw new ArgumentError(who, `codes from 0 to ${words.length - 1}`, code, [i])
        return words[code]
      })
    }
  }
}
