import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { check, CheckError } from '../../src/control/effects/check.js'
import { checkify, type CheckifyOptions, type CheckErrors, type CheckFailure } from '../../src/control/checkify/checkify.js'
import * as lax from '../../src/control/index.js'
import { hasEffects } from '../../src/ir/jaxpr.js'
import { check as typecheck } from '../../src/ir/index.js'
import {
  ArgumentError, checkpoint, customJvp, customVjp, DTypeError, grad, jit, jvp, makeJaxpr, np, ShapeError, TracerError, tree, valueAndGrad,
  vmap, type NdArray, type NestedList
} from '../../src/index.js'
import { nestings } from '../laws/nesting.js'
import { numRuns } from '../support/arbitrary.js'
import { close } from '../support/close.js'

const all: CheckifyOptions = { user: true, nan: true, division: true, index: true }

/** The failures of a checkified call. */
const failures = <R>([errors, out]: readonly [CheckErrors, R]): readonly CheckFailure[] =>
  E.match((left: readonly CheckFailure[]) => left, () => [])(checkify.result(errors, out))

const messages = <R>(result: readonly [CheckErrors, R]): readonly string[] => failures(result).map(({ message }) => message)

const int = (x: NestedList): NdArray => np.array(x, { dtype: 'int32' })

const root = (x: NdArray): NdArray => {
  check(np.greaterEqual(x, 0), 'x must not be negative: {}', x)
  check(np.less(x, 100), 'x must be small: {x}', { x })
  return np.sqrt(x)
}

describe('check', () => {
  test('throws where it is evaluated, wherever that is', () => {
    for (const f of [root, grad(root), (x: NdArray) => jvp(root)([x], [x])[1], (x: NdArray) => vmap(root)(np.stack([x, x]))]) {
      f(np.array(4))
      expect(() => f(np.array(-4))).toThrow(CheckError)
      expect(() => f(np.array(-4))).toThrow(/^check: expected its assertions to hold, got "x must not be negative: -4/)
    }
    expect(() => root(np.array(-4))).toThrow(/ in .*checkify\.test\.ts:\d+:\d+"$/)
    expect(() => vmap(vmap(root))(np.array([[1, 2], [-3, 4]]))).toThrow('negative: -3 (example 1, 0)')
    expect(() => check(false, 'never')).toThrow('never')
    check(true, 'always')
  })

  test('does not compile without checkify', () => {
    const nested = (x: NdArray): NdArray => lax.cond(np.less(x, 3), jit(root), np.sin, x)
    const cure = 'a program without checks: make data of them first, as in jit(checkify(f)), got check(…, "x must not be negative: {}") in '
    for (const f of [jit(root), jit(nested), grad(jit(root)), nested, (x: NdArray) => jit(vmap(root))(np.stack([x]))]) {
      expect(() => f(np.array(1))).toThrow(ArgumentError)
      expect(() => f(np.array(1))).toThrow(cure)
    }
    const f = jit(root)
    expect(failures(checkify(f)(np.array(1)))).toEqual([])
    expect(() => f(np.array(1))).toThrow(ArgumentError)
  })

  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['numbers', () => check(np.array(1), 'm'), DTypeError, 'check: expected a boolean scalar as predicate, got float32[]'],
    ['several predicates', () => check(np.array([true]), 'm'), ShapeError, 'np.all'],
    ['other things', () => check(1 as never, 'm'), ArgumentError, 'a boolean scalar'],
    ['values without a place', () => check(true, 'm', 1), ArgumentError, 'a placeholder {} in "m"'],
    ['a message that is no text', () => check(true, 3 as never), ArgumentError, 'a text'],
    ['values that are no arrays', () => check(true, '{}', np.sin), ArgumentError, 'arguments[0]']
  ])('refuses %s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })

  test('shows its message in jaxprs', () => {
    expect(String(makeJaxpr((x: NdArray) => {
      check(np.less(x, 1), 'm {}', x)
      return x
    })(np.array(1)))).toContain('check[assertion="m {}" rank=0] b a\n')
  })
})

describe('checkify', () => {
  test('returns errors and result', () => {
    const [errors, out] = checkify(root)(np.array(-4))
    expect(out.item()).toBeNaN()
    expect(errors.map(({ failed }) => failed.toList())).toEqual([true, false])
    expect(tree.leaves(errors)).toHaveLength(4)
    const [failure] = failures([errors, out])
    expect(failure).toMatchObject({ kind: 'user', message: 'x must not be negative: -4', example: [], steps: [] })
    expect(failure.source).toMatch(/checkify\.test\.ts:\d+:\d+$/)
    expect(checkify.result(...checkify(root)(np.array(4)))).toMatchObject({ _tag: 'Right' })
    expect(checkify.unwrap(...checkify(root)(np.array(4))).item()).toBe(2)
    expect(() => checkify.unwrap(errors, out)).toThrow(CheckError)
    expect(() => checkify.unwrap(errors, out)).toThrow(/^checkify: .*"x must not be negative: -4 in .*"$/)
  })

  test('reports the first failure', () => {
    expect(messages(checkify(root, all)(np.array(-4)))).toEqual(['x must not be negative: -4'])
    expect(messages(checkify(root, { ...all, user: false })(np.array(-4)))).toEqual(['nan from sqrt'])
    expect(messages(checkify(root)(np.array(144)))).toEqual(['x must be small: 144'])
  })

  test('composes with every transform', () => {
    const f = checkify(root, all)
    const xs = np.array([4, -1, 121])
    const expected = ['x must not be negative: -1', 'x must be small: 121']
    const outside = [checkify(vmap(root)), checkify(jit(vmap(root))), jit(checkify(vmap(jit(root)), all))]
    for (const g of [vmap(f), jit(vmap(f)), vmap(jit(f)), ...outside]) {
      const result = g(xs)
      expect(messages(result)).toEqual(expected)
      expect(failures(result).map(({ example }) => example)).toEqual([[1], [2]])
    }
    expect(messages(jit(f)(np.array(-1)))).toEqual([expected[0]])
    expect(messages(checkify(grad(root), all)(np.array(-1)))).toEqual([expected[0]])
    expect(messages(checkify(jit(grad(jit(root))), all)(np.array(-1)))).toEqual([expected[0]])
    expect(messages(vmap(checkify(grad(root)))(xs))).toEqual(expected)
    const gradient = grad.with({ hasAux: true })((x: NdArray) => {
      const [errors, out] = f(x)
      return [out, errors]
    })
    for (const g of [gradient, jit(gradient)]) {
      const [slope, errors] = g(np.array(4))
      expect(slope.item()).toBe(0.25)
      expect(messages([errors, slope])).toEqual([])
      expect(messages([g(np.array(144))[1], slope])).toEqual(['x must be small: 144'])
    }
    expect(messages(checkify((x: NdArray) => checkify(root)(x)[1])(np.array(-1)))).toEqual([])
    expect(() => checkify.unwrap(...vmap(f)(xs))).toThrow(/-1 \(example 1\) in .*; x must be small: 121 \(example 2\) in /)
  })

  test('leaves no check behind, and typechecks', () => {
    const step = (c: NdArray, y: NdArray): readonly [NdArray, NdArray] => [lax.cond(np.less(y, 2), jit(root), np.sin, c), c]
    const loop = (x: NdArray): NdArray => lax.scan(step, x, np.array([1, 2, 3]))[0]
    for (const options of [{}, all, { user: false }]) {
      const program = makeJaxpr(jit(vmap(checkify(loop, options))))(np.array([1, 2]))
      typecheck(program)
      expect(hasEffects(program)).toBe(false)
    }
  })

  test('leaves functions without checks as they are', () => {
    const step = (c: NdArray, y: NdArray): readonly [NdArray, NdArray] => [jit(np.sin)(np.add(c, y)), c]
    const f = (x: NdArray): NdArray => lax.scan(step, x, np.array([1, 2, 3]))[0]
    expect(String(makeJaxpr(checkify(f))(np.array(1)))).toBe(String(makeJaxpr(f)(np.array(1))))
  })

  test('reports the branch that ran', () => {
    const f = (x: NdArray): NdArray => lax.cond(np.less(x, 0), (y) => {
      check(np.greater(y, -10), 'too small: {}', y)
      return y
    }, root, x)
    for (const g of [checkify(f), jit(checkify(f)), checkify(jit(f)), checkify(grad(f)), jit(checkify(jit(grad(f))))]) {
      expect(messages(g(np.array(-5)))).toEqual([])
      expect(messages(g(np.array(-50)))).toEqual(['too small: -50'])
      expect(messages(g(np.array(500)))).toEqual(['x must be small: 500'])
    }
    for (const g of [vmap(checkify(f)), checkify(vmap(f)), checkify(vmap(grad(f))), jit(checkify(vmap(jit(f))))]) {
      expect(messages(g(np.array([-5, -50, 50, 500])))).toEqual(['too small: -50', 'x must be small: 500'])
    }
  })

  test('reports the first step that failed, and earlier steps before earlier lines', () => {
    const f = (xs: NdArray): NdArray => lax.scan((c: NdArray, x: NdArray) => {
      check(np.greater(x, -2), 'too small: {}', x)
      check(np.less(x, 2), 'too great: {} after {c}', x, { c })
      return [np.add(c, x), c]
    }, np.array(0), xs)[0]
    for (const g of [checkify(f), jit(checkify(f)), checkify(jit(f)), checkify(grad(f)), checkify(jit(grad(f)), { nan: true })]) {
      expect(messages(g(np.array([1, 1, 1])))).toEqual([])
      const [late] = failures(g(np.array([1, 1, -3, -4, 5])))
      expect([late.message, late.steps]).toEqual(['too small: -3', [2]])
      const [early] = failures(g(np.array([1, 4, -3, 5])))
      expect([early.message, early.steps]).toEqual(['too great: 4 after 1', [1]])
    }
    const batched = failures(vmap(checkify(f))(np.array([[1, 3, -3], [1, 1, 1], [-5, 1, 1]])))
    expect(batched.map(({ message, example, steps }) => [message, example, steps]))
      .toEqual([['too great: 3 after 1', [0], [1]], ['too small: -5', [2], [0]]])
    expect(failures(checkify(vmap(f))(np.array([[1, 3, -3], [1, 1, 1], [-5, 1, 1]])))).toEqual(batched)
    expect(() => checkify.unwrap(...checkify(f)(np.array([1, 4])))).toThrow('too great: 4 after 1 (step 1)')
  })

  test('nested loops', () => {
    const f = (table: NdArray): NdArray => lax.scan((c: NdArray, row: NdArray) => {
      const inner = lax.scan((d: NdArray, x: NdArray) => {
        check(np.less(x, 5), 'at most five: {}', x)
        return [np.add(d, x), null]
      }, c, row)[0]
      check(np.less(inner, 20), 'sum {}', inner)
      return [inner, null]
    }, np.array(0), table)[0]
    const g = jit(checkify(f))
    const steps = (rows: readonly (readonly number[])[]): readonly unknown[] =>
      failures(g(np.array(rows))).map(({ message, steps: at }) => [message, at])
    expect(steps([[1, 2], [3, 4]])).toEqual([])
    expect(steps([[1, 2], [3, 7], [8, 1]])).toEqual([['at most five: 7', [1, 1]]])
    expect(steps([[4, 4], [4, 4], [4, 4], [6, 1]])).toEqual([['sum 24', [2]]])
    expect(steps([[4, 4], [4, 4], [4, 6], [4, 1]])).toEqual([['at most five: 6', [2, 1]]])
  })

  test('while, in its test too', () => {
    const f = (start: NdArray, limit: NdArray): NdArray => lax.whileLoop((x) => {
      check(np.less(x, 50), 'the test saw {}', x)
      return np.less(x, limit)
    }, (x: NdArray) => {
      check(np.notEqual(x, 7), 'the body saw {}', x)
      return np.add(x, 1)
    }, start)
    const found = (result: ReturnType<typeof g>): readonly unknown[] => failures(result).map(({ message, steps }) => [message, steps])
    const g = checkify(f)
    for (const h of [g, jit(g), checkify(jit(f)), checkify((x: NdArray, y: NdArray) => jvp(f)([x, y], [x, y])[1])]) {
      expect(found(h(np.array(0), np.array(5)))).toEqual([])
      expect(found(h(np.array(4), np.array(9)))).toEqual([['the body saw 7', [3]]])
      expect(found(h(np.array(48), np.array(60)))).toEqual([['the test saw 50', [2]]])
      expect(found(h(np.array(60), np.array(0)))).toEqual([['the test saw 60', [0]]])
      expect(found(h(np.array(7), np.array(60)))).toEqual([['the body saw 7', [0]]])
    }
    for (const h of [vmap(g), checkify(vmap(f))]) {
      const batched = h(np.array([0, 4, 48, 6, 4]), np.array([5, 9, 60, 7, 7]))
      expect(batched[1].toList()).toEqual([5, 9, 60, 7, 7])
      const places = failures(batched).map(({ message, example }) => [message, example])
      expect(places).toEqual([['the body saw 7', [1]], ['the test saw 50', [2]]])
    }
  })
})

describe('checks in functions with rules of their own', () => {
  const asserting = (x: NdArray): NdArray => {
    check(np.less(x, 3), 'too great: {}', x)
    return np.sin(x)
  }
  const cubed = (x: NdArray): NdArray => np.multiply(np.square(x), x)
  const functions: readonly (readonly [string, (x: NdArray) => NdArray, slope: number])[] = [
    ['customJvp', customJvp(asserting, (x) => [asserting(x), (dx) => np.multiply(dx, 7)]), 7],
    ['customVjp', customVjp(asserting, (x) => [asserting(x), null], (_, ct) => [np.multiply(ct, 7)]), 7],
    ['checkpoint', checkpoint(asserting), Math.cos(2)],
    ['jit of checkpoint', jit(checkpoint(asserting)), Math.cos(2)]
  ]
  test.each(functions)('%s', (_, f, slope) => {
    const g = (x: NdArray): NdArray => np.divide(cubed(f(x)), np.square(f(x)))
    const slopes = [checkify(grad(g)), jit(checkify(jit(grad(g)))), checkify(grad(g), all)]
    for (const h of [checkify(g), checkify(jit(g)), jit(checkify(g)), ...slopes]) {
      expect(messages(h(np.array(2)))).toEqual([])
      expect(messages(h(np.array(4)))).toEqual(['too great: 4'])
    }
    expect(messages(vmap(checkify(g))(np.array([1, 4, 2])))).toEqual(['too great: 4'])
    expect(messages(checkify(vmap(g))(np.array([1, 4, 2])))).toEqual(['too great: 4'])
    const branched = (x: NdArray): NdArray => lax.cond(np.less(x, 10), g, np.cos, x)
    expect(messages(checkify(vmap(branched))(np.array([1, 20, 2])))).toEqual([])
    expect(messages(checkify(vmap(branched))(np.array([1, 5, 20])))).toEqual(['too great: 5'])
    expect(grad((x: NdArray) => checkify(f)(x)[1])(np.array(2)).item()).toBeCloseTo(slope)
    expect(checkify(grad(f))(np.array(2))[1].item()).toBeCloseTo(slope)
  })
})

describe('what checkify watches for by itself', () => {
  test('nothing unless asked', () => {
    expect(checkify((x: NdArray) => np.divide(x, 0))(np.array(0))[0]).toEqual([])
  })

  test('NaN', () => {
    const f = checkify((x: NdArray) => np.multiply(np.log(x), np.array([1, 2])), { nan: true })
    expect(messages(f(np.array([1, 2])))).toEqual([])
    const [failure] = failures(f(np.array([1, -2])))
    expect(failure.message).toBe('nan from log')
    expect(failure.kind).toBe('nan')
    expect(failure.source).toMatch(/checkify\.test\.ts:\d+:\d+$/)
    const slope = checkify(grad((x: NdArray) => np.sqrt(np.square(x))), { nan: true })
    expect(failures(slope(np.array(0)))[0].source).toMatch(/checkify\.test\.ts:\d+:\d+ \(backward\)$/)
  })

  test.each<readonly [string, (x: NdArray) => NdArray, NdArray, NdArray]>([
    ['div', (x) => np.divide(1, x), np.array(2), np.array(0)],
    ['div', (x) => np.divide(1, x), np.array([2, 1]), np.array([1, 0])],
    ['div', (x) => lax.div(int(6), x), int(2), int(0)],
    ['rem', (x) => lax.rem(int(6), x), int(2), int(0)],
    ['integer_pow', (x) => lax.integerPow(x, -2), np.array(2), np.array(0)]
  ])('division by zero: %s', (name, f, good, bad) => {
    for (const g of [checkify(f, { division: true }), jit(checkify(jit(f), { division: true }))]) {
      expect(messages(g(good))).toEqual([])
      expect(messages(g(bad))).toEqual([`division by zero in ${name}`])
    }
  })

  const table = np.reshape(np.arange(12), [3, 4])

  test.each<readonly [string, (i: NdArray) => NdArray, NdArray, NdArray, string]>([
    ['take', (i) => np.take(table, i, { axis: 1 }), int([0, 3, -4]), int([0, 4, 5]), '4 is out of bounds for axis 1 of size 4 in gather'],
    ['takeAlongAxis', (i) => np.takeAlongAxis(table, i, { axis: 0 }), int([[2, 1, 0, -3]]), int([[2, 1, 3, 0]]),
      '3 is out of bounds for axis 0 of size 3 in gather'],
    ['dynamicSlice', (i) => lax.dynamicSlice(table, [i, i], [1, 2]), int(2), int(3),
      '3 is out of bounds for axis 0 of size 3 in dynamic_slice'],
    ['dynamicUpdateSlice', (i) => lax.dynamicUpdateSlice(table, np.zeros([1, 3]), [0, i]), int(1), int(2),
      '2 is out of bounds for axis 1 of size 4 in dynamic_update_slice'],
    ['at get', (i) => np.at(table, [i]).get(), int(1), int(3), '3 is out of bounds for axis 0 of size 3 in dynamic_slice'],
    ['at set', (i) => np.at(table, [i]).set(0), int([0, 1]), int([1, 7]), '7 is out of bounds for axis 0 of size 3 in scatter'],
    ['at add', (i) => np.at(table, [i]).add(1), int([0, -1]), int([1, 3]), '3 is out of bounds for axis 0 of size 3 in scatter_add']
  ])('indices: %s', (_, f, good, bad, message) => {
    for (const g of [checkify(f, { index: true }), jit(checkify(jit(f), { index: true }))]) {
      expect(messages(g(good))).toEqual([])
      expect(messages(g(bad))).toEqual([`index ${message} of f32[3,4]`])
    }
    const batched = vmap(checkify(f, { index: true }))(np.stack([good, bad]))
    expect(failures(batched).map(({ example }) => example)).toEqual([[1]])
    expect(messages(checkify(vmap(f), { index: true })(np.stack([good, bad])))).toHaveLength(1)
  })

  test('and does not change what is computed', () => {
    const f = (x: NdArray, i: NdArray): NdArray => {
      const y = lax.scan((c: NdArray, z: NdArray) => [np.divide(np.add(c, z), 2), np.log(z)], np.array(0), x)
      return np.add(np.take(y[1], i), lax.cond(np.less(y[0], 1), np.sin, np.cos, y[0]))
    }
    fc.assert(fc.property(fc.array(fc.double({ min: 0.1, max: 4, noNaN: true }), { minLength: 1, maxLength: 4 }), fc.nat(3), (xs, i) => {
      const [x, at] = [np.array(xs), int(i % xs.length)]
      const g = checkify(f, all)
      const [errors, out] = g(x, at)
      close('value', out, f(x, at), 0)
      close('jit', jit(g)(x, at)[1], f(x, at), 1e-6)
      close('grad', grad((a: NdArray) => g(a, at)[1])(x), grad((a: NdArray) => f(a, at))(x), 1e-6)
      expect(messages([errors, out])).toEqual([])
    }), { numRuns: 20 })
  })
})

describe('random programs', () => {
  test('compute what they compute when everything is checked', { timeout: 120_000 }, () => {
    fc.assert(fc.property(nestings, (nesting) => {
      const expected = nesting.value(true)
      const g = (): readonly [CheckErrors, NdArray] => checkify(() => nesting.value(true), all)()
      close('checkified', g()[1], expected, 1e-12)
      close('jit of checkified', jit(g)()[1], expected, 1e-12)
    }), { numRuns: numRuns(6) })
  })
})

describe('bad input', () => {
  test('errors under a transform cannot be looked at', () => {
    expect(() => jit((x: NdArray) => {
      checkify.result(...checkify(root)(x))
      return x
    })(np.array(1))).toThrow(TracerError)
  })
  test.each<readonly [string, () => unknown, string]>([
    ['unknown options', () => checkify(root, { nans: true } as never), 'nans'],
    ['what is no function', () => checkify(3 as never), 'a function'],
    ['errors that are none', () => checkify.result(3 as never, 1), 'the errors that a checkified function returned']
  ])('%s', (_, f, message) => {
    expect(f).toThrow(ArgumentError)
    expect(f).toThrow(message)
  })
  test('valueAndGrad of a function with checks throws its failure', () => {
    expect(() => valueAndGrad(root)(np.array(-1))).toThrow(CheckError)
  })
})
