import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { leaves, structure } from '../../src/tree/index.js'
import { allClose, close, sameBits } from '../support/close.js'
import { golden } from '../support/golden.js'

interface GoldenLayer {
  readonly name: string
  readonly fn: 'batchNorm' | 'layerNorm' | 'rmsNorm' | 'groupNorm' | 'instanceNorm' | 'block'
  readonly args: readonly unknown[]
  readonly mode: nn.Mode | null
  readonly xs: readonly NdArray[]
  readonly params: unknown
  readonly state: unknown
  readonly states: readonly unknown[]
  readonly out: NdArray
  readonly cotangent: NdArray
  readonly grad: { readonly params: unknown; readonly x: NdArray }
}

interface GoldenDropout {
  readonly name: string
  readonly fn: 'drop'
  readonly rate: number
  readonly broadcast: readonly number[]
  readonly key: NdArray
  readonly x: NdArray
  readonly out: NdArray
}

const none = null
const cases = golden('layers') as unknown as readonly (GoldenLayer | GoldenDropout)[] // as the script writes them

const closeTrees = (what: string, got: unknown, expected: unknown, tolerance = 1e-12): void => {
  expect(structure(got).toString(), what).toBe(structure(expected).toString())
  allClose(what, leaves(got) as readonly NdArray[], leaves(expected) as readonly NdArray[], tolerance) // trees of arrays
}

type AnyLayer = nn.StatefulLayer<unknown, unknown>

const f64 = { dtype: 'float64' } as const
/** PyTorch's conventions. */
const running = { momentum: 0.9, runningVariance: 'sample', ...f64 } as const

const block = (): nn.Part => {
  const norm = (): nn.Part => nn.batchNorm(4, running)
  const f = nn.stateful(nn.linear(3, 4, f64), norm(), nn.relu, nn.linear(4, 4, f64), norm())
  return nn.stateful(nn.residual(f, { projection: nn.stateful(nn.linear(3, 4, { bias: false, ...f64 }), norm()) }), nn.relu)
}

type Make = (...args: readonly unknown[]) => nn.Part

/** The layer of a case, its arguments as the golden file has them, with further options. */
const layerOf = ({ fn, args }: GoldenLayer, more: object = {}): AnyLayer => {
  if (fn === 'block') return nn.lift(block())
  const given = args.at(-1) as object // the script ends with options
  const options = { ...f64, ...(fn === 'batchNorm' ? running : {}), ...given, ...more }
  return nn.lift((nn[fn] as unknown as Make)(...args.slice(0, -1), options)) // a public function by its name
}

describe('values, gradients and running averages are those of PyTorch', () => {
  const layers = cases.filter((each): each is GoldenLayer => each.fn !== 'drop')
  test.each(layers.map((each) => [each.name, each] as const))('%s', (name, each) => {
    const layer = layerOf(each)
    const mode = each.mode ?? 'train'
    expect(structure(layer.init(np.array([0, 1], { dtype: 'uint32' }))).equals(structure(each.params))).toBe(true)
    const apply = (params: unknown, state: unknown, x: NdArray): readonly [NdArray, unknown] => layer.apply(params, { mode, state })(x)
    for (const [way, run] of [['eagerly', apply], ['under jit', jit(apply)]] as const) {
      let state = each.state
      each.xs.slice(0, -1).forEach((x, i) => {
        state = run(each.params, state, x)[1]
        closeTrees(`${name}, ${way}: state ${i}`, state, each.states[i])
      })
      const x = each.xs[each.xs.length - 1]
      const [[out, last], pullback] = vjp((p: unknown, y: NdArray) => run(p, state, y))(each.params, x)
      close(`${name}, ${way}: output`, out, each.out, 1e-12)
      closeTrees(`${name}, ${way}: last state`, last, each.states.at(-1))
      const zeros = structure(last).unflatten((leaves(last) as readonly NdArray[]).map((s) => np.zerosLike(s)))
      const [params, slope] = pullback([each.cotangent, zeros])
      closeTrees(`${name}, ${way}: gradient of parameters`, params, each.grad.params, 1e-11)
      close(`${name}, ${way}: gradient of input`, slope, each.grad.x, 1e-11)
    }
  })

  const mapped = layers.filter(({ fn, args, xs }) => fn !== 'block' && !(Array.isArray(args[0]) && xs[0].ndim <= args[0].length))
  test.each(mapped.map((each) => [each.name, each] as const))('%s under vmap', (name, each) => {
    const [x] = each.xs
    const context = { mode: each.mode ?? 'train', state: each.state } as const
    const whole = layerOf(each)
    const single = layerOf(each, context.mode === 'train' && each.fn === 'batchNorm' ? { axisName: 'batch' } : {})
    const examples = vmap.with({ in: [null, 0], out: [0, null], axisName: 'batch' })(
      (params: unknown, one: NdArray) => single.apply(params, context)(one)
    )
    const [[out, next], pullback] = vjp(examples)(each.params, x)
    const [[expected, after], reference] = vjp((params: unknown, batch: NdArray) => whole.apply(params, context)(batch))(each.params, x)
    close(`${name}: output`, out, expected, 1e-12)
    closeTrees(`${name}: state`, next, after)
    const cts = [each.cotangent, structure(next).unflatten((leaves(next) as readonly NdArray[]).map((s) => np.onesLike(s)))] as const
    closeTrees(`${name}: gradients`, pullback(cts), reference(cts))
  })
})

describe('dropout is that of JAX', () => {
  const drops = cases.filter((each): each is GoldenDropout => each.fn === 'drop')
  test.each(drops.map((each) => [each.name, each] as const))('%s', (name, { key, rate, broadcast, x, out }) => {
    sameBits(name, nn.drop(key, rate, { broadcast })(x), out)
    const layer = nn.dropout(rate, { broadcast })
    const run = (k: NdArray, y: NdArray): NdArray => layer.apply(none, { mode: 'train', key: k, state: null })(y)[0]
    for (const f of [run, jit(run)]) sameBits(name, f(key, x), out)
  })
})
