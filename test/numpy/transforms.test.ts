import { describe, expect, test } from 'vitest'
import type { ArrayLike, NdArray } from '../../src/core/array.js'
import { isFloat } from '../../src/core/dtype.js'
import { jit } from '../../src/jit/jit.js'
import * as linalg from '../../src/linalg/index.js'
import * as np from '../../src/numpy/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { vmap } from '../../src/transform/vmap.js'
import { generate, noise } from '../support/arrays.js'
import { close } from '../support/close.js'

type F = (...xs: readonly NdArray[]) => NdArray

/** Numbers with no two alike, none near an integer, and no order. */
const mixed = (seed: number, ...shape: readonly number[]): NdArray =>
  generate('float64', shape, (i) => ((((i + seed) * 7) % 11) - 5) * 0.31 + noise(seed, i) * 0.05)

const x = mixed(1, 3, 4)
const y = mixed(2, 3, 4)
const v = mixed(3, 4)
const positive = np.add(np.abs(x), 0.5)
const within = np.divide(x, 2)
const whole = np.array([[2, 0, 1, 0], [0, 1, 1, 2], [1, 2, 0, 0]], { dtype: 'int32' })

/** Every function of arrays, as a function of the arrays that may be traced. */
const table: Readonly<Record<string, readonly [f: F, args: readonly NdArray[]]>> = {
  'asArray of a list': [(a, b) => np.array([a, [b, b]].slice(0, 1)), [v, v]],
  full: [(a) => np.full([2, 4], a), [v]],
  linspace: [(a, b) => np.linspace(a, b, 4), [v, np.add(v, 1)]],
  diag: [(a) => np.diag(a, { k: -1 }), [v]],
  'diag of a matrix': [(a) => np.diag(a, { k: 1 }), [x]],
  tril: [(a) => np.tril(a), [x]],
  meshgrid: [(a, b) => np.stack(np.meshgrid([a, b])), [v, v]],
  ...Object.fromEntries(Object.entries({
    exp: np.exp, exp2: np.exp2, expm1: np.expm1, sin: np.sin, cos: np.cos, tan: np.tan, arctan: np.arctan, sinh: np.sinh, cosh: np.cosh,
    tanh: np.tanh, arcsinh: np.arcsinh, degrees: np.degrees, radians: np.radians, sinc: np.sinc, abs: np.abs, square: np.square,
    sign: np.sign, floor: np.floor, ceil: np.ceil, trunc: np.trunc, rint: np.rint, cbrt: np.cbrt,
    negative: np.negative, nanToNum: np.nanToNum
  }).map(([name, f]) => [name, [(a: ArrayLike) => f(a), [x]]] as const)),
  ...Object.fromEntries(Object.entries({ arcsin: np.arcsin, arccos: np.arccos, arctanh: np.arctanh })
    .map(([name, f]) => [name, [(a: ArrayLike) => f(a), [within]]] as const)),
  ...Object.fromEntries(Object.entries({
    log: np.log, log2: np.log2, log10: np.log10, log1p: np.log1p, sqrt: np.sqrt, reciprocal: np.reciprocal
  }).map(([name, f]) => [name, [(a: ArrayLike) => f(a), [positive]]] as const)),
  arccosh: [(a) => np.arccosh(np.add(a, 1)), [positive]],
  ...Object.fromEntries(Object.entries({
    add: np.add, subtract: np.subtract, multiply: np.multiply, divide: np.divide, maximum: np.maximum, minimum: np.minimum, fmax: np.fmax,
    fmin: np.fmin, hypot: np.hypot, logaddexp: np.logaddexp, logaddexp2: np.logaddexp2, arctan2: np.arctan2, copysign: np.copysign,
    heaviside: np.heaviside, floorDivide: np.floorDivide, mod: np.mod, fmod: np.fmod
  }).map(([name, f]) => [name, [(a: ArrayLike, b: ArrayLike) => f(a, b), [x, v]]] as const)),
  'power of 3': [(a) => np.power(a, 3), [x]],
  power: [(a, b) => np.power(a, b), [positive, v]],
  'power of integers': [(a) => np.power(a, a), [whole]],
  clip: [(a) => np.clip(a, -0.7, 0.7), [x]],
  'round to one place': [(a) => np.round(a, { decimals: 1 }), [x]],
  where: [(a, b) => np.where(np.less(a, b), a, np.square(b)), [x, v]],
  select: [(a) => np.select([np.less(a, 0), np.less(a, 1)], [np.square(a), a], { default: 3 }), [x]],
  choose: [(a, b, c) => np.choose(np.minimum(a, 1), [b, c]), [whole, x, y]],
  isclose: [(a, b) => np.isclose(a, b), [x, y]],
  logicalXor: [(a, b) => np.logicalXor(np.less(a, 0), np.less(b, 0)), [x, y]],
  sum: [(a) => np.sum(a, { axis: 0 }), [x]],
  prod: [(a) => np.prod(a, { axis: 1, keepdims: true }), [x]],
  max: [(a) => np.max(a, { axis: 1 }), [x]],
  ptp: [(a) => np.ptp(a), [x]],
  all: [(a) => np.all(np.greater(a, -1), { axis: 0 }), [x]],
  argmax: [(a) => np.argmax(a), [x]],
  argmin: [(a) => np.argmin(a, { axis: 1 }), [x]],
  cumsum: [(a) => np.cumsum(a, { axis: 1 }), [x]],
  cumprod: [(a) => np.cumprod(a), [x]],
  cummax: [(a) => np.cummax(a, { axis: 0 }), [x]],
  logsumexp: [(a) => np.logsumexp(a, { axis: 1 }), [x]],
  nansum: [(a) => np.nansum(a, { axis: 1 }), [x]],
  nanmax: [(a) => np.nanmax(a, { axis: 1 }), [x]],
  mean: [(a) => np.mean(a, { axis: 0 }), [x]],
  average: [(a, w) => np.average(a, { axis: 1, weights: np.exp(w) }), [x, v]],
  var: [(a) => np.var(a, { axis: 1, ddof: 1 }), [x]],
  std: [(a) => np.std(a), [x]],
  nanmean: [(a) => np.nanmean(a, { axis: 1 }), [x]],
  quantile: [(a) => np.quantile(a, [0.2, 0.9], { axis: 0 }), [x]],
  median: [(a) => np.median(a, { axis: 1, keepdims: true }), [x]],
  cov: [(a) => np.cov(a), [x]],
  corrcoef: [(a) => np.corrcoef(a), [x]],
  trace: [(a) => np.trace(a, { offset: 1 }), [x]],
  dot: [(a, b) => np.dot(a, b), [x, v]],
  matmul: [(a, b) => np.matmul(a, np.transpose(b)), [x, y]],
  'matmul of stacks': [(a, b) => np.matmul(np.reshape(a, [3, 1, 2, 2]), np.reshape(b, [1, 3, 2, 2])), [x, y]],
  vdot: [(a, b) => np.vdot(a, b), [x, y]],
  inner: [(a, b) => np.inner(a, b), [x, y]],
  outer: [(a, b) => np.outer(a, b), [x, v]],
  tensordot: [(a, b) => np.tensordot(a, b, { axes: [[0], [0]] }), [x, y]],
  kron: [(a, b) => np.kron(a, b), [v, v]],
  cross: [(a, b) => np.cross(a, b, { axis: 0 }), [x, y]],
  einsum: [(a, b, c) => np.einsum('ij,kj,j->ki', a, b, c), [x, y, v]],
  'einsum of a diagonal': [(a) => np.einsum('ijj->ij', np.reshape(a, [3, 2, 2])), [x]],
  'linalg.norm': [(a) => linalg.norm(a, { axis: 1 }), [x]],
  'linalg.norm of order 3': [(a) => linalg.norm(a, { ord: 3, axis: 0 }), [x]],
  'linalg.norm of matrices': [(a) => linalg.norm(a, { ord: 1 }), [x]],
  transpose: [(a) => np.transpose(a), [x]],
  moveaxis: [(a) => np.moveaxis(np.reshape(a, [3, 2, 2]), 0, -1), [x]],
  squeeze: [(a) => np.squeeze(np.expandDims(a, [0, 3])), [x]],
  ravel: [(a) => np.ravel(a), [x]],
  broadcastTo: [(a) => np.broadcastTo(a, [2, 4]), [v]],
  astype: [(a) => np.astype(np.multiply(a, 10), 'int32'), [x]],
  concatenate: [(a, b) => np.concatenate([a, b], { axis: 1 }), [x, y]],
  hstack: [(a, b) => np.hstack([a, b]), [v, v]],
  unstack: [(a) => np.multiply(...(np.unstack(a).slice(1) as unknown as [NdArray, NdArray])), [x]], // three rows, two of them
  split: [(a) => np.split(a, [1, 3], { axis: 1 })[1], [x]],
  flip: [(a) => np.flip(a), [x]],
  roll: [(a) => np.roll(a, [1, -2], { axis: [0, 1] }), [x]],
  'roll by an array': [(a, k) => np.roll(a, np.max(k), { axis: 1 }), [x, whole]],
  rot90: [(a) => np.rot90(a, { k: 3 }), [x]],
  repeat: [(a) => np.repeat(a, [2, 0, 1], { axis: 0 }), [x]],
  tile: [(a) => np.tile(a, [2, 3]), [v]],
  diff: [(a) => np.diff(a, { n: 2 }), [x]],
  pad: [(a, b) => np.pad(a, [[1, 0], [0, 2]], { constantValues: np.max(b) }), [x, v]],
  'pad by reflection': [(a) => np.pad(a, 5, { mode: 'reflect' }), [x]],
  'pad by wrapping': [(a) => np.pad(a, [1, 6], { mode: 'wrap' }), [x]],
  take: [(a, k) => np.take(a, k, { axis: 0 }), [x, whole]],
  takeAlongAxis: [(a, k) => np.takeAlongAxis(a, k, { axis: 0 }), [x, whole]],
  slice: [(a) => np.slice(a, [[null, null, -2], 'newaxis', [1, 3]]), [x]],
  'slice by arrays': [(a, k) => np.slice(a, [k, np.square(k)]), [mixed(4, 3, 5), whole]],
  'at set': [(a, b) => np.at(a, [[1, null], 0]).set(np.slice(b, [0, [0, 2]])), [x, y]],
  'at add by arrays': [(a, k, b) => np.at(a, [k]).add(b), [x, np.array([0, 2, 0, 1], { dtype: 'int32' }), v]],
  'at multiply': [(a, b) => np.at(a, [null, [null, null, 2]]).multiply(np.max(b)), [x, v]],
  'at a mask': [(a) => np.at(a, np.less(a, 0)).set(0), [x]],
  sort: [(a) => np.sort(a, { descending: true }), [x]],
  argsort: [(a) => np.argsort(a, { axis: 0, descending: true }), [x]],
  searchsorted: [(a, b) => np.searchsorted(np.sort(a), b), [v, x]],
  nonzero: [(a) => np.stack(np.nonzero(a, { size: 7, fillValue: -1 })), [whole]],
  unique: [(a) => np.unique(a, { size: 5, fillValue: -9 }), [whole]],
  isin: [(a, b) => np.isin(a, b), [whole, np.array([0, 2], { dtype: 'int32' })]],
  bincount: [(a) => np.bincount(np.ravel(a), { length: 4 }), [whole]],
  histogram: [(a) => np.histogram(a, { bins: 4 })[0], [x]],
  interp: [(a, b) => np.interp(a, [-2, 0, 1], np.slice(b, [[0, 3]])), [x, v]],
  convolve: [(a, b) => np.convolve(a, b, { mode: 'same' }), [v, mixed(5, 3)]],
  polyval: [(a, b) => np.polyval(a, b), [v, x]],
  vander: [(a) => np.vander(a), [v]],
  trapezoid: [(a) => np.trapezoid(a, { x: [0, 1, 3, 4] }), [x]]
}

/** Without a derivative, or one that steps or a choice of element spoils for finite differences. */
const stepping = new Set(['floorDivide', 'mod', 'fmod', 'copysign', 'histogram'])

describe.each(Object.entries(table))('%s', (name, [f, args]) => {
  const out = f(...args)

  test('under jit', () => close('jit', jit(f)(...args), out, 1e-14))

  test('under vmap', () => {
    const other = args.map((a) => np.flip(a))
    const stacked = args.map((a, i) => np.stack([a, other[i]]))
    close('vmap', vmap(f)(...stacked), np.stack([out, f(...other)]), 1e-13)
  })

  if (!isFloat(out.dtype) || !args.some((a) => isFloat(a.dtype)) || stepping.has(name)) return
  test('its derivatives', () => {
    expect(checkGrads(f)(...args).length).toBe(6)
  })
})
