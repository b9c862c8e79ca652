import { byteSize, isFloat, type DType } from '../../../core/dtype.js'
import { sizeOf } from '../../../core/shape.js'
import type { CumulativeParams } from '../../../lax/reduction/cumulative.js'
import { f32x4, f64x2, sequence, v128, type Code, type Local, type Statement } from '../code.js'
import { unary64 } from '../functions/index.js'
import { constantLanes } from '../lanes.js'
import { plus } from '../loops.js'
import type { Scope } from '../module.js'
import { emitLanes } from '../operations.js'
import { advance, eachLines, lined } from './lines.js'
import { repeat } from './walk.js'
import type { Writer } from './writer.js'

type Vector = Code<'v128'>

/** A fold along lines: floats are vectors of float64, integers of 32 bits. */
interface Fold {
  /** What holds before the first element. */
  readonly start: Statement
  /** Takes an element; the value is that of the beginning that ends there. */
  take(x: Local<'v128'>): readonly [Statement, Vector]
  /** What is done after every so many elements. */
  readonly pause?: { readonly every: number; readonly then: Statement }
}

type MakeFold = (scope: Scope, dtype: DType, first: Vector) => Fold

const cumulative = (fold: MakeFold): Writer => ({
  write({ scope, params, operands: [x], avals: [{ shape, dtype }], results: [to] }) {
    const { axis, reverse } = params as CumulativeParams // of cumulative operations
    const lanes = isFloat(dtype) ? 2 : 4
    const count = shape[axis]
    const stride = byteSize(dtype) * sizeOf(shape.slice(axis + 1))
    const [start, step] = reverse ? [(count - 1) * stride, -stride] : [0, stride]
    const [from, at] = [scope.local('i32'), scope.local('i32')]
    const element = scope.local('v128')
    const arrays = [x as Code<'i32'>, to].map((address) => lined(address, dtype, shape, axis, true)) // it has an axis: no literal
    return eachLines(scope, shape, axis, lanes, arrays, ({ starts, load, store }) => {
      const wide = dtype === 'float32' ? f64x2.promoteLow(load(0, from)) : load(0, from)
      const folding = fold(scope, dtype, wide)
      const [take, value] = folding.take(element)
      const once = sequence(
        element.set(wide),
        take,
        store(1, at, dtype === 'float32' ? f32x4.demoteZero(value) : value),
        advance(from, step),
        advance(at, step)
      )
      const { every, then } = folding.pause ?? { every: Infinity, then: sequence() }
      const [pieces, rest] = [Math.floor(count / every), every === Infinity ? count : count % every]
      return sequence(
        from.set(plus(starts[0].get, start)),
        at.set(plus(starts[1].get, start)),
        folding.start,
        ...(pieces === 0 ? [] : [repeat(scope, pieces, sequence(repeat(scope, every, once), then))]),
        ...(rest === 0 ? [] : [repeat(scope, rest, once)])
      )
    })
  }
})

/** Floats as float64: they are rounded when they are stored. */
const combine = (operation: 'add' | 'mul' | 'max' | 'min', scope: Scope, dtype: DType, a: Vector, b: Vector): Vector => {
  const type = isFloat(dtype) ? 'float64' : dtype
  return emitLanes({ operation, params: {}, type, out: type }, [a, b], isFloat(dtype) ? 2 : 4, scope)
}

const zeros = constantLanes('float64', 0)
const ones = constantLanes('float64', 1)

/** The sum of whole blocks and that of the current one are added apart. */
const cumsum = cumulative((scope, dtype) => {
  const [blocks, sum] = [scope.local('v128'), scope.local('v128')]
  const add = (a: Vector, b: Vector): Vector => combine('add', scope, dtype, a, b)
  return {
    start: sequence(blocks.set(zeros), sum.set(zeros)),
    take: (x) => [sum.set(add(sum.get, x.get)), isFloat(dtype) ? add(blocks.get, sum.get) : sum.get],
    ...(isFloat(dtype) && { pause: { every: 256, then: sequence(blocks.set(add(blocks.get, sum.get)), sum.set(zeros)) } })
  }
})

const cumprod = cumulative((scope, dtype) => {
  const product = scope.local('v128')
  return {
    start: product.set(isFloat(dtype) ? ones : constantLanes(dtype, 1)),
    take: (x) => [product.set(combine('mul', scope, dtype, product.get, x.get)), product.get]
  }
})

const extremes = (operation: 'max' | 'min'): Writer => cumulative((scope, dtype, first) => {
  const best = scope.local('v128')
  return {
    start: best.set(first),
    take: (x) => [best.set(combine(operation, scope, dtype, best.get, x.get)), best.get]
  }
})

/** best + log(sum), where sum = Σ exp(x − best). */
const cumlogsumexp = cumulative((scope) => {
  const [best, sum, greater, power] = Array.from({ length: 4 }, () => scope.local('v128'))
  const infinity = constantLanes('float64', Infinity)
  return {
    start: sequence(best.set(constantLanes('float64', -Infinity)), sum.set(zeros)),
    take({ get: x }) {
      const { add, sub, mul, eq, gt, lt } = f64x2
      const difference = v128.bitselect(sub(best.get, x), sub(x, best.get), greater.get)
      const scaled = mul(sum.get, v128.bitselect(zeros, power.get, eq(x, infinity)))
      const finite = v128.and(lt(f64x2.abs(x), infinity), ones)
      const more = add(sum.get, v128.bitselect(finite, power.get, eq(x, best.get)))
      const total = v128.bitselect(best.get, add(best.get, unary64['log'](scope, sum.get)), eq(sum.get, zeros))
      const step = sequence(
        greater.set(gt(x, best.get)),
        power.set(unary64['exp'](scope, difference)),
        sum.set(v128.bitselect(add(scaled, ones), more, greater.get)),
        best.set(v128.bitselect(x, best.get, greater.get))
      )
      return [step, total]
    }
  }
})

export const cumulatives = { cumsum, cumprod, cummax: extremes('max'), cummin: extremes('min'), cumlogsumexp } as const
