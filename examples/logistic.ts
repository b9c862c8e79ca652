/*
 * Logistic regression is maximum likelihood: of two clouds of points, which line tells them apart, and how surely? The negative
 * log-likelihood is convex, its gradient with respect to the logits is p − t, what the model believes less what is true,
 * and Newton's method finds the minimum in a few steps. The answer is known: for Gaussian clouds of the same shape, the
 * logit of Bayes' rule is linear in x.
 *
 *   npx tsx examples/logistic.ts [--seed N]
 */
import { grad, hessian, jit, nn, np, random, type NdArray } from 'cotangent'
import { solve } from 'cotangent/linalg'
import { DEFAULTS } from './lib/args.js'
import { command } from './lib/command.js'

const { seed } = command({
  name: 'logistic',
  about: 'Tells two clouds of points apart by logistic regression.',
  takes: ['seed'],
  defaults: DEFAULTS
})

// Two clouds with centres ±c and variance 1 along every axis. By Bayes' rule, p(1 | x) = sigmoid(2 c · x).
const [examples, centre] = [600, np.array([1, 0.5])]
const [which, noise] = random.split(random.key(seed))
const labels = random.bernoulli(which, 0.5, [examples])
const sides = np.where(np.expandDims(labels, 1), centre, np.negative(centre))
const inputs = np.add(sides, random.normal(noise, [examples, 2]))

// The parameters are one vector: two weights and a bias, which is the weight of the feature 1.
const features = nn.features.polynomial(1)(inputs)
const logits = (w: NdArray): NdArray => np.matmul(features, w)
const loss = (w: NdArray): NdArray => nn.loss.bernoulli(logits(w), labels)

// The gradient with respect to the logits is p − t.
const start = np.zeros([3])
const byGrad = grad((z: NdArray) => nn.loss.bernoulli(z, labels, { reduction: 'sum' }))(logits(start))
const byHand = np.subtract(nn.sigmoid(logits(start)), labels)
console.log(`gradient of the logits and p - t differ by at most ${np.max(np.abs(np.subtract(byGrad, byHand))).item()}`)

// Newton: w ← w − H⁻¹ g. Where the loss is convex the Hessian has an inverse, here of 3 × 3.
const newton = jit((w: NdArray) => np.subtract(w, solve(hessian(loss)(w), grad(loss)(w))))
const gradientLength = (w: NdArray): string => Math.hypot(...grad(loss)(w).toTypedArray()).toExponential(1)
let w = start
for (let step = 0; step < 6; step++) {
  console.log(`step ${step}: loss ${loss(w).item().toFixed(6)}, gradient of length ${gradientLength(w)}`)
  w = newton(w)
}

// What descent finds is the same, only later.
const descend = jit((v: NdArray) => np.subtract(v, grad(loss)(v)))
let v = start
for (let step = 0; step < 200; step++) v = descend(v)
console.log(`200 steps of gradient descent: loss ${loss(v).item().toFixed(6)}, gradient of length ${gradientLength(v)}`)

const [bias, w0, w1] = w.toTypedArray()
console.log(`\nlearned weights ${w0.toFixed(2)} and ${w1.toFixed(2)}, bias ${bias.toFixed(2)}; by Bayes' rule 2, 1 and 0`)
const accuracy = np.mean(np.equal(np.greater(logits(w), 0), labels)).item()
const line = `${w0.toFixed(2)} x + ${w1.toFixed(2)} y = ${(-bias).toFixed(2)}`
console.log(`${(100 * accuracy).toFixed(1)} % of the points lie on their side of the line ${line}\n`)

// The plane: · and o are points of the classes 0 and 1, # is the decision boundary, where p = ½.
const [columns, rows, reach] = [64, 20, 3.2]
const plane = Array.from({ length: rows }, () => new Array<string>(columns).fill(' '))
const place = (t: number, cells: number): number => Math.round(((t / reach + 1) / 2) * (cells - 1))
const mark = (x: number, y: number, sign: string): void => {
  if (Math.abs(x) <= reach && Math.abs(y) <= reach) plane[rows - 1 - place(y, rows)][place(x, columns)] = sign
}
const [points, classes] = [inputs.toTypedArray(), labels.toTypedArray()]
for (let i = 0; i < examples; i++) mark(points[2 * i], points[2 * i + 1], classes[i] === 0 ? '·' : 'o')
for (let i = 0; i < 400; i++) {
  const y = reach * (i / 200 - 1)
  mark(-(bias + w1 * y) / w0, y, '#')
}
console.log(plane.map((row) => row.join('').trimEnd()).join('\n'))
