import { jit, nn, np, optim, random, valueAndGrad, vmap, type NdArray } from 'cotangent'
import type { XorResult } from './report.js'

const net = nn.chain(nn.linear(2, 3), nn.tanh, nn.linear(3, 1))
type Parameters = nn.Params<typeof net>

const corners = [[0, 0], [0, 1], [1, 0], [1, 1]] as const
const targets = [0, 1, 1, 0]

/** What many starts learned, and the first of them in detail. */
export interface XorStudy {
  readonly starts: number
  /** How many starts end with a loss above 0.01. */
  readonly failures: number
  readonly first: XorResult
}

/** Learns exclusive or by gradient descent from many starts at once: one network, its training step mapped over a batch of keys. */
export const learnXor = (seed: number, starts: number, steps: number): XorStudy => {
  const [x, y] = [np.array(corners), np.reshape(np.array(targets), [4, 1])]
  const loss = (params: Parameters): NdArray => nn.loss.meanSquared(net.apply(params)(x), y)
  const descent = optim.sgd(0.2)
  const begin = (key: NdArray): optim.State<Parameters> => optim.init(descent)(net.init(key))
  const step = (state: optim.State<Parameters>) => {
    const [value, gradient] = valueAndGrad(loss)(state.params)
    return [optim.step(descent)(state, gradient), value] as const
  }
  const together = jit(vmap(step))
  let state = vmap(begin)(random.split(random.key(seed), starts))
  const history: number[] = []
  let last: NdArray = np.zeros([starts])
  for (let i = 0; i < steps; i++) {
    ;[state, last] = together(state)
    history.push(np.at(last, [0]).get().item())
  }
  const side = 32
  const ticks = np.linspace(0, 1, side)
  const [across, up] = np.meshgrid([ticks, ticks])
  const grid = np.stack([np.ravel(across), np.ravel(up)], { axis: 1 })
  const answer = vmap.with({ in: [0, null] })((params: Parameters, points: NdArray) => np.ravel(net.apply(params)(points)))
  const firstOf = (points: NdArray): Float32Array => Float32Array.from(np.at(answer(state.params, points), [0]).get().toTypedArray())
  const outputs = firstOf(x)
  return {
    starts,
    failures: np.sum(np.greater(last, 0.01)).item(),
    first: {
      losses: history,
      table: corners.map((inputs, i) => ({ inputs, target: targets[i], output: outputs[i] })),
      surface: { values: firstOf(grid), side }
    }
  }
}
