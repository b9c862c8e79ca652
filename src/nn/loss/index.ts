/** Losses: prediction first, target second, averaged over the batch unless `reduction` says otherwise. @module */
export {
  bernoulli, hinge, multiclassHinge, sigmoidBinaryCrossEntropy, softmaxCrossEntropy, type ClassOptions, type MarginOptions
} from './classification.js'
export type { LossOptions, Reduction } from './reduction.js'
export { gaussian, huber, meanAbsolute, meanSquared, type GaussianOptions, type HuberOptions } from './regression.js'
