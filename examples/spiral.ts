/*
 * Three arms of a spiral, which no straight line tells apart. A linear classifier fails; a net with two hidden layers learns the few
 * points it is shown by heart, noise included, and is sure of it; a penalty on the squares of its weights makes it draw smoother
 * regions, which hold better for points it has not seen.
 *
 *   npx tsx examples/spiral.ts
 */
import { grad, jit, nn, np, optim, random, type NdArray } from 'cotangent'
import * as train from 'cotangent/train'
import { sideBySide } from './lib/braille.js'

interface Points {
  readonly x: NdArray
  readonly labels: NdArray
}

/** So many noisy points on each of three arms that wind around the origin. */
const spiral = (key: NdArray, count: number): Points => {
  const radius = np.linspace(0.05, 1, count)
  const arms = [...random.normal(key, [3, count])].map((noise, arm) => {
    const angle = np.add(np.add(np.multiply(4, radius), 2 * Math.PI * arm / 3), np.multiply(0.5, noise))
    return np.stack([np.multiply(radius, np.cos(angle)), np.multiply(radius, np.sin(angle))], { axis: 1 })
  })
  return { x: np.concatenate(arms), labels: np.repeat(np.arange(3, { dtype: 'int32' }), count) }
}

const [seen, held] = [spiral(random.key(1), 25), spiral(random.key(2), 400)]

/** Descends on the cross-entropy and the penalty `weight · ΣW²`, without that of biases. */
const learn = <P>(net: nn.Layer<P>, weight: number): P => {
  const penalty = optim.l2(weight, { convention: 'whole', mask: (_, x) => x.ndim > 1 })
  const loss = (params: P): NdArray => np.add(nn.loss.softmaxCrossEntropy(net.apply(params)(seen.x), seen.labels), penalty(params))
  const adam = optim.adam(optim.cosine(0.01, 600))
  const step = jit((state: optim.State<P>) => optim.step(adam)(state, grad(loss)(state.params)))
  let state = optim.init(adam)(net.init(random.key(0)))
  for (let i = 0; i < 600; i++) state = step(state)
  return state.params
}

const [rows, cols] = [19, 38]
const steps = (count: number): NdArray => np.linspace(-1.1, 1.1, count)
const screen = np.stack([np.tile(steps(cols), rows), np.repeat(np.flip(steps(rows)), cols)], { axis: 1 })

/** The regions that a net takes for each arm, as lines of text. */
const regions = (answer: (x: NdArray) => NdArray): readonly string[] => {
  const classes = answer(screen).toTypedArray()
  return Array.from({ length: rows }, (_, y) =>
    Array.from(classes.subarray(y * cols, (y + 1) * cols), (label) => ' ░▓'[label]).join(''))
}

const judge = <P>(name: string, net: nn.Layer<P>, weight: number): readonly string[] => {
  const params = learn(net, weight)
  const answer = (x: NdArray): NdArray => np.argmax(net.apply(params)(x), { axis: 1 })
  const right = ({ x, labels }: Points): string => `${(100 * train.accuracy(net.apply(params)(x), labels).item()).toFixed(0)} %`
  const surprise = nn.loss.softmaxCrossEntropy(net.apply(params)(held.x), held.labels).item()
  console.log(`${name}: right about ${right(seen)} of what it saw, ${right(held)} of what is new, at a loss of ${surprise.toFixed(2)}`)
  return [name.padEnd(cols), ...regions(answer)]
}

const deep = nn.chain(nn.linear(2, 100), nn.relu, nn.linear(100, 100), nn.relu, nn.linear(100, 3))
const pictures = [judge('a linear classifier', nn.linear(2, 3), 0), judge('a net', deep, 0), judge('a net, penalised', deep, 2e-3)]
console.log(`\n${sideBySide(pictures)}`)
