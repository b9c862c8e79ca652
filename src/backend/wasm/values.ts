import type { Value } from '../schedule/kernel.js'
import { constantLanes, type Lanes } from './lanes.js'
import { f32x4, f64x2, sequence, type Code, type Local, type Statement } from './code.js'
import type { Scope } from './module.js'
import { emitLanes } from './operations.js'

/** Values that something else gives. */
export type Leaf = Exclude<Value, { readonly kind: 'apply' | 'constant' }>

/** Values that are not computed from others. */
export interface Given {
  /** Those that are in locals. */
  readonly held?: readonly ReadonlyMap<Value, Local<'v128'>>[]
  /** Those that come in another way. */
  readonly ended?: ReadonlyMap<Value, () => Code<'v128'>>
}

/** Code that computes values: what is needed more than once goes into a local. */
export class Computation {
  readonly #statements: Statement[] = []
  readonly #scope: Scope
  readonly #lanes: Lanes
  readonly #leaf: (leaf: Leaf) => Code<'v128'>
  readonly #held: readonly ReadonlyMap<Value, Local<'v128'>>[]
  readonly #ended: ReadonlyMap<Value, () => Code<'v128'>>
  readonly #uses = new Map<Value, number>()
  readonly #locals = new Map<Value, Local<'v128'>>()

  /** For all that leads to the values of `roots`. */
  constructor(
    scope: Scope, lanes: Lanes, roots: readonly Value[], leaf: (leaf: Leaf) => Code<'v128'>, { held = [], ended = new Map() }: Given = {}
  ) {
    this.#scope = scope
    this.#lanes = lanes
    this.#leaf = leaf
    this.#held = [...held, this.#locals]
    this.#ended = ended
    roots.forEach((value) => this.#count(value))
  }

  #count(value: Value): void {
    const before = this.#uses.get(value) ?? 0
    this.#uses.set(value, before + 1)
    if (before === 0 && value.kind === 'apply' && !this.#isGiven(value)) value.args.forEach((arg) => this.#count(arg))
  }

  #isGiven(value: Value): boolean {
    return this.#ended.has(value) || this.#held.some((locals) => locals.has(value))
  }

  /** Whether a value is computed, and needed just once. */
  #isRare(value: Value): boolean {
    return (this.#uses.get(value) ?? 0) < 2 && !this.#isGiven(value)
  }

  /** The value's code, after the statements so far. */
  readonly emit = (value: Value): Code<'v128'> => {
    for (const locals of this.#held) {
      const local = locals.get(value)
      if (local !== undefined) return local.get
    }
    const made = this.#ended.get(value)?.() ?? this.#made(value)
    if ((this.#uses.get(value) ?? 0) < 2 || value.kind === 'constant' || value.kind === 'register') return made
    const local = this.#scope.local('v128')
    this.#statements.push(local.set(made))
    this.#locals.set(value, local)
    return local.get
  }

  /** More statements. */
  add(...statements: readonly Statement[]): void {
    this.#statements.push(...statements)
  }

  /** All of them. */
  written(): Statement {
    return sequence(...this.#statements)
  }

  #made(value: Value): Code<'v128'> {
    switch (value.kind) {
      case 'constant': return constantLanes(value.dtype, value.value)
      case 'apply': {
        const { operation, params, dtype: out, args } = value
        const applied = { operation, params, type: args[args.length - 1].dtype, out }
        return this.#fused(value) ?? emitLanes(applied, args.map(this.emit), this.#lanes, this.#scope)
      }
      default: return this.#leaf(value)
    }
  }

  /** A sum with a product that nobody else needs, or a difference less one, where that may be one instruction. */
  #fused({ dtype, operation, args: [a, b] }: Extract<Value, { readonly kind: 'apply' }>): Code<'v128'> | undefined {
    if (!this.#scope.fma || (dtype !== 'float32' && dtype !== 'float64')) return undefined
    const { relaxedMadd, relaxedNmadd } = dtype === 'float64' ? f64x2 : f32x4
    const factors = (term: Value): readonly Value[] | undefined =>
      (term.kind === 'apply' && term.operation === 'mul' && this.#isRare(term) ? term.args : undefined)
    const sum = operation === 'add' || operation === 'add_any'
    if (!sum && operation !== 'sub') return undefined
    const [left, right] = [sum ? factors(a) : undefined, factors(b)]
    if (left !== undefined) return relaxedMadd(this.emit(left[0]), this.emit(left[1]), this.emit(b))
    return right && (sum ? relaxedMadd : relaxedNmadd)(this.emit(right[0]), this.emit(right[1]), this.emit(a))
  }
}
