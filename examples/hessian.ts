/*
 * How far should a step go? Along the gradient g, the loss is to second order J − ε gᵀg + ½ ε² gᵀHg, least at
 * ε = gᵀg / gᵀHg. The Hessian H is never built: `hvp` gives its product with a vector for the price of a few gradients.
 *
 *   npx tsx examples/hessian.ts
 */
import { grad, hessian, hvp, nn, np, random, tree, type NdArray } from 'cotangent'

/** The inner product of two trees. */
const inner = <P>(a: P, b: P): NdArray => {
  const [xs, ys] = [tree.leaves(a) as readonly NdArray[], tree.leaves(b) as readonly NdArray[]] // trees of arrays
  return xs.reduce((sum, x, i) => np.add(sum, np.sum(np.multiply(x, ys[i]))), np.zeros([]))
}

/** gᵀg / gᵀHg of any function of any tree. */
const bestRate = <P>(f: (p: P) => NdArray) => (p: P): NdArray => {
  const g = grad(f)(p)
  return np.divide(inner(g, g), inner(g, hvp(f)(p, g)))
}

const descend = <P>(f: (p: P) => NdArray, p: P, rate: NdArray): P => {
  const [xs, treedef] = tree.flatten(p)
  const gs = tree.leaves(grad(f)(p)) as readonly NdArray[] // as the parameters
  return treedef.unflatten((xs as readonly NdArray[]).map((x, i) => np.subtract(x, np.multiply(rate, gs[i]))))
}

// On a bowl whose Hessian is known.
const bowl = np.array([[3, 1], [1, 2]])
const height = (x: NdArray): NdArray => np.multiply(0.5, np.dot(x, np.matmul(bowl, x)))
const theta = np.array([1, -1])
const rate = bestRate(height)(theta)
console.log(`Hessian ${hessian(height)(theta).toString().replace(/\s+/g, ' ')}, best rate ${rate.item()}`)
console.log(`J falls from ${height(theta).item()} to ${height(descend(height, theta, rate)).item()}`)

// On a network the same code works unchanged: its parameters are one vector to `inner`.
const net = nn.chain(nn.linear(4, 8), nn.softplus, nn.linear(8, 3))
const params = net.init(random.key(0))
const inputs = random.normal(random.key(1), [64, 4])
const labels = np.argmax(np.slice(inputs, [null, [0, 3]]), { axis: 1 })
const loss = (p: typeof params): NdArray => nn.loss.softmaxCrossEntropy(net.apply(p)(inputs), labels)

const best = bestRate(loss)(params)
const after = (factor: number): string => loss(descend(loss, params, np.multiply(factor, best))).item().toFixed(4)
console.log(`a network's best rate is ${best.item().toFixed(3)}: loss ${loss(params).item().toFixed(4)},`)
console.log(`after half of it ${after(0.5)}, after it ${after(1)}, after twice of it ${after(2)}`)
