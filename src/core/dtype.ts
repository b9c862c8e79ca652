import { DTypeError, MemoryError } from './errors.js'

/** The element types of arrays. */
export type DType = 'bool' | 'int8' | 'uint8' | 'int32' | 'uint32' | 'float32' | 'float64'

/** The floating dtypes, those that can be differentiated. */
export type FloatDType = 'float32' | 'float64'

/** What holds the elements of an array; booleans are bytes 0 and 1. */
export type TypedArray = Int8Array | Uint8Array | Int32Array | Uint32Array | Float32Array | Float64Array

/** Every dtype, from the narrowest to the widest. */
export const dtypes: readonly DType[] = ['bool', 'int8', 'uint8', 'int32', 'uint32', 'float32', 'float64']

interface Traits {
  readonly kind: 'bool' | 'int' | 'float'
  readonly bytes: number
  readonly short: string
  readonly min: number
  readonly max: number
}

const traits: Readonly<Record<DType, Traits>> = {
  bool: { kind: 'bool', bytes: 1, short: 'bool', min: 0, max: 1 },
  int8: { kind: 'int', bytes: 1, short: 'i8', min: -128, max: 127 },
  uint8: { kind: 'int', bytes: 1, short: 'u8', min: 0, max: 255 },
  int32: { kind: 'int', bytes: 4, short: 'i32', min: -2147483648, max: 2147483647 },
  uint32: { kind: 'int', bytes: 4, short: 'u32', min: 0, max: 4294967295 },
  float32: { kind: 'float', bytes: 4, short: 'f32', min: -Infinity, max: Infinity },
  float64: { kind: 'float', bytes: 8, short: 'f64', min: -Infinity, max: Infinity }
}

export const isDType = (x: unknown): x is DType => typeof x === 'string' && Object.hasOwn(traits, x)

/** Checks that a value names a dtype. */
export const checkDType = (who: string, dtype: DType): DType => {
  if (!isDType(dtype)) throw new DTypeError(who, `a dtype among ${dtypes.join(', ')}`, dtype)
  return dtype
}

export const isFloat = (dtype: DType): dtype is FloatDType => traits[dtype].kind === 'float'
export const isInteger = (dtype: DType): boolean => traits[dtype].kind === 'int'
export const isUnsigned = (dtype: DType): boolean => dtype === 'uint8' || dtype === 'uint32'

/** Bytes per element. */
export const byteSize = (dtype: DType): number => traits[dtype].bytes

/** The name that jaxprs print: `f32`, `i8`, `bool`. */
export const shortName = (dtype: DType): string => traits[dtype].short

/** The least and the greatest value; the infinities for floats. */
export const minValue = (dtype: DType): number => traits[dtype].min
export const maxValue = (dtype: DType): number => traits[dtype].max

/** Fresh zeroed elements. Throws MemoryError if there is no room for so many. */
export const allocate = (dtype: DType, length: number): TypedArray => {
  try {
    return make(dtype, length)
  } catch (error) {
    if (error instanceof RangeError) throw new MemoryError('array', 'as many elements as fit into memory', `${length} of ${dtype}`)
    throw error
  }
}

const make = (dtype: DType, length: number): TypedArray => {
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return new Uint8Array(length)
    case 'int8':
      return new Int8Array(length)
    case 'int32':
      return new Int32Array(length)
    case 'uint32':
      return new Uint32Array(length)
    case 'float32':
      return new Float32Array(length)
    case 'float64':
      return new Float64Array(length)
  }
}

/** The dtype whose elements a typed array holds (`Uint8Array` is uint8, never bool); undefined if there is none. */
export const dtypeOf = (data: ArrayBufferView): DType | undefined => {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Uint32Array) return 'uint32'
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return 'uint8'
  if (data instanceof Int8Array) return 'int8'
  return undefined
}

/**
 * A number as an element of the dtype: floats rounded, integers truncated and wrapped modulo 2ⁿ (NaN gives 0),
 * booleans 0 or 1. What storing into the dtype's typed array does.
 */
export const coerce = (dtype: DType, value: number): number => {
  switch (dtype) {
    case 'bool':
      return value !== 0 ? 1 : 0
    case 'int8':
      return (value << 24) >> 24
    case 'uint8':
      return value & 255
    case 'int32':
      return value | 0
    case 'uint32':
      return value >>> 0
    case 'float32':
      return Math.fround(value)
    case 'float64':
      return value
  }
}
