/** Optimizers as lists of steps, pure functions `(state, gradients) => state`, and schedules of learning rates. @module */
export { ema, polyak, type Averaged, type Averaging } from './average.js'
export { every } from './every.js'
export type { Form } from './form.js'
export { freeze, frozen, groups, masked, type Label } from './groups.js'
export type { Tree } from './leaves.js'
export { leafwise, stateless, type Memories, type Memory, type Rule } from './leafwise.js'
export { adadelta, scaleByAdadelta, type AdadeltaOptions } from './methods/adadelta.js'
export { adagrad, scaleByRss, type AdagradOptions, type RssOptions, type RssState } from './methods/adagrad.js'
export {
  adam, adamw, nadam, nadamw, scaleByAdam,
  type AdamOptions, type AdamState, type AdamStepOptions, type AdamwOptions, type NadamOptions, type NadamwOptions
} from './methods/adam.js'
export { adamax, scaleByAdamax, type AdamaxOptions } from './methods/adamax.js'
export { lamb, scaleByTrustRatio, type LambOptions } from './methods/lamb.js'
export { lion, scaleByLion, type LionOptions, type LionStepOptions } from './methods/lion.js'
export { radam, scaleByRadam, type RadamOptions } from './methods/radam.js'
export { rmsprop, scaleByRms, type RmsOptions, type RmspropOptions, type RmsState } from './methods/rmsprop.js'
export type { RootOptions } from './methods/root.js'
export {
  momentum, nesterov, sgd, trace, type MomentumOptions, type SgdOptions, type TraceOptions, type TraceState
} from './methods/sgd.js'
export { chain, init, monoid, step, type Context, type Optimizer, type State, type Step } from './optimizer.js'
export { elasticNet, l1, l2, type L2Options, type Penalty, type PenaltyOptions } from './penalty.js'
export { cosine, cosineRestarts, type CosineOptions, type RestartOptions } from './schedule/cosine.js'
export type { Schedule } from './schedule/count.js'
export {
  constant, exponential, inverseTime, linear, linearDecay, polynomial,
  type DecayOptions, type DelayOptions, type ExponentialOptions, type PolynomialOptions
} from './schedule/decay.js'
export { join, warmup, warmupCosine, type WarmupCosineOptions, type WarmupOptions } from './schedule/join.js'
export {
  interpolate, oneCycle, piecewise, stepDecay, type ByCount, type InterpolateOptions, type OneCycleOptions
} from './schedule/pieces.js'
export { gaussNewton, newton, type NewtonOptions } from './second/newton.js'
export { optimalStep } from './second/optimal.js'
export type { SolveOptions } from './second/solve.js'
export { clip, clipAdaptively, clipByGlobalNorm, clipByNorm, globalNorm, type AdaptiveOptions } from './steps/clip.js'
export { addDecayedWeights, type DecayedOptions } from './steps/decay.js'
export { maxNorm, proximalL1, type MaxNormOptions, type ProximalOptions } from './steps/project.js'
export { scale, scaleByLearningRate, scaleBySchedule, type Rate } from './steps/scale.js'
export type { Where } from './where.js'
