import type { NdArray } from '../../core/array.js'
import { isInteger } from '../../core/dtype.js'
import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { fullLike } from '../broadcast.js'
import { known, type Rule } from '../rule.js'
import { eq, ge } from './comparison.js'
import { binary, lifted, unary, type Binary, type Unary } from './pointwise.js'
import { round } from './rounding.js'
import { select } from './select.js'

/*
 * Sums, products and what is made of them. The loops over float32 are written out, so that each compiles to straight code.
 */

export const negP: Primitive<'neg'> = unary('neg', {
  domain: 'number',
  impl: (x) => -x,
  float32(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = -x[i]
  },
  linearize: 'linear',
  transpose: [(ct) => neg(ct)]
})

/**
 * Negation, elementwise; unsigned integers wrap. JAX's `lax.neg`.
 *
 * @example
 * lax.neg(np.array([1, -2])) // [-1, 2]
 */
export const neg: Unary = (x) => bind1(negP, [x])

export const addP: Primitive<'add'> = binary('add', {
  impl: (x, y) => x + y,
  float32(x, y, out) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] + y[i]
  },
  rules: [() => (dx) => dx, () => (dy) => dy],
  transpose: [(ct) => ct, (ct) => ct]
})

/**
 * The sum of two arrays of one type, elementwise; integers wrap. A number stands for an array of the other's type.
 * JAX's `lax.add`. Throws ShapeError and DTypeError if the types differ, as all functions of two arrays here do.
 *
 * @example
 * lax.add(np.array([1, 2]), np.array([10, 20])) // [11, 22]
 */
export const add: Binary = lifted(addP)

export const subP: Primitive<'sub'> = binary('sub', {
  impl: (x, y) => x - y,
  float32(x, y, out) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] - y[i]
  },
  rules: [() => (dx) => dx, () => neg],
  transpose: [(ct) => ct, neg]
})

/**
 * The difference of two arrays of one type, elementwise; integers wrap. JAX's `lax.sub`.
 *
 * @example
 * lax.sub(1, np.array([1, 2])) // [0, -1]
 */
export const sub: Binary = lifted(subP)

export const mulP: Primitive<'mul'> = binary('mul', {
  impl: (x, y, dtype) => (isInteger(dtype) ? Math.imul(x, y) : x * y),
  float32(x, y, out) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] * y[i]
  },
  rules: ['linear', 'linear'],
  transpose: [(ct, [, y]) => mul(ct, known(y)), (ct, [x]) => mul(ct, known(x))]
})

/**
 * The product of two arrays of one type, elementwise; integers wrap. JAX's `lax.mul`.
 *
 * @example
 * lax.mul(np.array([1, 2]), 3) // [3, 6]
 */
export const mul: Binary = lifted(mulP)

export const divP: Primitive<'div'> = binary('div', {
  impl(x, y, dtype) {
    if (!isInteger(dtype)) return x / y
    return y === 0 ? -1 : Math.trunc(x / y)
  },
  float32(x, y, out) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] / y[i]
  },
  rules: [
    'linear',
    ([, y], out) => {
      const slope = neg(div(out, y))
      return (dy) => mul(dy, slope)
    }
  ],
  transpose: [(ct, [, y]) => div(ct, known(y)), null]
})

/**
 * The quotient of two arrays of one type, elementwise. Integers are truncated towards zero; divided by 0 they give −1,
 * all bits set. JAX's `lax.div`.
 *
 * @example
 * lax.div(np.array([1, -2]), 4) // [0.25, -0.5]
 * lax.div(np.array([-7, 7], { dtype: 'int32' }), 2) // [-3, 3]
 */
export const div: Binary = lifted(divP)

export const remP: Primitive<'rem'> = binary('rem', {
  impl: (x, y, dtype) => (y === 0 && isInteger(dtype) ? x : x % y),
  rules: [
    () => (dx) => dx,
    ([x, y], out) => {
      const slope = neg(round(div(sub(x, out), y)))
      return (dy) => mul(dy, slope)
    }
  ]
})

/**
 * The remainder of truncated division, elementwise: it has the sign of x. An integer's remainder by 0 is itself.
 * JAX's `lax.rem`.
 *
 * @example
 * lax.rem(np.array([5.5, -5.5]), 2) // [1.5, -1.5]
 */
export const rem: Binary = lifted(remP)

/** The share of an extreme that falls to one of two operands: all of it, none, or half where they tie. */
const share = (mine: NdArray, other: NdArray, out: NdArray): NdArray => {
  const parts = select(eq(other, out), fullLike(out, 0.5), fullLike(out, 1))
  return select(eq(mine, out), parts, fullLike(out, 0))
}

/** The derivatives of an extreme of two operands. */
const extremes: readonly Rule<object>[] = [
  ([x, y], out) => {
    const part = share(x, y, out)
    return (dx) => mul(dx, part)
  },
  ([x, y], out) => {
    const part = share(y, x, out)
    return (dy) => mul(dy, part)
  }
]

export const maxP: Primitive<'max'> = binary('max', {
  domain: 'any',
  impl: (x, y) => Math.max(x, y),
  float32(x, y, out) {
    for (let i = 0; i < out.length; i++) out[i] = Math.max(x[i], y[i])
  },
  rules: extremes
})

/**
 * The larger of two elements; NaN if either is. Operands that tie share the derivative. JAX's `lax.max`.
 *
 * @example
 * lax.max(np.array([-1, 2, NaN]), 0) // [0, 2, nan]
 */
export const max: Binary = lifted(maxP)

export const minP: Primitive<'min'> = binary('min', {
  domain: 'any',
  impl: (x, y) => Math.min(x, y),
  float32(x, y, out) {
    for (let i = 0; i < out.length; i++) out[i] = Math.min(x[i], y[i])
  },
  rules: extremes
})

/**
 * The smaller of two elements; NaN if either is. Operands that tie share the derivative. JAX's `lax.min`.
 *
 * @example
 * lax.min(np.array([-1, 2, NaN]), 0) // [-1, 0, nan]
 */
export const min: Binary = lifted(minP)

export const signP: Primitive<'sign'> = unary('sign', { domain: 'number', impl: Math.sign })

/**
 * −1, 0 or 1; zeros keep their sign, NaN stays. Its derivative is zero. JAX's `lax.sign`.
 *
 * @example
 * lax.sign(np.array([-3, 0, 2])) // [-1, 0, 1]
 */
export const sign: Unary = (x) => bind1(signP, [x])

export const absP: Primitive<'abs'> = unary('abs', {
  domain: 'signed',
  impl: Math.abs,
  linearize: ([x]) => {
    const positive = ge(x, 0)
    return (dx) => select(positive, dx, neg(dx))
  }
})

/**
 * The absolute value; the least integer wraps to itself. Its derivative at 0 is 1. JAX's `lax.abs`.
 *
 * @example
 * lax.abs(np.array([-3, 2])) // [3, 2]
 */
export const abs: Unary = (x) => bind1(absP, [x])

export const squareP: Primitive<'square'> = unary('square', {
  domain: 'number',
  impl: (x, dtype) => (isInteger(dtype) ? Math.imul(x, x) : x * x),
  float32(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = x[i] * x[i]
  },
  linearize: ([x]) => {
    const slope = mul(x, 2)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The square; integers wrap. JAX's `lax.square`.
 *
 * @example
 * lax.square(np.array([-3, 2])) // [9, 4]
 */
export const square: Unary = (x) => bind1(squareP, [x])
