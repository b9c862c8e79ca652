import type { Point, Stroke } from './styles.js'
import { STYLES } from './styles.js'
import type { Uniform } from './uniform.js'
import { bell, between, mix, permutation, uniform } from './uniform.js'

/** Side of an image in pixels. */
export const SIDE = 28

const PIXELS = SIDE * SIDE

/** Grey images, 784 bytes each, with the digit that each one shows. */
export interface Drawings {
  readonly images: Uint8Array
  readonly labels: Uint8Array
  readonly count: number
}

/** Straight pieces into which a smooth curve falls between two of its points. */
const PIECES = 6

/** A cubic through p1 and p2 whose slopes there look at p0 and p3 (Catmull and Rom, 1974), at t in [0, 1]. */
const spline = (p0: number, p1: number, p2: number, p3: number, t: number): number =>
  p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))

const flatten = ({ smooth, points }: Stroke): readonly Point[] => {
  if (!smooth) return points
  const at = (i: number): Point => points[Math.min(Math.max(i, 0), points.length - 1)]
  const path: Point[] = [points[0]]
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)]
    for (let k = 1; k <= PIECES; k++) {
      path.push([spline(a[0], b[0], c[0], d[0], k / PIECES), spline(a[1], b[1], c[1], d[1], k / PIECES)])
    }
  }
  return path
}

/** A hand: where it puts the points of the unit square, in pixels. */
type Hand = (point: Point) => Point

/** A random affine map about the middle of the image, after a random slow wave. */
const hand = (next: Uniform): Hand => {
  const turn = 0.14 * bell(next)
  const shear = 0.18 * bell(next)
  const height = between(next, 17, 21.5)
  const width = height * between(next, 0.7, 1.05)
  const dx = SIDE / 2 + 0.75 * bell(next)
  const dy = SIDE / 2 + 0.75 * bell(next)
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const wave = [0.022 * bell(next), 0.022 * bell(next)]
  const phase = [between(next, 0, 2 * Math.PI), between(next, 0, 2 * Math.PI)]
  return ([px, py]) => {
    const u = px - 0.5 + wave[0] * Math.sin(5 * py + phase[0])
    const v = py - 0.5 + wave[1] * Math.sin(5 * px + phase[1])
    const x = width * (u - shear * v)
    const y = height * v
    return [dx + cos * x - sin * y, dy + sin * x + cos * y]
  }
}

/**
 * Raises the coverage of every pixel near the segment from `a` to `b` to what a round pen of radius `ra`
 * to `rb` leaves there: one inside, zero outside, a ramp one pixel wide between.
 */
const ink = (coverage: Float32Array, a: Point, b: Point, ra: number, rb: number): void => {
  const [ax, ay] = a
  const ux = b[0] - ax
  const uy = b[1] - ay
  const length2 = ux * ux + uy * uy
  const reach = Math.max(ra, rb) + 0.5
  const left = Math.max(0, Math.floor(Math.min(ax, b[0]) - reach))
  const right = Math.min(SIDE - 1, Math.ceil(Math.max(ax, b[0]) + reach))
  const top = Math.max(0, Math.floor(Math.min(ay, b[1]) - reach))
  const bottom = Math.min(SIDE - 1, Math.ceil(Math.max(ay, b[1]) + reach))
  for (let row = top; row <= bottom; row++) {
    for (let col = left; col <= right; col++) {
      const x = col + 0.5 - ax
      const y = row + 0.5 - ay
      const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, (x * ux + y * uy) / length2))
      const ex = x - t * ux
      const ey = y - t * uy
      const covered = ra + t * (rb - ra) + 0.5 - Math.sqrt(ex * ex + ey * ey)
      const i = row * SIDE + col
      if (covered > coverage[i]) coverage[i] = Math.min(1, covered)
    }
  }
}

const render = (label: number, next: Uniform, image: Uint8Array): void => {
  const styles = STYLES[label]
  const style = styles[Math.floor(next() * styles.length)]
  const place = hand(next)
  const unsteady = between(next, 0.01, 0.035)
  const pen = between(next, 0.75, 1.75)
  const coverage = new Float32Array(PIXELS)
  for (const { smooth, points } of style) {
    const moved = points.map(([x, y]): Point => [x + unsteady * bell(next), y + unsteady * bell(next)])
    const path = flatten({ smooth, points: moved }).map(place)
    const [start, end] = [pen * between(next, 0.75, 1.15), pen * between(next, 0.65, 1.1)]
    for (let i = 0; i + 1 < path.length; i++) {
      const radius = (k: number): number => start + ((end - start) * k) / (path.length - 1)
      ink(coverage, path[i], path[i + 1], radius(i), radius(i + 1))
    }
  }
  const full = between(next, 190, 255)
  const grain = between(next, 3, 18)
  for (let i = 0; i < PIXELS; i++) {
    image[i] = Math.min(255, Math.max(0, Math.round(full * coverage[i] + grain * bell(next))))
  }
}

/**
 * A 28×28 grey image (0 is paper, 255 is ink) of a digit as a hand might write it: a style of the digit
 * chosen at random, its points jittered, the whole turned, sheared, stretched, bent and moved, drawn by an
 * anti-aliased round pen whose pressure changes along the stroke, with noise on top. The same label and
 * seed give the same bytes.
 */
export const draw = (label: number, seed: number): Uint8Array => {
  if (!(label in STYLES)) throw new RangeError(`draw: expected a digit from 0 to 9, got ${label}`)
  const image = new Uint8Array(PIXELS)
  render(label, uniform(mix(seed, label)), image)
  return image
}

/**
 * `count` drawings. Every ten in a row show the ten digits in an order of their own, so any stretch is
 * balanced, and a longer set of the same seed begins with the shorter one.
 */
export const dataset = (count: number, seed: number): Drawings => {
  const images = new Uint8Array(count * PIXELS)
  const labels = new Uint8Array(count)
  for (let first = 0; first < count; first += 10) {
    const order = permutation(uniform(mix(seed, ~first)), 10)
    for (let i = first; i < Math.min(first + 10, count); i++) {
      labels[i] = order[i - first]
      render(labels[i], uniform(mix(seed, i)), images.subarray(i * PIXELS, (i + 1) * PIXELS))
    }
  }
  return { images, labels, count }
}
