import type { Spec } from './spec.js'
import { Tape, type Node } from './tape.js'

/** Parameters and their gradients, which an update reads and writes. */
export type Parameters = readonly { readonly data: Float64Array; readonly grad: Float64Array }[]

/** Makes a step of parameters, with what it remembers from step to step. */
export type Update = (p: Parameters) => () => void

/** Goes through every element of every parameter. */
const each = (p: Parameters, use: (data: Float64Array, i: number, g: number, k: number) => void): void => {
  p.forEach(({ data, grad }, k) => {
    for (let i = 0; i < data.length; i++) use(data, i, grad[i], k)
  })
}

const zeros = (p: Parameters): readonly Float64Array[] => p.map(({ data }) => new Float64Array(data.length))

export const sgd = (rate: number): Update => (p) => () => {
  each(p, (data, i, g) => {
    data[i] -= rate * g
  })
}

export const momentum = (rate: number, decay: number): Update => (p) => {
  const trace = zeros(p)
  return () => {
    each(p, (data, i, g, k) => {
      trace[k][i] = decay * trace[k][i] + g
      data[i] -= rate * trace[k][i]
    })
  }
}

export const adam = (rate: number): Update => (p) => {
  const [first, second] = [zeros(p), zeros(p)]
  let steps = 0
  return () => {
    steps++
    const [a, b] = [1 - 0.9 ** steps, 1 - 0.999 ** steps]
    each(p, (data, i, g, k) => {
      first[k][i] = 0.9 * first[k][i] + 0.1 * g
      second[k][i] = 0.999 * second[k][i] + 0.001 * g * g
      data[i] -= (rate * (first[k][i] / a)) / (Math.sqrt(second[k][i] / b) + 1e-8)
    })
  }
}

/** Trains in float64: the loss of the last step, which is that of the parameters before it. */
export const trained = (
  { arrays, trainable, steps }: Spec, update: Update, loss: (tape: Tape, p: Readonly<Record<string, Node>>) => Node
): number => {
  const kept = trainable.map((name) => new Float64Array(arrays[name].data))
  const params = kept.map((data) => ({ data, grad: new Float64Array(data.length) }))
  const step = update(params)
  let last = NaN
  for (let k = 0; k < steps; k++) {
    const tape = new Tape()
    const nodes = Object.fromEntries(Object.entries(arrays).map(([name, { shape, data }]) => {
      const at = trainable.indexOf(name)
      return [name, tape.node(shape, at < 0 ? data : kept[at])]
    }))
    const out = loss(tape, nodes)
    tape.backward(out)
    last = out.data[0]
    trainable.forEach((name, i) => params[i].grad.set(nodes[name].grad))
    step()
  }
  return last
}
