import fc from 'fast-check'
import { expect } from 'vitest'
import {
  checkGrads, checkpoint, explain, grad, ir, jacfwd, jacrev, jit, jvp, makeJaxpr, nn, np, optim, random, vjp, vmap, type NdArray
} from '../../../src/index.js'
import { subjaxprs } from '../../../src/ir/jaxpr.js'
import { f64 } from '../../support/arrays.js'
import { close } from '../../support/close.js'
import { backprop } from '../backprop.js'
import type { CourseRow } from '../row.js'
import { matrix, minimise, noisy } from '../values.js'

const corners = matrix([[0, 0], [0, 1], [1, 0], [1, 1]])
const exclusive = f64([0, 1, 1, 0])

/** The loss of a net with one hidden layer and weight decay. */
const decayed = (x: NdArray, labels: readonly number[], lambda: number) => (w1: NdArray, w2: NdArray): NdArray => {
  const data = nn.loss.softmaxCrossEntropy(np.matmul(nn.relu(np.matmul(x, w1)), w2), labels, { reduction: 'sum' })
  return np.add(data, np.multiply(lambda, np.add(np.sum(np.square(w1)), np.sum(np.square(w2)))))
}

/** `y + cos y`, then its sine, n times: the paths through it double at every step, its edges do not. */
const braid = (n: number) => (x: NdArray): NdArray => {
  let y = x
  for (let i = 0; i < n; i++) y = np.sin(np.add(y, np.cos(y)))
  return y
}

/** The equations of a program, those of nested ones included. */
const operations = (program: ir.Jaxpr): number =>
  program.eqns.reduce((sum, eqn) => sum + 1 + subjaxprs(eqn).reduce((inner, jaxpr) => inner + operations(jaxpr), 0), 0)

const wave = (w: NdArray): NdArray => np.multiply(np.sin(np.exp(np.negative(np.square(w)))), w)
const thrice = (f: (w: NdArray) => NdArray) => (w: NdArray): NdArray => f(f(f(w)))

const circuit = (x: NdArray, y: NdArray, z: NdArray): NdArray => np.multiply(np.add(x, y), z)
const sigmoidCircuit = (w: NdArray, x: NdArray): NdArray => nn.sigmoid(np.add(np.dot(np.slice(w, [[0, 2]]), x), np.slice(w, [2])))
const squaredNorm = (w: NdArray, x: NdArray): NdArray => np.sum(np.square(np.matmul(w, x)))

export const graphs: readonly CourseRow[] = [
  {
    what: 'A net that computes exclusive or',
    names: ['nn.chain', 'nn.linear', 'nn.relu'],
    check: 'weights all 1, biases 0 and −1, then weights 1 and −2: hidden [[0,0],[1,0],[1,0],[2,1]], outputs 0, 1, 1, 0',
    snippet: `
const net = nn.chain(nn.linear(2, 2), nn.relu, nn.linear(2, 1))
const params = [
  { weight: np.ones([2, 2]), bias: np.array([0, -1]) },
  null,
  { weight: np.array([[1], [-2]]), bias: np.zeros([1]) }
] as const
np.ravel(net.apply(params)(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))) // [0, 1, 1, 0]
`,
    tests: {
      'the hidden layer and the outputs'() {
        const net = nn.chain(nn.linear(2, 2), nn.relu, nn.linear(2, 1))
        const first = { weight: np.ones([2, 2]), bias: np.array([0, -1]) }
        const hidden = nn.chain(nn.linear(2, 2), nn.relu).apply([first, null])(corners)
        expect(hidden.toList()).toEqual([[0, 0], [1, 0], [1, 0], [2, 1]])
        const last = { weight: np.array([[1], [-2]]), bias: np.array([0]) }
        expect(net.apply([first, null, last])(corners).toList()).toEqual([[0], [1], [1], [0]])
      }
    }
  },
  {
    what: 'A linear model cannot',
    names: ['nn.linear', 'nn.loss.meanSquared'],
    check: 'best weights 0, bias ½, mean squared error 0.25',
    snippet: `
const model = nn.linear(2, 1)
const x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
const y = np.array([[0], [1], [1], [0]])
const loss = (p: nn.Linear) => nn.loss.meanSquared(model.apply(p)(x), y)
const best = { weight: np.zeros([2, 1]), bias: np.array([0.5]) }
loss(best) // 0.25
grad(loss)(best).weight // [[0], [0]]
`,
    tests: {
      'the best answer is one half everywhere, and descent finds it'() {
        const layer = nn.linear(2, 1)
        const loss = (p: nn.Linear): NdArray => nn.loss.meanSquared(np.squeeze(layer.apply(p)(corners), [1]), exclusive)
        const best = { weight: matrix([[0], [0]]), bias: f64([0.5]) }
        expect(loss(best).item()).toBe(0.25)
        const slope = grad(loss)(best)
        expect([slope.weight.toList(), slope.bias.toList()]).toEqual([[[0], [0]], [0]])
        const end = minimise(loss, optim.momentum(0.3), { weight: matrix([[1], [-2]]), bias: f64([3]) }, 300)
        close('weight', end.weight, best.weight, 1e-6)
        close('bias', end.bias, best.bias, 1e-6)
      }
    }
  },
  {
    what: 'Descent learns exclusive or from most starts',
    names: ['random.key', 'random.split', 'optim.sgd', 'vmap', 'jit'],
    check: 'loss → 0 from more than 80 of 100 starts, not from all',
    snippet: `
const net = nn.chain(nn.linear(2, 2), nn.tanh, nn.linear(2, 1))
type Net = nn.Params<typeof net>
const x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
const y = np.array([[0], [1], [1], [0]])
const loss = (p: Net) => nn.loss.meanSquared(net.apply(p)(x), y)
const sgd = optim.sgd(0.1, { momentum: 0.9 })
const step = jit(vmap((s: optim.State<Net>) => optim.step(sgd)(s, grad(loss)(s.params)))) // ten nets at once
let states = vmap((key: NdArray) => optim.init(sgd)(net.init(key)))(random.split(random.key(0), 10))
for (let i = 0; i < 400; i++) states = step(states)
np.sum(np.less(vmap(loss)(states.params), 0.01)) // 9
`,
    tests: {
      'from most of 100 starts, not from all'() {
        const net = nn.chain(nn.linear(2, 2), nn.tanh, nn.linear(2, 1))
        type Net = nn.Params<typeof net>
        const x = np.asArray(corners, 'float32')
        const loss = (p: Net): NdArray => nn.loss.meanSquared(np.squeeze(net.apply(p)(x), [1]), np.asArray(exclusive, 'float32'))
        const optimizer = optim.sgd(0.1, { momentum: 0.9 })
        const start = vmap((key: NdArray) => optim.init(optimizer)(net.init(key)))
        const step = jit(vmap((s: optim.State<Net>) => optim.step(optimizer)(s, grad(loss)(s.params))))
        let states = start(random.split(random.key(0), 100))
        for (let i = 0; i < 400; i++) states = step(states)
        const losses = vmap((s: optim.State<Net>) => loss(s.params))(states)
        const solved = [...losses.toTypedArray()].filter((value) => value < 0.01).length
        expect(solved).toBeGreaterThan(80)
        expect(solved).toBeLessThan(100)
      }
    }
  },
  {
    what: 'Stacked linear layers are one linear layer',
    names: ['nn.chain', 'nn.linear', 'np.matmul'],
    check: 'equality for random sizes',
    snippet: `
const net = nn.chain(nn.linear(3, 5), nn.linear(5, 2))
const [first, second] = net.init(random.key(0))
const one = {
  weight: np.matmul(first.weight, second.weight),
  bias: np.add(np.matmul(first.bias, second.weight), second.bias)
}
const x = random.normal(random.key(1), [4, 3])
np.allclose(net.apply([first, second])(x), nn.linear(3, 2).apply(one)(x), { atol: 1e-5 }) // true
`,
    tests: {
      'for random sizes'() {
        const size = fc.integer({ min: 1, max: 5 })
        fc.assert(fc.property(size, size, size, size, (batch, a, b, c) => {
          const net = nn.chain(nn.linear(a, b, { dtype: 'float64' }), nn.linear(b, c, { dtype: 'float64' }))
          const [first, second] = net.init(random.key(a + 7 * b + 49 * c))
          const bias = np.add(np.matmul(first.bias, second.weight), second.bias)
          const one = { weight: np.matmul(first.weight, second.weight), bias }
          const x = noisy(batch, batch, a)
          close('output', net.apply([first, second])(x), nn.linear(a, c).apply(one)(x), 1e-14)
        }))
      }
    }
  },
  {
    what: 'Back-propagation as an algorithm over a graph',
    names: ['makeJaxpr', 'ir.graph', 'ir.ancestors', 'ir.descendants', 'ir.evaluate'],
    check: 'equals `grad`; work is the number of edges between targets and result',
    snippet: `
const f = (x: NdArray, y: NdArray) => np.multiply(np.sin(np.multiply(x, y)), x)
const args = [np.array(2), np.array(3)]
const program = makeJaxpr(f)(args[0], args[1])
const graph = ir.graph(program)
const { vertices } = graph

// Forward: the value of every variable.
const values = ir.evaluate({ ...program, outputs: vertices.map(({ variable }) => variable) }, args)

// Backward: a table of adjoints, filled from the result on. Only what lies between x and the result is visited.
const rules: Record<string, (g: NdArray, ...operands: NdArray[]) => readonly NdArray[]> = {
  mul: (g, a, b) => [np.multiply(g, b), np.multiply(g, a)],
  sin: (g, a) => [np.multiply(g, np.cos(a))]
}
const [result] = graph.outputs as number[]
const adjoints = new Map([[result, np.array(1)]])
const fromX = ir.descendants(graph, [0])
for (const at of ir.ancestors(graph, [result]).filter((v) => fromX.includes(v)).reverse()) {
  const { operation, inputs } = vertices[at]
  if (operation === null) continue
  const shares = rules[operation.primitive.name](adjoints.get(at)!, ...inputs.map((v) => values[v]))
  inputs.forEach((v, i) => adjoints.set(v, np.add(adjoints.get(v) ?? 0, shares[i])))
}
adjoints.get(0) // 5.4816
grad(f)(args[0], args[1]) // 5.4816
`,
    tests: {
      'equals grad, for a net with weight decay'() {
        const loss = decayed(noisy(6, 5, 4), [0, 1, 1, 0, 1], 0.1)
        const args = [noisy(7, 4, 3), noisy(8, 3, 2)] as const
        const program = makeJaxpr(loss)(...args)
        const { adjoints } = backprop(program, [...program.captured, ...args], [program.captured.length, program.captured.length + 1])
        grad.with({ argnums: [0, 1] })(loss)(...args).forEach((expected, i) => {
          close(`W${i + 1}`, adjoints[i], expected, 1e-14)
        })
      },
      'does less for a subset of the inputs'() {
        const f = (x: NdArray, y: NdArray): NdArray => np.multiply(np.tanh(np.add(np.sin(x), x)), np.exp(y))
        const args = [f64(0.5), f64(2)] as const
        const program = makeJaxpr(f)(...args)
        const [all, one] = [backprop(program, args, [0, 1]), backprop(program, args, [1])]
        close('y', one.adjoints[0], all.adjoints[1], 0)
        expect([all.work, one.work, ir.graph(program).edges]).toEqual([7, 3, 7])
      },
      'takes work in proportion to the edges, though the paths double at every step'() {
        for (const n of [10, 20, 40]) {
          const program = makeJaxpr(braid(n))(f64(1))
          const { adjoints, work } = backprop(program, [f64(1)], [0])
          expect([work, ir.graph(program).edges]).toEqual([4 * n, 4 * n])
          close('adjoint', adjoints[0], grad(braid(n))(f64(1)), 1e-12)
        }
      }
    }
  },
  {
    what: 'From symbols to symbols: a gradient is a program again',
    names: ['grad', 'makeJaxpr', 'jit'],
    check: '(sin x²)″ = 2 cos x² − 4x² sin x²',
    snippet: `
const f = (x: NdArray) => np.sin(np.square(x))
jit(grad(f)).lower(np.array(1)).jaxpr() //
// { lambda ; a:f32[]. let
//     b:f32[] = square a
//     c:f32[] = mul a 2.0:f32[]
//     d:f32[] = cos b
//     e:f32[] = mul 1.0:f32[] d
//     f:f32[] = mul e c
//   in (f,) }
grad(grad(f))(np.array(1)) // -2.2853
`,
    tests: {
      'which can be differentiated again'() {
        const f = (x: NdArray): NdArray => np.sin(np.square(x))
        expect(String(makeJaxpr(grad(f))(f64(1)))).toContain('cos')
        close('second', grad(grad(f))(f64(1)), f64(2 * Math.cos(1) - 4 * Math.sin(1)), 1e-14)
      }
    }
  },
  {
    what: 'From symbols to numbers: every value with its adjoint',
    names: ['explain'],
    check: '(x + y) z at −2, 5, −4, node by node: values 3, −12; adjoints −4, −4, 3, −4, 1',
    snippet: `
const f = (x: NdArray, y: NdArray, z: NdArray) => np.multiply(np.add(x, y), z)
explain(f)(np.array(-2), np.array(5), np.array(-4)) //
// variable  operation  operands  value  adjoint
// ────────  ─────────  ────────  ─────  ───────
// x         input                -2     -4
// y         input                5      -4
// z         input                -4     3
// a         add        x, y      3      -4
// b         mul        a, z      -12    1
`,
    tests: {
      'node by node'() {
        const { nodes } = explain(circuit)(f64(-2), f64(5), f64(-4))
        expect(nodes.map(({ name, value, adjoint }) => [name, value.item(), adjoint?.item()])).toEqual([
          ['x', -2, -4], ['y', 5, -4], ['z', -4, 3], ['a', 3, -4], ['b', -12, 1]
        ])
      }
    }
  },
  {
    what: 'f(f(f(w))): store or recompute',
    names: ['checkpoint', 'ir.cse', 'ir.simplify'],
    check: 'same value, different numbers of operations',
    snippet: `
const f = (w: NdArray) => np.multiply(np.sin(np.exp(w)), w)
const stored = grad((w: NdArray) => f(f(f(w))))
const again = grad((w: NdArray) => checkpoint(f)(checkpoint(f)(checkpoint(f)(w))))
np.allclose(stored(np.array(0.5)), again(np.array(0.5))) // true

// Written out, the derivative f'(f(f(w))) f'(f(w)) f'(w) computes f(w) three times; the program, simplified, once.
const d = grad(f)
const spelled = makeJaxpr((w: NdArray) => np.multiply(np.multiply(d(f(f(w))), d(f(w))), d(w)))(np.array(0.5))
ir.cse(spelled).eqns.length < spelled.eqns.length // true
`,
    tests: {
      'checkpoint computes again what would be stored'() {
        const [stored, again] = [grad(thrice(wave)), grad(thrice(checkpoint(wave)))]
        close('gradient', again(f64(0.7)), stored(f64(0.7)), 1e-15)
        expect(operations(makeJaxpr(again)(f64(0.7)))).toBeGreaterThan(operations(makeJaxpr(stored)(f64(0.7))))
      },
      'common subexpressions are computed once'() {
        const d = grad(wave)
        const spelled = (w: NdArray): NdArray => np.multiply(np.multiply(d(wave(wave(w))), d(wave(w))), d(w))
        const program = makeJaxpr(spelled)(f64(0.7))
        const smaller = ir.cse(program)
        expect(smaller.eqns.length).toBeLessThan(0.8 * program.eqns.length)
        close('value', ir.evaluate(smaller, [f64(0.7)])[0], grad(thrice(wave))(f64(0.7)), 1e-14)
      }
    }
  },
  {
    what: 'Rules of back-propagation: matrix products, fan-out',
    names: ['vjp', 'np.matmul'],
    check: 'G Bᵀ and Aᵀ G; x·x gives 2x',
    snippet: `
const [, pullback] = vjp(np.matmul)(np.array([[1, 2]]), np.array([[3], [4]]))
pullback(np.array([[10]])) // [[[30, 40]], [[10], [20]]]
grad((x: NdArray) => np.multiply(x, x))(np.array(3)) // 6
`,
    tests: {
      'of a matrix product: G Bᵀ and Aᵀ G'() {
        const [a, b, g] = [noisy(1, 2, 3), noisy(2, 3, 4), noisy(3, 2, 4)]
        const [, pullback] = vjp((x: NdArray, y: NdArray) => np.matmul(x, y))(a, b)
        const [da, db] = pullback(g)
        close('G Bᵀ', da, np.matmul(g, np.transpose(b)), 1e-15)
        close('Aᵀ G', db, np.matmul(np.transpose(a), g), 1e-15)
      },
      'adjoints add up where values fan out'() {
        expect(grad((x: NdArray) => np.multiply(x, x))(f64(3)).item()).toBe(6)
      }
    }
  },
  {
    what: 'Jacobians, and the chain rule of tensors',
    names: ['jacfwd', 'jacrev', 'jvp', 'vjp'],
    check: 'forward and reverse agree; J(g∘f) = J(g) J(f)',
    snippet: `
const f = (x: NdArray) => np.stack([np.prod(x), np.sum(x)])
jacfwd(f)(np.array([2, 3])) // [[3, 2], [1, 1]]
jacrev(f)(np.array([2, 3])) // [[3, 2], [1, 1]]
`,
    tests: {
      'forward and reverse agree'() {
        const f = (x: NdArray): NdArray => np.tanh(np.matmul(noisy(4, 3, 2), x))
        close('Jacobian', jacfwd(f)(noisy(5, 2)), jacrev(f)(noisy(5, 2)), 1e-15)
      },
      'Jacobians of tensors compose by contraction'() {
        const f = (x: NdArray): NdArray => np.sin(np.matmul(x, noisy(4, 3, 2)))
        const g = (y: NdArray): NdArray => np.exp(np.matmul(noisy(5, 4, 2), y))
        const x = noisy(6, 2, 3)
        const both = jacrev((z: NdArray) => g(f(z)))(x)
        expect(both.shape).toEqual([4, 2, 2, 3])
        close('chain rule', both, np.tensordot(jacfwd(g)(f(x)), jacrev(f)(x)), 1e-14)
      }
    }
  },
  {
    what: 'Drawings of graphs',
    names: ['makeJaxpr', 'ir.mermaid', 'ir.dot', 'explain'],
    check: 'xy, logistic regression, relu(XW + b), a weight used twice: a node per equation, an edge per use',
    snippet: `
const program = makeJaxpr((x: NdArray, y: NdArray) => np.multiply(x, y))(np.array(1), np.array(2))
program.toMermaid() //
// flowchart TD
//   in0(["a: f32[]"])
//   in1(["b: f32[]"])
//   eqn0["mul"]
//   out0(["result 0"])
//   in0 -->|"a: f32[]"| eqn0
//   in1 -->|"b: f32[]"| eqn0
//   eqn0 -->|"c: f32[]"| out0
`,
    tests: {
      'have a node for every equation and an edge for every use'() {
        const [w, x, m, b] = [f64([1, 2]), f64([3, 4]), matrix([[1, 2], [3, 4]]), f64(1)]
        const drawn = [
          makeJaxpr(np.multiply)(w, x),
          makeJaxpr((u: NdArray, v: NdArray, c: NdArray) => nn.sigmoid(np.add(np.dot(u, v), c)))(w, x, b),
          makeJaxpr((u: NdArray, v: NdArray, c: NdArray) => nn.relu(np.add(np.matmul(u, v), c)))(m, m, w),
          makeJaxpr((u: NdArray, v: NdArray) => np.add(np.sum(np.square(np.subtract(v, u))), np.multiply(0.1, np.sum(np.square(u)))))(w, x)
        ]
        for (const program of drawn) {
          const lines = program.toMermaid().split('\n').map((line) => line.trim())
          expect(lines.filter((line) => /^eqn\d+\[/.test(line))).toHaveLength(program.eqns.length)
          const uses = program.eqns.reduce((sum, { inputs }) => sum + inputs.length, 0) + program.outputs.length
          expect(lines.filter((line) => line.includes('-->'))).toHaveLength(uses)
          const dot = program.toDot().split('\n').map((line) => line.trim())
          expect(dot.filter((line) => /^eqn\d+ \[/.test(line))).toHaveLength(program.eqns.length)
          expect(dot.filter((line) => line.includes('->'))).toHaveLength(uses)
        }
      }
    }
  },
  {
    what: 'A net with weight decay, traced by hand',
    names: ['grad', 'nn.loss.softmaxCrossEntropy', 'nn.softmax'],
    check: '∇W2 = HᵀG + 2λW2, ∇W1 = XᵀG′ + 2λW1',
    snippet: `
const [x, labels, lambda] = [np.array([[1, 2], [3, -1]]), [0, 1], 0.1]
const loss = (w: { w1: NdArray, w2: NdArray }) => {
  const scores = np.matmul(nn.relu(np.matmul(x, w.w1)), w.w2)
  const decay = np.add(np.sum(np.square(w.w1)), np.sum(np.square(w.w2)))
  return np.add(nn.loss.softmaxCrossEntropy(scores, labels, { reduction: 'sum' }), np.multiply(lambda, decay))
}
const w = { w1: np.eye(2), w2: np.eye(2) }
const h = nn.relu(np.matmul(x, w.w1))
const g = np.subtract(nn.softmax(np.matmul(h, w.w2)), nn.oneHot(labels, 2))
np.allclose(grad(loss)(w).w2, np.add(np.matmul(np.transpose(h), g), np.multiply(2 * lambda, w.w2))) // true
`,
    tests: {
      'both paths of the gradient'() {
        const [x, w1, w2, labels, lambda] = [noisy(6, 5, 4), noisy(7, 4, 3), noisy(8, 3, 2), [0, 1, 1, 0, 1], 0.1]
        const [d1, d2] = grad.with({ argnums: [0, 1] })(decayed(x, labels, lambda))(w1, w2)
        const u = np.matmul(x, w1)
        const h = nn.relu(u)
        const g = np.subtract(nn.softmax(np.matmul(h, w2)), nn.oneHot(labels, 2, { dtype: 'float64' }))
        const inner = np.multiply(np.matmul(g, np.transpose(w2)), np.greater(u, 0))
        close('W2', d2, np.add(np.matmul(np.transpose(h), g), np.multiply(2 * lambda, w2)), 1e-14)
        close('W1', d1, np.add(np.matmul(np.transpose(x), inner), np.multiply(2 * lambda, w1)), 1e-14)
      }
    }
  },
  {
    what: 'The circuit (x + y) z',
    names: ['grad.with', 'explain'],
    check: 'at −2, 5, −4: −12, with gradient −4, −4, 3',
    snippet: `
const f = (x: NdArray, y: NdArray, z: NdArray) => np.multiply(np.add(x, y), z)
grad.with({ argnums: [0, 1, 2] })(f)(np.array(-2), np.array(5), np.array(-4)) // [-4, -4, 3]
explain(f)(np.array(-2), np.array(5), np.array(-4)).toMermaid() //
// flowchart LR
//   in0(["x"])
//   in1(["y"])
//   in2(["z"])
//   eqn0["#43;"]
//   eqn1["×"]
//   out0(["result"])
//   in0 -->|"-2<br/>-4"| eqn0
//   in1 -->|"5<br/>-4"| eqn0
//   eqn0 -->|"3<br/>-4"| eqn1
//   in2 -->|"-4<br/>3"| eqn1
//   eqn1 -->|"-12<br/>1"| out0
`,
    tests: {
      'its value and its gradient'() {
        const args = [f64(-2), f64(5), f64(-4)] as const
        expect(circuit(...args).item()).toBe(-12)
        expect(grad.with({ argnums: [0, 1, 2] })(circuit)(...args).map((d) => d.item())).toEqual([-4, -4, 3])
      }
    }
  },
  {
    what: 'A gradient of vectors: ‖Wx‖²',
    names: ['grad.with', 'np.matmul'],
    check: 'W = [[.1, .5], [−.3, .8]], x = [.2, .4]: .116; dW = [[.088, .176], [.104, .208]]; dx = [−.112, .636]',
    snippet: `
const f = (w: NdArray, x: NdArray) => np.sum(np.square(np.matmul(w, x)))
const [w, x] = [np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])]
f(w, x) // 0.116
grad.with({ argnums: [0, 1] })(f)(w, x) // [[[0.088, 0.176], [0.104, 0.208]], [-0.112, 0.636]]
`,
    tests: {
      'its value and its gradients'() {
        const [w, x] = [matrix([[0.1, 0.5], [-0.3, 0.8]]), f64([0.2, 0.4])]
        close('value', squaredNorm(w, x), f64(0.116), 1e-15)
        const [dw, dx] = grad.with({ argnums: [0, 1] })(squaredNorm)(w, x)
        close('dW', dw, matrix([[0.088, 0.176], [0.104, 0.208]]), 1e-15)
        close('dx', dx, f64([-0.112, 0.636]), 1e-15)
      }
    }
  },
  {
    what: 'The sigmoid circuit, in stages',
    names: ['explain', 'nn.sigmoid'],
    check: 'w = [2, −3, −3], x = [−1, −2]: 0.73; dw = [−.196612, −.393224, .196612], dx = [.393224, −.589836]',
    snippet: `
const f = (w: NdArray, x: NdArray) => {
  const [w0, w1, w2] = w
  const [x0, x1] = x
  const score = np.add(np.add(np.multiply(w0, x0), np.multiply(w1, x1)), w2)
  return np.divide(1, np.add(1, np.exp(np.negative(score))))
}
const [w, x] = [np.array([2, -3, -3]), np.array([-1, -2])]
f(w, x) // 0.7311
grad.with({ argnums: [0, 1] })(f)(w, x) // [[-0.1966, -0.3932, 0.1966], [0.3932, -0.5898]]
explain(f)(w, x).nodes.slice(-4).map(({ operation, value }) => operation + ' ' + value) // ['neg -1', 'exp 0.3679', 'add 1.3679', 'div 0.7311']
`,
    tests: {
      'its value and its gradients, as one operation'() {
        const [w, x] = [f64([2, -3, -3]), f64([-1, -2])]
        expect(sigmoidCircuit(w, x).item()).toBeCloseTo(0.731059, 6)
        const [dw, dx] = grad.with({ argnums: [0, 1] })(sigmoidCircuit)(w, x)
        close('dw', dw, f64([-0.196612, -0.393224, 0.196612]), 5e-7)
        close('dx', dx, f64([0.393224, -0.589836]), 5e-7)
      },
      'stage by stage: 1/x, +1, exp, ·(−1), and the adjoints of each'() {
        const staged = (w0: NdArray, x0: NdArray, w1: NdArray, x1: NdArray, w2: NdArray): NdArray => {
          const score = np.add(np.add(np.multiply(w0, x0), np.multiply(w1, x1)), w2)
          return np.divide(1, np.add(1, np.exp(np.negative(score))))
        }
        const { nodes } = explain(staged)(f64(2), f64(-1), f64(-3), f64(-2), f64(-3))
        const rounded = nodes.map(({ operation, value, adjoint }) => [operation, Number(value.item().toFixed(2)), Number(adjoint?.item().toFixed(2))])
        expect(rounded).toEqual([
          ['input', 2, -0.2], ['input', -1, 0.39], ['input', -3, -0.39], ['input', -2, -0.59], ['input', -3, 0.2],
          ['mul', -2, 0.2], ['mul', 6, 0.2], ['add', 4, 0.2], ['add', 1, 0.2], ['neg', -1, -0.2], ['exp', 0.37, -0.53], ['add', 1.37, -0.53], ['div', 0.73, 1]
        ])
      }
    }
  },
  {
    what: 'Patterns of flow, and kinks',
    names: ['np.add', 'np.maximum', 'np.multiply', 'nn.relu', 'np.abs'],
    check: 'add distributes, max routes, mul switches; a tie of max ½ and ½, relu′(0) = 0, abs′(0) = 1',
    snippet: `
const both = grad.with({ argnums: [0, 1] })
both(np.add)(np.array(3), np.array(-4)) // [1, 1]
both(np.maximum)(np.array(3), np.array(-4)) // [1, 0]
both(np.multiply)(np.array(3), np.array(-4)) // [-4, 3]
both(np.maximum)(np.array(2), np.array(2)) // [0.5, 0.5]
grad(nn.relu)(np.array(0)) // 0
grad(np.abs)(np.array(0)) // 1
`,
    tests: {
      'add distributes, max routes, mul switches'() {
        const slopes = (f: (x: NdArray, y: NdArray) => NdArray): readonly number[] =>
          grad.with({ argnums: [0, 1] })(f)(f64(3), f64(-4)).map((d) => d.item())
        expect([slopes(np.add), slopes(np.maximum), slopes(np.multiply)]).toEqual([[1, 1], [1, 0], [-4, 3]])
      },
      'one rule for each kink'() {
        const slope = (f: (x: NdArray) => NdArray, at: number): number => grad(f)(f64(at)).item()
        expect([slope((x) => np.maximum(x, 2), 2), slope((x) => np.maximum(2, x), 2)]).toEqual([0.5, 0.5])
        expect([slope(nn.relu, 0), slope(np.abs, 0)]).toEqual([0, 1])
      }
    }
  },
  {
    what: 'Gradients at the output of one hidden layer',
    names: ['nn.loss.meanSquared', 'nn.loss.softmaxCrossEntropy'],
    check: 'regression 2(t̂ − t); softmax classifier p − t',
    snippet: `
grad((y: NdArray) => nn.loss.meanSquared(y, np.array([1]), { reduction: 'sum' }))(np.array([3])) // [4]
grad((z: NdArray) => nn.loss.softmaxCrossEntropy(z, 2))(np.array([1000, 1001, 1002])) // [0.09, 0.2447, -0.3348]
`,
    tests: {
      'of a regression: 2(t̂ − t)'() {
        const [y, t] = [noisy(9, 3), noisy(10, 3)]
        const slope = grad((z: NdArray) => nn.loss.meanSquared(z, t, { reduction: 'sum' }))(y)
        close('slope', slope, np.multiply(2, np.subtract(y, t)), 1e-15)
      },
      'of a softmax classifier: p − t'() {
        const z = noisy(11, 4)
        const slope = grad((x: NdArray) => nn.loss.softmaxCrossEntropy(x, 2))(z)
        close('slope', slope, np.subtract(nn.softmax(z), nn.oneHot(2, 4, { dtype: 'float64' })), 1e-15)
      }
    }
  },
  {
    what: 'The chain rule on sin(x²)',
    names: ['grad', 'np.sin', 'np.square'],
    check: '1.080605 at x = 1',
    snippet: `
grad((x: NdArray) => np.sin(np.square(x)))(np.array(1)) // 1.0806
`,
    tests: {
      'its slope at 1'() {
        expect(grad((x: NdArray) => np.sin(np.square(x)))(f64(1)).item()).toBeCloseTo(1.080605, 6)
      }
    }
  },
  {
    what: 'Numerical against analytic gradients',
    names: ['checkGrads', 'checkGrads.report'],
    check: 'central differences, forward and reverse, orders 1 and 2; tolerances 2e-3 (float32) and 1e-5 (float64)',
    snippet: `
const f = (w: NdArray, x: NdArray) => np.tanh(np.multiply(w, x))
checkGrads(f)(np.array(0.5), np.array(2)).length // 6
checkGrads.report(f, { order: 1 })(np.array(0.5), np.array(2)).lines.map(({ input, mode, passed }) => [input, mode, passed]) //
// [['arguments[0]', 'forward', true], ['arguments[0]', 'reverse', true], ['arguments[1]', 'forward', true], ['arguments[1]', 'reverse', true]]
`,
    tests: {
      'of a net, in both modes, of orders 1 and 2'() {
        const net = nn.chain(nn.linear(3, 4, { dtype: 'float64' }), np.tanh, nn.linear(4, 2, { dtype: 'float64' }))
        const params = net.init(random.key(1))
        const x = noisy(12, 5, 3)
        const loss = (p: typeof params): NdArray => nn.loss.softmaxCrossEntropy(net.apply(p)(x), [0, 1, 1, 0, 1])
        expect(checkGrads(loss, { order: 2 })(params)).toHaveLength(6)
        const report = checkGrads.report(loss)(params)
        expect(report.passed).toBe(true)
        expect(new Set(report.lines.map(({ input }) => input)).size).toBe(4)
        const [, tangent] = jvp((p: typeof params) => net.apply(p)(x))([params], [params])
        expect(tangent.shape).toEqual([5, 2])
      },
      'tolerances are those of JAX'() {
        const tolerance = (dtype: 'float32' | 'float64'): number => checkGrads.report(np.sin)(np.array(0.5, { dtype })).lines[0].tolerance
        expect([tolerance('float32'), tolerance('float64')]).toEqual([2e-3, 1e-5])
      }
    }
  }
]
