import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { aheadOf } from '../../src/backend/wasm/nests/ahead.js'
import { whereFinite } from '../../src/backend/wasm/nests/finite.js'
import type { Phase, Value } from '../../src/backend/schedule/kernel.js'
import { grad, jit, nn, np, random } from '../../src/index.js'
import { interpreted } from '../support/interpreted.js'
import { functionInPieces } from './cutting.js'

/*
 * Loops of exponentials are a step ahead, rows with infinities or NaN take another way than others, and the last loop of a row goes along
 * with the next row: no element may notice.
 */

type Row = (x: NdArray) => NdArray

const gradient: Row = (x) => grad((a: NdArray) => np.sum(np.square(nn.softmax(a))))(x)

const functions: readonly (readonly [string, Row])[] = [
  ['softmax', (x) => nn.softmax(x)],
  ['log-softmax', (x) => nn.logSoftmax(x)],
  ['the gradient of softmax', gradient],
  ['exponentials below the greatest', (x) => np.exp(np.sub(x, np.max(x, { axis: -1, keepdims: true })))],
  ['exponentials of exponentials', (x) => np.exp(np.negative(np.exp(x)))],
  ['logistic functions', (x) => nn.silu(np.sub(x, 1))],
  ['an exponential and what it is of', (x) => {
    const y = np.mul(np.add(x, 1), 2)
    return np.mul(np.exp(y), y)
  }]
]

/** Rows one below the other: plain ones, and ones with infinities, NaN, and differences at which exponentials vanish. */
const rowsOf = (width: number, dtype: 'float32' | 'float64'): readonly NdArray[] => {
  const strange: readonly (readonly number[])[] = [
    [], [Infinity], [], [], [-Infinity], [NaN], [], [Infinity, -Infinity], [-87.5, -88, -95, -103.9, -104.1, -720, -745.3, -3e38], [],
    [88, 89, 300, 710]
  ]
  const drawn = strange.map((values, k) => {
    const data = random.normal(random.key(k), [width], { dtype }).toTypedArray()
    values.forEach((value, i) => { data[(5 * i + 3) % width] = value })
    return np.array(data)
  })
  return [...drawn, np.full([width], -Infinity, { dtype }), drawn[0]]
}

const bitsOf = (x: NdArray): readonly unknown[] =>
  Array.from(x.toTypedArray(), (v) => (Number.isNaN(v) ? 'NaN' : Object.is(v, -0) ? '-0' : v))

describe.each(['float32', 'float64'] as const)('rows of %s', (dtype) => {
  test.each(functions)('%s: whatever other rows are like', (_, f) => {
    for (const width of [3, 17, 40, 1067]) {
      const rows = rowsOf(width, dtype)
      const jitted = jit(f)
      const [down, up] = [rows, rows.toReversed()].map((list) => bitsOf(jitted(np.stack(list))))
      rows.forEach((_row, k) => {
        const back = rows.length - 1 - k
        expect(down.slice(k * width, (k + 1) * width), `row ${k} of ${width}`).toEqual(up.slice(back * width, (back + 1) * width))
      })
      if (width === 40) functionInPieces(f, [np.stack(rows)], 3)
    }
  })

  test.each(functions)('%s: as the reference has it', (_, f) => {
    const [rtol, atol] = dtype === 'float32' ? [4e-6, 1e-44] : [4e-14, 1e-322]
    for (const width of [16, 67]) {
      const x = np.stack(rowsOf(width, dtype))
      const [got, expected] = [jit(f)(x).toTypedArray(), interpreted(() => f(x)).toTypedArray()]
      const scale = f === gradient ? rtol : atol // where differences of numbers about 1 may cancel
      expected.forEach((value, i) => {
        const close = Object.is(got[i], value) || Math.abs(got[i] - value) <= rtol * Math.abs(value) + scale
        expect(close, `${got[i]} at ${i} is ${value}`).toBe(true)
      })
    }
  })

  test.each([['exponentials', np.exp], ['logistic functions', nn.sigmoid]] as const)('%s in long loops have the bits of those in short ones', (_, g) => {
    const strange = [Infinity, -Infinity, NaN, -0]
    const values = Array.from({ length: 4096 }, (_, i) => (i % 7 === 0 ? strange[i % 4] : (1600 * Math.sin(i)) / (1 + (i % 13))))
    const f = (x: NdArray): NdArray => g(x)
    const short = Array.from({ length: 512 }, (_, i) => bitsOf(jit(f)(np.array(values.slice(8 * i, 8 * i + 8), { dtype }))))
    expect(bitsOf(jit(f)(np.array(values, { dtype })))).toEqual(short.flat())
  })
})

/*
 * Phases where the greatest element is finite.
 */
describe('where the greatest element is finite', () => {
  const buffer = { id: 0, dtype: 'float32', size: 64 } as const
  const [most, sum] = [{ id: 0, dtype: 'float32' }, { id: 1, dtype: 'float32' }] as const
  const load = (offset = 0): Value => ({ kind: 'load', dtype: 'float32', buffer, at: { offset, strides: [8, 1] } })
  const constant = (value: number): Value => ({ kind: 'constant', dtype: 'float32', value })
  const greatest: Value = { kind: 'register', dtype: 'float32', register: most }
  const apply = (operation: string, ...args: readonly Value[]): Value =>
    ({ kind: 'apply', dtype: operation === 'eq' || operation === 'is_finite' ? 'bool' : 'float32', operation, params: {}, args })
  const phase = (value: Value, inner = [8]): Phase =>
    ({ inner, reductions: [{ register: sum, combiner: 'add', value }], stores: [] })
  const first = (combiner: 'max' | 'min' = 'max'): Phase =>
    ({ inner: [8], reductions: [{ register: most, combiner, value: load() }], stores: [] })
  const simpler = (value: Value, earlier: Phase = first()): Value | undefined =>
    whereFinite(phase(value), [earlier])?.phase.reductions[0].value

  const below = apply('sub', load(), greatest)

  test('no element is infinite, and none lies above it', () => {
    const shifted = apply('select_n', apply('eq', load(), constant(Infinity)), below, constant(0))
    expect(simpler(apply('exp', shifted))).toEqual(apply('exp_below', below))
    expect(whereFinite(phase(shifted), [first()])?.registers).toEqual([most])
    expect(simpler(apply('select_n', apply('is_finite', greatest), constant(0), greatest))).toEqual(greatest)
  })

  test.each<readonly [string, Value, Phase]>([
    ['elements of others', apply('exp', apply('sub', load(1), greatest)), first()],
    ['the difference the other way round', apply('exp', apply('sub', greatest, load())), first()],
    ['minus infinity', apply('eq', load(), constant(-Infinity)), first()],
    ['the least', apply('exp', below), first('min')],
    ['other loops', apply('exp', below), { ...first(), inner: [7] }]
  ])('that says nothing of %s', (_, value, earlier) => {
    expect(simpler(value, earlier)).toBeUndefined()
  })

  test('values that are used again and again are looked at once', () => {
    const squared = (value: Value): Value => Array.from({ length: 60 }).reduce<Value>((x) => apply('mul', x, x), value)
    const element = (): Value => apply('add', load(), squared(greatest))
    const earlier: Phase = { inner: [8], reductions: [{ register: most, combiner: 'max', value: apply('mul', squared(load()), constant(2)) }], stores: [] }
    const again = apply('mul', squared(load()), constant(2))
    expect(simpler(apply('eq', again, constant(Infinity)), earlier)).toEqual({ kind: 'constant', dtype: 'bool', value: 0 })
    expect(aheadOf(phase(apply('exp', element())), 1)?.begun.length).toBe(1)
  })
})
