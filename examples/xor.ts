/*
 * XOR: the smallest problem that a linear model cannot solve. A net with two hidden units is trained from a hundred random
 * starts at once: `vmap` turns the training of one net into that of a hundred, `jit` stages one step of it.
 *
 *   npx tsx examples/xor.ts
 */
import { grad, jit, nn, np, optim, random, vmap, type NdArray } from 'cotangent'

const inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
const targets = np.array([[0], [1], [1], [0]])

// A model is a pure function of its parameters, which are a plain tuple: [{ weight, bias }, null, { weight, bias }].
const net = nn.chain(nn.linear(2, 2), nn.tanh, nn.linear(2, 1))
type Net = nn.Params<typeof net>
const loss = (params: Net): NdArray => nn.loss.meanSquared(net.apply(params)(inputs), targets)

// One start and one step of one net …
const optimizer = optim.sgd(0.1, { momentum: 0.9 })
const start = (key: NdArray): optim.State<Net> => optim.init(optimizer)(net.init(key))
const step = (state: optim.State<Net>): optim.State<Net> => optim.step(optimizer)(state, grad(loss)(state.params))

// … are those of a hundred.
const stepAll = jit(vmap(step))
let states = vmap(start)(random.split(random.key(0), 100))
for (let i = 0; i < 600; i++) states = stepAll(states)

const losses = vmap(loss)(states.params)
const solved = np.less(losses, 0.01)
const best = np.argmin(losses).item()
const winner = vmap((params: Net) => net.apply(params)(inputs))(states.params)

const worst = np.max(losses).item().toFixed(3)
console.log(`solved from ${np.sum(solved).item()} of 100 starts; the others are stuck, with losses up to ${worst}`)
console.log(`start ${best} answers [${[...np.slice(winner, [best]).toTypedArray()].map((y) => y.toFixed(3)).join(', ')}] to 00, 01, 10, 11`)
