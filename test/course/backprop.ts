import { ir, np, vjp, type NdArray } from '../../src/index.js'

/** The adjoints of some inputs of a program, and how many edges were walked along to find them. */
export interface Backprop {
  readonly adjoints: readonly NdArray[]
  readonly work: number
}

/**
 * Back-propagation as textbooks write it down, over the graph of a program with one result: a table of adjoints, filled from
 * the result towards the targets; what is not between the two is never visited.
 */
export const backprop = (program: ir.Jaxpr, args: readonly NdArray[], targets: readonly number[]): Backprop => {
  const graph = ir.graph(program)
  const { vertices, outputs: [result] } = graph
  if (result === null) throw new Error('the result is a constant')
  const values = ir.evaluate({ ...program, outputs: vertices.map(({ variable }) => variable) }, args)
  const reached = new Set(ir.descendants(graph, targets))
  const between = ir.ancestors(graph, [result]).filter((at) => reached.has(at))
  const table = new Map([[result, np.onesLike(values[result])]])
  let work = 0
  for (const at of between.toReversed()) {
    const { operation, inputs } = vertices[at]
    const adjoint = table.get(at)
    if (operation === null || adjoint === undefined) continue
    const from = [...new Set(inputs)]
    const alone = { inputs: from.map((i) => vertices[i].variable), eqns: [operation], outputs: operation.outputs }
    const [, pullback] = vjp((...xs: NdArray[]) => ir.evaluate(alone, xs))(...from.map((i) => values[i]))
    pullback([adjoint]).forEach((share, i) => {
      const known = table.get(from[i])
      table.set(from[i], known === undefined ? share : np.add(known, share))
    })
    work += inputs.length
  }
  return { adjoints: targets.map((at) => table.get(at) ?? np.zerosLike(values[at])), work }
}
