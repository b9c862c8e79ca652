import { after, f32x4, f64x2, v128, type Code } from './code.js'
import { double, single, type Format } from './functions/format.js'
import type { Scope } from './module.js'

type Vector = Code<'v128'>

const formatOf = (type: 'float32' | 'float64'): Format => (type === 'float32' ? single : double)

/** The next float after x in the direction of y: counted as an integer, the size of a float grows by one. */
export const nextAfter = (type: 'float32' | 'float64', a: Vector, b: Vector, scope: Scope): Vector => {
  const { add, eq, gt, all, bits } = formatOf(type)
  const [x, y] = [scope.local('v128'), scope.local('v128')]
  const minus = all(-0)
  // masks are −1 as integers
  const inwards = v128.xor(gt(y.get, x.get), gt(x.get, all(0)))
  const step = v128.or(inwards, bits.all(1n))
  const least = v128.or(v128.and(y.get, minus), bits.all(1n))
  const moved = v128.bitselect(least, bits.add(x.get, step), eq(x.get, all(0)))
  const sum = add(x.get, y.get)
  const number = eq(x.get, x.get)
  return after([x.set(a), y.set(b)], v128.bitselect(
    v128.bitselect(y.get, moved, eq(x.get, y.get)), sum, v128.and(number, eq(y.get, y.get))))
}

/** The nearest integer, halves away from zero. */
export const roundAway = (type: 'float32' | 'float64', a: Vector, scope: Scope): Vector => {
  const floats = type === 'float32' ? f32x4 : f64x2
  const { add, sub, ge, all, abs } = formatOf(type)
  const [x, below] = [scope.local('v128'), scope.local('v128')]
  const up = v128.and(ge(sub(abs(x.get), below.get), all(0.5)), all(1))
  return after(
    [x.set(a), below.set(floats.floor(floats.abs(x.get)))],
    v128.or(add(below.get, up), v128.and(x.get, all(-0)))
  )
}
