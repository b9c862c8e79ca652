import { describe, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import { grad } from '../../src/transform/grad.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { leaves, map, zipWith } from '../../src/tree/index.js'
import { noiseLike } from '../support/arrays.js'
import { allClose, close } from '../support/close.js'
import { golden } from '../support/golden.js'

type Params = Readonly<Record<string, NdArray>> | null

interface GoldenCase {
  readonly name: string
  readonly fn: 'conv' | 'convTranspose' | 'maxPool' | 'averagePool' | 'upsample' | 'embedding' | 'linear' | 'globalMaxPool' | 'globalAveragePool'
  readonly args: readonly never[]
  readonly options: object | null
  readonly params: Params
  readonly x: NdArray
  readonly out: NdArray
  readonly cotangent: NdArray
  readonly grad: { readonly params: Params; readonly x: NdArray | null }
}

type Apply = (params: Params, x: NdArray) => NdArray

/** The layer of a case as a function of its parameters and input. */
const applyOf = ({ fn, args, options, params }: GoldenCase): Apply => {
  const make = nn[fn] as (...args: readonly unknown[]) => unknown // whatever the case says
  const withBias = params === null || 'bias' in params || fn === 'embedding' ? {} : { bias: false }
  const made = make(...args, ...(options === null ? [] : [{ ...options, ...withBias }]))
  return typeof made === 'function'
    ? (_, x) => (made as nn.Pointwise)(x)
    : (p, x) => (made as nn.Layer<Params>).apply(p)(x)
}

const arrays = (tree: unknown): readonly NdArray[] => leaves(tree) as readonly NdArray[] // trees of arrays

const cases = golden('convolutions') as unknown as readonly GoldenCase[] // as the script writes them

describe.each(cases.map((each) => [each.name, each] as const))('%s', (_, golden) => {
  const { params, x, cotangent } = golden
  const apply = applyOf(golden)
  const energy: Apply = (p, input) => np.sum(np.multiply(np.square(apply(p, input)), cotangent))

  test.each([['eager', apply], ['under jit', jit(apply)]] as const)('%s', (_, run) => {
    if (golden.grad.x === null) {
      const [out, pullback] = vjp((p: Params) => run(p, x))(params)
      close('output', out, golden.out, 0)
      allClose('gradient of parameters', arrays(pullback(cotangent)), arrays(golden.grad.params), 0)
      return
    }
    const [out, pullback] = vjp(run)(params, x)
    close('output', out, golden.out, 1e-14)
    const [p, dx] = pullback(cotangent)
    allClose('gradient of parameters', arrays(p), arrays(golden.grad.params), 0)
    close('gradient of inputs', dx, golden.grad.x, 1e-14)
  })

  test('under vmap', () => {
    const other = np.flip(x)
    const both = np.stack([x, other])
    const expected = np.stack([golden.out, apply(params, other)])
    close('inputs', vmap(apply, { in: [null, 0] })(params, both), expected, 1e-14)
    if (params === null) return
    const own = map((a: NdArray) => noiseLike(a, 8))(params)
    const stacked = zipWith((a: NdArray, b: NdArray) => np.stack([a, b]))(params, own)
    const gradient = grad(energy)
    const first = arrays(gradient(params, x))
    const second = arrays(gradient(own, x))
    const mapped = jit(vmap(gradient, { in: [0, null] }))(stacked, x)
    arrays(mapped).forEach((g, i) => {
      close('parameters', g, np.stack([first[i], second[i]]), 1e-14)
    })
    const each = vmap(gradient, { in: [0, 0] })(stacked, both)
    const last = arrays(gradient(own, other))
    arrays(each).forEach((g, i) => {
      close('parameters and inputs', g, np.stack([first[i], last[i]]), 1e-14)
    })
  })
})
