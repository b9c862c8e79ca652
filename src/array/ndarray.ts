import type { brand, NdArray, NestedList, Storage } from '../core/array.js'
import type { Aval } from '../core/aval.js'
import { allocate, coerce, dtypeOf, isFloat, type DType, type TypedArray } from '../core/dtype.js'
import { ArgumentError, DonatedError, DTypeError, quoted, ShapeError } from '../core/errors.js'
import { sizeOf, type Shape } from '../core/shape.js'
import { isTracer } from '../core/trace.js'
import { showArray } from './show.js'

class HostStorage implements Storage {
  readonly dtype: DType
  readonly #data: TypedArray
  constructor(dtype: DType, data: TypedArray) {
    this.dtype = dtype
    this.#data = data
  }
  get size(): number {
    return this.#data.length
  }
  read(): TypedArray {
    return this.#data
  }
  release(): void {
    // the garbage collector does
  }
}

let storageOfConcrete: (x: ConcreteArray) => Storage
let invalidate: (x: ConcreteArray) => void
let move: (x: ConcreteArray, storage: Storage) => void
let forget: (x: ConcreteArray) => void

/** An array with elements: a handle over storage, whose fields nobody else can reach. */
class ConcreteArray implements NdArray {
  declare readonly [brand]: 'NdArray'
  readonly #aval: Aval
  #storage: Storage | undefined

  static {
    storageOfConcrete = (x) => {
      if (x.#storage === undefined) {
        const got = `${x.dtype}[${x.shape.join(',')}], which was donated to a jitted function`
        throw new DonatedError('array', 'an array that is still valid', got)
      }
      return x.#storage
    }
    invalidate = (x) => {
      x.#storage?.release()
      x.#storage = undefined
    }
    move = (x, storage) => {
      x.#storage = storage
    }
    forget = (x) => {
      x.#storage = undefined
    }
  }

  constructor(aval: Aval, storage: Storage) {
    Object.freeze(aval.shape)
    this.#aval = Object.freeze(aval)
    this.#storage = storage
  }
  get aval(): Aval {
    return this.#aval
  }
  get shape(): Shape {
    return this.#aval.shape
  }
  get dtype(): DType {
    return this.#aval.dtype
  }
  get weak(): boolean {
    return this.#aval.weak
  }
  get ndim(): number {
    return this.#aval.shape.length
  }
  get size(): number {
    return sizeOf(this.#aval.shape)
  }
  item(): number {
    const data = storageOfConcrete(this).read()
    if (data.length !== 1) throw new ShapeError('item', 'an array of one element', this)
    return data[0]
  }
  toList(): NestedList {
    return nest(storageOfConcrete(this).read(), this.shape, this.dtype === 'bool')
  }
  toTypedArray(): TypedArray {
    return storageOfConcrete(this).read().slice()
  }
  *[Symbol.iterator](): Iterator<NdArray> {
    if (this.ndim === 0) throw new ShapeError('iteration', 'an array with at least one axis', this)
    for (let i = 0; i < this.shape[0]; i++) yield row(this, i)
  }
  [Symbol.toPrimitive](hint: string): number | string {
    return hint === 'string' ? this.toString() : this.item()
  }
  toString(): string {
    return showArray(storageOfConcrete(this).read(), this.shape, this.dtype)
  }
  toJSON(): NestedList {
    return this.toList()
  }
  /** What Node's `console.log` shows; it does not throw. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.#storage === undefined ? `${this.dtype}[${this.shape.join(',')}] (donated)` : this.toString()
  }
}

const nest = (data: TypedArray, shape: Shape, bool: boolean): NestedList => {
  const build = (axis: number, from: number, size: number): NestedList => {
    if (axis === shape.length) return bool ? data[from] !== 0 : data[from]
    const step = shape[axis] === 0 ? 0 : size / shape[axis]
    return Array.from({ length: shape[axis] }, (_, i) => build(axis + 1, from + i * step, step))
  }
  return build(0, 0, data.length)
}

/** The slice `x[i]` of a concrete array along the leading axis, sharing the elements. */
export const row = (x: NdArray, i: number): NdArray => {
  const shape = x.shape.slice(1)
  const size = sizeOf(shape)
  return share({ shape, dtype: x.dtype, weak: x.weak }, x, i * size, size)
}

/** The slices along the leading axis of a concrete array. */
export const rows = (x: NdArray): readonly NdArray[] => Array.from({ length: x.shape[0] }, (_, i) => row(x, i))

/** Whether a value is an array: concrete or traced. */
export const isArray = (x: unknown): x is NdArray => x instanceof ConcreteArray || isTracer(x)

/** Checks that an operand is an array. */
export const checkArray = (who: string, x: NdArray): NdArray => {
  if (!isArray(x)) throw new ArgumentError(who, 'an array (functions of np take numbers and lists too)', quoted(x))
  return x
}

/** Whether a value is an array with elements. */
export const isConcrete = (x: unknown): x is NdArray => x instanceof ConcreteArray

/**
 * An array over elements that nobody else will write: the caller gives them away. `data` has the dtype's
 * typed array and as many elements as the shape.
 */
export const wrap = (aval: Aval, data: TypedArray): NdArray => new ConcreteArray(aval, new HostStorage(aval.dtype, data))

/** An array over `size` elements of a concrete one, from `from` on, or over all of them. They are copied only if they have to be. */
export const share = (aval: Aval, x: NdArray, from = 0, size: number = x.size): NdArray => {
  const storage = storageOf(x)
  const data = storage.read()
  const part = size === data.length ? data : data.subarray(from, from + size)
  return wrap(aval, storage instanceof HostStorage ? part : part.slice())
}

/** Whether `share` would copy nothing. */
export const isShareable = (x: NdArray): boolean => storageOf(x) instanceof HostStorage

/** The storage of a concrete array. Throws DonatedError if it was donated. */
export const storageOf = (x: NdArray): Storage => {
  if (x instanceof ConcreteArray) return storageOfConcrete(x)
  throw new ArgumentError('array', 'a concrete array', x)
}

/** The elements of a concrete array, not to be written to. Throws DonatedError if it was donated. */
export const dataOf = (x: NdArray): TypedArray => storageOf(x).read()

/** The storage of a concrete array, which the caller takes: the handle is not valid any more. */
export const seize = (x: NdArray): Storage => {
  const storage = storageOf(x)
  if (x instanceof ConcreteArray) forget(x)
  return storage
}

/** Invalidates the handle: its storage may be reused. */
export const donate = (x: NdArray): void => {
  if (x instanceof ConcreteArray) invalidate(x)
}

/** A scalar. */
export const scalar = (value: number, dtype: DType, weak = false): NdArray => {
  const data = allocate(dtype, 1)
  data[0] = coerce(dtype, value)
  return wrap({ shape: [], dtype, weak }, data)
}

/** A bare number or boolean as an array: weak float32, or bool. */
export const fromScalar = (value: number | boolean): NdArray =>
  typeof value === 'boolean' ? scalar(value ? 1 : 0, 'bool') : scalar(value, 'float32', true)

/** A typed array as a vector of the dtype that it holds, copied. Throws DTypeError for typed arrays without a dtype. */
export const fromTyped = (who: string, data: ArrayBufferView): NdArray => {
  const dtype = dtypeOf(data)
  if (dtype === undefined) throw new DTypeError(who, 'a typed array of an element type that is a dtype', data)
  const copy = allocate(dtype, (data as TypedArray).length)
  copy.set(data as TypedArray)
  return wrap({ shape: [copy.length], dtype, weak: false }, copy)
}

/**
 * Nested lists as an array: bool if every element is a boolean, else float32, unless a dtype is given.
 * Throws ShapeError for ragged lists (with the path), ArgumentError for anything that is not a number, boolean or
 * concrete array, and for NaN and infinities where an integer is needed.
 */
export const fromList = (who: string, list: NestedList, dtype?: DType): NdArray => {
  const shape: number[] = []
  for (let at: NestedList = list; Array.isArray(at); at = (at as readonly NestedList[])[0]) {
    shape.push(at.length)
    if (at.length === 0) break
  }
  const size = sizeOf(shape)
  const values = new Float64Array(size)
  let bools = 0
  let next = 0
  const visit = (item: unknown, axis: number, path: readonly number[]): void => {
    if (axis < shape.length) {
      if (!Array.isArray(item)) throw new ShapeError(who, `a list of length ${shape[axis]} (nested lists must not be ragged)`, item, path)
      if (item.length !== shape[axis]) {
        throw new ShapeError(who, `a list of length ${shape[axis]} (nested lists must not be ragged)`, `length ${item.length}`, path)
      }
      for (let i = 0; i < item.length; i++) visit(item[i], axis + 1, [...path, i])
      return
    }
    if (Array.isArray(item)) {
      throw new ShapeError(who, 'a number (nested lists must not be ragged)', `a list of length ${item.length}`, path)
    }
    if (typeof item === 'boolean') bools++
    else if (typeof item !== 'number') {
      const expected = path.length === 0 ? 'an array, a number or a boolean' : 'a number or a boolean'
      if (!isArray(item) || item.ndim > 0) throw new ArgumentError(who, expected, quoted(item), path)
    }
    values[next++] = Number(item)
  }
  visit(list, 0, [])
  const type = dtype ?? (size > 0 && bools === size ? 'bool' : 'float32')
  const data = allocate(type, size)
  for (let i = 0; i < size; i++) data[i] = elementOf(who, type, values[i])
  return wrap({ shape, dtype: type, weak: false }, data)
}

/** A number as an element; throws ArgumentError for NaN and infinities where the dtype has integers. */
export const elementOf = (who: string, dtype: DType, value: number): number => {
  if (typeof value !== 'number') throw new ArgumentError(who, 'a number', quoted(value))
  if (!isFloat(dtype) && dtype !== 'bool' && !Number.isFinite(value)) throw new ArgumentError(who, `a finite number for ${dtype}`, value)
  return coerce(dtype, value)
}

/** Puts the same elements elsewhere: the handle reads them from there. */
export const relocate = (x: NdArray, storage: Storage): void => {
  if (x instanceof ConcreteArray) move(x, storage)
}

/** An array over a storage of its own. */
export const arrayOver = (aval: Aval, storage: Storage): NdArray => new ConcreteArray(aval, storage)
