import fc from 'fast-check'
import { concatAll } from 'fp-ts/lib/Monoid.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError, TreeError } from '../../src/core/errors.js'
import { scan } from '../../src/control/loops/loops.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import { grad } from '../../src/transform/grad.js'
import { makeJaxpr } from '../../src/transform/inspect.js'
import { vmap } from '../../src/transform/vmap.js'
import * as tree from '../../src/tree/index.js'
import { arrayOf, f32, f64, generate, i32, noise } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

interface Model {
  readonly weight: NdArray
  readonly layers: readonly { readonly bias: NdArray }[]
}

const model = (dtype: 'float32' | 'float64', seed: number): Model => ({
  weight: generate(dtype, [2, 3], (i) => noise(seed, i)),
  layers: [{ bias: generate(dtype, [3], (i) => noise(seed + 50, i)) }]
})

/** One of each kind. */
const kinds: Readonly<Record<string, optim.Optimizer>> = {
  sgd: optim.sgd(0.1),
  momentum: optim.momentum(0.1),
  'momentum of the course': optim.momentum(optim.linearDecay(0.1, 3), { form: 'course' }),
  nesterov: optim.nesterov(0.1),
  adagrad: optim.adagrad(0.1),
  rmsprop: optim.rmsprop(0.1, { centered: true, momentum: 0.5 }),
  adam: optim.adam(optim.cosine(0.1, 10)),
  nadam: optim.adam(0.1, { nesterov: true, epsRoot: 1e-6 }),
  adamw: optim.adamw(0.1, { mask: (path, x) => x.ndim > 1 && path[0] === 'weight' }),
  clipped: optim.chain(optim.clipByGlobalNorm(0.5), optim.clip(0.3), optim.sgd(0.1)),
  scaled: optim.chain(optim.scale(-0.5), optim.scaleBySchedule(optim.warmup(1, 4))),
  adamax: optim.adamax(0.1),
  adadelta: optim.adadelta(),
  lion: optim.lion(0.1, { weightDecay: 0.1, mask: (_, x) => x.ndim > 1 }),
  nadamw: optim.nadamw(0.1, { mask: (_, x) => x.ndim > 1 }),
  radam: optim.radam(0.1, { beta2: 0.9 }),
  lamb: optim.lamb(0.1, { weightDecay: 0.1 }),
  'clipped array by array': optim.chain(optim.clipByNorm(0.5), optim.clipAdaptively(0.3), optim.sgd(0.1)),
  proximal: optim.chain(optim.sgd(0.1), optim.proximalL1(0.3, 0.1, { l2: 0.2 })),
  bounded: optim.chain(optim.sgd(0.5), optim.maxNorm(1)),
  'every other': optim.every(2, optim.clipByGlobalNorm(1), optim.adam(optim.linear(0.1, 0.2, 3))),
  grouped: optim.groups({ '*': optim.adam(0.1), last: optim.clipByNorm(0.1) }, (_, x) => x.ndim > 1 ? '*' : 'last'),
  masked: optim.chain(optim.masked((_, x) => x.ndim === 1, optim.momentum(0.1)), optim.scale(-1)),
  'in part frozen': optim.freeze((_, x) => x.ndim > 1, optim.adagrad(0.1))
}

const walk = (optimizer: optim.Optimizer, steps: number, dtype: 'float32' | 'float64' = 'float64'): optim.State<Model> => {
  const step = optim.step(optimizer)
  let state = optim.init(optimizer)(model(dtype, 1))
  for (let i = 0; i < steps; i++) state = step(state, model(dtype, 2 + i))
  return state
}

const sameState = (a: unknown, b: unknown): void => {
  const [xs, def] = tree.flatten(a)
  const [ys, other] = tree.flatten(b)
  expect(String(def)).toBe(String(other))
  ;(xs as readonly NdArray[]).forEach((x, i) => {
    sameBits(`leaf ${i}`, x, ys[i] as NdArray) // trees of arrays
  })
}

describe('optimizers are a monoid', () => {
  const some = fc.constantFrom(...Object.values(kinds))

  test('chaining is associative, and the empty one neutral, state included', () => {
    fc.assert(fc.property(some, some, some, (a, b, c) => {
      const { concat, empty } = optim.monoid
      sameState(walk(concat(concat(a, b), c), 2), walk(concat(a, concat(b, c)), 2))
      sameState(walk(concat(empty, a), 2), walk(a, 2))
      sameState(walk(concat(a, empty), 2), walk(a, 2))
    }), { numRuns: 20 })
  })

  test('and a list of steps, whichever way it is written', () => {
    const [clip, rate] = [optim.clipByGlobalNorm(1), optim.scaleByLearningRate(0.1)]
    const names = ['clipByGlobalNorm', 'scaleByLearningRate']
    for (const each of [optim.chain(clip, rate), optim.chain([clip], [rate]), concatAll(optim.monoid)([[clip], [rate]])]) {
      expect(each.map(({ name }) => name)).toEqual(names)
    }
  })

  test('the empty one adds the gradients', () => {
    const next = optim.step(optim.monoid.empty)(optim.init(optim.monoid.empty)(f32([1, 2])), f32([10, 20]))
    expect(next.params.toList()).toEqual([11, 22])
  })
})

describe.each(Object.entries(kinds))('%s', (name, optimizer) => {
  const start = optim.init(optimizer)(model('float64', 1))

  test.skipIf(['grouped', 'in part frozen'].includes(name))('takes a tree without parameters', () => {
    expect(optim.step(optimizer)(optim.init(optimizer)({ relu: null }), { relu: null }).params).toEqual({ relu: null })
  })

  test('keeps structure, types and argument', () => {
    const before = start.params.weight.toList()
    const next = optim.step(optimizer)(start, model('float64', 2))
    expectTypeOf(next).toEqualTypeOf<optim.State<Model>>()
    expect(tree.equalStructure(next, start)).toBe(true)
    expect(tree.leaves(next).map((x) => (x as NdArray).dtype)).toEqual(tree.leaves(start).map((x) => (x as NdArray).dtype))
    expect(start.params.weight.toList()).toEqual(before)
    expect(next.count.item()).toBe(1)
    expect(next.count.dtype).toBe('int32')
    expect(Object.isFrozen(next) && Object.isFrozen(next.params.layers)).toBe(true)
  })

  test('is the same under jit, and traces once', () => {
    let traces = 0
    const step = jit((s: optim.State<Model>, g: Model) => {
      traces++
      return optim.step(optimizer)(s, g)
    })
    let [eager, staged] = [start, start]
    for (let i = 0; i < 3; i++) {
      const g = model('float64', 10 + i)
      ;[eager, staged] = [optim.step(optimizer)(eager, g), step(staged, g)]
    }
    expect(traces).toBe(1)
    tree.zipWith((x: NdArray, y: NdArray) => {
      close('jit', x, y, 1e-14)
      return x
    })(eager.params, staged.params)
  })

  test('float32 is near float64', () => {
    const [single, double] = [walk(optimizer, 3, 'float32'), walk(optimizer, 3)]
    close('weight', np.asArray(single.params.weight, 'float64'), double.params.weight, 1e-5)
  })

  test('takes an ensemble of states through vmap as one by one', () => {
    const three = [0, 1, 2]
    const step = (s: optim.State<Model>, g: Model): optim.State<Model> => optim.step(optimizer)(s, g)
    const singles = three.map((i) => step(optim.init(optimizer)(model('float64', i)), model('float64', 10 + i)))
    const stacked = <T>(trees: readonly T[]): T => {
      const [, treedef] = tree.flatten(trees[0])
      const rows = trees.map((each) => tree.leaves(each) as readonly NdArray[])
      return treedef.unflatten(rows[0].map((_, k) => np.stack(rows.map((row) => row[k]))))
    }
    const all = vmap(step)(stacked(singles), stacked(three.map((i) => model('float64', 20 + i))))
    const expected = stacked(singles.map((state, i) => step(state, model('float64', 20 + i))))
    const [got, want] = [tree.leaves(all), tree.leaves(expected)] as unknown as readonly (readonly NdArray[])[]
    got.forEach((x, i) => {
      close(`leaf ${i}`, x, want[i], 1e-14)
    })
  })

  test('is a step of a scan', () => {
    const gradients = [0, 1, 2, 3].map((i) => model('float64', 30 + i))
    const folded = gradients.reduce((state, g) => optim.step(optimizer)(state, g), start)
    const xs = { weight: np.stack(gradients.map((g) => g.weight)), layers: [{ bias: np.stack(gradients.map((g) => g.layers[0].bias)) }] }
    const [scanned] = scan((state: optim.State<Model>, g: Model) => [optim.step(optimizer)(state, g), null] as const, start, xs)
    close('weight', scanned.params.weight, folded.params.weight, 1e-13)
    expect(scanned.count.item()).toBe(4)
  })

  test('does not care what parameters are called, nor in which order they stand', () => {
    interface Renamed { readonly a: NdArray; readonly z: readonly [NdArray] }
    const renamed = ({ weight, layers: [{ bias }] }: Model): Renamed => ({ a: bias, z: [weight] })
    // this one names its parameters
    const same = name === 'adamw' ? optim.adamw(0.1, { mask: (path, x) => x.ndim > 1 && path[0] === 'z' }) : optimizer
    let [state, other] = [start, optim.init(same)(renamed(start.params))]
    for (let i = 0; i < 4; i++) {
      const g = model('float64', 40 + i)
      ;[state, other] = [optim.step(optimizer)(state, g), optim.step(same)(other, renamed(g))]
    }
    close('bias', other.params.a, renamed(state.params).a, 1e-14)
    close('weight', other.params.z[0], renamed(state.params).z[0], 1e-14)
  })

  test('maps over a batch of trainings', () => {
    const batch = tree.zipWith((x: NdArray, y: NdArray) => np.stack([x, y]))(model('float64', 1), model('float64', 3))
    const train = (p: Model, g: Model): Model => optim.step(optimizer)(optim.init(optimizer)(p), g).params
    const both = vmap(train)(batch, batch)
    close('second', np.slice(both.weight, [1]), train(model('float64', 3), model('float64', 3)).weight, 1e-14)
  })
})

describe('without gradients', () => {
  const still = Object.entries(kinds).filter(([name]) => !['adamw', 'lion', 'nadamw', 'lamb', 'proximal', 'bounded'].includes(name))

  test.each(still)('%s stays where it is, to the bit', (_, optimizer) => {
    const none = tree.map((x: NdArray) => np.zerosLike(x))(model('float64', 1))
    let state = optim.init(optimizer)(model('float64', 1))
    for (let i = 0; i < 3; i++) state = optim.step(optimizer)(state, none)
    sameState(state.params, model('float64', 1))
  })
})

describe('formulas', () => {
  test('the two forms of momentum agree while the rate is constant, and differ when it changes', () => {
    const paths = (rate: optim.Rate): readonly NdArray[] =>
      (['course', 'usual'] as const).map((form) => walk(optim.momentum(rate, { form }), 4).params.weight)
    const [a, b] = paths(0.1)
    close('constant', a, b, 1e-15)
    const [c, d] = paths(optim.exponential(0.1, 1, 0.5))
    expect(np.allclose(c, d).item()).toBe(0)
  })

  test('momentum approaches the terminal step', () => {
    const optimizer = optim.momentum(0.1, { momentum: 0.8 })
    let [state, before] = [optim.init(optimizer)(f64(0)), 0]
    for (let i = 0; i < 200; i++) {
      before = state.params.item()
      state = optim.step(optimizer)(state, f64(2))
    }
    expect(before - state.params.item()).toBeCloseTo((0.1 * 2) / (1 - 0.8), 10)
  })

  test('Nesterov in our variables is that of the course, which looks ahead', () => {
    const slope = grad((x: NdArray) => np.sum(np.multiply(f64([1, 5]), np.square(x))))
    const [alpha, rate] = [0.9, 0.02]
    let [theta, v] = [f64([1, 1]), f64([0, 0])]
    const optimizer = optim.nesterov(rate, { momentum: alpha, form: 'course' })
    let state = optim.init(optimizer)(theta)
    for (let i = 0; i < 5; i++) {
      const ahead = np.add(theta, np.multiply(alpha, v))
      close('the point ahead', state.params, ahead, 1e-14)
      v = np.subtract(np.multiply(alpha, v), np.multiply(rate, slope(ahead)))
      theta = np.add(theta, v)
      state = optim.step(optimizer)(state, slope(state.params))
    }
  })

  test('decayed weights before the gradient are those of the penalty', () => {
    const loss = (x: NdArray): NdArray => np.sum(np.sin(x))
    const penalised = (x: NdArray): NdArray => np.add(loss(x), np.multiply(0.15, np.sum(np.square(x))))
    const x = f64([1, -2])
    const optimizer = optim.chain(optim.addDecayedWeights(0.3), optim.sgd(0.1))
    const plain = optim.sgd(0.1)
    close('step', optim.step(optimizer)(optim.init(optimizer)(x), grad(loss)(x)).params,
      optim.step(plain)(optim.init(plain)(x), grad(penalised)(x)).params, 1e-15)
  })

  test('a mask leaves parameters out', () => {
    const optimizer = [optim.addDecayedWeights(1, { mask: (_, x) => x.ndim > 1 })]
    const state = optim.init(optimizer)(model('float64', 1))
    const next = optim.step(optimizer)(state, tree.map((x: NdArray) => np.zerosLike(x))(state.params))
    close('weight', next.params.weight, np.multiply(2, state.params.weight), 0)
    close('bias', next.params.layers[0].bias, state.params.layers[0].bias, 0)
  })

  test('short updates pass the clip as they are, long ones get its length', () => {
    const optimizer = [optim.clipByGlobalNorm(5)]
    const clip = (g: NdArray): NdArray => optim.step(optimizer)(optim.init(optimizer)(np.zerosLike(g)), g).params
    sameBits('short', clip(f64([3, 3.9])), f64([3, 3.9]))
    close('long', clip(f64([30, 40])), f64([3, 4]), 1e-15)
    sameBits('none', clip(f64([0, 0])), f64([0, 0]))
    expect(optim.globalNorm({}).item()).toBe(0)
  })

  test('Adam in float32 knows its first step to the last bits', () => {
    const state = optim.step(optim.adam(1))(optim.init(optim.adam(1))(f32([0, 0])), f32([1e-3, -100]))
    close('sign', state.params, f32([-1, 1]), 2e-5)
  })
})

describe('rates', () => {
  const slide = (rate: NdArray): NdArray => {
    const optimizer = optim.sgd(rate)
    return optim.step(optimizer)(optim.init(optimizer)(f64([1, 2])), f64([1, 1])).params
  }

  test('may be traced, differentiated and mapped', () => {
    sameBits('jit', jit(slide)(f64(0.25)), f64([0.75, 1.75]))
    expect(grad((rate: NdArray) => np.sum(slide(rate)))(f64(0.25)).item()).toBe(-2)
    expect(vmap(slide)(f64([0, 0.5])).toList()).toEqual([[1, 2], [0.5, 1.5]])
    expect(slide(f32(0.5)).dtype).toBe('float64')
  })

  test('of a schedule are taken at the count', () => {
    const optimizer = optim.sgd((count) => np.divide(1, np.add(1, count)))
    let state = optim.init(optimizer)(f64(0))
    const path = Array.from({ length: 3 }, () => (state = optim.step(optimizer)(state, f64(-1))).params.item())
    expect(path).toEqual([1, 1.5, 1.5 + Math.fround(1 / 3)])
  })
})

test('a step of SGD stages as little as it can', () => {
  const optimizer = optim.sgd(0.1)
  const state = optim.init(optimizer)(f32([1, 2]))
  const text = String(makeJaxpr(optim.step(optimizer)<NdArray>)(state, f32([1, 1])))
  expect(text.match(/ = /g)?.length).toBeLessThanOrEqual(5)
})

test('the count saturates', () => {
  const last = { ...optim.init(optim.sgd(0.1))(f64(0)), count: i32(2 ** 31 - 1) }
  expect(optim.step(optim.sgd(0.1))(last, f64(0)).count.item()).toBe(2 ** 31 - 1)
})

describe('bad input', () => {
  const state = optim.init(optim.sgd(0.1))(model('float32', 1))
  const run = (gradients: unknown): unknown => optim.step(optim.sgd(0.1))(state, gradients as Model)
  const { weight, layers } = model('float32', 2)

  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['gradients of another structure', () => run({ weight }), TreeError, 'the parameters and the gradients to have the same structure'],
    ['a gradient of another shape', () => run({ weight: f32([1]), layers }), ShapeError, 'shape [2,3], got float32[1] at gradients.weight'],
    ['a gradient of another dtype', () => run({ weight, layers: [{ bias: f64([1, 2, 3]) }] }), DTypeError, 'at gradients.layers[0].bias'],
    ['a number as a gradient', () => run({ weight: 1, layers }), ArgumentError, 'arrays as gradients, got 1 at gradients.weight'],
    ['the state of another optimizer', () => optim.step([])(state, model('float32', 2)), TreeError, 'an optimizer of 0 steps'],
    ['integer parameters', () => optim.init([])({ a: i32([1]) }), DTypeError, 'floating-point parameters, got int32[1] at params.a'],
    ['parameters that are no arrays', () => optim.init([])({ a: () => 1 }), ArgumentError, 'at params.a'],
    ['a negative rate', () => optim.sgd(-0.1), ArgumentError, 'a finite learning rate of at least 0, got -0.1'],
    ['NaN for a rate', () => optim.adam(NaN), ArgumentError, 'learning rate'],
    ['a rate of the wrong kind', () => optim.sgd('0.1' as unknown as number), ArgumentError, 'a number, a scalar array or a schedule'],
    ['a vector for a rate', () => optim.step(optim.sgd(f64([1, 2])))(optim.init(optim.sgd(0.1))(f64(0)), f64(1)), ShapeError, 'a scalar'],
    ['a momentum of 1', () => optim.sgd(0.1, { momentum: 1 }), ArgumentError, 'a decay from 0 to below 1, got 1'],
    ['a negative beta', () => optim.adam(0.1, { beta1: -1 }), ArgumentError, 'a beta1 from 0 to below 1'],
    ['an eps of 0', () => optim.rmsprop(0.1, { eps: 0 }), ArgumentError, 'a finite eps above 0'],
    ['no eps at all', () => optim.adam(0.1, { eps: 0 }), ArgumentError, 'eps or epsRoot above 0'],
    ['a negative start', () => optim.adagrad(0.1, { initial: -1 }), ArgumentError, 'a finite initial of at least 0'],
    ['a negative decay', () => optim.adamw(0.1, { weightDecay: -1 }), ArgumentError, 'decay of at least 0'],
    ['a norm of 0', () => optim.clipByGlobalNorm(0), ArgumentError, 'a finite norm above 0'],
    ['a bound of NaN', () => optim.clip(NaN), ArgumentError, 'a finite bound above 0'],
    ['an infinite factor', () => optim.scale(Infinity), ArgumentError, 'a finite factor'],
    ['an unknown form', () => optim.sgd(0.1, { form: 'pytorch' as 'usual' }), ArgumentError, 'a form, course or usual, got pytorch'],
    ['an unknown option', () => optim.adam(0.1, { b1: 0.9 } as optim.AdamOptions), ArgumentError, '"b1"'],
    ['an unknown option of sgd', () => optim.sgd(0.1, { decay: 0.9 } as optim.SgdOptions), ArgumentError, '"decay"'],
    ['what is no step', () => optim.chain({ name: 'x' } as optim.Step), ArgumentError, 'steps { name, init, update }'],
    ['no schedule', () => optim.scaleBySchedule(0.1 as unknown as optim.Schedule), ArgumentError, 'a function of the count'],
    ['a schedule of no steps', () => optim.linearDecay(0.1, 0), ArgumentError, 'an integer number of steps of at least 1, got 0'],
    ['a schedule of NaN', () => optim.cosine(NaN, 5), ArgumentError, 'a finite initial'],
    ['an unknown option of a schedule', () => optim.warmup(1, 5, { final: 1 } as object), ArgumentError, '"final"'],
    ['boundaries that do not ascend', () => optim.join([1, 2, 3].map(optim.constant), [5, 5]), ArgumentError, 'boundary'],
    ['a boundary too few', () => optim.join([optim.constant(1), optim.constant(2)], []), ArgumentError, 'a boundary between any two of 2'],
    ['a warm-up longer than all', () => optim.warmupCosine(1, 5, 5), ArgumentError, 'more than 5 steps']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })

  test('weak numbers become parameters of one type', () => {
    const optimizer = optim.sgd(0.5)
    const start = optim.init(optimizer)({ rate: 3 } as unknown as { rate: NdArray })
    expect([start.params.rate.weak, start.params.rate.dtype]).toEqual([false, 'float32'])
    expect(optim.step(optimizer)(start, { rate: arrayOf('float32', [], [2], true) }).params.rate.item()).toBe(2)
  })
})
