/** Optimizers as lists of steps, pure functions `(state, gradients) => state`, and schedules of learning rates. @module */
export {
  adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd,
  type AdagradOptions, type AdamOptions, type AdamwOptions, type Form, type MomentumOptions, type RmspropOptions, type SgdOptions
} from './aliases.js'
export type { Tree } from './leaves.js'
export { chain, init, monoid, step, type Context, type Optimizer, type State, type Step } from './optimizer.js'
export {
  constant, cosine, exponential, inverseTime, join, linearDecay, polynomial, warmup, warmupCosine,
  type CosineOptions, type DecayOptions, type ExponentialOptions, type PolynomialOptions, type Schedule, type WarmupCosineOptions,
  type WarmupOptions
} from './schedule.js'
export {
  addDecayedWeights, clip, clipByGlobalNorm, globalNorm, scale, scaleByAdam, scaleByLearningRate, scaleByRms, scaleByRss,
  scaleBySchedule, trace,
  type AdamState, type AdamStepOptions, type DecayedOptions, type Rate, type RmsOptions, type RmsState, type RssOptions, type RssState,
  type TraceOptions, type TraceState
} from './steps.js'
