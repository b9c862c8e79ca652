import type { Kernel } from './schedule/kernel.js'

/** Something that takes time: a program, or a kernel of one. */
export type Timed =
  | { readonly kind: 'program'; readonly name: string }
  | { readonly kind: 'kernel'; readonly kernel: Kernel }

/** Is told when something begins and when it ends. */
export interface Clock {
  /** The number under which something is timed. */
  enrol(timed: Timed): number
  begin(number: number): void
  end(number: number): void
}
