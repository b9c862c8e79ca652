import { dataOf, wrap } from '../../array/ndarray.js'
import { allocate } from '../../core/dtype.js'
import type { Primitive } from '../../core/primitive.js'
import { sizeOf } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { primitive } from '../rule.js'
import { mul } from './arithmetic.js'
import { exp } from './exponential.js'
import { pointwiseAval, type Unary } from './pointwise.js'
import { erfInv32, erfInv64 } from './scalar/giles.js'

/** The inverse error function, elementwise, by Giles' polynomials. */
export const erfInvGilesP: Primitive<'erf_inv_giles'> = primitive('erf_inv_giles', {
  abstract: (avals) => pointwiseAval('erfInvGiles', avals, 'float'),
  impl([x], _, out) {
    const [data, result] = [dataOf(x), allocate(out.dtype, sizeOf(out.shape))]
    if (x.dtype === 'float32') for (let i = 0; i < result.length; i++) result[i] = erfInv32(data[i])
    else for (let i = 0; i < result.length; i++) result[i] = erfInv64(data[i])
    return wrap(out, result)
  },
  rules: [
    (_, out) => {
      const slope = mul(exp(mul(out, out)), Math.sqrt(Math.PI) / 2)
      return (d) => mul(d, slope)
    }
  ],
  batch: (_, operands) => bind1(erfInvGilesP, operands)
})

/**
 * The inverse error function, elementwise, as JAX's samplers evaluate it: by polynomials (Giles, 2010), in float32 with
 * the very bits of XLA's `erf_inv`. Use `erfInv` unless those bits matter: this one is up to 65 ulp off in the tails.
 *
 * @example
 * lax.erfInvGiles(np.array([0, 0.5, -1])) // [0, 0.4769, -inf]
 */
export const erfInvGiles: Unary = (x) => bind1(erfInvGilesP, [x])
