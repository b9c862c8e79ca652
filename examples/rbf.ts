/*
 * A network of radial basis functions: bumps around some of the data, and a linear layer over them. With the bumps fixed the
 * output layer is found at once, by least squares; how wide the bumps are decides between a curve that runs through the noise and
 * one that misses the function. At last the whole network is trained, centres and widths too.
 *
 *   npx tsx examples/rbf.ts [--seed N]
 */
import { jit, nn, np, optim, random, valueAndGrad, type NdArray } from 'cotangent'
import { lstsq } from 'cotangent/linalg'
import { DEFAULTS } from './lib/args.js'
import { braille } from './lib/braille.js'
import { command } from './lib/command.js'

const { seed } = command({
  name: 'rbf',
  about: 'Fits a curve by radial basis functions: in closed form, then by training.',
  takes: ['seed'],
  defaults: DEFAULTS
})

// A function that is calm on the left and hasty on the right, seen through noise.
const truth = (x: NdArray): NdArray => np.sin(np.multiply(2 * Math.PI, np.square(x)))
const sample = (key: NdArray, count: number): readonly [x: NdArray, y: NdArray] => {
  const [place, noise] = random.split(key)
  const x = random.uniform(place, [count, 1], { maxval: 2 })
  return [x, np.add(truth(x), np.multiply(0.15, random.normal(noise, [count, 1])))]
}
const [one, two, three] = random.split(random.key(seed), 3)
const [x, y] = sample(one, 80)
const [testX, testY] = sample(two, 400)
const deviation = (f: (x: NdArray) => NdArray, at: NdArray, to: NdArray): string =>
  Math.sqrt(nn.loss.meanSquared(f(at), to).item()).toFixed(3)

// Bumps around some of the data. What the output layer has to be is linear: Φ w = y.
const units = 24
const centres = random.choice(three, x, [units], { replace: false })
const closedForm = (width: number): NdArray => lstsq(nn.features.gaussian(centres, width)(x), y, { rcond: 1e-4 })[0]
console.log(`${units} bumps, output layer by least squares\n  width   on 80 examples   on 400 others`)
for (const width of [0.02, 0.05, 0.1, 0.2, 0.4, 0.8]) {
  const weight = closedForm(width)
  const f = (at: NdArray): NdArray => np.matmul(nn.features.gaussian(centres, width)(at), weight)
  console.log(`  ${width.toFixed(2).padEnd(14)}${deviation(f, x, y)}${deviation(f, testX, testY).padStart(16)}`)
}
const powers = nn.features.polynomial(units - 1)
const [coefficients] = lstsq(powers(np.subtract(x, 1)), y)
const polynomial = (at: NdArray): NdArray => np.matmul(powers(np.subtract(at, 1)), coefficients)
console.log(`a polynomial with as many coefficients: ${deviation(polynomial, x, y)} and ${deviation(polynomial, testX, testY)}`)

// Half the bumps, all of it trained: centres move to where the function is hasty, and widths adapt.
const net = nn.chain(nn.radialBasis(1, units / 2), nn.linear(units / 2, 1))
type Net = nn.Params<typeof net>
const width = 0.2
const fewer = np.slice(centres, [[0, units / 2]])
const first: Net = [
  { centre: fewer, width: np.full([units / 2], width) },
  { weight: lstsq(nn.features.gaussian(fewer, width)(x), y)[0], bias: np.zeros([1]) }
]
const adam = optim.adam(optim.cosine(0.02, 500))
const loss = (params: Net): NdArray => nn.loss.meanSquared(net.apply(params)(x), y)
const step = jit((state: optim.State<Net>) => optim.step(adam)(state, valueAndGrad(loss)(state.params)[1]))
let state = optim.init(adam)(first)
console.log(`\n${units / 2} bumps: ${deviation(net.apply(first), x, y)} and ${deviation(net.apply(first), testX, testY)} by least squares,`)
for (let i = 0; i < 500; i++) state = step(state)
const trained = net.apply(state.params)
console.log(`${deviation(trained, x, y)} and ${deviation(trained, testX, testY)} after 500 steps of training (the noise is 0.15)`)
const widths = [...state.params[0].width.toTypedArray()].map(Math.abs)
console.log(`widths, at first all ${width}, are now from ${Math.min(...widths).toFixed(2)} to ${Math.max(...widths).toFixed(2)}\n`)

// The curve, and the examples around it.
const [rows, cols] = [48, 140]
const image = new Uint8Array(rows * cols)
const dot = (px: number, py: number): void => {
  const row = Math.round((rows - 1) * (1 - (py + 1.5) / 3))
  if (row >= 0 && row < rows) image[row * cols + Math.round((px / 2) * (cols - 1))] = 1
}
const [px, py] = [x.toTypedArray(), y.toTypedArray()]
px.forEach((at, i) => dot(at, py[i]))
const line = np.linspace(0, 2, 4 * cols)
trained(np.expandDims(line, 1)).toTypedArray().forEach((height, i) => dot(line.toTypedArray()[i], height))
console.log(braille(image, rows, cols, 1).join('\n'))
