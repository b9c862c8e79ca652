import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import type { DType } from '../../src/core/dtype.js'
import { grad, jit, lax, nn, np, random, tree, vmap } from '../../src/index.js'
import { numRuns } from '../support/arbitrary.js'
import { agree, draw } from '../support/compiled.js'

type Fn = (...xs: readonly NdArray[]) => NdArray

const layouts = {
  1: [['NCW', 'OIW', 'NCW'], ['NWC', 'WIO', 'NWC'], ['CWN', 'IOW', 'WNC']],
  2: [['NCHW', 'OIHW', 'NCHW'], ['NHWC', 'HWIO', 'NHWC'], ['CHWN', 'IHWO', 'NWHC'], ['NCHW', 'HWIO', 'NHWC'], ['NHWC', 'OIHW', 'CNHW']],
  3: [['NCDHW', 'OIDHW', 'NCDHW'], ['NDHWC', 'DHWIO', 'NDHWC']]
} as const satisfies Record<number, readonly (readonly [string, string, string])[]>

interface Trial {
  readonly lhs: readonly number[]
  readonly rhs: readonly number[]
  readonly dtype: DType
  readonly options: lax.ConvOptions
}

/** Shapes by letters. */
const shaped = (letters: string, first: readonly [string, number], second: readonly [string, number], space: readonly number[]): readonly number[] => {
  const names = letters.replace(/[NCOI]/g, '').split('').toSorted().join('')
  return letters.split('').map((letter) => (letter === first[0] ? first[1] : letter === second[0] ? second[1] : space[names.indexOf(letter)]))
}

const trials = (ranks: readonly (1 | 2 | 3)[], most: number): fc.Arbitrary<Trial> => fc.constantFrom(...ranks).chain((rank) => {
  const perAxis = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> => fc.array(arb, { minLength: rank, maxLength: rank })
  return fc.record({
    letters: fc.constantFrom<readonly [string, string, string]>(...layouts[rank]),
    batch: fc.integer({ min: 1, max: 5 }), inputs: fc.integer({ min: 1, max: 6 }), outputs: fc.integer({ min: 1, max: 20 }),
    groups: fc.constantFrom(1, 1, 1, 2, 3), byBatch: fc.boolean(),
    kernel: perAxis(fc.integer({ min: 1, max: 4 })), extra: perAxis(fc.integer({ min: 0, max: most })),
    strides: perAxis(fc.constantFrom(1, 1, 2, 3)), lhsDilation: perAxis(fc.constantFrom(1, 1, 2)), rhsDilation: perAxis(fc.constantFrom(1, 1, 2)),
    padding: perAxis(fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: -1, max: 3 }))),
    dtype: fc.constantFrom<DType>('float32', 'float32', 'float64', 'int32')
  }).map(({ letters, batch, inputs, outputs, groups, byBatch, kernel, extra, strides, lhsDilation, rhsDilation, padding, dtype }) => {
    const space = kernel.map((k, d) => Math.max(1, Math.ceil(((k - 1) * rhsDilation[d] + 3) / lhsDilation[d]) + extra[d]))
    const [n, c] = byBatch ? [batch * groups, inputs] : [batch, inputs * groups]
    return {
      lhs: shaped(letters[0], ['N', n], ['C', c], space), rhs: shaped(letters[1], ['O', outputs * groups], ['I', inputs], kernel),
      dtype,
      options: {
        windowStrides: strides, padding, lhsDilation, rhsDilation, dimensionNumbers: letters,
        featureGroupCount: byBatch ? 1 : groups, batchGroupCount: byBatch ? groups : 1
      }
    }
  })
})

const convolve = ({ options }: Trial): Fn => (x, w) => lax.convGeneralDilated(x, w, options)

describe('convolutions', () => {
  test('agree with the reference, whatever their axes, strides, padding, dilation and groups', () => {
    fc.assert(fc.property(trials([1, 2, 2, 2, 3], 9), fc.integer(), (trial, seed) => {
      agree(convolve(trial), [draw(seed, trial.lhs, trial.dtype), draw(seed + 1, trial.rhs, trial.dtype)])
    }), { numRuns: numRuns(150) })
  })

  test('have gradients that agree', () => {
    fc.assert(fc.property(trials([1, 2], 5), fc.integer(), (trial, seed) => {
      const dtype = trial.dtype === 'int32' ? 'float32' : trial.dtype
      const [x, w] = [draw(seed, trial.lhs, dtype), draw(seed + 1, trial.rhs, dtype)]
      const loss = (a: NdArray, b: NdArray): NdArray => np.sum(np.square(convolve(trial)(a, b)))
      agree((a, b) => grad((v: NdArray) => loss(v, b))(a), [x, w], 512)
      agree((a, b) => grad((v: NdArray) => loss(a, v))(b), [x, w], 512)
    }), { numRuns: numRuns(40) })
  })

  test.each([
    ['deep', [2, 64, 9, 9], [24, 64, 3, 3], {}],
    ['of many places', [1, 2, 40, 61], [3, 2, 3, 3], { padding: 'SAME' }],
    ['with one element for each kernel', [37, 5, 4, 4], [18, 5, 4, 4], {}],
    ['with a large kernel', [3, 2, 30, 29], [4, 2, 28, 28], { padding: [[1, 1], [1, 1]] }],
    ['of one place and much depth', [2, 3, 30, 30], [5, 3, 30, 30], {}],
    ['pointwise', [3, 70, 5, 5], [33, 70, 1, 1], {}],
    ['depthwise', [2, 12, 9, 9], [12, 1, 3, 3], { featureGroupCount: 12, padding: 'SAME' }],
    ['depthwise, with a rest', [3, 7, 6, 5], [7, 1, 2, 3], { featureGroupCount: 7, windowStrides: [2, 1], rhsDilation: [1, 2] }],
    ['along a line', [2, 3, 2500], [4, 3, 5], { padding: 'SAME' }],
    ['along a line, with a long kernel', [2, 3, 1500], [4, 3, 1490], {}],
    ['without space', [7, 9], [5, 9], {}],
    ['of the bench, input gradient', [5, 32, 14, 14], [16, 32, 3, 3], { padding: [[1, 1], [1, 1]] }],
    ['of the bench, kernel gradient', [16, 7, 14, 14], [32, 7, 14, 14], { padding: [[1, 1], [1, 1]] }]
  ] as const)('%s', (_, lhs, rhs, options) => {
    for (const dtype of ['float32', 'float64'] as const) {
      agree((x, w) => lax.convGeneralDilated(x, w, options), [draw(1, lhs, dtype), draw(2, rhs, dtype)])
      const rank = lhs.length
      const last = [0, ...Array.from({ length: rank - 2 }, (_, d) => d + 2), 1]
      const kernel = [...Array.from({ length: rank - 2 }, (_, d) => d + 2), 1, 0]
      const letters = 'HW'.slice(0, rank - 2)
      const dimensionNumbers = [`N${letters}C`, `${letters}IO`, `N${letters}C`] as const
      agree(
        (x, w) => lax.convGeneralDilated(np.transpose(x, last), np.transpose(w, kernel), { ...options, dimensionNumbers }),
        [draw(1, lhs, dtype), draw(2, rhs, dtype)]
      )
    }
  })

  test.each([1, 2, 8])('sums of negative zeros begin with zero, in %s groups', (featureGroupCount) => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const taps of [1, 3]) {
        const [x, w] = [np.zeros([2, 5, 8], { dtype }), np.full([taps, 8 / featureGroupCount, 8], -1, { dtype })]
        const options = { featureGroupCount, padding: 'SAME', dimensionNumbers: ['NWC', 'WIO', 'NWC'] } as const
        const y = jit((a: NdArray, b: NdArray) => lax.convGeneralDilated(a, b, options))(x, w)
        expect([...y.toTypedArray()].every((element) => Object.is(element, 0))).toBe(true)
      }
    }
  })

  test('layers, their gradients and gradients of each example', () => {
    const net = nn.chain(nn.conv(1, 5, [3, 3]), nn.relu, nn.maxPool([2, 2]), nn.conv(5, 6, [3, 3], { stride: 2 }), nn.flatten())
    const p = net.init(random.key(0))
    const x = random.normal(random.key(1), [3, 8, 8, 1])
    const loss = (q: typeof p, v: NdArray): NdArray => np.sum(np.square(net.apply(q)(v)))
    const flat = (gradient: typeof p): NdArray => np.concatenate(tree.leaves(gradient).map((leaf) => np.ravel(leaf)))
    agree((v) => flat(grad(loss)(p, v)), [x], 512)
    agree((v) => vmap((one: NdArray) => flat(grad(loss)(p, np.expandDims(one, 0))))(v), [x], 512)
  })
})
