/** What is done to data before a network sees them: fitted transformations, splits, batches, augmentation. @module */
export { cutout, noise, type CutoutOptions, type NoiseOptions } from './augment/pixels.js'
export {
  crop, flip, quarterTurns, rotate, shift, type CropOptions, type Fill, type FlipOptions, type RotateOptions, type ShiftOptions
} from './augment/geometry.js'
export type { Augmentation, Spread } from './augment/image.js'
export { mixUp } from './augment/mixup.js'
export { augment } from './augment/sequence.js'
export { batches, epochs, shuffle, type BatchOptions, type EpochOptions } from './batches.js'
export { categories, oneHot, type Classes, type OneHotOptions, type Words } from './categories.js'
export { size } from './examples.js'
export { pca, whiten, type Principals, type Whitened, type WhitenOptions } from './pca.js'
export {
  chain, struct, type AnyInvertible, type AnyPreprocessor, type Chained, type Combined, type Fitted, type Invertible, type Preprocessor
} from './preprocessor.js'
export {
  centre, minMax, standardise, type Centred, type Extremes, type MinMaxOptions, type ScaleOptions, type Standardised
} from './scale.js'
export { kFold, split, type FoldOptions, type Parts, type SplitOptions } from './split.js'
