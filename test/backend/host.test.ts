import { describe, expect, test } from 'vitest'
import { planned } from '../../src/backend/plan.js'
import { compile, type Executable } from '../../src/backend/wasm/runtime/executable.js'
import { Heap } from '../../src/backend/wasm/runtime/heap.js'
import type { NdArray } from '../../src/core/array.js'
import { debug, grad, jit, lax, np, pureCallback, random, ShapeStruct, tree, vmap } from '../../src/index.js'
import { stage } from '../../src/ir/stage.js'
import * as linalg from '../../src/linalg/index.js'
import { f32, noiseLike } from '../support/arrays.js'
import { close } from '../support/close.js'
import { interpreted } from '../support/interpreted.js'

/*
 * What modules do not do themselves they call JavaScript for, in the order of the program.
 */

type Fn = (...xs: NdArray[]) => unknown
type Pair = readonly [NdArray, NdArray]

/** A function that tells of its calls, and the values it was called with. */
const spy = (): { readonly seen: unknown[]; readonly tell: (label: string, ...xs: readonly NdArray[]) => void } => {
  const seen: unknown[] = []
  return { seen, tell: (label, ...xs) => debug.callback((...values: readonly NdArray[]) => seen.push([label, ...values.map((x) => x.toList())]), ...xs) }
}

const half = pureCallback((x: NdArray) => x.item() / 2, new ShapeStruct([]))

/** Programs with effects, of a number and a vector. */
const told: Readonly<Record<string, (tell: ReturnType<typeof spy>['tell']) => Fn>> = {
  'one after the other': (tell) => (x, v) => {
    tell('first', x)
    const y = np.sum(np.square(v))
    tell('second', y, v)
    tell('first', x)
    return np.add(x, y)
  },
  'without results': (tell) => (x) => {
    tell('alone', np.sqrt(x))
    return []
  },
  'in a scan': (tell) => (x, v) => lax.scan((c: NdArray, y: NdArray) => {
    tell('step', c, y)
    return [np.add(c, y), np.mul(c, 2)] as const
  }, x, v),
  'in a scan that hands nothing on': (tell) => (_, v) => lax.scan((c: null, y: NdArray) => {
    tell('row', y)
    return [c, null] as const
  }, null, v),
  'in a scan backwards, within a scan': (tell) => (x, v) => lax.scan((c: NdArray) => {
    tell('outer', c)
    return lax.scan((d: NdArray, y: NdArray) => {
      tell('inner', d)
      return [np.add(d, y), null] as const
    }, c, v, { reverse: true })
  }, x, null, { length: 2 })[0],
  'in a while, in its test too': (tell) => (x) => lax.whileLoop((c: NdArray) => {
    tell('test', c)
    return np.less(c, 4)
  }, (c: NdArray) => {
    tell('body', c)
    return np.add(c, 1)
  }, x),
  'in the branch that is taken': (tell) => (x, v) => lax.scan((c: NdArray, y: NdArray) => [lax.cond(np.greater(y, 0), (a: NdArray) => {
    tell('positive', a, y)
    return np.add(a, 1)
  }, (a: NdArray) => {
    tell('negative', a, y)
    return a
  }, c), null] as const, x, v)[0],
  'for each example': (tell) => (x, v) => vmap((y: NdArray) => {
    tell('example', x, y)
    return np.mul(x, y)
  })(v),
  'under a derivative': (tell) => (x, v) => grad((y: NdArray) => lax.scan((c: NdArray, z: NdArray) => {
    tell('forward', c)
    return [np.mul(np.mul(c, c), z), null] as const
  }, y, v)[0])(x),
  'among calls for a result': (tell) => (x) => {
    const y = half(np.add(x, 1))
    tell('halved', y)
    return half(half(y))
  }
}

describe('effects', () => {
  test.each(Object.entries(told))('%s: as without a compiler', (_, program) => {
    const [a, b] = [spy(), spy()]
    const args = [f32(1), f32([0.5, -0.25, 2])]
    const expected = interpreted(() => jit(program(a.tell))(...args))
    const f = jit(program(b.tell))
    for (let run = 1; run <= 3; run++) {
      const got = f(...args)
      expect(b.seen.length).toBe(run * a.seen.length)
      expect(JSON.stringify(got)).toBe(JSON.stringify(expected))
    }
    expect(b.seen).toEqual([...a.seen, ...a.seen, ...a.seen])
    expect(f.lower(...args).cost().host).toBeGreaterThan(0)
  })

  test('loops around them are loops of the module', () => {
    const { tell } = spy()
    const step = (c: NdArray): Pair => {
      tell('', c)
      return [np.add(half(c), 1), c]
    }
    const { kernels, cost } = jit((x: NdArray) => lax.scan(step, x, null, { length: 5 })).lower(f32(1)).schedule()
    expect(kernels.map(({ kind }) => kind)).toEqual(['scan'])
    expect(kernels[0].within[0][1].map(({ kind, name }) => `${kind} ${name}`)).toEqual(['host debug_callback', 'host pure_callback', expect.stringMatching(/^nest/)])
    expect([cost.kernels, cost.host]).toEqual([1, 2])
  })
})

describe('what callbacks keep', () => {
  test('does not change when the program runs on', () => {
    const kept: NdArray[] = []
    const f = jit((x: NdArray) => lax.scan((c: NdArray) => {
      debug.callback((y: NdArray) => kept.push(y, ...y), c)
      return [np.add(c, 1), null] as const
    }, x, null, { length: 3 })[0])
    for (const n of [2, 1000]) {
      kept.length = 0
      f(np.zeros([n]))
      f(np.full([n], 10))
      const starts = [0, 1, 2, 10, 11, 12].flatMap((value) => [value, ...Array.from({ length: n }, () => value)])
      expect(kept.map((x) => (x.ndim === 0 ? x.item() : x.toTypedArray()[n - 1]))).toEqual(starts)
    }
  })

  test('may be returned, with other arrays of its own', () => {
    const same = pureCallback((x: NdArray) => x, new ShapeStruct([3]))
    const fixed = f32([7, 8, 9])
    const mine = pureCallback(() => fixed, new ShapeStruct([3]))
    const [a, b] = jit((x: NdArray) => [same(np.add(x, 1)), mine()])(f32([1, 2, 3]))
    expect([a.toList(), b.toList(), fixed.toList()]).toEqual([[2, 3, 4], [7, 8, 9], [7, 8, 9]])
  })
})

describe('programs within callbacks', () => {
  test('may be the program that calls', () => {
    const factorial: (n: NdArray) => NdArray = jit((n: NdArray) => lax.cond(np.lessEqual(n, 1), () => np.array(1),
      (m: NdArray) => np.mul(m, pureCallback((k: NdArray) => factorial(k), new ShapeStruct([]))(np.subtract(m, 1))), n))
    for (let k = 0; k < 3; k++) expect(factorial(f32(6)).item()).toBe(720)
    // with arguments, results and an arena too large for the frame
    const sums: (x: NdArray) => NdArray = jit((x: NdArray) => {
      const y = np.matmul(x, x)
      const inner = pureCallback((z: NdArray) => {
        const depth = Math.round(z.toTypedArray()[0])
        return depth === 0 ? np.zeros([80, 80]) : sums(np.full([80, 80], depth - 1))
      }, new ShapeStruct([80, 80]))(x)
      return np.add(np.add(inner, y), x)
    })
    const plain = (depth: number): number => (depth === 0 ? 0 : plain(depth - 1)) + 80 * depth * depth + depth
    expect(sums(np.full([80, 80], 4)).toTypedArray().every((value) => value === plain(4))).toBe(true)
  })

  /** A program with one callback, for a heap of its own. */
  const alone = (f: (...xs: readonly NdArray[]) => NdArray, args: readonly NdArray[], heap: Heap): Executable => {
    const { jaxpr } = stage((xs) => [f(...xs)], args.map((x) => x.aval))
    return compile(planned(jaxpr).segment, { heap, who: 'jit(test)' })
  }

  test('may fill the memory, let it grow, and give back what the caller reads', () => {
    const heap = new Heap(96) // pages
    const x = noiseLike({ shape: [65536], dtype: 'float32' }, 1)
    const before = x.toTypedArray()
    const double = alone((y) => np.mul(y, 2), [x], heap)
    let calls = 0
    const outer = alone((y) => {
      const during = pureCallback((z: NdArray) => {
        calls++
        const results: NdArray[] = [z]
        for (let i = 0; i < 40; i++) results.push(double([results[i]])[0]) // 10 MiB of 6 MiB that there are
        return results.slice(1).reduce((sum, each) => sum + each.size, 0)
      }, new ShapeStruct([]))(np.exp(y))
      return np.add(np.mul(y, 3), during)
    }, [x], heap)
    for (let k = 0; k < 3; k++) {
      const got = outer([x])[0].toTypedArray()
      expect(got.every((value, i) => value === Math.fround(Math.fround(before[i] * 3) + 40 * 65536))).toBe(true)
    }
    expect(calls).toBe(3)
    expect(x.toTypedArray()).toEqual(before)
  })

  test('may donate what the caller reads', () => {
    const x = noiseLike({ shape: [5000], dtype: 'float32' }, 2)
    const expected = x.toTypedArray().map((value) => Math.fround(value * 2))
    const eater = jit.with({ donate: [0] })((y: NdArray) => np.add(y, 1))
    const f = jit((y: NdArray) => {
      debug.callback(() => {
        eater(x)
        for (let i = 0; i < 5; i++) jit((z: NdArray) => np.full([5000], z))(f32(i))
      })
      return np.mul(y, 2)
    })
    const resident = jit((y: NdArray) => np.mul(y, 1))
    resident(x)
    expect(f(x).toTypedArray()).toEqual(expected)
    expect(() => x.toList()).toThrow('donated')
  })
})

describe('errors', () => {
  test('pass through the module as they are, and leave nothing behind', () => {
    const mine = new RangeError('mine')
    let fail = true
    const inner = (x: NdArray): NdArray => lax.scan((c: NdArray, y: NdArray) => [lax.cond(np.greater(y, 1), (a: NdArray) => {
      debug.callback(() => {
        if (fail) throw mine
      })
      return a
    }, np.sin, np.add(c, y)), c] as const, np.zeros([]), x)[0]
    const heap = new Heap(64)
    const x = noiseLike({ shape: [3000], dtype: 'float32' }, 3)
    const big = np.where(np.equal(np.arange(3000), 2000), 5, x)
    const { jaxpr, captured } = stage(([y]) => [inner(y), np.exp(y)], [big.aval])
    const run = compile(planned(jaxpr).segment, { heap, who: 'jit(test)' })
    const caught = (): unknown => {
      try {
        run([...captured, big])
      } catch (error) {
        return error
      }
      return undefined
    }
    expect(caught()).toBe(mine)
    const { taken } = heap
    for (let i = 0; i < 50; i++) expect(caught()).toBe(mine)
    expect(heap.taken).toBe(taken)
    fail = false
    const [got] = run([...captured, big])
    expect(got.item()).toBe(interpreted(() => inner(big)).item())
  })

  test('of a program within are those of the program without', () => {
    const inner = jit((y: NdArray) => pureCallback((_: NdArray): number => {
      throw new SyntaxError('deep')
    }, new ShapeStruct([]))(y))
    const f = jit((x: NdArray) => pureCallback((y: NdArray) => inner(y), new ShapeStruct([]))(x))
    expect(() => f(f32(1))).toThrow(new SyntaxError('deep'))
  })
})

describe('operations without a kernel of their own', () => {
  const matrix = (n: number): NdArray => {
    const a = random.normal(random.key(n), [n, n], { dtype: 'float64' })
    return np.add(np.matmul(a, np.transpose(a)), np.eye(n, { dtype: 'float64' }))
  }
  const [a, b] = [matrix(5), random.normal(random.key(1), [5, 3], { dtype: 'float64' })]

  const programs: Readonly<Record<string, Fn>> = {
    factors: () => [linalg.qr(a), linalg.eigh(a), linalg.svd(a)],
    solutions: () => [linalg.lstsq(a, b), linalg.pinv(a)],
    'in a loop': () => lax.scan((c: NdArray) => [linalg.qr(np.add(c, a))[1], np.sum(c)] as const, a, null, { length: 4 }),
    'with derivatives': () => grad((m: NdArray) => np.sum(np.sin(linalg.eigvalsh(np.add(m, np.transpose(m))))))(a),
    'of all examples': () => vmap((v: NdArray) => linalg.lstsq(a, v)[0], { in: 1 })(b)
  }

  test.each(Object.entries(programs))('%s', (_, program) => {
    const expected = tree.leaves(interpreted(() => program()))
    tree.leaves(jit(program)()).forEach((x, i) => close(`result ${i}`, x as NdArray, expected[i] as NdArray, 1e-10)) // all are arrays
  })
})
