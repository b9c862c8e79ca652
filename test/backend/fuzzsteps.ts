import type { NdArray } from '../../src/core/array.js'
import { isFloat, type DType } from '../../src/core/dtype.js'
import { range, sizeOf, type Shape } from '../../src/core/shape.js'
import * as lax from '../../src/control/index.js'
import { pureCallback } from '../../src/control/effects/callback.js'
import { callback } from '../../src/control/effects/debug.js'
import { grad } from '../../src/transform/grad.js'
import { ShapeStruct } from '../../src/transform/inspect.js'
import { cholesky } from '../../src/linalg/cholesky.js'
import { triangularSolve } from '../../src/linalg/triangular.js'
import { cast, number, reshaped } from '../laws/bodies.js'
import { arrayOf } from '../support/arrays.js'
import { discreteOf, floatOf, literals, ranked, type Dice, type Operation, type Unary } from './fuzzdice.js'
import { elementwise } from './fuzzelementwise.js'

/*
 * What a step of a random program may do. Every operation makes sense for values of any type: where it is not defined for
 * them, they are converted, cut and padded first.
 */

/** Sizes of factors that make up a number of elements. */
const factored = (size: number, dice: Dice): Shape => {
  const shape = [size]
  for (let k = dice.below(3); k > 0; k--) {
    const last = shape[shape.length - 1]
    const divisors = last === 0 ? [1, 3, 0] : range(last, 1).filter((d) => last % d === 0)
    const d = dice.pick(divisors)
    shape.splice(-1, 1, d, last === 0 ? 0 : last / d)
  }
  return shape
}

const sliced = (x: NdArray, dice: Dice): NdArray => {
  const starts = x.shape.map((size) => dice.below(Math.min(3, size + 1)))
  const limits = x.shape.map((size, i) => size - dice.below(Math.min(3, size - starts[i] + 1)))
  return lax.slice(x, starts, limits, x.shape.map(() => 1 + Math.floor(dice.below(6) / 4)))
}

const padded = (x: NdArray, dice: Dice): NdArray => lax.pad(x, lax.full([], dice.below(x.dtype === 'bool' ? 2 : 3), x.dtype), x.shape.map((size) => {
  const interior = Math.floor(dice.below(6) / 4)
  const full = size + Math.max(size - 1, 0) * interior
  const low = dice.below(4) - 1
  const high = dice.below(4) - 1
  return [low, Math.max(high, -full - low), interior] as const
}))

const structural: Readonly<Record<string, Operation>> = {
  broadcast: ({ x, dice }) => {
    const axis = dice.below(x.ndim + 1)
    const size = dice.pick([2, 3, 1, 5, 0])
    return lax.broadcastInDim(x, [...x.shape.slice(0, axis), size, ...x.shape.slice(axis)], range(x.ndim).map((i) => (i < axis ? i : i + 1)))
  },
  stretch: ({ x, dice }) => lax.broadcastInDim(x, x.shape.map((size) => (size === 1 ? dice.pick([1, 3, 7]) : size)), range(x.ndim)),
  transpose: ({ x, dice }) => lax.transpose(x, dice.order(x.ndim)),
  reshape: ({ x, dice }) => lax.reshape(x, factored(sizeOf(x.shape), dice)),
  squeeze: ({ x }) => lax.squeeze(x, range(x.ndim).filter((i) => x.shape[i] === 1)),
  rev: ({ x, dice }) => lax.rev(x, dice.some(x.ndim)),
  slice: ({ x, dice }) => sliced(x, dice),
  pad: ({ x, dice }) => padded(x, dice),
  concatenate: ({ x, y, dice }) => {
    const a = ranked(x)
    return lax.concatenate([a, reshaped(cast(y, a.dtype), a.shape), ...(dice.flag() ? [a] : [])], dice.below(a.ndim))
  },
  split: ({ x, dice }) => {
    const a = ranked(x)
    const axis = dice.below(a.ndim)
    const first = dice.below(a.shape[axis] + 1)
    return lax.split(a, [first, a.shape[axis] - first], axis)
  },
  iota: ({ x, dice }) => {
    const a = ranked(x)
    return lax.iota(a.dtype === 'bool' ? 'int32' : a.dtype, a.shape, dice.below(a.ndim))
  },
  full: ({ x, dice }) => lax.full(x.shape, isFloat(x.dtype) ? dice.pick(literals) : dice.below(x.dtype === 'bool' ? 2 : 5), x.dtype),
  barrier: ({ x, y }) => lax.optimizationBarrier([x, y]),
  stop: ({ x }) => lax.stopGradient(x)
}

const someAxes = (x: NdArray, dice: Dice): readonly number[] => {
  const axes = dice.some(x.ndim)
  return axes.length === 0 ? [x.ndim - 1] : axes
}

const reduced = (domain: Unary, f: lax.Reduce): Operation => ({ x, dice }) => {
  const a = ranked(domain(x))
  return f(a, someAxes(a, dice))
}

/** Without an axis of size 0, of which there is no greatest element. */
const inhabited = (x: NdArray): NdArray => {
  const a = ranked(x)
  return a.shape.includes(0) ? reshaped(a, a.shape.map((size) => Math.max(size, 1))) : a
}

const arg = (f: typeof lax.argmax): Operation => ({ x, dice }) => {
  const a = inhabited(number(x))
  return f(a, dice.below(a.ndim), dice.pick<DType>(['int32', 'uint32']))
}

const running = (f: lax.CumulativeFunction, domain: Unary = number): Operation => ({ x, dice }) => {
  const a = ranked(domain(x))
  return f(a, dice.below(a.ndim), dice.flag())
}

const windowed = (reduction: 'sum' | 'max' | 'min'): Operation => ({ x, dice }) => {
  const a = ranked(number(x))
  const each = (list: readonly number[]): readonly number[] => a.shape.map(() => dice.pick(list))
  return lax.reduceWindow(a, reduction, {
    windowDimensions: each([2, 1, 3]),
    windowStrides: each([1, 2]),
    windowDilation: each([1, 1, 2]),
    padding: a.shape.map(() => [3 + dice.below(2), 2 + dice.below(2)] as const)
  })
}

/** The gradient of the sum of squares of what a reduction over windows gives. */
const pulled = (reduction: 'sum' | 'max' | 'min'): Operation => (materials) =>
  grad((x: NdArray) => {
    const out = windowed(reduction)({ ...materials, x }) as NdArray // it gives one
    return lax.reduceSum(lax.mul(out, out), range(out.ndim))
  })(floatOf(materials.x))

const reductions: Readonly<Record<string, Operation>> = {
  sum: reduced(number, lax.reduceSum),
  mean: ({ x, dice }) => {
    const a = ranked(floatOf(x))
    return lax.mul(lax.reduceSum(a, someAxes(a, dice)), 0.125)
  },
  greatest: reduced(number, lax.reduceMax),
  least: reduced(number, lax.reduceMin),
  product: reduced(number, lax.reduceProd),
  every: reduced(discreteOf, lax.reduceAnd),
  any: reduced(discreteOf, lax.reduceOr),
  parity: reduced(discreteOf, lax.reduceXor),
  argmax: arg(lax.argmax),
  argmin: arg(lax.argmin),
  cumsum: running(lax.cumsum),
  cumprod: running(lax.cumprod),
  cummax: running(lax.cummax),
  cummin: running(lax.cummin),
  cumlogsumexp: running(lax.cumlogsumexp, floatOf),
  windowSum: windowed('sum'),
  windowMax: windowed('max'),
  windowMin: windowed('min'),
  windowSumGradient: pulled('sum'),
  windowMaxGradient: pulled('max'),
  windowMinGradient: pulled('min'),
  softmax: ({ x }) => {
    const a = inhabited(floatOf(x))
    const [axis, kept] = [a.ndim - 1, range(a.ndim - 1)]
    const shifted = lax.exp(lax.sub(a, lax.broadcastInDim(lax.reduceMax(a, [axis]), a.shape, kept)))
    return lax.div(shifted, lax.broadcastInDim(lax.reduceSum(shifted, [axis]), a.shape, kept))
  },
  centred: ({ x, dice }) => {
    const a = inhabited(floatOf(x))
    const axes = someAxes(a, dice)
    const kept = range(a.ndim).filter((i) => !axes.includes(i))
    return lax.sub(a, lax.broadcastInDim(lax.mul(lax.reduceSum(a, axes), 0.25), a.shape, kept))
  }
}

const products: Readonly<Record<string, Operation>> = {
  matmul: ({ x, y, dice }) => {
    const a = ranked(number(x))
    const b = reshaped(cast(y, a.dtype), [a.shape[a.ndim - 1], dice.pick([3, 1, 5, 4, 0, 9, 17])])
    return lax.dotGeneral(a, b, { contract: [[a.ndim - 1], [0]] })
  },
  outer: ({ x, y }) => {
    const a = number(x)
    return lax.dotGeneral(a, reshaped(cast(y, a.dtype), [3]))
  },
  batched: ({ x, y, dice }) => {
    const a = ranked(number(x))
    const rhs = [...dice.order(a.ndim)]
    const b = lax.transpose(reshaped(cast(y, a.dtype), a.shape), rhs)
    const roles = range(a.ndim).map(() => dice.below(3)) // free, contracted, batched
    const role = (k: number): readonly number[] => range(a.ndim).filter((i) => roles[i] === k)
    const places = (axes: readonly number[]): readonly number[] => axes.map((i) => rhs.indexOf(i))
    return lax.dotGeneral(a, b, { contract: [role(1), places(role(1))], batch: [role(2), places(role(2))] })
  },
  square: ({ x }) => {
    const a = ranked(number(x))
    return lax.dotGeneral(a, a, { contract: [[a.ndim - 1], [a.ndim - 1]] })
  },
  conv: ({ x, y, dice }) => {
    const a = reshaped(floatOf(x), [2, 2, dice.pick([5, 3, 8])])
    const b = reshaped(cast(y, a.dtype), [3, 2, dice.pick([3, 1, 2])])
    return lax.convGeneralDilated(a, b, {
      windowStrides: [dice.pick([1, 2])], padding: [[dice.below(3), dice.below(3)]], rhsDilation: [dice.pick([1, 2])]
    })
  },
  convGroups: ({ x, y, dice }) => {
    const a = reshaped(floatOf(x), [2, 4, dice.pick([5, 3, 0, 6]), 4])
    const b = reshaped(cast(y, a.dtype), [4, 2, dice.pick([2, 1, 3]), 2])
    return lax.convGeneralDilated(a, b, {
      windowStrides: [dice.pick([1, 2]), 1], padding: [[2, dice.below(3)], [dice.below(2), 1]], lhsDilation: [1, dice.pick([1, 2])], featureGroupCount: 2
    })
  },
  weighted: ({ x, y }) => {
    const a = ranked(floatOf(x))
    const weights = lax.broadcastInDim(reshaped(cast(y, a.dtype), [a.shape[0]]), a.shape, [0])
    return lax.reduceSum(lax.mul(weights, a), [0])
  }
}

const window = (x: NdArray, dice: Dice): Shape => x.shape.map((size) => Math.max(0, size - dice.below(3)))

const startsOf = (x: NdArray, index: () => NdArray): readonly NdArray[] => {
  const first = index()
  return x.shape.map((_, i) => lax.sub(first, i))
}

/** Positions along the first axis, some of them outside. */
const positions = (y: NdArray, index: () => NdArray, dice: Dice): NdArray => {
  const base = reshaped(cast(y, 'int32'), [dice.pick([3, 1, 4, 0]), 1])
  return lax.add(lax.add(base, lax.iota('int32', base.shape, 0)), lax.broadcastInDim(lax.rem(index(), 3), base.shape, []))
}

const scattered = (f: typeof lax.scatterAdd, numbers: boolean): Operation => ({ x, y, index, dice }) => {
  const a = ranked(numbers ? number(x) : x)
  const places = positions(y, index, dice)
  const updates = reshaped(cast(y, a.dtype), [places.shape[0], ...a.shape.slice(1)])
  return f(a, places, updates, {
    updateWindowDims: range(a.ndim - 1, 1), insertedWindowDims: [0], scatterDimsToOperandDims: [0], mode: dice.pick(['clip', 'fill'])
  })
}

const indexing: Readonly<Record<string, Operation>> = {
  take: ({ x, index }) => lax.dynamicIndexInDim(inhabited(x), index(), 0, false),
  gather: ({ x, y, index, dice }) => {
    const a = inhabited(x)
    return lax.gather(a, positions(y, index, dice), {
      offsetDims: range(a.ndim - 1, 1), collapsedSliceDims: [0], startIndexMap: [0],
      sliceSizes: [1, ...a.shape.slice(1)], mode: dice.pick(['clip', 'fill'])
    })
  },
  dynamicSlice: ({ x, index, dice }) => lax.dynamicSlice(x, startsOf(x, index), window(x, dice)),
  dynamicUpdate: ({ x, y, index, dice }) =>
    lax.dynamicUpdateSlice(x, reshaped(cast(y, x.dtype), window(x, dice)), startsOf(x, index)),
  put: (materials) => {
    const a = inhabited(materials.x)
    return lax.dynamicUpdateIndexInDim(a, reshaped(cast(materials.y, a.dtype), a.shape.slice(1)), materials.index(), 0)
  },
  scatter: scattered(lax.scatter, false),
  scatterAdd: scattered(lax.scatterAdd, true),
  scatterMul: scattered(lax.scatterMul, true),
  scatterMin: scattered(lax.scatterMin, true),
  scatterMax: scattered(lax.scatterMax, true),
  sort: ({ x, dice }) => {
    const a = ranked(x)
    return lax.sort(a, dice.below(a.ndim))
  },
  sortMany: ({ x, y, dice }) => {
    const a = ranked(x)
    return lax.sortMany([a, reshaped(y, a.shape)], { dimension: dice.below(a.ndim), numKeys: 1 + dice.below(2) })
  },
  topK: ({ x, dice }) => {
    const a = ranked(number(x))
    return lax.topK(a, dice.below(a.shape[a.ndim - 1] + 1))
  },
  threefry: ({ x, y }) => {
    const counts = reshaped(cast(number(x), 'uint32'), x.shape)
    const key = (k: number): NdArray => lax.full(x.shape, k, 'uint32')
    return lax.threefry2x32(key(7), reshaped(cast(number(y), 'uint32'), x.shape), counts, key(1))
  }
}

/** The calls that programs have made for their effects: what they were called with, as far as rounding does not matter. */
export const told: string[] = []

/** Three numbers on a diagonal: added to a matrix of small elements, they keep it far from singular ones, where chance decides. */
const diagonal = (value: number, dtype: DType): NdArray =>
  lax.mul(cast(lax.eq(lax.iota('int32', [3, 3], 0), lax.iota('int32', [3, 3], 1)), dtype), value)

const host: Readonly<Record<string, Operation>> = {
  tell: ({ x, y, dice }) => {
    const label = String(dice.below(100))
    callback((a: NdArray, b: NdArray) => told.push([label, a.shape.join(), isFloat(b.dtype) ? b.shape.join() : b.toTypedArray().join()].join(' ')), x, y)
    return x
  },
  call: ({ x }) => pureCallback((a: NdArray) => arrayOf(a.dtype, [a.size], a.toTypedArray().toReversed()), new ShapeStruct([x.size], x.dtype))(x),
  answer: ({ x, y }) => {
    const both = pureCallback((a: NdArray, b: NdArray) => [a, b.size] as const, [new ShapeStruct(x.shape, x.dtype), new ShapeStruct([])] as const)
    return [...both(x, y)]
  },
  cholesky: ({ x, dice }) => {
    const a = lax.clamp(-1, reshaped(floatOf(x), [dice.pick([2, 1, 3]), 3, 3]), 1)
    const product = lax.dotGeneral(a, a, { contract: [[2], [2]], batch: [[0], [0]] })
    return cholesky(lax.add(product, lax.broadcastInDim(diagonal(0.5, a.dtype), product.shape, [1, 2])))
  },
  triangular: ({ x, y, dice }) => {
    const a = lax.clamp(-1, reshaped(floatOf(x), [3, 3]), 1)
    const steep = lax.add(a, diagonal(4, a.dtype))
    return triangularSolve(steep, reshaped(cast(y, a.dtype), [3, dice.pick([2, 1, 0])]), { leftSide: true, lower: dice.flag(), transposeA: dice.flag() })
  }
}

/** All operations, the simplest first. */
export const operations: Readonly<Record<string, Operation>> = { ...elementwise, ...structural, ...reductions, ...products, ...indexing, ...host }

export const families: readonly (readonly string[])[] = [elementwise, structural, reductions, products, indexing, host].map(Object.keys)

/** A value of not more elements than `most`: what has too many axes or elements loses some. */
export const bounded = (x: NdArray, most: number): NdArray => {
  let y = x.ndim > 4 ? reshaped(x, x.shape.slice(x.ndim - 4)) : x
  if (sizeOf(y.shape) > most) y = lax.slice(y, y.shape.map(() => 0), y.shape.map((size) => Math.min(size, 4)))
  return y
}
