import fc from 'fast-check'
import type { NdArray } from '../../src/core/array.js'
import { isFloat, type FloatDType } from '../../src/core/dtype.js'
import type { Tangent } from '../../src/core/primitive.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { jit } from '../../src/jit/jit.js'
import { instantiate } from '../../src/lax/broadcast.js'
import { jvpArrays, linearizeArrays, type Linearized } from '../../src/transform/differentiate.js'
import { scatter, select } from '../../src/transform/mask.js'
import { vjpArrays } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, noiseLike, show, stackAt } from '../support/arrays.js'
import { someOf } from '../support/arbitrary.js'
import { allClose, close, inner } from '../support/close.js'
import { interpreted } from '../support/interpreted.js'
import type { Law } from './law.js'
import { isReversible, isSmooth, smoothTrials, type ArrayFunction, type Subject, type Trial } from './row.js'

const steps: Readonly<Record<FloatDType, number>> = { float32: 2 ** -7, float64: 2 ** -13 }

/** Of derivatives against differences. */
const usual: Readonly<Record<FloatDType, number>> = { float32: 2e-3, float64: 1e-5 }

/** Of two ways to compute the same derivative. */
const exact: Readonly<Record<FloatDType, number>> = { float32: 1e-4, float64: 1e-10 }

/** An example, the operands to differentiate it in, and seeds of directions. */
interface Point {
  readonly trial: Trial
  readonly nonzero: readonly boolean[]
  readonly seed: number
}

const points = (subject: Subject, dtypes?: readonly FloatDType[]): fc.Arbitrary<Point> =>
  smoothTrials(subject, dtypes)
    .filter(({ differentiable }) => differentiable.includes(true))
    .chain((trial) => fc.record({ trial: fc.constant(trial), nonzero: chosen(trial.differentiable), seed: fc.nat(999) }))

/** Some of the operands that may be chosen. */
const chosen = (among: readonly boolean[]): fc.Arbitrary<readonly boolean[]> =>
  someOf(among.filter((flag) => flag).length).map((flags) => {
    let next = 0
    return among.map((flag) => flag && flags[next++])
  })

/** Derivatives speak of floating outputs alone. */
const floats = (f: ArrayFunction): ArrayFunction => (xs) => f(xs).filter((y) => isFloat(y.dtype))

const directions = (xs: readonly NdArray[], nonzero: readonly boolean[], seed: number): readonly Tangent[] =>
  xs.map((x, i) => (nonzero[i] ? noiseLike(x, seed + i) : null))

const push = (f: ArrayFunction, xs: readonly NdArray[], ds: readonly Tangent[]): readonly NdArray[] => {
  const [outs, tangents] = jvpArrays(f, xs, ds)
  return tangents.map((d, i) => instantiate(d, outs[i]))
}

const pull = (f: ArrayFunction, xs: readonly NdArray[], nonzero: readonly boolean[], cts: readonly Tangent[]): readonly NdArray[] => {
  const [, pullback] = vjpArrays(f, xs, nonzero)
  return select(pullback(cts).map((ct, i) => instantiate(ct, xs[i])), nonzero)
}

/** Central differences, and the directions that rounding leaves of those that were asked for. */
const differences = (f: ArrayFunction, xs: readonly NdArray[], nonzero: readonly boolean[], dtype: FloatDType, seed: number) => {
  const eps = steps[dtype]
  const moved = (sign: number): readonly NdArray[] => xs.map((x, i) => {
    if (!nonzero[i]) return x
    const [data, d] = [x.toTypedArray(), noiseLike(x, seed + i).toTypedArray()]
    return arrayOf(x.dtype, x.shape, data.map((value, k) => value + sign * eps * d[k]))
  })
  const [plus, minus] = [moved(1), moved(-1)]
  const slope = (above: NdArray, below: NdArray): NdArray => {
    const [high, low] = [above.toTypedArray(), below.toTypedArray()]
    return arrayOf(above.dtype, above.shape, high.map((value, k) => (value === low[k] ? 0 : (value - low[k]) / (2 * eps))))
  }
  const below = f(minus)
  return {
    along: xs.map((_, i) => (nonzero[i] ? slope(plus[i], minus[i]) : null)),
    slopes: f(plus).map((y, i) => slope(y, below[i]))
  }
}

export const jvpIsTheSlope: Law = {
  name: 'the jvp agrees with central differences, and integers have none',
  runs: 25,
  applies: isSmooth,
  property: (subject) =>
    fc.property(points(subject), ({ trial: { f, operands, dtype, row }, nonzero, seed }) => {
      const smooth = floats(f)
      const { along, slopes } = differences(smooth, operands, nonzero, dtype, seed)
      allClose('jvp', push(smooth, operands, along), slopes, row.tolerance?.[dtype] ?? usual[dtype])
      const [outs, tangents] = interpreted(() => jvpArrays(f, operands, along))
      allClose('the value', outs.filter((y) => isFloat(y.dtype)), interpreted(() => smooth(operands)), 0)
      outs.forEach((y, i) => {
        if (!isFloat(y.dtype) && tangents[i] !== null) throw new Error(`a tangent of ${show(y)}`)
      })
    })
}

/** Throws unless two sums of products agree. */
const sameInner = (what: string, a: ReturnType<typeof inner>, b: ReturnType<typeof inner>, tolerance: number): void => {
  if (!(Math.abs(a.sum - b.sum) <= tolerance * (1 + a.magnitude + b.magnitude))) {
    throw new Error(`${what}: ${a.sum} and ${b.sum}`)
  }
}

export const transposeIsAdjoint: Law = {
  name: 'the transpose is the adjoint',
  runs: 25,
  applies: isReversible,
  property: (subject) =>
    fc.property(points(subject), ({ trial, nonzero, seed }) => {
      const { operands, dtype } = trial
      const f = floats(trial.f)
      const ds = directions(operands, nonzero, seed)
      const douts = push(f, operands, ds)
      const all = douts.map((d, i) => noiseLike(d, seed + 50 + i))
      // All cotangents, and some of them.
      for (const cts of [all, all.map((ct, i) => ((seed >> i) % 2 === 0 ? ct : null))]) {
        const back = pull(f, operands, nonzero, cts)
        const given = douts.map((_, i) => cts[i] !== null)
        sameInner(
          '<ct, J d> and <Jᵀ ct, d>',
          inner(select(all, given), select(douts, given)), inner(back, ds.filter((d) => d !== null)), exact[dtype]
        )
      }
      const [, pullback] = vjpArrays(f, operands, nonzero)
      if (pullback(all.map(() => null)).some((ct) => ct !== null)) throw new Error('cotangents out of nothing')
    })
}

/** The derivative that was recorded, applied to tangents. */
const applied = ({ linear, varies, outs }: Linearized, nonzero: readonly boolean[], ds: readonly Tangent[]): readonly NdArray[] =>
  scatter(evaluate(linear.jaxpr, [...linear.captured, ...select(ds, nonzero).flatMap((d) => d ?? [])]), varies)
    .map((d, i) => instantiate(d, outs[i]))

const combined = (a: number, x: Tangent, b: number, y: Tangent): NdArray => {
  if (x === null || y === null) throw new Error('no tangent')
  const [p, q] = [x.toTypedArray(), y.toTypedArray()]
  return arrayOf(x.dtype, x.shape, p.map((value, i) => a * value + b * q[i]))
}

export const tangentMapIsLinear: Law = {
  name: 'the tangent map is linear, the same recorded as computed along, and zero at zero',
  runs: 15,
  applies: isSmooth,
  property: (subject) =>
    fc.property(points(subject), ({ trial, nonzero, seed }) => {
      const { operands, dtype } = trial
      const f = floats(trial.f)
      const linear = linearizeArrays(f, operands, nonzero)
      const [ds, es] = [directions(operands, nonzero, seed), directions(operands, nonzero, seed + 77)]
      const sum = ds.map((d, i) => (d === null ? null : combined(1.5, d, -0.5, es[i])))
      const [jd, je, js] = [ds, es, sum].map((each) => applied(linear, nonzero, each))
      allClose('J(1.5 d − 0.5 e)', js, jd.map((d, i) => combined(1.5, d, -0.5, je[i])), exact[dtype])
      allClose('linearize', jd, push(f, operands, ds), exact[dtype])
      allClose('the value', interpreted(() => linearizeArrays(f, operands, nonzero).outs), interpreted(() => f(operands)), 0)
      const zero = ds.map((d) => (d === null ? null : arrayOf(d.dtype, d.shape, new Float64Array(d.size))))
      allClose('J(0)', applied(linear, nonzero, zero), jd.map((d) => arrayOf(d.dtype, d.shape, new Float64Array(d.size))), 0)
      const [, none] = jvpArrays(f, operands, operands.map(() => null))
      if (none.some((d) => d !== null)) throw new Error('tangents out of nothing')
    })
}

/** Arrays of a batch of three: each moved a little. */
const batchOf = (x: NdArray): readonly NdArray[] =>
  [0, 1, 2].map((k) => {
    const data = x.toTypedArray()
    return arrayOf(x.dtype, x.shape, data.map((_, i) => data[(i + k) % data.length]))
  })

export const vmapCommutes: Law = {
  name: 'vmap and jit commute with jvp and vjp',
  runs: 12,
  applies: isReversible,
  property: (subject) =>
    fc.property(points(subject), ({ trial, nonzero, seed }) => {
      const { operands, dtype } = trial
      const f = floats(trial.f)
      const count = operands.length
      const batches = operands.map((x, i) => (isFloat(x.dtype) && (nonzero[i] || (seed >> i) % 2 === 0) ? batchOf(x) : null))
      const axes = batches.map((batch) => (batch === null ? null : 0))
      const xs = operands.map((x, i) => (batches[i] === null ? x : stackAt(batches[i], 0)))
      const ds = operands.map((x, i) => (nonzero[i] ? stackAt(batchOf(noiseLike(x, seed + i)), 0) : null))
      const given = ds.flatMap((d) => d ?? [])
      const over = (g: ArrayFunction, inAxes: readonly (number | null)[]): ArrayFunction => (args) =>
        vmap((...each: readonly NdArray[]) => g(each), { in: inAxes })(...args)

      const pushing: ArrayFunction = (args) => push(f, args.slice(0, count), scatter(args.slice(count), nonzero))
      const pushed = over(pushing, [...axes, ...given.map(() => 0)])([...xs, ...given])
      allClose('vmap of jvp and jvp of vmap', pushed, push(over(f, axes), xs, ds), exact[dtype])
      const along = [...operands, ...given.map(first)]
      allClose('jit of jvp', jit((...args: readonly NdArray[]) => pushing(args))(...along), pushing(along), exact[dtype])

      const cts = pushed.map((y, i) => noiseLike(y, seed + 50 + i))
      const pulling: ArrayFunction = (args) => pull(f, args.slice(0, count), nonzero, args.slice(count))
      const pulled = over(pulling, [...axes, ...cts.map(() => 0)])([...xs, ...cts])
      allClose('vmap of vjp and vjp of vmap', pulled, pull(over(f, axes), xs, nonzero, cts), exact[dtype])
      const args = [...operands, ...cts.map(first)]
      allClose('jit of vjp', jit((...each: readonly NdArray[]) => pulling(each))(...args), pulling(args), exact[dtype])
      const jitted: ArrayFunction = (each) => jit((...inside: readonly NdArray[]) => f(inside))(...each)
      allClose('vjp of jit', pull(jitted, operands, nonzero, cts.map(first)), pulling(args), exact[dtype])
      allClose('jvp of jit', push(jitted, operands, ds.map((d) => (d === null ? null : first(d)))), pushing(along), exact[dtype])
    })
}

/** The first of a batch. */
const first = (x: NdArray): NdArray => arrayOf(x.dtype, x.shape.slice(1), x.toTypedArray().slice(0, x.size / x.shape[0]))

/** The gradient of <cts, f>. */
const gradientOf = (f: ArrayFunction, nonzero: readonly boolean[], cts: readonly NdArray[]): ArrayFunction =>
  (xs) => pull(f, xs, nonzero, cts)

export const secondDerivatives: Law = {
  name: 'second derivatives agree with differences of first ones, and are symmetric',
  runs: 15,
  applies: isReversible,
  property: (subject) =>
    fc.property(points(subject, ['float64']), ({ trial, nonzero, seed }) => {
      const { operands, row } = trial
      const f = floats(trial.f)
      const cts = f(operands).map((y, i) => noiseLike(y, seed + 50 + i))
      const gradient = gradientOf(f, nonzero, cts)
      const { along, slopes } = differences(gradient, operands, nonzero, 'float64', seed)
      const [u, v] = [along, directions(operands, nonzero, seed + 9)]
      const tolerance = 10 * (row.tolerance?.float64 ?? usual.float64)

      const hu = push(gradient, operands, u)
      allClose('jvp of vjp', hu, slopes, tolerance)
      const hv = push(gradient, operands, v)
      const list = (ds: readonly Tangent[]): readonly NdArray[] => ds.filter((d) => d !== null)
      sameInner('<u, H v> and <v, H u>', inner(list(u), hv), inner(list(v), hu), 1e-9)

      allClose('vjp of vjp', pull(gradient, operands, nonzero, list(v)), hv, 1e-9)
      const slope: ArrayFunction = (xs) => push(f, xs, v)
      allClose('vjp of jvp', pull(slope, operands, nonzero, cts), hv, 1e-9)
      const twice = push(slope, operands, u)
      sameInner('<ct, f″ u v> and <u, H v>', inner(cts, twice), inner(list(u), hv), 1e-9)
      if (twice.length > 0) close('jvp of jvp', push((xs) => push(f, xs, u), operands, v)[0], twice[0], 1e-9)
    })
}
