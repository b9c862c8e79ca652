import { grad, lax, nn, np, optim, random, tree, vmap, type DType, type NdArray } from '../../../src/index.js'

/*
 * Programs that work with the gradient of every example, written as a user writes them.
 */

type Tree = unknown
type Loss = (p: never, x: NdArray, y: NdArray) => NdArray

export interface PerExample {
  readonly name: string
  readonly f: (...args: never[]) => unknown
  readonly args: readonly unknown[]
  /** The elements of the gradients of all examples with respect to the largest parameter: nothing planned is as large. */
  readonly limit: number
  /** Whether sums have to be opened that may cancel: float64 stays as it is. */
  readonly cancels?: boolean
}

const [batch, inputs, hidden, classes] = [32, 100, 64, 10] as const

const mapped = (f: (x: NdArray) => NdArray, t: Tree): Tree => tree.map(f)(t)

const clipped = (g: Tree): Tree => {
  const factor = np.minimum(1, np.divide(1, optim.globalNorm(g)))
  return mapped((x) => np.multiply(x, factor), g)
}

const clippedByWhere = (g: Tree): Tree => {
  const norm = optim.globalNorm(g)
  return mapped((x) => np.where(np.greater(norm, 0.5), np.divide(x, norm), x), g)
}

const mean = (g: Tree): Tree => mapped((x) => np.mean(x, { axis: 0 }), g)

const perExample = (loss: Loss) => (p: Tree, x: NdArray, y: NdArray): Tree =>
  vmap(grad(loss as (p: Tree, x: NdArray, y: NdArray) => NdArray), { in: [null, 0, 0] })(p, x, y)

/** The gradient of every example clipped, and their mean. */
const private_ = (loss: Loss, clip: (g: Tree) => Tree = clipped) => (p: Tree, x: NdArray, y: NdArray): Tree =>
  mean(vmap(clip)(perExample(loss)(p, x, y)))

const weights = (dtype: DType, seed: number, ...shape: readonly number[]): NdArray =>
  np.multiply(random.normal(random.key(seed), shape, { dtype: dtype === 'float64' ? dtype : 'float32' }), 0.1)

/** The leaves and their largest. */
const largest = (p: Tree): number => Math.max(...tree.leaves(p).map((x) => (x as NdArray).size))

const crossEntropy = nn.loss.softmaxCrossEntropy

type Dense = readonly { readonly w: NdArray; readonly b: NdArray }[]

const dense = (activation: (x: NdArray) => NdArray) => (p: Dense, x: NdArray): NdArray =>
  p.reduce((h, { w, b }, i) => np.add(np.matmul(i === 0 ? h : activation(h), w), b), x)

const denseOf = (dtype: DType, ...sizes: readonly number[]): Dense =>
  sizes.slice(1).map((size, i) => ({ w: weights(dtype, i, sizes[i], size), b: weights(dtype, 10 + i, size) }))

const classify = (activation: (x: NdArray) => NdArray) => (p: Dense, x: NdArray, y: NdArray): NdArray =>
  crossEntropy(dense(activation)(p, x), y)

const unraveled = (p: NdArray): Dense => {
  const [w0, b0, w1, b1] = np.split(p, [inputs * hidden, (inputs + 1) * hidden, (inputs + 1) * hidden + hidden * classes])
  return [{ w: np.reshape(w0, [inputs, hidden]), b: b0 }, { w: np.reshape(w1, [hidden, classes]), b: b1 }]
}

const sliced = (p: NdArray): Dense => {
  const at = (from: number, size: number): NdArray => lax.slice(p, [from], [from + size])
  const [n, m] = [inputs * hidden, hidden * classes]
  return [
    { w: np.reshape(at(0, n), [inputs, hidden]), b: at(n, hidden) },
    { w: np.reshape(at(n + hidden, m), [hidden, classes]), b: at(n + hidden + m, classes) }
  ]
}

const decayed = (p: Dense, x: NdArray, y: NdArray): NdArray =>
  np.add(classify(nn.relu)(p, x, y), np.multiply(0.01, p.map(({ w }) => np.sum(np.square(w))).reduce((a, b) => np.add(a, b))))

interface Attention { readonly q: NdArray; readonly k: NdArray; readonly v: NdArray; readonly o: NdArray }

const attend = (p: Attention, x: NdArray, y: NdArray): NdArray => {
  const [q, k, v] = [p.q, p.k, p.v].map((w) => np.matmul(x, w))
  const scores = nn.softmax(np.divide(np.matmul(q, np.transpose(k)), 8))
  return crossEntropy(np.mean(np.matmul(np.matmul(scores, v), p.o), { axis: 0 }), y)
}

interface Recurrent { readonly a: NdArray; readonly u: NdArray; readonly o: NdArray }

const recur = (p: Recurrent, x: NdArray, y: NdArray): NdArray => {
  const step = (h: NdArray, xt: NdArray): readonly [NdArray, null] =>
    [np.tanh(np.add(np.matmul(xt, p.a), np.matmul(h, p.u))), null]
  const [h] = lax.scan(step, start(p), x)
  return crossEntropy(np.matmul(h, p.o), y)
}

const start = (p: Recurrent): NdArray => np.multiply(np.sum(p.u, { axis: 0 }), 0)

/** Every program, with parameters of a floating dtype. */
export const programs = (dtype: 'float32' | 'float64'): readonly PerExample[] => {
  const x = random.normal(random.key(20), [batch, inputs], { dtype })
  const y = random.randint(random.key(21), [batch], 0, classes)
  const two = denseOf(dtype, inputs, hidden, classes)
  const three = denseOf(dtype, inputs, hidden, hidden, classes)
  const flat = np.concatenate(tree.leaves(two.map(({ w, b }) => [w, b])).map((leaf) => np.ravel(leaf)))
  const labels = np.astype(nn.oneHot(y, classes), dtype)
  const sequence = random.normal(random.key(22), [batch, 8, 48], { dtype })
  const image = random.normal(random.key(23), [batch, 12, 12, 1], { dtype })
  const cnn = nn.chain(nn.conv(1, 8, [3, 3]), nn.relu, nn.maxPool([2, 2]), nn.flatten(), nn.linear(288, 48), nn.tanh, nn.linear(48, 10))
  const kernels = mapped((w) => np.astype(w, dtype), cnn.init(random.key(24)))
  const attention = { q: weights(dtype, 1, 48, 48), k: weights(dtype, 2, 48, 48), v: weights(dtype, 3, 48, 48), o: weights(dtype, 4, 48, 10) }
  const recurrent = { a: weights(dtype, 1, 48, 40), u: weights(dtype, 2, 40, 40), o: weights(dtype, 3, 40, 10) }

  const row = (name: string, f: PerExample['f'], p: Tree, a: NdArray, b: NdArray, more: Partial<PerExample> = {}): PerExample =>
    ({ name, f, args: [p, a, b], limit: batch * largest(p), ...more })
  const relu = classify(nn.relu) as Loss
  const matrices = batch * inputs * hidden
  return [
    row('two layers', private_(relu), two, x, y),
    row('three layers', private_(relu), three, x, y),
    row('tanh, labels as distributions', private_(classify(np.tanh)), two, x, labels),
    row('clipped by where', private_(relu, clippedByWhere), two, x, y),
    row('raveled by split', private_((p: NdArray, a, b) => classify(nn.relu)(unraveled(p), a, b)), flat, x, y, { limit: matrices }),
    row('raveled by slices', private_((p: NdArray, a, b) => classify(nn.relu)(sliced(p), a, b)), flat, x, y, { limit: matrices }),
    row('gradients raveled', (p: Tree, a: NdArray, b: NdArray) => {
      const g = vmap((g: Tree) => np.concatenate(tree.leaves(g).map((leaf) => np.ravel(leaf as NdArray))))(perExample(relu)(p, a, b))
      const factor = np.minimum(1, np.divide(1, np.sqrt(np.sum(np.square(g), { axis: 1 }))))
      return np.mean(np.multiply(g, np.expandDims(factor, 1)), { axis: 0 })
    }, two, x, y),
    row('weight decay in the loss', private_(decayed), two, x, y, { cancels: true }),
    row('norms only', (p: Tree, a: NdArray, b: NdArray) => vmap(optim.globalNorm)(perExample(relu)(p, a, b)), two, x, y),
    row('variance', (p: Tree, a: NdArray, b: NdArray) => mapped((g) => np.var(g, { axis: 0 }), perExample(relu)(p, a, b)), two, x, y, { cancels: true }),
    row('second moments', (p: Tree, a: NdArray, b: NdArray) => mapped((g) => np.mean(np.square(g), { axis: 0 }), perExample(relu)(p, a, b)), two, x, y),
    row('convolutions', private_(((p: Tree, a: NdArray, b: NdArray) => crossEntropy(cnn.apply(p as never)(a), b))), kernels, image, y),
    row('attention', private_(attend), attention, sequence, y, { cancels: true }),
    row('recurrent', private_(recur), recurrent, sequence, y, { cancels: true })
  ]
}
