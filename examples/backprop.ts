/*
 * Back-propagation, watched: `explain` runs a small function and shows every value in it with its adjoint, the derivative of the
 * result with respect to that value. First as tables; then as a circuit, whose text can be pasted where Mermaid is drawn; and
 * last the algorithm itself, written out over the graph of the program.
 *
 *   npx tsx examples/backprop.ts
 */
import { explain, grad, ir, makeJaxpr, nn, np, type NdArray } from 'cotangent'

// Adjoints flow backwards: an addition hands its own on to both of its operands, a product swaps them.
const circuit = (x: NdArray, y: NdArray, z: NdArray): NdArray => np.multiply(np.add(x, y), z)
const explanation = explain(circuit)(np.array(-2), np.array(5), np.array(-4))
console.log(`(x + y) z\n\n${String(explanation)}\n\n${explanation.toMermaid()}\n`)

// A neuron, in stages: 1 / (1 + exp(−(w₀x₀ + w₁x₁ + w₂))). Its library's sigmoid is one operation with one rule, σ(1 − σ).
const neuron = (w: NdArray, x: NdArray): NdArray => np.add(np.dot(np.slice(w, [[0, 2]]), x), np.slice(w, [2]))
const staged = (w: NdArray, x: NdArray): NdArray => np.divide(1, np.add(1, np.exp(np.negative(neuron(w, x)))))
const [weights, inputs] = [np.array([2, -3, -3]), np.array([-1, -2])]
console.log(`a neuron, stage by stage\n\n${String(explain(staged)(weights, inputs))}\n`)
console.log(`the same with σ\n\n${String(explain((w: NdArray, x: NdArray) => nn.sigmoid(neuron(w, x)))(weights, inputs))}\n`)

/** The rules: from the adjoint of a result and the operands to the adjoints of the operands. */
const rules: Readonly<Record<string, (adjoint: NdArray, ...operands: readonly NdArray[]) => readonly NdArray[]>> = {
  add: (g) => [g, g],
  mul: (g, a, b) => [np.multiply(g, b), np.multiply(g, a)],
  sin: (g, a) => [np.multiply(g, np.cos(a))],
  exp: (g, a) => [np.multiply(g, np.exp(a))]
}

/** The algorithm: values forwards, then a table of adjoints, filled from the result on towards one input and nowhere else. */
const backprop = (program: ir.Jaxpr, args: readonly NdArray[], target: number): { readonly adjoint: NdArray; readonly visited: number } => {
  const graph = ir.graph(program)
  const { vertices, outputs: [result] } = graph
  if (result === null) throw new Error('the result is a constant')
  const values = ir.evaluate({ ...program, outputs: vertices.map(({ variable }) => variable) }, args)
  const adjoints = new Map([[result, np.onesLike(values[result])]])
  const reached = new Set(ir.descendants(graph, [target]))
  const between = ir.ancestors(graph, [result]).filter((at) => reached.has(at))
  let visited = 0
  for (const at of between.reverse()) {
    const { operation, inputs: operands } = vertices[at]
    const adjoint = adjoints.get(at)
    if (operation === null || adjoint === undefined) continue
    const shares = rules[operation.primitive.name](adjoint, ...operands.map((from) => values[from]))
    operands.forEach((from, i) => {
      const known = adjoints.get(from)
      adjoints.set(from, known === undefined ? shares[i] : np.add(known, shares[i]))
    })
    visited += operands.length
  }
  return { adjoint: adjoints.get(target) ?? np.zerosLike(values[target]), visited }
}

// Paths from x to the result double at every step, edges do not: what was computed once is not computed again.
const braid = (x: NdArray, y: NdArray): NdArray => {
  let value = x
  for (let i = 0; i < 20; i++) value = np.sin(np.add(value, np.multiply(value, value)))
  return np.multiply(value, np.exp(y))
}
const args = [np.array(0.5), np.array(0.1)] as const
const program = makeJaxpr(braid)(...args)
console.log(`2^20 paths, ${ir.graph(program).edges} edges`)
grad.with({ argnums: [0, 1] })(braid)(...args).forEach((expected, target) => {
  const { adjoint, visited } = backprop(program, args, target)
  console.log(`${'xy'[target]}: adjoint ${String(adjoint)} along ${visited} edges; grad says ${String(expected)}`)
})
