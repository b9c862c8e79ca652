import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { byteSize, dtypes, isFloat, maxValue, minValue, type DType } from '../../src/core/dtype.js'
import type { Shape } from '../../src/core/shape.js'
import { bind } from '../../src/core/trace.js'
import { jit, lax } from '../../src/index.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { simplify } from '../../src/ir/passes.js'
import { stage } from '../../src/ir/stage.js'
import { drawing } from '../support/arbitrary.js'
import { arrayOf, generate } from '../support/arrays.js'
import { sameBits } from '../support/close.js'
import { hosted } from '../support/hosted.js'
import { interpreted } from '../support/interpreted.js'
import { print } from '../support/print.js'
import { ulp } from '../support/ulp.js'
import { elementwise } from '../laws/rows/elementwise.js'
import type { Subject } from '../laws/row.js'
import { subjects } from '../laws/table.js'

/*
 * Every elementwise operation on every pair of special values, in every dtype that it has: as a long vector, as vectors of one to nine
 * elements, whose last lanes are none, and in a scan. Then everything else that has to say something about NaN, infinities, signed zeros,
 * subnormal numbers and integers that wrap around.
 */

type Arrays = readonly NdArray[]
type Program = (xs: Arrays) => Arrays

const ofFloats = (dtype: DType): readonly number[] => {
  const [least, normal, most, half] = dtype === 'float32'
    ? [2 ** -149, 2 ** -126, (2 - 2 ** -23) * 2 ** 127, 2 ** -24]
    : [5e-324, 2 ** -1022, Number.MAX_VALUE, 2 ** -53]
  const sizes = [
    0, least, normal - least, normal, half, 0.5 - half, 0.5, 1 - half, 1, 1 + 2 * half, 1.5, 2, 2.5, 3, Math.PI / 2, 88.8, 104, 127.5,
    128.5, 255.5, 710, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 1 / half, most, Infinity
  ]
  return [...sizes, ...sizes.map((x) => -x), NaN]
}

const ofIntegers = (dtype: DType): readonly number[] => {
  const [least, most] = [minValue(dtype), maxValue(dtype)]
  const near = [0, 1, 2, 3, 7, 8, 9, 31, 32, 33, 127, 128, 255, 256, 46341, 65535, 65536]
  const all = [least, least + 1, ...near, ...near.map((x) => -x), most - 1, most]
  return [...new Set(all.filter((x) => x >= least && x <= most))]
}

const special = (dtype: DType): readonly number[] => (dtype === 'bool' ? [0, 1] : isFloat(dtype) ? ofFloats(dtype) : ofIntegers(dtype))

/** Operands with every combination of special values, at least ten of them. */
const combinations = (of: readonly DType[]): Arrays => {
  const lists = of.map(special)
  const count = lists.reduce((product, list) => product * list.length, 1)
  const length = Math.max(count, 10)
  let stride = 1
  return lists.map((list, k) => {
    const step = stride
    stride *= list.length
    return generate(of[k], [length], (i) => list[Math.floor(i / step) % list.length])
  })
}

const lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9]

/** The operation on whole vectors, on pieces of them, and step by step on rows of seven. */
const everywhere = (apply: Program): Program => (xs) => {
  const [{ size }] = xs
  const piece = (x: NdArray, length: number): NdArray => {
    const from = (7 * length) % (size - length + 1)
    return lax.slice(x, [from], [from + length])
  }
  const pieces = lengths.flatMap((length) => apply(xs.map((x) => piece(x, length))))
  const rows = Math.floor(size / 7)
  const stacked = xs.map((x) => lax.reshape(lax.slice(x, [0], [7 * rows]), [rows, 7]))
  const steps = lax.scan((n: NdArray, row: Arrays) => [n, apply(row)] as const, lax.full([], 0, 'int32'), stacked)[1]
  return [...apply(xs), ...pieces, ...steps]
}

/** Operations that are rounded once, or not at all. */
const exact: ReadonlySet<string> = new Set([
  'add', 'add_any', 'sub', 'mul', 'div', 'rem', 'neg', 'abs', 'sign', 'square', 'sqrt', 'max', 'min', 'ceil', 'floor', 'round', 'nextafter',
  'is_finite', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'stop_gradient'
])

const text = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))

/** Runs a program compiled, all of it, and as the reference computes it. */
const both = (f: Program, xs: Arrays): readonly [got: Arrays, want: Arrays] => {
  const { jaxpr, captured } = stage(f, xs.map(({ aval }) => aval))
  expect(hosted(simplify(jaxpr))).toEqual([])
  return [jit((...given: Arrays) => f(given))(...xs), interpreted(() => evaluate(jaxpr, [...captured, ...xs]))]
}

/** To the bit, or so many units in the last place; zeros, infinities and NaN are what they are in the reference. */
const agree = (what: string, got: NdArray, want: NdArray, bound: number, operandsAt: (i: number) => string): void => {
  expect([got.dtype, got.shape], what).toEqual([want.dtype, want.shape])
  const [a, b] = [got.toTypedArray(), want.toTypedArray()]
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i]) || (a[i] !== 0 && b[i] !== 0 && Math.abs(a[i] - b[i]) <= bound * ulp(b[i], want.dtype))) continue
    throw new Error(`${what}: compiled ${text(a[i])}, reference ${text(b[i])}${operandsAt(i)}`)
  }
}

interface Application {
  readonly what: string
  readonly name: string
  readonly operands: readonly DType[]
  readonly apply: Program
}

/** How often a row is asked what its operands and params may be. */
const asked = 40

/** The ways in which an operation of the table can be applied. */
const applicationsOf = ({ primitive, row }: Subject): readonly Application[] => {
  const found = new Map<string, Application>()
  for (const dtype of row.dtypes) {
    for (const { operands, params } of fc.sample(row.examples(drawing(dtype, true)), { seed: 1, numRuns: asked })) {
      const types = operands.map((x) => x.dtype)
      const what = `${primitive.name} of ${types.join(' and ')}${Object.keys(params).length === 0 ? '' : ` ${print(params)}`}`
      found.set(what, { what, name: primitive.name, operands: types, apply: (xs) => bind(primitive, xs, params) })
    }
  }
  return [...found.values()]
}

const applications = subjects.filter(({ primitive }) => primitive.name in elementwise).flatMap(applicationsOf)

/** Those that are interpreted. */
const leftOut: ReadonlySet<string> = new Set(['lgamma', 'digamma', 'polygamma'])

describe('elementwise operations', () => {
  test.each(applications.filter(({ name }) => !leftOut.has(name)))('$what', ({ what, name, operands, apply }) => {
    const xs = combinations(operands)
    const [got, want] = both(everywhere(apply), xs)
    const datas = xs.map((x) => x.toTypedArray())
    const operandsAt = (k: number) => (i: number): string =>
      (k === 0 ? ` of ${datas.map((data) => text(data[i])).join(' and ')}` : ` in result ${k}`)
    want.forEach((y, k) => agree(what, got[k], y, exact.has(name) ? 0 : 5, operandsAt(k)))
  })

  test.each(dtypes)('%s or zero', (dtype) => {
    const xs = combinations(['bool', dtype])
    const zeros = isFloat(dtype) ? [0, -0] : [0]
    const [got, want] = both(everywhere(([which, x]) => zeros.flatMap((zero) => {
      const none = lax.full(x.shape, zero, dtype)
      return [lax.select(which, x, none), lax.select(which, none, x)]
    })), xs)
    want.forEach((y, k) => sameBits(`result ${k}`, got[k], y))
  })

  test.each(dtypes)('conversions of %s, and there and back again', (dtype) => {
    const xs = combinations([dtype])
    const [got, want] = both(everywhere(([x]) => dtypes.flatMap((to) => {
      const y = lax.convertElementType(x, to)
      return [y, lax.convertElementType(y, dtype)]
    })), xs)
    want.forEach((y, k) => sameBits(`result ${k}`, got[k], y))
  })

  test.each(dtypes)('choices among %s', (dtype) => {
    const [x, y] = combinations([dtype, dtype])
    const more = generate('int32', x.shape, (i) => (i % 5) - 1)
    const [got, want] = both(everywhere(([a, b, c]) => [
      lax.select(lax.gt(a, b), a, b), lax.selectN(lax.ne(a, b), a, b),
      ...(dtype === 'bool' ? [] : [lax.clamp(a, b, a), lax.clamp(b, a, a), lax.clamp(1, a, 2), lax.selectN(c, a, b, a)])
    ]), [x, y, more])
    want.forEach((z, k) => sameBits(`result ${k}`, got[k], z))
  })
})

/** Small numbers whose sums are exact in any order, with NaN, infinities and zeros of both signs here and there. */
const sprinkled = (dtype: DType, shape: Shape, seed: number): NdArray => {
  const rare = [NaN, Infinity, -Infinity, -0, 0, -0]
  return generate(dtype, shape, (i) => {
    const die = (Math.imul(i + 31 * seed + 1, 0x9e3779b1) >>> 8) % 64
    if (dtype === 'bool') return die % 2
    if (!isFloat(dtype)) return die % 5 === 0 ? special(dtype)[die % special(dtype).length] : die - 20
    return die < rare.length ? rare[die] : (die - 32) / 4
  })
}

/** The same, with lines of nothing but one special value too. */
const lines = (dtype: DType, length: number): NdArray => {
  const all = special(dtype)
  const mixed = sprinkled(dtype, [16, length], length).toTypedArray()
  const data = [...Array.from({ length: all.length * length }, (_, i) => all[Math.floor(i / length)]), ...mixed]
  return arrayOf(dtype, [all.length + 16, length], data)
}

describe('lines of special values', () => {
  const reductions = {
    sum: lax.reduceSum, max: lax.reduceMax, min: lax.reduceMin, and: lax.reduceAnd, or: lax.reduceOr, xor: lax.reduceXor
  }
  const runs = { cumsum: lax.cumsum, cummax: lax.cummax, cummin: lax.cummin }
  const bits: ReadonlySet<string> = new Set(['and', 'or', 'xor'])

  test.each(dtypes)('%s, reduced along either axis, in a scan too', (dtype) => {
    const has = (name: string): boolean => (bits.has(name) ? !isFloat(dtype) : dtype !== 'bool' || name !== 'sum')
    const own = Object.entries(reductions).filter(([name]) => has(name))
    for (const length of [...lengths, 16, 33]) {
      const x = lines(dtype, length)
      const [got, want] = both(([y]) => {
        const z = lax.transpose(y, [1, 0])
        const each = lax.scan((n: NdArray, row: NdArray) => [n, own.map(([, f]) => f(row, [0]))] as const, lax.full([], 0, 'int32'), y)[1]
        return [...own.flatMap(([, f]) => [f(y, [1]), f(z, [0]), f(z, [0, 1])]), ...each]
      }, [x])
      want.forEach((y, k) => {
        const [name] = own[k < 3 * own.length ? Math.floor(k / 3) : k - 3 * own.length]
        agree(`${name} of lines of ${length}, result ${k}`, got[k], y, name === 'sum' && isFloat(dtype) ? length : 0, (i) => ` at ${i}`)
      })
    }
  })

  test.each(dtypes.filter((dtype) => dtype !== 'bool'))('%s, in runs, sorted and ranked', (dtype) => {
    for (const length of [1, 2, 4, 7, 9, 33]) {
      const x = lines(dtype, length)
      const [got, want] = both(([y]) => [
        ...Object.values(runs).flatMap((f) => [f(y, 1), f(y, 1, true), f(y, 0)]), ...lax.topK(y, length),
        ...[0, 1].flatMap((axis) => [lax.argmax(y, axis), lax.argmin(y, axis), lax.sort(y, axis), lax.argsort(y, axis)])
      ], [x])
      want.forEach((y, k) => sameBits(`result ${k} of lines of ${length}`, got[k], y))
    }
  })

  test.each(dtypes.filter((dtype) => dtype !== 'bool'))('%s, multiplied', (dtype) => {
    const powers = (x: NdArray): NdArray => {
      const data = x.toTypedArray()
      return isFloat(dtype) ? generate(dtype, x.shape, (i) => Math.sign(data[i] || 1) * 2 ** (i % 3 - 1)) : x
    }
    for (const length of lengths) {
      const x = lines(dtype, length)
      const one = lax.full(x.shape, 1, dtype)
      const few = lax.select(lax.lt(lax.iota('int32', x.shape, 1), 2), x, one) // of many subnormal numbers the order matters
      const f: Program = ([y, z]) => [lax.reduceProd(y, [1]), lax.reduceProd(z, [1]), lax.cumprod(y, 1), lax.cumprod(z, 1, true)]
      const [got, want] = both(f, [powers(x), few])
      want.forEach((y, k) => agree(`result ${k} of lines of ${length}`, got[k], y, isFloat(dtype) ? 1 : 0, (i) => ` at ${i}`))
    }
  })
})

describe('products of special values', () => {
  const sizes = [[1, 1, 1], [2, 3, 5], [1, 40, 7], [9, 1, 4], [7, 9, 17], [16, 16, 16], [33, 65, 18]] as const

  test.each(dtypes)('%s', (dtype) => {
    for (const [m, k, n] of sizes) {
      const xs = [sprinkled(dtype, [m, k], 1), sprinkled(dtype, [k, n], 2)]
      const [got, want] = both(([x, y]) => {
        const [turned, column] = [[x, y].map((z) => lax.transpose(z, [1, 0])), lax.indexInDim(y, 0, 1, false)]
        return [lax.dot(x, y), lax.dot(x, column), lax.dotGeneral(turned[0], turned[1], { contract: [[0], [1]] })]
      }, xs)
      want.forEach((y, i) => sameBits(`${m} × ${k} × ${n}, result ${i}`, got[i], y))
    }
  })

  test.each(['float32', 'float64'] as const)('subnormal %s', (dtype) => {
    const least = special(dtype)[1]
    for (const [m, k, n] of sizes) {
      const x = generate(dtype, [m, k], (i) => least * ((i % 7) - 3))
      const y = generate(dtype, [k, n], (i) => (i % 5) - 2)
      const [got, want] = both(([a, b]) => [lax.dot(a, b), lax.reduceSum(a, [1]), lax.cumsum(a, 1)], [x, y])
      want.forEach((z, i) => sameBits(`${m} × ${k} × ${n}, result ${i}`, got[i], z))
    }
  })
})

describe('special values moved about', () => {
  test.each(dtypes)('%s keep their bits', (dtype) => {
    const [x] = combinations([dtype])
    const n = x.size
    const rows = { offsetDims: [], collapsedSliceDims: [0], startIndexMap: [0], sliceSizes: [1], mode: 'fill' } as const
    const points = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] } as const
    const at = generate('int32', [2 * n, 1], (i) => ((i * 7) % (n + 4)) - 2) // beyond the ends, and twice
    const starts = generate('int32', [4], (i) => [-3, 0, 2, n][i])
    const [got, want] = both(([y, i, s]) => {
      const [back, twice] = [lax.rev(y, [0]), lax.concatenate([y, y], 0)]
      const moved = [0, 1, 2, 3].map((k) => lax.indexInDim(s, k, 0, false))
      return [
        back, twice, lax.pad(y, 0, [[2, -1, 1]]), lax.gather(y, i, rows), lax.scatter(y, i, lax.concatenate([back, y], 0), points),
        lax.transpose(lax.reshape(twice, [2, n]), [1, 0]),
        ...moved.flatMap((start) => [lax.dynamicSlice(y, [start], [3]), lax.dynamicUpdateSlice(y, lax.slice(y, [1], [5]), [start])]),
        ...(dtype === 'bool' ? [] : [lax.bitcastConvertType(y, byteSize(dtype) === 1 ? 'uint8' : 'uint32')])
      ]
    }, [x, at, starts])
    want.forEach((y, k) => sameBits(`result ${k}`, got[k], y))
  })

  test.each(dtypes.filter((dtype) => dtype !== 'bool'))('%s written to one place again and again', (dtype) => {
    const [x] = combinations([dtype])
    const points = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] } as const
    const target = lax.full([5], 1, dtype)
    for (const places of [1, 3]) {
      const at = generate('int32', [x.size, 1], (i) => i % places)
      const f: Program = ([t, i, u]) => [lax.scatter, lax.scatterMax, lax.scatterMin].map((write) => write(t, i, u, points))
      const [got, want] = both(f, [target, at, x])
      want.forEach((y, k) => sameBits(`result ${k}`, got[k], y))
      const sums = both(([t, i, u]) => [lax.scatterAdd(t, i, u, points)], [target, at, sprinkled(dtype, x.shape, 3)])
      sameBits('sums', sums[0][0], sums[1][0])
    }
  })
})

test('there is an application of every elementwise operation', () => {
  expect([...new Set(applications.map(({ name }) => name))].sort()).toEqual(Object.keys(elementwise).sort())
})
