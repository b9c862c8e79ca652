import { describe, expect, test } from 'vitest'
import { nans, NonFiniteError, print, sink } from '../../src/control/effects/debug.js'
import * as lax from '../../src/control/index.js'
import { ArgumentError, grad, jit, jvp, makeJaxpr, np, TracerError, valueAndGrad, vmap, type NdArray } from '../../src/index.js'
import { close } from '../support/close.js'

/** What a function throws. */
const thrown = (f: () => unknown): NonFiniteError => {
  try {
    f()
  } catch (error) {
    if (error instanceof NonFiniteError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The line of this file on which it is called. */
const here = (): number => Number(/nans\.test\.ts:(\d+)/.exec((new Error().stack ?? '').split('\n')[2])?.[1])

const pair = (x: NdArray, y: NdArray): readonly [NdArray, NdArray] => [x, y]

interface Params {
  readonly layers: readonly { readonly w: NdArray; readonly b: NdArray }[]
  readonly scale: NdArray
}

const params: Params = {
  layers: [{ w: np.array([1, 2]), b: np.array([0, 0]) }, { w: np.array([3, 4]), b: np.array([0, 0]) }],
  scale: np.array(1)
}

/** The line of the logarithm below. */
const logarithm = here() + 3
const loss = (p: Params, x: NdArray): NdArray => {
  const hidden = p.layers.reduce((h, { w, b }) => np.add(np.multiply(h, w), b), x)
  const logs = np.log(hidden)
  return np.multiply(np.sum(logs), p.scale)
}

/** The line of the root below: its derivative at zero is infinite, and zero times that is NaN. */
const root = here() + 2
const distance = (p: Params, x: NdArray): NdArray => {
  const norm = np.sqrt(np.sum(np.square(np.multiply(p.layers[0].w, x))))
  return np.multiply(norm, p.scale)
}

describe('debug.nans', () => {
  test('gives what the function gives, if that is finite', () => {
    const x = np.array([1, 2])
    for (const f of [loss, jit(loss), (p: Params, y: NdArray) => grad(loss)(p, y).layers[1].w]) {
      close('value', nans(f)(params, x), f(params, x), 0)
    }
    const [value, gradient] = nans(valueAndGrad(loss))(params, x)
    close('value', value, loss(params, x), 0)
    close('gradient', gradient.layers[0].w, grad(loss)(params, x).layers[0].w, 0)
    expect(nans.with({ infinity: false })(loss)(params, x).item()).toBe(loss(params, x).item())
  })

  test('stops at the first NaN, and says where it came up', () => {
    const error = thrown(() => nans(loss)(params, np.array([1, -1])))
    expect(error.primitive).toBe('log')
    expect(error.source).toMatch(new RegExp(`nans\\.test\\.ts:${logarithm}:\\d+$`))
    expect(error.paths).toEqual([
      'arguments[0].layers[1].b', 'arguments[0].layers[1].w', 'arguments[0].layers[0].b', 'arguments[1]', 'arguments[0].layers[0].w'
    ])
    const program = makeJaxpr(loss)(params, np.array([1, -1]))
    expect(program.eqns[error.equation[0]].primitive.name).toBe('log')
    expect(program.toString()).toContain(error.line)
    expect(error.message).toMatch(/^debug\.nans: expected finite values, got nan in f32\[2\] from equation 4, \w:f32\[2\] = log \w, traced in .*:\d+:\d+, /)
    expect(error.message).toMatch(/descending from the value at arguments\[0\]\.layers\[1\]\.b, .*, …$/)
  })

  test('on the way back too', () => {
    const error = thrown(() => nans(grad(distance), { infinity: false })(params, np.array([0, 0])))
    expect(error.primitive).toBe('mul')
    expect(error.source).toMatch(new RegExp(`nans\\.test\\.ts:${root}:\\d+ \\(backward\\)$`))
    const program = makeJaxpr(grad(distance))(params, np.array([0, 0]))
    expect(program.toString()).toContain(error.line)
  })

  test('at infinities, unless told to let them pass', () => {
    const x = np.array([0, 0])
    expect(thrown(() => nans(grad(distance))(params, x)).message).toContain('got inf in f32[]')
    expect(thrown(() => nans(loss)(params, x)).primitive).toBe('log')
    expect(nans(loss, { infinity: false })(params, x).item()).toBe(-Infinity)
  })

  test('prefers the arguments that are not finite themselves', () => {
    const bad: Params = { ...params, layers: [params.layers[0], { w: np.array([NaN, 1]), b: np.array([0, 0]) }] }
    const error = thrown(() => nans(jit(grad(loss)))(bad, np.array([1, 1])))
    expect(error.paths).toEqual(['arguments[0].layers[1].w'])
    expect(error.message).toMatch(/, descending from the nan at arguments\[0\]\.layers\[1\]\.w$/)
  })

  test('within jit, however often it was traced before', () => {
    const inner = jit((x: NdArray) => np.log(x), { name: 'inner' })
    const line = here() - 1
    const f = jit((x: NdArray) => np.multiply(inner(np.subtract(x, 2)), 2))
    f(np.array(3))
    const error = thrown(() => nans(f)(np.array(1)))
    expect(error.primitive).toBe('log')
    expect(error.equation).toEqual([0, 1, 0])
    expect(error.message).toContain('from equation 0 (jit), equation 1 (jit), equation 0, b:f32[] = log a')
    expect(error.source).toContain(`nans.test.ts:${line}:`)
    expect(error.paths).toEqual(['arguments[0]'])
    const back = thrown(() => nans(grad((x: NdArray) => inner(np.square(x))), { infinity: false })(np.array(0)))
    expect(back.source).toMatch(/nans\.test\.ts:\d+:\d+ \(backward\)$/)
  })

  test('within vmap, loops and branches', () => {
    const line = here() + 1
    const f = (x: NdArray): NdArray => np.sqrt(x)
    const expectLine = (error: NonFiniteError): void => {
      expect(error.primitive).toBe('sqrt')
      expect(error.source).toContain(`nans.test.ts:${line}:`)
    }
    expectLine(thrown(() => nans(vmap(f))(np.array([1, -1]))))
    const scanned = (c: NdArray, xs: NdArray, unused: NdArray): NdArray =>
      np.add(lax.scan((sum: NdArray, x: NdArray) => [np.add(sum, f(x)), null], c, xs)[0], unused)
    const inScan = thrown(() => nans(scanned)(np.array(0), np.array([1, 4, -1]), np.array(1)))
    expectLine(inScan)
    expect(inScan.equation).toEqual([0, 0])
    expect(inScan.message).toContain('equation 0 (scan, run 3), equation 0, ')
    expect(inScan.paths).toEqual(['arguments[1]'])
    const carried = (c: NdArray, step: NdArray): NdArray =>
      lax.whileLoop(([i]) => np.less(i, 3), ([i, x]) => pair(np.add(i, 1), f(np.subtract(x, step))), pair(np.array(0), c))[1]
    const inWhile = thrown(() => nans(carried)(np.array(2), np.array(1)))
    expectLine(inWhile)
    expect(inWhile.paths.toSorted()).toEqual(['arguments[0]', 'arguments[1]'])
    const branched = (x: NdArray): NdArray => lax.cond(np.less(x, 0), f, np.sin, x)
    expectLine(thrown(() => nans(branched)(np.array(-1))))
    expect(nans(branched)(np.array(1)).item()).toBeCloseTo(Math.sin(1))
    const absolute = (x: NdArray): NdArray => f(np.square(x))
    const summed = (xs: NdArray): NdArray => lax.scan((sum: NdArray, x: NdArray) => [np.add(sum, absolute(x)), null], np.array(0), xs)[0]
    const back = thrown(() => nans(grad(summed), { infinity: false })(np.array([1, 0, 2])))
    expect(back.message).toContain('(scan, run 2)')
    expect(back.source).toMatch(/\(backward\)$/)
    expect(back.paths).toEqual(['arguments[0]'])
  })

  test('names arrays that the function closes over', () => {
    const bias = np.array([-1, 1])
    expect(thrown(() => nans((x: NdArray) => np.log(np.add(x, bias)))(np.array([0, 0]))).paths)
      .toEqual(['arguments[0]', 'array 0 that the function closes over'])
    expect(thrown(() => nans(() => np.log(bias))()).paths).toEqual(['array 0 that the function closes over'])
    expect(thrown(() => nans(() => np.log(-1))()).message).toMatch(/:\d+$/)
  })

  test('composes: effects happen once, tangents are watched', () => {
    const lines: string[] = []
    const before = sink((line) => lines.push(line))
    const f = (x: NdArray): NdArray => {
      print('{}', x)
      return np.sqrt(x)
    }
    expect(nans(jit(f))(np.array(4)).item()).toBe(2)
    expect(thrown(() => nans((x: NdArray) => jvp(f)([x], [np.array(0)])[1], { infinity: false })(np.array(0))).primitive).toBe('mul')
    sink(before)
    expect(lines).toEqual(['4', '0'])
  })

  test('is the outermost transform', () => {
    expect(() => jit(nans(np.sin))(np.array(1))).toThrow(TracerError)
    expect(() => grad(nans(np.sin))(np.array(1))).toThrow('debug.nans(grad(f))')
    expect(() => nans(np.sin, { inf: true } as never)).toThrow(ArgumentError)
    expect(() => nans(3 as never)).toThrow(ArgumentError)
  })
})
