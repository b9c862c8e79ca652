/*
 * Reads handwritten digits by convolution, and compares with a dense network that has as many weights: how well does each
 * read digits it has not seen, and the same ones moved aside? Weights that a window carries over the image know a stroke
 * wherever it is.
 *
 *   npx tsx examples/cnn.ts [--data DIR] [--seconds N] [--epochs N] [--seed N]
 */
import { jit, nn, np, optim, random, valueAndGrad, type NdArray } from 'cotangent'
import { DEFAULTS } from './lib/args.js'
import { start } from './lib/start.js'

const { options, digits } = await start({
  name: 'cnn',
  about: 'Reads handwritten digits by convolution, and compares with a dense network of as many weights.',
  takes: ['data', 'seconds', 'epochs', 'seed'],
  defaults: { ...DEFAULTS, epochs: 6 }
}, 2000, 500)

// Images have the layout [batch, height, width, channels], here with one channel, and numbers between 0 and 1.
const { rows, cols } = digits
const imagesOf = (bytes: Uint8Array): NdArray => np.divide(np.reshape(np.array(bytes, { dtype: 'float32' }), [-1, rows, cols, 1]), 255)
const [trainX, testX] = [imagesOf(digits.trainImages), imagesOf(digits.testImages)]
const [trainY, testY] = [np.array(digits.trainLabels), np.array(digits.testLabels)]

// Both look at the image at half its resolution, which is enough for digits, and have some 2,700 weights.
const small = nn.averagePool([2, 2])
const [height, width] = [Math.floor(rows / 2), Math.floor(cols / 2)]
const convolutional = nn.chain(
  small,
  nn.conv(1, 8, [3, 3]), nn.relu, nn.maxPool([2, 2]),
  nn.conv(8, 16, [3, 3]), nn.relu, nn.maxPool([2, 2]),
  nn.flatten(), nn.linear(16 * Math.floor(height / 4) * Math.floor(width / 4), 10)
)
const dense = nn.chain(small, nn.flatten(), nn.linear(height * width, 13), nn.relu, nn.linear(13, 10))

const batch = Math.min(25, trainY.size)
const learn = <P>(name: string, net: nn.Layer<P>): void => {
  const loss = (params: P, x: NdArray, y: NdArray): NdArray => nn.loss.softmaxCrossEntropy(net.apply(params)(x), y)
  const right = jit((params: P, x: NdArray) => np.mean(np.equal(np.argmax(net.apply(params)(x), { axis: 1 }), testY)))
  const share = (params: P, x: NdArray): string => `${(100 * right(params, x).item()).toFixed(1)} %`

  // A step picks its examples by their indices; an epoch is a fold over minibatches, in an order that a key decides.
  const adam = optim.adam(5e-3)
  const step = jit((state: optim.State<P>, at: NdArray) => {
    const [, gradient] = valueAndGrad(loss)(state.params, np.take(trainX, at, { axis: 0 }), np.take(trainY, at, { axis: 0 }))
    return optim.step(adam)(state, gradient)
  })
  const [weights, order] = random.split(random.key(options.seed))
  const batches = (epoch: number): readonly NdArray[] => {
    const count = Math.floor(trainY.size / batch)
    return np.split(np.slice(random.permutation(random.foldIn(order, epoch), trainY.size), [[0, batch * count]]), count)
  }

  const end = performance.now() + 500 * options.seconds
  let state = optim.init(adam)(net.init(weights))
  console.log(`${name}:\n${nn.summary(net, { input: [batch, rows, cols, 1] })}`)
  for (let epoch = 0; epoch < options.epochs && performance.now() < end; epoch++) {
    state = batches(epoch).reduce((current, at) => (performance.now() < end ? step(current, at) : current), state)
    console.log(`  epoch ${epoch + 1}: ${share(state.params, testX)} of ${testY.size} held-out digits`)
  }
  for (const pixels of [1, 2, 3]) {
    console.log(`  moved aside by ${pixels}: ${share(state.params, np.roll(testX, pixels, { axis: 2 }))}`)
  }
}

learn('convolutional', convolutional)
learn('dense', dense)
