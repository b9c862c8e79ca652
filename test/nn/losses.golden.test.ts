import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { isFloat } from '../../src/core/dtype.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { close } from '../support/close.js'
import { golden, type Case } from '../support/golden.js'

/*
 * Losses and units as PyTorch has them, or JAX and Optax: value and gradients, computed at once, staged, and mapped over copies.
 */

type Params = Readonly<Record<string, never>>
type Args = readonly NdArray[]
type Function = (...args: Args) => NdArray

/** How a golden case calls our function where that is not `loss.<name>(...args, params)` or `nn.<name>(...args, params)`. */
const calls: Readonly<Record<string, (args: Args, params: Params) => NdArray>> = {
  gaussian: ([mean, target, logVariance], params) =>
    nn.loss.gaussian(mean, target, logVariance === undefined ? params : { ...params, logVariance }),
  gaussianMixture: ([logits, means, logVariances, target], params) =>
    nn.loss.gaussianMixture({ logits, means, logVariances }, target, params),
  gaussianKullbackLeibler: ([mean, logVariance, centre, scale], params) =>
    nn.loss.gaussianKullbackLeibler({ mean, logVariance },
      centre === undefined ? params : { ...params, prior: { mean: centre, logVariance: scale } }),
  prelu: ([x, slope]) => nn.prelu(slope.size).apply({ slope })(x),
  maxoutLinear: ([x, weight, bias], { k }) => nn.maxoutLinear(4, bias.size / k, k).apply({ weight, bias })(x),
  cosine: ([x, weight, bias]) => nn.cosine(4, bias.size).apply({ weight, bias })(x),
  radialBasis: ([x, centre, width]) => nn.radialBasis(4, width.size).apply({ centre, width })(x)
}

const functionOf = ({ fn, params }: Case<Params | undefined>): Function => {
  if (fn in calls) return (...args) => calls[fn](args, params ?? {})
  const f = (fn in nn.loss ? nn.loss[fn as keyof typeof nn.loss] : nn[fn as keyof typeof nn]) as Function // named at run time
  return (...args) => f(...args, ...(params === undefined ? [] : [params as unknown as NdArray]))
}

const cases = golden<Params | undefined>('losses')

describe('losses and units are those of PyTorch and JAX', () => {
  test.each(cases.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const f = functionOf(each)
    const both = (args: Args, cotangent: NdArray): readonly [NdArray, Args] => {
      const [out, pullback] = vjp(f)(...args)
      return [out, pullback(cotangent)]
    }
    const compare = (how: string, [out, grads]: readonly [NdArray, Args], spread: (x: NdArray) => NdArray): void => {
      close(`${how}: value`, out, spread(each.out), 1e-13)
      grads.forEach((g, i) => {
        if (isFloat(each.args[i].dtype)) close(`${how}: gradient ${i}`, g, spread(each.grad[i]), 1e-12)
      })
    }
    compare('eager', both(each.args, each.cotangent), (x) => x)
    compare('jit', jit(both)(each.args, each.cotangent), (x) => x)
    const copies = (x: NdArray): NdArray => np.stack([x, x])
    compare('vmap', vmap(both)(each.args.map(copies), copies(each.cotangent)), copies)
  })
})

test('every loss has golden values, or is another name of one that has', () => {
  const names = new Set(cases.map(({ fn }) => fn))
  const same = (f: unknown): boolean => Object.entries(nn.loss).some(([other, g]) => g === f && names.has(other))
  expect(Object.entries(nn.loss).filter(([, f]) => !same(f)).map(([name]) => name)).toEqual([])
})
