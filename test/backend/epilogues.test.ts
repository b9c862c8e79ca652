import { describe, expect, test } from 'vitest'
import { planned } from '../../src/backend/plan.js'
import { assemble } from '../../src/backend/wasm/assemble.js'
import { scheduled } from '../../src/backend/wasm/target.js'
import { jit, lax, makeJaxpr, nn, np, random, type DType, type NdArray } from '../../src/index.js'
import { sameBits } from '../support/close.js'
import { agree, draw } from '../support/compiled.js'
import { functionInPieces } from './cutting.js'

/** What the ends of products meet: one for each column, for each row, for each element, flags, and a greater array. */
interface Others { readonly column: NdArray; readonly row: NdArray; readonly whole: NdArray; readonly flags: NdArray; readonly wide: NdArray }

type Program = (...xs: readonly NdArray[]) => NdArray | readonly NdArray[]

type End = (y: NdArray, others: Others) => NdArray

const lastOf = ({ shape }: NdArray): readonly [rows: number, columns: number] => [shape[shape.length - 2], shape[shape.length - 1]]

/** The elements of a greater matrix from its second row and third column on. */
const window = (y: NdArray, { wide }: Others): NdArray => {
  const [rows, columns] = lastOf(y)
  return lax.slice(wide, [1, 2], [1 + rows, 2 + columns])
}

/** Whether a column is beyond a row. */
const future = (y: NdArray): NdArray => {
  const [rows, columns] = lastOf(y)
  return np.greater(np.arange(columns), np.expandDims(np.arange(rows), 1))
}

/** What may follow a product, and be its end. */
const ends: Readonly<Record<string, End>> = {
  'a bias': (y, { column }) => np.add(y, column),
  'a number for each row': (y, { row }) => np.sub(row, y),
  'a scale': (y) => np.mul(y, 0.125),
  'its negative': (y) => np.negative(y),
  'a bias and relu': (y, { column }) => nn.relu(np.add(y, column)),
  'the maximum with −0': (y) => np.maximum(y, -0),
  'a residual': (y, { whole, column }) => np.add(whole, np.add(y, column)),
  'a step of descent': (y, { whole }) => np.sub(whole, np.mul(0.1, y)),
  'flags': (y, { flags }) => np.where(flags, y, -1e9),
  'the past': (y) => np.where(future(y), -1e9, np.mul(y, 0.5)),
  'the slope of relu': (y, { whole }) => np.where(np.greater(whole, 0), y, 0),
  'bounds': (y, { row }) => np.clip(np.add(y, row), -1, 2),
  'a quotient': (y, { whole }) => np.divide(y, whole),
  'a root and a power': (y) => np.power(np.sqrt(np.abs(y)), 3),
  'itself, twice': (y) => np.mul(np.add(y, 1), np.sub(y, np.mul(y, y))),
  'its number': (y) => np.add(y, np.array(np.arange(y.shape[y.ndim - 1]), { dtype: y.dtype })),
  'part of a greater matrix': (y, others) => np.mul(y, window(y, others)),
  'its elements in one row': (y, { whole }) => np.add(np.reshape(y, [-1]), np.reshape(whole, [-1]))
}

const shapes: readonly (readonly [batch: readonly number[], rows: number, columns: number, depth: number])[] = [
  [[], 5, 22, 7], [[], 130, 64, 20], [[], 37, 50, 1], [[3], 12, 17, 64], [[2, 3], 13, 33, 5], [[], 4, 4, 40], [[], 30, 300, 130]
]

const floats: readonly DType[] = ['float32', 'float64']

const product = (x: NdArray, w: NdArray): NdArray => np.matmul(x, w)

const othersFor = (seed: number, y: readonly number[], dtype: DType): Others => {
  const [rows, columns] = y.slice(-2)
  return {
    column: draw(seed, [columns], dtype), row: draw(seed + 1, [rows, 1], dtype), whole: draw(seed + 2, y, dtype),
    flags: np.greater(draw(seed + 3, [rows, columns], dtype), 0), wide: draw(seed + 4, [rows + 3, columns + 5], dtype)
  }
}

/** Some elements are not finite, or −0. */
const odd = (x: NdArray): NdArray => {
  const values = [NaN, Infinity, -Infinity, -0, 1e-40]
  const data = x.toTypedArray().map((value, i) => (i % 7 === 3 ? values[(i / 7 | 0) % values.length] : value))
  return np.reshape(np.array(Array.from(data), { dtype: x.dtype }), x.shape)
}

/** The kernels of a program. */
const kernelsOf = (f: Program, ...xs: readonly NdArray[]): readonly string[] =>
  jit((all: readonly NdArray[]) => [f(...all)].flat()).lower(xs).schedule().kernels.map(({ kind, computes }) => `${kind} ${computes}`)

describe('what follows a product', () => {
  for (const [name, end] of Object.entries(ends)) {
    test(`and is its end: ${name}`, () => {
      for (const dtype of floats) {
        for (const [batch, rows, columns, depth] of shapes) {
          const [x, w] = [draw(1, [...batch, rows, depth], dtype), draw(2, [...batch, depth, columns], dtype)]
          const { column, row, whole, flags, wide } = othersFor(3, [...batch, rows, columns], dtype)
          const f = (p: NdArray, q: NdArray, a: NdArray, b: NdArray, c: NdArray, d: NdArray, e: NdArray): NdArray =>
            end(product(p, q), { column: a, row: b, whole: c, flags: d, wide: e })
          const args = [x, w, column, row, whole, flags, wide] as const
          const what = `${name} of ${dtype}, [${batch.join()}] ${rows}×${columns}×${depth}`
          expect(kernelsOf(f, ...args), what).toEqual([expect.stringMatching(/^product mul →sum \| /)])
          // by itself it is the same, to the bit, special values too
          const apart = jit((y: NdArray, a: NdArray, b: NdArray, c: NdArray, d: NdArray, e: NdArray) =>
            end(y, { column: a, row: b, whole: c, flags: d, wide: e }))
          for (const [p, z] of [[x, whole], [odd(x), odd(whole)]]) {
            const want = apart(jit(product)(p, w), column, row, z, flags, wide)
            sameBits(what, jit(f, { contraction: 'off' })(p, w, column, row, z, flags, wide), want)
          }
          agree(f, args, 256)
          functionInPieces(f, args, rows)
        }
      }
    })
  }

  const [x, w] = [draw(1, [60, 70], 'float32'), draw(2, [70, 40], 'float32')]

  test.each<readonly [string, (y: NdArray) => NdArray | readonly NdArray[]]>([
    ['is needed with what it is made of', (y) => [y, np.add(y, 1)]],
    ['has two results', (y) => [np.maximum(y, 0), np.greater(y, 0)]],
    ['has another type', (y) => np.greater(y, 0)],
    ['is wider', (y) => np.array(np.add(np.array(y, { dtype: 'float64' }), 1e-9), { dtype: 'float32' })],
    ['is transcendental', (y) => np.tanh(y)],
    ['is long', (y) => Array.from({ length: 60 }).reduce<NdArray>((z, _, k) => np.maximum(np.sub(z, k), y), y)],
    ['is summed up', (y) => np.sum(np.add(y, 1), { axis: 1 })],
    ['is turned round', (y) => np.add(np.flip(y, { axis: 1 }), 1)],
    ['goes backwards', (y) => np.add(y, np.flip(np.arange(40), { axis: 0 }))],
    ['is made of what the product is only part of', (y) => np.add(np.concatenate([y, y]), 1)]
  ])('is not its end, where it %s', (_, f) => {
    const kernels = kernelsOf((p, q) => f(product(p, q)), x, w)
    expect(kernels[0]).toBe('product mul →sum')
    expect(kernels.length).toBeGreaterThan(1)
  })

  test('is the end of the last one, where there are several', () => {
    const both = (p: NdArray, q: NdArray): NdArray => np.maximum(np.add(np.matmul(p, q), np.matmul(np.negative(p), q)), -1)
    const kernels = kernelsOf(both, x, w)
    expect(kernels.filter((kernel) => kernel.startsWith('product'))).toEqual(['product mul →sum', 'product mul →sum | add max'])
    agree(both, [x, w])
  })

  test('of rows in several axes is its end, if it goes by rows', () => {
    const images = draw(1, [4, 9, 70], 'float32')
    const bias = (p: NdArray, q: NdArray, b: NdArray): NdArray => np.add(np.matmul(p, q), b)
    expect(kernelsOf(bias, images, w, draw(3, [40], 'float32'))).toEqual(['product mul →sum | add'])
    expect(kernelsOf(bias, images, w, draw(3, [4, 9, 40], 'float32'))).toEqual(['product mul →sum | add'])
    expect(kernelsOf(bias, images, w, draw(3, [4, 1, 40], 'float32'))).toEqual(['product mul →sum', 'nest add'])
    for (const shape of [[40], [4, 9, 40], [4, 1, 40], [9, 40]]) agree(bias, [images, w, draw(3, shape, 'float32')])
  })

  test('is its end where that pays', () => {
    const relu = (p: NdArray, q: NdArray): NdArray => np.maximum(np.matmul(p, q), 0)
    const taken = (rows: number, columns: number, depth: number): boolean =>
      kernelsOf(relu, np.zeros([rows, depth]), np.zeros([depth, columns])).length === 1
    expect([taken(4, 40, 64), taken(3, 40, 64), taken(16, 512, 128)]).toEqual([true, false, false]) // few rows
    expect([taken(512, 17, 100), taken(512, 10, 100), taken(512, 1, 100)]).toEqual([true, false, false]) // vectors along the depth
    expect([taken(64, 64, 256), taken(64, 64, 257), taken(512, 512, 257), taken(512, 512, 513)]).toEqual([true, false, true, false]) // depth
  })
})

describe('a product with its end', () => {
  test('has no place for its sums', () => {
    const [x, w, b] = [draw(1, [64, 16], 'float32'), draw(2, [16, 64], 'float32'), draw(3, [64], 'float32')]
    const layers = jit((p: NdArray, q: NdArray, r: NdArray) =>
      np.matmul(np.maximum(np.add(np.matmul(p, q), r), 0), np.transpose(q)))
    const { kernels, buffers } = layers.lower(x, w, b).schedule()
    expect(kernels.map(({ computes }) => computes)).toEqual(['mul →sum | add max', 'mul →sum'])
    expect(buffers.filter((bytes) => bytes === 4 * 64 * 64)).toHaveLength(1)
  })

  test('is in the steps of loops, too', () => {
    const [h, w, xs] = [draw(1, [8, 32], 'float32'), np.mul(draw(2, [32, 32], 'float32'), 0.1), draw(3, [5, 8, 32], 'float32')]
    const f = (start: NdArray, q: NdArray, rows: NdArray): NdArray =>
      lax.scan((c: NdArray, x: NdArray) => [np.maximum(np.add(np.matmul(c, q), x), 0), null], start, rows)[0]
    const [{ within: [[, step]] }] = jit(f).lower(h, w, xs).schedule().kernels
    expect(step.map(({ computes }) => computes)).toContain('mul →sum | add max')
    agree(f, [h, w, xs], 256)
  })

  test('is written once for all that are alike', () => {
    const [x, w, table] = [random.normal(random.key(1), [16, 16]), random.normal(random.key(2), [16, 16]), random.normal(random.key(3), [40, 16])]
    /** The bytes of a module. */
    const sizeOf = (steps: number): number => {
      const f = (p: NdArray, q: NdArray, t: NdArray): NdArray => Array.from({ length: steps }).reduce<NdArray>((h, _, k) =>
        np.maximum(np.add(np.matmul(h, q), lax.slice(t, [k, 0], [k + 1, 16])), 0), p)
      return assemble(scheduled(planned(makeJaxpr(f)(x, w, table)).segment)).length
    }
    expect(sizeOf(20) - sizeOf(2)).toBeLessThan(18 * 150)
  })
})
