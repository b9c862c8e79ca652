import type { Aval } from '../../../core/aval.js'
import { equalShapes, sizeOf, type Shape } from '../../../core/shape.js'
import { i32, i32x4, leave, loop, select, sequence, v128, type Code, type Local, type Statement } from '../code.js'
import { gatherLanes, scatterLanes } from '../lanes.js'
import type { Scope } from '../module.js'
import { byteStrides, elementAt } from './element.js'
import { walk } from './walk.js'
import type { Writer } from './writer.js'

/** By how many bits the second word is turned in four rounds, and in the next four. */
const turns = [[13, 15, 26, 6], [17, 29, 16, 24]] as const

/** Twenty rounds on four pairs of counters (x, y), a word of the key added after every four. */
const rounds = (scope: Scope, key: readonly [Local<'v128'>, Local<'v128'>], x: Local<'v128'>, y: Local<'v128'>): Statement => {
  const third = scope.local('v128')
  const [a, b] = key
  const words = [a, b, third]
  const magic = v128.const(Int32Array.of(0x1bd11bda, 0x1bd11bda, 0x1bd11bda, 0x1bd11bda))
  const steps: Statement[] = [
    third.set(v128.xor(v128.xor(a.get, b.get), magic)),
    x.set(i32x4.add(x.get, a.get)),
    y.set(i32x4.add(y.get, b.get))
  ]
  for (let k = 1; k <= 5; k++) {
    for (const turn of turns[(k - 1) % 2]) {
      steps.push(
        x.set(i32x4.add(x.get, y.get)),
        y.set(v128.xor(v128.or(i32x4.shl(y.get, i32.const(turn)), i32x4.shrU(y.get, i32.const(32 - turn))), x.get))
      )
    }
    steps.push(
      x.set(i32x4.add(x.get, words[k % 3].get)),
      y.set(i32x4.add(i32x4.add(y.get, words[(k + 1) % 3].get), v128.const(Int32Array.of(k, k, k, k))))
    )
  }
  return sequence(...steps)
}

/** Strides of an operand along the axes of the result that it is broadcast to. */
const spread = ({ dtype, shape }: Aval, out: Shape): readonly number[] => {
  const strides = byteStrides(dtype, shape)
  return out.map((_, axis) => {
    const k = axis - (out.length - shape.length)
    return k < 0 || shape[k] === 1 ? 0 : strides[k]
  })
}

/** Four blocks at a time; the last four overlap the ones before where the blocks are no multiple of four. */
const threefry: Writer = {
  write({ scope, operands, avals, results, outs: [out] }) {
    // operands that have a number for each block, or one for all, are walked through along one axis
    const plain = avals.every(({ shape }) => sizeOf(shape) === 1 || equalShapes(shape, out.shape))
    const shape = plain ? [sizeOf(out.shape)] : out.shape
    const strides = avals.map((aval) => (plain ? [sizeOf(aval.shape) === 1 ? 0 : 4] : spread(aval, shape)))
    const own = byteStrides('uint32', shape)
    const last = shape.length - 1
    const extent = shape[last]
    const pointers = operands.map(() => scope.local('i32'))
    const targets = results.map(() => scope.local('i32'))
    const words = operands.map(() => scope.local('v128'))
    const count = Math.min(extent, 4)
    const [i, at, from] = [scope.local('i32'), scope.local('i32'), scope.local('i32')]
    const lanesOf = (k: number, offset: Code<'i32'>): Statement => {
      const operand = operands[k]
      if (typeof operand === 'number') return words[k].set(i32x4.splat(i32.const(operand)))
      const step = strides[k][last]
      if (step === 0) return words[k].set(i32x4.splat(elementAt('uint32', pointers[k].get) as Code<'i32'>)) // of an integer
      const address = i32.add(pointers[k].get, offset)
      if (count === 4) return words[k].set(v128.load(address))
      return sequence(from.set(address), words[k].set(gatherLanes('uint32', from.get, 4, count, step)))
    }
    const store = (k: number): Statement => {
      const address = i32.add(targets[k].get, at.get)
      const value = words[2 + k].get
      return count === 4 ? v128.store(address, value) : sequence(...scatterLanes('uint32', address, value, 4, count, 4))
    }
    const [a, b, x, y] = words
    const block = sequence(...words.map((_, k) => lanesOf(k, at.get)), rounds(scope, [a, b], x, y), store(0), store(1))
    const end = i32.const(4 * (extent - count))
    const row = sequence(
      i.set(i32.const(0)),
      loop(sequence(
        at.set(select(i32.ltU(i.get, end), i.get, end)),
        block,
        leave(0, i32.ltU(i.tee(i32.add(i.get, i32.const(16))), i32.const(4 * extent)))
      ))
    )
    const walkers = [
      ...pointers.map((pointer, k) => ({ at: pointer, strides: strides[k].slice(0, last) })),
      ...targets.map((target) => ({ at: target, strides: own.slice(0, last) }))
    ]
    return sequence(
      ...pointers.map((pointer, k) => pointer.set(typeof operands[k] === 'number' ? i32.const(0) : operands[k])),
      ...targets.map((target, k) => target.set(results[k])),
      walk(scope, shape.slice(0, last), walkers, row)
    )
  }
}

export const ciphers = { threefry2x32: threefry } as const
