import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError, TreeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import { f32, f64, generate, noise } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

const vector = (seed: number): NdArray => generate('float64', [3], (i) => noise(seed, i))

describe('steps of one\'s own', () => {
  test('are converted to the types of updates and memory', () => {
    const step = optim.leafwise('mixed', { sum: np.zerosLike }, ({ count }) => (g, { sum }) => {
      const total = np.add(np.astype(sum, 'float64'), np.divide(np.astype(g, 'float64'), np.add(count, 1)))
      return [total, { sum: total }]
    })
    const start = optim.init([step])(f32([1, 2]))
    const next = jit(optim.step([step])<NdArray>)(start, f32([3, 4]))
    expect(next.params.toList()).toEqual([4, 6])
    expect([next.params.dtype, next.params.weak]).toEqual(['float32', false])
  })

  test('get the parameters and the count', () => {
    const step = optim.leafwise('seen', {}, ({ count }) => (_, __, x) => [np.multiply(x, np.add(count, 1)), {}])
    let state = optim.init([step])(f64([1, 2]))
    for (let i = 0; i < 3; i++) state = optim.step([step])(state, f64([0, 0]))
    expect(state.params.toList()).toEqual([24, 48])
    expect(state.inner).toEqual([{}])
  })

  const run = (step: optim.Step): unknown => optim.step([step])(optim.init([step])({ w: f64([1, 2]) }), { w: f64([1, 1]) })
  const wrong = <T>(x: unknown): T => x as T // what callers without types might return

  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['an update of another shape', () => run(optim.stateless('s', () => () => f64(1))), ShapeError, 's: expected an update of shape [2]'],
    ['no update', () => run(optim.stateless('s', () => () => wrong(undefined))), ArgumentError, 's: expected an array as an update'],
    ['memory that is forgotten', () => run(optim.leafwise('s', { m: np.zerosLike }, () => (g) => [g, wrong({})])), ArgumentError,
      's: expected an array as m, got undefined'],
    ['memory of another shape at first', () => run(optim.leafwise('s', { m: () => f64(0) }, () => (g, memory) => [g, memory])), ShapeError,
      's: expected m of shape [2]'],
    ['memory of another shape', () => run(optim.leafwise('s', { m: np.zerosLike }, () => (g) => [g, { m: f64(0) }])), ShapeError,
      's: expected m of shape [2]'],
    ['memory that is no function', () => optim.leafwise('s', { m: wrong<typeof np.zerosLike>(0) }, () => (g, memory) => [g, memory]), ArgumentError, 'm too'],
    ['a rule that is none', () => optim.leafwise('s', {}, wrong(3)), ArgumentError, 'a function of the context as rule']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})

describe('every', () => {
  test('is the optimizer on means of gradients', () => {
    const [n, optimizer] = [3, optim.chain(optim.clipByGlobalNorm(1), optim.adam(optim.linear(0.1, 0, 4)))]
    const slow = optim.every(n, optimizer)
    let [a, b] = [optim.init(slow)(vector(0)), optim.init(optimizer)(vector(0))]
    for (let i = 0; i < 4; i++) {
      const gradients = [1, 2, 3].map((k) => vector(10 * i + k))
      for (const g of gradients) a = optim.step(slow)(a, g)
      b = optim.step(optimizer)(b, np.mean(np.stack(gradients), { axis: 0 }))
      close('params', a.params, b.params, 1e-14)
    }
  })

  test('of one is the optimizer', () => {
    const optimizer = optim.momentum(0.1)
    const once = optim.every(1, optimizer)
    let [a, b] = [optim.init(once)(vector(0)), optim.init(optimizer)(vector(0))]
    for (let i = 0; i < 3; i++) [a, b] = [optim.step(once)(a, vector(i)), optim.step(optimizer)(b, vector(i))]
    sameBits('params', a.params, b.params)
  })
})

describe('averages of parameters', () => {
  const path = [0, 1, 2, 3, 4].map((i) => ({ w: vector(i) }))
  const follow = ({ init, update }: optim.Averaging): optim.Averaged<{ readonly w: NdArray }> => {
    const staged = jit(update<{ readonly w: NdArray }>)
    return path.slice(1).reduce((mean, params) => staged(mean, params), init(path[0]))
  }

  test('polyak is the mean of all', () => {
    const mean = follow(optim.polyak)
    close('mean', mean.params.w, np.mean(np.stack(path.map(({ w }) => w)), { axis: 0 }), 1e-15)
    expect(mean.count.item()).toBe(5)
  })

  test('ema weighs the past by powers of the decay', () => {
    const weights = [0.8 ** 4, 0.2 * 0.8 ** 3, 0.2 * 0.8 ** 2, 0.2 * 0.8, 0.2]
    const expected = path.map(({ w }, i) => np.multiply(weights[i], w)).reduce((a, b) => np.add(a, b))
    close('ema', follow(optim.ema(0.8)).params.w, expected, 1e-15)
    sameBits('without a past', follow(optim.ema(0)).params.w, path[4].w)
  })

  test('refuse what does not fit', () => {
    expect(() => optim.ema(1)).toThrow('ema: expected a decay from 0 to below 1, got 1')
    expect(() => optim.polyak.update(optim.polyak.init<unknown>({ w: vector(0) }), { v: vector(0) })).toThrow(TreeError)
  })
})

describe('rates and constants', () => {
  test.each<readonly [string, () => unknown, string]>([
    ['adamax', () => optim.adamax(0.1, { beta2: 1 }), 'a beta2 from 0 to below 1, got 1'],
    ['adamax', () => optim.adamax(-1), 'learning rate of at least 0'],
    ['adadelta', () => optim.adadelta(1, { decay: -0.1 }), 'a decay from 0 to below 1'],
    ['adadelta', () => optim.adadelta(1, { eps: 0 }), 'a finite eps above 0'],
    ['lion', () => optim.lion(0.1, { beta1: 1.5 }), 'a beta1 from 0 to below 1'],
    ['lion', () => optim.lion(0.1, { weightDecay: -1 }), 'decay of at least 0'],
    ['nadam', () => optim.nadam(0.1, { nesterov: false } as object), '"nesterov"'],
    ['nadamw', () => optim.nadamw(0.1, { beta1: -1 }), 'a beta1 from 0 to below 1'],
    ['radam', () => optim.radam(0.1, { eps: -1 }), 'a finite eps above 0'],
    ['lamb', () => optim.lamb(0.1, { beta2: 2 }), 'a beta2 from 0 to below 1']
  ])('%s refuses those out of range', (_, f, message) => {
    expect(f).toThrow(ArgumentError)
    expect(f).toThrow(message)
  })
})
