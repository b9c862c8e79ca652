import { strideOf } from '../../schedule/affine.js'
import type { Phase, Value } from '../../schedule/kernel.js'
import { expParts32, expParts64, type InParts } from '../functions/exponential.js'

/*
 * Loops of exponentials are a step ahead: while one vector's is finished, the next one's is begun. Their operations wait for each other
 * longer than processors look ahead.
 */

type Apply = Extract<Value, { readonly kind: 'apply' }>

/** An exponential. */
export interface Begins extends Apply {
  readonly operation: keyof typeof expParts32
  readonly dtype: 'float32' | 'float64'
}

/** What is computed a step ahead. */
export interface Ahead {
  /** The phase, its logistic functions by exponentials. */
  readonly phase: Phase
  /** Exponentials that are begun. */
  readonly begun: readonly Begins[]
  /** What they need, and others too. */
  readonly shared: readonly Value[]
}

/** How many at most: more would not find room in registers. */
const most = 2

/** Whether it is one. */
const isBegun = (value: Value): value is Begins =>
  value.kind === 'apply' && (value.operation === 'exp' || value.operation === 'exp_below')

/** Its parts. */
export const partsOf = ({ operation, dtype }: Begins): InParts => (dtype === 'float64' ? expParts64 : expParts32)[operation]

/** Which values change in a loop. */
const changing = (loop: number): ((value: Value) => boolean) => {
  const known = new Map<Value, boolean>()
  const look = (value: Value): boolean => {
    switch (value.kind) {
      case 'load':
      case 'position': return strideOf(value.at, loop) !== 0
      case 'apply': return value.args.some(changes)
      case 'constant':
      case 'register': return false
    }
  }
  const changes = (value: Value): boolean => {
    const found = known.get(value) ?? look(value)
    known.set(value, found)
    return found
  }
  return changes
}

/** What is reached from values; from those that `stop` no further. */
const reached = (from: readonly Value[], stop: (value: Value) => boolean): ReadonlySet<Value> => {
  const seen = new Set(from)
  for (const value of seen) if (value.kind === 'apply' && !stop(value)) for (const arg of value.args) seen.add(arg) // and goes on with it
  return seen
}

/** The phase with logistic functions by exponentials, to the same bits. */
const byExponentials = (phase: Phase): Phase => {
  const done = new Map<Value, Value>()
  const anew = (value: Apply): Value => {
    const args = value.args.map(rewrite)
    if (value.operation !== 'logistic') return args.every((arg, k) => arg === value.args[k]) ? value : { ...value, args }
    const part = (operation: string, ...of: readonly Value[]): Value => ({ ...value, operation, args: of })
    return part('logistic_of', args[0], part('exp_below', part('minus_size', args[0])))
  }
  const rewrite = (value: Value): Value => {
    if (value.kind !== 'apply') return value
    const known = done.get(value) ?? anew(value)
    done.set(value, known)
    return known
  }
  const { inner, reductions, stores } = phase
  return {
    inner,
    reductions: reductions.map((each) => ({ ...each, value: rewrite(each.value) })),
    stores: stores.map((each) => ({ ...each, value: rewrite(each.value) }))
  }
}

/** What the innermost loop of a phase may compute a step ahead; `null` where that is of no use. */
export const aheadOf = (plain: Phase, loop: number): Ahead | null => {
  const phase = byExponentials(plain)
  const { reductions, stores } = phase
  const changes = changing(loop)
  const begins = (value: Value): value is Begins => isBegun(value) && changes(value)
  const late = reached([...reductions, ...stores].map(({ value }) => value), begins)
  const begun = [...late].filter(begins)
  if (begun.length === 0 || begun.length > most) return null
  const early = reached(begun.flatMap(({ args }) => args), () => false)
  const written = new Set(stores.map(({ buffer }) => buffer))
  /** What is read again is there again, but where a store has been written over it. */
  const isKept = (value: Value): boolean => (value.kind === 'load' ? written.has(value.buffer) : value.kind === 'apply' && !begins(value))
  const shared = [...late].filter((value) => isKept(value) && early.has(value) && changes(value))
  return { phase, begun, shared }
}
