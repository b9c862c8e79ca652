import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import type { DType } from '../../src/core/dtype.js'
import { DTypeError, ShapeError, ArgumentError } from '../../src/core/errors.js'
import { sizeOf, stridesOf, without, type Shape } from '../../src/core/shape.js'
import { conv, convGeneralDilated, convTranspose, type ConvOptions } from '../../src/lax/window/conv.js'
import { dot, dotGeneral, type AxisPairs } from '../../src/lax/dot.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, f32, f64, generate, i32, noise, sliceAt, stackAt } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'
import { golden, same } from '../support/golden.js'
import { ways } from '../support/ways.js'

interface Dot {
  readonly lhs: Shape
  readonly rhs: Shape
  readonly contract: AxisPairs
  readonly batch: AxisPairs
}

/** The definition: every element of the result by itself. */
const slowly = (x: NdArray, y: NdArray, { contract, batch }: Dot): NdArray => {
  const free = (z: NdArray, side: 0 | 1): readonly number[] => without([...z.shape.keys()], [...contract[side], ...batch[side]])
  const groups = [batch[0].map((axis) => x.shape[axis]), free(x, 0).map((axis) => x.shape[axis]), free(y, 1).map((axis) => y.shape[axis])]
  const shape = groups.flat()
  const depth = contract[0].map((axis) => x.shape[axis])
  const [a, b] = [x.toTypedArray(), y.toTypedArray()]
  const at = (z: NdArray, axes: readonly number[], index: readonly number[]): number =>
    axes.reduce((sum, axis, i) => sum + index[i] * stridesOf(z.shape)[axis], 0)
  const unravel = (i: number, sizes: Shape): readonly number[] =>
    stridesOf(sizes).map((stride, axis) => Math.floor(i / stride) % sizes[axis])
  return generate(x.dtype, shape, (i) => {
    const index = unravel(i, shape)
    const shared = index.slice(0, groups[0].length)
    const left = at(x, batch[0], shared) + at(x, free(x, 0), index.slice(groups[0].length))
    const right = at(y, batch[1], shared) + at(y, free(y, 1), index.slice(groups[0].length + groups[1].length))
    let sum = 0n
    let real = 0
    for (let k = 0; k < sizeOf(depth); k++) {
      const along = unravel(k, depth)
      const [p, q] = [a[left + at(x, contract[0], along)], b[right + at(y, contract[1], along)]]
      if (x.dtype === 'float64') real += p * q
      else sum += BigInt(p) * BigInt(q)
    }
    if (x.dtype === 'float64') return real
    return x.dtype === 'bool' ? Number(sum > 0n) : Number(BigInt.asIntN(32, sum))
  })
}

const dots: readonly (readonly [name: string, Dot])[] = [
  ['matrices', { lhs: [5, 7], rhs: [7, 6], contract: [[1], [0]], batch: [[], []] }],
  ['larger than a block', { lhs: [9, 300], rhs: [300, 270], contract: [[1], [0]], batch: [[], []] }],
  ['both transposed', { lhs: [7, 5], rhs: [6, 7], contract: [[0], [1]], batch: [[], []] }],
  ['matrix and vector', { lhs: [5, 300], rhs: [300], contract: [[1], [0]], batch: [[], []] }],
  ['transposed matrix and vector', { lhs: [300, 5], rhs: [300], contract: [[0], [0]], batch: [[], []] }],
  ['vector and matrix', { lhs: [5], rhs: [5, 6], contract: [[0], [0]], batch: [[], []] }],
  ['vectors', { lhs: [5], rhs: [5], contract: [[0], [0]], batch: [[], []] }],
  ['outer', { lhs: [3, 2], rhs: [4], contract: [[], []], batch: [[], []] }],
  ['batch in the middle, two contracted, crossed', { lhs: [3, 2, 4, 5], rhs: [5, 4, 3, 2], contract: [[0, 3], [2, 0]], batch: [[1], [3]] }],
  ['batches alone', { lhs: [3, 2], rhs: [2, 3], contract: [[], []], batch: [[1, 0], [0, 1]] }],
  ['scalars', { lhs: [], rhs: [], contract: [[], []], batch: [[], []] }],
  ['nothing to sum', { lhs: [3, 0], rhs: [0, 4], contract: [[1], [0]], batch: [[], []] }],
  ['no rows', { lhs: [0, 3], rhs: [3, 4], contract: [[1], [0]], batch: [[], []] }]
]

describe('dotGeneral', () => {
  const elements: Readonly<Partial<Record<DType, (i: number) => number>>> = {
    float64: (i) => noise(1, i),
    int32: (i) => Math.trunc(noise(2, i) * 2 ** 31),
    uint32: (i) => Math.trunc(noise(2, i) * 2 ** 31),
    int8: (i) => Math.trunc(noise(3, i) * 127),
    bool: (i) => Number(noise(4, i) > 0.5)
  }
  test.for(dots)('%s', ([name, options]) => {
    for (const [dtype, element] of Object.entries(elements) as readonly [DType, (i: number) => number][]) {
      const [x, y] = [generate(dtype, options.lhs, element), generate(dtype, options.rhs, (i) => element(i + 1000))]
      const expected = slowly(x, y, options)
      for (const [how, run] of ways) {
        const got = run((a: NdArray, b: NdArray) => dotGeneral(a, b, { contract: options.contract, batch: options.batch }))(x, y)
        if (dtype === 'float64') close(`${name}, ${how}`, got, expected, 1e-13)
        else sameBits(`${name} ${dtype}, ${how}`, got, expected)
      }
    }
  })

  test('sums float32 in more than float32', () => {
    const x = generate('float32', [4096], (i) => (i % 2 === 0 ? 1 : 1e-4))
    const exact = 2048 + 2048 * Math.fround(1e-4) ** 2
    expect(dot(x, x).item()).toBe(Math.fround(exact))
  })

  test('preferredElementType widens the sums', () => {
    const x = arrayOf('int8', [2], [100, 100])
    expect(dot(x, x).item()).toBe(32)
    expect(dot(x, x, { preferredElementType: 'int32' }).item()).toBe(20000)
    expect(dot(x, x, { preferredElementType: 'float32' }).dtype).toBe('float32')
    const [out, pullback] = vjp((y: NdArray) => dot(y, f32([3, 4]), { preferredElementType: 'float64' }))(f32([1, 2]))
    sameBits('cotangent', pullback(arrayOf('float64', [], [out.item()]))[0], f32([33, 44]))
  })

  test('every operand may be mapped, or both', () => {
    const options = { contract: [[1], [0]], batch: [[0], [2]] } as const
    const f = (x: NdArray, y: NdArray): NdArray => dotGeneral(x, y, options)
    const [x, y] = [generate('float64', [2, 3, 4], (i) => noise(5, i)), generate('float64', [3, 5, 2], (i) => noise(6, i))]
    const [xs, ys] = [stackAt([x, dotGeneral(x, f64(2))], 0), stackAt([y, dotGeneral(y, f64(3))], 0)]
    for (const axes of [[0, null], [null, 0], [0, 0]] as const) {
      const got = vmap(f, { in: axes })(axes[0] === null ? x : xs, axes[1] === null ? y : ys)
      const expected = [0, 1].map((i) => f(axes[0] === null ? x : sliceAt(xs, 0, i), axes[1] === null ? y : sliceAt(ys, 0, i)))
      close(String(axes), got, stackAt(expected, 0), 1e-13)
    }
  })

  test('errors', () => {
    const x = generate('float32', [2, 3], (i) => i)
    expect(() => dotGeneral(x, x, { contract: [[1], [0]] })).toThrow(
      'dotGeneral: expected contracting sizes to agree (axis 1 of lhs, 0 of rhs), got float32[2,3] and float32[2,3]'
    )
    expect(() => dotGeneral(x, x, { contract: [[0, 1], [0]] })).toThrow(ShapeError)
    expect(() => dotGeneral(x, x, { contract: [[1], [1]], batch: [[1], [1]] })).toThrow(ShapeError)
    expect(() => dotGeneral(x, i32([1, 2]), { contract: [[0], [0]] })).toThrow(DTypeError)
    expect(() => dot(x, x)).toThrow(ShapeError)
    expect(() => dot(f64([1]), f64([1]), { preferredElementType: 'float32' })).toThrow(DTypeError)
  })
})

describe.each(ways)('JAX agrees on, %s', (_, run) => {
  test.for(golden<ConvOptions>('conv').map((c) => [c.name, c] as const))('%s', ([, { args, params, out, cotangent, grad }]) => {
    const f = (a: NdArray, b: NdArray): NdArray => convGeneralDilated(a, b, params)
    same('value', run(f)(args[0], args[1]), out)
    const [x, w] = run((a: NdArray, b: NdArray, ct: NdArray) => vjp(f)(a, b)[1](ct))(args[0], args[1], cotangent)
    same('image', x, grad[0])
    same('kernel', w, grad[1])
  })
})

describe('convolution', () => {
  const x = generate('float64', [4, 4, 5, 6], (i) => noise(7, i))

  test.for([
    ['plain', { padding: 'SAME' }, [3, 4, 2, 3]],
    ['feature groups', { featureGroupCount: 2, windowStrides: [2, 1] }, [4, 2, 2, 3]],
    ['batch groups', { batchGroupCount: 2, rhsDilation: [2, 1] }, [4, 4, 2, 3]],
    ['other layouts', { dimensionNumbers: ['CHNW', 'IHOW', 'HNCW'] }, [4, 2, 3, 3]]
  ] as const)('may be mapped over either operand: %s', ([name, options, shape]) => {
    const f = (a: NdArray, b: NdArray): NdArray => convGeneralDilated(a, b, options)
    const kernel = generate('float64', shape, (i) => noise(8, i))
    const [xs, ks] = [x, kernel].map((a) => stackAt([a, dotGeneral(a, f64(2)), dotGeneral(a, f64(-3))], 0))
    for (const [a, b] of [[xs, null], [null, ks], [xs, ks]] as const) {
      const got = vmap(f, { in: [a === null ? null : 0, b === null ? null : 0] })(a ?? x, b ?? kernel)
      const expected = [0, 1, 2].map((i) => f(a === null ? x : sliceAt(a, 0, i), b === null ? kernel : sliceAt(b, 0, i)))
      close(name, got, stackAt(expected, 0), 1e-13)
    }
  })

  test('wraps integers', () => {
    const image = arrayOf('int8', [1, 1, 3], [100, 100, 1])
    sameBits('int8', conv(image, arrayOf('int8', [1, 1, 2], [1, 1]), [1], 'VALID'), arrayOf('int8', [1, 1, 2], [-56, 101]))
  })

  test('convTranspose with transposeKernel is the transpose of conv', () => {
    const kernel = generate('float64', [3, 3, 2, 4], (i) => noise(11, i))
    for (const padding of ['SAME', 'VALID'] as const) {
      for (const stride of [1, 2, 3]) {
        const forward = (image: NdArray): NdArray =>
          convGeneralDilated(image, kernel, { windowStrides: [stride, stride], padding, dimensionNumbers: ['NHWC', 'HWIO', 'NHWC'] })
        const size = padding === 'SAME' ? 2 * stride : stride + 3
        const image = generate('float64', [1, size, size, 2], (i) => noise(12, i))
        const [out, pullback] = vjp(forward)(image)
        const got = convTranspose(out, kernel, [stride, stride], padding, { transposeKernel: true })
        close(`${padding} ${stride}`, got, pullback(out)[0], 1e-13)
      }
    }
  })

  test('errors', () => {
    const w = generate('float64', [4, 2, 2, 3], (i) => noise(9, i))
    expect(() => conv(x, w, [1, 1], 'VALID')).toThrow('as many input features as the kernel has')
    expect(() => convGeneralDilated(x, w, { featureGroupCount: 2, padding: 'SAME', lhsDilation: [2, 2] })).toThrow(ArgumentError)
    expect(() => convGeneralDilated(x, w, { featureGroupCount: 2, windowStrides: [1] })).toThrow(ShapeError)
    expect(() => convGeneralDilated(x, w, { featureGroupCount: 3 })).toThrow(ShapeError)
    expect(() => convGeneralDilated(x, w, { featureGroupCount: 2, batchGroupCount: 2 })).toThrow(ArgumentError)
    expect(() => convGeneralDilated(x, w, { dimensionNumbers: ['NCHW', 'OIHX', 'NCHW'] })).toThrow(ArgumentError)
    expect(() => conv(x, f64([1]), [1, 1], 'VALID')).toThrow(ShapeError)
  })
})
