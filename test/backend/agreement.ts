import type { NdArray } from '../../src/core/array.js'
import { coerce, isFloat, type DType, type TypedArray } from '../../src/core/dtype.js'
import type { Eqn, Jaxpr } from '../../src/core/primitive.js'
import { bind } from '../../src/core/trace.js'
import { compiled } from '../../src/backend/compiled.js'
import { optimise } from '../../src/backend/passes/index.js'
import { contract } from '../../src/backend/passes/contraction/contraction.js'
import { calibrated } from '../../src/backend/passes/contraction/model.js'
import { jitP } from '../../src/control/jit.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { avalsOf } from '../../src/ir/jaxpr.js'
import { simplify } from '../../src/ir/passes.js'
import { watching, type Watcher } from '../../src/ir/source.js'
import { arrayOf, noise } from '../support/arrays.js'
import { sameType } from '../support/close.js'
import { told } from './fuzzsteps.js'

/*
 * Compiled against reference. What agrees bit by bit needs no bound. Elsewhere the bound is measured, by Monte Carlo arithmetic (Parker
 * 1997): the reference runs again and again while the operands and results of everything that rounds are moved at random by a few units
 * in the last place. How far results move says how far they may be apart; a number that comes out of a comparison, or of rounding
 * to an integer, may differ only if it differs between these runs. Moving data, integers and choices move nothing, so there the
 * bound is zero. Where not even the sign of a number is certain, it may have come through a pole, and be infinite.
 */

/** What rounds, and so may come out differently in the last places. */
const rounds: ReadonlySet<string> = new Set([
  'add', 'add_any', 'sub', 'mul', 'div', 'square', 'cbrt', 'integer_pow', 'pow', 'rsqrt', 'sqrt', 'exp', 'exp2', 'expm1', 'log1p', 'log',
  'logistic', 'acos', 'asin', 'atan2', 'atan', 'cos', 'sin', 'tan', 'acosh', 'asinh', 'atanh', 'cosh', 'sinh', 'tanh', 'digamma', 'erf_inv',
  'erf', 'erfc', 'lgamma', 'polygamma', 'erf_inv_giles', 'reduce_sum', 'reduce_prod', 'cumsum', 'cumprod', 'cumlogsumexp', 'dot_general',
  'conv_general_dilated', 'reduce_window_sum', 'scatter_add', 'scatter_mul', 'select_and_scatter_add'
])

const bits = (stream: number, i: number): number => Math.floor(Math.abs(noise(stream, i)) * 1e6)

const notFinite = [NaN, Infinity, -Infinity]

const units = (dtype: DType): { readonly epsilon: number; readonly least: number } =>
  dtype === 'float32' ? { epsilon: 2 ** -23, least: 2 ** -149 } : { epsilon: 2 ** -52, least: 2 ** -1074 }

const sums: ReadonlySet<string> = new Set([
  'reduce_sum', 'cumsum', 'dot_general', 'conv_general_dilated', 'reduce_window_sum', 'scatter_add', 'select_and_scatter_add'
])
const products: ReadonlySet<string> = new Set(['reduce_prod', 'cumprod', 'scatter_mul'])

/** From how many terms on a sum is a long one. */
const long = 64

/** The array with floating elements changed. */
const changed = (x: NdArray, f: (value: number, i: number) => number): NdArray =>
  (isFloat(x.dtype) ? arrayOf(x.dtype, x.shape, Array.from(x.toTypedArray(), f), x.weak) : x)

/**
 * What else an element of a sum, or product, of many terms may be, where some order of the terms leaves the range: infinities, NaN and
 * the signs of zeros depend on the order there, and on the precision of what is in between, which is that of float64 in the reference.
 * Where terms cancel but for what their rounding may take away, that is nothing at all, or anything of its size. What is added up on
 * the way of a long sum may be large where the sum is not, so that its rounding goes by the size of its terms.
 */
const others = ({ primitive, params }: Eqn, operands: readonly NdArray[]): ((k: number, value: number, die: number) => readonly number[]) => {
  const of = (f: (size: number) => number): TypedArray =>
    bind(primitive, operands.map((x) => changed(x, (value) => (Number.isFinite(value) ? f(Math.abs(value)) : 1))), params)[0].toTypedArray()
  if (sums.has(primitive.name)) {
    const [sizes, terms] = [of((size) => size), of(Math.sign)]
    const { epsilon } = units(operands[0].dtype)
    return (k, value, die) => {
      if (!Number.isFinite(sizes[k])) return notFinite
      if (sizes[k] === 0) return terms[k] > 0 ? [0, -0] : []
      if (Math.abs(value) < epsilon * terms[k] * sizes[k]) return [0, die * epsilon * sizes[k]]
      return terms[k] > long ? [value + die * epsilon * sizes[k]] : []
    }
  }
  if (!products.has(primitive.name)) return () => []
  const [large, small] = [of((size) => Math.max(size, 1)), of((size) => (size === 0 ? 1 : Math.min(size, 1)))]
  return (k) => (!Number.isFinite(large[k]) || small[k] < 1e-37 ? [0, -0, ...notFinite] : [])
}

/** A bitcast: which of the many NaN there are is left to the engine. */
const scrambled = (x: NdArray, bitcast: NdArray, seed: number): NdArray => {
  const data = bitcast.toTypedArray()
  x.toTypedArray().forEach((value, i) => {
    const any = bits(seed, i)
    if (Number.isNaN(value)) data[i] = coerce(bitcast.dtype, any + (any % 2 === 0 ? 0x7fc00000 : 0xffc00000))
  })
  return arrayOf(bitcast.dtype, bitcast.shape, data, bitcast.weak)
}

/** The reference with its roundings disturbed. `loose`: NaN and the infinities are one, and so are the zeros. */
const disturbed = (jaxpr: Jaxpr, args: readonly NdArray[], seed: number, loose: boolean): readonly NdArray[] => {
  let count = 0
  const move = (x: NdArray, result: boolean): NdArray => {
    if (!isFloat(x.dtype)) return x
    const { epsilon, least } = units(x.dtype)
    const stream = seed * 1009 + count++
    return changed(x, (value, i) => {
      const die = noise(stream, i)
      if (value === 0) return loose && result && die > 0 ? -value : value
      if (Number.isFinite(value)) return value + 3 * die * Math.max(Math.abs(value) * epsilon, result ? least : 0)
      return loose && result ? notFinite[bits(stream, i) % 3] : value
    })
  }
  const watcher: Watcher = () => (eqn, operands) => {
    const { primitive, params } = eqn
    if (primitive.name === 'bitcast_convert_type') return [scrambled(operands[0], bind(primitive, operands, params)[0], seed)]
    if (!rounds.has(primitive.name)) return bind(primitive, operands, params)
    const choices = others(eqn, operands)
    return bind(primitive, operands.map((x) => move(x, false)), params).map((x) => {
      const stream = seed * 2003 + count
      return changed(move(x, true), (value, i) => {
        const list = [value, ...choices(i, value, noise(stream + 1, i))]
        return list[bits(stream, i) % list.length]
      })
    })
  }
  return watching(watcher, () => evaluate(jaxpr, args))
}

const text = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

/** How well the results of a program agree. */
export type Agreement = 'exact' | 'close' | 'unstable'

const trials = 24

/** Whether the difference of two numbers is one of size. */
const alike = (x: number, y: number): boolean => Object.is(x, y) || (Number.isFinite(x) && Number.isFinite(y) && (x !== 0 || y !== 0))

/** What a program does besides computing, as the operations of random programs tell it. */
const observed = <A>(f: () => A): readonly [result: A, effects: string] => {
  told.length = 0
  const result = f()
  return [result, told.splice(0).join('; ')]
}

/** Effects against those of the reference, which may depend on a comparison that rounding decides. */
const compareEffects = (jaxpr: Jaxpr, args: readonly NdArray[], got: string): void => {
  const [, expected] = observed(() => evaluate(jaxpr, args))
  if (got === expected) return
  const runs = Array.from({ length: trials }, (_, seed) => observed(() => disturbed(jaxpr, args, seed, true))[1])
  if (runs.every((run) => run === expected)) throw new Error(`effects: compiled ${got}, reference ${expected}`)
}

/** The results of a program on its arguments against those of the reference. Throws where they do not agree. */
export const compare = (jaxpr: Jaxpr, args: readonly NdArray[], got: readonly NdArray[], loose = false): Agreement => {
  let result: Agreement = 'exact'
  let runs: readonly (readonly NdArray[])[] | undefined
  evaluate(jaxpr, args).forEach((expected, k) => {
    sameType(`output ${k}`, got[k], expected)
    const [a, b] = [got[k].toTypedArray(), expected.toTypedArray()]
    const { least } = units(expected.dtype)
    for (let i = 0; i < a.length; i++) {
      if (Object.is(a[i], b[i]) || (loose && (a[i] === b[i] || (!Number.isFinite(a[i]) && !Number.isFinite(b[i]))))) continue
      runs ??= Array.from({ length: trials }, (_, seed) => disturbed(jaxpr, args, seed, loose))
      const values = runs.map((outs) => outs[k].toTypedArray()[i])
      const stable = values.every((value) => (isFloat(expected.dtype) ? alike(value, b[i]) : value === b[i]))
      const throughPole = !Number.isFinite(a[i]) && values.some((value) => value < 0) && values.some((value) => value > 0)
      if (!stable || throughPole) {
        result = 'unstable'
        continue
      }
      const spread = Number.isFinite(b[i]) ? values.reduce((most, value) => Math.max(most, Math.abs(value - b[i])), 0) : 0
      const bound = spread === 0 ? 0 : 6 * spread + 8 * least
      if (!(spread > 0 && Math.abs(a[i] - b[i]) <= bound)) {
        throw new Error(`output ${k}, element ${i}: compiled ${text(a[i])}, reference ${text(b[i])}, which may be ${bound} apart${loose ? ', planned' : ''}`)
      }
      if (result === 'exact') result = 'close'
    }
  })
  return result
}

const execute = (jaxpr: Jaxpr, args: readonly NdArray[]): readonly NdArray[] =>
  compiled.execute(jitP, args, { name: 'fuzzed', jaxpr }, avalsOf(jaxpr.outputs))

/** The same with arguments that results may be written over. Throws what comes out differently. */
const consume = (jaxpr: Jaxpr, args: readonly NdArray[], expected: readonly NdArray[]): void => {
  const copies = args.map(({ dtype, shape, weak }, k) => arrayOf(dtype, shape, args[k].toTypedArray(), weak))
  const results = compiled.execute(jitP, copies, { name: 'fuzzed', jaxpr, donated: [...args.keys()] }, avalsOf(jaxpr.outputs))
  results.forEach((result, k) => {
    const [a, b] = [result, expected[k]].map((x) => x.toTypedArray())
    const at = a.findIndex((value, i) => !Object.is(value, b[i]))
    if (at >= 0) throw new Error(`output ${k}, element ${at}: with all arguments donated ${text(a[at])}, else ${text(b[at])}`)
  })
}

/** Plans sums of products however small they are. */
const eager = { ...calibrated, threshold: 0, overhead: 0 }

/**
 * Runs a program compiled, as it is and, if contraction planning has something to plan in it, planned as if it were large. Throws what does
 * not agree with the reference.
 */
export const agree = (jaxpr: Jaxpr, args: readonly NdArray[]): Agreement => {
  const simplified = simplify(jaxpr)
  const unplanned = optimise(simplified, { contraction: 'off' })
  const [results, effects] = observed(() => execute(simplified, args))
  compareEffects(jaxpr, args, effects)
  consume(simplified, args, results)
  const plain = compare(jaxpr, args, results, optimise(simplified) !== unplanned)
  const planned = contract(unplanned, eager, false)
  const again = planned === unplanned ? 'exact' : compare(jaxpr, args, execute(planned, args), true)
  return plain === 'unstable' || again === 'exact' ? plain : again
}
