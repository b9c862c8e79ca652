import type { Eqn } from '../../core/primitive.js'
import type { Affine, Combiner, Value } from './kernel.js'

/** Every element of the result from the elements of the operands at the same place. */
export interface MapLowering {
  readonly kind: 'map'
  /** What one element costs to compute again, where an addition is 1. */
  readonly cost: number
  value(eqn: Eqn, args: readonly Value[]): Value
}

/** Elements of the one operand in another place; `null` where the place is no affine function of the counters. */
export interface ViewLowering {
  readonly kind: 'view'
  index(eqn: Eqn, coordinates: readonly Affine[]): readonly Affine[] | null
}

/** Elements that depend on their place alone. */
export interface SourceLowering {
  readonly kind: 'source'
  value(eqn: Eqn, coordinates: readonly Affine[]): Value
}

/** Elements of the one operand combined along axes. */
export interface ReduceLowering {
  readonly kind: 'reduce'
  readonly combiner: Combiner
  axes(eqn: Eqn): readonly number[]
}

/** Sums of products over two operands. */
export interface ProductLowering {
  readonly kind: 'product'
}

/** A loop or a choice: programs within the program. */
export interface ControlLowering {
  readonly kind: 'control'
}

/** Loops of its own, if the target writes them. */
export interface OpaqueLowering {
  readonly kind: 'opaque'
}

/** A call out of the program, of what the target does not write. */
export interface HostLowering {
  readonly kind: 'host'
}

/** What an equation is to the scheduler. */
export type Lowering =
  | MapLowering | ViewLowering | SourceLowering | ReduceLowering | ProductLowering | ControlLowering | OpaqueLowering | HostLowering
