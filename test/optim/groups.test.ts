import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, TreeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import * as tree from '../../src/tree/index.js'
import { f64, generate, noise } from '../support/arrays.js'
import { sameBits } from '../support/close.js'

interface Part { readonly weight: NdArray; readonly bias: NdArray }
interface Net { readonly body: readonly Part[]; readonly head: Part }

const part = (seed: number): Part => ({
  weight: generate('float64', [2, 2], (i) => noise(seed, i)),
  bias: generate('float64', [2], (i) => noise(seed + 50, i))
})

const net = (seed: number): Net => ({ body: [part(seed), part(seed + 1)], head: part(seed + 2) })

const walk = <P>(optimizer: optim.Optimizer, start: P, gradient: (i: number) => P, steps = 4): optim.State<P> => {
  let state = optim.init(optimizer)(start)
  for (let i = 0; i < steps; i++) state = optim.step(optimizer)(state, gradient(i))
  return state
}

const sameTrees = (a: unknown, b: unknown): void => {
  const [xs, ys] = [tree.leaves(a), tree.leaves(b)] as unknown as readonly (readonly NdArray[])[]
  expect(xs.length).toBe(ys.length)
  xs.forEach((x, i) => {
    sameBits(`leaf ${i}`, x, ys[i])
  })
}

const gradient = (i: number): Net => net(10 * i + 3)

describe('groups', () => {
  const [slow, fast] = [optim.chain(optim.clipByGlobalNorm(0.5), optim.adam(0.01)), optim.momentum(0.1)]

  test('are trained as if they were alone', () => {
    const { params } = walk(optim.groups({ body: slow, head: fast }), net(1), gradient)
    sameTrees(params.body, walk(slow, net(1).body, (i) => gradient(i).body).params)
    sameTrees(params.head, walk(fast, net(1).head, (i) => gradient(i).head).params)
  })

  test('the same by path, by label and by what is left', () => {
    const byLabel = optim.groups({ a: slow, b: fast }, ([field]) => (field === 'body' ? 'a' : 'b'))
    const expected = walk(optim.groups({ body: slow, head: fast }), net(1), gradient).params
    for (const groups of [byLabel, optim.groups({ '*': slow, head: fast }), optim.groups({ body: slow, '*': fast })]) {
      sameTrees(walk(groups, net(1), gradient).params, expected)
    }
  })

  test('of one group, the optimizer itself', () => {
    for (const optimizer of [slow, fast, optim.lamb(0.1)]) {
      const expected = walk(optimizer, net(1), gradient).params
      sameTrees(walk(optim.groups({ '*': optimizer }), net(1), gradient).params, expected)
      sameTrees(walk(optim.groups({ all: optimizer }, () => 'all'), net(1), gradient).params, expected)
      sameTrees(walk(optim.masked(() => true, optimizer), net(1), gradient).params, expected)
    }
  })

  test('of steps may stand anywhere in a chain', () => {
    const optimizer = optim.chain(optim.groups({ 'body[0].weight': optim.scale(2), '*': optim.chain() }), optim.scale(-1))
    const { params } = walk(optimizer, net(1), gradient, 1)
    sameTrees(params.body[0].weight, np.subtract(net(1).body[0].weight, np.multiply(2, gradient(0).body[0].weight)))
    sameTrees(params.body[0].bias, np.subtract(net(1).body[0].bias, gradient(0).body[0].bias))
  })

  test('keep the paths of their parameters', () => {
    const seen: string[] = []
    const decay = optim.addDecayedWeights(1, { mask: (path) => seen.push(tree.showPath(path)) > 0 })
    optim.init(optim.groups({ head: [decay], '*': [] }))(net(1))
    expect(seen).toEqual(['head.bias', 'head.weight'])
  })
})

describe('frozen parameters', () => {
  const special = f64([1, -0, 0, 1e-310, -Infinity, 5])
  const start = { body: special, head: f64([1, 2]) }
  const gradients = { body: f64([1, 0, NaN, Infinity, 1, -0]), head: f64([1, 1]) }

  test.each<readonly [string, optim.Optimizer]>([
    ['by path', optim.freeze('body', optim.adamw(0.1))],
    ['by predicate', optim.freeze(([field]) => field === 'body', optim.adamw(0.1))],
    ['as a group', optim.groups({ body: optim.frozen, '*': optim.adamw(0.1) })],
    ['between the steps of every', optim.every(5, optim.freeze('body', optim.sgd(0.1)))]
  ])('%s keep their bits', (_, optimizer) => {
    for (const step of [optim.step(optimizer), jit(optim.step(optimizer)<typeof start>)]) {
      let state = optim.init(optimizer)(start)
      for (let i = 0; i < 6; i++) state = step(state, gradients)
      sameBits('body', state.params.body, special)
      expect(state.params.head.toList()).not.toEqual(start.head.toList())
    }
  })

  test('take no memory and do not count in norms', () => {
    const optimizer = optim.freeze('body', optim.clipByGlobalNorm(1), optim.adam(0.1))
    const state = optim.init(optimizer)(net(1))
    expect(tree.size(state.inner)).toBe(4)
    const clipped = optim.freeze('body', optim.clipByGlobalNorm(1))
    const next = walk(clipped, { body: f64(0), head: f64(0) }, () => ({ body: f64(1000), head: f64(0.5) }), 1)
    expect(next.params.head.item()).toBe(0.5)
  })
})

describe('bad input', () => {
  const start = net(1)
  const begin = (step: optim.Step | optim.Optimizer): unknown => optim.init(optim.chain(step))(start)
  const [sgd, all] = [optim.sgd(0.1), 'body[0].bias, body[0].weight, body[1].bias, body[1].weight, head.bias, head.weight']

  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a group that names no path', () => begin(optim.groups({ heda: sgd, '*': sgd })), TreeError,
      `groups: expected the place of a parameter, of which there are ${all}, got the group "heda"`],
    ['a part of a name is no path', () => begin(optim.groups({ bod: sgd, '*': sgd })), TreeError, 'got the group "bod"'],
    ['a parameter in no group', () => begin(optim.groups({ head: sgd })), TreeError,
      'groups: expected every parameter in exactly one group, got none of head at body[0].bias'],
    ['a parameter in two groups', () => begin(optim.groups({ body: sgd, 'body[1].bias': sgd, head: sgd })), TreeError,
      'exactly one group, got body and body[1].bias at body[1].bias'],
    ['a label that is no group', () => begin(optim.groups({ a: sgd }, (_, x) => (x.ndim > 1 ? 'a' : 'b'))), TreeError,
      'a label among a, got "b" at body[0].bias'],
    ['a group that no parameter has for a label', () => begin(optim.groups({ a: sgd, b: sgd }, () => 'a')), TreeError,
      `${all}, got the group "b"`],
    ['no record', () => optim.groups([sgd] as unknown as Record<string, optim.Optimizer>), ArgumentError, 'a record of optimizers'],
    ['no group', () => optim.groups({}), ArgumentError, 'groups: expected at least one group, got none'],
    ['no optimizer', () => optim.groups({ '*': sgd, head: 0.1 as unknown as optim.Optimizer }), ArgumentError,
      'groups: expected optimizers, or steps { name, init, update }, got 0.1 at head'],
    ['no step', () => optim.groups({ head: [...sgd, 0.1 as unknown as optim.Step] }), ArgumentError, 'at head[1]'],
    ['no function of labels', () => optim.groups({ head: sgd }, 'head' as unknown as optim.Label), ArgumentError, 'as label'],
    ['a path to freeze that is none', () => begin(optim.freeze('embedding', sgd)), TreeError, 'freeze: expected the place of a parameter'],
    ['nothing said of what to freeze', () => optim.freeze(undefined as unknown as optim.Where, sgd), ArgumentError, 'a path as text'],
    ['a predicate that freezes nothing', () => begin(optim.freeze(() => false, sgd)), TreeError, 'what holds for none'],
    ['nothing to freeze', () => begin(optim.freeze([], sgd)), TreeError, 'what holds for none'],
    ['a mask that names no path', () => begin(optim.adamw(0.1, { mask: ['head.weight', 'weight'] })), TreeError, 'got "weight"'],
    ['a mask of the wrong kind', () => optim.adamw(0.1, { mask: 3 as unknown as optim.Where }), ArgumentError, 'a path as text'],
    ['a step for no gradient at all', () => optim.every(0, sgd), ArgumentError, 'an integer number of gradients of at least 1, got 0'],
    ['a step for half a gradient', () => optim.every(0.5, sgd), ArgumentError, 'an integer number of gradients']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })

  test('of many paths only some are listed', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p${i}`, f64(0)]))
    expect(() => optim.init(optim.groups({ q: sgd }))(many)).toThrow('and 80 more')
  })
})
