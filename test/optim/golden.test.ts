import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import { f64 } from '../support/arrays.js'
import { close } from '../support/close.js'
import { golden } from '../support/golden.js'
import { ways, type Run } from '../support/ways.js'

/** Hyperparameters as Optax and PyTorch name them. */
interface Params {
  readonly learningRate?: number
  readonly lr?: number
  readonly momentum?: number
  readonly nesterov?: boolean
  readonly initialAccumulatorValue?: number
  readonly eps?: number
  readonly epsInSqrt?: boolean
  readonly epsRoot?: number
  readonly decay?: number
  readonly alpha?: number
  readonly centered?: boolean
  readonly b1?: number
  readonly b2?: number
  readonly betas?: readonly [number, number]
  readonly weightDecay?: number
  readonly dampening?: number
  readonly lrDecay?: number
  readonly clip?: number
  readonly clipElements?: number
  readonly clipAdaptive?: number
  readonly clipEps?: number
  readonly every?: number
  readonly rho?: number
  readonly scheduled?: { readonly params: { readonly initValue: number; readonly endValue: number; readonly transitionSteps: number } }
}

interface Walk {
  readonly name: string
  readonly fn: string
  readonly source: 'optax' | 'torch'
  readonly params: Params
  /** The parameters after each of the given gradients. */
  readonly out: NdArray
  /** The parameters after as many steps on the quadratic function. */
  readonly quadratic: NdArray
}

/** Where all walks begin, the given gradients, and the function ½xᵀAx − bᵀx. */
interface Problem {
  readonly start: NdArray
  readonly gradients: NdArray
  readonly matrix: NdArray
  readonly vector: NdArray
}

type Make = (p: Params, rate: optim.Rate) => optim.Optimizer

const momentumOf = ({ momentum = 0, nesterov = false }: Params): optim.SgdOptions => ({ momentum, nesterov })

/** The options of Adam and its kin under Optax's names. */
const betasOf = ({ b1: beta1 = 0.9, b2: beta2 = 0.999, eps = 1e-8 }: Params) => ({ beta1, beta2, eps })

const ofOptax: Readonly<Record<string, Make>> = {
  sgd: (p, rate) => optim.sgd(rate, momentumOf(p)),
  adagrad: ({ initialAccumulatorValue: initial = 0.1, eps = 1e-7 }, rate) => optim.adagrad(rate, { initial, eps }),
  rmsprop: ({ decay = 0.9, eps = 1e-8, epsInSqrt: epsInRoot = true, centered = false, momentum = 0 }, rate) =>
    optim.rmsprop(rate, { decay, eps, epsInRoot, centered, momentum }),
  adam: (p, rate) => optim.adam(rate, { ...betasOf(p), epsRoot: p.epsRoot ?? 0 }),
  nadam: (p, rate) => optim.nadam(rate, betasOf(p)),
  adamw: (p, rate) => optim.adamw(rate, { ...betasOf(p), weightDecay: p.weightDecay ?? 1e-4 }),
  nadamw: (p, rate) => optim.nadamw(rate, { ...betasOf(p), weightDecay: p.weightDecay ?? 1e-4 }),
  adamax: (p, rate) => optim.adamax(rate, betasOf(p)),
  adadelta: ({ rho: decay = 0.9, eps = 1e-6 }, rate) => optim.adadelta(rate, { decay, eps }),
  radam: (p, rate) => optim.radam(rate, betasOf(p)),
  lamb: (p, rate) => optim.lamb(rate, { ...betasOf(p), weightDecay: p.weightDecay ?? 0 }),
  lion: ({ b1: beta1 = 0.9, b2: beta2 = 0.99, weightDecay = 1e-3 }, rate) => optim.lion(rate, { beta1, beta2, weightDecay })
}

/** PyTorch's `weight_decay` is that of the penalty α/2 · ‖θ‖², except in AdamW. */
const penalised = (make: Make): Make => (p, rate) => optim.chain(optim.addDecayedWeights(p.weightDecay ?? 0), make(p, rate))

const torchBetas = ({ betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 }: Params) => ({ beta1, beta2, eps })

const ofTorch: Readonly<Record<string, Make>> = {
  SGD: penalised((p, rate) => optim.sgd(rate, momentumOf(p))),
  Adagrad: ({ eps = 1e-10, lrDecay = 0 }, rate) =>
    optim.adagrad(lrDecay === 0 ? rate : optim.inverseTime(rate as number, lrDecay), { form: 'course', eps }),
  RMSprop: ({ alpha: decay = 0.99, eps = 1e-8, centered = false, momentum = 0 }, rate) =>
    optim.rmsprop(rate, { decay, eps, epsInRoot: false, centered, momentum }),
  Adam: penalised((p, rate) => optim.adam(rate, torchBetas(p))),
  AdamW: (p, rate) => optim.adamw(rate, { ...torchBetas(p), weightDecay: p.weightDecay ?? 0.01 }),
  Adamax: penalised((p, rate) => optim.adamax(rate, torchBetas(p))),
  Adadelta: penalised(({ rho: decay = 0.9, eps = 1e-6 }, rate) => optim.adadelta(rate, { decay, eps }))
}

const optimizerOf = ({ fn, source, params }: Walk): optim.Optimizer => {
  const { learningRate, lr, scheduled, clip, clipElements, clipAdaptive, clipEps = 1e-3, every } = params
  const decay = scheduled?.params
  const rate = decay === undefined
    ? (learningRate ?? lr ?? NaN)
    : optim.linear(decay.initValue, decay.endValue, decay.transitionSteps)
  const optimizer = optim.chain(
    ...(clip === undefined ? [] : [optim.clipByGlobalNorm(clip)]),
    ...(clipElements === undefined ? [] : [optim.clip(clipElements)]),
    ...(clipAdaptive === undefined ? [] : [optim.clipAdaptively(clipAdaptive, { eps: clipEps })]),
    (source === 'optax' ? ofOptax : ofTorch)[fn](params, rate)
  )
  return every === undefined ? optimizer : optim.every(every, optimizer)
}

const [problem, ...all] = golden<unknown>('optim') as unknown as readonly [Problem, ...Walk[]] // as the script writes it
const known = (each: Walk): boolean =>
  (each.source === 'optax' ? each.fn in ofOptax : each.fn in ofTorch) && each.params.dampening === undefined
const named = all.filter(known).map((each) => [each.name, each] as const)

/** The parameters after each step. They are a pytree of two arrays, so that steps of whole trees see several leaves. */
const follow = (each: Walk, run: Run, gradient: (x: NdArray, i: number) => NdArray): readonly NdArray[] => {
  const parts = (x: NdArray): readonly [NdArray, NdArray] => [np.slice(x, [[0, 1]]), np.slice(x, [[1, null]])]
  const optimizer = optimizerOf(each)
  const step = run(optim.step(optimizer)<readonly [NdArray, NdArray]>)
  let state = optim.init(optimizer)(parts(problem.start))
  return [...problem.gradients].map((_, i) => {
    state = step(state, parts(gradient(np.concatenate(state.params), i)))
    return np.concatenate(state.params)
  })
}

/** To 1e-10; schedules and means of several gradients to the precision of Optax's, which computes part of them in float32. */
const compare = (each: Walk, run: Run): void => {
  const gradients = [...problem.gradients]
  const tolerance = each.params.scheduled === undefined && each.params.every === undefined ? 1e-10 : 1e-7
  close('given gradients', np.stack(follow(each, run, (_, i) => gradients[i])), each.out, tolerance)
  const slope = (x: NdArray): NdArray => np.subtract(np.matmul(problem.matrix, x), problem.vector)
  const path = follow(each, run, slope)
  close('quadratic function', path[path.length - 1], each.quadratic, tolerance)
}

describe('trajectories are those of Optax and PyTorch', () => {
  describe.each(ways)('%s', (_, run) => {
    test.each(named)('%s', (__, each) => {
      compare(each, run)
    })
  })

  test('all are covered but for dampening', () => {
    const missing = new Set(all.filter((each) => !each.fn.startsWith('schedule') && !known(each)).map(({ fn }) => fn))
    expect([...missing].sort()).toEqual(['SGD'])
  })
})

interface ScheduleParams {
  readonly value: number
  readonly initValue: number
  readonly endValue?: number
  readonly transitionSteps: number
  readonly transitionBegin?: number
  readonly decaySteps: number
  readonly alpha?: number
  readonly exponent?: number
  readonly warmupSteps: number
  readonly decayRate: number
  readonly staircase?: boolean
  readonly power: number
  readonly peakValue: number
  readonly pctStart?: number
  readonly pctFinal: number
  readonly divFactor?: number
  readonly finalDivFactor?: number
  readonly boundariesAndScales: optim.ByCount
  readonly stepSize: number
  readonly gamma: number
  readonly milestones: readonly number[]
  readonly T0: number
  readonly TMult: number
  readonly etaMin: number
  readonly maxLr: number
  readonly totalSteps: number
}

const cycleOf = ({ pctStart: rise = 0.3, divFactor: divide = 25, finalDivFactor: finalDivide = 1e4 }: ScheduleParams) =>
  ({ rise, divide, finalDivide })

const schedules: Readonly<Record<string, (p: ScheduleParams) => optim.Schedule>> = {
  constantSchedule: ({ value }) => optim.constant(value),
  linearSchedule: ({ initValue, endValue, transitionSteps, transitionBegin = 0 }) =>
    optim.linear(initValue, endValue ?? 0, transitionSteps, { delay: transitionBegin }),
  polynomialSchedule: ({ initValue, endValue = 0, transitionSteps, power }) =>
    optim.polynomial(initValue, transitionSteps, { final: endValue, power }),
  cosineDecaySchedule: ({ initValue, decaySteps, alpha = 0, exponent = 1 }) =>
    optim.cosine(initValue, decaySteps, { final: alpha * initValue, exponent }),
  warmupCosineDecaySchedule: ({ initValue, peakValue, warmupSteps, decaySteps, endValue = 0 }) =>
    optim.warmupCosine(peakValue, warmupSteps, decaySteps, { initial: initValue, final: endValue }),
  exponentialDecay: ({ initValue, transitionSteps, decayRate, transitionBegin = 0, staircase = false, endValue }) =>
    optim.exponential(initValue, transitionSteps, decayRate, {
      delay: transitionBegin, staircase, ...(endValue !== undefined && { final: endValue })
    }),
  piecewiseConstantSchedule: ({ initValue, boundariesAndScales }) => optim.piecewise(initValue, boundariesAndScales),
  cosineOnecycleSchedule: (p) => optim.oneCycle(p.peakValue, p.transitionSteps, cycleOf(p)),
  linearOnecycleSchedule: (p) =>
    optim.oneCycle(p.peakValue, p.transitionSteps, { ...cycleOf(p), shape: 'linear', settle: p.pctFinal }),
  StepLR: ({ stepSize, gamma }) => optim.stepDecay(1, stepSize, gamma),
  MultiStepLR: ({ milestones, gamma }) => optim.piecewise(1, Object.fromEntries(milestones.map((at) => [at, gamma]))),
  CosineAnnealingWarmRestarts: ({ T0, TMult, etaMin }) => optim.cosineRestarts(1, T0, { growth: TMult, final: etaMin }),
  // PyTorch's is at its peak, and at its end, one step earlier than Optax's
  OneCycleLR: ({ maxLr, totalSteps, ...p }) => {
    const { rise, divide, finalDivide } = cycleOf(p as ScheduleParams)
    const values = { 0: maxLr / divide, [Math.round(rise * totalSteps) - 1]: maxLr, [totalSteps - 1]: maxLr / divide / finalDivide }
    return optim.interpolate(values, { shape: 'cosine' })
  }
}

describe('schedules are those of Optax and PyTorch', () => {
  const own = golden<ScheduleParams>('optim').filter(({ fn }) => fn.startsWith('schedule.'))
  test.each(own.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const { steps } = each as unknown as { readonly steps: NdArray } // of these cases only
    const schedule = schedules[each.fn.replace('schedule.', '')](each.params)
    const got = schedule(steps)
    for (const [how, run] of ways) close(how, run(schedule)(steps), each.out, 2e-15)
    expect(got.dtype).toBe('float64')
    const expected = each.out.toTypedArray()
    got.toTypedArray().forEach((x, i) => expect(Math.abs(x - expected[i])).toBeLessThanOrEqual(2e-15))
    const one = [...steps].map((k) => schedule(k).item())
    expect(one).toEqual([...got.toTypedArray()])
  })

  test('of numbers: one over k has a diverging sum, and one of squares that does not', () => {
    expect(optim.inverseTime(0.1, 2)(f64([0, 1, 2])).toList()).toEqual([0.1, 0.1 / 3, 0.1 / 5])
  })
})
