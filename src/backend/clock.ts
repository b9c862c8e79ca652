import type { Eqn } from '../core/primitive.js'
import type { Kernel } from './schedule/kernel.js'

/** Something that takes time: a program, a kernel of a compiled part, or an equation that is interpreted. */
export type Timed =
  | { readonly kind: 'program'; readonly name: string }
  | { readonly kind: 'kernel'; readonly kernel: Kernel }
  | { readonly kind: 'interpreted'; readonly eqn: Eqn }

/** Is told when something begins and when it ends. */
export interface Clock {
  /** The number under which something is timed. */
  enrol(timed: Timed): number
  begin(number: number): void
  end(number: number): void
}
