import { expect } from 'vitest'
import {
  alongLine, distance, fold, folded, oneHidden, pieces, polygon, staircase, unitsFor, type Curve
} from '../../../examples/lib/approximation.js'
import * as data from '../../../src/data/index.js'
import { grad, makeJaxpr, nn, np, optim, random, tree, vmap, type NdArray } from '../../../src/index.js'
import { f64 } from '../../support/arrays.js'
import { close } from '../../support/close.js'
import type { CourseRow } from '../row.js'
import { minimise, noisy } from '../values.js'

const wide = { dtype: 'float64' } as const
const curve: Curve = (x) => Math.sin(2 * Math.PI * x) + x / 2

/** The number of parameters. */
const sizeOf = (params: unknown): number => tree.leaves(params).reduce<number>((sum, x) => sum + (x as NdArray).size, 0)

/** Sequences of noise of which the first element is 1 or −1: the label tells which. */
const remembered = (count: number, time: number): readonly [xs: NdArray, labels: NdArray] => {
  const labels = np.array(Array.from({ length: count }, (_, i) => i % 2), { dtype: 'int32' })
  const first = np.reshape(np.subtract(np.multiply(2, np.asArray(labels, 'float32')), 1), [count, 1, 1])
  const rest = np.multiply(0.3, random.normal(random.key(1), [count, time - 1, 1]))
  return [np.concatenate([first, rest], { axis: 1 }), labels]
}

/** How much of the sequences a recurrent net that was trained on them tells apart by its last output. */
const recalls = <P, C>(cell: nn.Cell<P, C>, units: number): number => {
  const [xs, labels] = remembered(16, 8)
  const [sequence, last] = [nn.recurrent(cell), nn.linear(units, 2)]
  interface Net { readonly cell: P; readonly last: nn.Linear }
  const scores = (p: Net): NdArray => vmap((x: NdArray) => {
    const [, outputs] = sequence.apply(p.cell)(x)
    return last.apply(p.last)(np.slice(outputs, [-1]))
  })(xs)
  const start: Net = { cell: cell.init(random.key(0)), last: last.init(random.key(1)) }
  const end = minimise((p: Net) => nn.loss.softmaxCrossEntropy(scores(p), labels), optim.adam(0.05), start, 40)
  return np.mean(np.equal(np.argmax(scores(end), { axis: 1 }), labels)).item()
}

export const architectures: readonly CourseRow[] = [
  {
    what: 'Chains of layers',
    names: ['nn.chain', 'nn.linear', 'nn.embedding', 'nn.parallel', 'nn.summary'],
    check: 'a chain is a composition; chains in chains change nothing',
    snippet: `
const net = nn.chain(nn.linear(784, 128), nn.relu, nn.linear(128, 10))
type Net = nn.Params<typeof net> // readonly [Linear, null, Linear]
const params: Net = net.init(random.key(0))
net.apply(params)(np.zeros([32, 784])).shape // [32, 10]
params[2].weight.shape // [128, 10]
`,
    tests: {
      'are compositions of functions'() {
        const [a, b, c] = [nn.linear(3, 4, wide), nn.linear(4, 5, wide), nn.linear(5, 2, wide)]
        const [p, q, r] = [a.init(random.key(0)), b.init(random.key(1)), c.init(random.key(2))]
        const x = noisy(1, 6, 3)
        const expected = c.apply(r)(nn.tanh(b.apply(q)(nn.tanh(a.apply(p)(x)))))
        close('flat', nn.chain(a, nn.tanh, b, nn.tanh, c).apply([p, null, q, null, r])(x), expected, 0)
        close('nested', nn.chain(a, nn.tanh, nn.chain(b, nn.tanh, c)).apply([p, null, [q, null, r]])(x), expected, 0)
      },
      'have as many parameters as their layers'() {
        const net = nn.chain(nn.linear(784, 128), nn.relu, nn.linear(128, 10))
        expect(sizeOf(net.init(random.key(0)))).toBe(784 * 128 + 128 + 128 * 10 + 10)
      }
    }
  },
  {
    what: 'Skip connections',
    names: ['nn.residual'],
    check: 'x + f(x); gradients come through 40 layers that let none through alone',
    snippet: `
const block = nn.residual(nn.chain(nn.linear(4, 8), nn.relu, nn.linear(8, 4)))
block.apply(block.init(random.key(0)))(np.ones([5, 4])).shape // [5, 4]
nn.residual((x) => np.multiply(x, x))(np.array([1, 2, 3])) // [2, 6, 12]
`,
    tests: {
      'carry a gradient through depth'() {
        const layer = nn.chain(nn.linear(6, 6, { weight: nn.initializers.normal(0.05), dtype: 'float64' }), nn.tanh)
        const slope = (part: nn.Layer<nn.Params<typeof layer>>): number => {
          const layers = [...random.split(random.key(0), 40)].map((key) => part.apply(part.init(key)))
          const f = (x: NdArray): NdArray => np.sum(layers.reduce((y, next) => next(y), x))
          return Math.hypot(...grad(f)(noisy(1, 6)).toTypedArray())
        }
        expect(slope(layer)).toBeLessThan(1e-20)
        expect(slope(nn.residual(layer))).toBeGreaterThan(0.1)
      }
    }
  },
  {
    what: 'Sparse connections: convolutional nets',
    names: ['nn.conv', 'nn.maxPool', 'nn.averagePool', 'nn.globalAveragePool', 'nn.flatten'],
    check: 'a moved image gives a moved answer; 3·3·1·8 weights instead of 16²·14²·8; Jacobian zero outside of the window',
    snippet: `
const net = nn.chain(
  nn.conv(1, 8, [3, 3]), nn.relu, nn.maxPool([2, 2]),
  nn.conv(8, 16, [3, 3]), nn.relu, nn.maxPool([2, 2]),
  nn.flatten(), nn.linear(7 * 7 * 16, 10)
)
net.apply(net.init(random.key(0)))(np.zeros([32, 28, 28, 1])).shape // [32, 10]
`,
    tests: {
      'move their answer with the image'() {
        const layer = nn.conv(1, 2, [3, 3], { dtype: 'float64', padding: 'VALID' })
        const f = layer.apply(layer.init(random.key(0)))
        const image = noisy(1, 1, 12, 12, 1)
        const inner = (x: NdArray, left: number): NdArray => np.slice(x, [null, null, [left, left + 8]])
        close('moved', inner(f(np.roll(image, 2, { axis: 2 })), 2), inner(f(image), 0), 1e-15)
      },
      'have few weights, and connect neighbours only'() {
        const layer = nn.conv(1, 8, [3, 3], { dtype: 'float64', padding: 'VALID' })
        const params = layer.init(random.key(0))
        expect(params.weight.size).toBe(3 * 3 * 1 * 8)
        const one = (image: NdArray): NdArray => np.sum(np.slice(layer.apply(params)(image), [4, 6]))
        const reached = grad(one)(noisy(1, 16, 16, 1)).toTypedArray()
        const places = [...reached].flatMap((slope, i) => (slope === 0 ? [] : [[Math.floor(i / 16), i % 16]]))
        expect(places).toHaveLength(9)
        expect(places.every(([y, x]) => y >= 4 && y < 7 && x >= 6 && x < 9)).toBe(true)
      },
      'learn what does not depend on the place: bars that lie from bars that stand'() {
        const bar = (place: number): NdArray => np.matmul(np.reshape(nn.oneHot(place, 8), [8, 1]), np.ones([1, 8]))
        const bars = Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? bar(i >> 1) : np.transpose(bar(i >> 1))))
        const images = np.reshape(np.stack(bars), [16, 8, 8, 1])
        const labels = np.array(bars.map((_, i) => i % 2), { dtype: 'int32' })
        const net = nn.chain(nn.conv(1, 4, [3, 3]), nn.relu, nn.globalMaxPool(), nn.linear(4, 2))
        const loss = (p: nn.Params<typeof net>): NdArray => nn.loss.softmaxCrossEntropy(net.apply(p)(images), labels)
        const end = minimise(loss, optim.adam(0.1), net.init(random.key(0)), 40)
        expect(np.mean(np.equal(np.argmax(net.apply(end)(images), { axis: 1 }), labels)).item()).toBe(1)
      }
    }
  },
  {
    what: 'Recurrent nets: simple, LSTM, GRU',
    names: ['nn.rnnCell', 'nn.lstmCell', 'nn.gruCell', 'nn.recurrent', 'nn.bidirectional'],
    check: 'hₜ = tanh(xₜW + hₜ₋₁U + b), one program however long the sequence; the first of eight inputs is recalled at the end',
    snippet: `
const sequence = nn.recurrent(nn.lstmCell(3, 5))
const params = sequence.init(random.key(0))
const [carry, outputs] = sequence.apply(params)(np.ones([7, 3]))
outputs.shape // [7, 5]
carry.cell.shape // [5]
`,
    tests: {
      'the simple cell, written by hand'() {
        const cell = nn.rnnCell(2, 3, wide)
        const params = cell.init(random.key(0))
        const xs = noisy(1, 5, 2)
        let h = np.zeros([3], wide)
        const outputs = [...xs].map((x) =>
          (h = np.tanh(np.add(np.add(np.matmul(x, params.inputWeight), np.matmul(h, params.hiddenWeight)), params.bias))))
        const [carry, all] = nn.recurrent(cell).apply(params)(xs)
        close('outputs', all, np.stack(outputs), 1e-15)
        close('carry', carry, h, 1e-15)
      },
      'parameters are shared over time: the program does not grow with the sequence'() {
        const sequence = nn.recurrent(nn.gruCell(2, 3))
        const params = sequence.init(random.key(0))
        const size = (time: number): number => makeJaxpr((x: NdArray) => sequence.apply(params)(x))(np.zeros([time, 2])).eqns.length
        expect(size(100)).toBe(size(5))
      },
      'gated cells recall the beginning'() {
        expect(recalls(nn.lstmCell(1, 8), 8)).toBe(1)
        expect(recalls(nn.gruCell(1, 8), 8)).toBe(1)
      }
    }
  },
  {
    what: 'Autoencoders',
    names: ['nn.chain', 'nn.loss.meanSquared', 'data.pca'],
    check: 'a linear one finds the space of the principal components',
    snippet: `
const encoder = nn.chain(nn.linear(784, 64), nn.relu, nn.linear(64, 16))
const decoder = nn.chain(nn.linear(16, 64), nn.relu, nn.linear(64, 784))
const net = nn.chain(encoder, decoder)
const loss = (p: nn.Params<typeof net>, x: NdArray) => nn.loss.sigmoidBinaryCrossEntropy(net.apply(p)(x), x)
encoder.apply(net.init(random.key(0))[0])(np.zeros([5, 784])).shape // [5, 16]
`,
    tests: {
      'a linear one loses as little as principal components do'() {
        const x = np.matmul(noisy(1, 60, 5), np.diag(f64([3, 2, 1, 0.3, 0.1])))
        const net = nn.chain(nn.linear(5, 2, wide), nn.linear(2, 5, wide))
        const loss = (p: nn.Params<typeof net>): NdArray => nn.loss.meanSquared(net.apply(p)(x), x)
        const end = minimise(loss, optim.adam(optim.cosine(0.05, 600)), net.init(random.key(0)), 600)
        const pca = data.pca(2)
        const state = pca.fit(x)
        const least = nn.loss.meanSquared(pca.invert(state)(pca.apply(state)(x)), x).item()
        expect(loss(end).item()).toBeGreaterThanOrEqual(least - 1e-12)
        expect(loss(end).item()).toBeLessThan(1.01 * least)
      }
    }
  },
  {
    what: 'One hidden layer approximates a curve as nearly as one likes',
    names: ['nn.chain', 'nn.linear', 'nn.sigmoid', 'nn.relu'],
    check: 'units for a distance ε: as 1/ε for a staircase of sigmoids, as 1/√ε for a polygon of rectifiers',
    snippet: `
// Rectifiers that join the values of a curve by straight lines: each changes the slope where the next line begins.
const curve = (x: number) => Math.sin(2 * Math.PI * x)
const units = 16
const slopes = Array.from({ length: units }, (_, i) => units * (curve((i + 1) / units) - curve(i / units)))
const net = nn.chain(nn.linear(1, units), nn.relu, nn.linear(units, 1))
const params = [
  { weight: np.ones([1, units]), bias: np.array(slopes.map((_, i) => -i / units)) },
  null,
  { weight: np.array(slopes.map((slope, i) => [slope - (slopes[i - 1] ?? 0)])), bias: np.zeros([1]) }
] as const
net.apply(params)(np.array([[0.1], [0.25]])) // [[0.5773], [1]]
`,
    tests: {
      'by construction'() {
        for (const [activation, construct, order] of [[nn.sigmoid, staircase, 1], [nn.relu, polygon, 2]] as const) {
          const error = (units: number): number => distance(curve, oneHidden(units, activation).apply(construct(curve, units)))
          expect(error(16) / error(64)).toBeGreaterThan(0.9 * 4 ** order)
          for (const epsilon of [0.1, 0.01]) {
            const units = unitsFor(curve, epsilon, activation, construct)
            expect(error(units)).toBeLessThanOrEqual(epsilon)
          }
        }
      },
      'by training: more units come nearer'() {
        const x = np.reshape(np.linspace(0, 1, 64), [64, 1])
        const y = np.array([...x.toTypedArray()].map((each) => [curve(each)]))
        const error = (units: number): number => {
          const net = nn.chain(nn.linear(1, units, { weight: nn.initializers.normal(5), bias: nn.initializers.normal(3) }), nn.tanh, nn.linear(units, 1))
          const loss = (p: nn.Params<typeof net>): NdArray => nn.loss.meanSquared(net.apply(p)(x), y)
          return loss(minimise(loss, optim.adam(optim.cosine(0.03, 300)), net.init(random.key(1)), 300)).item()
        }
        expect(error(1)).toBeGreaterThan(10 * error(12))
      }
    }
  },
  {
    what: 'Deeper rectifier nets have more linear regions',
    names: ['nn.relu', 'nn.linear', 'grad', 'vmap'],
    check: 'pieces along a line through random nets of one width: more with every layer, on average',
    snippet: `
const deep = nn.chain(nn.linear(1, 8), nn.relu, nn.linear(8, 8), nn.relu, nn.linear(8, 1))
const params = deep.init(random.key(0))
const f = (x: NdArray) => np.squeeze(deep.apply(params)(np.reshape(x, [1])))
const slopes = vmap(grad(f))(np.linspace(-3, 3, 101)) // a new piece begins where the slope changes
slopes.shape // [101]
`,
    tests: {
      'along a line through random nets'() {
        const mean = (depth: number): number => {
          const counts = Array.from({ length: 8 }, (_, i) => pieces(alongLine(random.key(i), depth, 12), 1000))
          return counts.reduce((sum, count) => sum + count) / counts.length
        }
        const [one, two, four] = [1, 2, 4].map(mean)
        expect(two).toBeGreaterThan(1.2 * one)
        expect(four).toBeGreaterThan(1.2 * two)
      }
    }
  },
  {
    what: 'Folding by absolute rectifiers',
    names: ['nn.absRectifier'],
    check: 'n layers of one unit fold the line into 2ⁿ pieces; one hidden layer needs a unit for each',
    snippet: `
const fold = (x: NdArray) => nn.absRectifier(np.subtract(np.multiply(2, x), 1))
const thrice = (x: NdArray) => fold(fold(fold(x)))
thrice(np.linspace(0, 1, 9)) // [1, 0, 1, 0, 1, 0, 1, 0, 1]
`,
    tests: {
      'doubles the pieces with every layer'() {
        expect([0, 1, 2, 3, 4, 5, 6].map((times) => pieces(folded(times)))).toEqual([1, 2, 4, 8, 16, 32, 64])
        close('folds', folded(3)(np.linspace(0, 1, 9, wide)), f64([1, 0, 1, 0, 1, 0, 1, 0, 1]), 0)
        close('mirrors', fold(f64([0.2])), fold(f64([0.8])), 1e-15)
      },
      'one hidden layer has at most a piece more than units'() {
        const zigzag: Curve = (x) => Math.abs(((8 * x) % 2) - 1)
        for (const units of [2, 4, 8]) {
          const net = oneHidden(units, nn.relu)
          const params = polygon(zigzag, units)
          expect(pieces((x) => np.squeeze(net.apply(params)(np.reshape(x, [1])), [0]))).toBeLessThanOrEqual(units + 1)
        }
        expect(distance(zigzag, oneHidden(8, nn.relu).apply(polygon(zigzag, 8)))).toBeLessThan(1e-12)
        expect(distance(zigzag, oneHidden(6, nn.relu).apply(polygon(zigzag, 6)))).toBeGreaterThan(0.3)
      }
    }
  }
]
