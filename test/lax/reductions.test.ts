import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { DTypeError, ShapeError } from '../../src/core/errors.js'
import { argmax, argmin } from '../../src/lax/reduction/argreduce.js'
import { mul } from '../../src/lax/elementwise/arithmetic.js'
import { reduceSum } from '../../src/lax/broadcast.js'
import { cumlogsumexp, cummax, cummin, cumprod, cumsum } from '../../src/lax/reduction/cumulative.js'
import { reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd, reduceXor } from '../../src/lax/reduction/reduce.js'
import { grad } from '../../src/transform/grad.js'
import { hessian } from '../../src/transform/jacobian.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, f32, f64, generate, i32, noise, sliceAt, stackAt } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'
import { golden, same } from '../support/golden.js'
import { ways } from '../support/ways.js'

const cumulative = { cumsum, cumprod, cummax, cummin, cumlogsumexp }

describe.each(ways)('JAX agrees on, %s', (_, run) => {
  const cases = golden<{ readonly axis: number; readonly reverse: boolean }>('cumulative')
  test.for(cases.map((c) => [c.name, c] as const))('%s', ([, { fn, args, params, out, cotangent, grad: gradient }]) => {
    const f = (x: NdArray): NdArray => cumulative[fn as keyof typeof cumulative](x, params.axis, params.reverse)
    same('value', run(f)(args[0]), out, 1e-14)
    if (gradient === undefined) return
    const pull = run((x: NdArray, ct: NdArray) => vjp(f)(x)[1](ct)[0])
    same('gradient', pull(args[0], cotangent), gradient[0], 1e-14)
  })
})

describe('reductions', () => {
  const empty = (dtype: 'float32' | 'int8' | 'bool' | 'uint32'): NdArray => generate(dtype, [0, 2], () => 0)

  test('of nothing are identities', () => {
    sameBits('max', reduceMax(empty('float32'), [0]), f32([-Infinity, -Infinity]))
    sameBits('max', reduceMax(empty('int8'), [0]), arrayOf('int8', [2], [-128, -128]))
    sameBits('min', reduceMin(empty('bool'), [0]), arrayOf('bool', [2], [1, 1]))
    sameBits('prod', reduceProd(empty('float32'), [0]), f32([1, 1]))
    sameBits('and', reduceAnd(empty('uint32'), [0]), arrayOf('uint32', [2], [-1, -1]))
    sameBits('or', reduceOr(empty('bool'), [0]), arrayOf('bool', [2], [0, 0]))
    sameBits('derivative', grad((x: NdArray) => reduceProd(x, [0]))(f32([])), f32([]))
  })

  test('over any axes', () => {
    const x = generate('int32', [2, 3, 4], (i) => (i * 7) % 24)
    const [a, b] = [sliceAt(x, 0, 0), sliceAt(x, 0, 1)]
    const rows = [0, 1, 2].map((i) => Math.max(...[a, b].flatMap((part) => [...sliceAt(part, 0, i).toTypedArray()])))
    sameBits('outer', reduceMax(x, [0, 2]), i32(rows))
    sameBits('none', reduceMin(x, []), x)
    sameBits('xor', reduceXor(i32([6, 3, 1]), [0]), i32(4))
    sameBits('and', reduceAnd(i32([6, 3]), [0]), i32(2))
    sameBits('or', reduceOr(i32([6, 3]), [0]), i32(7))
    sameBits('wraps', reduceProd(i32([65536, 65537]), [0]), i32(65536))
  })

  test('NaN spreads, ties share', () => {
    sameBits('max', reduceMax(f64([1, NaN, 2]), [0]), f64(NaN))
    sameBits('min', reduceMin(f64([NaN, 1]), [0]), f64(NaN))
    sameBits('max', grad((x: NdArray) => reduceMax(x, [0]))(f64([2, 1, 2])), f64([0.5, 0, 0.5]))
    sameBits('min', grad((x: NdArray) => reduceMin(x, [0]))(f64([1, 1, 2, 1])), f64([1 / 3, 1 / 3, 0, 1 / 3]))
  })

  test('a product has the right derivatives where factors are zero', () => {
    const product = (x: NdArray): NdArray => reduceProd(x, [0])
    sameBits('one zero', grad(product)(f64([2, 0, 5])), f64([0, 10, 0]))
    sameBits('two zeros', grad(product)(f64([0, 0, 5])), f64([0, 0, 0]))
    sameBits('second, two zeros', hessian(product)(f64([0, 0, 5])), arrayOf('float64', [3, 3], [0, 5, 0, 5, 0, 0, 0, 0, 0]))
    const scaled = (x: NdArray): NdArray => reduceSum(mul(reduceProd(x, [1, 0]), f64([2, 3])), [0])
    const x = generate('float64', [2, 3, 2], (i) => noise(3, i))
    const others = generate('float64', [2, 3, 2], (i) => {
      let rest = 1
      for (let k = i % 2; k < 12; k += 2) if (k !== i) rest *= noise(3, k)
      return rest * (2 + (i % 2))
    })
    close('several axes', grad(scaled)(x), others, 1e-14)
  })

  test('errors', () => {
    expect(() => reduceProd(arrayOf('bool', [1], [1]), [0])).toThrow('reduceProd: expected numbers, not booleans, got bool[1]')
    expect(() => reduceAnd(f32([1]), [0])).toThrow(DTypeError)
    expect(() => reduceMax(f32([1]), [1])).toThrow(ShapeError)
    expect(() => reduceMax(f32([1]), [0, 0])).toThrow(ShapeError)
    expect(() => cumsum(arrayOf('bool', [1], [1]))).toThrow(DTypeError)
    expect(() => cumlogsumexp(i32([1]))).toThrow('cumlogsumexp: expected floating-point operands, got int32[1]')
    expect(() => cumsum(f32([1]), 1)).toThrow(ShapeError)
  })
})

describe('argmax and argmin', () => {
  test('the first of equals, or the first NaN', () => {
    const x = arrayOf('float64', [2, 3], [1, 5, 5, -1, -1, 2])
    sameBits('argmax', argmax(x, 1), i32([1, 2]))
    sameBits('argmin', argmin(x, 0), i32([1, 1, 1]))
    sameBits('NaN', argmin(f64([1, NaN, NaN]), 0, 'uint32'), arrayOf('uint32', [], [1]))
    sameBits('bool', argmax(arrayOf('bool', [3], [0, 1, 1]), 0), i32(1))
  })

  test('errors', () => {
    expect(() => argmax(f32([]), 0)).toThrow('argmax: expected at least one element along axis 0, got float32[0]')
    expect(() => argmin(f32([1]), 0, 'float32')).toThrow(DTypeError)
  })
})

describe('cumulative', () => {
  test('cumsum does not lose float64 or float32 digits in long sums', () => {
    const n = 100_000
    const x = generate('float64', [n], () => 0.1)
    const sums = cumsum(x).toTypedArray()
    expect(Math.abs(sums[n - 1] - n * 0.1)).toBeLessThan(1e-10)
    expect(cumsum(generate('float32', [n], () => 0.25)).toTypedArray()[n - 1]).toBe(n / 4)
  })

  test('cumlogsumexp at the infinities', () => {
    sameBits('up', cumlogsumexp(f64([-Infinity, 0, Infinity, 1, Infinity])), f64([-Infinity, 0, Infinity, Infinity, Infinity]))
    sameBits('NaN stays', cumlogsumexp(f64([NaN, Infinity])), f64([NaN, NaN]))
  })

  test('ties of maxima meet in the tree of JAX', () => {
    const weights = (n: number): NdArray => {
      const last = generate('float64', [n], (i) => (i === n - 1 ? 1 : 0))
      return grad((x: NdArray) => reduceSum(mul(cummax(x), last), [0]))(generate('float64', [n], () => 1))
    }
    sameBits('three', weights(3), f64([0.25, 0.25, 0.5]))
    sameBits('five', weights(5), f64([0.125, 0.125, 0.125, 0.125, 0.5]))
  })

  test('second derivatives, mapped', () => {
    const f = (x: NdArray): NdArray => reduceSum(mul(cumlogsumexp(x, 0, true), cumprod(x)), [0])
    const [x, y] = [generate('float64', [5], (i) => noise(4, i)), generate('float64', [5], (i) => noise(5, i))]
    const second = (a: NdArray): NdArray => hessian(f)(a)
    const got = vmap(second)(stackAt([x, y], 0))
    close('vmap', sliceAt(got, 0, 1), second(y), 1e-13)
    const step = 1e-5
    const moved = (by: number): readonly number[] =>
      [...grad(f)(generate('float64', [5], (i) => noise(4, i) + (i === 2 ? by : 0))).toTypedArray()]
    const [up, down] = [moved(step), moved(-step)]
    close('differences', sliceAt(second(x), 0, 2), f64(up.map((u, i) => (u - down[i]) / (2 * step))), 1e-8)
  })
})
