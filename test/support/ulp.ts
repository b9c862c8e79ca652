import type { NdArray } from '../../src/core/array.js'
import { isFloat } from '../../src/core/dtype.js'
import { show } from './arrays.js'
import { sameType } from './close.js'

/** The distance between neighbours of the dtype at x. */
export const ulp = (x: number, dtype: string): number => {
  const [bits, least] = dtype === 'float32' ? [23, -149] : [52, -1074]
  const size = Math.abs(x)
  let exponent = Math.floor(Math.log2(size))
  if (2 ** exponent > size) exponent--
  return 2 ** Math.max(exponent - bits, least)
}

/** Throws unless dtype and shape agree, and elements differ by no more than so many units in the last place. */
export const withinUlp = (what: string, got: NdArray, expected: NdArray, bound: number): void => {
  sameType(what, got, expected)
  const [a, b] = [got.toTypedArray(), expected.toTypedArray()]
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue
    const comparable = isFloat(got.dtype) && Number.isFinite(b[i]) && (a[i] === 0) === (b[i] === 0)
    const near = comparable && Math.abs(a[i] - b[i]) <= bound * ulp(b[i], got.dtype)
    if (!near) throw new Error(`${what}: got ${a[i]} where ${b[i]} is expected (element ${i} of ${show(got)})`)
  }
}
