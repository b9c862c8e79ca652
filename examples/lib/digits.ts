import { jit, nn, np, optim, random, valueAndGrad, type NdArray } from 'cotangent'
import type { Digits } from './data.js'

const units = 128
const classes = 10
const batchSize = 100

/** A rectified hidden layer and ten logits, from bytes of pixels. */
const network = (pixels: number) => nn.chain(nn.linear(pixels, units), nn.relu, nn.linear(units, classes))

/** The weights and biases of the digit classifier. */
export type Parameters = nn.Params<ReturnType<typeof network>>

/** What training tells as it goes. */
export interface Watch {
  step(loss: number): void
  epoch(epoch: number, train: number, test: number): void
}

export interface Trained {
  readonly params: Parameters
  readonly config: Readonly<Record<string, string | number>>
  /** The class that the network gives to each test image. */
  readonly answers: Uint8Array
}

export interface TrainOptions {
  readonly epochs: number
  readonly seconds: number
  readonly seed: number
}

/** How many steps so many epochs over the digits take. */
export const stepCount = (digits: Digits, epochs: number): number => epochs * Math.floor(digits.trainLabels.length / batchSize)

/** Rows of a matrix of bytes. */
const rowsAt = (bytes: Uint8Array, width: number, indices: ArrayLike<number>): NdArray => {
  const rows = new Uint8Array(indices.length * width)
  for (let i = 0; i < indices.length; i++) rows.set(bytes.subarray(indices[i] * width, (indices[i] + 1) * width), i * width)
  return np.reshape(np.array(rows), [indices.length, width])
}

const shareRight = (answers: Uint8Array, labels: Uint8Array): number =>
  answers.reduce((right, answer, i) => right + (answer === labels[i] ? 1 : 0), 0) / answers.length

/** Learns to read digits: Adam on minibatches, shuffled anew in every epoch, until the epochs or the seconds are over. */
export const train = (digits: Digits, options: TrainOptions, watch: Watch): Trained => {
  const { trainImages, trainLabels, testImages, testLabels } = digits
  const pixels = digits.rows * digits.cols
  const net = network(pixels)
  const adam = optim.adam(1e-3)
  const logits = (params: Parameters, bytes: NdArray): NdArray => net.apply(params)(np.divide(np.astype(bytes, 'float32'), 255))
  const loss = (params: Parameters, bytes: NdArray, labels: NdArray): NdArray =>
    nn.loss.softmaxCrossEntropy(logits(params, bytes), labels)
  const step = jit.with({ donate: [0] })((state: optim.State<Parameters>, bytes: NdArray, labels: NdArray) => {
    const [value, gradient] = valueAndGrad(loss)(state.params, bytes, labels)
    return [optim.step(adam)(state, gradient), value] as const
  })
  const classify = jit((params: Parameters, bytes: NdArray) => np.argmax(logits(params, bytes), { axis: 1 }))
  const answers = (params: Parameters, images: Uint8Array, count: number): Uint8Array => {
    const out = new Uint8Array(count)
    for (let from = 0; from < count; from += 1000) {
      const to = Math.min(from + 1000, count)
      const bytes = np.reshape(np.array(images.subarray(from * pixels, to * pixels)), [to - from, pixels])
      out.set(classify(params, bytes).toTypedArray(), from)
    }
    return out
  }

  const [start, shuffles] = random.split(random.key(options.seed))
  const sample = Math.min(trainLabels.length, 2000)
  const end = performance.now() + options.seconds * 1000
  let state = optim.init(adam)(net.init(start))
  let steps = 0
  for (let epoch = 0; epoch < options.epochs && performance.now() < end; epoch++) {
    const order = random.permutation(random.foldIn(shuffles, epoch), trainLabels.length).toTypedArray()
    for (let at = 0; at + batchSize <= order.length && performance.now() < end; at += batchSize) {
      const batch = order.subarray(at, at + batchSize)
      const [next, value] = step(state, rowsAt(trainImages, pixels, batch), np.array(Int32Array.from(batch, (i) => trainLabels[i])))
      state = next
      steps++
      watch.step(value.item())
    }
    const train = shareRight(answers(state.params, trainImages, sample), trainLabels.subarray(0, sample))
    watch.epoch(epoch + 1, train, shareRight(answers(state.params, testImages, testLabels.length), testLabels))
  }
  return {
    params: state.params,
    config: { network: `${pixels}-${units}-${classes}`, optimizer: 'Adam, rate 0.001', 'batch size': batchSize, steps, seed: options.seed },
    answers: answers(state.params, testImages, testLabels.length)
  }
}
