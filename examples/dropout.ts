/*
 * Dropout (Srivastava et al., 2014): in every step of training each unit is left out by chance, so that no unit can rely on
 * another one, and the net is a crowd of thinned nets that share their weights. The same net learns the same few digits, some
 * with a wrong label, with and without. What is dropped is decided by a key, an argument like any other: nothing is hidden, and the
 * same key drops the same units.
 *
 *   npx tsx examples/dropout.ts [--data DIR] [--seconds N] [--epochs N] [--seed N]
 */
import { jit, nn, np, optim, random, valueAndGrad, vmap, type NdArray } from 'cotangent'
import * as data from 'cotangent/data'
import * as train from 'cotangent/train'
import { DEFAULTS } from './lib/args.js'
import { noisy, type Examples } from './lib/noisy.js'
import { start } from './lib/start.js'

const { options: { seed, seconds, epochs }, digits } = await start({
  name: 'dropout',
  about: 'Learns few digits with and without dropout.',
  takes: ['data', 'seconds', 'epochs', 'seed'],
  defaults: { ...DEFAULTS, epochs: 25, seconds: 18 }
}, 300, 500)
const [weights, order, drops, crowd, lots] = random.split(random.key(seed), 5)

const { given: learn, test } = noisy(digits, 0.2, lots)

// The course's rates: 0.2 for inputs, 0.5 for hidden units. With rates of 0 it is the same net, with the same parameters.
const network = (input: number, hidden: number) => nn.stateful(
  nn.dropout(input), nn.linear(learn.x.shape[1], 64), nn.relu,
  nn.dropout(hidden), nn.linear(64, 64), nn.relu,
  nn.dropout(hidden), nn.linear(64, 10)
)
type Network = ReturnType<typeof network>
type Net = nn.Params<Network>
type State = optim.State<Net>

const batch = 25
const adam = optim.adam(2e-3)

/** Logits in evaluation, where nothing is dropped. */
const logits = (net: Network) => jit((params: Net, x: NdArray) => nn.evaluation(net, net.state).apply(params)(x))

/** Figures after every fifth epoch, and the state in the end. */
const learnWith = (net: Network, until: number): State => {
  const loss = (params: Net, { x, y }: Examples, key: NdArray): NdArray =>
    nn.loss.softmaxCrossEntropy(net.apply(params, { mode: 'train', key, state: net.state })(x)[0], y)
  const step = jit((state: State, examples: Examples) => {
    const [value, gradient] = valueAndGrad(loss)(state.params, examples, random.foldIn(drops, state.count))
    return [optim.step(adam)(state, gradient), value] as const
  })
  const answer = logits(net)
  const judge = (params: Net, { x, y }: Examples): string => {
    const scores = answer(params, x)
    const right = `${(100 * train.accuracy(scores, y).item()).toFixed(1)} %`
    return nn.loss.softmaxCrossEntropy(scores, y).item().toFixed(3).padStart(8) + right.padStart(9)
  }
  const deadline = performance.now() + 1000 * until
  let state: State = optim.init(adam)(net.init(weights))
  let epoch = 0
  for (const batches of data.epochs(order, { size: batch, count: epochs })(learn)) {
    for (const [next] of train.run(step)(state, batches)) state = next
    epoch++
    const last = epoch === epochs || performance.now() > deadline
    if (last || epoch % 5 === 0) console.log(`${String(epoch).padStart(5)} ${judge(state.params, learn)}${judge(state.params, test)}`)
    if (last) break
  }
  return state
}

const heading = `\nepoch      ${data.size(learn)} learnt from    ${data.size(test)} others`
console.log('loss and accuracy with nothing dropped; a fifth of the labels that are learnt is drawn by lot')
console.log(`\nwithout dropout${heading}`)
learnWith(network(0, 0), seconds / 2)
console.log(`\nwith dropout, 0.2 of the inputs and 0.5 of the hidden units${heading}`)
const net = network(0.2, 0.5)
const { params } = learnWith(net, seconds / 2)

// One pass with nothing dropped stands for the mean of the crowd. Here the crowd itself: a hundred thinned nets, by vmap over keys.
const thinned = vmap((key: NdArray) => net.apply(params, { mode: 'train', key, state: net.state })(test.x)[0])(random.split(crowd, 100))
const percent = (scores: NdArray): string => `${(100 * train.accuracy(scores, test.y).item()).toFixed(1)} %`
const single = vmap((scores: NdArray) => train.accuracy(scores, test.y))(thinned)
console.log(`\na thinned net by itself: ${(100 * np.mean(single).item()).toFixed(1)} % of the others right`)
console.log(`the mean answer of 100 thinned nets: ${percent(np.mean(nn.softmax(thinned), { axis: 0 }))}`)
console.log(`the whole net in one pass: ${percent(logits(net)(params, test.x))}`)
