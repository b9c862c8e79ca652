/** Layers, activations, initialisers and losses: neural networks as pure functions of their parameters. @module */
export {
  absRectifier, celu, elu, gelu, glu, hardSigmoid, hardSilu, hardTanh, leakyRelu, logSigmoid, logSoftmax, oneHot, relu, relu6, selu,
  sigmoid, silu, softmax, softplus, softSign, swish, tanh,
  type Along, type AlphaOptions, type AxesOptions, type AxisOption, type GeluOptions, type LeakyOptions, type OneHotOptions
} from './activation.js'
export { fnv1a, struct, type Init, type Key } from './init.js'
export type { Initializer } from './initializers.js'
export * as initializers from './initializers.js'
export { chain, type AnyLayer, type Layer, type Params, type Pointwise } from './layer.js'
export { linear, type Linear, type LinearLayer, type LinearOptions, type Weight } from './linear.js'
export * as loss from './loss/index.js'
export {
  bidirectional, gruCell, lstmCell, outputs, recurrent, rnnCell,
  type BothWays, type Cell, type CellOptions, type CellParts, type Gru, type Lstm, type LstmCarry, type LstmOptions, type Recurrent,
  type RecurrentOptions, type Rnn, type RnnOptions, type SequenceOptions
} from './recurrent/index.js'
export { maxout, prelu, radialBasis, type RadialBasis, type Slope } from './units.js'
