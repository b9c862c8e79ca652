import type { Aval } from '../../core/aval.js'
import { ArgumentError, ShapeError, showPath } from '../../core/errors.js'
import { checkFunction, checkOptions } from '../../core/options.js'
import { bind } from '../../core/trace.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { concatenate } from '../../lax/movement/concatenate.js'
import { reshape } from '../../lax/movement/reshape.js'
import { sliceInDim } from '../../lax/movement/slice.js'
import { arraysOf, type Flat } from '../../transform/boundary.js'
import { vmap } from '../../transform/vmap.js'
import { structure } from '../../tree/pytree.js'
import type { TreeDef } from '../../tree/treedef.js'
import { traceLoop } from './carry.js'
import { scanP } from './scan.js'

export interface ScanOptions {
  /** The number of steps; needed only where there are no slices. */
  readonly length?: number
  /** From the last slice to the first; outputs stay in the places of their inputs. */
  readonly reverse?: boolean
  /** How many steps compiled code may take at a time; 1 by default. Nothing else depends on it. */
  readonly unroll?: number
}

/** `scan(f, start, xs)`. */
export type Scan = <C, X, Y>(
  f: (carry: C, x: X) => readonly [carry: C, y: Y],
  start: C,
  xs: X,
  options?: ScanOptions
) => readonly [carry: C, ys: Y]

const natural = (who: string, name: string, value: number, least: number): number => {
  if (!Number.isSafeInteger(value) || value < least) throw new ArgumentError(who, `an integer ${name} of at least ${least}`, value)
  return value
}

const lengthOf = (who: string, xs: Flat, length: number | undefined): number => {
  const paths = xs.treedef.paths().map((path) => showPath(path, 'xs'))
  xs.arrays.forEach((x, i) => {
    if (x.ndim === 0) throw new ShapeError(who, 'arrays with a leading axis to take slices of', x, paths[i])
  })
  const size = length === undefined ? xs.arrays[0]?.shape[0] : natural(who, 'length', length, 0)
  if (size === undefined) throw new ArgumentError(who, who === 'scan' ? 'slices, or a length' : 'at least one array', 'none')
  if (xs.arrays.some((x) => x.shape[0] !== size)) {
    const list = xs.arrays.map((x, i) => `${paths[i]} has ${x.shape[0]}`).join(', ')
    throw new ShapeError(who, length === undefined ? 'leading axes of one size' : `leading axes of size ${length}`, list)
  }
  return size
}

const sliced = ({ shape, dtype, weak }: Aval): Aval => ({ shape: shape.slice(1), dtype, weak })

/** The body's result is a pair, of which the first is the carry. */
const carryOf = (result: TreeDef): TreeDef => {
  if (result.kind === 'array' && result.children.length === 2) return result.children[0]
  throw new ArgumentError('scan', 'a function that returns a pair [carry, y]', result.toString())
}

/** A scan by a function that calls itself something else. */
export const scanAs = <C, X, Y>(
  who: string,
  f: (carry: C, x: X) => readonly [carry: C, y: Y],
  start: C,
  xs: X,
  options: ScanOptions = {}
): readonly [carry: C, ys: Y] => {
  const [first, slices] = [arraysOf(who, start, ['carry']), arraysOf(who, xs, ['xs'])]
  const length = lengthOf(who, slices, options.length)
  const unroll = natural(who, 'unroll', options.unroll ?? 1, 1)
  const treedef = structure([first.treedef.unflatten(first.arrays), slices.treedef.unflatten(slices.arrays)])
  const types = avalsOf(slices.arrays).map(sliced)
  const { traced, start: carry } = traceLoop({
    who,
    start: first.arrays,
    carry: first.treedef,
    functions: (avals) => [{ f, treedef, avals: [...avals, ...types] }],
    carryOf
  })
  const { jaxprs: [jaxpr], captured, results: [result] } = traced
  const params = { jaxpr, length, reverse: options.reverse ?? false, unroll, constants: captured.length, carries: carry.length }
  const outs = bind(scanP, [...captured, ...carry, ...slices.arrays], params)
  return result.unflatten(outs) as readonly [C, Y] // the body returned such a pair
}

/**
 * A loop over the slices of arrays along their leading axis: each step takes the carry and a slice of `xs` to the next
 * carry and an output; the outputs are stacked. Carry, slices and outputs are trees. The function is traced once, however
 * long the loop. It differentiates in both modes: reverse mode keeps what it needs of each step. JAX's `lax.scan`.
 * Throws TreeError and ShapeError, with paths, for a carry that changes its type and for slices of different lengths.
 *
 * @example
 * const [sum, sums] = lax.scan((total: NdArray, x: NdArray) => [np.add(total, x), np.add(total, x)], np.array(0), np.array([1, 2, 3]))
 * sum // 6
 * sums // [1, 3, 6]
 */
export const scan: Scan = <C, X, Y>(
  f: (carry: C, x: X) => readonly [carry: C, y: Y],
  start: C,
  xs: X,
  options: ScanOptions = {}
): readonly [carry: C, ys: Y] => {
  checkOptions('scan', options, ['length', 'reverse', 'unroll'])
  checkFunction('scan', 'a function of the carry and a slice', f)
  return scanAs('scan', f, start, xs, options)
}

export interface MapOptions {
  /** How many slices to take at a time, as a batch; one by one if not given. */
  readonly batchSize?: number
}

/** `map(f, xs)`. */
export type MapOver = <X, Y>(f: (x: X) => Y, xs: X, options?: MapOptions) => Y

const rowsOf = <X>(xs: X, from: number, to: number): X => {
  const { arrays, treedef } = arraysOf('map', xs, ['xs'])
  return treedef.unflatten(arrays.map((x) => sliceInDim(x, from, to))) as X // slices of a tree have its structure
}

const inBatches = <X, Y>(f: (x: X) => Y, xs: X, length: number, size: number): Y => {
  const whole = Math.floor(length / size)
  const { arrays, treedef } = arraysOf('map', rowsOf(xs, 0, whole * size), ['xs'])
  const batches = treedef.unflatten(arrays.map((x) => reshape(x, [whole, size, ...x.shape.slice(1)]))) as X
  const mapped = arraysOf('map', map(vmap(f), batches), ['result'])
  const flat = mapped.arrays.map((x) => reshape(x, [whole * size, ...x.shape.slice(2)]))
  if (whole * size === length) return mapped.treedef.unflatten(flat) as Y
  const rest = arraysOf('map', vmap(f)(rowsOf(xs, whole * size, length)), ['result'])
  return mapped.treedef.unflatten(flat.map((x, i) => concatenate([x, rest.arrays[i]], 0))) as Y
}

/**
 * The function applied to each slice of the arrays along their leading axis, one after another; the results are stacked. With
 * `{ batchSize }` it takes so many at a time, by vmap: between the memory of a loop and the speed of a batch.
 * JAX's `lax.map`.
 *
 * @example
 * lax.map((x: NdArray) => np.mul(x, x), np.array([1, 2, 3])) // [1, 4, 9]
 */
export const map: MapOver = <X, Y>(f: (x: X) => Y, xs: X, options: MapOptions = {}): Y => {
  checkOptions('map', options, ['batchSize'])
  checkFunction('map', 'a function of a slice', f)
  const length = lengthOf('map', arraysOf('map', xs, ['xs']), undefined)
  if (options.batchSize !== undefined) {
    const size = natural('map', 'batchSize', options.batchSize, 1)
    if (length > 0) return inBatches(f, xs, length, Math.min(size, length))
  }
  return scanAs('map', (_: null, x: X): readonly [null, Y] => [null, f(x)], null, xs)[1]
}
