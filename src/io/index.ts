/**
 * Reading and writing of the formats that data and parameters come in.
 *
 * @module
 */
export * as idx from './idx.js'
