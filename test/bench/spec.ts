/** An array that every library is given alike. */
export interface Operand {
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array
}

/** What an adaptor is given. */
export interface Spec {
  readonly id: string
  readonly hyper: Readonly<Record<string, number>>
  /** How many steps are taken before the result is compared. */
  readonly steps: number
  /** Names of the arrays that are trained. */
  readonly trainable: readonly string[]
  readonly arrays: Readonly<Record<string, Operand>>
}

export type Result = Readonly<Record<string, number | ArrayLike<number>>>

interface Row {
  readonly id: string
  readonly title: string
  readonly unit: 'GFLOP/s' | 'steps/s' | 'ms' | 'µs'
}

/** What is run again and again. */
export interface Steady extends Row {
  readonly kind: 'steady'
  /** Floating-point operations of a step, where the unit counts them. */
  readonly flops: number
  /** The greatest error that passes, as a part of the greatest element. */
  readonly tolerance: number
  readonly spec: () => Spec
  readonly expected: (spec: Spec) => Result
}

/** What is run once, in a process of its own: the first step of another workload, or just the import. */
export interface Fresh extends Row {
  readonly kind: 'fresh'
  readonly first: Steady | undefined
}

export type Workload = Steady | Fresh
