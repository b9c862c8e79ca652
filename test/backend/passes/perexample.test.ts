import { describe, expect, test } from 'vitest'
import { jit, np, tree, type NdArray } from '../../../src/index.js'
import { allClose } from '../../support/close.js'
import { full, small, variants, type Variant } from '../../support/perexample.js'

const arraysOf = (t: unknown): readonly NdArray[] => tree.leaves(t) as readonly NdArray[] // gradients are trees of arrays

/** What a loop over the examples makes. */
const looped = ({ single, args: [params, x, y], together }: Variant): readonly NdArray[] => {
  const one = jit(single)
  const each = [...x].map((example, i) => arraysOf(one(params, example, np.take(y, i, { axis: 0 }))))
  const all = each[0].map((_, k) => np.stack(each.map((leaves) => leaves[k])))
  return together === 'stack' ? all : all.map((leaf) => np.mean(leaf, { axis: 0 }))
}

describe('clipped gradients of all examples', () => {
  test.each(variants(full))('$name: no buffer holds them', ({ each, args, bytes }) => {
    const outline = jit(each).lower(...args).schedule()
    expect(outline.cost.host).toBe(0)
    expect(outline.buffers[0]).toBeLessThan(bytes)
  })

  test.each(variants(small))('$name: a loop over the examples agrees', (variant) => {
    allClose(variant.name, arraysOf(jit(variant.each)(...variant.args)), looped(variant), 1e-6)
  })
})
