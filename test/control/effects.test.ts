import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callback, print, sink, type Sink } from '../../src/control/effects/debug.js'
import { pureCallback } from '../../src/control/effects/callback.js'
import * as lax from '../../src/control/index.js'
import { firstCheck } from '../../src/control/effects/check.js'
import { hasEffects } from '../../src/ir/jaxpr.js'
import { cse, dce, fold, simplify } from '../../src/ir/index.js'
import { silent } from '../../src/ir/effects.js'
import {
  ArgumentError, DerivativeError, DTypeError, ShapeError, ShapeStruct, TreeError, grad, hessian, jacfwd, jit, jvp, linearize, makeJaxpr,
  np, valueAndGrad, vjp, vmap, type NdArray
} from '../../src/index.js'

let lines: string[] = []
let before: Sink

beforeEach(() => {
  lines = []
  before = sink((line) => lines.push(line))
})

afterEach(() => {
  sink(before)
})

/** What is printed while it runs. */
const printed = (f: () => unknown): readonly string[] => {
  lines = []
  f()
  return lines
}

const one = np.array(1)
const two = np.array(2)
const three = np.array([1, 2, 3])

const pair = (x: NdArray, y: NdArray): readonly [NdArray, NdArray] => [x, y]

/** Prints before and after it computes. */
const noisy = (x: NdArray): NdArray => {
  print('in {}', x)
  const y = np.multiply(np.sin(x), x)
  print('between')
  const z = np.add(y, x)
  print('out {x}', { x })
  return z
}

const story = (x: number): readonly string[] => [`in ${x}`, 'between', `out ${x}`]

describe('effects happen once, in order', () => {
  const cases: readonly (readonly [name: string, f: (x: NdArray) => unknown])[] = [
    ['eagerly', noisy],
    ['jit', jit(noisy)],
    ['jit of jit', jit((x: NdArray) => jit(noisy)(x))],
    ['grad', grad(noisy)],
    ['valueAndGrad', valueAndGrad(noisy)],
    ['grad of jit', grad(jit(noisy))],
    ['jit of grad', jit(grad(noisy))],
    ['jit of grad of jit', jit(grad(jit(noisy)))],
    ['grad of grad', grad(grad(noisy))],
    ['grad of grad of jit', grad(grad(jit(noisy)))],
    ['jvp', (x) => jvp(noisy)([x], [one])],
    ['jvp of jit', (x) => jvp(jit(noisy))([x], [one])],
    ['jit of jvp', jit((x: NdArray) => jvp(noisy)([x], [x]))],
    ['linearize', (x) => linearize(jit(noisy))(x)[1](one)],
    ['vjp, pulled back twice', (x) => {
      const [, pullback] = vjp(jit(noisy))(x)
      pullback(one)
      pullback(two)
    }],
    ['hessian', hessian(noisy)],
    ['jacfwd of jit', jacfwd(jit(noisy))],
    ['vmap of one', (x) => vmap(noisy)(np.reshape(x, [1]))],
    ['jit of vmap of grad', (x) => jit(vmap(grad(noisy)))(np.reshape(x, [1]))],
    ['vmap of what is not mapped', (x) => vmap(() => noisy(x), { axisSize: 3 })()],
    ['cond', (x) => lax.cond(true, noisy, np.sin, x)],
    ['grad of cond', grad((x: NdArray) => lax.cond(np.greater(x, 0), noisy, np.sin, x))],
    ['jit of grad of cond', jit(grad((x: NdArray) => lax.cond(np.greater(x, 0), noisy, np.sin, x)))],
    ['while', (x) => lax.whileLoop(([i]) => np.less(i, 1), ([i, y]) => pair(np.add(i, 1), noisy(y)), pair(np.array(0), x))],
    ['jvp of while', (x) => jvp((a: NdArray) =>
      lax.whileLoop(([i]) => np.less(i, 1), ([i, y]) => pair(np.add(i, 1), noisy(y)), pair(np.array(0), a))[1])([x], [x])],
    ['linearize of while', (x) => linearize((a: NdArray) =>
      lax.whileLoop(([i]) => np.less(i, 1), ([i, y]) => pair(np.add(i, 1), noisy(y)), pair(np.array(0), a))[1])(x)[1](one)],
    ['scan of one', (x) => lax.scan((c: NdArray, _: NdArray) => [noisy(c), c], x, np.zeros([1]))],
    ['grad of scan of one', grad((x: NdArray) => lax.scan((c: NdArray, _: NdArray) => [noisy(c), null], x, np.zeros([1]))[0])],
    ['unused in jit', jit((x: NdArray) => {
      noisy(x)
      return x
    })]
  ]
  test.each(cases)('%s', (_, f) => {
    expect(printed(() => f(two))).toEqual(story(2))
    expect(printed(() => f(two))).toEqual(story(2))
  })

  test('tracing prints nothing', () => {
    expect(printed(() => makeJaxpr(noisy)(one))).toEqual([])
    expect(printed(() => jit(noisy).lower(one).jaxpr())).toEqual([])
  })

  test('at each run of jit, with the values of that run', () => {
    const f = jit(noisy)
    expect(printed(() => [f(one), f(two), f(one)])).toEqual([...story(1), ...story(2), ...story(1)])
  })

  test('twice if called twice, with the same operands too', () => {
    const f = jit(noisy)
    const twice = (x: NdArray): NdArray => np.add(f(x), f(x))
    for (const g of [twice, jit(twice), grad(twice), jit(grad(twice)), grad(jit(twice)), jit(grad(jit(twice)))]) {
      expect(printed(() => g(two))).toEqual([...story(2), ...story(2)])
    }
  })

  test('under vmap for each example, an operation after the other', () => {
    const expected = [...[1, 2, 3].map((x) => `in ${x}`), 'between', ...[1, 2, 3].map((x) => `out ${x}`)]
    for (const f of [vmap(noisy), jit(vmap(noisy)), vmap(jit(noisy)), vmap(grad(noisy)), grad((xs: NdArray) => np.sum(vmap(noisy)(xs)))]) {
      expect(printed(() => f(three))).toEqual(expected)
    }
  })

  test('under nested vmaps, rows before columns, over any axes', () => {
    const both = (x: NdArray, y: NdArray): NdArray => {
      print('{} {}', x, y)
      return x
    }
    const table = vmap(vmap(both, { in: [null, 0] }), { in: [0, null] })
    expect(printed(() => table(np.array([1, 2]), np.array([3, 4])))).toEqual(['1 3', '1 4', '2 3', '2 4'])
    const [xs, ys] = [np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])]
    expect(printed(() => vmap(vmap(both), { in: 1 })(xs, ys))).toEqual(['1 5', '3 7', '2 6', '4 8'])
  })

  test('in each step of a loop', () => {
    const step = (c: NdArray, x: NdArray): readonly [NdArray, NdArray] => {
      print('{} + {}', c, x)
      return [np.add(c, x), c]
    }
    const sum = (xs: NdArray): NdArray => lax.scan(step, np.array(0), xs)[0]
    const expected = ['0 + 1', '1 + 2', '3 + 3']
    for (const f of [sum, jit(sum), grad(sum), jit(grad(sum)), (xs: NdArray) => jvp(sum)([xs], [xs])]) {
      expect(printed(() => f(three))).toEqual(expected)
    }
    expect(printed(() => lax.scan(step, np.array(0), three, { reverse: true }))).toEqual(['0 + 3', '3 + 2', '5 + 1'])
    expect(printed(() => lax.foriLoop(0, 3, (i, c: NdArray) => {
      print('{}', i)
      return c
    }, one))).toEqual(['0', '1', '2'])
    const rows = np.array([[1, 2], [3, 4]])
    expect(printed(() => vmap(sum)(rows))).toEqual(['0 + 1', '0 + 3', '1 + 2', '3 + 4'])
    const count = (c: NdArray): NdArray => lax.whileLoop((i) => np.less(i, 3), (i: NdArray) => {
      print('{}', i)
      return np.add(i, 1)
    }, c)
    for (const f of [count, jit(count), (x: NdArray) => linearize(count)(x)[1](one)]) expect(printed(() => f(one))).toEqual(['1', '2'])
  })

  test('what does not depend on the loop is not taken out of it', () => {
    const f = (x: NdArray): NdArray => lax.scan((c: NdArray) => {
      print('{}', x)
      return [np.multiply(c, np.sin(x)), null]
    }, x, null, { length: 2 })[0]
    for (const g of [f, jit(f), grad(f), jit(grad(f))]) expect(printed(() => g(two))).toEqual(['2', '2'])
  })

  test('the branch that runs', () => {
    const f = (x: NdArray): NdArray => lax.cond(np.greater(x, 0), (y) => {
      print('positive {}', y)
      return y
    }, (y) => {
      print('negative {}', y)
      return np.negative(y)
    }, x)
    for (const g of [f, jit(f), grad(f), jit(grad(jit(f)))]) {
      expect(printed(() => g(one))).toEqual(['positive 1'])
      expect(printed(() => g(np.array(-1)))).toEqual(['negative -1'])
    }
  })

  test('for the examples of a batch that go there', () => {
    const tell = (name: string) => (x: NdArray): NdArray => {
      print('always')
      return lax.scan((c: NdArray) => [jit(() => {
        print('{} {}', name, x)
        return lax.cond(np.less(x, 3), np.sin, (y) => {
          print('three')
          return y
        }, c)
      })(), null], x, null, { length: 1 })[0]
    }
    const f = (x: NdArray): NdArray => lax.cond(np.greater(x, 0), tell('positive'), tell('negative'), x)
    const expected = ['always', 'always', 'positive 1', 'positive 3', 'three', 'always', 'negative -2']
    const xs = np.array([1, -2, 3])
    for (const g of [vmap(f), jit(vmap(f)), vmap(jit(f)), vmap(grad(f)), grad((a: NdArray) => np.sum(vmap(f)(a)))]) {
      expect(printed(() => g(xs)).toSorted()).toEqual(expected.toSorted())
    }
    const table = vmap(vmap((x: NdArray, y: NdArray) => lax.cond(np.less(x, y), () => {
      print('{} {}', x, y)
      return x
    }, () => y), { in: [null, 0] }), { in: [0, null] })
    expect(printed(() => table(xs, xs))).toEqual(['1 3', '-2 1', '-2 3'])
    const count = (c: NdArray): NdArray => lax.whileLoop((i) => np.less(i, 3), (i: NdArray) => {
      print('{}', i)
      return np.add(i, 1)
    }, c)
    expect(printed(() => vmap(count)(np.array([1, 2, 5])))).toEqual(['1', '2', '2'])
  })

  test('the passes keep them', () => {
    const program = makeJaxpr((x: NdArray) => {
      print('a')
      print('a')
      print('{}', 1)
      jit(noisy)(x)
      return 0
    })(one)
    const effects = (eqns: typeof program.eqns): number => eqns.filter(({ primitive }) => primitive.effectful).length
    for (const pass of [cse, fold, simplify, (p: typeof program) => dce(p).jaxpr]) {
      const after = pass(program)
      expect(effects(after.eqns)).toBe(3)
      expect(hasEffects(after)).toBe(true)
      expect(after.eqns.at(-1)?.primitive.name).toBe('jit')
    }
    expect(hasEffects(silent(program))).toBe(false)
    expect(silent(silent(program))).toBe(silent(program))
    expect(firstCheck(program)).toBeUndefined()
  })
})

describe('debug.callback', () => {
  test('gets trees of arrays with elements', () => {
    const seen: unknown[] = []
    const f = jit((p: { readonly w: NdArray; readonly name: string }, x: NdArray) => {
      callback((q: typeof p, y: NdArray) => seen.push([q.name, q.w.toList(), y.item()]), p, x)
      return x
    })
    f({ w: three, name: 'n' }, two)
    expect(seen).toEqual([['n', [1, 2, 3], 2]])
  })

  test('may use the library itself', () => {
    const seen: number[] = []
    jit((x: NdArray) => {
      callback((y: NdArray) => seen.push(jit(grad(np.square))(y).item()), x)
      return x
    })(three.size === 3 ? two : one)
    expect(seen).toEqual([4])
  })

  test('lets errors pass', () => {
    const f = jit((x: NdArray) => {
      callback(() => {
        throw new RangeError('mine')
      }, x)
      return x
    })
    expect(() => f(one)).toThrow(new RangeError('mine'))
  })

  test('is shown by name', () => {
    expect(String(makeJaxpr((x: NdArray) => {
      callback(function look() { return 0 }, x)
      print('{}', x)
      return x
    })(one))).toBe([
      '{ lambda ; a:f32[]. let',
      '    debug_callback[callback=look guards=0 levels=()] a',
      '    debug_callback[callback=print guards=0 levels=()] a',
      '  in (a,) }'
    ].join('\n'))
  })

  test.each<readonly [string, () => unknown, typeof ArgumentError, string]>([
    ['what is no function', () => callback(3 as never), ArgumentError, 'debug.callback: expected a function to call'],
    ['arguments that are no arrays', () => callback(np.sin as never, { f: np.sin }), ArgumentError, 'at arguments[0].f'],
    ['a sink that is no function', () => sink(3 as never), ArgumentError, 'debug.sink']
  ])('refuses %s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})

describe('debug.print', () => {
  test.each<readonly [string, readonly unknown[], string]>([
    ['{}', [np.array([1.5, 2])], '[1.5, 2]'],
    ['{} {}', [1, true], '1 true'],
    ['{1} {0} {1}', [1, 2], '2 1 2'],
    ['{a} {} {b}', [1, { a: 2, b: [3, 'c', null] }], '2 1 [3, c, null]'],
    ['{{}} {}', [{ b: 1, a: { c: [2] } }], '{} { a: { c: [2] }, b: 1 }'],
    ['nothing { to fill }', [], 'nothing { to fill }']
  ])('%s', (format, values, expected) => {
    expect(printed(() => print(format, ...values))).toEqual([expected])
    expect(printed(() => jit((xs: readonly unknown[]) => {
      print(format, ...xs)
      return 0
    })(values))).toEqual([expected])
  })

  test.each<readonly [string, readonly unknown[], string]>([
    ['{}', [], 'a value for each placeholder of "{}", got 0 values'],
    ['{} {1}', [1], 'a value for each placeholder'],
    ['a', [1], 'a placeholder {} in "a" for each value, got 1 values'],
    ['{a}', [{ b: 1 }], 'a last value with the field a'],
    ['{a}', [1], 'a last value with the field a']
  ])('%s of %j throws', (format, values, message) => {
    expect(() => print(format, ...values)).toThrow(ArgumentError)
    expect(() => print(format, ...values)).toThrow(message)
  })

  test('writes to the console by default', () => {
    sink(before)
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    print('{}', 1)
    expect(log.mock.calls).toEqual([['1']])
    log.mockRestore()
  })
})

describe('pureCallback', () => {
  let calls = 0
  const reversed = pureCallback((x: NdArray) => {
    calls++
    return x.toTypedArray().toReversed()
  }, new ShapeStruct([3]))

  test('computes eagerly, under jit, vmap and in loops', () => {
    expect(reversed(three).toList()).toEqual([3, 2, 1])
    expect(jit(reversed)(three).toList()).toEqual([3, 2, 1])
    const rows = np.array([[1, 2, 3], [4, 5, 6]])
    for (const f of [vmap(reversed), jit(vmap(reversed)), vmap(jit(reversed)), (x: NdArray) => lax.map(reversed, x)]) {
      calls = 0
      expect(f(rows).toList()).toEqual([[3, 2, 1], [6, 5, 4]])
      expect(calls).toBe(2)
    }
    expect(vmap(reversed, { in: 1 })(np.transpose(rows)).toList()).toEqual([[3, 2, 1], [6, 5, 4]])
    const cube = np.reshape(np.arange(12), [2, 2, 3])
    expect(vmap(vmap(reversed))(cube).toList()).toEqual([[[2, 1, 0], [5, 4, 3]], [[8, 7, 6], [11, 10, 9]]])
    expect(vmap(reversed)(np.zeros([0, 3])).shape).toEqual([0, 3])
  })

  test('at each run', () => {
    const f = jit(reversed)
    f(three)
    calls = 0
    f(three)
    f(np.negative(three))
    expect(calls).toBe(2)
  })

  test('takes and returns trees, of any dtype', () => {
    const f = pureCallback(
      (p: { readonly a: NdArray; readonly b: NdArray }) => ({ sum: p.a.item() + p.b.item(), parts: [Int32Array.of(1, 2), true] as const }),
      { sum: new ShapeStruct([], 'float64'), parts: [new ShapeStruct([2], 'int32'), new ShapeStruct([], 'bool')] as const }
    )
    const out = jit(f)({ a: one, b: two })
    expect([out.sum.item(), out.sum.dtype, out.parts[0].toList(), out.parts[1].toList()]).toEqual([3, 'float64', [1, 2], true])
  })

  test('is called once for a batch if it is vectorized', () => {
    let shapes: unknown[] = []
    const f = pureCallback((x: NdArray, y: NdArray) => {
      shapes.push([x.shape, y.shape])
      return np.add(x, y)
    }, new ShapeStruct([]), { vectorized: true })
    expect(f(one, two).item()).toBe(3)
    shapes = []
    expect(vmap(f, { in: [0, null] })(three, one).toList()).toEqual([2, 3, 4])
    const table = jit(vmap(vmap(f, { in: [null, 0] }), { in: [0, null] }))
    expect(table(three, np.array([1, 2])).toList()).toEqual([[2, 3], [3, 4], [4, 5]])
    expect(shapes).toEqual([[[3], [3]], [[3, 2], [3, 2]]])
  })

  test('has the derivative that one gives it elsewhere, and else none', () => {
    const f = (x: NdArray): NdArray => np.sum(reversed(x))
    for (const g of [grad(f), grad(jit(f)), jit(grad(f)), (x: NdArray) => jvp(f)([x], [x])]) {
      expect(() => g(three)).toThrow(DerivativeError)
      expect(() => g(three)).toThrow('customJvp')
    }
    expect(grad((x: NdArray) => np.sum(np.multiply(x, reversed(lax.stopGradient(x)))))(three).toList()).toEqual([3, 2, 1])
  })

  test.each<readonly [string, unknown, typeof ArgumentError, string]>([
    ['another shape', np.zeros([2]), ShapeError, 'pureCallback: expected f32[3], as promised, got float32[2] at result.y'],
    ['another dtype', np.zeros([3], { dtype: 'int32' }), DTypeError, 'expected f32[3], as promised, got int32[3] at result.y'],
    ['a number for an array', 1, ShapeError, 'expected f32[3], as promised'],
    ['another tree', [np.zeros([3])], TreeError, 'the promised result and what the callback returned'],
    ['a promise', Promise.resolve(three), ArgumentError, 'a promise'],
    ['a function', np.sin, ArgumentError, 'at result.y']
  ])('refuses %s', (_, value, type, message) => {
    const f = pureCallback((_x: NdArray) => ({ y: value as NdArray }), { y: new ShapeStruct([3]) })
    for (const g of [f, jit(f)]) {
      expect(() => g(one)).toThrow(type)
      expect(() => g(one)).toThrow(message)
    }
  })

  test('refuses results that are no ShapeStructs, and unknown options', () => {
    expect(() => pureCallback(() => null as never, { a: 3 } as never)).toThrow('a tree of ShapeStructs as result, got 3 at result.a')
    expect(() => pureCallback(() => 1, new ShapeStruct([]), { vectorised: true } as never)).toThrow('vectorised')
  })
})
