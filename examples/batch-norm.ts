/*
 * Batch normalisation (Ioffe & Szegedy, 2015): what a unit receives has mean 0 and variance 1 over the minibatch, whatever the
 * weights below it do. A deep net of sigmoids learns digits by gradient descent with a large rate, without it and with it, from the
 * same weights and in the same order. Its running averages are no secret of the layers but a state: a step takes it and returns
 * the next one, next to the parameters. Evaluation uses these averages, so that each digit is judged by itself.
 *
 *   npx tsx examples/batch-norm.ts [--data DIR] [--seconds N] [--epochs N] [--seed N]
 */
import { jit, nn, np, optim, random, tree, valueAndGrad, vmap, type NdArray } from 'cotangent'
import * as data from 'cotangent/data'
import * as train from 'cotangent/train'
import { DEFAULTS } from './lib/args.js'
import { noisy, type Examples } from './lib/noisy.js'
import { start } from './lib/start.js'

const { options: { seed, seconds, epochs }, digits } = await start({
  name: 'batch-norm',
  about: 'Learns digits by a deep net and a large learning rate, without batch normalisation and with it.',
  takes: ['data', 'seconds', 'epochs', 'seed'],
  defaults: { ...DEFAULTS, epochs: 10, seconds: 15 }
}, 1000, 500)
const [weights, order, noise] = random.split(random.key(seed), 3)
const { given: learn, test } = noisy(digits, 0, noise) // no label is wrong here

// Seven hidden layers. What normalises is a part like any other, with state or without; the keys of the others do not change.
const width = 32
const network = <N extends nn.Part>(normal: N) => {
  const hidden = (inputs: number) => nn.stateful(nn.linear(inputs, width), normal, nn.sigmoid)
  return nn.stateful(
    hidden(learn.x.shape[1]), hidden(width), hidden(width), hidden(width), hidden(width), hidden(width), hidden(width),
    nn.linear(width, 10)
  )
}
const plain = network((x: NdArray) => x)
const normalised = network(nn.batchNorm(width, { momentum: 0.9 }))

/** All that a step changes: one tree, so that `jit` takes it and gives it back. */
interface Training<P, S> {
  readonly model: optim.State<P>
  readonly running: S
}

/** The gradient of the loss on a minibatch, beside the value and the state that follows. */
const slope = <P, S>(net: nn.StatefulLayer<P, S>) =>
  valueAndGrad.with({ hasAux: true })((params: P, running: S, { x, y }: Examples): readonly [NdArray, S] => {
    const [scores, next] = net.apply(params, { mode: 'train', state: running })(x)
    return [nn.loss.softmaxCrossEntropy(scores, y), next]
  })

const batch = 50

// How large is the first gradient of each layer's weights?
const sizes = <P, S>(net: nn.StatefulLayer<P, S>): readonly number[] => {
  const first = tree.map((a: NdArray) => np.slice(a, [[0, batch]]))(learn)
  const [, gradient] = jit(slope(net))(net.init(weights), net.state, first)
  const matrices = (tree.leaves(gradient) as readonly NdArray[]).filter((a) => a.ndim === 2) // its leaves are arrays
  return matrices.map((a) => np.sqrt(np.mean(np.square(a))).item())
}
const [vanishing, steady] = [sizes(plain), sizes(normalised)]
console.log('root mean square of the first gradient, by layer\nlayer  without  with batch norm')
vanishing.forEach((size, i) => {
  console.log(`${String(i + 1).padStart(5)}${size.toExponential(1).padStart(9)}${steady[i].toExponential(1).padStart(17)}`)
})

const sgd = optim.sgd(0.5)
const share = (accuracy: NdArray): string => `${(100 * accuracy.item()).toFixed(1)} %`

const trainer = <P, S>(net: nn.StatefulLayer<P, S>) => {
  const lossAndGradient = slope(net)
  const step = jit(({ model, running }: Training<P, S>, examples: Examples) => {
    const [[loss, next], gradient] = lossAndGradient(model.params, running, examples)
    return [{ model: optim.step(sgd)(model, gradient), running: next }, loss] as const
  })
  const accuracy = jit(({ model, running }: Training<P, S>) =>
    train.accuracy(nn.evaluation(net, running).apply(model.params)(test.x), test.y))
  const start: Training<P, S> = { model: optim.init(sgd)(net.init(weights)), running: net.state }
  /** After an epoch: what was learnt, and the mean loss on its minibatches, the share of other digits that are read. */
  const epoch = (from: Training<P, S>, batches: Iterable<Examples>): readonly [Training<P, S>, string] => {
    const steps = [...train.run(step)(from, batches)]
    const [end] = steps[steps.length - 1]
    const loss = np.mean(np.stack(steps.map(([, value]) => value))).item()
    return [end, loss.toFixed(3).padStart(9) + share(accuracy(end)).padStart(9)]
  }
  return { start, epoch }
}

const [one, other] = [trainer(plain), trainer(normalised)]
let [without, trained] = [one.start, other.start]
const deadline = performance.now() + 1000 * seconds
console.log(`\nloss, and share of ${data.size(test)} other digits\nepoch     without            with batch norm`)
let count = 0
for (const batches of data.epochs(order, { size: batch, count: epochs })(learn)) {
  const lots = [...batches]
  const [[left, figures], [right, others]] = [one.epoch(without, lots), other.epoch(trained, lots)]
  ;[without, trained] = [left, right]
  console.log(`${String(++count).padStart(5)}${figures}   ${others}`)
  if (performance.now() > deadline) break
}

// What the first layer remembers is what its units receive.
const { model: { params }, running } = trained
const [{ parts: [first] }] = normalised.parts
const three = (x: NdArray): string => [...np.slice(x, [[0, 3]])].map((mean) => mean.item().toFixed(2).padStart(7)).join('')
const means = np.mean(first.apply(params[0][0])(learn.x), { axis: 0 })
console.log(`\n${'running means of three units of the first layer'.padEnd(50)}${three(running[0][1].mean)}`)
console.log(`${`means of what they receive from ${data.size(learn)} digits`.padEnd(50)}${three(means)}`)

// A digit's answer must not depend on those it comes with: here ten that are alike, which seen by themselves are not.
const tens = np.reshape(np.slice(np.argsort(test.y), [[0, 10 * Math.floor(data.size(test) / 10)]]), [-1, 10])
const judge = (mode: nn.Mode): string => share(np.mean(vmap((at: NdArray) => {
  const [scores] = normalised.apply(params, { mode, state: running })(np.take(test.x, at, { axis: 0 }))
  return train.accuracy(scores, np.take(test.y, at))
})(tens)))
console.log(`\nin tens of the same digit: ${judge('evaluate')} in evaluation, by the running averages`)
console.log(`                           ${judge('train')} in training, by the averages of the ten`)
