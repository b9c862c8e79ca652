import type { Aval } from '../../../core/aval.js'
import { byteSize, maxValue, minValue, type DType } from '../../../core/dtype.js'
import { sizeOf } from '../../../core/shape.js'
import type { WindowParams } from '../../../lax/window/window.js'
import { f32x4, f64x2, nothing, sequence, v128, type Code, type Statement } from '../code.js'
import { constantLanes } from '../lanes.js'
import { plus } from '../loops.js'
import type { Scope } from '../module.js'
import { emitLanes, emits } from '../operations.js'
import { lowHalves, turnedHalves } from '../shuffles.js'
import { byteStrides, constantElement } from './element.js'
import { isPlain, paddedShape } from './padded.js'
import { alongLast, flopsOfWindows, geometryOf, inWindow, lanesFor, loadApart, store } from './sliding.js'
import { copyBox, fillBox } from './walk.js'
import type { Writer } from './writer.js'

/** Sums in progress: those of float32 are held in float64. */
interface Progress {
  readonly start: Statement
  take(value: Code<'v128'>): Statement
  readonly total: Code<'v128'>
}

const summing = (scope: Scope): Progress => {
  const [low, high, all] = [scope.local('v128'), scope.local('v128'), scope.local('v128')]
  const zero = constantLanes('float64', 0)
  return {
    start: sequence(low.set(zero), high.set(zero)),
    take: (value) => sequence(
      all.set(value),
      low.set(f64x2.add(low.get, f64x2.promoteLow(all.get))),
      high.set(f64x2.add(high.get, f64x2.promoteLow(v128.shuffle(all.get, all.get, turnedHalves))))
    ),
    total: v128.shuffle(f32x4.demoteZero(low.get), f32x4.demoteZero(high.get), lowHalves)
  }
}

const combining = (scope: Scope, operation: string, dtype: DType, neutral: number): Progress => {
  const all = scope.local('v128')
  return {
    start: all.set(constantLanes(dtype, neutral)),
    take: (value) => all.set(emitLanes({ operation, params: {}, type: dtype, out: dtype }, [all.get, value], lanesFor(dtype), scope)),
    total: all.get
  }
}

const reduceWindow = (operation: 'add' | 'max' | 'min', neutral: (dtype: DType) => number): Writer => ({
  accepts: (_, __, [{ dtype }]) => emits({ operation, params: {}, types: [dtype, dtype], out: dtype }),
  // the array with its padding, if it has some
  rooms([{ dtype, shape }], params) {
    const p = params as WindowParams // of windowed reductions
    return isPlain(p) ? [] : [{ dtype, size: sizeOf(paddedShape(shape, p)) }]
  },
  flops: flopsOfWindows,
  write({ scope, params, operands: [x], avals: [{ dtype, shape }], results: [to], outs: [out], workspace: [room] }) {
    const p = params as WindowParams // of windowed reductions
    const plain = isPlain(p)
    const padded = paddedShape(shape, p)
    const geometry = geometryOf(padded, dtype, out.shape, p)
    const lanes = lanesFor(dtype)
    const from = plain ? x as Code<'i32'> : room // windows slide over arrays with axes
    const arrays = [{ at: from, strides: geometry.windows }, { at: to, strides: byteStrides(dtype, out.shape) }]
    const progress = operation === 'add' && dtype === 'float32' ? summing(scope) : combining(scope, operation, dtype, neutral(dtype))
    const step = geometry.windows.at(-1) ?? 0
    return sequence(
      plain ? nothing : pad(scope, { dtype, shape }, p, neutral(dtype), x as Code<'i32'>, room),
      alongLast(scope, out.shape, lanes, arrays, ([source, target], count) => sequence(
        progress.start,
        inWindow(scope, geometry, source, (address, offset) => progress.take(loadApart(dtype, address, offset, step, count, lanes))),
        store(scope, dtype, target.get, progress.total, lanes, count)
      ))
    )
  }
})

/** Writes an array with its padding and dilation. */
const pad = (
  scope: Scope, { dtype, shape }: Pick<Aval, 'dtype' | 'shape'>, p: WindowParams, value: number, from: Code<'i32'>, to: Code<'i32'>
): Statement => {
  const bytes = byteSize(dtype)
  const padded = paddedShape(shape, p)
  const [strides, within] = [byteStrides(dtype, shape), byteStrides(dtype, padded)]
  const first = shape.map((_, k) => (p.padding[k][0] < 0 ? Math.ceil(-p.padding[k][0] / p.baseDilation[k]) : 0))
  const kept = shape.map((size, k) => {
    const end = Math.floor((padded[k] - 1 - p.padding[k][0]) / p.baseDilation[k]) + 1
    return Math.max(0, Math.min(size, end) - first[k])
  })
  const offset = (at: readonly number[], steps: readonly number[]): number => at.reduce((sum, i, k) => sum + i * steps[k], 0)
  return sequence(
    fillBox(scope, dtype, padded, constantElement(dtype, value), { at: to, strides: within }),
    copyBox(
      scope, bytes, kept,
      { at: plus(from, offset(first, strides)), strides },
      {
        at: plus(to, offset(first.map((i, k) => p.padding[k][0] + i * p.baseDilation[k]), within)),
        strides: within.map((stride, k) => stride * p.baseDilation[k])
      }
    )
  )
}

/** Sums and extremes over windows. */
export const pooling = {
  reduce_window_sum: reduceWindow('add', () => 0),
  reduce_window_max: reduceWindow('max', minValue),
  reduce_window_min: reduceWindow('min', maxValue)
} as const
