/*
 * The namespace `np`: NumPy's functions by their names in camelCase, operands first and options last.
 */
export { asArray, type Binary, type Nested, type Unary } from './promote.js'
export {
  arange, array, full, fullLike, geomspace, linspace, logspace, ones, onesLike, show, zeros, zerosLike,
  type ArrayOptions, type DTypeOption, type LogspaceOptions, type SpaceOptions
} from './create.js'
export {
  diag, diagonal, eye, identity, meshgrid, tri, tril, triu,
  type DiagonalOption, type DiagonalOptions, type EyeOptions, type MeshgridOptions
} from './matrix.js'
export {
  abs, add, bitwiseAnd, bitwiseNot, bitwiseOr, bitwiseXor, cbrt, clip, copysign, divide, divmod, floatPower, floorDivide, fmax, fmin,
  fmod, heaviside, hypot, leftShift, maximum, minimum, mod, multiply, nanToNum, negative, power, reciprocal, rightShift, sign, signbit,
  sqrt, square, subtract, type NanToNumOptions
} from './arithmetic.js'
export {
  abs as absolute, bitwiseNot as invert, divide as div, divide as trueDivide, mod as remainder, multiply as mul, negative as neg,
  power as pow, subtract as sub
} from './arithmetic.js'
export {
  arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, cos, cosh, degrees, exp, exp2, expm1, log, log10, log1p, log2,
  logaddexp, logaddexp2, radians, sin, sinc, sinh, tan, tanh
} from './elementary.js'
export {
  arccos as acos, arccosh as acosh, arcsin as asin, arcsinh as asinh, arctan as atan, arctan2 as atan2, arctanh as atanh,
  degrees as rad2deg, radians as deg2rad
} from './elementary.js'
export { ceil, floor, rint, round, trunc, type RoundOptions } from './rounding.js'
export {
  allclose, arrayEqual, choose, equal, greater, greaterEqual, isclose, isfinite, isinf, isnan, isneginf, isposinf, less, lessEqual,
  logicalAnd, logicalNot, logicalOr, logicalXor, notEqual, select, where, type CloseOptions, type EqualOptions, type SelectOptions
} from './compare.js'
export {
  all, any, argmax, argmin, countNonzero, cummax, cummin, cumprod, cumsum, logsumexp, max, min, nanmax, nanmin, nanprod, nansum, prod,
  ptp, sum, type ArgOptions, type Cumulative, type CumulativeOptions, type Position, type ReduceOptions, type Reduction,
  type Summation, type SumOptions
} from './reduce.js'
export { max as amax, min as amin } from './reduce.js'
export {
  average, corrcoef, cov, mean, median, nanmean, percentile, quantile, std, trace, variance, variance as var,
  type AverageOptions, type CovarianceOptions, type QuantileMethod, type QuantileOptions, type TraceOptions, type VarianceOptions
} from './statistics.js'
export { cross, dot, inner, kron, matmul, outer, tensordot, vdot, type CrossOptions, type TensordotOptions } from './products.js'
export { einsum } from './einsum.js'
export {
  astype, atleast1d, atleast2d, atleast3d, broadcastArrays, broadcastTo, expandDims, matrixTranspose, moveaxis, ndim, ravel, reshape,
  shape, size, squeeze, swapaxes, transpose
} from './shape.js'
export { ravel as flatten, transpose as permuteDims } from './shape.js'
export {
  append, arraySplit, columnStack, concatenate, dstack, hstack, split, stack, unstack, vstack,
  type Arrays, type AxisOption, type ConcatenateOptions
} from './join.js'
export { concatenate as concat } from './join.js'
export {
  diff, flip, fliplr, flipud, repeat, roll, rot90, tile, type AxesOption, type DiffOptions, type MaybeAxisOption, type RotateOptions
} from './rearrange.js'
export { pad, type PadMode, type PadOptions, type PadWidth } from './pad.js'
export { take, takeAlongAxis, type TakeMode, type TakeOptions } from './take.js'
export { at, slice, type At, type GetOptions, type Update, type UpdateOptions } from './indexing/at.js'
export type { Index, IndexItem, Range } from './indexing/parse.js'
export {
  argsort, argwhere, digitize, flatnonzero, isin, nonzero, searchsorted, sort, unique,
  type DigitizeOptions, type SearchOptions, type SizeOptions, type SortOptions
} from './sorting.js'
export { bincount, histogram, interp, type BincountOptions, type HistogramOptions, type InterpOptions } from './counting.js'
export {
  convolve, correlate, polyval, trapezoid, vander,
  type ConvolveMode, type ConvolveOptions, type TrapezoidOptions, type VanderOptions
} from './sequences.js'
export { e, eulerGamma, inf, nan, newaxis, pi } from './constants.js'
