import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError, TreeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { jvp } from '../../src/transform/forward.js'
import { grad } from '../../src/transform/grad.js'
import { makeJaxpr } from '../../src/transform/inspect.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { leaves, structure } from '../../src/tree/index.js'
import { f64, generate, i32, noise, noiseLike } from '../support/arrays.js'
import { allClose, close, sameBits } from '../support/close.js'
import { golden } from '../support/golden.js'

const key = random.key(3)
const float64 = { dtype: 'float64' } as const

/** What all tests need to know of a network, whatever its cell. */
type AnyRecurrent = nn.Recurrent<unknown, unknown>

const arrays = (tree: unknown): readonly NdArray[] => leaves(tree) as readonly NdArray[] // trees of arrays
const closeTrees = (what: string, got: unknown, expected: unknown, tolerance = 1e-12): void => {
  expect(structure(got).toString()).toBe(structure(expected).toString())
  allClose(what, arrays(got), arrays(expected), tolerance)
}

interface GoldenCase {
  readonly name: string
  readonly fn: 'rnnCell' | 'lstmCell' | 'gruCell'
  readonly activation: 'tanh' | 'relu' | null
  readonly bidirectional: boolean
  readonly lengths: NdArray | null
  readonly xs: NdArray
  readonly params: unknown
  readonly start: unknown
  readonly outputs: NdArray
  readonly carry: unknown
  readonly cotangent: { readonly outputs: NdArray; readonly carry: unknown }
  readonly grad: { readonly params: unknown; readonly start: unknown; readonly xs: NdArray }
}

const cellsOf = (inputs: number, units: number): Readonly<Record<string, nn.Cell<unknown, unknown>>> => ({
  'rnn': nn.rnnCell(inputs, units, float64),
  'rnn of relu': nn.rnnCell(inputs, units, { ...float64, activation: nn.relu }),
  'lstm': nn.lstmCell(inputs, units, float64),
  'gru': nn.gruCell(inputs, units, float64)
}) as unknown as Readonly<Record<string, nn.Cell<unknown, unknown>>> // tests give each its own parameters

describe('values and gradients are those of PyTorch', () => {
  const cases = golden('recurrent') as unknown as readonly GoldenCase[] // as the script writes them
  test.each(cases.map((each) => [each.name, each] as const))('%s', (_, { name, fn, activation, ...golden }) => {
    const label = fn === 'rnnCell' && activation === 'relu' ? 'rnn of relu' : fn.replace('Cell', '')
    const cell = cellsOf(golden.xs.shape[2], 2)[label]
    const network = (golden.bidirectional ? nn.bidirectional(cell) : nn.recurrent(cell)) as AnyRecurrent
    const { lengths } = golden
    const run = (params: unknown, carry: unknown, xs: NdArray): readonly [unknown, NdArray] =>
      lengths === null
        ? vmap((c: unknown, x: NdArray) => network.apply(params)(x, { carry: c }))(carry, xs)
        : vmap((c: unknown, x: NdArray, length: NdArray) => network.apply(params)(x, { carry: c, length }))(carry, xs, lengths)
    for (const each of [run, jit(run)]) {
      const [[carry, outputs], pullback] = vjp(each)(golden.params, golden.start, golden.xs)
      close(`${name}: outputs`, outputs, golden.outputs, 1e-12)
      closeTrees(`${name}: carry`, carry, golden.carry)
      const [params, start, xs] = pullback([golden.cotangent.carry, golden.cotangent.outputs])
      closeTrees(`${name}: parameters`, params, golden.grad.params, 1e-11)
      closeTrees(`${name}: start`, start, golden.grad.start, 1e-11)
      close(`${name}: inputs`, xs, golden.grad.xs, 1e-11)
    }
  })
})

const [time, inputs, units] = [4, 2, 3]
const cells = Object.entries(cellsOf(inputs, units))
const noisy = <T>(tree: T, seed = 1): T =>
  structure(tree).unflatten(arrays(tree).map((x) => noiseLike(x, seed)))
const xs = generate('float64', [time, inputs], (i) => noise(5, i))
const batch = generate('float64', [3, time, inputs], (i) => noise(6, i))
const lengths = i32([4, 0, 2])

describe.each(cells)('%s', (_, cell) => {
  const params = noisy(cell.init(key))
  const carry = noisy(cell.initial(), 2)
  const networks = [nn.recurrent(cell), nn.recurrent(cell, { reverse: true }), nn.bidirectional(cell)] as readonly AnyRecurrent[]
  const own = (network: AnyRecurrent): unknown => noisy(network.init(key))

  test('a sequence is a fold of the cell, with and without its parts', () => {
    const step = cell.apply(params)
    let state = carry
    const ys = [...xs].map((x) => {
      const [next, y] = step(state, x)
      state = next
      return y
    })
    const { parts, ...whole } = cell
    expect(parts).toBeDefined()
    for (const each of [cell, whole]) closeTrees('fold', nn.recurrent(each).apply(params)(xs, { carry }), [state, np.stack(ys)], 1e-14)
  })

  test('reverse is the sequence from its end', () => {
    const [end, ys] = nn.recurrent(cell, { reverse: true }).apply(params)(xs, { carry })
    const [expected, flipped] = nn.recurrent(cell).apply(params)(np.flip(xs, { axis: 0 }), { carry })
    closeTrees('reverse', [end, ys], [expected, np.flip(flipped, { axis: 0 })], 1e-14)
  })

  test('a length is as if there were no more inputs, zeros behind, whatever the padding and unroll', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: time }), fc.constantFrom(0, 1, 2), fc.constantFrom(1, 3), (length, kind, unroll) => {
        const options = kind === 1 ? { reverse: true } : {}
        const network = (kind === 2 ? nn.bidirectional(cell, { unroll }) : nn.recurrent(cell, { ...options, unroll })) as AnyRecurrent
        const p = own(network)
        const padded = np.where(np.less(np.expandDims(np.arange(time), 1), length), xs, NaN)
        const loss = (q: unknown, x: NdArray, n?: number): NdArray => {
          const [end, ys] = network.apply(q)(x, n === undefined ? {} : { length: n })
          return arrays([end, ys]).reduce((sum, y) => np.add(sum, np.sum(np.square(y))), f64(0))
        }
        const part = np.slice(xs, [[0, length]])
        const [end, ys] = network.apply(p)(padded, { length })
        const [expected, short] = network.apply(p)(part)
        closeTrees('carry', end, expected, 1e-14)
        close('outputs', ys, np.pad(short, [[0, time - length], [0, 0]]), 1e-14)
        const [gp, gx] = grad.with({ argnums: [0, 1] })(loss)(p, padded, length)
        const [ep, ex] = grad.with({ argnums: [0, 1] })(loss)(p, part)
        closeTrees('gradient of parameters', gp, ep, 1e-12)
        close('gradient of inputs', gx, np.pad(ex, [[0, time - length], [0, 0]]), 1e-12)
      }),
      { numRuns: 12 }
    )
  })

  const ways = networks.map((network, i) => [['forwards', 'backwards', 'both ways'][i], network] as const)
  test.each(ways)('%s: composes with the transforms', (_, network) => {
    const p = own(network)
    const loss = (q: unknown, x: NdArray, length: NdArray): NdArray => {
      const [end, ys] = network.apply(q)(x, { length })
      return arrays([end, ys]).reduce((sum, y) => np.add(sum, np.sum(np.sin(y))), f64(0))
    }
    const each = vmap(grad(loss), { in: [null, 0, 0] })
    const mapped = each(p, batch, lengths)
    closeTrees('jit', jit(each)(p, batch, lengths), mapped)
    const loop = [...batch].map((x, i) => grad(loss)(p, x, i32(lengths.toTypedArray()[i])))
    arrays(mapped).forEach((g, i) => close('vmap of grad', g, np.stack(loop.map((one) => arrays(one)[i])), 1e-12))
    const summed = grad((q: unknown) => np.sum(vmap(loss, { in: [null, 0, 0] })(q, batch, lengths)))(p)
    arrays(summed).forEach((g, i) => close('grad of vmap', g, np.sum(arrays(mapped)[i], { axis: 0 }), 1e-12))
  })

  test.each([nn.recurrent(cell), nn.bidirectional(cell)] as readonly AnyRecurrent[])('second derivatives (%#)', (network) => {
    const p = own(network)
    const short = np.slice(xs, [[0, 3]])
    for (const options of [{}, { length: 2 }]) {
      checkGrads((q: unknown, x: NdArray) => network.apply(q)(x, options), { tolerance: 3e-5 })(p, short)
    }
  })

  test('the jaxpr of a sequence has one scan, and its product of inputs before it', () => {
    const { eqns } = makeJaxpr((x: NdArray) => nn.recurrent(cell).apply(params)(x))(xs)
    const names = eqns.map(({ primitive }) => primitive.name)
    expect(names.filter((name) => name === 'scan').length).toBe(1)
    expect(names.indexOf('dot_general')).toBeLessThan(names.indexOf('scan'))
  })

  test('no inputs leave the carry as it is', () => {
    const [end, ys] = nn.recurrent(cell).apply(params)(np.zeros([0, inputs], float64), { carry })
    closeTrees('carry', end, carry, 0)
    expect(ys.shape).toEqual([0, units])
  })
})

describe('parameters', () => {
  test('every gate is drawn by itself, uniform within ±1/√units, biases zero but that of forget gates', () => {
    const { inputWeight, hiddenWeight, bias } = nn.lstmCell(300, 100).init(key)
    expect([inputWeight.shape, hiddenWeight.shape, bias.shape]).toEqual([[300, 400], [100, 400], [400]])
    for (const weight of [inputWeight, hiddenWeight]) {
      expect(np.max(np.abs(weight)).item()).toBeLessThanOrEqual(0.1)
      expect(np.var(weight).item() / (0.01 / 3)).toBeCloseTo(1, 1)
      const [a, b] = np.split(weight, 4, { axis: 1 })
      expect(np.arrayEqual(a, b).item()).toBe(0)
    }
    const constants = nn.lstmCell(2, 1, { bias: nn.initializers.constant(0.5), forgetBias: 2 }).init(key).bias
    expect(constants.toList()).toEqual([0.5, 2, 0.5, 0.5])
    expect(bias.toList()).toEqual(Array.from({ length: 400 }, (_, i) => (i >= 100 && i < 200 ? 1 : 0)))
  })

  test('initialisers by option see one gate', () => {
    const options = { inputWeight: nn.initializers.heNormal, hiddenWeight: nn.initializers.zeros }
    const { inputWeight, hiddenWeight } = nn.gruCell(2, 3, options).init(key)
    const first = nn.initializers.heNormal([2, 3])(random.foldIn(random.foldIn(key, nn.fnv1a('inputWeight')), 0))
    sameBits('first gate', np.slice(inputWeight, [null, [0, 3]]), first)
    expect(np.any(hiddenWeight).item()).toBe(0)
  })

  test('have the dtype asked for, and so have carries', () => {
    for (const cell of [nn.rnnCell(2, 3, float64), nn.gruCell(2, 3, float64), nn.lstmCell(2, 3, float64)]) {
      for (const x of arrays([cell.init(key), cell.initial()])) expect(x.dtype).toBe('float64')
    }
    for (const x of arrays(nn.gruCell(2, 3).init(key))) expect(x.dtype).toBe('float32')
  })

  test('have types', () => {
    expectTypeOf(nn.lstmCell(2, 3)).toEqualTypeOf<nn.Cell<nn.Lstm, nn.LstmCarry>>()
    expectTypeOf(nn.bidirectional(nn.gruCell(2, 3))).toEqualTypeOf<nn.Recurrent<nn.BothWays<nn.Gru>, nn.BothWays<NdArray>>>()
    const net = nn.chain(nn.outputs(nn.recurrent(nn.rnnCell(2, 3))), nn.linear(3, 1))
    expectTypeOf<nn.Params<typeof net>>().toEqualTypeOf<readonly [nn.Rnn, nn.Linear]>()
    expect(net.apply(net.init(key))(np.zeros([4, 2])).shape).toEqual([4, 1])
  })
})

test('the carry of a cell of one\'s own may be any tree', () => {
  type Carry = readonly [NdArray, { readonly count: NdArray }]
  const cell: nn.Cell<null, Carry> = {
    init: () => null,
    initial: () => [np.zeros([]), { count: i32(0) }],
    apply: () => ([sum, { count }], x) => [[np.add(sum, x), { count: np.add(count, 1) }], np.divide(sum, np.add(count, 1))]
  }
  const [[sum, { count }], ys] = nn.recurrent(cell).apply(null)(np.array([1, 2, 4, 9]), { length: 3 })
  expect([sum.item(), count.item(), ys.toList()]).toEqual([7, 3, [0, 0.5, 1, 0]])
  const [, tangent] = jvp((x: NdArray) => nn.recurrent(cell).apply(null)(x, { length: 3 })[0][0])([np.ones([4])], [np.ones([4])])
  expect(tangent.item()).toBe(3)
})

describe('bad input', () => {
  const lstm = nn.recurrent(nn.lstmCell(2, 3))
  const gru = nn.recurrent(nn.gruCell(2, 3))
  const [l, g] = [lstm.init(key), gru.init(key)]
  const both = nn.bidirectional(nn.gruCell(2, 3))
  const input = np.ones([4, 2])
  const three = np.zeros([3])
  const grow: nn.Cell<null, unknown> = { init: () => null, initial: () => np.zeros([2]), apply: () => (carry, x) => [[carry], x] }
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['no inputs at all', () => nn.rnnCell(0, 1), ArgumentError, 'rnnCell: expected a positive integer of inputs, got 0'],
    ['half a unit', () => nn.lstmCell(1, 0.5), ArgumentError, 'lstmCell: expected a positive integer of units, got 0.5'],
    ['an unknown option', () => nn.gruCell(1, 1, { forgetBias: 1 } as nn.CellOptions), ArgumentError, 'forgetBias'],
    ['an activation that is no function', () => nn.rnnCell(1, 1, { activation: 'relu' as never }), ArgumentError,
      'a function as activation'],
    ['an integer dtype', () => nn.gruCell(1, 1, { dtype: 'int32' as 'float32' }), DTypeError, 'float32 or float64'],
    ['what is no cell', () => nn.recurrent(nn.linear(2, 3) as never), ArgumentError, 'recurrent: expected a cell'],
    ['an option of recurrent', () => nn.recurrent(nn.gruCell(1, 1), { lengths: 3 } as object), ArgumentError, '"lengths"'],
    ['an option of bidirectional', () => nn.bidirectional(nn.gruCell(1, 1), { reverse: true } as object), ArgumentError, '"reverse"'],
    ['features of another size', () => lstm.apply(l)(np.ones([4, 5])), ShapeError,
      'lstmCell(2, 3): expected inputs of shape [time, 2] (batches by vmap), got float32[4,5]'],
    ['a batch', () => gru.apply(g)(np.ones([7, 4, 2])), ShapeError, 'gruCell(2, 3): expected inputs of shape [time, 2] (batches by vmap)'],
    ['a scalar', () => gru.apply(g)(np.ones([])), ShapeError, 'a leading axis of time'],
    ['a list', () => gru.apply(g)([[1, 2]] as never), ArgumentError, 'recurrent'],
    ['an input of another size', () => nn.gruCell(2, 3).apply(g)(np.zeros([3]), np.ones([3])), ShapeError,
      'gruCell(2, 3): expected an input of shape [2] (batches by vmap), got float32[3]'],
    ['a length beyond the inputs', () => gru.apply(g)(input, { length: 5 }), ArgumentError, 'an integer length from 0 to 4, got 5'],
    ['one in an array', () => gru.apply(g)(input, { length: i32(5) }), ArgumentError, 'an integer length from 0 to 4, got 5'],
    ['a negative length', () => both.apply(both.init(key))(input, { length: -1 }), ArgumentError, 'from 0 to 4, got -1'],
    ['half a length', () => gru.apply(g)(input, { length: 1.5 }), ArgumentError, 'an integer length'],
    ['a floating length', () => gru.apply(g)(input, { length: np.array(2) }), DTypeError, 'an integer length from 0 to 4, got float32[]'],
    ['lengths of a batch', () => gru.apply(g)(input, { length: i32([2, 2]) }), ShapeError, '(batches by vmap), got int32[2]'],
    ['an unknown part of a sequence', () => gru.apply(g)(input, { lengths: 2 } as object), ArgumentError, '"lengths"'],
    ['an array for an LSTM\'s carry', () => lstm.apply(l)(input, { carry: three as never }), TreeError,
      'lstmCell(2, 3): expected a carry { cell, hidden }'],
    ['a carry with a field more', () => lstm.apply(l)(input, { carry: { cell: three, hidden: three, h: 0 } as never }), TreeError,
      'a carry { cell, hidden }'],
    ['a carry of another size', () => lstm.apply(l)(input, { carry: { cell: three, hidden: np.zeros([2]) } }), ShapeError,
      'an array of shape [3], got float32[2] at carry.hidden'],
    ['a tree for an array', () => gru.apply(g)(input, { carry: { hidden: three } as never }), TreeError,
      'an array of shape [3], got { hidden } at carry'],
    ['a carry of another dtype', () => gru.apply(g)(input, { carry: np.zeros([3], { dtype: 'int32' }) }), ShapeError,
      'carry starts as i32[3] and becomes f32[3]'],
    ['a carry of one direction', () => both.apply(both.init(key))(input, { carry: three as never }), TreeError, '{ forward, backward }'],
    ['a cell that changes its carry', () => nn.recurrent(grow).apply(null)(input), TreeError, 'the carry and what the body returns for it'],
    ['the same behind a length', () => nn.recurrent(grow).apply(null)(input, { length: 2 }), TreeError,
      'the carry and what the cell returns for it']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })

  test('a traced length beyond the inputs is all of them', () => {
    const [, ys] = jit((length: NdArray) => gru.apply(g)(input, { length }))(i32(9))
    close('outputs', ys, gru.apply(g)(input)[1], 1e-6)
  })
})
