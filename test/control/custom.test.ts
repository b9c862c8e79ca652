import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callback } from '../../src/control/effects/callback.js'
import { check } from '../../src/ir/check.js'
import { simplify } from '../../src/ir/passes.js'
import { linearizeArrays } from '../../src/transform/differentiate.js'
import {
  ArgumentError, checkpoint, customBatching, customJvp, customVjp, DerivativeError, DTypeError, grad, hessian, jacfwd, jacrev, jit, jvp,
  lax, linearize, linearTranspose, makeJaxpr, np, ShapeError, stopGradient, tree, TreeError, vjp, vmap, type NdArray
} from '../../src/index.js'
import { numRuns } from '../support/arbitrary.js'
import { f64, i32 } from '../support/arrays.js'
import { allClose, close } from '../support/close.js'
import { golden } from '../support/golden.js'
import { print } from '../support/print.js'
import { ways } from '../support/ways.js'

type Unary = (x: NdArray) => NdArray
type Binary = (x: NdArray, y: NdArray) => NdArray

const total = (f: Unary): Unary => (x) => np.sum(f(x))
const total2 = (f: Binary): Binary => (x, y) => np.sum(f(x, y))
const slope = (f: Unary): Unary => (x) => jvp(f)([x], [np.onesLike(x)])[1]
const both = { argnums: [0, 1] } as const

/* The functions of make_custom.py, whose rules are wrong on purpose. */

const slanted = customJvp(lax.sin, (x) => {
  const c = lax.mul(lax.cos(x), 2)
  return [lax.sin(x), (dx) => lax.mul(dx, c)]
})

const tilted = customJvp.joint(
  (x: NdArray, y: NdArray) => lax.mul(x, lax.sin(y)),
  ([x, y], [dx, dy]) => [lax.mul(x, lax.sin(y)), lax.add(lax.mul(y, dx), lax.mul(lax.mul(x, 3), dy))]
)

const pulled = customVjp(
  (x: NdArray, y: NdArray) => lax.mul(lax.sin(x), y),
  (x, y) => [lax.mul(lax.sin(x), y), { x, y }],
  ({ x, y }, ct) => [lax.mul(ct, y), lax.mul(ct, lax.cos(x))]
)

const clipped = customVjp((x: NdArray) => x, (x) => [x, null], (_, ct) => [np.clip(ct, -0.5, 0.5)])

const applied = customVjp(
  (f: Unary, x: NdArray) => f(x), (f, x) => [f(x), x], (x, ct, f) => [null, lax.mul(ct, f(lax.mul(x, 2)))], { nondiff: [0] }
)

interface Pair {
  readonly u: NdArray
  readonly v: NdArray
}

interface Out {
  readonly a: NdArray
  readonly b: readonly [NdArray, NdArray]
}

const plainTree = ({ u, v }: Pair): Out => ({ a: lax.mul(u, v), b: [np.sum(u), i32(3)] })
const treed = customVjp(plainTree, (p) => [plainTree(p), p], ({ u, v }, ct) => [{ u: lax.mul(ct.a, v), v: np.mul(ct.b[0], u) }])

type Run = (...args: never[]) => unknown

const unaries: readonly (readonly [string, Unary])[] = [
  ['slanted', slanted], ['jit slanted', jit(slanted)], ['sin of slanted', (x) => lax.sin(slanted(x))]
]
const binaries: readonly (readonly [string, Binary])[] = [['tilted', tilted], ['pulled', pulled]]

const programs: Readonly<Record<string, Run>> = Object.fromEntries<Run>([
  ...unaries.flatMap(([name, f]): readonly (readonly [string, Run])[] => [
    [`derivative 0 ${name}`, f],
    [`derivative 1 ${name}`, grad(f)],
    [`derivative 2 ${name}`, grad(grad(f))],
    [`derivative 3 ${name}`, grad(grad(grad(f)))],
    [`jvp of jvp ${name}`, slope(slope(f))],
    [`vmap grad ${name}`, vmap(grad(f))],
    [`grad of vmap ${name}`, grad(total(vmap(f)))],
    [`hessian ${name}`, hessian(total(f))]
  ]),
  ...binaries.flatMap(([name, f]): readonly (readonly [string, Run])[] => {
    const [first, second] = [vmap(f, { in: [0, null] }), vmap(f, { in: [null, 0] })]
    return [
      [`grad both ${name}`, grad.with(both)(f)],
      [`grad of grad ${name}`, grad((x: NdArray, y: NdArray) => lax.add(grad.with({ argnums: 1 })(f)(x, y), grad(f)(x, y)))],
      [`vmap first grad both ${name}`, vmap(grad.with(both)(f), { in: [0, null] })],
      [`vmap second grad both ${name}`, vmap(grad.with(both)(f), { in: [null, 0] })],
      [`grad both of vmap first ${name}`, grad.with(both)(total2(first))],
      [`grad both of vmap second ${name}`, grad.with(both)(total2(second))],
      [`jit of grad of vmap of vmap ${name}`, jit(grad.with(both)(total2(vmap(first, { in: [null, 0] }))))]
    ]
  }),
  ['jvp of grad pulled', (x: NdArray, y: NdArray) => jvp(grad.with(both)(pulled))([x, y], [f64(1), f64(0.5)])[1]],
  ['grad clipped', grad((x: NdArray) => np.sum(lax.mul(clipped(x), x)))],
  ['grad of vmap clipped', grad((x: NdArray) => np.sum(lax.square(vmap(clipped)(x))))],
  ['grad applied', grad((x: NdArray) => applied(lax.sin, x))],
  ['vmap grad applied', vmap(grad((x: NdArray) => applied(lax.square, x)))],
  ['vjp tree', (p: Pair) => vjp((q: Pair) => {
    const { a, b } = treed(q)
    return [a, b[0]] as const
  })(p)[1]([p.v, f64(2)])[0]],
  ['grad of scan pulled', grad.with(both)((c: NdArray, xs: NdArray) =>
    lax.scan((a: NdArray, x: NdArray) => [pulled(a, x), a] as const, c, xs)[0])],
  ['grad of scan slanted', grad.with(both)((c: NdArray, xs: NdArray) =>
    lax.scan((a: NdArray, x: NdArray) => [slanted(lax.mul(a, x)), a] as const, c, xs)[0])]
])

interface Value {
  readonly name: string
  readonly args: readonly NdArray[]
  readonly out?: unknown
}

describe('values of JAX', () => {
  const cases = (golden('custom') as unknown as readonly Value[]).filter(({ out }) => out !== undefined) // our own file
  const own = Object.keys(programs)

  test('for every program', () => {
    expect(cases.map(({ name }) => name).sort()).toEqual(own.sort())
  })

  describe.each(ways)('%s', (_, run) => {
    test.for(cases.map((each) => [each.name, each] as const))('%s', ([name, { args, out }]) => {
      const result: unknown = run(programs[name])(...(args as never[]))
      const leaves = tree.leaves(result) as readonly NdArray[] // all results are trees of arrays
      allClose(name, leaves, tree.leaves(out) as readonly NdArray[], 1e-12)
    })
  })
})

interface Right {
  readonly name: string
  readonly plain: Binary
  readonly custom: Binary
  readonly modes: 'any' | 'reverse' | 'forward'
}

/** A function and the same with rules, right ones this time; in all of them the rule has a structure of its own. */
const right: readonly Right[] = [
  {
    name: 'a curried rule',
    modes: 'any',
    plain: (x, y) => lax.mul(lax.sin(x), lax.exp(y)),
    custom: customJvp(
      (x: NdArray, y: NdArray) => lax.mul(lax.sin(x), lax.exp(y)),
      (x, y) => {
        const [s, e] = [lax.sin(x), lax.exp(y)]
        const slopeX = lax.mul(lax.cos(x), e)
        return [lax.mul(s, e), (dx, dy) => lax.add(lax.mul(dx, slopeX), lax.mul(lax.mul(s, e), dy))]
      }
    )
  },
  {
    name: 'a joint rule by jvp, through jit, scan and cond',
    modes: 'any',
    plain: (x, y) => mixed(x, y),
    custom: (x, y) => customJvp.joint(mixed, (primals, tangents) => jvp(jit(mixed))([...primals], [...tangents]))(x, y)
  },
  {
    name: 'a joint rule by jvp of a loop that a test ends',
    modes: 'forward',
    plain: (x, y) => lax.mul(lax.mul(lax.mul(x, y), y), y),
    custom: (x, y) => customJvp.joint(
      (a: NdArray, b: NdArray) => lax.mul(lax.mul(lax.mul(a, b), b), b),
      (primals, tangents) => jvp(power)([...primals], [...tangents])
    )(x, y)
  },
  {
    name: 'forward and backward',
    modes: 'reverse',
    plain: (x, y) => mixed(x, y),
    custom: customVjp(
      (x: NdArray, y: NdArray) => mixed(x, y),
      (x, y) => [mixed(x, y), { deep: [{ x }, null, [y]] as const, also: lax.sin(x) }],
      ({ deep: [{ x }, , [y]] }, ct) => vjp(mixed)(x, y)[1](ct)
    )
  },
  {
    name: 'one kind of rule inside the other',
    modes: 'reverse',
    plain: (x, y) => lax.sin(lax.mul(lax.sin(x), y)),
    custom: (x, y) => customVjp(
      (a: NdArray, b: NdArray) => lax.sin(lax.mul(lax.sin(a), b)),
      (a, b) => {
        const inner = customJvp(lax.sin, (z) => [lax.sin(z), (dz) => lax.mul(dz, lax.cos(z))])
        return [inner(lax.mul(inner(a), b)), [a, b] as const]
      },
      ([a, b], ct) => {
        const outer = lax.mul(ct, lax.cos(lax.mul(lax.sin(a), b)))
        return [lax.mul(outer, lax.mul(lax.cos(a), b)), lax.mul(outer, lax.sin(a))]
      }
    )(x, y)
  }
]

const power: Binary = (x, y) => lax.whileLoop(
  ([i]: readonly [NdArray, NdArray]) => lax.lt(i, 3), ([i, z]) => [lax.add(i, 1), lax.mul(z, y)] as const, [i32(0), x] as const
)[1]

const mixed: Binary = (x, y) => {
  const [end] = lax.scan((c: NdArray, k: NdArray) => [lax.sin(lax.mul(c, np.add(y, k))), null] as const, x, f64([0.5, 1.5]))
  return lax.cond(lax.gt(np.sum(y), 0), (z: NdArray) => lax.mul(z, y), lax.square, end)
}

const views: Readonly<Record<string, (f: Binary) => Binary>> = {
  value: (f) => f,
  jit: (f) => jit(f),
  'jit of the second': (f) => (x, y) => jit((z: NdArray) => f(x, z))(y),
  'vmap both': (f) => (x, y) => np.sum(vmap(f)(np.stack([x, lax.sin(x)]), np.stack([y, y])), { axis: 0 }),
  'vmap first': (f) => (x, y) => np.sum(vmap(f, { in: [0, null] })(np.stack([x, lax.sin(x)]), y), { axis: 0 }),
  'vmap second': (f) => (x, y) => np.sum(vmap(f, { in: [null, 0] })(x, np.stack([lax.cos(y), y])), { axis: 0 }),
  checkpoint: (f) => checkpoint(f),
  scan: (f) => (x, y) => lax.scan((c: NdArray) => [f(c, y), null] as const, x, null, { length: 2 })[0],
  cond: (f) => (x, y) => lax.cond(lax.gt(np.sum(x), -100), f, (a: NdArray) => a, x, y)
}

const reverseViews: typeof views = {
  'grad first': (f) => grad(total2(f)),
  'grad second': (f) => grad.with({ argnums: 1 })(total2(f)),
  'vjp of vjp': (f) => (x, y) => vjp((ct: NdArray) => vjp(f)(x, y)[1](ct))(y)[1]([x, y])[0]
}

const forwardViews: typeof views = {
  jvp: (f) => (x, y) => jvp(f)([x, y], [lax.cos(x), y])[1],
  linearize: (f) => (x, y) => linearize(f)(x, y)[1](y, x),
  jacfwd: (f) => (x, y) => np.sum(jacfwd(f)(x, y), { axis: 0 })
}

describe('right rules change nothing', () => {
  test.for(right.map((each) => [each.name, each] as const))('%s', ([, { plain, custom, modes }]) => {
    const list = { ...views, ...(modes === 'forward' ? {} : reverseViews), ...(modes === 'reverse' ? {} : forwardViews) }
    const view = fc.constantFrom(...Object.keys(list))
    fc.assert(fc.property(fc.array(view, { minLength: 1, maxLength: 4 }), (order) => {
      const [f, g] = [plain, custom].map((each) => order.reduce((h, name) => list[name](h), each))
      const args = [f64([0.3, -0.2]), f64([0.5, 0.7])] as const
      close(order.join(' of '), g(...args), f(...args), 1e-9)
    }), { numRuns: numRuns(40) })
  })

  test('and their programs typecheck', () => {
    const [x, y] = [f64([0.3, -0.2]), f64([0.5, 0.7])]
    const many = np.stack([x, y])
    for (const { custom, modes } of right) {
      const compiled = jit(custom)
      const list = [makeJaxpr(compiled)(x, y), makeJaxpr(vmap(compiled))(many, many), makeJaxpr(vmap(custom, { in: [null, 0] }))(x, many)]
      const over = vmap(grad(total2(compiled)), { in: [0, null] })
      const slopes = modes === 'forward' ? [] : [makeJaxpr(grad(total2(custom)))(x, y), makeJaxpr(over)(many, y)]
      for (const program of [...list, ...slopes]) check(simplify(check(program)))
    }
  })
})

describe('what a function with rules closes over', () => {
  const wrap: Readonly<Record<string, (k: NdArray) => Unary>> = {
    customJvp: (k) => customJvp(
      (x: NdArray) => lax.mul(lax.sin(x), k), (x) => [lax.mul(lax.sin(x), k), (dx) => lax.mul(dx, lax.mul(lax.cos(x), k))]
    ),
    customVjp: (k) => customVjp(
      (x: NdArray) => lax.mul(lax.sin(x), k), (x) => [lax.mul(lax.sin(x), k), x], (x, ct) => [lax.mul(ct, lax.mul(lax.cos(x), k))]
    )
  }

  test.for(Object.entries(wrap))('works under jit, vmap and scan, outside and inside: %s', ([, custom]) => {
    const slopes = (f: (k: NdArray, x: NdArray) => NdArray): readonly NdArray[] => {
      const [k, x] = [f64([2, 3]), f64([0.5, 0.7])]
      const one = grad.with({ argnums: 1 })(f)
      return [
        vmap(one)(k, x), jit(vmap(one))(k, x), vmap(jit(one))(k, x), vmap(one, { in: [0, null] })(k, f64(0.5)),
        grad((y: NdArray) => np.sum(vmap((each: NdArray) => f(each, y))(k)))(f64(0.5)),
        grad((y: NdArray) => np.sum(jit(vmap((each: NdArray) => f(each, y)))(k)))(f64(0.5)),
        grad((y: NdArray) => lax.scan((c: NdArray, each: NdArray) => [f(each, c), c] as const, y, k)[0])(f64(0.5)),
        vmap(grad((y: NdArray) => grad((z: NdArray) => f(y, stopGradient(z)))(y)))(x) // constant
      ]
    }
    allClose('with rules', slopes((k, x) => custom(stopGradient(k))(x)), slopes((k, x) => lax.mul(lax.sin(x), stopGradient(k))), 1e-12)
  })

  test.for(Object.entries(wrap))('cannot be differentiated, and the error says what to do: %s', ([name, custom]) => {
    const f = (k: NdArray): NdArray => np.sum(custom(k)(f64([0.5, 0.7])))
    const k = f64([2, 3])
    for (const g of [grad(f), jit(grad(f)), grad(jit(f)), jacrev(f), vmap(grad((each: NdArray) => custom(each)(f64(1))))]) {
      expect(() => g(k)).toThrow(DerivativeError)
      expect(() => g(k)).toThrow('(pass it as one, or close over stopGradient of it), got a derivative with respect to f64[')
    }
    expect(() => grad(f)(k)).toThrow(`${name}(function): expected what is differentiated to be an argument`)
    expect(() => grad(f)(k)).toThrow('with respect to f64[2] that it closes over')
  })
})

describe('customJvp', () => {
  test('takes the value of the rule where it is differentiated, and of the function elsewhere', () => {
    const f = customJvp((x: NdArray) => lax.mul(x, 2), (x) => [lax.mul(x, 3), (dx) => lax.mul(dx, 5)])
    expect(print([f(f64(1)), jit(f)(f64(1)), vmap(f)(f64([1, 2]))])).toBe('[2, 2, [2, 4]]')
    expect(print([...jvp(f)([f64(1)], [f64(1)]), linearize(f)(f64(1))[0], grad(f)(f64(1))])).toBe('[3, 5, 3, 5]')
  })

  test('has trees of anything, integers, numbers and zeros', () => {
    const f = customJvp(
      ({ x, n }: { readonly x: NdArray; readonly n: NdArray }) => ({ y: np.mul(x, n), n, zero: lax.sin(x) }),
      ({ x, n }) => [
        { y: np.mul(x, n), n, zero: lax.sin(x) },
        ({ x: dx, n: dn }) => ({ y: np.mul(dx, np.add(n, dn)), n: null, zero: null })
      ]
    )
    const x = f64([1, 2])
    const [out, tangent] = jvp(f)([{ x, n: i32(3) }], [{ x, n: i32(7) }])
    expect(print([out.y, tangent.y, tangent.n, tangent.zero])).toBe('[[3, 6], [3, 6], 0, [0, 0]]')
    expect(print(grad((z: NdArray) => np.sum(f({ x: z, n: i32(3) }).y))(x))).toBe('[3, 3]')
    expect(print(grad((z: NdArray) => np.sum(f({ x: z, n: i32(3) }).zero))(x))).toBe('[0, 0]')
    const number = customJvp((x: NdArray) => x, (x) => [x, () => np.array(2)])
    expect(print(jvp(number)([np.array(1)], [np.array(1)]))).toBe('[1, 2]')
  })

  test('passes on what is not differentiated', () => {
    const f = customJvp((g: Unary, x: NdArray, how: string) => (how === 'twice' ? g(g(x)) : g(x)), (g, x, how) => {
      const scale = how === 'twice' ? 2 : 1
      return [g(x), (dg: null, dx, dhow: null) => lax.mul(dx, scale + Number(dg) + Number(dhow))]
    }, { nondiff: [0, 2] })
    expect(print([f(lax.square, f64(3), 'twice'), grad((x: NdArray) => f(lax.square, x, 'twice'))(f64(3))])).toBe('[81, 2]')
  })

  test('is batched if only its tangent depends on the batch', () => {
    const f = customJvp((x: NdArray, _: NdArray) => lax.sin(x), (x, y) => [lax.sin(x), (dx) => lax.mul(dx, y)])
    const ys = f64([2, 3])
    expect(print(grad((x: NdArray) => np.sum(vmap(f, { in: [null, 0] })(x, ys)))(f64(1)))).toBe('5')
    expect(print(jit((x: NdArray) => jvp((z: NdArray) => vmap(f, { in: [null, 0] })(z, ys))([x], [x])[1])(f64(1)))).toBe('[2, 3]')
  })

  test('is transposed where it is linear', () => {
    const f = customJvp((x: NdArray) => lax.mul(x, 3), (x) => [lax.mul(x, 3), (dx) => lax.mul(dx, 3)])
    expect(print(linearTranspose(f)(f64([0, 0]))(f64([1, 2])))).toBe('[[3, 6]]')
    const g = customVjp((x: NdArray) => lax.mul(x, 3), (x) => [lax.mul(x, 3), null], (_, ct) => [lax.mul(ct, 3)])
    expect(print(linearTranspose(g)(f64([0, 0]))(f64([1, 2])))).toBe('[[3, 6]]')
  })

  const sine = (x: NdArray): NdArray => lax.sin(x)
  const x = f64([1, 2])

  test.for([
    ['no rule', () => customJvp(sine, 3 as never), ArgumentError, 'customJvp(sine): expected a rule: a function of the primals, got 3'],
    ['no function', () => customJvp(3 as never, sine as never), ArgumentError, 'customJvp: expected a function, got 3'],
    ['an option', () => customJvp(sine, sine as never, { nonDiff: [] } as never), ArgumentError, 'the unknown option "nonDiff"'],
    ['a position', () => customJvp(sine, sine as never, { nondiff: [-1] }), ArgumentError, 'positions of arguments in nondiff, got -1'],
    [
      'no pair', () => grad(total(customJvp(sine, sine as never)))(x), ArgumentError,
      'a rule that returns [value, (…tangents) => tangent], got float64[2]'
    ],
    [
      'no push', () => grad(total(customJvp(sine, (y) => [y, y] as never)))(x), ArgumentError,
      'a rule that returns [value, (…tangents) => tangent]'
    ],
    [
      'another tree', () => grad(total(customJvp(sine, (y) => [{ y, z: [y] }, (d: NdArray) => d] as never)))(x), TreeError,
      'the value of the function and that of its rule to have the same structure, got * and { y: *, z: [*] } at the root'
    ],
    [
      'another shape', () => grad(total(customJvp(sine, (y) => [np.sum(y), (d) => d])))(x), ShapeError,
      'customJvp(sine): expected values of the shapes that they belong to, got f64[] for f64[2] at value'
    ],
    [
      'another dtype', () => grad(total(customJvp(sine, (y) => [np.array([1, 2], { dtype: 'int32' }), () => y])))(x), DTypeError,
      'got i32[2] for f64[2] at value'
    ],
    [
      'a tangent of another tree', () => grad(total(customJvp(sine, (y) => [y, (d) => [d] as never])))(x), TreeError,
      '[*] instead of * at tangent'
    ],
    [
      'a tangent of another shape', () => jvp(customJvp(sine, (y) => [y, (d) => np.sum(d)]))([x], [x]), ShapeError,
      'got f64[] for f64[2] at tangent'
    ],
    [
      'a rule that is not linear', () => grad(total(customJvp(sine, (y) => [y, (d) => lax.sin(d)])))(x), DerivativeError,
      'expected a function that is linear in what it is transposed in, got the nonlinear operation sin'
    ],
    ['a square', () => grad(total(customJvp(sine, (y) => [y, (d) => lax.mul(d, d)])))(x), DerivativeError, 'a product of what depends on it'],
    [
      'a value that depends on tangents', () => grad(total(customJvp.joint(sine, ([y], [d]) => [lax.add(y, d), d])))(x), DerivativeError,
      'a rule whose value does not depend on the tangents'
    ],
    [
      'a joint rule that is none', () => customJvp.joint(sine, null as never), ArgumentError,
      'a rule: a function of primals and tangents, got null'
    ],
    ['a joint result that is no pair', () => grad(total(customJvp.joint(sine, ([y]) => y as never)))(x), ArgumentError, '[value, tangent]'],
    [
      'a string', () => customJvp((_: string, y: NdArray) => y, (_, y) => [y, (__, d) => d])('a', sine as never), ArgumentError,
      'at arguments[1]'
    ]
  ] as const)('refuses %s', ([, run, error, message]) => {
    expect(run).toThrow(error)
    expect(run).toThrow(message)
  })
})

describe('customVjp', () => {
  test('runs the forward pass in place of the function, and keeps what the backward pass reads', () => {
    const f = customVjp(
      (x: NdArray) => lax.mul(x, 2),
      (x) => [lax.mul(x, 3), { used: lax.sin(x), unused: lax.cos(x), nothing: null, text: 'ok' }],
      ({ used, text }, ct) => [text === 'ok' ? lax.mul(ct, used) : null]
    )
    expect(print([f(f64(1)), jit(f)(f64(1)), vmap(f)(f64([1, 2]))])).toBe('[2, 2, [2, 4]]')
    const [value, pullback] = vjp(f)(f64(1))
    expect(print([value, ...pullback(f64(2))])).toBe('[3, 1.6829]')
    const program = makeJaxpr(f)(f64(1))
    expect(program.toString()).not.toContain('cos')
  })

  test('gives integers and nulls no cotangent, and cotangents of unused outputs as zeros', () => {
    const f = customVjp(
      (p: { readonly x: NdArray; readonly n: NdArray }, y: NdArray) => [np.mul(p.x, p.n), lax.sin(y), p.n] as const,
      (p, y) => [[np.mul(p.x, p.n), lax.sin(y), p.n] as const, p.n],
      (n, [a, b, c]) => [{ x: np.mul(a, n), n: null }, np.add(b, np.mul(np.sum(np.mul(c, n)), 0))]
    )
    const p = { x: f64([1, 2]), n: i32(3) }
    const [, pullback] = vjp(f)(p, f64(1))
    expect(print(pullback([f64([1, 1]), f64(5), i32(0)]))).toBe('[{ n: 0, x: [3, 3] }, 5]')
    expect(print(grad((x: NdArray) => np.sum(f({ ...p, x }, f64(1))[0]))(p.x))).toBe('[3, 3]')
    const zero = customVjp((x: NdArray, y: NdArray) => lax.mul(x, y), (x, y) => [lax.mul(x, y), y], (y, ct) => [lax.mul(ct, y), null])
    expect(print(grad.with(both)(zero)(f64(2), f64(3)))).toBe('[3, 0]')
    expect(print(grad.with({ argnums: 1 })(zero)(f64(2), f64(3)))).toBe('0')
    expect(print(grad((x: NdArray) => np.sum(treed({ u: x, v: x }).b[0]))(f64([1, 2])))).toBe('[1, 2]')
  })

  test('keeps only what the cotangents in demand read, and needs no cotangent of what is not used', () => {
    const f = customVjp(
      (x: NdArray, y: NdArray) => [lax.mul(x, y), lax.sin(x), y] as const,
      (x, y) => [[lax.mul(x, y), lax.sin(x), y] as const, { x, y, c: lax.cos(x) }],
      ({ x, y, c }, [a, b, d]) => [lax.add(lax.mul(a, y), lax.mul(b, c)), lax.add(lax.mul(a, x), d)]
    )
    const one = linearizeArrays((xs) => [f(xs[0], xs[1])[0]], [f64([2, 2]), f64([3, 3])], [false, true]).linear
    expect(one.captured.length).toBe(1)
    for (const i of [0, 1, 2]) {
      const nth = (x: NdArray, y: NdArray): NdArray => f(x, y)[i]
      allClose(`output ${i}`, grad.with(both)(jit(nth))(f64(2), f64(3)), grad.with(both)(nth)(f64(2), f64(3)), 0)
    }
  })

  test('sums over a batch what an unbatched operand gets, each share once', () => {
    // The first output does not depend on the batch.
    const plain = (x: NdArray, y: NdArray): readonly [NdArray, NdArray] => [lax.sin(x), lax.mul(x, y)]
    const custom = customVjp(
      plain, (x, y) => [plain(x, y), [x, y] as const], ([x, y], [a, b]) => [lax.add(lax.mul(a, lax.cos(x)), lax.mul(b, y)), lax.mul(b, x)]
    )
    const slopes = (f: typeof plain): readonly NdArray[] => [
      ...grad.with(both)((x: NdArray, y: NdArray) => {
        const [a, b] = vmap(f, { in: [null, 0], out: 0 })(x, y)
        return lax.add(np.sum(lax.square(a)), np.sum(lax.square(b)))
      })(f64(0.5), f64([1, 2, 3])),
      ...grad.with(both)((x: NdArray, y: NdArray) => {
        const [a, b] = vmap(f, { in: null, out: null, axisSize: 4 })(x, y)
        return lax.add(a, b)
      })(f64(0.5), f64(2))
    ]
    allClose('shares', slopes(custom), slopes(plain), 1e-12)
  })

  test('has no forward mode, and says so wherever it is asked for', () => {
    const f = (x: NdArray): NdArray => clipped(x)
    const x = f64([1, 2])
    for (const run of [
      () => jvp(f)([x], [x]), () => jit(slope(f))(x), () => slope(jit(f))(x), () => jacfwd(f)(x), () => linearize(f)(x)[1](x),
      () => slope(slope(f))(x), () => vmap(slope(f))(x), () => hessian(total((y) => lax.square(jvp(f)([y], [y])[1])))(x)
    ]) {
      expect(run).toThrow(DerivativeError)
      expect(run).toThrow('customVjp(function): expected reverse mode, which is all that its rule is for')
    }
    expect(print(hessian(total((y) => lax.square(f(y))))(x))).toBe('[[0, 0], [0, 0]]') // forward over reverse
  })

  const sine = (x: NdArray): NdArray => lax.sin(x)
  const x = f64([1, 2])
  const broken = (backward: unknown): (() => NdArray) => () => grad(total(customVjp(sine, (y) => [lax.sin(y), y], backward as never)))(x)

  test.for([
    [
      'no forward pass', () => customVjp(sine, null as never, sine as never), ArgumentError,
      'a forward pass: a function of the arguments, got null'
    ],
    [
      'no backward pass', () => customVjp(sine, sine as never, null as never), ArgumentError,
      'a backward pass: a function of residuals and a cotangent, got null'
    ],
    [
      'no pair', () => grad(total(customVjp(sine, sine as never, sine as never)))(x), ArgumentError,
      'a forward pass that returns [value, residuals], got float64[2]'
    ],
    [
      'a function as residual', () => grad(total(customVjp(sine, (y) => [y, { f: sine }], () => [null])))(x), ArgumentError,
      'at residuals.f'
    ],
    [
      'another value', () => grad(total(customVjp(sine, (y) => [np.sum(y), null], (_, ct) => [ct])))(x), ShapeError,
      'got f64[] for f64[2] at value'
    ],
    ['a bare cotangent', broken((_: NdArray, ct: NdArray) => ct), TreeError, '* instead of [*] at cotangents'],
    ['too many cotangents', broken((_: NdArray, ct: NdArray) => [ct, ct]), TreeError, '* instead of nothing at cotangents[1]'],
    ['too few', broken(() => []), TreeError, 'nothing instead of * at cotangents[0]'],
    [
      'another shape', broken((_: NdArray, ct: NdArray) => [np.sum(ct)]), ShapeError,
      'customVjp(sine): expected cotangents of the shapes that they belong to, got f64[] for f64[2] at cotangents[0]'
    ],
    ['another dtype', broken(() => [np.array([1, 2])]), DTypeError, 'got f32[2] for f64[2] at cotangents[0]'],
    [
      'several mistakes at once',
      () => grad((p: Pair) => np.sum(customVjp(
        ({ u, v }: Pair) => lax.mul(u, v), ({ u, v }) => [lax.mul(u, v), null], (_, ct) => [{ u: np.sum(ct), v: np.stack([ct]) }]
      )(p)))({ u: x, v: x }),
      ShapeError, 'got f64[] for f64[2] at cotangents[0].u; f64[1,2] for f64[2] at cotangents[0].v'
    ],
    [
      'a function that is differentiated',
      () => customVjp((f: Unary, y: NdArray) => f(y), (f, y) => [f(y), null], () => [null, null])(sine, x),
      ArgumentError, 'at arguments[0]'
    ]
  ] as const)('refuses %s', ([, run, error, message]) => {
    expect(run).toThrow(error)
    expect(run).toThrow(message)
  })
})

describe('customBatching', () => {
  const calls: string[] = []
  const double = customBatching((x: NdArray, p: { readonly k: NdArray }) => ({ out: lax.mul(x, p.k), k: p.k }), (size, batched, x, p) => {
    calls.push(print([size, batched]))
    const [bx, { k: bk }] = batched
    const k = bk ? p.k : lax.broadcastInDim(p.k, [size], [])
    return [{ out: np.mul(bx ? x : lax.broadcastInDim(x, [size], []), k), k: p.k }, { out: true, k: bk }]
  })

  test('calls the rule in place of batching', () => {
    calls.length = 0
    const [x, k] = [f64([1, 2]), f64([3, 4])]
    expect(print(double(f64(2), { k: f64(3) }))).toBe('{ k: 3, out: 6 }')
    expect(print(jit(double)(f64(2), { k: f64(3) }))).toBe('{ k: 3, out: 6 }')
    expect(calls).toEqual([])
    expect(print(vmap(double)(x, { k }))).toBe('{ k: [3, 4], out: [3, 8] }')
    expect(print(jit(vmap(double, { in: [0, null], out: { out: 0, k: null } }))(x, { k: f64(3) }))).toBe('{ k: 3, out: [3, 6] }')
    expect(print(vmap(jit(double), { in: [null, 0] })(f64(3), { k }))).toBe('{ k: [3, 4], out: [9, 12] }')
    expect(calls).toEqual(['[2, [true, { k: true }]]', '[2, [true, { k: false }]]', '[2, [false, { k: true }]]'])
    expect(print(vmap(jit((a: NdArray, b: NdArray) => double(a, { k: b }).out))(x, k))).toBe('[3, 8]')
    expect(print(vmap(jit((a: NdArray, b: NdArray) => double(a, { k: b }).k))(x, k))).toBe('[3, 4]')
    expect(calls.slice(3)).toEqual(['[2, [true, { k: true }]]', '[2, [false, { k: true }]]']) // without what is not used
  })

  test('is differentiated by its rule under forward mode, and as the program that it is elsewhere', () => {
    calls.length = 0
    const f = (x: NdArray, k: NdArray): NdArray => double(lax.sin(x), { k }).out
    const plain = (x: NdArray, k: NdArray): NdArray => lax.mul(lax.sin(x), k)
    const [x, k] = [f64([1, 2]), f64([3, 4])]
    const slopes = (g: Binary): readonly NdArray[] => [
      vmap((a: NdArray, b: NdArray) => jvp(g)([a, b], [b, a])[1])(x, k),
      vmap((a: NdArray) => jvp((b: NdArray) => g(b, f64(2)))([f64(1)], [a])[1])(x),
      vmap((a: NdArray) => jvp((b: NdArray) => g(b, f64(2)))([a], [f64(1)])[1])(x),
      ...vmap(grad.with(both)(g))(x, k),
      ...grad.with(both)(total2(vmap(g)))(x, k),
      vmap(grad(grad(g)))(x, k),
      vmap(hessian(g))(x, k),
      hessian(total2(vmap(g)))(x, k)
    ]
    const own = slopes(f)
    expect(calls.slice(0, 3)).toEqual(['[2, [true, { k: true }]]', '[2, [true, { k: false }]]', '[2, [true, { k: false }]]'])
    allClose('derivatives', own, slopes(plain), 1e-12)
    const closing = (y: NdArray): NdArray =>
      customBatching((z: NdArray) => lax.mul(z, y), (_, [batched], z) => [np.mul(z, y), batched])(y)
    expect(print([grad(closing)(f64(3)), slope(closing)(f64(3)), jit(closing)(f64(3))])).toBe('[6, 6, 9]')
    expect(print(linearTranspose((y: NdArray) => double(y, { k: f64(3) }).out)(f64(0))(f64(2)))).toBe('[6]')
  })

  test('leaves collectives over the axis to the program', () => {
    const share = customBatching((x: NdArray) => lax.div(x, lax.psum(x, 'i')), (_, [batched], x) => [lax.mul(x, 0), batched])
    expect(print(vmap(share, { axisName: 'i' })(f64([1, 3])))).toBe('[0.25, 0.75]')
  })

  const twice = (x: NdArray): NdArray => lax.mul(x, 2)
  const x = f64([1, 2])
  const broken = (rule: unknown): (() => NdArray) => () => vmap(customBatching(twice, rule as never))(x)

  test.for([
    ['no function', () => customBatching(3 as never, twice as never), ArgumentError, 'customBatching: expected a function, got 3'],
    [
      'no rule', () => customBatching(twice, 3 as never), ArgumentError,
      'a rule: a function of a size, of flags and of the arguments, got 3'
    ],
    ['no pair', broken(() => x), ArgumentError, 'a rule that returns [result, batched], got float64[2]'],
    ['no flags', broken(() => [x, 1]), ArgumentError, 'batched a tree of booleans, got 1'],
    ['another tree', broken(() => [[x], true]), TreeError, 'got * and [*] at the root'],
    ['another shape', broken(() => [np.sum(x), true]), ShapeError, 'got f64[] for f64[2] at result'],
    ['a batch that is none', broken(() => [x, false]), ShapeError, 'got f64[2] for f64[] at result'],
    ['another dtype', broken(() => [i32([1, 2]), true]), DTypeError, 'got i32[2] for f64[2] at result'],
    [
      'a mapped value that it closes over',
      () => vmap((y: NdArray) => customBatching((z: NdArray) => lax.mul(z, y), () => [x, true])(f64(1)))(x),
      ArgumentError,
      'customBatching(function): expected what is mapped to be an argument (pass it as one), got f64[] that it closes over'
    ]
  ] as const)('refuses %s', ([, run, error, message]) => {
    expect(run).toThrow(error)
    expect(run).toThrow(message)
  })
})

describe('effects in functions with rules', () => {
  test('happen once, and under a batched condition only where it holds', () => {
    const seen: number[] = []
    const noisy = (x: NdArray): NdArray => {
      callback((value: NdArray) => seen.push(value.item()), x)
      return lax.sin(x)
    }
    const one = f64([1, 1]) // to be closed over
    const silent = (x: NdArray): NdArray => lax.mul(lax.cos(x), lax.div(np.sum(one), 2))
    const wrapped: readonly Unary[] = [
      customJvp(noisy, (x) => [noisy(x), (dx) => lax.mul(dx, silent(x))]),
      customVjp(noisy, (x) => [noisy(x), x], (x, ct) => [lax.mul(ct, silent(x))]),
      checkpoint(noisy)
    ]
    const run = (f: () => unknown): string => {
      seen.length = 0
      f()
      return print(seen)
    }
    for (const f of wrapped) {
      expect(run(() => f(f64(1)))).toBe('[1]')
      expect(run(() => jit(f)(f64(1)))).toBe('[1]')
      expect(run(() => grad(f)(f64(1)))).toBe('[1]')
      expect(run(() => grad(jit(f))(f64(1)))).toBe('[1]')
      expect(run(() => vmap(f)(f64([1, 2])))).toBe('[1, 2]')
      expect(run(() => vmap((x: NdArray) => lax.cond(lax.gt(x, 1), f, (y: NdArray) => y, x))(f64([1, 2])))).toBe('[2]')
      const slopes = grad((x: NdArray) => np.sum(vmap((y: NdArray) => lax.cond(lax.gt(y, 1), f, (z: NdArray) => z, y))(x)))
      expect(run(() => close('slopes', slopes(f64([1, 2])), f64([1, Math.cos(2)]), 1e-12))).toBe('[2]')
    }
  })
})
