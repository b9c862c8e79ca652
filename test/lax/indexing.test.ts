import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { dataOf, fromList, wrap } from '../../src/array/ndarray.js'
import type { NdArray, NestedList } from '../../src/core/array.js'
import { allocate, isFloat, type DType } from '../../src/core/dtype.js'
import type { Shape } from '../../src/core/shape.js'
import { dynamicIndexInDim, dynamicSlice, dynamicSliceInDim, dynamicUpdateIndexInDim, dynamicUpdateSlice } from '../../src/lax/indexed/dynamic.js'
import { gather, scatterAdd, type GatherOptions, type ScatterOptions } from '../../src/lax/indexed/gather.js'
import { scatter, scatterMax, scatterMin, scatterMul } from '../../src/lax/indexed/scatter.js'
import { sliceInDim } from '../../src/lax/movement/slice.js'
import { jvp } from '../../src/transform/forward.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { ways } from '../support/ways.js'

type Item = number | string

interface Golden {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: readonly Item[]
}

interface Case {
  readonly name: string
  readonly fn: string
  readonly args: readonly Golden[]
  readonly params: Omit<GatherOptions & ScatterOptions, 'mode'> & {
    readonly mode: 'clip' | 'fill' | 'promise'
    readonly startIndices: readonly number[]
  }
  readonly out: Golden
  readonly cotangent?: Golden
  readonly grad?: readonly Golden[]
}

const cases = JSON.parse(readFileSync(new URL('../golden/gather.json', import.meta.url), 'utf8')) as readonly Case[] // our own file

const array = ({ dtype, shape, data }: Golden): NdArray => {
  const elements = allocate(dtype, data.length)
  data.forEach((item, i) => (elements[i] = Number(item)))
  return wrap({ shape, dtype, weak: false }, elements)
}

const close = (x: NdArray, golden: Golden): void => {
  expect([x.dtype, x.shape]).toEqual([golden.dtype, golden.shape])
  const expected = dataOf(array(golden))
  const wrong = [...dataOf(x)].filter((value, i) => !(Math.abs(value - expected[i]) < 1e-12 || Object.is(value, expected[i])))
  expect(wrong).toEqual([])
}

const scatters = { scatter, scatterAdd, scatterMul, scatterMin, scatterMax }

const call = ({ fn, params }: Case, xs: readonly NdArray[]): NdArray => {
  const { startIndices, sliceSizes } = params
  if (fn === 'dynamicSlice') return dynamicSlice(xs[0], startIndices, sliceSizes)
  if (fn === 'dynamicUpdateSlice') return dynamicUpdateSlice(xs[0], xs[1], startIndices)
  const options = { ...params, mode: params.mode === 'promise' ? 'promise_in_bounds' as const : params.mode }
  if (fn === 'gather') return gather(xs[0], xs[1], options)
  return scatters[fn as keyof typeof scatters](xs[0], xs[1], xs[2], options)
}

const ours = cases.filter(({ fn }) => fn === 'gather' || fn in scatters || fn.startsWith('dynamic'))

describe.each(ways)('JAX agrees on, %s', (_, run) => {
  test.for(ours.map((c) => [c.name, c] as const))('%s', ([, c]) => {
    const args = c.args.map(array)
    close(run((xs: readonly NdArray[]) => call(c, xs))(args), c.out)
    const { cotangent, grad } = c
    if (cotangent === undefined || grad === undefined) return
    const floats = args.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []))
    const f = (...xs: readonly NdArray[]): NdArray => call(c, args.map((x, i) => (floats.includes(i) ? xs[floats.indexOf(i)] : x)))
    const pull = run((xs: readonly NdArray[], ct: NdArray) => vjp(f)(...xs)[1](ct))
    pull(floats.map((i) => args[i]), array(cotangent)).forEach((ct, i) => close(ct, grad[i]))
  })
})

const numbers = (list: NestedList, dtype: DType = 'float64'): NdArray => fromList('array', list, dtype)
const ramp = (shape: Shape, dtype: DType = 'float64'): NdArray =>
  array({ dtype, shape, data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 7) % 11 - 3) })

type Op = (...xs: readonly NdArray[]) => NdArray
type Row = readonly [name: string, f: Op, operands: readonly NdArray[]]

/** An array of the type of another. */
const withData = (x: NdArray, data: readonly number[]): NdArray => array({ dtype: x.dtype, shape: x.shape, data })

const rows: Omit<ScatterOptions, 'mode'> = { updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
const wholeRows: GatherOptions = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0], sliceSizes: [1, 4] }
const windows: Omit<GatherOptions, 'mode'> = { offsetDims: [0, 2], collapsedSliceDims: [], startIndexMap: [1, 0], sliceSizes: [2, 2] }
const stepped: Omit<GatherOptions, 'mode'> = {
  offsetDims: [], collapsedSliceDims: [1], startIndexMap: [1], operandBatchingDims: [0], startIndicesBatchingDims: [1], sliceSizes: [1, 1]
}
const steppedBack: Omit<ScatterOptions, 'mode'> = {
  updateWindowDims: [], insertedWindowDims: [1], scatterDimsToOperandDims: [1], operandBatchingDims: [0], scatterIndicesBatchingDims: [1]
}

const at = numbers([[[0], [5]], [[2], [2]]], 'int32')
const pairs = numbers([[[0, 1], [2, -1]], [[1, 1], [9, 0]]], 'int32')
const columns = numbers([[[[1], [3]], [[0], [3]]], [[[2], [2]], [[-4], [1]]]], 'int32')
const i0 = numbers([2, -1], 'int32')
const i1 = numbers([1, 7], 'int8')

/** Operations with operands that have a leading axis of two examples each. */
const operations: readonly Row[] = [
  ...(['fill', 'clip'] as const).flatMap((mode): readonly Row[] => [
    [`gather windows ${mode}`, (x, i) => gather(x, i, { ...windows, mode, fillValue: 0.5 }), [ramp([2, 3, 4]), pairs]],
    [`gather stepped ${mode}`, (x, i) => gather(x, i, { ...stepped, mode, fillValue: 0.5 }), [ramp([2, 2, 4]), columns]],
    [`scatterAdd stepped ${mode}`, (x, i, u) => scatterAdd(x, i, u, { ...steppedBack, mode }), [ramp([2, 2, 4]), columns, ramp([2, 2, 2])]],
    ...Object.entries(scatters).map(([name, f]): Row =>
      [`${name} rows ${mode}`, (x, i, u) => f(x, i, u, { ...rows, mode }), [ramp([2, 3, 4]), at, ramp([2, 2, 4])]])
  ]),
  ['dynamicSlice', (x, i, j) => dynamicSlice(x, [i, j], [2, 3]), [ramp([2, 3, 4]), i0, i1]],
  ['dynamicUpdateSlice', (x, u, i, j) => dynamicUpdateSlice(x, u, [i, j]), [ramp([2, 3, 4]), ramp([2, 2, 3]), i0, i1]]
]

const subsets = (n: number): readonly (readonly boolean[])[] =>
  Array.from({ length: 2 ** n - 1 }, (_, k) => Array.from({ length: n }, (__, i) => ((k + 1) >> i) % 2 === 1))

test.for(operations)('vmap of %s is a loop', ([, f, xs]) => {
  const examples = xs.map((x) => [...x])
  for (const batched of subsets(xs.length)) {
    const mapped = vmap(f, { in: batched.map((b) => (b ? 0 : null)) })(...xs.map((x, k) => (batched[k] ? x : examples[k][0])))
    const loop = [0, 1].map((n) => f(...examples.map((x, k) => x[batched[k] ? n : 0])).toList())
    expect(mapped.toList()).toEqual(loop)
  }
})

/** A value that depends on all elements of an array. */
const weigh = (y: NdArray, weights: NdArray): number => [...dataOf(y)].reduce((sum, value, i) => sum + value * dataOf(weights)[i], 0)

test.for(operations.filter(([name]) => !name.startsWith('scatterMul')))('%s: jvp is the difference, vjp its adjoint', ([, f, batch]) => {
  const xs = batch.map((x) => [...x][1])
  const floats = xs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []))
  const g: Op = (...ys) => f(...xs.map((x, i) => (floats.includes(i) ? ys[floats.indexOf(i)] : x)))
  // Irrational primals: no ties.
  const primals = floats.map((i) => withData(xs[i], [...dataOf(xs[i])].map((x, k) => x + Math.sqrt(k + i + 2))))
  const tangents = primals.map((x, n) => withData(x, [...dataOf(x)].map((_, k) => Math.cos(k + 5 * n))))
  const moved = (h: number): readonly NdArray[] =>
    primals.map((x, n) => withData(x, [...dataOf(x)].map((v, k) => v + h * dataOf(tangents[n])[k])))
  const [y, dy] = jvp(g)(primals, tangents)
  const [plus, minus] = [g(...moved(1e-6)), g(...moved(-1e-6))]
  dataOf(dy).forEach((d, k) => expect(d).toBeCloseTo((dataOf(plus)[k] - dataOf(minus)[k]) / 2e-6, 6))
  const ct = withData(y, [...dataOf(y)].map((_, k) => Math.sin(k + 1)))
  const [, pullback] = vjp(g)(...primals)
  const adjoint = pullback(ct).reduce((sum, grad, n) => sum + weigh(grad, tangents[n]), 0)
  expect(adjoint).toBeCloseTo(weigh(dy, ct), 9)
})

describe('indices', () => {
  const x = ramp([3, 4])

  test('of any integer dtype', () => {
    const row = sliceInDim(x, 2, 3).toList()
    for (const dtype of ['int8', 'uint8', 'int32', 'uint32'] as const) {
      expect(dynamicSliceInDim(x, numbers(2, dtype), 1).toList()).toEqual(row)
      expect(gather(x, numbers([[2]], dtype), wholeRows).toList()).toEqual(row)
    }
  })

  test('that are negative count from the end of dynamic slices, traced ones too', () => {
    const last = (i: NdArray): NdArray => dynamicIndexInDim(x, i, 0, false)
    expect(vmap(last)(numbers([-1, -3, -9, 1], 'int8')).toList()).toEqual([2, 0, 0, 1].map((i) => [...x][i].toList()))
    expect(dynamicUpdateIndexInDim(numbers([0, 0, 0]), numbers(5), -1).toList()).toEqual([0, 0, 5])
  })

  test('of a scatter that repeat: the last update stays', () => {
    const points: ScatterOptions = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
    const set = (a: NdArray, u: NdArray): NdArray => scatter(a, numbers([[1], [1]], 'int32'), u, points)
    expect(set(numbers([0, 0]), numbers([5, 6])).toList()).toEqual([0, 6])
    const [, pullback] = vjp(set)(numbers([0, 0]), numbers([5, 6]))
    expect(pullback(numbers([3, 4])).map((grad) => grad.toList())).toEqual([[3, 0], [0, 4]])
  })

  test('of no windows, or of empty ones', () => {
    const none = array({ dtype: 'int32', shape: [0, 1], data: [] })
    expect(gather(x, none, wholeRows).shape).toEqual([0, 4])
    expect(scatterAdd(x, none, ramp([0, 4]), rows).toList()).toEqual(x.toList())
    expect(dynamicSlice(x, [1, 1], [0, 2]).shape).toEqual([0, 2])
  })

  test('sums of many float32 updates are rounded once', () => {
    const indices = array({ dtype: 'int32', shape: [10000, 1], data: new Array<number>(10000).fill(0) })
    const updates = array({ dtype: 'float32', shape: [10000], data: new Array<number>(10000).fill(0.1) })
    const points: ScatterOptions = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
    expect(scatterAdd(numbers([0], 'float32'), indices, updates, points).item()).toBe(Math.fround(10000 * Math.fround(0.1)))
  })
})

describe('mistakes', () => {
  const x = ramp([3, 4])
  const one = numbers([[1]], 'int32')

  test.for<readonly [Partial<Record<keyof GatherOptions | 'axis', unknown>>, string]>([
    [{ offsetDims: [2] }, 'gather: expected offsetDims ascending and below 2, got [2]'],
    [{ collapsedSliceDims: [] }, 'offsetDims, collapsedSliceDims and operandBatchingDims with 2 axes together, got 1, 0, 0'],
    [{ startIndexMap: [0, 1] }, 'startIndexMap with 1 axes, one for each component of an index vector, got [0, 1]'],
    [{ startIndexMap: [2] }, 'startIndexMap with distinct axes below 2'],
    [{ sliceSizes: [2, 4] }, 'a window size from 1 to 1 along axis 0, got 2'],
    [{ sliceSizes: [1, 5] }, 'a window size from 0 to 4 along axis 1, got 5'],
    [{ sliceSizes: [1] }, 'a window size for each of 2 axes'],
    [{ operandBatchingDims: [0] }, 'operandBatchingDims disjoint from collapsedSliceDims and startIndexMap'],
    [{ mode: 'wrap' }, "gather: expected a mode 'clip', 'fill' or 'promise_in_bounds', got wrap"],
    [{ axis: 1 }, 'the unknown option "axis"']
  ])('gather with %o', ([wrong, message]) => {
    expect(() => gather(x, one, { ...wholeRows, ...wrong } as GatherOptions)).toThrow(message) // wrong on purpose
  })

  test('scatter and dynamic slices', () => {
    expect(() => gather(x, numbers([[1]]), wholeRows)).toThrow('gather: expected integer indices, got float64[1,1]')
    expect(() => scatterAdd(x, one, ramp([1, 3, 1]), rows)).toThrow('scatterAdd: expected updates of shape [1,3], got float64[1,3,1]')
    expect(() => scatterAdd(x, one, ramp([1, 4], 'float32'), rows)).toThrow('an operand and updates of one dtype')
    expect(() => scatterAdd(x, one, ramp([1, 5]), rows)).toThrow('a window size from 0 to 4 along axis 1, got 5')
    expect(() => scatterMul(numbers([[true]], 'bool'), one, numbers([[true]], 'bool'), rows)).toThrow('numbers, not booleans')
    expect(() => jvp((u: NdArray) => scatterMul(x, one, u, rows))([ramp([1, 4])], [ramp([1, 4])])).toThrow('uniqueIndices: true')
    expect(() => dynamicSlice(x, [0, 0], [3, 5])).toThrow('dynamicSlice: expected sizes that fit float64[3,4], got [3, 5]')
    expect(() => dynamicSlice(x, [0], [1])).toThrow('a start index for each of 2 axes, got 1 of them')
    expect(() => dynamicSlice(x, [0, 0.5], [1, 1])).toThrow('an integer start index, got 0.5')
    expect(() => dynamicSlice(x, [numbers(0), 0], [1, 1])).toThrow('integer start indices, got float64[]')
    expect(() => dynamicUpdateSlice(x, ramp([4, 4]), [0, 0])).toThrow('sizes that fit')
    expect(() => dynamicUpdateIndexInDim(x, ramp([2, 4]), 0)).toThrow('an update of size 1 along axis 0')
  })
})
