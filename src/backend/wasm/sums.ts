import { maxValue, minValue, type DType } from '../../core/dtype.js'
import type { Combiner, Reduction, Register } from '../schedule/kernel.js'
import { after, f32x4, f64x2, sequence, v128, type Code, type Local, type Statement } from './code.js'
import { constantLanes, turned, type Lanes } from './lanes.js'
import type { Scope } from './module.js'
import { emitLanes } from './operations.js'

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

  constructor(scope: Scope, { register, combiner }: Reduction, lanes: Lanes, ways = 1) {
    this.register = register
    this.#combiner = combiner
    this.#lanes = lanes
    this.#scope = scope
    this.#ways = Array.from({ length: ways }, () => scope.local('v128'))
    const wide = combiner === 'add' && register.dtype === 'float32'
    this.#wide = wide ? Array.from({ length: lanes / 2 }, () => scope.local('v128')) : []
  }

  get #neutral(): Code<'v128'> {
    return constantLanes(this.register.dtype, neutral(this.#combiner, this.register.dtype))
  }

  /** Nothing yet. */
  start(): Statement {
    const nothing = constantLanes('float64', 0)
    return sequence(...this.#ways.map((local) => local.set(this.#neutral)), ...this.#wide.map((local) => local.set(nothing)))
  }

  /** The first `count` lanes more. */
  take(value: Code<'v128'>, count: number, way: number): Statement {
    const current = this.#ways[way]
    const whole = count === this.#lanes ? value : v128.bitselect(value, this.#neutral, this.#mask(count))
    return current.set(this.#combine(current.get, whole))
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
    return sequence(...others.flatMap((other) => [first.set(this.#combine(first.get, other.get)), other.set(this.#neutral)]))
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
