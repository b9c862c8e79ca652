/*
 * A net with many weights and few examples first learns what digits have in common, then these very digits, wrong labels and
 * all. The loss on examples that are held back tells when: early stopping keeps the best state, and gives up when there
 * was no better one for a while. In the end the examples held back are learnt from too, in two ways.
 *
 *   npx tsx examples/early-stopping.ts [--data DIR] [--seconds N] [--epochs N] [--seed N]
 */
import { jit, nn, optim, random, valueAndGrad, type NdArray } from 'cotangent'
import * as data from 'cotangent/data'
import * as train from 'cotangent/train'
import { DEFAULTS } from './lib/args.js'
import { noisy, type Examples } from './lib/noisy.js'
import { start } from './lib/start.js'

const { options: { seed, seconds, epochs }, digits } = await start({
  name: 'early-stopping',
  about: 'Stops training when a net begins to learn by heart, then learns from all examples.',
  takes: ['data', 'seconds', 'epochs', 'seed'],
  defaults: { ...DEFAULTS, epochs: 30, seconds: 15 }
}, 400, 500)
const [weights, order, noise, parting] = random.split(random.key(seed), 4)

// A fifth of the labels are drawn by lot. A part is held back, and inputs are scaled by what the other part is like.
const { given: all, test } = noisy(digits, 0.2, noise)
const [learn, held] = data.split(parting, { validation: 0.25, stratify: all.y })(all)
const scale = data.standardise({ axis: [0, 1] })
const prepare = scale.apply(scale.fit(learn.x))
console.log(`${data.size(learn)} examples to learn from, ${data.size(held)} held back, a fifth of the labels drawn by lot`)

const net = nn.chain(nn.linear(learn.x.shape[1], 64), nn.relu, nn.linear(64, 10))
type Net = nn.Params<typeof net>
type State = optim.State<Net>
const loss = (params: Net, { x, y }: Examples): NdArray => nn.loss.softmaxCrossEntropy(net.apply(params)(prepare(x)), y)
const judge = jit(({ params }: State, examples: Examples) => loss(params, examples))
const accuracy = ({ params }: State): number => train.accuracy(net.apply(params)(prepare(test.x)), test.y).item()

const adam = optim.adam(3e-3)
const step = jit((state: State, batch: Examples) => {
  const [value, gradient] = valueAndGrad(loss)(state.params, batch)
  return [optim.step(adam)(state, gradient), value] as const
})
const first: State = optim.init(adam)(net.init(weights))
const batches = function* (examples: Examples): Generator<Examples> {
  for (const epoch of data.epochs(order, { size: 25 })(examples)) yield* epoch
}

// Learn for far too long, to see what happens; early stopping looks at the same evaluations, and leaves off where it would have.
const deadline = performance.now() + 1000 * seconds
const evaluations: train.Evaluation<State>[] = []
const perEpoch = Math.ceil(data.size(learn) / 25)
console.log('\n        loss on the examples\nepoch   learnt from   held back')
for (const [state] of train.run(step)(first, batches(learn))) {
  if (state.count.item() % perEpoch !== 0) continue
  const validation = judge(state, held)
  evaluations.push({ state, validation })
  const epoch = evaluations.length
  const row = [String(epoch).padStart(5), judge(state, learn).item().toFixed(3).padStart(12), validation.item().toFixed(3).padStart(12)]
  if (epoch <= 5 || epoch % 5 === 0) console.log(row.join(''))
  if (epoch === epochs || performance.now() > deadline) break
}
const stopper = train.earlyStopping({ patience: 4 }).run(first, evaluations)
const { best } = stopper
const stop = stopper.stopped.item() === 1 ? `stops after epoch ${stopper.steps.item()}` : 'is not stopped'
console.log(`\ntraining ${stop}; the best loss, ${stopper.bestLoss.item().toFixed(3)}, was that of epoch ${stopper.bestStep.item()}`)

// Strategy A: from the start, for as many steps, with all examples.
const fresh = train.retrainFresh(step)(first, batches(all), best.count.item())

// Strategy B: further on, with all examples, until those held back are learnt as well as the others were at the stop.
const target = judge(best, learn)
const further = train.retrainContinued(step, { validation: (state: State) => judge(state, held), target, cap: 300, every: 4 })(
  best, batches(all))
const end = further.reached ? `after ${further.steps} steps` : `not within ${further.steps} steps`
console.log(`strategy B brings the loss on what was held back below ${target.item().toFixed(3)} ${end}`)

console.log('\n                                  loss on 500 others   accuracy')
const rows: readonly (readonly [string, State])[] = [
  ['trained for too long', evaluations[evaluations.length - 1].state],
  ['stopped early', best],
  ['A: anew, with all examples', fresh],
  ['B: further, with all examples', further.state]
]
for (const [name, state] of rows) {
  const figures = [judge(state, test).item().toFixed(3).padStart(18), `${(100 * accuracy(state)).toFixed(1)} %`.padStart(11)]
  console.log(`${name.padEnd(34)}${figures.join('')}`)
}
