import { readFileSync } from 'node:fs'
import { isArray } from '../../src/array/ndarray.js'
import type { NdArray } from '../../src/core/array.js'
import type { DType } from '../../src/core/dtype.js'
import * as linalg from '../../src/linalg/index.js'
import * as np from '../../src/numpy/index.js'
import { show } from '../support/arrays.js'
import { golden } from '../support/golden.js'

/** What golden cases of this layer have: some arguments are lists of arrays, and some results. */
export interface Case {
  readonly name: string
  readonly fn: string
  readonly args: readonly (NdArray | readonly NdArray[])[]
  readonly params?: Readonly<Record<string, unknown>>
  readonly out: NdArray | readonly NdArray[]
  readonly tol?: { readonly ulp?: number; readonly abs?: number; readonly rel?: number }
  readonly ulp?: number
  readonly cotangent?: NdArray
  readonly tangents?: readonly NdArray[]
  readonly jvp?: NdArray
  readonly grad?: readonly NdArray[]
}

/** The cases of a topic, `Infinity` among the params included. */
export const cases = (topic: string): readonly Case[] => golden<never>(topic) // more general than its type

interface Raw {
  readonly name: string
  readonly fn: string
  readonly args: readonly (readonly [DType, boolean])[]
  readonly out: readonly [DType, boolean]
}

/** The table of promotion, which has no arrays. */
export const promotions = (): readonly Raw[] =>
  JSON.parse(readFileSync(new URL('../golden/promotion.json', import.meta.url), 'utf8')) as readonly Raw[] // our own file

const spacing = (x: number, dtype: DType): number =>
  2 ** (Math.floor(Math.log2(Math.max(Math.abs(x), 1e-300))) - (dtype === 'float32' ? 23 : 52))

const agree = (what: string, got: NdArray, expected: NdArray, tol: Case['tol']): void => {
  const fail = (): never => {
    throw new Error(`${what}: got ${show(got)} where ${show(expected)} is expected`)
  }
  if (got.dtype !== expected.dtype || got.shape.join() !== expected.shape.join()) fail()
  const [a, b] = [got.toTypedArray(), expected.toTypedArray()]
  const { ulp = 0, abs = 0, rel = 0 } = tol ?? {}
  a.forEach((x, i) => {
    if (Object.is(x, b[i]) || x === b[i]) return
    if (!(Math.abs(x - b[i]) <= abs + rel * Math.abs(b[i]) + ulp * spacing(b[i], got.dtype))) fail()
  })
}

/** Throws unless the result is the golden one, within its tolerance. */
export const check = (what: string, got: NdArray | readonly NdArray[], expected: NdArray | readonly NdArray[], tol: Case['tol']): void => {
  const [a, b] = [got, expected].map((x) => (isArray(x) ? [x] : x))
  if (a.length !== b.length) throw new Error(`${what}: got ${a.length} arrays where ${b.length} are expected`)
  a.forEach((x, i) => agree(what, x, b[i], tol))
}

type Args = readonly never[]
type Params = Readonly<Record<string, never>>

/** How a golden case calls our function, where not simply `np.<name>(...args, params)`. */
const calls: Readonly<Record<string, (args: Args, params: Params) => NdArray | readonly NdArray[]>> = {
  einsum: (args, { subscripts }) => np.einsum(subscripts, ...args),
  split: ([x], { indicesOrSections, ...rest }) => np.split(x, indicesOrSections, rest),
  arraySplit: ([x], { indicesOrSections }) => np.arraySplit(x, indicesOrSections),
  hstack: ([list]) => np.hstack(list),
  vstack: ([list]) => np.vstack(list),
  dstack: ([list]) => np.dstack(list),
  columnStack: ([list]) => np.columnStack(list),
  pad: ([x], { padWidth, ...rest }) => np.pad(x, padWidth, rest),
  repeat: ([x, counts], { repeats, ...rest }) => np.repeat(x, repeats ?? (np.asArray(counts).toList() as number[]), rest),
  tile: ([x], { reps }) => np.tile(x, reps),
  roll: ([x], { shift, ...rest }) => np.roll(x, shift, rest),
  moveaxis: ([x], { source, destination }) => np.moveaxis(x, source, destination),
  swapaxes: ([x], { axis1, axis2 }) => np.swapaxes(x, axis1, axis2),
  transpose: ([x], { axes }) => np.transpose(x, axes),
  reshape: ([x], { shape }) => np.reshape(x, shape),
  squeeze: ([x], { axis }) => np.squeeze(x, axis),
  expandDims: ([x], { axis }) => np.expandDims(x, axis),
  broadcastTo: ([x], { shape }) => np.broadcastTo(x, shape),
  linspace: (_, { start, stop, num, ...rest }) => np.linspace(start, stop, num, rest),
  logspace: (_, { start, stop, num, ...rest }) => np.logspace(start, stop, num, rest),
  geomspace: (_, { start, stop, num, ...rest }) => np.geomspace(start, stop, num, rest),
  meshgrid: (args, params) => np.meshgrid(args, params),
  eye: (_, { N, M, ...rest }) => np.eye(N, M, rest),
  tri: (_, { N }) => np.tri(N),
  ones: (_, { shape }) => np.ones(shape),
  average: ([x, weights], params) => np.average(x, { weights, ...(params as np.ReduceOptions) }),
  quantile: ([x, some], { q, ...rest }) => np.quantile(x, q ?? some, rest),
  percentile: ([x], { q, ...rest }) => np.percentile(x, q, rest),
  histogram: ([x, edges], { bins }) => np.histogram(x, { bins: bins ?? edges }),
  select: ([conditions, choices], params) => np.select(conditions, choices, params),
  vander: ([x], { N }) => np.vander(x, { n: N }),
  clip: ([x], { min, max }) => np.clip(x, min, max)
}

/** Numbers made from numbers are float32 here, and int32 there. */
const numbers: Readonly<Record<string, (params: Params, dtype: DType) => NdArray>> = {
  arange: ({ bounds }, dtype) => np.arange(...(bounds as [number, number, number]), { dtype }),
  full: ({ shape, fillValue }, dtype) => np.full(shape, fillValue, { dtype })
}

type AnyFunction = (...args: readonly unknown[]) => NdArray

/** The function of a golden case, over its arrays. */
export const functionOf = ({ fn, params = {}, out }: Case): ((...args: Case['args']) => NdArray | readonly NdArray[]) => {
  const name = fn.replace('numpy.', '')
  // norm(x, ord=None) is norm(x)
  const given = Object.fromEntries(Object.entries(params).filter(([key, value]) => key !== 'ord' || value !== null)
    .map(([key, value]) => [key, value === 'Infinity' ? Infinity : value])) as Params // of any type
  if (name in numbers) return () => numbers[name](given, (out as NdArray).dtype)
  if (name in calls) return (...args) => calls[name](args as Args, given)
  const f = (name === 'linalg.norm' ? linalg.norm : np[name as keyof typeof np]) as AnyFunction // named at run time
  return (...args) => f(...args, ...(Object.keys(given).length === 0 ? [] : [given]))
}
