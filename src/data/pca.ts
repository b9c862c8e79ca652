import type { NdArray } from '../core/array.js'
import { ArgumentError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { eigh } from '../linalg/eigh.js'
import { svd } from '../linalg/svd.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { checkWord } from '../numpy/options.js'
import { count, nonNegative } from '../optim/checks.js'
import { fitting, vectorsOf, withArrays } from './features.js'
import type { Invertible } from './preprocessor.js'

/*
 * Both fits compute in float64 whatever the dtype of the data: a covariance squares its condition.
 */

/** The mean of the rows, and the rows without it, in float64. */
const centred = (x: NdArray): readonly [mean: NdArray, rest: NdArray] => {
  const wide = lax.convertElementType(x, 'float64')
  const mean = np.mean(wide, { axis: 0 })
  return [mean, np.subtract(wide, mean)]
}

/** Rows whose entry of greatest magnitude, the first of them, is positive: eigenvectors have no sign of their own. */
const signed = (rows: NdArray): NdArray => {
  const greatest = np.takeAlongAxis(rows, np.argmax(np.abs(rows), { axis: 1, keepdims: true }), { axis: 1 })
  return np.multiply(rows, lax.stopGradient(np.sign(greatest)))
}

/** The axes along which centred rows vary, as rows, and their variances, which descend. */
interface Principal {
  readonly axes: NdArray
  readonly variances: NdArray
}

/** All axes, those without variance too: the eigenvectors of the covariance. */
const byCovariance = (x: NdArray): Principal => {
  const [values, vectors] = eigh(np.divide(np.matmul(np.transpose(x), x), x.shape[0]))
  return { axes: signed(np.flip(np.transpose(vectors), { axis: 0 })), variances: np.maximum(np.flip(values), 0) }
}

/** As many axes as there are examples, without the covariance, which is large where features are many. */
const bySingularValues = (x: NdArray): Principal => {
  const [, values, axes] = svd(x, { fullMatrices: false })
  return { axes: signed(axes), variances: np.divide(np.square(values), x.shape[0]) }
}

/** Every array as the data were. */
const like = <T extends Readonly<Record<string, NdArray>>>(x: NdArray, state: T): T =>
  Object.fromEntries(Object.entries(state).map(([name, value]) =>
    [name, lax.convertElementType(value, x.dtype)])) as unknown as T // the same names

/** What `pca` remembers. */
export interface Principals {
  readonly mean: NdArray
  /** The directions of greatest variance, orthonormal rows: [components, features]. */
  readonly components: NdArray
  /** The variance (population, 1/n) along each component, descending. */
  readonly explained: NdArray
  /** The share of the whole variance that each component explains; NaN where nothing varies. */
  readonly ratio: NdArray
}

/**
 * Principal components: `y = C (x − μ)`, coordinates along the directions in which the training examples vary most. They are
 * uncorrelated. The way back, `Cᵀ y + μ`, gives the nearest point of the subspace. A component's sign is such that its entry
 * of greatest magnitude, the first of them, is positive. Components of equal variance are an arbitrary basis, and gradients through
 * a fit are NaN there, as `linalg.eigh`'s. (scikit-learn: `PCA`, whose variances are those of a sample, n/(n − 1) times ours.)
 *
 * Throws ArgumentError for more components than features or examples, ShapeError for what is no matrix [examples, features].
 *
 * @example
 * const line = data.pca(1)
 * const state = line.fit([[0, 0], [2, 1], [4, 2]])
 * state.components // [[0.8944, 0.4472]]
 * state.explained // [3.3333]
 * line.apply(state)([[0, 0], [4, 2]]) // [[-2.2361], [2.2361]]
 * np.round(line.invert(state)(np.array([[0]]))) // [[2, 1]]
 */
export const pca = (components: number): Invertible<Principals> => {
  const who = 'pca'
  count(who, 'number of components', components)
  return withArrays(who, ['mean', 'components'], {
    fit: (given) => {
      const x = vectorsOf(who, given)
      const [examples, features] = x.shape
      if (components > Math.min(examples, features)) {
        const got = `${components} components for ${features} features, ${examples} examples`
        throw new ArgumentError(who, 'at most as many components as there are features and examples', got)
      }
      const [mean, rest] = centred(x)
      const { axes, variances } = examples < features ? bySingularValues(rest) : byCovariance(rest)
      const explained = np.slice(variances, [[0, components]])
      const ratio = np.divide(explained, np.sum(variances))
      return like(x, { mean, components: np.slice(axes, [[0, components]]), explained, ratio })
    },
    apply: ({ mean, components: c }) => (x) => np.matmul(np.subtract(fitting(who, x, mean.shape), mean), np.transpose(c)),
    invert: ({ mean, components: c }) => (y) => np.add(np.matmul(fitting(who, y, c.shape.slice(0, 1)), c), mean)
  })
}

/** How `whiten` turns and divides. */
export interface WhitenOptions {
  /**
   * `'pca'`, the default, gives coordinates along the principal components; `'zca'` turns back to the axes of the features, and
   * of all whitenings stays nearest to the data, so that images remain images.
   */
  readonly method?: 'pca' | 'zca'
  /** Added to each variance before the root is taken, so that faint directions, often noise, stay faint; 0 by default. */
  readonly eps?: number
}

/** What `whiten` remembers: `y = (x − mean) matrix`, and back by `y inverse + mean`. */
export interface Whitened {
  readonly mean: NdArray
  readonly matrix: NdArray
  readonly inverse: NdArray
}

/**
 * Features that are uncorrelated and of variance 1: the covariance of what it was fitted to becomes the identity. Along each principal
 * component the data are divided by `√(λ + eps)`, the root of the variance. Directions in which the examples do not vary, to
 * the rounding of float64, are left at zero. Signs are those of `pca`; `'zca'` does not depend on them (Bell & Sejnowski,
 * "The 'independent components' of natural scenes are edge filters", 1997).
 *
 * Throws ArgumentError for a negative eps, ShapeError for what is no matrix [examples, features].
 *
 * @example
 * const white = data.whiten({ method: 'zca' })
 * const x = np.array([[2, 1], [-2, -1], [1, -1], [-1, 1]])
 * const y = white.apply(white.fit(x))(x)
 * np.abs(np.round(np.cov(y, { rowvar: false, ddof: 0 }))) // [[1, 0], [0, 1]]
 */
export const whiten = (options: WhitenOptions = {}): Invertible<Whitened> => {
  const who = 'whiten'
  checkOptions(who, options, ['method', 'eps'])
  const method = checkWord(who, 'method', ['pca', 'zca'], options.method ?? 'pca')
  const eps = nonNegative(who, 'eps', options.eps ?? 0)
  return withArrays(who, ['mean', 'matrix', 'inverse'], {
    fit: (given) => {
      const x = vectorsOf(who, given)
      const [mean, rest] = centred(x)
      const { axes, variances } = byCovariance(rest)
      const still = np.lessEqual(variances, np.multiply(np.max(variances), x.shape[1] * 2 ** -52))
      const root = np.sqrt(np.where(still, 1, np.add(variances, eps)))
      const columns = np.transpose(axes)
      const into = np.where(still, 0, np.divide(columns, root))
      const back = np.where(np.expandDims(still, 1), 0, np.multiply(axes, np.expandDims(root, 1)))
      const [matrix, inverse] = method === 'pca' ? [into, back] : [np.matmul(into, axes), np.matmul(columns, back)]
      return like(x, { mean, matrix, inverse })
    },
    apply: ({ mean, matrix }) => (x) => np.matmul(np.subtract(fitting(who, x, mean.shape), mean), matrix),
    invert: ({ mean, inverse }) => (y) => np.add(np.matmul(fitting(who, y, mean.shape), inverse), mean)
  })
}
