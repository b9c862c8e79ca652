import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { allocate, type DType, type FloatDType } from '../../src/core/dtype.js'
import { wrap } from '../../src/array/ndarray.js'
import { mul } from '../../src/lax/elementwise/arithmetic.js'
import { erfInvGiles } from '../../src/lax/elementwise/giles.js'
import * as random from '../../src/random/index.js'
import { ways, type Run } from '../support/ways.js'

interface GoldenArray {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | boolean)[]
}

interface Tolerance {
  readonly ulp?: number
  readonly abs?: number
  readonly rel?: number
}

/** A case of make_random.py or make_distributions.py. */
interface Golden<P> {
  readonly name: string
  readonly fn: string
  readonly partitionable?: boolean
  readonly x64?: boolean
  readonly key: readonly [number, number]
  readonly args?: readonly GoldenArray[]
  readonly params: P
  readonly out: GoldenArray
  readonly bits?: readonly number[]
  readonly tol?: Tolerance
  readonly summary?: { readonly min: number; readonly max: number; readonly wordSum: number }
}

interface Params {
  readonly seed: number
  readonly data: number
  readonly n: number
  readonly shape?: readonly number[]
  readonly dtype: DType
  readonly minval: number
  readonly maxval: number
  readonly lower: number
  readonly upper: number
  readonly p: number
  readonly mode?: 'low' | 'high'
  readonly axis?: number
  readonly independent?: boolean
  readonly replace?: boolean
}

const casesOf = <P>(topic: string): readonly Golden<P>[] =>
  JSON.parse(readFileSync(new URL(`../golden/${topic}.json`, import.meta.url), 'utf8')) as Golden<P>[] // our own files

const arrayFrom = ({ dtype, shape, data }: GoldenArray): NdArray => {
  const elements = allocate(dtype, data.length)
  data.forEach((x, i) => (elements[i] = Number(x)))
  return wrap({ shape, dtype, weak: false }, elements)
}

const keyFrom = (words: readonly number[]): NdArray => arrayFrom({ dtype: 'uint32', shape: [2], data: words })

/** Only what is given: an option that is undefined is left out. */
const given = (options: object): object => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

/** What a case draws for its key and its argument, if it has one. */
const draws = ({ fn, partitionable, params }: Golden<Params>) => (k: NdArray, x?: NdArray): NdArray => {
  const r = partitionable === false ? random.original : random
  const { shape = [], mode, axis, replace, independent } = params
  const dtype = params.dtype as FloatDType // of the case's function
  switch (fn) {
    case 'split': return r.split(k, shape)
    case 'foldIn': return r.foldIn(k, params.data)
    case 'bits': return r.bits(k, shape, { dtype: params.dtype as 'uint8' }) // one of the two
    case 'uniform': return r.uniform(k, shape, given({ dtype, minval: params.minval, maxval: params.maxval }))
    case 'normalOf': return mul(erfInvGiles(x as NdArray), Math.SQRT2) // what normal makes of its uniform numbers
    case 'normal': return r.normal(k, shape, { dtype })
    case 'exponential': return r.exponential(k, shape, { dtype })
    case 'gumbel': return r.gumbel(k, shape, given({ dtype, mode }))
    case 'truncatedNormal': return r.truncatedNormal(k, params.lower, params.upper, shape, { dtype })
    case 'randint': return r.randint(k, shape, params.minval, params.maxval, { dtype: params.dtype })
    case 'bernoulli': return r.bernoulli(k, x ?? params.p, shape)
    case 'permutation': return r.permutation(k, x ?? params.n, given({ axis, independent }))
    case 'choice': return params.n === undefined
      ? r.choice(k, x as NdArray, shape, given({ replace, axis }))
      : r.choice(k, params.n, shape, given({ replace, p: x }))
    case 'categorical': return r.categorical(k, x as NdArray, given({ axis, shape: params.shape, replace, mode }))
    default: throw new Error(`no function ${fn}`)
  }
}

const call = (each: Golden<Params>, run: Run): NdArray => {
  const { fn, partitionable, key, args = [], params } = each
  if (fn === 'key') return run(() => (partitionable === false ? random.original : random).key(params.seed))()
  return run(draws(each))(keyFrom(key), ...args.map(arrayFrom))
}

const wordsOf = (x: NdArray): Uint32Array => {
  const words = new Uint32Array(x.toTypedArray().buffer)
  return x.dtype === 'float64' ? words.map((_, i) => words[i ^ 1]) : words
}

/** How many floats lie between two of the dtype. */
const ulps = (a: number, b: number, dtype: DType): number => {
  const size = Math.max(Math.abs(a), Math.abs(b))
  const exponent = Math.max(Math.floor(Math.log2(size)), -1000)
  return size === 0 ? 0 : Math.abs(a - b) / 2 ** (exponent - (dtype === 'float32' ? 23 : 52))
}

const agrees = (got: NdArray, { out, bits, tol = {} }: Golden<unknown>): void => {
  const { ulp = 0, abs = 0, rel = 0 } = tol
  expect(got.dtype).toBe(out.dtype)
  expect(got.shape).toEqual(out.shape)
  const want = arrayFrom(out).toTypedArray()
  const data = got.toTypedArray()
  if (ulp === 0 && abs === 0 && rel === 0) {
    expect(data).toEqual(want)
    if (bits !== undefined) expect([...wordsOf(got)]).toEqual(bits)
  } else data.forEach((x, i) => {
    const near = ulp > 0 ? ulps(x, want[i], got.dtype) <= ulp : Math.abs(x - want[i]) <= abs + rel * Math.abs(want[i])
    expect(near, `${x} for ${want[i]}`).toBe(true)
  })
}

/** Seeds of more than 32 bits and negative ones are JAX's 64-bit mode's. */
const ours = ({ fn, x64, params }: Golden<Params>): boolean => fn !== 'key' || x64 === true || (params.seed >= 0 && params.seed < 2 ** 32)

describe.each(ways)("JAX's random numbers, %s", (_, run) => {
  const cases = casesOf<Params>('random')

  test.for(cases.filter((c) => c.summary === undefined && ours(c)))('$name', (c) => agrees(call(c, run), c))

  test.for(cases.filter((c) => c.summary !== undefined))('$name', (c) => {
    const got = call(c, run)
    const data = Float64Array.from(got.toTypedArray())
    const { min, max, wordSum } = c.summary ?? { min: 0, max: 0, wordSum: 0 }
    expect(data.reduce((a, b) => Math.min(a, b))).toBeCloseTo(min, 6)
    expect(data.reduce((a, b) => Math.max(a, b))).toBeCloseTo(max, 6)
    expect(wordsOf(got).reduce((a, b) => (a + b) % 2 ** 32)).toBe(wordSum)
  })
})

describe.each(ways)("JAX's distributions, %s", (_, run) => {
  test.for(casesOf<readonly number[]>('distributions'))('$name', (c) => {
    const r = c.partitionable === true ? random : random.original
    const key = keyFrom(c.key)
    const [a, b, d] = c.params
    const shape = c.out.shape
    const samplers: Readonly<Record<string, (k: NdArray) => NdArray>> = {
      laplace: (k) => r.laplace(k, shape),
      logistic: (k) => r.logistic(k, shape),
      cauchy: (k) => r.cauchy(k, shape),
      maxwell: (k) => r.maxwell(k, shape),
      lognormal: (k) => r.lognormal(k, a, shape),
      pareto: (k) => r.pareto(k, a, shape),
      rayleigh: (k) => r.rayleigh(k, a, shape),
      wald: (k) => r.wald(k, a, shape),
      weibullMin: (k) => r.weibullMin(k, a, b, shape),
      triangular: (k) => r.triangular(k, a, b, d, shape),
      geometric: (k) => r.geometric(k, a, shape),
      rademacher: (k) => r.rademacher(k, shape)
    }
    agrees(run(samplers[c.fn])(key), c)
  })
})
