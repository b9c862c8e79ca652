import { byte, listed, float32Bytes, float64Bytes, signed, signed64, sized, unsigned, vector, type Bytes } from './bytes.js'

/** No bytes, but what functions become bytes from: the start of a loop, and of a constant vector, whose sixteen bytes follow. */
export const [loopMark, vectorMark] = ['\u0103', '\u010c'] as const

/** The types of values on the stack. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'

/** Instructions that leave one value of the type, or none. */
export interface Code<T extends ValueType | 'none' = ValueType | 'none'> {
  readonly type: T
  readonly bytes: Bytes
}

/** An instruction that leaves nothing. */
export type Statement = Code<'none'>

export const typeBytes: Readonly<Record<ValueType, Bytes>> = { i32: '\x7f', i64: '\x7e', f32: '\x7d', f64: '\x7c', v128: '\x7b' }

const code = <T extends ValueType | 'none'>(type: T, bytes: Bytes): Code<T> => ({ type, bytes })

/** An opcode of one byte, one with the prefix of conversions and bulk memory, or one of vectors. */
type Opcode = Bytes
const plain = byte
const numeric = (opcode: number): Opcode => `\xfc${byte(opcode)}`
const simd = (opcode: number): Opcode => `\xfd${unsigned(opcode)}`

type Unary<A extends ValueType, R extends ValueType = A> = (a: Code<A>) => Code<R>
type Binary<A extends ValueType, R extends ValueType = A, B extends ValueType = A> = (a: Code<A>, b: Code<B>) => Code<R>
type Ternary<T extends ValueType> = (a: Code<T>, b: Code<T>, c: Code<T>) => Code<T>

const unary = <A extends ValueType, R extends ValueType = A>(result: R, opcode: Opcode): Unary<A, R> =>
  (a) => code(result, a.bytes + opcode)
const binary = <A extends ValueType, R extends ValueType = A, B extends ValueType = A>(result: R, opcode: Opcode): Binary<A, R, B> =>
  (a, b) => code(result, a.bytes + b.bytes + opcode)
const ternary = <T extends ValueType>(result: T, opcode: Opcode): Ternary<T> =>
  (a, b, c) => code(result, a.bytes + b.bytes + c.bytes + opcode)

/** Where a load or store goes: an address, a constant offset, and what the address is known to be a multiple of. */
const memarg = (offset: number, align: number): Bytes => byte(align) + unsigned(offset)
type Load<T extends ValueType> = (address: Code<'i32'>, offset?: number) => Code<T>
type Store<T extends ValueType> = (address: Code<'i32'>, value: Code<T>, offset?: number) => Statement
const load = <T extends ValueType>(result: T, opcode: Opcode, align: number): Load<T> =>
  (address, offset = 0) => code(result, address.bytes + opcode + memarg(offset, align))
const store = <T extends ValueType>(opcode: Opcode, align: number): Store<T> =>
  (address, value, offset = 0) => code('none', address.bytes + value.bytes + opcode + memarg(offset, align))

type Comparisons<A extends ValueType, R extends ValueType> = Readonly<Record<'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'ge', Binary<A, R>>>

/** Six consecutive opcodes. */
const comparisons = <A extends ValueType, R extends ValueType>(
  result: R, opcodes: (n: number) => Opcode, first: number
): Comparisons<A, R> => ({
  eq: binary<A, R>(result, opcodes(first)), ne: binary<A, R>(result, opcodes(first + 1)),
  lt: binary<A, R>(result, opcodes(first + 2)), gt: binary<A, R>(result, opcodes(first + 3)),
  le: binary<A, R>(result, opcodes(first + 4)), ge: binary<A, R>(result, opcodes(first + 5))
})

export const i32 = {
  const: (n: number): Code<'i32'> => code('i32', `\x41${signed(n | 0)}`),
  eqz: unary<'i32'>('i32', plain(0x45)),
  eq: binary<'i32'>('i32', plain(0x46)), ne: binary<'i32'>('i32', plain(0x47)),
  ltS: binary<'i32'>('i32', plain(0x48)), ltU: binary<'i32'>('i32', plain(0x49)),
  gtS: binary<'i32'>('i32', plain(0x4a)), gtU: binary<'i32'>('i32', plain(0x4b)),
  leS: binary<'i32'>('i32', plain(0x4c)), leU: binary<'i32'>('i32', plain(0x4d)),
  geS: binary<'i32'>('i32', plain(0x4e)), geU: binary<'i32'>('i32', plain(0x4f)),
  clz: unary<'i32'>('i32', plain(0x67)), popcnt: unary<'i32'>('i32', plain(0x69)),
  add: binary<'i32'>('i32', plain(0x6a)), sub: binary<'i32'>('i32', plain(0x6b)), mul: binary<'i32'>('i32', plain(0x6c)),
  divS: binary<'i32'>('i32', plain(0x6d)), divU: binary<'i32'>('i32', plain(0x6e)),
  remS: binary<'i32'>('i32', plain(0x6f)), remU: binary<'i32'>('i32', plain(0x70)),
  and: binary<'i32'>('i32', plain(0x71)), or: binary<'i32'>('i32', plain(0x72)), xor: binary<'i32'>('i32', plain(0x73)),
  shl: binary<'i32'>('i32', plain(0x74)), shrS: binary<'i32'>('i32', plain(0x75)), shrU: binary<'i32'>('i32', plain(0x76)),
  rotl: binary<'i32'>('i32', plain(0x77)),
  extend8S: unary<'i32'>('i32', plain(0xc0)),
  wrap: unary<'i64', 'i32'>('i32', plain(0xa7)),
  truncF32S: unary<'f32', 'i32'>('i32', numeric(0)), truncF32U: unary<'f32', 'i32'>('i32', numeric(1)),
  truncF64S: unary<'f64', 'i32'>('i32', numeric(2)), truncF64U: unary<'f64', 'i32'>('i32', numeric(3)),
  reinterpret: unary<'f32', 'i32'>('i32', plain(0xbc)),
  load: load('i32', plain(0x28), 2), store: store<'i32'>(plain(0x36), 2),
  load8S: load('i32', plain(0x2c), 0), load8U: load('i32', plain(0x2d), 0), load16U: load('i32', plain(0x2f), 1),
  store8: store<'i32'>(plain(0x3a), 0)
} as const

export const i64 = {
  const: (n: bigint): Code<'i64'> => code('i64', `\x42${signed64(n)}`),
  add: binary<'i64'>('i64', plain(0x7c)), sub: binary<'i64'>('i64', plain(0x7d)), mul: binary<'i64'>('i64', plain(0x7e)),
  and: binary<'i64'>('i64', plain(0x83)), or: binary<'i64'>('i64', plain(0x84)), xor: binary<'i64'>('i64', plain(0x85)),
  shl: binary<'i64'>('i64', plain(0x86)), shrS: binary<'i64'>('i64', plain(0x87)), shrU: binary<'i64'>('i64', plain(0x88)),
  extendS: unary<'i32', 'i64'>('i64', plain(0xac)), extendU: unary<'i32', 'i64'>('i64', plain(0xad)),
  truncF64S: unary<'f64', 'i64'>('i64', numeric(6)),
  reinterpret: unary<'f64', 'i64'>('i64', plain(0xbd)),
  load: load('i64', plain(0x29), 3), store: store<'i64'>(plain(0x37), 3)
} as const

/** What both types of floats have: comparisons and arithmetic are runs of consecutive opcodes. */
const floats = <T extends 'f32' | 'f64'>(type: T, compared: number, computed: number) => {
  const one = (n: number): Unary<T> => unary<T>(type, plain(computed + n))
  const two = (n: number): Binary<T> => binary<T>(type, plain(computed + n))
  return {
    ...comparisons<T, 'i32'>('i32', plain, compared),
    abs: one(0), neg: one(1), ceil: one(2), floor: one(3), trunc: one(4), nearest: one(5), sqrt: one(6),
    add: two(7), sub: two(8), mul: two(9), div: two(10), min: two(11), max: two(12), copysign: two(13)
  }
}

export const f32 = {
  const: (x: number): Code<'f32'> => code('f32', `\x43${float32Bytes(x)}`),
  ...floats('f32', 0x5b, 0x8b),
  convertI32S: unary<'i32', 'f32'>('f32', plain(0xb2)), convertI32U: unary<'i32', 'f32'>('f32', plain(0xb3)),
  demote: unary<'f64', 'f32'>('f32', plain(0xb6)), reinterpret: unary<'i32', 'f32'>('f32', plain(0xbe)),
  load: load('f32', plain(0x2a), 2), store: store<'f32'>(plain(0x38), 2)
} as const

export const f64 = {
  const: (x: number): Code<'f64'> => code('f64', `\x44${float64Bytes(x)}`),
  ...floats('f64', 0x61, 0x99),
  convertI32S: unary<'i32', 'f64'>('f64', plain(0xb7)), convertI32U: unary<'i32', 'f64'>('f64', plain(0xb8)),
  promote: unary<'f32', 'f64'>('f64', plain(0xbb)), reinterpret: unary<'i64', 'f64'>('f64', plain(0xbf)),
  load: load('f64', plain(0x2b), 3), store: store<'f64'>(plain(0x39), 3)
} as const

/** An instruction that takes or leaves one lane. */
const extract = <R extends ValueType>(result: R, opcode: number) => (a: Code<'v128'>, lane: number): Code<R> =>
  code(result, a.bytes + simd(opcode) + byte(lane))
const replace = <A extends ValueType>(opcode: number) => (a: Code<'v128'>, lane: number, value: Code<A>): Code<'v128'> =>
  code('v128', a.bytes + value.bytes + simd(opcode) + byte(lane))
const loadLane = (opcode: number, align: number) => (address: Code<'i32'>, a: Code<'v128'>, lane: number, offset = 0): Code<'v128'> =>
  code('v128', address.bytes + a.bytes + simd(opcode) + memarg(offset, align) + byte(lane))
const storeLane = (opcode: number, align: number) => (address: Code<'i32'>, a: Code<'v128'>, lane: number, offset = 0): Statement =>
  code('none', address.bytes + a.bytes + simd(opcode) + memarg(offset, align) + byte(lane))

const lanewise = (opcode: number): Binary<'v128'> => binary<'v128'>('v128', simd(opcode))
const laneOf = (opcode: number): Unary<'v128'> => unary<'v128'>('v128', simd(opcode))
const shift = (opcode: number): Binary<'v128', 'v128', 'i32'> => binary<'v128', 'v128', 'i32'>('v128', simd(opcode))

export const v128 = {
  /** The sixteen bytes of a typed array. */
  const: (data: Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array): Code<'v128'> =>
    code('v128', vectorMark + listed(new Uint8Array(data.buffer, data.byteOffset, 16))),
  not: laneOf(77), and: lanewise(78), andnot: lanewise(79), or: lanewise(80), xor: lanewise(81),
  /** Bits of the first where the third has ones, of the second elsewhere. */
  bitselect: ternary('v128', simd(82)),
  anyTrue: unary<'v128', 'i32'>('i32', simd(83)),
  shuffle: (a: Code<'v128'>, b: Code<'v128'>, lanes: readonly number[]): Code<'v128'> =>
    code('v128', a.bytes + b.bytes + simd(13) + listed(lanes)),
  load: load('v128', simd(0), 4), store: store<'v128'>(simd(11), 4),
  load8Splat: load('v128', simd(7), 0), load32Splat: load('v128', simd(9), 2), load64Splat: load('v128', simd(10), 3),
  load32Zero: load('v128', simd(92), 2), load64Zero: load('v128', simd(93), 3),
  load8Lane: loadLane(84, 0), load32Lane: loadLane(86, 2), load64Lane: loadLane(87, 3),
  store8Lane: storeLane(88, 0), store16Lane: storeLane(89, 1), store32Lane: storeLane(90, 2), store64Lane: storeLane(91, 3)
} as const

export const i8x16 = {
  /** Bytes of the first at the places in the second; zero where there is none. */
  swizzle: lanewise(14),
  splat: unary<'i32', 'v128'>('v128', simd(15)), extractU: extract('i32', 22),
  popcnt: laneOf(98), narrowS: lanewise(101), narrowU: lanewise(102), add: lanewise(110)
} as const

export const i16x8 = {
  narrowS: lanewise(133), narrowU: lanewise(134),
  extendLowS: laneOf(135), extendLowU: laneOf(137), addPairsU: laneOf(125)
} as const

export const i32x4 = {
  splat: unary<'i32', 'v128'>('v128', simd(17)), extract: extract('i32', 27), replace: replace<'i32'>(28),
  eq: lanewise(55), ne: lanewise(56), ltS: lanewise(57), ltU: lanewise(58), gtS: lanewise(59), gtU: lanewise(60),
  leS: lanewise(61), leU: lanewise(62), geS: lanewise(63), geU: lanewise(64),
  abs: laneOf(160), neg: laneOf(161), bitmask: unary<'v128', 'i32'>('i32', simd(164)),
  extendLowS: laneOf(167), extendLowU: laneOf(169), addPairsU: laneOf(127),
  shl: shift(171), shrS: shift(172), shrU: shift(173),
  add: lanewise(174), sub: lanewise(177), mul: lanewise(181),
  minS: lanewise(182), minU: lanewise(183), maxS: lanewise(184), maxU: lanewise(185),
  truncF32S: laneOf(248), truncF32U: laneOf(249), truncF64SZero: laneOf(252), truncF64UZero: laneOf(253)
} as const

export const i64x2 = {
  splat: unary<'i64', 'v128'>('v128', simd(18)), extract: extract('i64', 29), replace: replace<'i64'>(30),
  extendLowS: laneOf(199), extendLowU: laneOf(201),
  shl: shift(203), shrS: shift(204), shrU: shift(205), add: lanewise(206), sub: lanewise(209), mul: lanewise(213), eq: lanewise(214),
  extmulLowU: lanewise(222)
} as const

export const f32x4 = {
  splat: unary<'f32', 'v128'>('v128', simd(19)), extract: extract('f32', 31), replace: replace<'f32'>(32),
  ...comparisons<'v128', 'v128'>('v128', simd, 65),
  demoteZero: laneOf(94),
  ceil: laneOf(103), floor: laneOf(104), trunc: laneOf(105), nearest: laneOf(106),
  abs: laneOf(224), neg: laneOf(225), sqrt: laneOf(227),
  add: lanewise(228), sub: lanewise(229), mul: lanewise(230), div: lanewise(231),
  min: lanewise(232), max: lanewise(233), pmin: lanewise(234), pmax: lanewise(235),
  convertI32S: laneOf(250), convertI32U: laneOf(251),
  /** a · b + c and c − a · b, rounded once or twice, always alike on one machine. */
  relaxedMadd: ternary('v128', simd(0x105)), relaxedNmadd: ternary('v128', simd(0x106))
} as const

export const f64x2 = {
  splat: unary<'f64', 'v128'>('v128', simd(20)), extract: extract('f64', 33), replace: replace<'f64'>(34),
  ...comparisons<'v128', 'v128'>('v128', simd, 71),
  promoteLow: laneOf(95),
  ceil: laneOf(116), floor: laneOf(117), trunc: laneOf(122), nearest: laneOf(148),
  abs: laneOf(236), neg: laneOf(237), sqrt: laneOf(239),
  add: lanewise(240), sub: lanewise(241), mul: lanewise(242), div: lanewise(243),
  min: lanewise(244), max: lanewise(245), pmin: lanewise(246), pmax: lanewise(247),
  convertLowI32S: laneOf(254), convertLowI32U: laneOf(255),
  relaxedMadd: ternary('v128', simd(0x107)), relaxedNmadd: ternary('v128', simd(0x108))
} as const

export const memory = {
  copy: (to: Code<'i32'>, from: Code<'i32'>, bytes: Code<'i32'>): Statement =>
    code('none', `${to.bytes}${from.bytes}${bytes.bytes}${numeric(10)}\0\0`),
  fill: (to: Code<'i32'>, value: Code<'i32'>, bytes: Code<'i32'>): Statement =>
    code('none', `${to.bytes}${value.bytes}${bytes.bytes}${numeric(11)}\0`)
} as const

/** A value that a function keeps. */
export interface Local<T extends ValueType = ValueType> {
  readonly type: T
  readonly get: Code<T>
  set(value: Code<T>): Statement
  tee(value: Code<T>): Code<T>
}

class LocalAt<T extends ValueType> implements Local<T> {
  readonly type: T
  readonly get: Code<T>
  readonly at: Bytes

  constructor(type: T, index: number) {
    this.type = type
    this.at = unsigned(index)
    this.get = code(type, `\x20${this.at}`)
  }

  set(value: Code<T>): Statement {
    return code('none', `${value.bytes}\x21${this.at}`)
  }

  tee(value: Code<T>): Code<T> {
    return code(this.type, `${value.bytes}\x22${this.at}`)
  }
}

/** The local of a function at an index. */
export const localAt = <T extends ValueType>(type: T, index: number): Local<T> => new LocalAt(type, index)

export const nothing: Statement = code('none', '')

const joined = (list: readonly Code[]): Bytes => {
  let out = ''
  for (const { bytes } of list) out += bytes
  return out
}

/** Statements one after the other. */
export const sequence = (...statements: readonly Statement[]): Statement => code('none', joined(statements))

/** Statements, then a value. */
export const after = <T extends ValueType>(statements: readonly Statement[], value: Code<T>): Code<T> =>
  code(value.type, joined(statements) + value.bytes)

/** One of two values, both of which are computed. */
export const select = <T extends ValueType>(condition: Code<'i32'>, yes: Code<T>, no: Code<T>): Code<T> =>
  code(yes.type, yes.bytes + no.bytes + condition.bytes + (yes.type === 'v128' ? `\x1c\x01${typeBytes.v128}` : '\x1b'))

/** One of two values, of which only that one is computed. */
export const choose = <T extends ValueType>(condition: Code<'i32'>, yes: Code<T>, no: Code<T>): Code<T> =>
  code(yes.type, `${condition.bytes}\x04${typeBytes[yes.type]}${yes.bytes}\x05${no.bytes}\x0b`)

const empty = '\x40'

export const when = (condition: Code<'i32'>, yes: Statement, no?: Statement): Statement =>
  code('none', `${condition.bytes}\x04${empty}${yes.bytes}${no === undefined ? '' : `\x05${no.bytes}`}\x0b`)

/** A block that `leave` inside jumps behind. */
export const block = (body: Statement): Statement => code('none', `\x02${empty}${body.bytes}\x0b`)

/** A block that `leave` inside jumps back to the start of. */
export const loop = (body: Statement): Statement => code('none', `${loopMark}${empty}${body.bytes}\x0b`)

/** Jumps to the block or loop so many levels up, if the condition holds. */
export const leave = (levels: number, condition?: Code<'i32'>): Statement =>
  code('none', condition === undefined ? `\x0c${unsigned(levels)}` : `${condition.bytes}\x0d${unsigned(levels)}`)

/** A call of the function with the index. */
export const callAt = <R extends ValueType | 'none'>(result: R, index: number, args: readonly Code[]): Code<R> =>
  code(result, `${joined(args)}\x10${unsigned(index)}`)

/** The body of a function with its locals, as modules hold it. */
export const bodyBytes = (locals: readonly ValueType[], body: Bytes): Bytes => {
  const runs: Bytes[] = []
  for (let start = 0, end = 0; start < locals.length; start = end) {
    while (end < locals.length && locals[end] === locals[start]) end++
    runs.push(unsigned(end - start) + typeBytes[locals[start]])
  }
  return sized(`${vector(runs)}${body}\x0b`)
}
