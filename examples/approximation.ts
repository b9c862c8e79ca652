/*
 * What can nets say at all? One hidden layer comes as near to a curve as one likes, if it is wide enough; depth says some things
 * with far fewer units.
 *
 *   npx tsx examples/approximation.ts
 */
import { grad, jit, nn, np, optim, random, type NdArray } from 'cotangent'
import {
  alongLine, distance, folded, oneHidden, pieces, polygon, staircase, unitsFor, type Curve, type OneHidden
} from './lib/approximation.js'

const curve: Curve = (x) => Math.sin(2 * Math.PI * x) + x / 2
const row = (...cells: readonly (string | number)[]): void => console.log(cells.map((cell) => String(cell).padStart(12)).join(''))
const fixed = (x: number): string => x.toPrecision(2)

// By construction: steps of sigmoids under the curve, or straight lines of rectifiers between its points.
console.log('the greatest distance from sin 2πx + x/2 on [0, 1], by construction')
row('units', 'steps', 'lines')
for (const units of [4, 8, 16, 32, 64]) {
  const apart = (activation: nn.Pointwise, construct: typeof staircase): string =>
    fixed(distance(curve, oneHidden(units, activation).apply(construct(curve, units))))
  row(units, apart(nn.sigmoid, staircase), apart(nn.relu, polygon))
}
console.log('\nunits that are enough for a distance of ε (powers of two)')
row('ε', 'steps', 'lines')
for (const epsilon of [0.3, 0.1, 0.03, 0.01]) {
  row(epsilon, unitsFor(curve, epsilon, nn.sigmoid, staircase), unitsFor(curve, epsilon, nn.relu, polygon))
}

// By training: the theorem says that good weights exist, not that descent finds them.
const x = np.reshape(np.linspace(0, 1, 64), [64, 1])
const y = np.array(Array.from(x.toTypedArray(), (each) => [curve(each)]))
const trained = (units: number): number => {
  const spread = { weight: nn.initializers.normal(5), bias: nn.initializers.normal(3) }
  const net = nn.chain(nn.linear(1, units, spread), nn.tanh, nn.linear(units, 1))
  const loss = (params: OneHidden): NdArray => nn.loss.meanSquared(net.apply(params)(x), y)
  const adam = optim.adam(optim.cosine(0.03, 600))
  const step = jit((state: optim.State<OneHidden>) => optim.step(adam)(state, grad(loss)(state.params)))
  let state = optim.init(adam)(net.init(random.key(1)))
  for (let i = 0; i < 600; i++) state = step(state)
  return distance(curve, (at) => net.apply(state.params)(np.asArray(at, 'float32')))
}
console.log('\nthe same distance after training, 600 steps of Adam')
row('units', 'tanh')
for (const units of [1, 2, 4, 8, 16]) row(units, fixed(trained(units)))

// A net of rectifiers is linear in pieces. Random ones have more of them the deeper they are …
const mean = (depth: number): string => {
  const counts = Array.from({ length: 10 }, (_, seed) => pieces(alongLine(random.key(seed), depth, 12), 2000))
  return (counts.reduce((sum, count) => sum + count) / counts.length).toFixed(1)
}
console.log('\nlinear pieces along a line through random nets of 12 rectifiers a layer, mean of 10')
row('layers', 'pieces')
for (const depth of [1, 2, 3, 4, 5]) row(depth, mean(depth))

// … and a layer of one unit, |2x − 1|, folds the line in two: what is behind it sees everything twice. One hidden layer needs a
// rectifier for every piece.
console.log('\nlinear pieces after folding by |2x − 1|')
row('layers', 'pieces')
for (const times of [1, 2, 4, 8]) row(times, pieces(folded(times)))
