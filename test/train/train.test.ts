import fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DonatedError, DTypeError, ShapeError, TreeError } from '../../src/core/errors.js'
import * as lax from '../../src/control/index.js'
import * as data from '../../src/data/index.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import * as random from '../../src/random/index.js'
import * as train from '../../src/train/index.js'
import { vmap } from '../../src/transform/vmap.js'
import { f64, i32 } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

const wrong = (x: unknown): never => x as never // callers without types pass anything

interface State {
  readonly w: NdArray
  readonly count: NdArray
}

const stateAt = (i: number): State => ({ w: np.full([2], i), count: np.array(i, { dtype: 'int32' }) })
const evaluations = (losses: readonly number[]): readonly train.Evaluation<State>[] =>
  losses.map((validation, i) => ({ state: stateAt(i + 1), validation }))

/** Early stopping by the book, in plain numbers. */
const byTheBook = (losses: readonly number[], patience: number, minDelta: number) => {
  let [best, bestStep, steps] = [Infinity, 0, 0]
  for (const loss of losses) {
    steps++
    if (loss < best - minDelta) [best, bestStep] = [loss, steps]
    else if (steps - bestStep >= patience) return { best, bestStep, steps, stopped: true }
  }
  return { best, bestStep, steps, stopped: false }
}

describe('earlyStopping', () => {
  const runs = fc.record({
    losses: fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(NaN), fc.constant(Infinity)), { maxLength: 15 }),
    patience: fc.integer({ min: 1, max: 4 }),
    minDelta: fc.constantFrom(0, 1.5)
  })

  test('is that of the book, and keeps the best copy', () => {
    fc.assert(fc.property(runs, ({ losses, patience, minDelta }) => {
      const stopper = train.earlyStopping({ patience, minDelta }).run(stateAt(0), evaluations(losses))
      const expected = byTheBook(losses, patience, minDelta)
      expect(stopper.bestLoss.item()).toBe(expected.best)
      expect(stopper.bestStep.item()).toBe(expected.bestStep)
      expect(stopper.steps.item()).toBe(expected.steps)
      expect(stopper.stopped.item()).toBe(Number(expected.stopped))
      sameBits('best', stopper.best.w, np.full([2], expected.bestStep))
    }), { numRuns: 60 })
  })

  test('is the same within a scan, and as a fold that goes on after the stop', () => {
    const losses = [5, 3, 4, 2.5, 2.6, 2.7, 0]
    const stopping = train.earlyStopping({ patience: 2 })
    const folded = evaluations(losses).reduce(stopping.step, stopping.init(stateAt(0)))
    const ran = stopping.run(stateAt(0), evaluations(losses))
    const scanned = jit((xs: NdArray) => lax.scan((stopper: train.Stopper<State>, loss: NdArray) => {
      const i = lax.add(stopper.steps, 1)
      const state = { w: np.broadcastTo(np.astype(i, 'float32'), [2]), count: i }
      return [stopping.step(stopper, { state, validation: loss }), stopper.stopped] as const
    }, stopping.init(stateAt(0)), xs))(np.array(losses))
    for (const each of [folded, scanned[0]]) {
      sameBits('best', each.best.w, ran.best.w)
      sameBits('loss', each.bestLoss, ran.bestLoss)
      sameBits('step', each.bestStep, ran.bestStep)
      sameBits('steps', each.steps, ran.steps)
      sameBits('stopped', each.stopped, ran.stopped)
    }
    expect(ran.bestStep.item()).toBe(4)
    expect(scanned[1].toList()).toEqual([false, false, false, false, false, false, true])
  })

  test('copies nothing where losses are known, and asks for no more evaluations than it needs', () => {
    const best = stateAt(1)
    const asked = function* (): Generator<train.Evaluation<State>> {
      yield { state: best, validation: 1 }
      yield { state: stateAt(2), validation: 2 }
      throw new Error('one too many')
    }
    const stopper = train.earlyStopping({ patience: 1 }).run(stateAt(0), asked())
    expectTypeOf(stopper).toEqualTypeOf<train.Stopper<State>>()
    expect(stopper.best).toBe(best)
  })

  test('watches many nets at once under vmap', () => {
    const stopping = train.earlyStopping({ patience: 1 })
    const start = stopping.init({ w: np.array(0) })
    const judge = vmap((validation: NdArray, w: NdArray) =>
      stopping.step(stopping.step(start, { state: { w: np.array(1) }, validation: 2 }), { state: { w }, validation }))
    const both = judge(np.array([1, 3]), np.array([10, 20]))
    expect(both.best.w.toList()).toEqual([10, 1])
    expect(both.stopped.toList()).toEqual([false, true])
  })
})

describe('steps', () => {
  const add: train.Step<number, number, string> = (total, x) => [total + x, `plus ${x}`]

  test('run is a scan, lazily, as often as one likes', () => {
    const along = train.run(add)(1, [2, 3, 4])
    expectTypeOf(along).toEqualTypeOf<Iterable<readonly [number, string]>>()
    expect([...along]).toEqual([[3, 'plus 2'], [6, 'plus 3'], [10, 'plus 4']])
    expect([...along]).toEqual([...along])
    const taken: number[] = []
    const endless = function* (): Generator<number> {
      for (let i = 0; ; i++) {
        taken.push(i)
        yield i
      }
    }
    for (const [state] of train.run(add)(0, endless())) if (state > 2) break
    expect(taken).toEqual([0, 1, 2])
  })

  test('a generator of batches is gone through once', () => {
    const once = function* (): Generator<number> {
      yield* [2, 3]
    }
    const along = train.run(add)(0, once())
    expect([[...along].length, [...along].length]).toEqual([2, 0])
  })

  test('a step that donates its state lets each live until the next', () => {
    const step = jit((state: NdArray, x: NdArray) => [np.add(state, x), np.multiply(state, x)] as const, { donate: [0] })
    const xs = [1, 2, 3].map((x) => np.array([x, x]))
    const totals: unknown[] = []
    const states: NdArray[] = []
    for (const [state, metric] of train.run(step)(np.zeros([2]), xs)) {
      totals.push(np.sum(state).item(), np.sum(metric).item())
      states.push(state)
    }
    expect(totals).toEqual([2, 0, 6, 4, 12, 18])
    expect(() => states[0].toList()).toThrow(DonatedError)
    expect(states[2].toList()).toEqual([6, 6])
  })

  test('run, optimizers and epochs infer their types', () => {
    const optimizer = optim.sgd(0.1)
    const step = jit((state: optim.State<{ readonly w: NdArray }>, batch: { readonly x: NdArray }) =>
      [optim.step(optimizer)(state, { w: np.mean(batch.x, { axis: 0 }) }), { loss: np.sum(batch.x) }] as const)
    const start = optim.init(optimizer)({ w: np.zeros([1]) })
    const [epoch] = pipe({ x: np.ones([4, 1]) }, data.epochs(random.key(0), { size: 2 }))
    const along = train.run(step)(start, epoch)
    expectTypeOf(along).toEqualTypeOf<Iterable<readonly [optim.State<{ readonly w: NdArray }>, { readonly loss: NdArray }]>>()
    const history = train.history(pipe([...along], RA.map(([, metrics]) => metrics)))
    expectTypeOf(history.loss).toEqualTypeOf<NdArray>()
    expect(history.loss.toList()).toEqual([2, 2])
  })

  test('strategy A takes as many steps, from the start', () => {
    expect(train.retrainFresh(add)(0, [1, 2, 3, 4], 3)).toBe(6)
    expect(train.retrainFresh(add)(5, [], 0)).toBe(5)
    expect(() => train.retrainFresh(add)(0, [1, 2], 3)).toThrow('retrainFresh: expected 3 batches, one for each step, got 2')
    expect(() => train.retrainFresh(add)(0, [1], -1)).toThrow('number of steps of at least 0')
  })

  test('strategy B continues until the validation loss is below the target, or to the cap', () => {
    const down: train.Step<number, number> = (x, by) => [x - by, null]
    const ones = Array.from({ length: 50 }, () => 1)
    const options = { validation: (x: number) => x, target: 5, cap: 40 }
    expect(train.retrainContinued(down, options)(9, ones)).toEqual({ state: 4, steps: 5, reached: true })
    expect(train.retrainContinued(down, { ...options, every: 4 })(9, ones)).toEqual({ state: 1, steps: 8, reached: true })
    expect(train.retrainContinued(down, { ...options, target: -1000 })(9, ones)).toEqual({ state: -31, steps: 40, reached: false })
    expect(train.retrainContinued(down, { ...options, every: 3 })(9, [1, 1, 1, 1, 1])).toEqual({ state: 4, steps: 5, reached: true })
    expect(train.retrainContinued(down, options)(4, ones)).toEqual({ state: 4, steps: 0, reached: true })
    expect(train.retrainContinued(down, { ...options, validation: (x) => f64(x), target: f64(5) })(9, ones).steps).toBe(5)
  })
})

describe('metrics', () => {
  test('accuracy and confusion agree', () => {
    const answers = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 20 })
    fc.assert(fc.property(answers, (pairs) => {
      const [given, truth] = [i32(pairs.map(([a]) => a)), i32(pairs.map(([, t]) => t))]
      const scores = np.astype(np.equal(np.expandDims(given, 1), np.arange(4)), 'float32')
      const confusion = train.confusionMatrix(given, truth, 4)
      expect(confusion.dtype).toBe('int32')
      close('accuracy', np.divide(np.trace(confusion), pairs.length), train.accuracy(scores, truth), 1e-6)
      const expected = Array.from({ length: 4 }, (_, t) => Array.from({ length: 4 }, (__, a) => pairs.filter(([x, y]) => x === a && y === t).length))
      expect(confusion.toList()).toEqual(expected)
      sameBits('jit', jit((a: NdArray, t: NdArray) => train.confusionMatrix(a, t, 4))(given, truth), confusion)
    }), { numRuns: 20 })
    expect(train.accuracy(np.zeros([2, 3, 4]), np.zeros([2, 3], { dtype: 'int32' })).item()).toBe(1)
  })

  test('the mean of an epoch weighs batches by their sizes', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 8 })
    fc.assert(fc.property(values, (pairs) => {
      const means = pairs.map(([value, weight]) => train.mean.of(f64(value), weight))
      const expected = pairs.reduce((sum, [v, w]) => sum + v * w, 0) / pairs.reduce((sum, [, w]) => sum + w, 0)
      close('mean', train.mean.value(means.reduce(train.mean.concat, train.mean.empty)), f64(expected), 1e-12)
      close('right unit', train.mean.value(train.mean.concat(means[0], train.mean.empty)), f64(pairs[0][0]), 1e-12)
    }), { numRuns: 20 })
    expect(train.mean.value(train.mean.empty).item()).toBeNaN()
    const total = lax.scan((sum: train.Mean, x: NdArray) => [train.mean.concat(sum, train.mean.of(x)), null] as const,
      train.mean.of(np.array(0), 0), np.array([1, 2, 6]))[0]
    expect(train.mean.value(total).item()).toBe(3)
  })

  test('an empty mean begins a scan', () => {
    const values = f64([1, 2, 6])
    const [total] = lax.scan((sum: train.Mean, x: NdArray) => [train.mean.concat(sum, train.mean.of(x)), null] as const, train.mean.empty, values)
    sameBits('mean', train.mean.value(total), f64(3))
  })

  test('a history stacks trees', () => {
    const list = [{ loss: np.array(3), norms: [np.ones([2])] }, { loss: np.array(1), norms: [np.zeros([2])] }]
    const stacked = train.history(list)
    expect(stacked.loss.toList()).toEqual([3, 1])
    expect(stacked.norms[0].toList()).toEqual([[1, 1], [0, 0]])
  })
})

describe('mistakes', () => {
  const step: train.Step<number, number> = (x) => [x, null]
  const stopping = train.earlyStopping({ patience: 1 })
  test.each<readonly [string, () => unknown, new (...args: never) => Error, string]>([
    ['no patience', () => train.earlyStopping({ patience: 0 }), ArgumentError, 'earlyStopping: expected an integer patience of at least 1, got 0'],
    ['a negative delta', () => train.earlyStopping({ patience: 1, minDelta: -1 }), ArgumentError, 'minDelta of at least 0'],
    ['losses of a batch', () => stopping.step(stopping.init(0), { state: 0, validation: [1, 2] }), ShapeError, 'a scalar validation loss'],
    ['no evaluations', () => stopping.run(0, wrong(3)), ArgumentError, 'an iterable of evaluations'],
    ['evaluations that are null', () => stopping.run(0, wrong(null)), ArgumentError, 'an iterable of evaluations'],
    ['what is no evaluation', () => stopping.run(0, wrong([undefined])), ArgumentError, 'earlyStopping: expected an evaluation { state, validation }, got undefined'],
    ['an evaluation without a loss', () => stopping.step(stopping.init(0), wrong({ state: 1 })), ArgumentError, 'an evaluation'],
    ['a patience without end', () => train.earlyStopping({ patience: Infinity }), ArgumentError, 'an integer patience'],
    ['no batches', () => train.run(step)(0, wrong(3)), ArgumentError, 'run: expected an iterable of batches, got 3'],
    ['no batches for strategy A', () => train.retrainFresh(step)(0, wrong(undefined), 2), ArgumentError, 'an iterable of batches'],
    ['a history of a number', () => train.history(wrong(3)), ArgumentError, 'history: expected an iterable of metrics'],
    ['no step', () => train.run(wrong(3)), ArgumentError, 'run: expected a step'],
    ['a step without metrics', () => [...train.run(wrong((x: number) => x))(1, [2])], TreeError, 'run: expected a step that returns a pair [state, metrics], got 1'],
    ['no cap', () => train.retrainContinued(step, { validation: () => 0, target: 0, cap: 0 }), ArgumentError, 'cap of at least 1'],
    ['no validation', () => train.retrainContinued(step, { validation: wrong(1), target: 0, cap: 1 }), ArgumentError, 'a function of the state'],
    ['losses as target', () => train.retrainContinued(step, { validation: () => 0, target: [1, 2], cap: 1 }), ShapeError, 'a scalar loss'],
    ['scores without classes', () => train.accuracy(3, 0), ShapeError, 'a last axis of classes'],
    ['too few labels', () => train.accuracy(np.ones([3, 2]), i32([0, 1])), ShapeError, 'a class per example, shape [3]'],
    ['labels that are distributions', () => train.accuracy(np.ones([3, 2]), np.ones([3, 2])), DTypeError, 'integer'],
    ['an answer out of range', () => train.confusionMatrix([0, 3], [0, 1], 3), ArgumentError, 'confusionMatrix: expected answers from 0 to 2, got the answer 3 at answers[1]'],
    ['a label out of range for accuracy', () => train.accuracy(np.ones([2, 3]), [0, 3]), ArgumentError, 'accuracy: expected labels from 0 to 2, got the label 3 at labels[1]'],
    ['a label out of range', () => train.confusionMatrix([0, 1], [0, -1], 3), ArgumentError, 'labels from 0 to 2, got the label -1 at labels[1]'],
    ['more answers than labels', () => train.confusionMatrix([0, 1], [0], 3), ShapeError, 'one answer per label'],
    ['the history of nothing', () => train.history([]), ArgumentError, 'at least one step'],
    ['a history of different things', () => train.history<unknown>([{ a: 1 }, { b: 1 }]), TreeError, 'the same structure']
  ])('%s', (_, run, error, message) => {
    expect(run).toThrow(error)
    expect(run).toThrow(message)
  })
})
