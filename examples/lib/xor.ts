import { jit, nn, np, optim, random, valueAndGrad, vmap, type NdArray } from 'cotangent'
import type { XorResult } from './report.js'

const net = nn.chain(nn.linear(2, 2), nn.tanh, nn.linear(2, 1))
type Parameters = nn.Params<typeof net>

const corners = [[0, 0], [0, 1], [1, 0], [1, 1]] as const
const targets = [0, 1, 1, 0]

/** What many starts learned, and one of them in detail. */
export interface XorStudy {
  readonly starts: number
  /** How many starts end with a loss above 0.01. */
  readonly failures: number
  /** The one that learned it best. */
  readonly best: XorResult
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
  const history: NdArray[] = []
  for (let i = 0; i < steps; i++) {
    const [next, losses] = together(state)
    state = next
    history.push(losses)
  }
  const last = history[steps - 1]
  const best = np.argmin(last).item()
  const side = 32
  const ticks = np.linspace(0, 1, side)
  const [across, up] = np.meshgrid([ticks, ticks])
  const grid = np.stack([np.ravel(across), np.ravel(up)], { axis: 1 })
  const answer = vmap.with({ in: [0, null] })((params: Parameters, points: NdArray) => np.ravel(net.apply(params)(points)))
  const ofBest = (points: NdArray): Float32Array => Float32Array.from(np.slice(answer(state.params, points), [best]).toTypedArray())
  const outputs = ofBest(x)
  return {
    starts,
    failures: np.sum(np.greater(last, 0.01)).item(),
    best: {
      losses: history.map((losses) => np.slice(losses, [best]).item()),
      table: corners.map((inputs, i) => ({ inputs, target: targets[i], output: outputs[i] })),
      surface: { values: ofBest(grid), side }
    }
  }
}
