/** Losses: prediction first, target second, averaged over the batch unless `reduction` says otherwise. @module */
export {
  bernoulli, categorical, sigmoidBinaryCrossEntropy, softmaxCrossEntropy,
  type BinaryOptions, type ClassOptions, type CrossEntropyOptions
} from './crossentropy.js'
export { gaussianKullbackLeibler, kullbackLeibler, type GaussianDivergenceOptions, type Normal } from './divergence.js'
export { hinge, multiclassHinge, type HingeOptions, type MarginOptions } from './hinge.js'
export { gaussian, gaussianMixture, type GaussianOptions, type Mixture } from './likelihood.js'
export type { LossOptions, Reduction } from './reduction.js'
export { huber, meanAbsolute, meanSquared, type HuberOptions } from './regression.js'
export { cosineDistance, type CosineOptions } from './similarity.js'
