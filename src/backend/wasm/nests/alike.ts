import { sameParams } from '../../../ir/numbering.js'
import { equalAffine } from '../../schedule/affine.js'
import type { Buffer, Nest, Phase, Reduction, Register, Store, Value } from '../../schedule/kernel.js'

/** What of one nest stands in the place of what of another. */
class Likeness {
  readonly buffers = new Map<Buffer, Buffer>()
  readonly #back = new Map<Buffer, Buffer>()
  readonly #registers = new Map<Register, Register>()
  readonly #values = new Map<Value, Value>()

  #sameBuffer(a: Buffer, b: Buffer): boolean {
    const [there, back] = [this.buffers.get(a), this.#back.get(b)]
    if (there !== undefined || back !== undefined) return there === b && back === a
    if (a.dtype !== b.dtype) return false
    this.buffers.set(a, b)
    this.#back.set(b, a)
    return true
  }

  #sameValue(a: Value, b: Value): boolean {
    if (this.#values.get(a) === b) return true
    const same = a.dtype === b.dtype && this.#sameKind(a, b)
    if (same) this.#values.set(a, b)
    return same
  }

  #sameKind(a: Value, b: Value): boolean {
    switch (a.kind) {
      case 'constant': return b.kind === 'constant' && Object.is(a.value, b.value)
      case 'load': return b.kind === 'load' && equalAffine(a.at, b.at) && this.#sameBuffer(a.buffer, b.buffer)
      case 'position': return b.kind === 'position' && equalAffine(a.at, b.at)
      case 'register': return b.kind === 'register' && this.#registers.get(a.register) === b.register
      case 'apply': return b.kind === 'apply' && a.operation === b.operation && sameParams(a.params, b.params) &&
        every(a.args, b.args, (x, y) => this.#sameValue(x, y))
    }
  }

  readonly #sameReduction = (a: Reduction, b: Reduction): boolean => {
    const same = a.combiner === b.combiner && a.register.dtype === b.register.dtype && this.#sameValue(a.value, b.value)
    this.#registers.set(a.register, b.register)
    return same
  }

  readonly #sameStore = (a: Store, b: Store): boolean =>
    equalAffine(a.at, b.at) && this.#sameBuffer(a.buffer, b.buffer) && this.#sameValue(a.value, b.value)

  readonly samePhase = (a: Phase, b: Phase): boolean => every(a.inner, b.inner, equal) &&
    every(a.reductions, b.reductions, this.#sameReduction) && every(a.stores, b.stores, this.#sameStore)
}

const equal = (a: number, b: number): boolean => a === b

const every = <A>(a: readonly A[], b: readonly A[], same: (x: A, y: A) => boolean): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!same(a[i], b[i])) return false
  return true
}

/** The buffers of a nest that stand in the place of those of another, if the nests differ in nothing else. */
export const alike = (a: Nest, b: Nest): ReadonlyMap<Buffer, Buffer> | null => {
  const likeness = new Likeness()
  return every(a.outer, b.outer, equal) && every(a.phases, b.phases, likeness.samePhase) ? likeness.buffers : null
}
