/* Programs to compile, of any size. */
import { lax, nn, np, optim, valueAndGrad, type NdArray } from 'cotangent'

type Leaves = Readonly<Record<string, NdArray>>

/** A function and arguments for it. */
export interface Program {
  readonly f: (...args: never[]) => unknown
  readonly args: readonly unknown[]
}

const dense = (weight: NdArray, bias: NdArray) => (x: NdArray): NdArray => np.add(np.matmul(x, weight), bias)

const filled = (shape: readonly number[]): NdArray => np.full(shape, 0.01)

/** A training step with Adam. */
const training = (params: Leaves, loss: (p: Leaves, x: NdArray, y: NdArray) => NdArray, x: NdArray, y: NdArray): Program => {
  const adam = optim.adam(1e-3)
  const f = (state: optim.State<Leaves>, input: NdArray, labels: NdArray): readonly [optim.State<Leaves>, NdArray] => {
    const [value, gradients] = valueAndGrad(loss)(state.params, input, labels)
    return [optim.step(adam)(state, gradients), value]
  }
  return { f, args: [optim.init(adam)(params), x, y] }
}

const labels = (shape: readonly number[]): NdArray => np.zeros(shape, { dtype: 'int32' })

/** 784-512-512-10, batch 128. */
const mlp = (): Program => {
  const [w1, w2, w3] = [filled([784, 512]), filled([512, 512]), filled([512, 10])]
  const params = { w1, b1: filled([512]), w2, b2: filled([512]), w3, b3: filled([10]) }
  return training(params, (p, x, y) => {
    const hidden = nn.relu(dense(p['w2'], p['b2'])(nn.relu(dense(p['w1'], p['b1'])(x))))
    return nn.loss.softmaxCrossEntropy(dense(p['w3'], p['b3'])(hidden), y)
  }, filled([128, 784]), labels([128]))
}

/** Two blocks of width 128, four heads, 64 tokens, batch 16. */
const transformer = (layers = 2): Program => {
  const [vocabulary, d, heads, context, batch] = [65, 128, 4, 64, 16]
  const params: Record<string, NdArray> = {
    tok: filled([vocabulary, d]), pos: filled([context, d]), gf: filled([d]), cf: filled([d]), wl: filled([d, vocabulary]), bl: filled([vocabulary])
  }
  for (let l = 0; l < layers; l++) {
    const shapes = {
      g1: [d], c1: [d], wqkv: [d, 3 * d], bqkv: [3 * d], wo: [d, d], bo: [d], g2: [d], c2: [d],
      w1: [d, 4 * d], b1: [4 * d], w2: [4 * d, d], b2: [d]
    }
    for (const [name, shape] of Object.entries(shapes)) params[`${name}_${l}`] = filled(shape)
  }
  const norm = (x: NdArray, gain: NdArray, bias: NdArray): NdArray => np.add(np.mul(nn.normalize(x), gain), bias)
  const future = np.greater(np.arange(context), np.expandDims(np.arange(context), 1))
  const split = (x: NdArray): NdArray => np.transpose(np.reshape(x, [batch, context, heads, d / heads]), [0, 2, 1, 3])
  const attention = (q: NdArray, k: NdArray, v: NdArray): NdArray => {
    const scores = np.mul(np.einsum('bhqd,bhkd->bhqk', q, k), (d / heads) ** -0.5)
    return np.matmul(nn.softmax(np.where(future, -1e9, scores)), v)
  }
  return training(params, (p, x, y) => {
    let h = np.add(np.take(p['tok'], x, { axis: 0 }), p['pos'])
    for (let l = 0; l < layers; l++) {
      const projected = dense(p[`wqkv_${l}`], p[`bqkv_${l}`])(norm(h, p[`g1_${l}`], p[`c1_${l}`]))
      const [q, k, v] = np.split(projected, 3, { axis: -1 }).map(split)
      const mixed = np.reshape(np.transpose(attention(q, k, v), [0, 2, 1, 3]), [batch, context, d])
      h = np.add(h, dense(p[`wo_${l}`], p[`bo_${l}`])(mixed))
      const wide = nn.gelu(dense(p[`w1_${l}`], p[`b1_${l}`])(norm(h, p[`g2_${l}`], p[`c2_${l}`])))
      h = np.add(h, dense(p[`w2_${l}`], p[`b2_${l}`])(wide))
    }
    return nn.loss.softmaxCrossEntropy(dense(p['wl'], p['bl'])(norm(h, p['gf'], p['cf'])), y)
  }, labels([batch, context]), labels([batch, context]))
}

/** One equation after the other, on vectors. */
const chain = (length: number): Program => ({
  f: (x: NdArray) => {
    let y = x
    for (let i = 0; i < length; i++) y = i % 2 === 0 ? np.sin(y) : np.mul(y, 1.01)
    return y
  },
  args: [filled([64])]
})

/** Many values that one sum reads. */
const wide = (length: number): Program => ({
  f: (x: NdArray) => {
    let sum = x
    for (let i = 0; i < length; i += 2) sum = np.add(sum, np.mul(x, 1 + i / length))
    return sum
  },
  args: [filled([64])]
})

/** A loop whose steps are written out: products, biases and a nonlinearity. */
const unrolled = (length: number): Program => ({
  f: (x: NdArray, w: NdArray, b: NdArray) => {
    let h = x
    for (let i = 0; i < length; i += 4) h = np.tanh(dense(w, b)(h))
    return h
  },
  args: [filled([8, 16]), filled([16, 16]), filled([16])]
})

/** Sums over large arrays, each of them added to a later one: what plans of sums of products look at. */
const summed = (length: number): Program => ({
  f: (x: NdArray, w: NdArray) => {
    let h = x
    const sums: NdArray[] = []
    for (let i = 0; i < length; i += 5) {
      h = np.tanh(np.mul(np.matmul(h, w), 1.5))
      sums.push(np.sum(np.square(h)))
    }
    return sums
  },
  args: [filled([128, 128]), filled([128, 128])]
})

/** Values of many shapes that all read one. */
const shapes = (length: number): Program => ({
  f: (x: NdArray) => Array.from({ length: length / 2 }, (_, i) => np.sin(np.add(lax.sliceInDim(x, 0, 1 + i), i))),
  args: [filled([length])]
})

/** Layers that all read the first one, and one that reads them all. */
const skipping = (length: number): Program => ({
  f: (x: NdArray) => {
    const layers: NdArray[] = [x]
    for (let i = 0; i < length; i += 3) layers.push(np.add(np.tanh(layers[layers.length - 1]), np.sum(layers[layers.length >> 1])))
    return layers.reduceRight((sum, layer) => np.add(sum, layer))
  },
  args: [filled([64])]
})

/** A loop over so many steps. */
const scanned = (length: number): Program => ({
  f: (x: NdArray, w: NdArray, b: NdArray) => lax.scan((h: NdArray) => [np.tanh(dense(w, b)(h)), null], x, null, { length }),
  args: [filled([8, 16]), filled([16, 16]), filled([16])]
})

export const programs: Readonly<Record<string, (size: number) => Program>> = {
  mlp, transformer: (layers) => transformer(layers || 2), chain, wide, unrolled, sums: summed, shapes, skipping, scan: scanned
}
