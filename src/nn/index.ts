/** Layers, activations, initialisers and losses: neural networks as pure functions of their parameters. @module */
export {
  absRectifier, celu, elu, gelu, glu, hardSigmoid, hardSilu, hardTanh, leakyRelu, logSigmoid, logSoftmax, mish, oneHot, relu, relu6,
  selu, sigmoid, silu, softmax, softplus, softSign, swish, tanh,
  type Along, type AlphaOptions, type AxesOptions, type AxisOption, type BetaOptions, type GeluOptions, type LeakyOptions,
  type OneHotOptions
} from './activation.js'
export {
  averagePool, conv, convTranspose, globalAveragePool, globalMaxPool, maxPool, upsample,
  type AveragePoolOptions, type Conv, type ConvLayer, type ConvOptions, type Padding, type PerAxis, type PoolOptions
} from './conv/index.js'
export { checkContext, requireKey, type Context, type Mode } from './context.js'
export { drop, dropout, type DropoutOptions } from './dropout.js'
export { embedding, type EmbeddingLayer, type EmbeddingOptions } from './embedding.js'
export * as features from './features.js'
export { flatten, unflatten } from './flatten.js'
export { fnv1a, struct, type Init, type Key } from './init.js'
export type { Choice, Initializer } from './initializer.js'
export * as initializers from './initializers.js'
export { chain, type AnyLayer, type Chain, type Layer, type Params, type ParamsOf, type Pointwise } from './layer.js'
export { linear, type Linear, type LinearLayer, type LinearOptions, type Weight } from './linear.js'
export * as loss from './loss/index.js'
export {
  batchNorm, groupNorm, instanceNorm, layerNorm, normalize, rmsNorm,
  type Affine, type AffineOptions, type BatchNormOptions, type GroupNormOptions, type LayerNormOptions, type NormalizeOptions,
  type RmsNormOptions, type RunningStatistics
} from './norm/index.js'
export {
  bidirectional, gruCell, lstmCell, outputs, recurrent, rnnCell,
  type BothWays, type Cell, type CellOptions, type CellParts, type Gru, type Lstm, type LstmCarry, type LstmOptions, type Recurrent,
  type RecurrentOptions, type Rnn, type RnnOptions, type SequenceOptions
} from './recurrent/index.js'
export {
  parallel, residual,
  type Composite, type Join, type ParallelOptions, type Residual, type ResidualOptions, type SameKind
} from './residual.js'
export * as signals from './signals.js'
export {
  evaluation, lift, stateful,
  type AnyStatefulLayer, type Part, type Remembering, type State, type StatefulChain, type StatefulLayer, type StateOf
} from './stateful.js'
export { summary, type SummaryOptions } from './summary.js'
export {
  cosine, maxout, maxoutLinear, prelu, radialBasis, type PreluOptions, type RadialBasis, type RadialBasisOptions, type Slope
} from './units.js'
