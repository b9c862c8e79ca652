import { equalAffine } from '../../schedule/affine.js'
import type { Phase, Reduction, Register, Value } from '../../schedule/kernel.js'
import { sameParams } from '../../../ir/numbering.js'

/*
 * What phases may leave out where the greatest elements of their rows are finite, as good as always: no element is infinite then or
 * NaN, and what lies below the greatest is not positive.
 */

type Apply = Extract<Value, { readonly kind: 'apply' }>

/** A phase as it may be where registers are finite. */
export interface WhereFinite {
  readonly registers: readonly Register[]
  readonly phase: Phase
}

/** Whether values of two phases over the same loops are the same. */
const sameValue = (one: Value, other: Value): boolean => {
  const known = new Map<Value, Value>()
  const same = (a: Value, b: Value): boolean => {
    if (a === b || known.get(a) === b) return true
    const alike = a.kind === b.kind && a.dtype === b.dtype && sameKind(a, b)
    if (alike) known.set(a, b)
    return alike
  }
  const sameKind = (a: Value, b: Value): boolean => {
    switch (a.kind) {
      case 'constant': return b.kind === 'constant' && Object.is(a.value, b.value)
      case 'load': return b.kind === 'load' && a.buffer === b.buffer && equalAffine(a.at, b.at)
      case 'position': return b.kind === 'position' && equalAffine(a.at, b.at)
      case 'register': return b.kind === 'register' && a.register === b.register
      case 'apply': return b.kind === 'apply' && a.operation === b.operation && a.args.length === b.args.length &&
        sameParams(a.params, b.params) && a.args.every((arg, k) => same(arg, b.args[k]))
    }
  }
  return same(one, other)
}

const boolean = (value: boolean): Value => ({ kind: 'constant', dtype: 'bool', value: value ? 1 : 0 })

/** Values of one phase where some registers, which hold greatest elements, are finite. */
class Finite {
  /** The registers that this has been made use of. */
  readonly used = new Set<Register>()
  readonly #greatest: readonly Reduction[]
  readonly #done = new Map<Value, Value>()

  constructor(greatest: readonly Reduction[]) {
    this.#greatest = greatest
  }

  readonly value = (value: Value): Value => {
    if (value.kind !== 'apply') return value
    const known = this.#done.get(value) ?? this.#apply(value)
    this.#done.set(value, known)
    return known
  }

  #apply(value: Apply): Value {
    const args = value.args.map(this.value)
    const [a, b, c] = args
    switch (value.operation) {
      case 'eq': if (b.kind === 'constant' && b.value === Infinity && this.#isBelow(a)) return boolean(false)
        break
      case 'is_finite': if (a.kind === 'register' && this.#isGreatest(a)) return boolean(true)
        break
      case 'select_n': if (a.kind === 'constant') return a.value === 0 ? b : c
        break
      case 'exp': if (this.#isNotPositive(a)) return { ...value, operation: 'exp_below', args }
    }
    return args.every((arg, k) => arg === value.args[k]) ? value : { ...value, args }
  }

  #use(found: Reduction | undefined): boolean {
    if (found !== undefined) this.used.add(found.register)
    return found !== undefined
  }

  /** Whether the value is what a register has the greatest of. */
  #isBelow(value: Value): boolean {
    return this.#use(this.#greatest.find((each) => sameValue(each.value, value)))
  }

  #isGreatest({ register }: Extract<Value, { readonly kind: 'register' }>): boolean {
    return this.#use(this.#greatest.find((each) => each.register === register))
  }

  /** Whether it is the difference of an element and the greatest one. */
  #isNotPositive(value: Value): boolean {
    if (value.kind !== 'apply' || value.operation !== 'sub') return false
    const [element, most] = value.args
    return this.#use(this.#greatest.find(({ register, value: each }) =>
      most.kind === 'register' && most.register === register && sameValue(each, element)))
  }
}

const isFloat = ({ dtype }: Value): boolean => dtype === 'float32' || dtype === 'float64'

/** The phase as it may be where what earlier ones over the same loops have found the greatest of is finite; `null` if it stays as it is. */
export const whereFinite = (phase: Phase, earlier: readonly Phase[]): WhereFinite | null => {
  const { inner, reductions, stores } = phase
  const greatest = earlier
    .filter((each) => each.inner.length === inner.length && each.inner.every((extent, k) => extent === inner[k]))
    .flatMap((each) => each.reductions.filter(({ combiner, value }) => combiner === 'max' && isFloat(value)))
  if (greatest.length === 0) return null
  const finite = new Finite(greatest)
  const simpler: Phase = {
    inner,
    reductions: reductions.map((each) => ({ ...each, value: finite.value(each.value) })),
    stores: stores.map((each) => ({ ...each, value: finite.value(each.value) }))
  }
  return finite.used.size === 0 ? null : { registers: [...finite.used], phase: simpler }
}
