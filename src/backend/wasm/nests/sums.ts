import { isFloat, maxValue, minValue, type DType } from '../../../core/dtype.js'
import type { Combiner, Reduction, Register } from '../../schedule/kernel.js'
import { after, f32x4, f64x2, sequence, v128, type Code, type Local, type Statement } from '../code.js'
import { constantLanes, turned, type Lanes } from '../lanes.js'
import type { Scope } from '../module.js'
import { emitLanes } from '../operations.js'

const neutral = (combiner: Combiner, dtype: DType): number => {
  switch (combiner) {
    case 'add': case 'or': case 'xor': return 0
    case 'mul': return 1
    case 'and': return dtype === 'bool' ? 1 : -1
    case 'max': return minValue(dtype)
    case 'min': return maxValue(dtype)
  }
}

const highHalf = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]
const lowHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
const firstWord = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]

/** Lanes that had a NaN, the sign that a zero has, and the latest operand. */
interface Rough {
  readonly bad: Local<'v128'>
  readonly signs: Local<'v128'>
  readonly x: Local<'v128'>
}

/**
 * A reduction on its way. Sums of float32 are taken in float32 over a piece of the loop and go on in float64, so that long
 * ones stay exact to their last digits.
 */
export class Sum {
  readonly register: Register
  readonly #combiner: Combiner
  readonly #lanes: Lanes
  readonly #scope: Scope
  /** What has been taken, in several ways, so that none of them waits for another. */
  readonly #ways: readonly Local<'v128'>[]
  /** Where sums of pieces go on: the lower and the upper two lanes. */
  readonly #wide: readonly Local<'v128'>[]
  /** For extremes of floats in several ways. */
  readonly #rough: Rough | null

  constructor(scope: Scope, { register, combiner }: Reduction, lanes: Lanes, ways = 1) {
    this.register = register
    this.#combiner = combiner
    this.#lanes = lanes
    this.#scope = scope
    this.#ways = Array.from({ length: ways }, () => scope.local('v128'))
    const wide = combiner === 'add' && register.dtype === 'float32'
    this.#wide = wide ? Array.from({ length: lanes / 2 }, () => scope.local('v128')) : []
    const rough = ways > 1 && isFloat(register.dtype) && (combiner === 'max' || combiner === 'min')
    this.#rough = rough ? { bad: scope.local('v128'), signs: scope.local('v128'), x: scope.local('v128') } : null
  }

  get #neutral(): Code<'v128'> {
    return constantLanes(this.register.dtype, neutral(this.#combiner, this.register.dtype))
  }

  /** Nothing yet. */
  start(): Statement {
    const nothing = constantLanes('float64', 0)
    const rough = this.#rough === null ? [] : [
      this.#rough.bad.set(nothing), this.#rough.signs.set(this.#combiner === 'max' ? v128.not(nothing) : nothing)
    ]
    return sequence(...this.#ways.map((local) => local.set(this.#neutral)), ...this.#wide.map((local) => local.set(nothing)), ...rough)
  }

  /** The first `count` lanes more; all of them where there are several ways. */
  take(value: Code<'v128'>, count: number, way?: number): Statement {
    if (way !== undefined && this.#rough !== null) return this.#roughly(this.#rough, value, this.#ways[way])
    const current = this.#ways[way ?? 0]
    const whole = count === this.#lanes ? value : v128.bitselect(value, this.#neutral, this.#mask(count))
    return current.set(this.#combine(current.get, whole))
  }

  /**
   * An extreme by comparison alone, which is one instruction where the exact one is many: it passes over NaN and does not tell zeros apart.
   * Both are made good in the end. A greatest zero is negative if all operands are, a least one if any is.
   */
  #roughly({ bad, signs, x }: Rough, value: Code<'v128'>, current: Local<'v128'>): Statement {
    const [{ ne, pmax, pmin }, isMost] = [this.#floats, this.#combiner === 'max']
    return sequence(
      x.set(value), current.set((isMost ? pmax : pmin)(current.get, x.get)),
      bad.set(v128.or(bad.get, ne(x.get, x.get))), signs.set((isMost ? v128.and : v128.or)(signs.get, x.get))
    )
  }

  get #floats(): typeof f32x4 | typeof f64x2 {
    return this.register.dtype === 'float64' ? f64x2 : f32x4
  }

  /** In how many ways it goes on. */
  get ways(): number {
    return this.#ways.length
  }

  get #current(): Local<'v128'> {
    return this.#ways[0]
  }

  /** All ways in the first. */
  join(): Statement {
    const [first, ...others] = this.#ways
    if (this.#rough === null) {
      return sequence(...others.flatMap((other) => [first.set(this.#combine(first.get, other.get)), other.set(this.#neutral)]))
    }
    const [{ pmax, pmin, eq }, { bad, signs }] = [this.#floats, this.#rough]
    const more = this.#combiner === 'max' ? pmax : pmin
    const zero = v128.and(signs.get, constantLanes(this.register.dtype, -0))
    return sequence(
      ...others.flatMap((other) => [first.set(more(first.get, other.get)), other.set(this.#neutral)]),
      first.set(v128.or(bad.get, v128.bitselect(zero, first.get, eq(first.get, constantLanes('float64', 0)))))
    )
  }

  /** The sum of a piece goes on in float64. */
  flush(): Statement {
    if (this.#wide.length === 0) return sequence()
    const half = (k: number): Code<'v128'> =>
      f64x2.promoteLow(k === 0 ? this.#current.get : v128.shuffle(this.#current.get, this.#current.get, highHalf))
    return sequence(
      ...this.#wide.map((local, k) => local.set(f64x2.add(local.get, half(k)))),
      this.#current.set(constantLanes('float32', 0))
    )
  }

  /** All lanes combined, in every lane; each lane by itself where they belong to different elements. */
  total(together: boolean): Code<'v128'> {
    if (this.#wide.length > 0) return together ? this.#together() : this.#apart()
    if (!together) return this.#current.get
    const { dtype } = this.register
    const steps: Statement[] = []
    for (let by = this.#lanes / 2; by >= 1; by /= 2) {
      const [a, lanes] = [this.#current.get, turned(dtype, this.#lanes, by)]
      steps.push(this.#current.set(this.#combine(a, v128.shuffle(a, a, lanes))))
    }
    return after(steps, this.#current.get)
  }

  #together(): Code<'v128'> {
    const all = this.#scope.local('v128')
    const [low, high] = this.#wide
    const both = high === undefined ? low.get : f64x2.add(low.get, high.get)
    const sum = f64x2.add(all.get, v128.shuffle(all.get, all.get, highHalf))
    return after([all.set(both), all.set(f32x4.demoteZero(sum))], v128.shuffle(all.get, all.get, firstWord))
  }

  #apart(): Code<'v128'> {
    const [low, high] = this.#wide
    if (high === undefined) return f32x4.demoteZero(low.get)
    return v128.shuffle(f32x4.demoteZero(low.get), f32x4.demoteZero(high.get), lowHalves)
  }

  #combine(a: Code<'v128'>, b: Code<'v128'>): Code<'v128'> {
    const { dtype } = this.register
    return emitLanes({ operation: this.#combiner, params: {}, type: dtype, out: dtype }, [a, b], this.#lanes, this.#scope)
  }

  /** Ones in the first lanes. */
  #mask(count: number): Code<'v128'> {
    const { dtype } = this.register
    const bytes = this.#lanes === 4 ? 4 : dtype === 'float64' || dtype === 'bool' ? 8 : 4
    return v128.const(Uint8Array.from({ length: 16 }, (_, i) => (i < count * bytes ? 255 : 0)))
  }
}
