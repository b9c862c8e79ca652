/*
 * Reads handwritten digits: a network of one hidden layer, trained by Adam on digits that `lib/strokes.ts` draws, or on
 * MNIST's files: `npx tsx examples/digits.ts [--data DIR]`.
 */
import * as E from 'fp-ts/lib/Either.js'
import { parseArgs } from 'node:util'
import { jit, nn, np, optim, random, valueAndGrad, type NdArray } from 'cotangent'
import { drawn, load, showProblems } from './lib/data.js'

const { data } = parseArgs({ options: { data: { type: 'string' } } }).values
const loaded = data === undefined ? E.right(drawn(4000, 1000, 0)) : await load(data)()
if (E.isLeft(loaded)) {
  console.error(showProblems(loaded.left))
  process.exit(2)
}
const digits = loaded.right

// Images become rows of numbers between 0 and 1; labels stay integers.
const pixels = digits.rows * digits.cols
const rows = (images: Uint8Array): NdArray => np.divide(np.reshape(np.array(images, { dtype: 'float32' }), [-1, pixels]), 255)
const [trainX, testX] = [rows(digits.trainImages), rows(digits.testImages)]
const [trainY, testY] = [np.array(digits.trainLabels), np.array(digits.testLabels)]

// The model is a pure function of its parameters, and so is what it is judged by.
const net = nn.chain(nn.linear(pixels, 128), nn.relu, nn.linear(128, 10))
type Net = nn.Params<typeof net>
const loss = (params: Net, x: NdArray, y: NdArray): NdArray => nn.loss.softmaxCrossEntropy(net.apply(params)(x), y)
const accuracy = jit((params: Net, x: NdArray, y: NdArray) => np.mean(np.equal(np.argmax(net.apply(params)(x), { axis: 1 }), y)))

// A step takes a state to the next one. It picks its examples by their indices, inside the program.
const adam = optim.adam(2e-3)
const step = jit((state: optim.State<Net>, indices: NdArray) => {
  const [value, gradient] = valueAndGrad(loss)(state.params, np.take(trainX, indices, { axis: 0 }), np.take(trainY, indices, { axis: 0 }))
  return [optim.step(adam)(state, gradient), value] as const
})

// Training is a fold over minibatches, in an order that a key decides.
const [weights, order] = random.split(random.key(0))
const epoch = (state: optim.State<Net>, number: number): optim.State<Net> => {
  const shuffled = random.permutation(random.foldIn(order, number), trainY.size)
  const batches = np.split(np.slice(shuffled, [[0, Math.floor(trainY.size / 50) * 50]]), Math.floor(trainY.size / 50))
  let value: NdArray = np.array(0)
  const end = batches.reduce((current, indices) => {
    const [next, loss] = step(current, indices)
    value = loss
    return next
  }, state)
  const held = (100 * accuracy(end.params, testX, testY).item()).toFixed(1)
  console.log(`epoch ${number + 1}: loss ${value.item().toFixed(3)}, held-out accuracy ${held} %`)
  return end
}
const trained = [0, 1, 2, 3].reduce(epoch, optim.init(adam)(net.init(weights)))

// What did it take the first held-out digits for?
const answers = np.argmax(net.apply(trained.params)(np.slice(testX, [[0, 10]])), { axis: 1 })
console.log(`answers ${String(answers)}\ntruth   ${String(np.slice(testY, [[0, 10]]))}`)
