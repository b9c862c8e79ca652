import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import { argsort, sort, sortMany, type SortOptions } from '../../src/lax/indexed/sort.js'
import { topK } from '../../src/lax/indexed/topk.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, f32, f64, generate, i32, noise, sliceAt, stackAt } from '../support/arrays.js'
import { sameBits } from '../support/close.js'
import { golden, same } from '../support/golden.js'
import { ways } from '../support/ways.js'

interface Params extends SortOptions {
  readonly axis: number
  readonly k: number
  readonly descending?: boolean
}

type Lists = readonly NdArray[]

describe.each(ways)('JAX agrees on, %s', (_, run) => {
  // Descending order is numpy's business: a reversal before or after.
  const cases = golden<Params>('sort').filter(({ params }) => params.descending !== true)
  test.for(cases.map((c) => [c.name, c] as const))('%s', ([, { fn, args, params, out, cotangent, grad }]) => {
    if (fn === 'argsort') {
      same('positions', run((x: NdArray) => argsort(x, params.axis))(args[0]), out)
      return
    }
    const { k, dimension = -1, numKeys = 1 } = params
    const f = (...xs: Lists): Lists => (fn === 'topK' ? topK(xs[0], k) : sortMany(xs, { dimension, numKeys }))
    const outs = [out].flat()
    const cts = [cotangent].flat()
    run(f)(...args).forEach((value, i) => same(`value ${i}`, value, outs[i]))
    if (grad === undefined) return
    const moving = args.map((x, i) => [x, i] as const).filter(([x]) => x.dtype === 'float64')
    const part = (...xs: Lists): Lists => {
      const full = [...args]
      moving.forEach(([, at], i) => (full[at] = xs[i]))
      return f(...full).filter((y) => y.dtype === 'float64')
    }
    const pull = run((xs: Lists, given: Lists) => vjp(part)(...xs)[1](given))
    const back = pull(moving.map(([x]) => x), cts.filter((ct) => ct as unknown !== null)) // null stands for integer parts
    grad.forEach((expected, i) => same(`gradient ${i}`, back[i], expected))
  })
})

describe('sort', () => {
  const keys = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(NaN, -0, Infinity, -Infinity, 0.5)), { maxLength: 60 })

  test('is a stable permutation into ascending order, NaN last', () => {
    fc.assert(fc.property(keys, (list) => {
      const order = [...argsort(f64(list)).toTypedArray()]
      expect([...order].sort((a, b) => a - b)).toEqual(list.map((_, i) => i))
      for (let i = 1; i < order.length; i++) {
        const [a, b] = [list[order[i - 1]], list[order[i]]]
        const [lastA, lastB] = [Number.isNaN(a), Number.isNaN(b)]
        const equal = a === b || (lastA && lastB)
        expect(equal ? order[i - 1] < order[i] : a < b || lastB).toBe(true)
      }
      sameBits('values', sort(f64(list)), f64(order.map((i) => list[i])))
    }))
  })

  test('may be mapped, one operand or all', () => {
    const [a, b] = [generate('float64', [3, 5], (i) => noise(1, i)), generate('float64', [3, 5], (i) => noise(2, i))]
    const second = (k: NdArray, v: NdArray): NdArray => sortMany([k, v], { dimension: 0 })[1]
    const got = vmap(second, { in: [0, null] })(stackAt([a, b], 0), b)
    sameBits('vmap', got, stackAt([second(a, b), second(b, b)], 0))
    const [values, places] = vmap((x: NdArray) => topK(x, 2))(a)
    sameBits('values', sliceAt(values, 0, 1), topK(sliceAt(a, 0, 1), 2)[0])
    sameBits('positions', sliceAt(places, 0, 1), topK(sliceAt(a, 0, 1), 2)[1])
  })

  test('errors', () => {
    expect(() => sortMany([])).toThrow(ArgumentError)
    expect(() => sortMany([f32([1]), f32([1, 2])])).toThrow('sort: expected operands of one shape, got float32[1] and float32[2]')
    expect(() => sortMany([f32([1])], { numKeys: 2 })).toThrow(ArgumentError)
    expect(() => sort(f32(1))).toThrow(ShapeError)
    expect(() => topK(f32([1, 2]), 3)).toThrow('topK: expected k from 0 to 2, the size of the last axis, got 3')
  })
})

describe('topK', () => {
  test('of none, and in total order', () => {
    expect(topK(f32([1, 2]), 0)[0].shape).toEqual([0])
    sameBits('values', topK(f64([-0, NaN, 0, Infinity, -0]), 5)[0], f64([NaN, Infinity, 0, -0, -0]))
    sameBits('positions', topK(arrayOf('bool', [3], [0, 1, 1]), 3)[1], i32([1, 2, 0]))
  })
})
