import type { Aval } from '../../core/aval.js'
import type { DType } from '../../core/dtype.js'
import type { AnyPrimitive, Eqn } from '../../core/primitive.js'

/*
 * What a program does, as loops over static extents: independent of the machine that carries them out.
 */

/** A place for the elements of an array: an input, an output or something in between. */
export interface Buffer {
  readonly id: number
  readonly dtype: DType
  /** How many elements. */
  readonly size: number
}

/** A position that depends on loop counters: `offset + Σ strides[i] · counter i`; counters without a stride do not matter. */
export interface Affine {
  readonly offset: number
  readonly strides: readonly number[]
}

/** A number that a loop has summed up (or multiplied, or found the extreme of) and that later loops of the nest read. */
export interface Register {
  readonly id: number
  readonly dtype: DType
}

/** What a loop computes for each setting of its counters. Values are shared by identity: one object is computed once. */
export type Value =
  | { readonly kind: 'constant'; readonly dtype: DType; readonly value: number }
  | { readonly kind: 'load'; readonly dtype: DType; readonly buffer: Buffer; readonly at: Affine }
  | { readonly kind: 'position'; readonly dtype: DType; readonly at: Affine }
  | { readonly kind: 'register'; readonly dtype: DType; readonly register: Register }
  | { readonly kind: 'apply'; readonly dtype: DType; readonly operation: string; readonly params: object; readonly args: readonly Value[] }

/** How a reduction combines elements. */
export type Combiner = 'add' | 'mul' | 'max' | 'min' | 'and' | 'or' | 'xor'

export interface Reduction {
  readonly register: Register
  readonly combiner: Combiner
  readonly value: Value
}

export interface Store {
  readonly buffer: Buffer
  readonly at: Affine
  readonly value: Value
}

/** Loops within one iteration of the nest's outer ones: reductions are complete when the phase ends. */
export interface Phase {
  /** Extents of the inner loops, which follow the nest's in counting; none: the phase runs once. */
  readonly inner: readonly number[]
  readonly reductions: readonly Reduction[]
  readonly stores: readonly Store[]
}

/** Loops over `outer`, whose iterations are independent; in each of them the phases one after the other. */
export interface Nest {
  readonly kind: 'nest'
  readonly name: string
  readonly outer: readonly number[]
  readonly phases: readonly Phase[]
}

/** One factor of a product: element (b, i, k) of the left one, (b, k, j) of the right one. */
export interface Factor {
  readonly buffer: Buffer
  readonly offset: number
  /** Strides of the batch axes, outermost first. */
  readonly batch: readonly number[]
  /** The stride of rows i, or of columns j. */
  readonly free: number
  /** The stride of k. */
  readonly depth: number
}

/** What becomes of each finished sum of a product: a value of it, by the counters of the batch, of rows and of columns. */
export interface Epilogue {
  readonly sum: Register
  readonly value: Value
}

/** `out[b, i, j] = Σ_k lhs[b, i, k] · rhs[b, k, j]`, stored row by row. */
export interface Product {
  readonly kind: 'product'
  readonly name: string
  readonly dtype: 'float32' | 'float64'
  readonly batch: readonly number[]
  readonly rows: number
  readonly columns: number
  readonly depth: number
  readonly lhs: Factor
  readonly rhs: Factor
  readonly out: Buffer
  /** Where units pack blocks of the right factor, or gather sums; `null` if they do neither. */
  readonly packed: Buffer | null
  /** What is stored in the place of the sums, if it is not they. */
  readonly epilogue: Epilogue | null
}

/** An operation with loops of its own, which the target writes. */
export interface Opaque {
  readonly kind: 'opaque'
  readonly primitive: AnyPrimitive
  /** Its primitive's name. */
  readonly name: string
  readonly params: object
  /** Buffers, and scalar literals. */
  readonly operands: readonly (Buffer | number)[]
  readonly avals: readonly Aval[]
  readonly results: readonly Buffer[]
  readonly outs: readonly Aval[]
  /** Room that it needs for itself; in the end for a list of addresses, if there are so many. */
  readonly workspace: readonly Buffer[]
  /** Elementary operations on elements. */
  readonly flops: number
}

/** An operation that the target does not write: it calls whoever runs the program, who carries it out, and what it does besides. */
export interface Host {
  readonly kind: 'host'
  /** Its primitive's name. */
  readonly name: string
  readonly eqn: Eqn
  /** `null` for scalar literals, which the equation has. */
  readonly operands: readonly (Buffer | null)[]
  readonly results: readonly Buffer[]
  /** Where the addresses of all these buffers are told. */
  readonly table: Buffer
}

/** A program within a program: the places that it is told its buffers' addresses in, and where it keeps what lies between. */
export interface Routine {
  readonly schedule: Schedule
  readonly table: Buffer
  readonly arena: Buffer
}

/** A loop of known length: the carry goes from step to step, slices of stacks in and out. */
export interface Scan {
  readonly kind: 'scan'
  readonly name: string
  readonly length: number
  readonly reverse: boolean
  /** From constants, carry and slices to carry and slices. */
  readonly body: Routine
  readonly constants: readonly Buffer[]
  readonly start: readonly Buffer[]
  readonly stacks: readonly Buffer[]
  readonly carry: readonly Buffer[]
  /** Where every other step leaves each part of the carry; `null`: steps change it in place, and the body has one buffer for it. */
  readonly spare: readonly (Buffer | null)[]
  readonly results: readonly Buffer[]
  /** Room for the addresses of its buffers, if there are so many. */
  readonly list: Buffer | null
}

/** A loop that goes on while a test holds. */
export interface While {
  readonly kind: 'while'
  readonly name: string
  /** From its constants and the carry to the flag. */
  readonly test: Routine
  /** From its constants and the carry to the carry. */
  readonly body: Routine
  readonly flag: Buffer
  readonly testConstants: readonly Buffer[]
  readonly bodyConstants: readonly Buffer[]
  readonly start: readonly Buffer[]
  readonly carry: readonly Buffer[]
  /** Where every other step leaves each part of the carry; `null`: steps change it in place, and the body has one buffer for it. */
  readonly spare: readonly (Buffer | null)[]
  /** Room for the addresses of its buffers, if there are so many. */
  readonly list: Buffer | null
}

/** One of several programs over the same buffers. */
export interface Cond {
  readonly kind: 'cond'
  readonly name: string
  readonly index: Buffer
  readonly branches: readonly Routine[]
  readonly operands: readonly Buffer[]
  readonly results: readonly Buffer[]
  /** Room for the addresses of its buffers, if there are so many. */
  readonly list: Buffer | null
}

export type Kernel = Nest | Product | Opaque | Host | Scan | While | Cond

/** A straight-line program: kernels in order over buffers. */
export interface Schedule {
  readonly inputs: readonly Buffer[]
  readonly outputs: readonly Buffer[]
  /** What lies between, in the order of ids. */
  readonly scratch: readonly Buffer[]
  readonly kernels: readonly Kernel[]
}
