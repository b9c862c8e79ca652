import { expect } from 'vitest'
import { compiled } from '../../src/backend/compiled.js'
import { writes } from '../../src/backend/wasm/kernels/index.js'
import type { NdArray } from '../../src/core/array.js'
import { isFloat, type DType } from '../../src/core/dtype.js'
import { jitP } from '../../src/control/jit.js'
import { lax, np, random } from '../../src/index.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { stage } from '../../src/ir/stage.js'

/** Operations that are never left to the interpreter. */
const own = /^(conv_|reduce_window|select_and_)/

/** Compiled and interpreted results agree: to so many units of the last place of the greatest element, exactly for 0. */
export const agree = (f: (...xs: readonly NdArray[]) => NdArray | readonly NdArray[], xs: readonly NdArray[], ulps = 64): void => {
  const { jaxpr, captured } = stage((args) => [f(...args)].flat(), xs.map(({ aval }) => aval))
  for (const eqn of jaxpr.eqns) if (own.test(eqn.primitive.name)) expect(writes(eqn)).toBe(true)
  const args = [...captured, ...xs]
  const results = compiled.execute(jitP, args, { name: 'f', jaxpr }, jaxpr.outputs.map(({ aval }) => aval))
  evaluate(jaxpr, args).forEach((want, k) => same(results[k], want, ulps))
}

const same = (got: NdArray, want: NdArray, ulps: number): void => {
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

/** Small integers where sums must be exact, else normal draws: the same ones for the same seed. */
export const draw = (seed: number, shape: readonly number[], dtype: DType): NdArray => {
  const x = random.normal(random.key(seed), shape, { dtype: dtype === 'float64' ? 'float64' : 'float32' })
  return isFloat(dtype) ? x : lax.convertElementType(np.round(np.mul(x, 5)), dtype)
}
