export { conv, convTranspose, type Conv, type ConvLayer, type ConvOptions } from './conv.js'
export {
  averagePool, globalAveragePool, globalMaxPool, maxPool, upsample, type AveragePoolOptions, type PoolOptions
} from './pool.js'
export type { Padding, PerAxis } from './window.js'
