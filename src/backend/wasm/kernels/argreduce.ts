import { byteSize, isFloat } from '../../../core/dtype.js'
import { sizeOf } from '../../../core/shape.js'
import type { ArgParams } from '../../../lax/reduction/argreduce.js'
import { f32x4, f64x2, i32x4, sequence, v128, type Code } from '../code.js'
import { narrowMask } from '../lanes.js'
import { emitLanes } from '../operations.js'
import { advance, eachLines, lined, wholeLanes } from './lines.js'
import { repeat } from './walk.js'
import type { Writer } from './writer.js'

/** The position of the extreme element of each line: the first of equals, the first NaN if there is one. */
const argReduction = (better: 'gt' | 'lt'): Writer => ({
  write({ scope, params, operands: [x], avals: [{ shape, dtype }], results: [to], outs: [out] }) {
    const { axes: [axis] } = params as ArgParams // of argmax and argmin
    const lanes = dtype === 'float64' ? 2 : 4
    const floats = lanes === 2 ? f64x2 : f32x4
    const [best, next, mask, where, position] = Array.from({ length: 5 }, () => scope.local('v128'))
    const at = scope.local('i32')
    // of floats NaN is the best, and nothing is better
    const wins: Code<'v128'> = isFloat(dtype)
      ? v128.andnot(floats.eq(best.get, best.get), better === 'gt' ? floats.le(next.get, best.get) : floats.ge(next.get, best.get))
      : emitLanes({ operation: better, params: {}, type: dtype, out: 'bool' }, [next.get, best.get], lanes, scope)
    const from = x as Code<'i32'> // it has an axis, so it is no literal
    const arrays = [lined(from, dtype, shape, axis, true), lined(to, out.dtype, shape, axis, false)]
    return eachLines(scope, shape, axis, lanes, arrays, ({ starts: [first, result], load, store }) => {
      const step = sequence(
        advance(at, byteSize(dtype) * sizeOf(shape.slice(axis + 1))),
        position.set(i32x4.add(position.get, wholeLanes(1))),
        next.set(load(0, at)),
        mask.set(wins),
        best.set(v128.bitselect(next.get, best.get, mask.get)),
        where.set(v128.bitselect(position.get, where.get, lanes === 2 ? narrowMask(mask.get) : mask.get))
      )
      return sequence(
        at.set(first.get),
        best.set(load(0, at)),
        where.set(wholeLanes(0)),
        position.set(wholeLanes(0)),
        ...(shape[axis] === 1 ? [] : [repeat(scope, shape[axis] - 1, step)]),
        store(1, result, where.get)
      )
    })
  }
})

export const argreductions = { argmax: argReduction('gt'), argmin: argReduction('lt') } as const
