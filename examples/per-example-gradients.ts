/*
 * Differentially private training (Abadi et al., "Deep Learning with Differential Privacy", 2016): no single example may
 * leave a trace in the model. Each example's gradient is clipped by itself, then noise hides what is left of it. That needs one
 * gradient per example, which is `vmap` over `grad`.
 *
 *   npx tsx examples/per-example-gradients.ts
 */
import { pipe } from 'fp-ts/lib/function.js'
import { grad, jit, nn, np, optim, random, tree, vmap, type NdArray } from 'cotangent'

const [examples, clipTo, noise] = [256, 1, 0.8]

// Two moons, one in the other's arms.
const angles = np.multiply(Math.PI, random.uniform(random.key(1), [examples]))
const labels = random.bernoulli(random.key(2), 0.5, [examples])
const moon = np.stack([np.cos(angles), np.sin(angles)], { axis: 1 })
const points = np.where(np.expandDims(labels, 1), np.subtract(np.array([1, 0.5]), moon), moon)
const inputs = np.add(points, np.multiply(0.1, random.normal(random.key(3), [examples, 2])))

const net = nn.chain(nn.linear(2, 16), nn.tanh, nn.linear(16, 1))
type Net = nn.Params<typeof net>
const logit = (params: Net, x: NdArray): NdArray => np.squeeze(net.apply(params)(x), [-1])

/** The loss of one example. */
const loss = (params: Net, x: NdArray, y: NdArray): NdArray => nn.loss.bernoulli(logit(params, x), y)

/** The gradients of all examples, each array with a new leading axis. */
const perExample = pipe(loss, grad, vmap.with({ in: [null, 0, 0] }))

/** One example's gradient, no longer than the bound. */
const clipped = (gradient: Net): Net => {
  const factor = np.minimum(1, np.divide(clipTo, optim.globalNorm(gradient)))
  return tree.map((g: NdArray) => np.multiply(factor, g))(gradient)
}

/** The sum of the clipped gradients, with noise of the same size whatever the data: no example adds more than the bound. */
const privately = (key: NdArray, gradients: Net): Net => {
  const [leaves, treedef] = tree.flatten(vmap(clipped)(gradients))
  const noisy = leaves.map((each, i) => {
    const sum = np.sum(each, { axis: 0 })
    const hidden = np.multiply(noise * clipTo, random.normal(random.foldIn(key, i), sum.shape))
    return np.divide(np.add(sum, hidden), examples)
  })
  return treedef.unflatten(noisy)
}

const optimizer = optim.sgd(1, { momentum: 0.9 })
const step = jit((state: optim.State<Net>, key: NdArray): optim.State<Net> =>
  optim.step(optimizer)(state, privately(key, perExample(state.params, inputs, labels))))

let state = optim.init(optimizer)(net.init(random.key(4)))
for (const key of random.split(random.key(5), 150)) state = step(state, key)

const norms = vmap(optim.globalNorm)(perExample(state.params, inputs, labels))
const right = np.equal(np.greater(logit(state.params, inputs), 0), labels)
console.log(`gradients of single examples are from ${np.min(norms).item().toFixed(4)} to ${np.max(norms).item().toFixed(2)} long`)
console.log(`accuracy of the private model ${(100 * np.mean(right).item()).toFixed(1)} %`)
