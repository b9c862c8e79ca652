import { isFloat, type DType, type TypedArray } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'

/** How arrays are printed. */
export interface ShowOptions {
  /** Digits after the point, at most; trailing zeros are left out. 4 by default. */
  readonly precision?: number
  /** More elements than this are summarised: three at either end of an axis. 1000 by default. */
  readonly threshold?: number
  /** Columns that a line may take. 75 by default. */
  readonly lineWidth?: number
}

/** Elements shown at either end of a summarised axis. */
const edge = 3

/** Without zeros at the end of the decimals. */
const trimmed = (text: string): string => text.replace(/(\.\d*?)0+(?=$|e)/, '$1').replace(/\.(?=$|e)/, '')

/**
 * One floating-point number: rounded, without trailing zeros, in scientific notation from 1e8 up and where fewer than
 * two digits would be left.
 */
const showFloat = (x: number, precision: number): string => {
  if (Number.isNaN(x)) return 'nan'
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf'
  if (x === 0) return Object.is(x, -0) ? '-0' : '0'
  const size = Math.abs(x)
  if (size >= 1e8 || (size < 10 ** (1 - precision) && !Number.isInteger(x))) return trimmed(x.toExponential(precision))
  return trimmed(x.toFixed(precision))
}

/** The number of fewest decimal digits that rounds to the same float32. */
const shortest = (x: number): number => {
  if (x === 0) return x
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(x.toPrecision(digits))
    if (Math.fround(candidate) === x) return candidate
  }
  return x
}

const showElement = (x: number, dtype: DType, precision: number): string => {
  if (dtype === 'bool') return String(x !== 0)
  if (!isFloat(dtype)) return String(x)
  return showFloat(dtype === 'float32' && precision > 6 ? shortest(x) : x, precision)
}

/** The texts of the elements shown, as a tree of lists; `null` stands for what is left out. */
type Texts = string | null | readonly Texts[]

const gather = (data: TypedArray, shape: Shape, summarise: boolean, show: (x: number) => string): Texts => {
  const visit = (axis: number, from: number, size: number): Texts => {
    if (axis === shape.length) return show(data[from])
    const count = shape[axis]
    const step = size / count
    const item = (i: number): Texts => visit(axis + 1, from + i * step, step)
    if (!summarise || count <= 2 * edge) return Array.from({ length: count }, (_, i) => item(i))
    const ends = (first: number): readonly Texts[] => Array.from({ length: edge }, (_, i) => item(first + i))
    return [...ends(0), null, ...ends(count - edge)]
  }
  return data.length === 0 ? [] : visit(0, 0, data.length)
}

const flat = (texts: Texts): string =>
  texts === null ? '…' : typeof texts === 'string' ? texts : `[${texts.map(flat).join(', ')}]`

const leaves = (texts: Texts): readonly string[] =>
  texts === null ? [] : typeof texts === 'string' ? [texts] : texts.flatMap(leaves)

const decimals = (text: string): number => (text.includes('e') || !text.includes('.') ? 0 : text.length - text.indexOf('.') - 1)

/** With as many decimals as its column has. */
const filled = (text: string, places: number): string => {
  if (places === 0 || !/^-?\d+(\.\d+)?$/.test(text)) return text
  const own = decimals(text)
  return `${text}${own === 0 ? '.' : ''}${'0'.repeat(places - own)}`
}

/** The rows of the last axis, broken where the line is full, below each other with their columns aligned. */
const aligned = (texts: Texts, lineWidth: number): string => {
  const all = leaves(texts)
  const places = Math.max(...all.map(decimals))
  const width = Math.max(...all.map((text) => filled(text, places).length))
  const cell = (text: Texts): string => (text === null ? '…' : filled(flat(text), places).padStart(width))
  const build = (list: Texts, depth: number, rank: number): string => {
    if (!Array.isArray(list)) return flat(list)
    const items = list as readonly Texts[]
    const indent = ' '.repeat(depth + 1)
    if (rank > 1) return `[${items.map((item) => build(item, depth + 1, rank - 1)).join(`,${'\n'.repeat(rank - 1)}${indent}`)}]`
    const lines: string[] = []
    let line = '' // between the brackets that open before it, at most depth + 1, and those that close after it
    for (const item of items.map(cell)) {
      if (line !== '' && 2 * (depth + 1) + line.length + 2 + item.length > lineWidth) {
        lines.push(`${line},`)
        line = item
      } else line = line === '' ? item : `${line}, ${item}`
    }
    return `[${[...lines, line].join(`\n${indent}`)}]`
  }
  return build(texts, 0, depthOf(texts))
}

const depthOf = (texts: Texts): number => (Array.isArray(texts) ? 1 + depthOf((texts as readonly Texts[])[0]) : 0)

/**
 * An array's elements like NumPy's: nested lists, on one line if they fit, else row by row in aligned columns.
 * Floats are rounded to `precision` decimals (very small and very large ones get an exponent), `nan`, `inf` and `-inf`
 * are spelled so; booleans are `true` and `false`; many elements are summarised with `…`.
 *
 * @example
 * showArray(new Float32Array([1, 0.5, 1 / 3, 1e-7]), [2, 2], 'float32') // [[1, 0.5], [0.3333, 1e-7]]
 */
export const showArray = (data: TypedArray, shape: Shape, dtype: DType, options: ShowOptions = {}): string => {
  const { precision = 4, threshold = 1000, lineWidth = 75 } = options
  const texts = gather(data, shape, data.length > threshold, (x) => showElement(x, dtype, precision))
  const line = flat(texts)
  return line.length <= lineWidth || typeof texts === 'string' ? line : aligned(texts, lineWidth)
}
