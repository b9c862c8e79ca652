import { grad, nn, np, optim, random, tree, vmap, type NdArray } from '../../src/index.js'

/*
 * Training steps' gradients with the gradient of every example in them, written as a user writes them: each example's is clipped to
 * norm 1, and the mean is taken.
 */

type Tree = unknown
type Loss = (p: Tree, x: NdArray, y: NdArray) => NdArray
export type Step = (p: Tree, x: NdArray, y: NdArray) => unknown

export interface Variant {
  readonly name: string
  /** What is made of the gradients of all examples. */
  readonly each: Step
  /** The same of one example by itself, and what becomes of those of all examples. */
  readonly single: Step
  readonly together: 'mean' | 'stack'
  /** The gradient of the mean loss, with nothing of the kind: what it is to be compared with. */
  readonly plain: Step
  readonly args: readonly [params: Tree, x: NdArray, y: NdArray]
  /** Bytes of the gradients of all examples with respect to the largest parameter. */
  readonly bytes: number
  /** How many times the plain gradient's time it may take. */
  readonly reach: number
}

const scaled = (factor: NdArray) => (g: Tree): Tree => tree.map((x: NdArray) => np.mul(x, factor))(g)

const clipped = (g: Tree): Tree => scaled(np.minimum(np.div(1, optim.globalNorm(g)), 1))(g)

const clippedByWhere = (g: Tree): Tree => {
  const norm = optim.globalNorm(g)
  return tree.map((x: NdArray) => np.where(np.greater(norm, 1), np.div(x, norm), x))(g)
}

const mean = (g: Tree): Tree => tree.map((x: NdArray) => np.mean(x, { axis: 0 }))(g)

export interface Sizes {
  readonly batch: number
  readonly inputs: number
  readonly hidden: number
  /** Of the sides of images, and the channels of the two convolutions. */
  readonly side: number
  readonly channels: readonly [number, number]
}

const classes = 10

/** As large as it is worth it, and small enough for a loop over the examples. */
export const full: Sizes = { batch: 256, inputs: 784, hidden: 256, side: 28, channels: [16, 32] }
export const small: Sizes = { batch: 24, inputs: 60, hidden: 40, side: 12, channels: [4, 8] }

type Dense = readonly { readonly w: NdArray; readonly b: NdArray }[]

const dense = (sizes: readonly number[]): Dense =>
  sizes.slice(1).map((size, i) => {
    const [w, b] = random.split(random.key(i))
    const scale = Math.sqrt(2 / sizes[i])
    return { w: np.mul(random.normal(w, [sizes[i], size]), scale), b: np.mul(random.normal(b, [size]), 0.1) }
  })

const classify = (activation: (x: NdArray) => NdArray): Loss => (p, x, y) => {
  const logits = (p as Dense).reduce((h, { w, b }, i) => np.add(np.matmul(i === 0 ? h : activation(h), w), b), x) // as `dense` makes them
  return nn.loss.softmaxCrossEntropy(logits, y)
}

/** A loss of parameters that lie in one vector. */
const raveled = (loss: Loss, like: Dense): Loss => {
  const [arrays, treedef] = tree.flatten<Dense>(like)
  const ends = arrays.map((_, i) => arrays.slice(0, i + 1).reduce((sum, { size }) => sum + size, 0))
  return (p, x, y) => {
    const parts = np.split(p as NdArray, ends.slice(0, -1)) // a vector
    return loss(treedef.unflatten(parts.map((part, i) => np.reshape(part, arrays[i].shape))), x, y)
  }
}

const most = (p: Tree): number => Math.max(...tree.leaves(p).map((x) => (x as NdArray).size))

/** The programs of these sizes. */
export const variants = (sizes: Sizes): readonly Variant[] => {
  const { batch, inputs, hidden, side, channels: [first, second] } = sizes
  const x = random.uniform(random.key(20), [batch, inputs])
  const y = random.randint(random.key(21), [batch], 0, classes)
  const images = random.uniform(random.key(22), [batch, side, side, 1])
  const variant = (
    name: string, loss: Loss, params: Tree, more: Partial<Variant> & { readonly clip?: (g: Tree) => unknown; readonly largest?: Tree } = {}
  ): Variant => {
    const { clip = clipped, reach = 1.5, args = [params, x, y], together = 'mean', largest = params } = more
    const single: Step = (p, a, b) => clip(grad(loss)(p, a, b))
    const all: Step = (p, a, b) => vmap(single, { in: [null, 0, 0] })(p, a, b)
    return {
      name, single, together, args, reach,
      each: together === 'stack' ? all : (p, a, b) => mean(all(p, a, b)),
      plain: grad(loss),
      bytes: 4 * batch * most(largest)
    }
  }
  const two = dense([inputs, hidden, classes])
  const three = dense([inputs, hidden, hidden, classes])
  const flat = np.concatenate(two.flatMap(({ w, b }) => [np.ravel(b), np.ravel(w)]))
  const padding = 'SAME'
  const half = side >> 1
  const net = nn.chain(
    nn.conv(1, first, [3, 3], { padding }), nn.relu, nn.maxPool([2, 2]), nn.conv(first, second, [3, 3], { padding }), nn.relu,
    nn.maxPool([2, 2]), nn.flatten(), nn.linear((half >> 1) ** 2 * second, classes)
  )
  const kernels = net.init(random.key(23))
  const cnn: Loss = (p, a, b) => nn.loss.softmaxCrossEntropy(net.apply(p as typeof kernels)(a), b) // as `init` makes them
  const relu = classify(nn.relu)
  const hot = nn.oneHot(y, classes)
  return [
    variant('MLP', relu, two),
    variant('MLP, tanh, labels as distributions', classify(np.tanh), two, { args: [two, x, hot] }),
    variant('MLP, clipped by where', relu, two, { clip: clippedByWhere }),
    variant('MLP, parameters raveled', raveled(relu, two), flat, { largest: two }),
    variant('MLP, three layers', relu, three),
    variant('MLP, norms only', relu, two, { clip: optim.globalNorm, together: 'stack' }),
    variant('CNN', cnn, kernels, { args: [kernels, images, y], reach: 2.5 })
  ]
}
