import { dataUri, png } from './png.js'

/** The colours of numbers below and above zero; the nearer to zero, the more transparent. */
export const NEGATIVE: readonly [number, number, number] = [37, 99, 235]
export const POSITIVE: readonly [number, number, number] = [220, 68, 20]

/** An image that carries its own bytes, its size, and the number that its strongest colours stand for. */
export interface Picture {
  readonly uri: string
  readonly width: number
  readonly height: number
  readonly scale: number
}

/** The value that all but a few in a thousand stay below in size, so that an outlier does not fade the rest. */
const robust = (values: Float32Array): number => {
  const sizes = Float32Array.from(values, Math.abs).filter(Number.isFinite).sort()
  return sizes.length === 0 ? 0 : sizes[Math.floor((sizes.length - 1) * 0.997)]
}

/** Levels of opacity: few enough that the image packs well. */
const LEVELS = 48

const paint = (pixels: Uint8Array, pixel: number, value: number, scale: number): void => {
  const share = scale > 0 && Number.isFinite(value) ? Math.min(1, Math.abs(value) / scale) : 0
  pixels.set(value < 0 ? NEGATIVE : POSITIVE, 4 * pixel)
  pixels[4 * pixel + 3] = Math.round((Math.round(share * LEVELS) / LEVELS) * 255)
}

/** What draws a matrix of weights as one small image per column. */
export interface Filters {
  /** Row-major, a row for every pixel of the input and a column for every unit. */
  readonly weights: Float32Array
  readonly rows: number
  readonly cols: number
  readonly units: number
}

/** The filters side by side on one scale, a transparent pixel between them. */
export const filterSheet = ({ weights, rows, cols, units }: Filters, perRow = 16): Picture => {
  const across = Math.min(perRow, units)
  const down = Math.ceil(units / across)
  const width = across * (cols + 1) - 1
  const height = down * (rows + 1) - 1
  const pixels = new Uint8Array(width * height * 4)
  const scale = robust(weights)
  for (let unit = 0; unit < units; unit++) {
    const top = Math.floor(unit / across) * (rows + 1)
    const left = (unit % across) * (cols + 1)
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < cols; x++) {
        paint(pixels, (top + y) * width + left + x, weights[(y * cols + x) * units + unit], scale)
      }
    }
  }
  return { uri: dataUri(png(pixels, width, height, 4)), width, height, scale }
}

/** A field of values between 0 and 1 with the colours of their distance from one half. */
export const surface = (values: Float32Array, side: number): Picture => {
  const pixels = new Uint8Array(side * side * 4)
  for (let i = 0; i < side * side; i++) paint(pixels, i, values[i] - 0.5, 0.5)
  return { uri: dataUri(png(pixels, side, side, 4)), width: side, height: side, scale: 1 }
}

/** Ink on transparent paper: 0 is paper, 255 is ink. */
export const drawing = (image: Uint8Array, rows: number, cols: number): Picture => {
  const pixels = new Uint8Array(rows * cols * 2)
  for (let i = 0; i < rows * cols; i++) pixels[2 * i + 1] = image[i]
  return { uri: dataUri(png(pixels, cols, rows, 2)), width: cols, height: rows, scale: 255 }
}
