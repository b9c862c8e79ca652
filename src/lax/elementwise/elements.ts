import { allocate, type DType, type TypedArray } from '../../core/dtype.js'

/*
 * Functions of one element over whole arrays. A loop that meets six kinds of typed array runs ten times slower than one that
 * meets a single kind, so these go by way of float64, which holds the elements of every dtype exactly.
 */

/** Up to here a loop over whatever arrays come is faster than copies. */
const few = 24

const wide = (x: TypedArray): Float64Array => (x instanceof Float64Array ? x : new Float64Array(x))

/** `out` with the elements given: rounded, or truncated and wrapped. */
const stored = (values: Float64Array, out: TypedArray): TypedArray => {
  if (values !== out) out.set(values)
  return out
}

const wideFor = (out: TypedArray): Float64Array => (out instanceof Float64Array ? out : new Float64Array(out.length))

/** `f` of every element. */
export const mapElements = <P>(
  f: (x: number, dtype: DType, params: P) => number, x: TypedArray, out: TypedArray, dtype: DType, params: P
): TypedArray => {
  if (out.length <= few) {
    for (let i = 0; i < out.length; i++) out[i] = f(x[i], dtype, params)
    return out
  }
  const from = wide(x)
  const values = wideFor(out)
  for (let i = 0; i < values.length; i++) values[i] = f(from[i], dtype, params)
  return stored(values, out)
}

/** `f` of every pair of elements. */
export const zipElements = (
  f: (x: number, y: number, dtype: DType) => number, x: TypedArray, y: TypedArray, out: TypedArray, dtype: DType
): TypedArray => {
  if (out.length <= few) {
    for (let i = 0; i < out.length; i++) out[i] = f(x[i], y[i], dtype)
    return out
  }
  const [a, b] = [wide(x), wide(y)]
  const values = wideFor(out)
  for (let i = 0; i < values.length; i++) values[i] = f(a[i], b[i], dtype)
  return stored(values, out)
}

const saturate = (values: Float64Array, low: number, high: number): Float64Array => {
  const out = new Float64Array(values.length)
  for (let i = 0; i < out.length; i++) {
    const value = values[i]
    out[i] = value < low ? low : value > high ? high : value
  }
  return out
}

/** Every element that is not zero as 1: NaN too. */
const truth = (values: Float64Array, out: TypedArray): TypedArray => {
  for (let i = 0; i < out.length; i++) out[i] = values[i] !== 0 ? 1 : 0
  return out
}

/** The elements as those of another dtype: `limits` are those of an integer dtype that floats are to be kept within. */
export const convertElements = (x: TypedArray, dtype: DType, limits?: readonly [number, number]): TypedArray => {
  const out = allocate(dtype, x.length)
  if (dtype === 'bool') return truth(wide(x), out)
  out.set(limits === undefined ? x : saturate(wide(x), limits[0], limits[1]))
  return out
}

/** The same bytes as the widest elements that a loop over them can copy. */
const bitsOf = (x: TypedArray): TypedArray => {
  if (x.BYTES_PER_ELEMENT === 4) return new Int32Array(x.buffer, x.byteOffset, x.length)
  return x.BYTES_PER_ELEMENT === 1 ? new Uint8Array(x.buffer, x.byteOffset, x.length) : x
}

/** `out[i] = cases[which[i]][i]`, where a `which` beyond the cases means the last of them. */
export const pickElements = (which: TypedArray, cases: readonly TypedArray[], out: TypedArray): TypedArray => {
  const to = bitsOf(out)
  out.set(cases[0])
  for (let k = 1; k < cases.length; k++) pickOne(which, k, k === cases.length - 1, bitsOf(cases[k]), to)
  return out
}

const pickOne = (which: TypedArray, k: number, last: boolean, from: TypedArray, to: TypedArray): void => {
  if (last) {
    for (let i = 0; i < to.length; i++) if (which[i] >= k) to[i] = from[i]
  } else {
    for (let i = 0; i < to.length; i++) if (which[i] === k) to[i] = from[i]
  }
}
