import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError, TreeError } from '../../src/core/errors.js'
import { scan } from '../../src/control/loops/loops.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import * as random from '../../src/random/index.js'
import { grad } from '../../src/transform/grad.js'
import { makeJaxpr } from '../../src/transform/inspect.js'
import { vmap } from '../../src/transform/vmap.js'
import { leaves } from '../../src/tree/index.js'
import { generate, noise } from '../support/arrays.js'
import { allClose, close, sameBits } from '../support/close.js'

const key = random.key(5)
const none = null
const x = generate('float32', [6, 3], (i) => noise(1, i))

/** Counts the elements it has seen, and adds its state. */
const counter: nn.StatefulLayer<null, { readonly seen: NdArray }> = {
  init: () => null,
  state: { seen: np.array(0) },
  apply: (_, context) => (y) => {
    const { seen } = nn.checkContext('counter', context, { seen: np.array(0) }).state
    return [np.add(y, seen), { seen: np.add(seen, y.size) }]
  }
}

/** Adds noise whenever it gets a key. */
const noisy: nn.StatefulLayer<null, null> = {
  init: () => null,
  state: null,
  apply: (_, { key: own }) => (y) => [own === undefined ? y : np.add(y, random.normal(own, y.shape)), null]
}

const net = nn.stateful(nn.linear(3, 4), nn.batchNorm(4), nn.relu, nn.dropout(0.25), nn.linear(4, 2))
type Params = nn.Params<typeof net>
type State = nn.State<typeof net>
const params = net.init(key)
const training = { mode: 'train', key, state: net.state } as const

const arraysOf = (tree: unknown): readonly NdArray[] => leaves(tree) as readonly NdArray[] // trees of arrays

describe('types', () => {
  test('parameters and states are tuples, with null for what has none', () => {
    expectTypeOf<Params>().toEqualTypeOf<readonly [nn.Linear, nn.Affine, null, null, nn.Linear]>()
    expectTypeOf<State>().toEqualTypeOf<readonly [null, nn.RunningStatistics, null, null, null]>()
    expectTypeOf(nn.stateful(net, nn.relu)).toExtend<nn.StatefulLayer<readonly [Params, null], readonly [State, null]>>()
    expectTypeOf<nn.State<typeof nn.relu>>().toEqualTypeOf<null>()
    expectTypeOf<nn.State<nn.Layer<nn.Linear>>>().toEqualTypeOf<null>()
    expectTypeOf(nn.lift(nn.relu)).toEqualTypeOf<nn.StatefulLayer<null, null>>()
    expectTypeOf(nn.lift(nn.linear(1, 1))).toEqualTypeOf<nn.StatefulLayer<nn.Linear, null>>()
    expectTypeOf(nn.lift(counter)).toEqualTypeOf<typeof counter>()
    expectTypeOf(nn.evaluation(net, net.state)).toEqualTypeOf<nn.Layer<Params>>()
  })

  test('a layer with state is no part of a chain, and chains show their parts', () => {
    // @ts-expect-error it needs a context
    expect(() => nn.chain(nn.dropout(0.5))).toThrow(ArgumentError)
    const plain = nn.chain(nn.linear(1, 2), nn.relu)
    expectTypeOf(plain.parts).toEqualTypeOf<readonly [nn.Layer<nn.Linear>, typeof nn.relu]>()
    expect(plain.parts[1]).toBe(nn.relu)
    expect(net.parts[2]).toBe(nn.relu)
  })
})

describe('stateful', () => {
  test('of layers without state is chain', () => {
    const parts = [nn.linear(3, 4), nn.relu, nn.linear(4, 2)] as const
    const [plain, whole] = [nn.chain(...parts), nn.stateful(...parts)]
    allClose('parameters', arraysOf(whole.init(key)), arraysOf(plain.init(key)), 0)
    for (const mode of ['train', 'evaluate'] as const) {
      const [y, state] = whole.apply(whole.init(key), { mode, state: whole.state })(x)
      sameBits('output', y, plain.apply(plain.init(key))(x))
      expect(state).toEqual([null, null, null])
    }
  })

  test('is associative but for the nesting of parameters and states, and the empty one is the identity', () => {
    const [a, b, c] = [nn.linear(3, 4), nn.batchNorm(4), counter] as const
    const flat = nn.stateful(a, b, c)
    const [left, right] = [nn.stateful(nn.stateful(a, b), c), nn.stateful(a, nn.stateful(b, c), nn.stateful())]
    const [p, q, r] = flat.init(key)
    const [, s, t] = flat.state
    const [y, [, averages, seen]] = flat.apply([p, q, r], { mode: 'train', state: flat.state })(x)
    const [first, [[, inner], outer]] = left.apply([[p, q], r], { mode: 'train', state: [[null, s], t] })(x)
    const [second, [, [one, two]]] = right.apply([p, [q, r], []], { mode: 'train', state: [null, [s, t], []] })(x)
    sameBits('left', first, y)
    sameBits('right', second, y)
    allClose('states', arraysOf([inner, outer]), arraysOf([averages, seen]), 0)
    allClose('states', arraysOf([one, two]), arraysOf([averages, seen]), 0)
  })

  test('hands on the state, frozen, and leaves the old one as it was', () => {
    const twice = nn.stateful(counter, counter)
    const [y, state] = twice.apply([null, null], { mode: 'train', state: [{ seen: np.array(2) }, { seen: np.array(5) }] })(x)
    sameBits('output', y, np.add(np.add(x, 2), 5))
    expect(state.map(({ seen }) => seen.item())).toEqual([20, 23])
    expect(Object.isFrozen(state) && Object.isFrozen(state[0]) && Object.isFrozen(twice.state)).toBe(true)
    expect(twice.state[0].seen.item()).toBe(0)
  })

  test('gives the i-th part the key with i folded in, in both modes', () => {
    for (const mode of ['train', 'evaluate'] as const) {
      const [y] = nn.stateful(nn.relu, nn.stateful(noisy)).apply([null, [null]], { mode, key, state: [null, [null]] })(x)
      const own = random.foldIn(random.foldIn(key, 1), 0)
      sameBits('output', y, np.add(nn.relu(x), random.normal(own, x.shape)))
    }
  })

  test('needs no key where nothing draws', () => {
    const [y] = net.apply(params, { mode: 'evaluate', state: net.state })(x)
    sameBits('evaluation', nn.evaluation(net, net.state).apply(params)(x), y)
    expect(nn.stateful(nn.dropout(0)).apply([null], { mode: 'train', state: [null] })(x)[0]).toBe(x)
  })

  test('a whole context crosses jit: the mode is static, key and state are traced', () => {
    let traces = 0
    const run = jit((p: Params, context: nn.Context<State>, batch: NdArray) => {
      traces++
      return net.apply(p, context)(batch)
    })
    const [y, state] = run(params, training, x)
    const [expected, next] = net.apply(params, training)(x)
    close('output', y, expected, 1e-6)
    allClose('state', arraysOf(state), arraysOf(next), 1e-6)
    run(params, { mode: 'train', key: random.key(9), state }, x)
    expect(traces).toBe(1)
    const [still] = run(params, { mode: 'evaluate', state }, x)
    close('evaluation', still, net.apply(params, { mode: 'evaluate', state })(x)[0], 1e-6)
    expect(traces).toBe(2)
    expect(String(makeJaxpr((c: nn.Context<State>) => net.apply(params, c)(x))({ mode: 'evaluate', state }))).not.toContain('threefry')
  })

  test('trains by a fold, a scan and under jit alike', () => {
    const target = generate('float32', [6, 2], (i) => noise(2, i))
    const descent = optim.sgd(0.1)
    const loss = (p: Params, state: State, own: NdArray): readonly [NdArray, State] => {
      const [y, next] = net.apply(p, { mode: 'train', key: own, state })(x)
      return [nn.loss.meanSquared(y, target), next]
    }
    type Carry = readonly [optim.State<Params>, State]
    const step = ([s, state]: Carry, own: NdArray): readonly [Carry, NdArray] => {
      const [gradient, next] = grad.with({ hasAux: true })(loss)(s.params, state, own)
      return [[optim.step(descent)(s, gradient), next], loss(s.params, state, own)[0]]
    }
    const start: Carry = [optim.init(descent)(params), net.state]
    const keys = random.split(key, 4)
    const folded = [...keys].reduce<Carry>((carry, own) => step(carry, own)[0], start)
    const compiled = jit(step)
    const jitted = [...keys].reduce<Carry>((carry, own) => compiled(carry, own)[0], start)
    const [scanned] = scan(step, start, keys)
    for (const each of [jitted, scanned]) allClose('state', arraysOf(each), arraysOf(folded), 1e-5)
  })

  test('under vmap examples may have keys of their own', () => {
    const layer = nn.stateful(nn.dropout(0.5))
    const run = (own: NdArray, one: NdArray): NdArray => layer.apply([null], { mode: 'train', key: own, state: [null] })(one)[0]
    const keys = random.split(key, 6)
    const mapped = vmap(run)(keys, x)
    sameBits('mapped', mapped, np.stack([...x].map((one, i) => run([...keys][i], one))))
  })
})

describe('bad input', () => {
  const deep = nn.stateful(nn.relu, nn.residual(nn.stateful(nn.parallel([nn.relu, nn.dropout(0.5)], { join: 'sum' }))))
  const forgetful = { ...counter, apply: () => (y: NdArray) => [y, null] } as unknown as typeof counter
  const single = { ...counter, apply: () => (y: NdArray) => y } as unknown as typeof counter
  const wrong = (context: unknown) => () => net.apply(params, context as nn.Context<State>)(x)
  const [, averages] = net.state
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['no key where a layer draws', wrong({ mode: 'train', state: net.state }), ArgumentError,
      "dropout(0.25): expected a key in the context, { mode: 'train', key, state }, because it draws, got none at layer[3]"],
    ['the same far inside', () => deep.apply([null, [[null, null]]], { mode: 'train', state: deep.state }), ArgumentError, 'at layer[1][0][1]'],
    ['the same alone', () => nn.dropout(0.5).apply(none, { mode: 'train', state: null }), ArgumentError, 'because it draws, got none'],
    ['what is no key', wrong({ ...training, key: 7 }), ArgumentError, 'stateful: expected a key, which is a uint32[2] array'],
    ['a key of floats', wrong({ ...training, key: np.ones([2]) }), DTypeError, 'a key'],
    ['no context', wrong(undefined), ArgumentError, 'stateful: expected a context { mode, key, state } after the parameters, got none'],
    ['an array for a context', wrong(x), ArgumentError, 'stateful: expected an object of options (mode, key, state, path)'],
    ['an unknown field', wrong({ ...training, training: true }), ArgumentError, 'the unknown option "training"'],
    ['an unknown mode', wrong({ ...training, mode: 'test' }), ArgumentError, "stateful: expected the mode 'train' or 'evaluate', got \"test\""],
    ['no mode', wrong({ state: net.state }), ArgumentError, "the mode 'train' or 'evaluate', got undefined"],
    ['a state of another net', wrong({ ...training, state: [null, averages] }), TreeError, '3 differences: nothing and null at [2]; '],
    ['a state with a field less', wrong({ ...training, state: [null, { mean: averages.mean }, null, null, null] }), TreeError,
      'got nothing and * at [1].variance'],
    ['a state of another size', wrong({ ...training, state: [null, { ...averages, mean: np.ones([5]) }, null, null, null] }), ShapeError,
      'stateful: expected an array of shape [4], got float32[5] at state[1].mean'],
    ['no state', wrong({ mode: 'evaluate' }), TreeError, 'at the root'],
    ['parameters of another net', () => net.apply([] as unknown as Params, training), TreeError,
      'stateful: expected a tuple of parameters for 5 layers, got a tuple of 0'],
    ['parameters of another part', () => deep.apply([null, [[]]] as never, { ...training, state: deep.state }), TreeError,
      'parallel: expected a tuple of parameters for 2 layers, got a tuple of 0 at params[1][0]'],
    ['what is no layer', () => nn.stateful(nn.relu, {} as nn.Part), ArgumentError, 'stateful: expected layers { init, apply }'],
    ['nothing for a layer', () => nn.stateful(undefined as unknown as nn.Part), ArgumentError, 'got undefined at [0]'],
    ['a layer with state in a chain', () => nn.chain(nn.relu, nn.dropout(0.5) as unknown as nn.AnyLayer), ArgumentError,
      'compose those that have one with stateful'],
    ['a layer that forgets its state', () => nn.stateful(forgetful).apply([null], { mode: 'train', state: [counter.state] })(x), TreeError,
      'the state of layer[0] and the one it returns'],
    ['a layer that returns no pair', () => nn.stateful(single).apply([null], { mode: 'train', state: [counter.state] })(x), TreeError,
      'a layer that returns a pair [y, state]'],
    ['a state of integers', wrong({ ...training, state: [null, { ...averages, mean: np.ones([4], { dtype: 'int32' }) }, null, null, null] }), DTypeError,
      'stateful: expected an array of floats, got int32[4] at state[1].mean'],
    ['the evaluation of a plain layer', () => nn.evaluation(nn.linear(1, 1) as unknown as typeof counter, counter.state), ArgumentError,
      'evaluation: expected a layer with state'],
    ['what cannot be lifted', () => nn.lift(3 as unknown as nn.Part), ArgumentError, 'lift']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
