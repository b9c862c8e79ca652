import type { Operand, Spec, Steady, Workload } from './spec.js'
import { Tape, type Node } from './tape.js'
import { adam, momentum, sgd, trained, type Update } from './training.js'

/*
 * What is timed: shapes, data that every library gets alike, and what is to come out, computed in float64 by plain loops.
 */

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Numbers without a pattern, the same ones for the same seed: multiplications and shifts that mix the bits of a counter. */
const bits = (seed: number, i: number): number => {
  let x = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca77)
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d)
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39)
  return (x ^ (x >>> 15)) >>> 0
}

/** Uniform numbers between ± scale. */
const uniform = (seed: number, shape: readonly number[], scale = 1): Operand =>
  ({ shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => scale * (bits(seed, i) / 2 ** 31 - 1)) })

const integers = (seed: number, shape: readonly number[], n: number): Operand =>
  ({ shape, data: Int32Array.from({ length: sizeOf(shape) }, (_, i) => bits(seed, i) % n) })

const numbers = (shape: readonly number[], data: readonly number[]): Operand => ({ shape, data: Float32Array.from(data) })

/** A dense layer's weight and bias, called w and b with its number. */
const layer = (n: number, inputs: number, outputs: number): Spec['arrays'] => ({
  [`w${n}`]: uniform(10 * n, [inputs, outputs], inputs ** -0.5), [`b${n}`]: uniform(10 * n + 1, [outputs], inputs ** -0.5)
})

const steady = (
  id: string, title: string, unit: Steady['unit'], spec: () => Partial<Spec>, expected: Steady['expected'], { flops = 0, tolerance = 1e-4 } = {}
): Steady => ({
  kind: 'steady', id, title, unit, flops, tolerance, expected,
  spec: () => ({ id, hyper: {}, steps: 1, trainable: [], arrays: {}, ...spec() })
})

const classes = 10

const product = (id: string, rows: number, depth: number, columns: number): Steady =>
  steady(id, `product ${rows}×${depth} · ${depth}×${columns}`, 'GFLOP/s',
    () => ({ arrays: { a: uniform(1, [rows, depth]), b: uniform(2, [depth, columns]) } }),
    ({ arrays: { a, b } }) => {
      const tape = new Tape()
      return { result: tape.matmul(tape.node(a.shape, a.data), tape.node(b.shape, b.data)).data }
    },
    { flops: 2 * rows * depth * columns })

/** The loss of a training step, after some of them. */
const lossAfter = (spec: Spec, update: Update, loss: (tape: Tape, p: Readonly<Record<string, Node>>) => Node): { readonly result: number } =>
  ({ result: trained(spec, update, loss) })

const dense = (tape: Tape, p: Readonly<Record<string, Node>>, n: number, x: Node): Node => tape.dense(x, p[`w${n}`], p[`b${n}`])

const mlp = steady('W2', 'MLP 784-512-512-10, batch 128, Adam step', 'steps/s',
  () => ({
    hyper: { lr: 1e-3, classes }, steps: 3, trainable: ['w1', 'b1', 'w2', 'b2', 'w3', 'b3'],
    arrays: {
      ...layer(1, 784, 512), ...layer(2, 512, 512), ...layer(3, 512, classes), x: uniform(3, [128, 784]), y: integers(4, [128], classes)
    }
  }),
  (spec) => lossAfter(spec, adam(spec.hyper['lr']), (tape, p) => {
    const hidden = tape.relu(dense(tape, p, 2, tape.relu(dense(tape, p, 1, p['x']))))
    return tape.crossEntropy(dense(tape, p, 3, hidden), spec.arrays['y'].data)
  }))

const clipped = steady('W3', 'gradients of all examples, each clipped to norm 1: MLP 784-256-10, batch 256', 'steps/s',
  () => ({
    hyper: { lr: 0.5, clip: 1, classes }, steps: 2, trainable: ['w1', 'b1', 'w2', 'b2'],
    arrays: { ...layer(1, 784, 256), ...layer(2, 256, classes), x: uniform(3, [256, 784]), y: integers(4, [256], classes) }
  }),
  ({ arrays, hyper: { lr, clip }, steps, trainable }) => {
    const params = trainable.map((name) => new Float64Array(arrays[name].data))
    for (let step = 0; step < steps; step++) {
      const sums = params.map((p) => new Float64Array(p.length))
      arrays['y'].data.forEach((label, i) => {
        const tape = new Tape()
        const [w1, b1, w2, b2] = params.map((p, k) => tape.node(arrays[trainable[k]].shape, p))
        const x = tape.node([1, 784], arrays['x'].data.subarray(784 * i, 784 * (i + 1)))
        const nodes = [w1, b1, w2, b2]
        tape.backward(tape.crossEntropy(tape.dense(tape.relu(tape.dense(x, w1, b1)), w2, b2), [label]))
        const squares = nodes.reduce((sum, { grad }) => grad.reduce((t, g) => t + g * g, sum), 0)
        const factor = Math.min(clip / Math.sqrt(squares), 1)
        nodes.forEach(({ grad }, k) => {
          for (let j = 0; j < grad.length; j++) sums[k][j] += factor * grad[j]
        })
      })
      sums.forEach((sum, k) => {
        for (let j = 0; j < sum.length; j++) params[k][j] -= (lr * sum[j]) / arrays['y'].data.length
      })
    }
    return Object.fromEntries(trainable.map((name, k) => [name, params[k].map((v, j) => v - arrays[name].data[j])]))
  },
  { tolerance: 1e-3 }) // of how far a parameter has moved, which is the difference of rounded numbers

const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

const [rows, width] = [4096, 1024]

const elementwise = steady('W4', 'mean(gelu(x·w + b)), tanh form, 4 M elements', 'ms',
  () => ({ arrays: { x: uniform(5, [rows, width], 2), w: uniform(6, [width], 2), b: uniform(7, [width]) } }),
  ({ arrays: { x, w, b } }) => {
    let sum = 0
    for (let i = 0; i < x.data.length; i++) sum += gelu(x.data[i] * w.data[i % width] + b.data[i % width])
    return { result: sum / x.data.length }
  },
  { tolerance: 1e-2 }) // one sum of four million float32 numbers, one after the other, is as wrong as that

/** A function of every row. */
const byRow = ({ data }: Operand, f: (row: Float64Array) => Float64Array): Float64Array => {
  const out = new Float64Array(data.length)
  for (let i = 0; i < data.length; i += width) out.set(f(new Float64Array(data.subarray(i, i + width))), i)
  return out
}

const softmax = steady('W5-softmax', `softmax over the rows of [${rows}, ${width}]`, 'ms',
  () => ({ arrays: { x: uniform(8, [rows, width], 4) } }),
  ({ arrays: { x } }) => ({
    result: byRow(x, (row) => {
      const greatest = Math.max(...row)
      const exponentials = row.map((v) => Math.exp(v - greatest))
      const total = exponentials.reduce((a, b) => a + b)
      return exponentials.map((v) => v / total)
    })
  }))

const layerNorm = steady('W5-layernorm', `layer norm over the rows of [${rows}, ${width}]`, 'ms',
  () => ({ hyper: { eps: 1e-5 }, arrays: { x: uniform(9, [rows, width], 4), g: uniform(10, [width]), b: uniform(11, [width]) } }),
  ({ arrays: { x, g, b }, hyper: { eps } }) => ({
    result: byRow(x, (row) => {
      const mean = row.reduce((a, v) => a + v, 0) / width
      const deviation = Math.sqrt(row.reduce((a, v) => a + (v - mean) ** 2, 0) / width + eps)
      return row.map((v, i) => ((v - mean) / deviation) * g.data[i] + b.data[i])
    })
  }))

const cnn = steady('W6', 'CNN 28×28, batch 64, two convolutions, momentum step', 'steps/s',
  () => ({
    hyper: { lr: 0.05, momentum: 0.9, classes }, steps: 3, trainable: ['k1', 'b1', 'k2', 'b2', 'w3', 'b3'],
    arrays: {
      k1: uniform(12, [16, 1, 3, 3], 1 / 3), b1: uniform(13, [16], 1 / 3), k2: uniform(14, [32, 16, 3, 3], 1 / 12), b2: uniform(15, [32], 1 / 12),
      ...layer(3, 1568, classes), x: uniform(3, [64, 1, 28, 28]), y: integers(4, [64], classes)
    }
  }),
  (spec) => lossAfter(spec, momentum(spec.hyper['lr'], spec.hyper['momentum']), (tape, p) => {
    const block = (x: Node, n: number, side: number): Node => tape.pool(tape.relu(tape.add(tape.convolve(x, p[`k${n}`]), p[`b${n}`], side * side)))
    const maps = block(block(p['x'], 1, 28), 2, 14)
    return tape.crossEntropy(dense(tape, p, 3, tape.reshape(maps, [64, 1568])), spec.arrays['y'].data)
  }))

const [time, batch, inputs, hidden] = [64, 32, 32, 128]

const lstm = steady('W8', `LSTM, ${time} steps of ${inputs} inputs, ${hidden} units, batch ${batch}, Adam step`, 'steps/s',
  () => ({
    hyper: { lr: 1e-3, classes, hidden, T: time }, steps: 3, trainable: ['wx', 'wh', 'b', 'wo', 'bo'],
    arrays: {
      wx: uniform(16, [inputs, 4 * hidden], inputs ** -0.5), wh: uniform(17, [hidden, 4 * hidden], hidden ** -0.5),
      b: uniform(18, [4 * hidden], hidden ** -0.5), wo: uniform(19, [hidden, classes], hidden ** -0.5), bo: uniform(20, [classes], hidden ** -0.5),
      x: uniform(3, [time, batch, inputs]), y: integers(4, [batch], classes)
    }
  }),
  (spec) => lossAfter(spec, adam(spec.hyper['lr']), (tape, p) => {
    const projected = tape.dense(tape.reshape(p['x'], [time * batch, inputs]), p['wx'], p['b'])
    let [h, c] = [tape.node([batch, hidden]), tape.node([batch, hidden])]
    for (let t = 0; t < time; t++) {
      const gates = tape.add(tape.rows(projected, t * batch, (t + 1) * batch), tape.matmul(h, p['wh']))
      const [i, f, g, o] = [0, 1, 2, 3].map((k) => tape.columns(gates, k * hidden, (k + 1) * hidden))
      c = tape.add(tape.mul(tape.sigmoid(f), c), tape.mul(tape.sigmoid(i), tape.tanh(g)))
      h = tape.mul(tape.sigmoid(o), tape.tanh(c))
    }
    return tape.crossEntropy(tape.dense(h, p['wo'], p['bo']), spec.arrays['y'].data)
  }))

const xor = steady('W9-xor', 'XOR 2-8-1, tanh, gradient descent step', 'steps/s',
  () => ({
    hyper: { lr: 0.1 }, steps: 20, trainable: ['w1', 'b1', 'w2', 'b2'],
    arrays: { ...layer(1, 2, 8), ...layer(2, 8, 1), x: numbers([4, 2], [0, 0, 0, 1, 1, 0, 1, 1]), y: numbers([4, 1], [0, 1, 1, 0]) }
  }),
  (spec) => lossAfter(spec, sgd(spec.hyper['lr']), (tape, p) =>
    tape.meanSquared(dense(tape, p, 2, tape.tanh(dense(tape, p, 1, p['x']))), spec.arrays['y'].data)))

const eager = steady('W9-eager', 'gradient of sin(x)·x, not compiled, value read back', 'µs',
  () => ({ hyper: { x: 0.7 } }), ({ hyper: { x } }) => ({ result: Math.cos(x) * x + Math.sin(x) }))

/** The gradient of a loss of 121 parameters, in float64. */
const slopes = ({ arrays: { x, y } }: Spec, p: Float64Array): Float64Array => {
  const tape = new Tape()
  const part = (from: number, to: number, shape: readonly number[]): Node => tape.node(shape, p.subarray(from, to))
  const nodes = [part(0, 100, [10, 10]), part(100, 110, [10]), part(110, 120, [10, 1]), part(120, 121, [1])]
  const [w1, b1, w2, b2] = nodes
  tape.backward(tape.meanSquared(tape.dense(tape.tanh(tape.dense(tape.node(x.shape, x.data), w1, b1)), w2, b2), y.data))
  return new Float64Array(nodes.flatMap(({ grad }) => [...grad]))
}

const hessian = steady('W10', 'Hessian of a 10-10-1 MLP, 121 parameters', 'ms',
  () => ({ arrays: { p: uniform(21, [121], 0.5), x: uniform(22, [32, 10]), y: uniform(23, [32, 1]) } }),
  (spec) => {
    const p = new Float64Array(spec.arrays['p'].data)
    const epsilon = 1e-5 // central differences are then exact to ten digits
    const rowsOf = Array.from(p, (value, i) => {
      const [above, below] = [value + epsilon, value - epsilon].map((v) => slopes(spec, p.with(i, v)))
      return above.map((g, j) => (g - below[j]) / (2 * epsilon))
    })
    return { result: rowsOf.flatMap((row) => [...row]) }
  })

export const workloads: readonly Workload[] = [
  product('W1-128', 128, 128, 128), product('W1-512', 512, 512, 512), product('W1-N10', 128, 512, 10), product('W1-M8', 8, 512, 2048),
  mlp, clipped, elementwise, softmax, layerNorm, cnn, lstm, xor, eager, hessian,
  { kind: 'fresh', id: 'W11', title: 'first step of W2 in a fresh process, import included', unit: 'ms', first: mlp },
  { kind: 'fresh', id: 'W12', title: 'import in a fresh process', unit: 'ms', first: undefined }
]
