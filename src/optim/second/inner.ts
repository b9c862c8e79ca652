import type { NdArray } from '../../core/array.js'
import * as np from '../../numpy/index.js'
import { arrays, type Tree } from '../leaves.js'

/** The inner product of two trees as vectors, a scalar of their common dtype. */
export const inner = (a: Tree, b: Tree): NdArray => {
  const others = arrays(b)
  const products = arrays(a).map((x, i) => np.sum(np.mul(x, others[i])))
  return products.length === 0 ? np.zeros([]) : products.reduce((sum, x) => np.add(sum, x))
}
