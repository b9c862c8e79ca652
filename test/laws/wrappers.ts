import type { NdArray } from '../../src/core/array.js'
import { equalShapes, range } from '../../src/core/shape.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { optimizationBarrier } from '../../src/control/barrier.js'
import { callback } from '../../src/control/effects/callback.js'
import { check } from '../../src/control/effects/check.js'
import { checkify } from '../../src/control/checkify/checkify.js'
import { checkpoint } from '../../src/control/checkpoint/checkpoint.js'
import { customBatching } from '../../src/control/custom/custombatching.js'
import { customJvp } from '../../src/control/custom/customjvp.js'
import { customVjp } from '../../src/control/custom/customvjp.js'
import { checkpointName } from '../../src/control/checkpoint/name.js'
import { jit } from '../../src/jit/jit.js'
import * as lax from '../../src/lax/index.js'
import { jvp, linearize } from '../../src/transform/forward.js'
import { grad } from '../../src/transform/grad.js'
import { evalShape, makeJaxpr } from '../../src/transform/inspect.js'
import { hvp, jacfwd, jacrev } from '../../src/transform/jacobian.js'
import { linearTranspose, vjp } from '../../src/transform/reverse.js'
import { stopGradient } from '../../src/transform/stop.js'
import { vmap } from '../../src/transform/vmap.js'
import { generate, noise } from '../support/arrays.js'

/*
 * Transforms that leave the meaning of a function as it is, and several ways to the same derivative: what random programs
 * are nested of.
 */

/** A function of two arrays. It may close over others. */
export type F = (x: NdArray, y: NdArray) => NdArray

/** A transform, or a composition of some, that changes nothing. */
export interface Wrapper {
  readonly name: string
  readonly wrap: (f: F) => F
  /** Where it is used: only in programs that are differentiated in forward mode, or only in those that need not be. */
  readonly only?: 'forward' | 'reverse'
}

export const all = (x: NdArray): readonly number[] => range(x.ndim)
const total = (x: NdArray): NdArray => lax.reduceSum(x, all(x))
export const stacked = (x: NdArray, copies: number): NdArray => lax.broadcastInDim(x, [copies, ...x.shape], range(x.ndim, 1))
const stackedLast = (x: NdArray, copies: number): NdArray => lax.broadcastInDim(x, [...x.shape, copies], all(x))
const nothing = (x: NdArray): NdArray => lax.mul(x, 0)
const zero = (x: NdArray): NdArray => lax.zerosLike(x)

/** A fixed direction, or cotangent, for an array. */
const direction = (x: NdArray): NdArray => generate('float64', x.shape, (i) => noise(7, i))

interface Boxed {
  readonly x: NdArray
  readonly rest: readonly [null, { readonly y: NdArray }]
}

interface Closed {
  readonly g: (...args: readonly NdArray[]) => NdArray
  readonly args: readonly NdArray[]
}

/** A function whose arguments are also what `f` closes over: rules differentiate arguments alone. */
const closed = (f: F, x: NdArray, y: NdArray): Closed => {
  const program = makeJaxpr(f)(x, y)
  return { g: (...args) => evaluate(program, args)[0], args: [...program.captured, x, y] }
}

/** What composes with everything. */
export const wrappers: readonly Wrapper[] = [
  { name: 'jit', wrap: (f) => jit(f) },
  {
    name: 'jit twice',
    wrap: (f) => {
      const jitted = jit(f)
      return (x, y) => {
        jitted(x, y)
        return jitted(x, y)
      }
    }
  },
  { name: 'jit of arguments', wrap: (f) => (x, y) => f(jit((each: NdArray) => each)(x), y) },
  {
    name: 'jit of a tree',
    wrap: (f) => {
      const jitted = jit(({ x, rest: [, { y }] }: Boxed) => ({ out: [f(x, y)] as const, none: null }))
      return (x, y) => jitted({ x, rest: [null, { y }] }).out[0]
    }
  },
  { name: 'vmap of one', wrap: (f) => (x, y) => lax.indexInDim(vmap(f)(stacked(x, 1), stacked(y, 1)), 0, 0, false) },
  { name: 'vmap of three', wrap: (f) => (x, y) => lax.indexInDim(vmap(f)(stacked(x, 3), stacked(y, 3)), 1, 0, false) },
  {
    name: 'vmap of the first, to the last axis',
    wrap: (f) => (x, y) => lax.indexInDim(vmap(f, { in: [-1, null], out: -1 })(stackedLast(x, 2), y), 1, -1, false)
  },
  { name: 'vmap of the second', wrap: (f) => (x, y) => lax.indexInDim(vmap(f, { in: [null, 0] })(x, stacked(y, 2)), 0, 0, false) },
  { name: 'vmap of nothing', wrap: (f) => (x, y) => lax.indexInDim(vmap(f, { in: null, axisSize: 2 })(x, y), 1, 0, false) },
  { name: 'vmap past nothing', wrap: (f) => vmap(f, { in: null, out: null, axisSize: 2 }) },
  {
    name: 'mean of copies',
    wrap: (f) => (x, y) => vmap(
      jit((a: NdArray, b: NdArray) => lax.pmean(f(a, b), 'copies')), { axisName: 'copies', in: [0, null], out: null }
    )(stacked(x, 2), y)
  },
  {
    name: 'mean over an outer batch, inside of another',
    wrap: (f) => (x, y) => {
      const inner = (a: NdArray, b: NdArray): NdArray =>
        vmap((c: NdArray) => lax.pmean(f(c, b), 'outer'), { axisName: 'inner' })(stacked(a, 2))
      return lax.indexInDim(vmap(inner, { axisName: 'outer', in: [0, null], out: null })(stacked(x, 3), y), 1, 0, false)
    }
  },
  {
    name: 'a batch that knows its name',
    wrap: (f) => (x, y) => {
      const positions = jit(() => lax.convertElementType(lax.psum(lax.sub(lax.axisIndex('i'), 1), 'i'), 'float64')) // −1 + 0
      const one = (a: NdArray, b: NdArray): NdArray => {
        const out = f(a, b)
        return lax.mul(out, lax.broadcastInDim(positions(), out.shape, []))
      }
      return lax.neg(lax.indexInDim(vmap(one, { axisName: 'i' })(stacked(x, 2), stacked(y, 2)), 1, 0, false))
    }
  },
  {
    name: 'linearize',
    wrap: (f) => (x, y) => {
      const [out, push] = linearize(f)(x, y)
      return lax.add(out, push(zero(x), zero(y)))
    }
  },
  {
    name: 'jvp along zero',
    wrap: (f) => (x, y) => {
      const [out, tangent] = jvp(f)([x, y], [zero(x), zero(y)])
      return lax.add(out, tangent)
    }
  },
  { name: 'jvp along something', wrap: (f) => (x, y) => jvp(f)([x, y], [x, y])[0] },
  {
    name: 'vjp',
    only: 'reverse',
    wrap: (f) => (x, y) => {
      const [out, pullback] = vjp(f)(x, y)
      return lax.add(out, nothing(lax.broadcastInDim(total(pullback(out)[0]), out.shape, [])))
    }
  },
  {
    name: 'transposed twice',
    wrap: (f) => (x, y) => {
      // The product of the output and a number is linear in the number.
      const out = f(x, y)
      const scaled = (k: NdArray): NdArray => lax.mul(out, lax.broadcastInDim(k, out.shape, []))
      const one = lax.full([], 1, 'float64')
      const once = (ct: NdArray): NdArray => linearTranspose(scaled)(one)(ct)[0]
      return linearTranspose(once)(out)(one)[0]
    }
  },
  {
    name: 'evalShape',
    wrap: (f) => (x, y) => {
      const { shape } = evalShape(f)(x, y)
      const out = f(x, y)
      if (!equalShapes(out.shape, shape)) throw new Error(`[${shape.join(',')}] by evalShape, [${out.shape.join(',')}] by itself`)
      return out
    }
  },
  {
    name: 'its jaxpr',
    wrap: (f) => (x, y) => {
      const program = makeJaxpr(f)(x, y)
      return evaluate(program, [...program.captured, x, y])[0]
    }
  },
  {
    name: 'customJvp',
    wrap: (f) => (x, y) => {
      const { g, args } = closed(f, x, y)
      return customJvp(g, (...primals) => linearize(g)(...primals))(...args)
    }
  },
  {
    name: 'customJvp in joint form',
    wrap: (f) => (x, y) => {
      const { g, args } = closed(f, x, y)
      return customJvp.joint(g, (primals, tangents) => jvp(g)([...primals], [...tangents]))(...args)
    }
  },
  {
    name: 'customVjp in reverse',
    only: 'reverse',
    wrap: (f) => (x, y) => {
      const { g, args } = closed(f, x, y)
      const own = customVjp(g, (...primals) => [g(...primals), primals], (primals, ct) => vjp(g)(...primals)[1](ct))
      const [out, pullback] = vjp(own)(...args)
      return lax.add(out, nothing(lax.broadcastInDim(total(pullback(out)[args.length - 2]), out.shape, [])))
    }
  },
  {
    name: 'customBatching',
    wrap: (f) => (x, y) => {
      const { g, args } = closed(f, x, y)
      const axes = (flags: readonly boolean[]): readonly (number | null)[] => flags.map((flag) => (flag ? 0 : null))
      return customBatching(g, (axisSize, flags, ...all) => [vmap(g, { in: axes(flags), axisSize })(...all), true])(...args)
    }
  },
  { name: 'checkpoint', wrap: (f) => checkpoint(f) },
  { name: 'checkpoint that keeps products', wrap: (f) => checkpoint(f, { policy: checkpoint.policies.dotsSaveable }) },
  { name: 'behind a barrier', wrap: (f) => (x, y) => f(...optimizationBarrier([x, y] as const)) },
  { name: 'under a name', wrap: (f) => (x, y) => checkpointName(f(x, y), 'result') },
  {
    name: 'checkified',
    wrap: (f) => (x, y) => {
      const asserting: F = (a, b) => {
        check(lax.gt(total(a), 0), 'the sum is {}', total(a))
        return f(a, b)
      }
      return checkify(asserting)(x, y)[1]
    }
  },
  {
    name: 'watched',
    wrap: (f) => (x, y) => {
      callback((a: NdArray) => a.item(), total(x))
      return f(x, y)
    }
  },
  { name: 'beside what stops', wrap: (f) => (x, y) => lax.add(f(x, y), nothing(stopGradient(f(stopGradient(x), y)))) }
]

/** A derivative of a function, as a function; ways to compute it, the plain one first. */
export interface Derivative {
  readonly orders: number
  readonly ways: readonly Way[]
}

interface Way {
  readonly name: string
  readonly apply: (f: F) => F
  /** Whether it goes forward only. */
  readonly forward?: true
}

const summed = (f: F): F => (x, y) => total(f(x, y))

/** A Jacobian's last axes, which are those of `v`, summed with it. */
const contracted = (jacobian: NdArray, v: NdArray): NdArray =>
  lax.dotGeneral(jacobian, v, { contract: [range(v.ndim, jacobian.ndim - v.ndim), all(v)] })

export const derivatives: readonly Derivative[] = [
  {
    orders: 1,
    ways: [
      { name: 'grad', apply: (f) => grad(summed(f)) },
      { name: 'grad by jacfwd', forward: true, apply: (f) => jacfwd(summed(f)) },
      {
        name: 'grad by vjp',
        apply: (f) => (x, y) => {
          const [out, pullback] = vjp((each: NdArray) => f(each, y))(x)
          return pullback(lax.fullLike(out, 1))[0]
        }
      },
      {
        name: 'grad by vmap of jvp',
        forward: true,
        apply: (f) => (x, y) => {
          const slope = (v: NdArray): NdArray => jvp((each: NdArray) => total(f(each, y)))([x], [v])[1]
          return lax.reshape(vmap(slope, { in: -1 })(basis(x)), x.shape)
        }
      }
    ]
  },
  {
    orders: 1,
    ways: [
      { name: 'jvp', forward: true, apply: (f) => (x, y) => jvp(f)([x, y], [direction(x), direction(y)])[1] },
      { name: 'jvp by linearize', forward: true, apply: (f) => (x, y) => linearize(f)(x, y)[1](direction(x), direction(y)) },
      {
        name: 'jvp by vjp of vjp',
        apply: (f) => (x, y) => {
          const [out, pullback] = vjp(f)(x, y)
          return vjp((ct: NdArray) => pullback(ct))(zero(out))[1]([direction(x), direction(y)])[0]
        }
      },
      {
        name: 'jvp by jacobians',
        apply: (f) => (x, y) => lax.add(
          contracted(jacrev(f)(x, y), direction(x)), contracted(jacfwd((b: NdArray) => f(x, b))(y), direction(y))
        )
      }
    ]
  },
  {
    orders: 2,
    ways: [
      { name: 'hvp', apply: (f) => (x, y) => hvp(summed(f))(x, direction(x), y) },
      {
        name: 'hvp by grad of grad',
        apply: (f) => (x, y) => grad((each: NdArray) => total(lax.mul(grad(summed(f))(each, y), direction(x))))(x)
      },
      { name: 'hvp by jacobians', apply: (f) => (x, y) => contracted(jacrev(jacfwd(summed(f)))(x, y), direction(x)) },
      { name: 'hvp forward', forward: true, apply: (f) => (x, y) => contracted(jacfwd(jacfwd(summed(f)))(x, y), direction(x)) }
    ]
  }
]

/** One-hot arrays, along a last axis. */
const basis = (x: NdArray): NdArray =>
  lax.reshape(
    lax.convertElementType(lax.eq(lax.iota('int32', [x.size, x.size], 0), lax.iota('int32', [x.size, x.size], 1)), 'float64'),
    [...x.shape, x.size]
  )
