import { describe, expect, test } from 'vitest'
import { dtypes, isFloat } from '../../src/core/dtype.js'
import { grad, jit, lax, makeJaxpr, np, tree, vmap, type NdArray } from '../../src/index.js'
import { f32, generate } from '../support/arrays.js'
import { sameBits } from '../support/close.js'
import { hosted } from '../support/hosted.js'
import { interpreted } from '../support/interpreted.js'

/*
 * Arrays without elements take no kernels; what is made of them is known before the program runs.
 */

type Fn = (...xs: NdArray[]) => unknown

const empty = np.zeros([0, 3])
const some = np.array([[1, 2, 3], [4, 5, 6]])
const sum = (x: NdArray, y: NdArray): readonly [NdArray, NdArray] => [np.add(x, np.sum(y)), np.mul(y, x)]

/** Programs, the arguments, and how many kernels there are. */
const rows: readonly (readonly [string, Fn, readonly NdArray[], number])[] = [
  ['elementwise', (x) => np.exp(np.mul(x, 2)), [empty], 0],
  ['views', (x) => [np.transpose(x), np.reshape(x, [3, 0]), np.flip(x), np.expandDims(x, 0)], [empty], 0],
  ['sums', (x) => [np.sum(x), np.sum(x, { axis: 0 }), np.sum(x, { axis: 1 })], [empty], 2],
  ['extremes', (x) => [lax.reduceMax(x, [0]), lax.reduceMin(x, [0]), lax.reduceProd(x, [0])], [empty], 1],
  ['a product of depth 0', (x, y) => np.matmul(x, y), [np.zeros([3, 0]), np.zeros([0, 4])], 1],
  ['products of no rows', (x, y) => np.matmul(x, y), [empty, np.ones([3, 4])], 0],
  ['a batch of no products', (x, y) => np.matmul(x, y), [np.zeros([0, 2, 3]), np.zeros([0, 3, 2])], 0],
  ['one array that is not empty among others', (x, y) => np.concatenate([x, y, x]), [empty, some], 1],
  ['several', (x, y) => np.concatenate([y, x, y]), [empty, some], 1],
  ['padding of nothing', (x) => lax.pad(x, 7, [[1, 2, 0], [0, 0, 1]]), [empty], 1],
  ['no updates', (x, u) => [lax.dynamicUpdateSlice(x, u, [0, 0]), np.mul(x, 2)], [some, empty], 2],
  ['no positions to scatter to', (x, i, u) => lax.scatterAdd(x, i, u, {
    updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0], mode: 'clip'
  }), [some, np.zeros([0, 1], { dtype: 'int32' }), empty], 1],
  ['no positions to gather from', (x) => np.take(x, np.zeros([0], { dtype: 'int32' }), { axis: 0 }), [some], 0],
  ['order', (x) => [np.sort(x, { axis: 0 }), np.cumsum(x, { axis: 0 })], [empty], 0],
  ['a slice without elements', (x) => [lax.slice(x, [1, 1], [1, 3]), np.sum(lax.slice(x, [1, 1], [1, 3]))], [some], 1],
  ['a convolution without images', (x, w) => lax.conv(x, w, [1, 1], 'SAME'), [np.zeros([0, 2, 5, 5]), np.ones([3, 2, 3, 3])], 0],
  ['a convolution without channels', (x, w) => lax.conv(x, w, [1, 1], 'SAME'), [np.zeros([1, 0, 5, 5]), np.ones([3, 0, 3, 3])], 1],
  ['no examples', (x) => vmap((row: NdArray) => np.sum(np.sin(row)))(x), [empty], 0],
  ['a gradient', (x) => grad((y: NdArray) => np.add(np.sum(np.square(y)), 1))(x), [empty], 0],
  ['a loop without steps', (x, y) => lax.scan(sum, x, y), [f32(2), np.zeros([0])], 1],
  ['its gradient', (x, y) => grad((a: NdArray) => lax.scan(sum, a, y)[0])(x), [f32(2), np.zeros([0])], 1],
  ['a loop over nothing', (x, y) => lax.scan((c: NdArray, z: NdArray) => [np.add(c, 1), np.exp(z)] as const, x, y), [f32(2), np.zeros([4, 0])], 1],
  ['a loop that carries nothing', (x, y) =>
    lax.whileLoop(([n]) => np.less(n, 3), ([n, c]: readonly [NdArray, NdArray]) => [np.add(n, 1), np.exp(c)] as const, [x, y] as const), [f32(0), empty], 1],
  ['a choice of nothing', (x, y) => lax.cond(np.greater(x, 0), np.exp, np.sin, y), [f32(1), empty], 2]
]

describe('without elements', () => {
  test.each(rows)('%s', (_, f, args, kernels) => {
    const program = jit(f)
    const expected = tree.leaves(interpreted(() => f(...args))) as readonly NdArray[] // all are arrays
    tree.leaves(program(...args)).forEach((x, i) => sameBits(`result ${i}`, x as NdArray, expected[i]))
    expect(hosted(makeJaxpr(f)(...args))).toEqual([])
    expect(program.lower(...args).cost().kernels).toBeLessThanOrEqual(kernels)
  })

  test.each(dtypes)('what there is instead, of %s', (dtype) => {
    const x = generate(dtype, [0, 2], () => 0)
    const all: Fn = (y) => [
      lax.reduceMax(y, [0]), lax.reduceMin(y, [0]),
      ...(dtype === 'bool' ? [] : [np.sum(y), lax.reduceProd(y, [0]), lax.pad(y, 1, [[1, 0, 0], [0, 0, 0]])]),
      ...(isFloat(dtype) ? [] : [lax.reduceAnd(y, [0]), lax.reduceOr(y, [0]), lax.reduceXor(y, [0])]),
      lax.reduceWindow(y, 'max', { windowDimensions: [2, 1], padding: [[1, 1], [0, 0]] })
    ]
    const expected = interpreted(() => all(x)) as readonly NdArray[] // a list
    ;(jit(all)(x) as readonly NdArray[]).forEach((y, i) => sameBits(`result ${i}`, y, expected[i]))
  })
})
