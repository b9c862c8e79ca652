import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import type { FloatDType } from '../../src/core/dtype.js'
import type { Shape } from '../../src/core/shape.js'
import * as lax from '../../src/lax/index.js'
import * as linalg from '../../src/linalg/index.js'
import { initializers } from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { vjp } from '../../src/transform/reverse.js'
import { allClose } from '../support/close.js'
import { golden } from '../support/golden.js'
import { ways } from '../support/ways.js'

interface Case {
  readonly name: string
  readonly fn: string
  readonly args: readonly NdArray[]
  readonly params: Readonly<Record<string, unknown>>
  readonly out: readonly NdArray[]
  readonly cotangents: readonly NdArray[] | null
  readonly grad: readonly NdArray[] | null
  readonly tolerance: number
}

const cases = golden<never>('decompositions') as unknown as readonly Case[] // what make_decompositions.py says that it writes

/** 1, 2, … for the last axis. */
const weights = (x: NdArray): NdArray => np.arange(1, x.shape[x.ndim - 1] + 1, { dtype: x.dtype })

/** What of the results does not depend on arbitrary signs and bases. */
const functions: Readonly<Record<string, (args: readonly NdArray[], params: Case['params']) => readonly NdArray[]>> = {
  qr: ([a]) => linalg.qr(a),
  eigh: ([a]) => {
    const [w, v] = linalg.eigh(a)
    return [w, np.matmul(np.multiply(v, weights(w)), np.matrixTranspose(v))]
  },
  eigvalsh: ([a]) => [linalg.eigvalsh(a)],
  svd: ([a]) => {
    const [u, s, vt] = linalg.svd(a, { fullMatrices: false })
    return [s, np.matmul(np.multiply(u, weights(s)), vt)]
  },
  svdvals: ([a]) => [linalg.svdvals(a)],
  singular: ([a]) => [linalg.svdvals(a)],
  lstsq: ([a, b], params) => {
    const [x, residuals, rank, s] = linalg.lstsq(a, b, params)
    return [x, residuals, s, lax.convertElementType(rank, a.dtype)]
  },
  pinv: ([a], params) => [linalg.pinv(a, params)],
  matrixRank: ([a], params) => [linalg.matrixRank(a, params)],
  cond: ([a], params) => [linalg.cond(a, params)],
  norm: ([a], params) => [linalg.norm(a, params)]
}

const named = (list: readonly Case[]): readonly (readonly [string, Case])[] => list.map((each) => [each.name, each])
const ofMatrices = cases.filter(({ fn }) => !fn.startsWith('nn.'))

const functionOf = ({ fn, params }: Case) => {
  const given = Object.fromEntries(Object.entries(params).map(([key, value]) => [key, typeof value === 'string' && value.endsWith('Infinity') ? Number(value) : value]))
  return (...args: readonly NdArray[]): readonly NdArray[] => functions[fn](args, given)
}

describe.each(ways)('values are those of LAPACK, %s', (_, run) => {
  test.each(named(ofMatrices.filter(({ fn }) => fn !== 'singular')))('%s', (name, each) => {
    allClose(name, run(functionOf(each))(...each.args), each.out, each.tolerance)
  })
})

describe.each(ways)('derivatives are those of JAX, %s', (_, run) => {
  test.each(named(ofMatrices.filter(({ grad }) => grad !== null)))('%s', (name, each) => {
    const pull = run((xs: readonly NdArray[], cts: readonly NdArray[]) => vjp(functionOf(each))(...xs)[1](cts))
    allClose(name, pull(each.args, each.cotangents ?? []), each.grad ?? [], each.tolerance)
  })
})

describe.each(ways)('small singular values are as accurate as great ones, %s', (_, run) => {
  test.each(named(cases.filter(({ fn }) => fn === 'singular')))('%s', (__, each) => {
    const [values] = run(functionOf(each))(...each.args)
    const expected = each.out[0].toTypedArray()
    expect(Math.max(...expected) / Math.min(...expected)).toBeGreaterThan(1e12)
    values.toTypedArray().forEach((value, i) => {
      expect(Math.abs(value / expected[i] - 1)).toBeLessThan(each.tolerance)
    })
  })
})

interface InitializerParams {
  readonly shape: Shape
  readonly dtype: FloatDType
  readonly axis: number
  readonly scale: number
}

describe.each(ways)('initialisers draw as JAX, %s', (_, run) => {
  test.each(named(cases.filter(({ fn }) => fn.startsWith('nn.'))))('%s', (name, each) => {
    const { shape, dtype, axis, scale } = each.params as unknown as InitializerParams // of these cases
    const make = each.fn === 'nn.orthogonal' ? initializers.orthogonal : initializers.deltaOrthogonal
    allClose(name, [run(make(scale, axis)(shape, dtype))(random.key(7))], each.out, each.tolerance)
  })
})
