/** The ratio of a circle's circumference to its diameter. */
export const pi: number = Math.PI

/** The base of the natural logarithm. */
export const e: number = Math.E

/** Euler's constant, the limit of `1 + ½ + … + 1/n − log n`. */
export const eulerGamma = 0.5772156649015329

/** Infinity. */
export const inf: number = Infinity

/** Not a number. */
export const nan: number = NaN

/** In an index: a new axis of size 1. */
export const newaxis = 'newaxis'
