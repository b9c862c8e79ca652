import { showAval } from '../core/aval.js'
import { warn } from '../core/warn.js'
import type { Fn } from '../transform/boundary.js'
import type { Cache, Signature } from './cache.js'
import { nearest, type Difference } from './difference.js'

/** How many traces in a row, without a call that needs none, are too many: where a static value changes, and where anything else does. */
const patience = { static: 8, other: 32 } as const

const cures: Readonly<Partial<Record<Difference['kind'], string>>> = {
  static: 'pass what changes as an array or a number, or the same object each time',
  type: 'pad what changes to a few fixed shapes',
  structure: 'pass the same fields and lists of the same length each time'
}

/** How many functions of one source are too many. */
const copies = 8

/** The most sources that are remembered. */
const most = 1000

/** How many functions of a source were traced for arguments of one type; the latest sources come last. */
const sources = new Map<string, number>()

const countSource = (f: Fn, { treedef, arrays }: Signature): number => {
  const key = [f.name, String(f), treedef.key, ...arrays.map(({ aval }) => showAval(aval))].join('\n')
  const count = (sources.get(key) ?? 0) + 1
  sources.delete(key)
  sources.set(key, count)
  if (sources.size > most) sources.delete(sources.keys().next().value as string) // the oldest
  return count
}

/** Watches over the traces that calls of one jitted function cause, and warns once if there is no end to them. */
export class Retracing {
  readonly #who: string
  readonly #f: Fn
  readonly #cache: Cache
  readonly #positions: readonly number[]
  #row = 0
  #hits = 0
  #warned = false

  constructor(who: string, f: Fn, cache: Cache, positions: readonly number[]) {
    this.#who = who
    this.#f = f
    this.#cache = cache
    this.#positions = positions
  }

  /** Is told before the trace enters the cache. */
  traced(signature: Signature): void {
    const { slots, hits } = this.#cache
    this.#row = hits === this.#hits ? this.#row + 1 : 1
    this.#hits = hits
    if (slots.length === 0) this.#fresh(signature)
    else if (!this.#warned && this.#row >= patience.static) this.#again(signature)
  }

  #fresh(signature: Signature): void {
    if (countSource(this.#f, signature) !== copies) return
    warn(`${this.#who}: ${copies} functions with this source were jitted, and each was traced anew; ` +
      'call jit once, outside of the loop, and pass what changes as arguments')
  }

  #again(signature: Signature): void {
    const found = nearest(this.#cache.slots, signature, this.#positions) ?? []
    const [{ kind, text }] = found
    const cure = cures[kind]
    if (cure === undefined || (kind !== 'static' && this.#row < patience.other)) return
    this.#warned = true
    warn(`${this.#who}: traced ${this.#row} times in a row, each time into a program of its own (${text}); ${cure}`)
  }
}
