/** What surrounds the steps of an optimizer: early stopping and the strategies that follow it, loops, metrics. @module */
export { accuracy, confusionMatrix, history, mean, type Mean, type MeanMonoid } from './metrics.js'
export { retrainContinued, retrainFresh, type Continued, type ContinuedOptions } from './retrain.js'
export { run, type Step } from './step.js'
export { earlyStopping, type EarlyStopping, type EarlyStoppingOptions, type Evaluation, type Stopper } from './stopping.js'
