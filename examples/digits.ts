/*
 * Reads handwritten digits: a network of one hidden layer, trained by Adam. Training is a fold of steps over minibatches, in an
 * order that a key decides; the digits are those that `lib/strokes.ts` draws, or the first of MNIST's files.
 *
 *   npx tsx examples/digits.ts [--data DIR] [--seconds N] [--epochs N] [--seed N]
 */
import { jit, nn, np, optim, random, valueAndGrad, type NdArray } from 'cotangent'
import * as data from 'cotangent/data'
import * as train from 'cotangent/train'
import { DEFAULTS } from './lib/args.js'
import { start } from './lib/start.js'

const { options: { seed, seconds, epochs }, digits } = await start({
  name: 'digits',
  about: 'Reads handwritten digits by a network of one hidden layer.',
  takes: ['data', 'seconds', 'epochs', 'seed'],
  defaults: { ...DEFAULTS, epochs: 4, seconds: 20 }
}, 4000, 1000)
const [weights, order] = random.split(random.key(seed))

// Images become rows of numbers between 0 and 1; labels stay integers.
const pixels = digits.rows * digits.cols
const rows = (images: Uint8Array): NdArray => np.divide(np.reshape(np.array(images, { dtype: 'float32' }), [-1, pixels]), 255)
const learn = { x: rows(digits.trainImages), y: np.array(digits.trainLabels) }
const held = { x: rows(digits.testImages), y: np.array(digits.testLabels) }
type Examples = typeof learn

// The model is a pure function of its parameters, and so is what it is judged by.
const net = nn.chain(nn.linear(pixels, 128), nn.relu, nn.linear(128, 10))
type Net = nn.Params<typeof net>
const loss = (params: Net, { x, y }: Examples): NdArray => nn.loss.softmaxCrossEntropy(net.apply(params)(x), y)
const accuracy = jit((params: Net, { x, y }: Examples) => train.accuracy(net.apply(params)(x), y))

// A step takes a state and a batch to the next state.
const adam = optim.adam(2e-3)
const step = jit((state: optim.State<Net>, batch: Examples) => {
  const [value, gradient] = valueAndGrad(loss)(state.params, batch)
  return [optim.step(adam)(state, gradient), value] as const
})

const deadline = performance.now() + 1000 * seconds
let state = optim.init(adam)(net.init(weights))
for (const batches of data.epochs(order, { size: 50, dropLast: true, count: epochs })(learn)) {
  let mean = train.mean.empty
  for (const [next, value] of train.run(step)(state, batches)) {
    state = next
    mean = train.mean.concat(mean, train.mean.of(value))
  }
  const right = (100 * accuracy(state.params, held).item()).toFixed(1)
  console.log(`after ${state.count.item()} steps: loss ${train.mean.value(mean).item().toFixed(3)}, held-out accuracy ${right} %`)
  if (performance.now() > deadline) break
}

// What did it take the first held-out digits for?
const answers = np.argmax(net.apply(state.params)(np.slice(held.x, [[0, 10]])), { axis: 1 })
console.log(`answers ${String(answers)}\ntruth   ${String(np.slice(held.y, [[0, 10]]))}`)
