import { expect } from 'vitest'
import { compiled } from '../../src/backend/compiled.js'
import type { NdArray } from '../../src/core/array.js'
import { isFloat } from '../../src/core/dtype.js'
import { jitP } from '../../src/control/jit.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { stage } from '../../src/ir/stage.js'

/** Compiled and interpreted results agree: to so many units of the last place of the greatest element, exactly for 0. */
export const agree = (f: (...xs: readonly NdArray[]) => NdArray, xs: readonly NdArray[], ulps = 64): void => {
  const { jaxpr, captured } = stage((args) => [f(...args)], xs.map(({ aval }) => aval))
  const args = [...captured, ...xs]
  const [want] = evaluate(jaxpr, args)
  const [got] = compiled.execute(jitP, args, { name: 'f', jaxpr }, jaxpr.outputs.map(({ aval }) => aval))
  expect(got.shape).toEqual(want.shape)
  expect(got.dtype).toBe(want.dtype)
  const [a, b] = [got.toTypedArray(), want.toTypedArray()]
  let most = 0
  for (const y of b) if (Number.isFinite(y)) most = Math.max(most, Math.abs(y))
  const bound = isFloat(want.dtype) ? ulps * Math.max(most, 1) * (want.dtype === 'float64' ? 2 ** -52 : 2 ** -23) : 0
  b.forEach((y, i) => {
    if (Object.is(a[i], y) || Math.abs(a[i] - y) <= bound) return
    throw new Error(`element ${i} of [${want.shape.join()}]: compiled ${a[i]}, reference ${y}`)
  })
}
