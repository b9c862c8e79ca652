import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import type { FloatDType } from '../../src/core/dtype.js'
import { ArgumentError, DTypeError, ShapeError, TreeError } from '../../src/core/errors.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { leaves, map } from '../../src/tree/index.js'
import { sameBits } from '../support/close.js'

/*
 * What all layers with parameters have in common.
 */

type Parameters = Readonly<Record<string, NdArray>>

interface Options {
  readonly dtype?: FloatDType
  readonly [name: string]: unknown
}

interface Row {
  /** The layer as a function of its first size and its options. */
  readonly make: (size: number, options?: Options) => nn.Part
  /** The options that draw parameters. */
  readonly draws: readonly string[]
  /** How it calls itself. */
  readonly who: string
  /** The shape of an input, without a batch. */
  readonly input: readonly number[]
  readonly integers?: boolean
  /** Sequences are batched by vmap only. */
  readonly sequence?: boolean
}

const gates = ['inputWeight', 'hiddenWeight', 'bias']

/** A cell as a layer. */
const along = <P, C>(cell: nn.Cell<P, C>): nn.Layer<P> => nn.outputs(nn.recurrent(cell))

const rows: Readonly<Record<string, Row>> = {
  linear: { make: (n, o) => nn.linear(n, 3, o as object), draws: ['weight', 'bias'], who: 'linear(2, 3)', input: [2] },
  conv: { make: (n, o) => nn.conv(n, 3, [3], o as object), draws: ['weight', 'bias'], who: 'conv(2, 3, [3])', input: [4, 2] },
  convTranspose: {
    make: (n, o) => nn.convTranspose(n, 3, [2, 2], o as object), draws: ['weight', 'bias'], who: 'convTranspose(2, 3, [2, 2])', input: [3, 3, 2]
  },
  embedding: { make: (n, o) => nn.embedding(n, 3, o), draws: ['weight'], who: 'embedding(2, 3)', input: [], integers: true },
  batchNorm: { make: (n, o) => nn.batchNorm(n, o), draws: ['scale', 'bias'], who: 'batchNorm(2)', input: [2] },
  layerNorm: { make: (n, o) => nn.layerNorm(n, o), draws: ['scale', 'bias'], who: 'layerNorm(2)', input: [2] },
  rmsNorm: { make: (n, o) => nn.rmsNorm(n, o), draws: ['scale'], who: 'rmsNorm(2)', input: [2] },
  groupNorm: {
    make: (n, o) => nn.groupNorm(n, 4, { ...o, rank: 0 }), draws: ['scale', 'bias'], who: 'groupNorm(2, 4)', input: [4]
  },
  instanceNorm: {
    make: (n, o) => nn.instanceNorm(n, { ...o, rank: 1 }), draws: ['scale', 'bias'], who: 'instanceNorm(2)', input: [4, 2]
  },
  prelu: { make: (n, o) => nn.prelu(n, o), draws: ['slope'], who: 'prelu(2)', input: [2] },
  maxoutLinear: {
    make: (n, o) => nn.maxoutLinear(n, 3, 2, o), draws: ['weight', 'bias'], who: 'maxoutLinear(2, 3, 2)', input: [2]
  },
  radialBasis: { make: (n, o) => nn.radialBasis(n, 3, o), draws: ['centre', 'width'], who: 'radialBasis(2, 3)', input: [2] },
  cosine: { make: (n, o) => nn.cosine(n, 3, o), draws: ['weight', 'bias'], who: 'cosine(2, 3)', input: [2] },
  rnnCell: { make: (n, o) => along(nn.rnnCell(n, 3, o)), draws: gates, who: 'rnnCell(2, 3)', input: [4, 2], sequence: true },
  lstmCell: { make: (n, o) => along(nn.lstmCell(n, 3, o)), draws: gates, who: 'lstmCell(2, 3)', input: [4, 2], sequence: true },
  gruCell: { make: (n, o) => along(nn.gruCell(n, 3, o)), draws: gates, who: 'gruCell(2, 3)', input: [4, 2], sequence: true }
}

const key = random.key(3)

/** A layer's parameters, and what it makes of them and an input in evaluation. */
const open = (part: nn.Part): readonly [Parameters, (params: unknown, x: NdArray) => NdArray] => {
  const { init, state, apply }: nn.StatefulLayer<unknown, unknown> = nn.lift(part)
  return [init(key) as Parameters, (params, x) => apply(params, { mode: 'evaluate', state })(x)[0]]
}

const inputOf = ({ input, integers = false }: Row, dtype: FloatDType, ...batch: readonly number[]): NdArray => {
  const shape = [...batch, ...input]
  return integers ? random.randint(key, shape, 0, 2) : random.normal(key, shape, { dtype })
}

describe.each(Object.entries(rows))('%s', (kind, row) => {
  const { make, draws, who } = row
  const [params, run] = open(make(2))
  const x = inputOf(row, 'float32')

  test.each(Object.keys(params))('names the parameter %s that does not fit', (name) => {
    const longer = { ...params, [name]: np.concatenate([params[name], params[name]]) }
    const doubled = { ...params, [name]: np.stack([params[name], params[name]]) } // it would broadcast
    for (const wrong of [longer, doubled]) {
      expect(() => run(wrong, x)).toThrow(ShapeError)
      expect(() => run(wrong, x)).toThrow(`${who}: expected an array of shape [${params[name].shape.join(',')}], got `)
      expect(() => run(wrong, x)).toThrow(new RegExp(` at params\\.${name}$`))
    }
    const { [name]: _, ...less } = params
    for (const wrong of [less, { ...params, [name]: 1 }, { ...params, [name]: params[name].toList() }]) {
      expect(() => run(wrong, x)).toThrow(TreeError)
      expect(() => run(wrong, x)).toThrow(new RegExp(` at params\\.${name}$`))
    }
    expect(() => run(null, x)).toThrow(TreeError)
  })

  test.each(draws)('draws %s as it is told', (name) => {
    const drawn = open(make(2, { [name]: nn.initializers.constant(7) }))[0][name]
    expect(np.any(np.equal(drawn, 7)).item()).toBe(1)
    for (const wrong of [3, null, { initializer: 3 }, 'zeros']) {
      expect(() => make(2, { [name]: wrong })).toThrow(ArgumentError)
      expect(() => make(2, { [name]: wrong })).toThrow(new RegExp(`^${kind}: expected an initialiser (or a boolean )?as ${name}, got `))
    }
  })

  test('has the dtype that it was given, from parameters to gradients', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const [own, f] = open(make(2, { dtype }))
      const input = inputOf(row, dtype)
      const dtypes = [...leaves(own), f(own, input), ...leaves(grad((p: Parameters) => np.sum(f(p, input)))(own))].map((a) => (a).dtype)
      expect(new Set(dtypes)).toEqual(new Set([dtype]))
    }
    const wide = map((a: NdArray) => np.astype(a, 'float64'))(params)
    if (row.sequence !== true) expect(run(wide, x).dtype).toBe('float64')
    expect(() => make(2, { dtype: 'int32' as FloatDType })).toThrow(DTypeError)
    expect(() => make(2, { dtype: 'int32' as FloatDType })).toThrow(`${kind}: expected float32 or float64, got int32`)
  })

  test('checks its sizes', () => {
    for (const size of [0, -1, 0.5, NaN, '2' as unknown as number, undefined as unknown as number]) {
      expect(() => make(size)).toThrow(ArgumentError)
      expect(() => make(size)).toThrow(new RegExp(`^${kind}: expected a positive integer of `))
    }
  })

  test('takes an empty batch, and members of an ensemble under vmap', () => {
    const f = row.sequence === true ? vmap.with({ in: [null, 0] })(run) : run
    expect(f(params, inputOf(row, 'float32', 0)).shape[0]).toBe(0)
    const layer = nn.lift(make(2))
    const keys = random.split(key, 3)
    const members = vmap((own: NdArray) => layer.init(own))(keys)
    sameBits('ensemble', vmap.with({ in: [0, null] })(run)(members, x), np.stack([...keys].map((own) => run(layer.init(own), x))))
  })
})

test('a net says where in its parameters the wrong one stands', () => {
  const deep = nn.chain(nn.relu, nn.residual(nn.chain(nn.linear(3, 3), nn.relu, nn.parallel([nn.tanh, nn.layerNorm(3)], { join: 'sum' }))))
  const wrong = { scale: np.ones([2]), bias: np.ones([3]) }
  const [, [linear]] = deep.init(key)
  const x = np.ones([3])
  expect(() => deep.apply([null, [linear, null, [null, wrong]]])(x)).toThrow(ShapeError)
  expect(() => deep.apply([null, [linear, null, [null, wrong]]])(x)).toThrow(
    'layerNorm(3): expected an array of shape [3], got float32[2] at params[1][2][1].scale')
  expect(() => deep.apply([null, [linear, null]] as never)(x)).toThrow('chain: expected a tuple of parameters for 3 layers, got a tuple of 2 at params[1]')
  const whole = nn.stateful(deep, nn.batchNorm(3))
  const context = { mode: 'evaluate', state: whole.state } as const
  expect(() => whole.apply([[null, [linear, null, [null, wrong]]], { scale: np.ones([3]), bias: np.ones([3]) }], context)(x)).toThrow(
    'got float32[2] at params[0][1][2][1].scale')
  expect(() => whole.apply([deep.init(key), wrong], context)(x)).toThrow('batchNorm(3): expected an array of shape [3], got float32[2] at params[1].scale')
  expect(() => nn.chain(nn.embedding(2, 2)).apply([{ weight: np.ones([2, 2]) }])(np.array([5], { dtype: 'int32' }))).toThrow(
    'got the id 5 at ids[0]')
})
