import { describe, expect, test } from 'vitest'
import { jvp, lax, vjp, type NdArray } from '../../src/index.js'
import { i32 } from '../support/arrays.js'
import { close } from '../support/close.js'
import { golden } from '../support/golden.js'
import { ways } from '../support/ways.js'

interface Params {
  readonly axes?: readonly number[]
  readonly axis?: number
  readonly dimension?: number
  readonly k?: number
}

type Arrays = readonly NdArray[]
type Many = NdArray | readonly (NdArray | null)[]

interface Tie {
  readonly name: string
  readonly fn: string
  readonly args: readonly NdArray[]
  readonly params?: Params
  readonly out: Many
  readonly tangents: readonly NdArray[]
  readonly jvp: Many
  readonly cotangent: Many
  readonly grad: readonly NdArray[]
}

const functions: Readonly<Record<string, (params: Params) => (...xs: readonly NdArray[]) => NdArray | readonly NdArray[]>> = {
  reduceMax: ({ axes = [] }) => (x) => lax.reduceMax(x, axes),
  reduceMin: ({ axes = [] }) => (x) => lax.reduceMin(x, axes),
  cumsum: ({ axis }) => (x) => lax.cumsum(x, axis),
  cumprod: ({ axis }) => (x) => lax.cumprod(x, axis),
  cummax: ({ axis }) => (x) => lax.cummax(x, axis),
  cummin: ({ axis }) => (x) => lax.cummin(x, axis),
  cumlogsumexp: ({ axis }) => (x) => lax.cumlogsumexp(x, axis),
  sort: ({ dimension }) => (x) => lax.sort(x, dimension),
  topK: ({ k = 1 }) => (x) => lax.topK(x, k),
  selectN: () => (...cases) => lax.selectN(i32([0, 1, 2, 0]), ...cases)
}

const isList = (x: unknown): x is readonly (NdArray | null)[] => Array.isArray(x)

const listed = (x: Many): readonly (NdArray | null)[] => (isList(x) ? x : [x])

describe('at ties JAX agrees on', () => {
  const cases = (golden('kinks') as unknown as readonly Tie[]).filter(({ fn }) => functions[fn.slice(4)] !== undefined) // with its tangents

  const bothWays = cases.flatMap((each) => ways.map(([how, run]) => [each.name, how, each, run] as const))

  test('every function of the table', () => {
    expect([...new Set(cases.map(({ fn }) => fn.slice(4)))].sort()).toEqual(Object.keys(functions).sort())
  })

  test.for(bothWays)('%s, %s', ([, , tie, run]) => {
    const apply = functions[tie.fn.slice(4)](tie.params ?? {})
    const f = (...xs: readonly NdArray[]): readonly NdArray[] => {
      const out = apply(...xs)
      return Array.isArray(out) ? (out as readonly NdArray[]) : [out as NdArray] // one array or several
    }
    const check = (what: string, got: readonly NdArray[], want: Many): void => {
      listed(want).forEach((each, i) => {
        if (each !== null) close(`${what} ${i}`, got[i], each, 1e-14)
      })
    }
    const [values, slopes] = run((xs: Arrays, dxs: Arrays) => jvp(f)(xs, dxs))(tie.args, tie.tangents)
    check('value', values, tie.out)
    check('tangent', slopes, tie.jvp)
    const pull = run((xs: Arrays, cts: readonly (NdArray | null)[]) => {
      const [outs, pullback] = vjp(f)(...xs)
      return pullback(outs.map((out, i) => cts[i] ?? lax.zerosLike(out)))
    })
    check('cotangent', pull(tie.args, listed(tie.cotangent)), tie.grad)
  })
})
