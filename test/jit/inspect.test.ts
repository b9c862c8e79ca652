import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { check, debug, grad, jit, lax, nn, np, profile, random, ShapeStruct, vmap, type NdArray } from '../../src/index.js'
import { f32, i32 } from '../support/arrays.js'

/*
 * What jit shows of itself: programs, kernels, costs, why it traces, and where the time goes.
 */

type Fn = (...xs: NdArray[]) => unknown

const floats = (...shape: readonly number[]): ShapeStruct => new ShapeStruct(shape)

const scanned = (steps: number): Fn => (h, w) =>
  lax.scan((c: NdArray) => [np.matmul(c, w), null] as const, h, null, { length: steps })[0]

const recurrent: Fn = (start, x) => lax.scan((c: NdArray, y: NdArray) => [np.tanh(np.add(c, y)), null] as const, start, x)

const doubling: Fn = (x) => lax.whileLoop((y: NdArray) => np.less(np.sum(y), 100), (y: NdArray) => np.mul(y, 2), x)

interface Row {
  readonly f: Fn
  readonly args: readonly ShapeStruct[]
  /** Operations, bytes read and written, as one counts them by hand. */
  readonly flops: number
  readonly reads: number
  readonly writes: number
  readonly kernels: number
}

const rows: readonly (readonly [string, Row])[] = [
  ['a map', { f: (x) => np.mul(np.sin(x), 2), args: [floats(10, 20)], flops: 400, reads: 800, writes: 800, kernels: 1 }],
  ['a broadcast is read once', { f: (x, y) => np.add(x, y), args: [floats(10, 20), floats(20)], flops: 200, reads: 880, writes: 800, kernels: 1 }],
  ['a sum', { f: (x) => np.sum(x), args: [floats(100)], flops: 100, reads: 400, writes: 4, kernels: 1 }],
  ['what does not depend on a counter counts once', {
    f: (x, y) => np.mul(x, np.expandDims(np.sqrt(y), 1)), args: [floats(10, 20), floats(10)], flops: 210, reads: 840, writes: 800, kernels: 1
  }],
  ['a slice reads what it keeps', { f: (x) => np.add(lax.sliceInDim(x, 0, 5), 1), args: [floats(100)], flops: 5, reads: 20, writes: 20, kernels: 1 }],
  ['a product', {
    f: (x, y) => np.matmul(x, y), args: [floats(8, 16), floats(16, 32)], flops: 2 * 8 * 16 * 32, reads: 4 * (8 * 16 + 16 * 32), writes: 4 * 8 * 32, kernels: 1
  }],
  ['a batch of products', {
    f: (x, y) => np.matmul(x, y), args: [floats(3, 8, 16), floats(3, 16, 32)], flops: 3 * 2 * 8 * 16 * 32, reads: 12 * (8 * 16 + 16 * 32),
    writes: 12 * 8 * 32, kernels: 1
  }],
  ['a scan has the work of all its steps', {
    f: scanned(10), args: [floats(4, 4), floats(4, 4)], flops: 10 * 2 * 64, reads: 10 * 2 * 64, writes: 10 * 64, kernels: 1
  }]
]

describe('schedules and costs', () => {
  test.each(rows)('%s', (_, { f, args, ...expected }) => {
    const lowered = jit(f).lower(...args)
    const { flops, reads, writes, kernels, host, argumentBytes } = lowered.cost()
    expect({ flops, reads, writes, kernels }).toEqual(expected)
    expect([host, argumentBytes]).toEqual([0, args.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0)])
    expect(lowered.schedule().kernels.length).toBe(kernels)
  })

  test('programs within programs are indented below the loops that they are in', () => {
    const text = String(jit(recurrent).lower(floats(8), floats(50, 8)).schedule())
    expect(text).toMatch(/^1 +scan +50 steps/m)
    expect(text).toMatch(/^ {2}step$/m)
    expect(text).toMatch(/^ {2}1\.1 +tanh.* 8 +add tanh +16 FLOP/m)
    const loop = String(jit(doubling).lower(floats(4)).schedule())
    expect(loop).toMatch(/while +\? steps[^]*^ {2}test$[^]*sum \| lt[^]*^ {2}step$[^]*mul/m)
  })

  test('calls of JavaScript are shown as such', () => {
    const f = jit((x: NdArray) => np.sum(lax.sort(debugged(x))))
    const outline = f.lower(f32([3, 1, 2])).schedule()
    expect(outline.cost.host).toBe(1)
    expect(outline.kernels.filter(({ kind }) => kind === 'host').map(({ name }) => name)).toEqual(['debug_callback'])
    expect(String(outline)).toMatch(/\d kernels, 1 in JavaScript, [^]*host: debug_callback/)
  })

  test('the largest buffers are there to be looked at', () => {
    const { buffers } = jit((x: NdArray) => np.matmul(np.exp(np.matmul(x, x)), x)).lower(floats(16, 16)).schedule()
    expect(buffers[0]).toBe(4 * 16 * 16)
    expect(buffers.toSorted((a, b) => b - a)).toEqual(buffers)
  })
})

const debugged = (x: NdArray): NdArray => {
  debug.callback(() => undefined, x)
  return x
}

describe('ahead of time', () => {
  const counting = (): { readonly f: (x: NdArray) => NdArray; readonly count: () => number } => {
    let count = 0
    return { f: (x) => (count++, np.mul(np.sort(x), 2)), count: () => count }
  }

  test.each<[string, (f: ReturnType<typeof jit<(x: NdArray) => NdArray>>) => unknown]>([
    ['compile', (f) => f.lower(floats(3)).compile()],
    ['compileAsync', (f) => f.lower(floats(3)).compileAsync()],
    ['of an array', (f) => f.lower(f32([1, 2, 3])).compile()]
  ])('%s: calls find the program', async (_, prepare) => {
    const { f, count } = counting()
    const jitted = jit(f)
    expect(await prepare(jitted)).toBe(jitted)
    expect(jitted.explainCacheMiss(f32([1, 2, 3]))).toContain('nothing is traced')
    expect(jitted(f32([3, 1, 2])).toList()).toEqual([2, 4, 6])
    expect(count()).toBe(1)
  })

  test('the program before the passes, after them, and as it is compiled', () => {
    const inner = jit((x: NdArray) => np.sin(x))
    const lowered = jit((x: NdArray) => {
      np.cos(x)
      return np.add(inner(x), inner(x))
    }).lower(floats(3))
    const names = (stage?: 'traced' | 'simplified' | 'compiled'): readonly string[] => lowered.jaxpr(stage).eqns.map(({ primitive }) => primitive.name)
    expect(names('traced')).toEqual(['cos', 'jit', 'jit', 'add'])
    expect(names()).toEqual(['jit', 'add'])
    expect(names('compiled')).toEqual(['sin', 'add'])
    expect(() => lowered.jaxpr('lowered' as 'traced')).toThrow("jaxpr: expected 'traced', 'simplified' or 'compiled', got \"lowered\"")
  })

  test('programs with checks are not compiled, but can be looked at', async () => {
    const lowered = jit((x: NdArray) => {
      check(np.all(np.greater(x, 0)), 'positive')
      return np.log(x)
    }, { name: 'checked' }).lower(floats(3))
    const refusal = 'jit(checked): expected a program without checks'
    expect(() => lowered.compile()).toThrow(refusal)
    await expect(lowered.compileAsync()).rejects.toThrow(refusal)
    expect(String(lowered.schedule())).toContain('host: check[assertion="positive"')
  })

  test('what does not trace does not lower', () => {
    expect(() => jit((x: NdArray) => np.zeros([x.item()])).lower(floats())).toThrow('item(): expected a concrete array')
    expect(() => jit((p: { m: Date }) => p).lower({ m: new Date() })).toThrow('an instance of Date at arguments[0].m')
    const double = jit((x: NdArray) => np.mul(x, 2)) as (x: unknown) => NdArray // callers without types pass anything
    expect(() => double(floats(3))).toThrow(
      'jit: expected arrays (lower, makeJaxpr and evalShape are content with types), got the type float32[3] at arguments[0]')
  })
})

describe('why a call is traced', () => {
  const f = jit.with({ static: [1], name: 'f' })((p: unknown, mode: unknown, x: NdArray) => [p, np.mul(x, mode === 'double' ? 2 : 1)])
  const options = { a: 1 }
  f({ w: f32([1, 2]), b: f32(0) }, 'double', f32([1]))
  f({ w: f32([1, 2]), b: f32(0) }, options, f32([1]))

  test.each<[string, readonly [unknown, unknown, NdArray | ShapeStruct], string]>([
    ['another shape', [{ w: f32([1, 2, 3]), b: f32(0) }, 'double', f32([1])], '  arguments[0].w: float32[3], was float32[2]'],
    ['another dtype', [{ w: f32([1, 2]), b: f32(0) }, 'double', i32([1])], '  arguments[2]: int32[1], was float32[1]'],
    ['a bare number', [{ w: f32([1, 2]), b: 0 }, 'double', f32([1])], '  arguments[0].b: float32[] (a bare number), was float32[]'],
    ['several types', [{ w: i32([1, 2]), b: f32([0]) }, 'double', f32([1])],
      '  arguments[0].b: float32[1], was float32[]\n  arguments[0].w: int32[2], was float32[2]'],
    ['a field more', [{ w: f32([1, 2]), b: f32(0), c: f32(0) }, 'double', f32([1])], '  arguments[0].c: *, was nothing'],
    ['another structure', [[f32([1, 2]), f32(0)], 'double', f32([1])], '  arguments[0]: [*, *], was { b: *, w: * }'],
    ['another static value', [{ w: f32([1, 2]), b: f32(0) }, 'triple', f32([1])], '  static argument 1: "triple", was { a }'],
    ['a static value like the last', [{ w: f32([1, 2]), b: f32(0) }, { a: 1 }, f32([1])],
      '  static argument 1: { a }, was another one like it (static values are compared by identity)'],
    ['a type in place of an array', [{ w: f32([1, 2]), b: f32(0) }, options, new ShapeStruct([2])], '  arguments[2]: float32[2], was float32[1]']
  ])('%s', (_, args, expected) => {
    expect(f.explainCacheMiss(...args as Parameters<typeof f>))
      .toBe(`jit(f): these arguments need a program of their own; the nearest of 2 programs that were traced differs in\n${expected}`)
  })

  test('nothing yet, and nothing at all', () => {
    const g = jit((x: NdArray) => x, { name: 'g' })
    expect(g.explainCacheMiss(f32(1))).toBe('jit(g): nothing has been traced yet')
    g(f32(1))
    expect(g.explainCacheMiss(f32(5))).toBe('jit(g): there is a program for these arguments, nothing is traced')
    expect(g.explainCacheMiss(f32([5]))).toMatch(/the program that was traced differs in\n {2}arguments\[0\]: float32\[1\], was float32\[\]/)
  })

  test('a value that is gone', () => {
    let kept = f32(1)
    const g = jit((x: NdArray) => np.mul(x, kept))
    grad((x: NdArray) => {
      kept = x
      return g(x)
    })(f32(2))
    expect(g.explainCacheMiss(f32(1))).toContain('belongs to a transform that has returned')
  })
})

describe('tracing again and again', () => {
  let found: string[] = []
  let before: debug.WarningSink
  beforeEach(() => {
    found = []
  })
  beforeAll(() => {
    before = debug.warnings((message) => found.push(message))
  })
  afterAll(() => {
    debug.warnings(before)
  })

  const times = (n: number, f: (i: number) => unknown): void => {
    for (let i = 0; i < n; i++) f(i)
  }
  const scaled = (): ((x: NdArray, n: unknown) => NdArray) => jit.with({ static: [1], name: 'scaled' })((x: NdArray, n: unknown) => np.mul(x, n as number))
  const plain = (): ((x: NdArray) => NdArray) => jit((x: NdArray) => np.mul(x, 2), { name: 'plain' })

  test.each<[string, () => void, RegExp]>([
    ['a static argument that changes', () => {
      const f = scaled()
      times(50, (i) => f(f32(1), i))
    }, /^jit\(scaled\): traced 8 times in a row.*\(static argument 1: 7, was 6\); pass what changes as an array or a number/],
    ['a static object made each time', () => {
      const f = jit.with({ static: [1], name: 'made' })((x: NdArray, o: { readonly by: number }) => np.mul(x, o.by))
      times(50, () => f(f32(1), { by: 2 }))
    }, /^jit\(made\): traced 8 times.*compared by identity/],
    ['a fresh closure each time', () => times(50, (i) => jit((x: NdArray) => np.mul(x, i), { name: 'fresh' })(f32(1))),
      /^jit\(fresh\): 8 functions with this source were jitted.*call jit once, outside of the loop/],
    ['structures without end', () => {
      const f = jit((xs: readonly NdArray[]) => xs.map((x) => np.mul(x, 2)), { name: 'history' })
      times(100, (i) => f(Array.from({ length: i + 1 }, () => f32(i))))
    }, /^jit\(history\): traced 32 times in a row.*\(arguments\[0\]\[31\]: \*, was nothing\); pass the same fields and lists of the same length/],
    ['shapes without end', () => {
      const f = plain()
      times(100, (i) => f(np.zeros([i])))
    }, /^jit\(plain\): traced 32 times in a row.*\(arguments\[0\]: float32\[31\], was float32\[30\]\); pad/]
  ])('%s: one warning', (_, loop, message) => {
    loop()
    expect(found).toEqual([expect.stringMatching(message)])
  })

  test.each<[string, () => void]>([
    ['numbers that change', () => {
      const f = plain()
      times(50, (i) => (f as (x: unknown) => unknown)(i))
    }],
    ['a few shapes, used again', () => {
      const f = plain()
      times(3, () => times(20, (i) => f(np.zeros([i]))))
    }],
    ['a few static values, used again', () => {
      const f = scaled()
      times(10, () => times(7, (i) => f(f32(1), i)))
    }],
    ['new static values among old ones', () => {
      const f = scaled()
      f(f32(1), 0)
      times(20, (i) => [f(f32(1), i), f(f32(1), 0)])
    }],
    ['functions of one source within a program', () => jit((x: NdArray) => {
      let y = x
      times(20, (i) => (y = jit((z: NdArray) => np.mul(z, i))(y)))
      return y
    })(f32(1))],
    ['under a transform', () => {
      const f = scaled()
      times(20, (i) => vmap((x: NdArray) => f(x, i))(f32([1, 2])))
    }]
  ])('%s: no warning', (_, loop) => {
    loop()
    expect(found).toEqual([])
  })
})

describe('profiles', () => {
  const x = random.normal(random.key(0), [64, 64])
  const step = jit((y: NdArray) => nn.softmax(np.matmul(y, y)), { name: 'step' })

  test('every kernel, as often as it runs, and programs for what is left', () => {
    const { lines, ms } = profile(step, { warmup: 1, runs: 4 })(x)
    const { kernels } = step.lower(x).cost()
    expect(lines.filter(({ kind }) => kind === 'kernel').length).toBe(kernels)
    expect(lines.filter(({ kind }) => kind === 'program').map(({ name }) => name)).toEqual(['jit(step)'])
    expect(lines.map(({ calls }) => calls)).toEqual(lines.map(() => 4))
    expect(lines.find(({ name }) => name === 'dot_general')?.flops).toBe(2 * 64 ** 3)
    expect(lines.reduce((sum, line) => sum + line.ms, 0)).toBeCloseTo(ms, 9)
    expect(lines.every((line) => line.ms >= 0)).toBe(true)
    expect(lines.toSorted((a, b) => b.ms - a.ms)).toEqual(lines)
  })

  test('kernels within loops are named by them, and run at every step', () => {
    const f = jit((y: NdArray) => scanned(10)(y, y))
    const { lines } = profile.with({ warmup: 0, runs: 2 })(f)(x)
    expect(lines.find(({ name }) => name === 'scan › dot_general')?.calls).toBe(20)
    expect(lines.find(({ name }) => name === 'scan')).toMatchObject({ calls: 2, flops: 0 })
  })

  test('calls of JavaScript, and operations by themselves', () => {
    const f = (y: NdArray): NdArray => {
      np.add(np.ones([200, 200]), 1)
      return jit(debugged)(y)
    }
    const { lines } = profile(f, { warmup: 0, runs: 1 })(x)
    expect(lines.map(({ kind, name }) => `${kind} ${name}`)).toEqual(expect.arrayContaining(['host debug_callback', 'program add', 'kernel add']))
  })

  test('donate nothing, and change nothing', () => {
    const update = jit.with({ donate: [0] })((y: NdArray) => np.mul(y, 2))
    const y = f32([1, 2])
    const results: unknown[] = []
    profile((z: NdArray) => results.push(update(z).toList()))(y)
    expect(results).toEqual(Array.from({ length: 5 }, () => [2, 4]))
    expect(y.toList()).toEqual([1, 2])
    update(y)
    expect(() => y.toList()).toThrow('donated')
  })

  test('as a table, and as a flame chart: what is within something is within its time', () => {
    const found = profile(step, { warmup: 1, runs: 3 })(x)
    expect(String(found)).toMatch(/^kernel +loops +calls +ms +share +GFLOP\/s +GB\/s\n─/)
    expect(String(found)).toMatch(/^dot_general +64×64 \[64\] +3 +\d+\.\d{3} +\d+\.\d %/m)
    const { traceEvents } = JSON.parse(found.toTrace()) as { readonly traceEvents: readonly { name: string; ph: string; ts: number; dur: number }[] }
    const programs = traceEvents.filter(({ name }) => name === 'jit(step)')
    expect(programs.length).toBe(3)
    for (const { name, ph, ts, dur } of traceEvents) {
      expect(ph).toBe('X')
      if (name === 'jit(step)') continue
      expect(programs.filter((p) => p.ts <= ts && ts + dur <= p.ts + p.dur + 1e-6).length).toBe(1)
    }
    expect(Math.min(...traceEvents.map(({ ts }) => ts))).toBe(0)
  })

  test('a flame chart is in the trace event format, in microseconds', () => {
    const before = performance.now()
    const found = profile(step, { warmup: 1, runs: 3 })(x)
    const most = 1000 * (performance.now() - before)
    const chart = JSON.parse(found.toTrace()) as { readonly traceEvents: readonly Readonly<Record<string, unknown>>[]; readonly displayTimeUnit: string }
    expect(chart.displayTimeUnit).toBe('ms')
    for (const event of chart.traceEvents) {
      expect(event).toEqual({
        name: expect.any(String), cat: expect.stringMatching(/^(kernel|program|interpreted)$/), ph: 'X', ts: expect.any(Number), dur: expect.any(Number),
        pid: expect.any(Number), tid: expect.any(Number), args: { loops: expect.any(String) }
      })
      expect(event['ts']).toBeGreaterThanOrEqual(0)
      expect((event['ts'] as number) + (event['dur'] as number)).toBeLessThanOrEqual(most)
    }
    const whole = chart.traceEvents.filter(({ cat }) => cat === 'program').reduce((sum, { dur }) => sum + (dur as number), 0)
    expect(whole / 1000).toBeCloseTo(found.ms, 6) // what is within a program is part of its time
  })

  test('of no programs say so, and promises are refused', () => {
    expect(String(profile((y: NdArray) => np.sin(y))(f32([1])))).toMatch(/^no program ran: only jitted functions/)
    const slow = async (y: NdArray): Promise<NdArray> => Promise.resolve(np.sin(y))
    expect(() => profile(slow)(f32([1]))).toThrow('profile: expected a function that has run when it returns, got one that returns a promise')
  })

  test('goes on after an error, and takes no odd options', () => {
    let fail = true
    const f = (y: NdArray): NdArray => {
      if (fail) throw new Error('mine')
      return step(y)
    }
    expect(() => profile(f)(x)).toThrow('mine')
    fail = false
    expect(profile(f)(x).lines.length).toBeGreaterThan(0)
    expect(() => profile(f, { times: 3 } as object)).toThrow('the unknown option "times"')
    expect(() => profile(f, { runs: 0 })).toThrow('profile: expected a positive number of runs, got 0')
    expect(() => profile(f, { warmup: -1 })).toThrow('profile: expected a natural number of runs to warm up, got -1')
  })
})
