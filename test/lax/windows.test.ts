import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import { reduceWindow, type ReduceWindowOptions } from '../../src/lax/window/reducewindow.js'
import { jvp } from '../../src/transform/forward.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, f64, generate, i32, noise, noiseLike, sliceAt, stackAt } from '../support/arrays.js'
import { allClose, close, inner, sameBits } from '../support/close.js'
import { golden, same } from '../support/golden.js'
import { ways } from '../support/ways.js'

const kindOf = (fn: string): 'sum' | 'max' | 'min' => (fn.endsWith('Sum') ? 'sum' : fn.endsWith('Max') ? 'max' : 'min')

describe.each(ways)('JAX agrees on, %s', (_, run) => {
  test.for(golden<ReduceWindowOptions>('reduce_window').map((c) => [c.name, c] as const))('%s', ([, c]) => {
    const { fn, args, params, out, cotangent, grad } = c
    const f = (x: NdArray): NdArray => reduceWindow(x, kindOf(fn), params)
    same('value', run(f)(args[0]), out)
    same('gradient', run((x: NdArray, ct: NdArray) => vjp(f)(x)[1](ct)[0])(args[0], cotangent), grad[0])
  })
})

describe('windows', () => {
  const x = generate('float64', [2, 7, 6], (i) => noise(1, i))
  const options = {
    windowDimensions: [1, 3, 2],
    windowStrides: [1, 2, 1],
    padding: [[0, 0], [-1, 2], [2, 1]],
    baseDilation: [1, 2, 1],
    windowDilation: [1, 1, 2]
  } as const

  test.for(['sum', 'max', 'min'] as const)('%s: forward and reverse agree, mapped or not, twice', (kind) => {
    const f = (a: NdArray): NdArray => reduceWindow(a, kind, options)
    const push = (a: NdArray, d: NdArray): NdArray => jvp(f)([a], [d])[1]
    const pull = (a: NdArray, ct: NdArray): NdArray => vjp(f)(a)[1](ct)[0]
    const [dx, ct] = [noiseLike(x, 2), noiseLike(f(x), 3)]
    const left = inner([push(x, dx)], [ct])
    const right = inner([dx], [pull(x, ct)])
    expect(Math.abs(left.sum - right.sum)).toBeLessThan(1e-12 * left.magnitude)

    const xs = stackAt([x, dx], 0)
    close('vmap', vmap(f)(xs), stackAt([f(x), f(dx)], 0), 1e-14)
    const cts = stackAt([ct, f(dx)], 0)
    close('vmap of pull', vmap(pull)(xs, cts), stackAt([pull(x, ct), pull(dx, sliceAt(cts, 0, 1))], 0), 1e-14)
    close('vmap of push', vmap(push, { in: [null, 0] })(x, xs), stackAt([push(x, x), push(x, dx)], 0), 1e-14)

    // Piecewise linear: the derivative of the derivative in the direction of the array is zero, in that of the tangent itself.
    const [, second] = jvp((d: NdArray) => push(x, d))([dx], [x])
    allClose('second', [second], [push(x, x)], 1e-14)
    const [, back] = vjp((c: NdArray) => pull(x, c))(ct)
    allClose('transpose of the transpose', [back(dx)[0]], [push(x, dx)], 1e-14)
  })

  test('padding is the identity', () => {
    const around = { windowDimensions: [2], windowStrides: [2], padding: [[2, 2]] } as const
    sameBits('max', reduceWindow(f64([1, 2]), 'max', around), f64([-Infinity, 2, -Infinity]))
    sameBits('min of integers', reduceWindow(i32([1, 2]), 'min', around), i32([2147483647, 1, 2147483647]))
    sameBits('sum', reduceWindow(f64([1, 2]), 'sum', around), f64([0, 3, 0]))
  })

  test('NaN spreads, integers wrap', () => {
    sameBits('max', reduceWindow(f64([1, NaN, 2, 3]), 'max', { windowDimensions: [2] }), f64([NaN, NaN, 3]))
    sameBits('sum', reduceWindow(arrayOf('int8', [2], [100, 100]), 'sum', { windowDimensions: [2] }), arrayOf('int8', [1], [-56]))
    sameBits('any', reduceWindow(arrayOf('bool', [3], [0, 0, 1]), 'max', { windowDimensions: [2] }), arrayOf('bool', [2], [0, 1]))
  })

  test('an array smaller than the window has none', () => {
    const f = (a: NdArray): NdArray => reduceWindow(a, 'max', { windowDimensions: [3] })
    const [out, pullback] = vjp(f)(f64([1, 2]))
    expect(out.shape).toEqual([0])
    sameBits('gradient', pullback(out)[0], f64([0, 0]))
  })

  test('errors', () => {
    expect(() => reduceWindow(f64([1]), 'max', { windowDimensions: [1, 1] })).toThrow(ShapeError)
    expect(() => reduceWindow(f64([1]), 'max', { windowDimensions: [1], windowStrides: [0] })).toThrow(ShapeError)
    expect(() => reduceWindow(f64([1]), 'max', { windowDimensions: [1], strides: [1] } as ReduceWindowOptions)).toThrow(ArgumentError)
    expect(() => reduceWindow(arrayOf('bool', [1], [1]), 'sum', { windowDimensions: [1] })).toThrow('numbers, not booleans')
  })
})
