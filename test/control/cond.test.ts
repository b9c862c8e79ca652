import { describe, expect, test } from 'vitest'
import { condP } from '../../src/control/cond.js'
import {
  ArgumentError, DTypeError, grad, hessian, ir, jit, jvp, lax, makeJaxpr, np, ShapeError, tree, TreeError, vmap, type NdArray
} from '../../src/index.js'
import { plainCond } from '../laws/loops.js'
import { conds, control } from '../laws/rows/control.js'
import { f32, f64, i32 } from '../support/arrays.js'
import { holdToMeaning } from './means.js'
import { foreign, refuses } from './mistakes.js'
import { named, programOf } from './programs.js'

holdToMeaning({ primitive: condP, examples: conds, plain: plainCond, row: control.cond })

const lists = (x: unknown): unknown => tree.map((y: unknown) => (y as NdArray).toList())(x) // a tree of arrays
const yes = np.greater(1, 0)
const positive = (x: NdArray): NdArray => np.greater(x, 0)

describe('cond', () => {
  test('runs one branch, with trees in and out', () => {
    const on = ({ a }: { readonly a: NdArray }, [b]: readonly [NdArray]) => ({ out: [np.add(a, b), null] as const, kind: 'same' as const })
    const off = ({ a }: { readonly a: NdArray }, [b]: readonly [NdArray]) => ({ out: [np.sub(a, b), null] as const, kind: 'same' as const })
    expect(lists(lax.cond(true, on, off, { a: f32(5) }, [f32(3)] as const))).toEqual({ out: [8, null], kind: 'same' })
    expect(lists(lax.cond(np.less(1, 0), on, off, { a: f32(5) }, [f32(3)] as const))).toEqual({ out: [2, null], kind: 'same' })
    expect(lax.cond(yes, () => f32(1), () => f32(2)).item()).toBe(1)
  })

  test('does not evaluate the branch that is not taken', () => {
    const forever = (x: NdArray): NdArray => lax.whileLoop(() => true, (y: NdArray) => y, x)
    expect(lax.cond(positive(f32(-1)), forever, (x: NdArray) => np.mul(x, 2), f32(-1)).item()).toBe(-2)
    expect(jit((x: NdArray) => lax.cond(positive(x), forever, (y: NdArray) => np.mul(y, 2), x))(f32(-1)).item()).toBe(-2)
  })

  test('has derivatives that do not look at the branch that is not taken', () => {
    const safe = (x: NdArray): NdArray => lax.cond(positive(x), (y: NdArray) => np.log(y), (y: NdArray) => np.mul(y, y), x)
    expect([-1, 2].map((x) => grad(safe)(f64(x)).item())).toEqual([-2, 0.5])
    expect([-1, 2].map((x) => hessian(safe)(f64(x)).item())).toEqual([2, -0.25])
    expect(vmap(jit(grad(safe)))(f64([-1, 2])).toList()).toEqual([-2, 0.5])
  })

  test('closes over arrays and traced values, those of one branch alone too', () => {
    const f = (x: NdArray, p: NdArray): NdArray => lax.cond(p, () => np.mul(x, f64(3)), () => np.sin(np.add(x, f64([1, 2]).toTypedArray()[0])))
    const g = grad(f)
    expect([g(f64(2), yes).item(), g(f64(2), np.less(1, 0)).item()]).toEqual([3, Math.cos(3)])
    expect(vmap(jit(g), { in: [0, null] })(f64([2, 1]), yes).toList()).toEqual([3, 3])
    expect(vmap(g)(f64([2, 2]), np.greater(f64([1, -1]), 0)).toList()).toEqual([3, Math.cos(3)])
    expect(grad((y: NdArray) => grad((x: NdArray) => lax.cond(positive(x), () => np.mul(np.mul(x, x), y), () => x))(y))(f64(2)).item()).toBe(8)
  })

  test('takes what several branches close over once', () => {
    const f = (x: NdArray, y: NdArray): NdArray => lax.cond(positive(x), () => np.mul(x, y), () => np.add(x, y))
    expect(named(makeJaxpr(f)(f64(1), f64(2)), 'cond')[0].inputs).toHaveLength(3)
  })

  test('branches with residuals of different kinds share places', () => {
    const branches = [
      (x: NdArray): NdArray => np.sum(np.sin(x)),
      (x: NdArray) => np.mul(np.prod(x), np.exp(np.sum(x))),
      (x: NdArray) => np.sum(np.matmul(x, np.outer(x, np.tanh(x)))),
      () => f64(1)
    ]
    const f = (i: NdArray, x: NdArray): NdArray => lax.switch(i, branches, x)
    const x = f64([0.5, -1, 2])
    branches.forEach((branch, i) => {
      const of = (h: (y: NdArray) => NdArray): unknown => [grad(h)(x).toList(), hessian(h)(x).toList(), jit(grad(h))(x).toList()]
      expect(of((y) => f(i32(i), y))).toEqual(of(branch))
    })
    const sizes = named(programOf(grad((y: NdArray) => f(i32(1), y)), x), 'cond')[0].outputs.length
    const alone = branches.slice(0, 3).map((branch) => named(programOf(grad((y: NdArray) => lax.switch(i32(0), [branch], y)), x), 'cond')[0].outputs.length)
    expect(sizes).toBeLessThan(alone.reduce((a, b) => a + b, 0))
  })

  test('gives what is weak in one branch the type that it has in the other', () => {
    const f = lax.cond(yes, () => np.asArray(0), () => f64(1))
    expect([f.dtype, f.weak]).toEqual(['float64', false])
    const weak = lax.cond(yes, () => np.asArray(0), () => np.asArray(1))
    expect([weak.dtype, weak.weak]).toEqual(['float32', true])
  })

  test('of a concrete predicate is still one equation, and folds if all is constant', () => {
    const program = makeJaxpr((x: NdArray) => lax.cond(true, (y: NdArray) => np.sin(y), (y: NdArray) => y, x))(f32(1))
    expect(ir.check(program)).toBe(program)
    expect(String(program)).toBe([
      '{ lambda ; a:f32[]. let',
      '    b:i32[] = convert_element_type[new_dtype=int32 weak_type=False] True:bool[]',
      '    c:f32[] = cond[',
      '      branches=(',
      '        { lambda ; a:f32[]. let in (a,) },',
      '        { lambda ; a:f32[]. let b:f32[] = sin a in (b,) }',
      '      )',
      '    ] b a',
      '  in (c,) }'
    ].join('\n'))
    expect(programOf(() => lax.cond(true, () => np.sin(f32(0)), () => f32(1))).eqns).toEqual([])
  })

  test('over a batch of predicates selects, also where the operands are not batched', () => {
    const f = (p: NdArray, x: NdArray): readonly [NdArray, NdArray] =>
      lax.cond(p, (y: NdArray) => [np.sin(y), np.add(y, 1)] as const, (y: NdArray) => [y, np.add(y, 1)] as const, x)
    const flags = np.greater(f32([1, -1, 1]), 0)
    expect(lists(vmap(f, { in: [0, null] })(flags, f64(0)))).toEqual([[0, 0, 0], [1, 1, 1]])
    expect(vmap(jvpOf(f), { in: [0, null] })(flags, f64(0)).toList()).toEqual([1, 1, 1])
    expect(vmap(f, { in: [0, 0], out: [-1, -1] })(flags, np.ones([3, 2])).map((y) => y.shape)).toEqual([[2, 3], [2, 3]])
  })

  const jvpOf = (f: (p: NdArray, x: NdArray) => readonly [NdArray, NdArray]) => (p: NdArray, x: NdArray): NdArray =>
    jvp((y: NdArray) => f(p, y)[0])([x], [np.onesLike(x)])[1]

  const [x, same] = [f32(0), (y: NdArray): NdArray => y]
  const flag = 'cond: expected a boolean scalar as predicate, got'
  refuses([
    ['a predicate that is a number', () => lax.cond(foreign<boolean>(1), same, same, x), ArgumentError, `${flag} 1`],
    ['a predicate that is an array of numbers', () => lax.cond(x, same, same, x), DTypeError, `${flag} float32[]`],
    ['several predicates', () => lax.cond(np.greater(f32([1, 2]), 1), same, same, x), ShapeError, `${flag} bool[2]`],
    ['no predicate', () => lax.cond(foreign<boolean>(null), same, same, x), ArgumentError, `${flag} null`],
    ['values for branches', () => lax.cond(true, foreign<typeof same>(1), foreign<typeof same>(2), x),
      ArgumentError, 'cond: expected a function as onFalse, got 2'],
    ['branches that return different trees, each difference', () => lax.cond<[NdArray], object>(
      true, (y) => ({ u: y, v: [y] }), (y) => ({ u: [y], w: y }), x
    ), TreeError, 'cond: expected the result of onFalse and that of onTrue to have the same structure, ' +
      'got 3 differences: [*] and * at u; nothing and [*] at v; * and nothing at w'],
    ['branches that return different types, each', () => lax.cond<[NdArray], object>(
      true, (y) => ({ u: np.stack([y, y]), v: y, w: y }), (y) => ({ u: y, v: np.astype(y, 'int32'), w: y }), x
    ), ShapeError, 'cond: expected branches that return the same types, ' +
      'got f32[] from onFalse and f32[2] from onTrue at result.u; i32[] from onFalse and f32[] from onTrue at result.v'],
    ['operands that are no arrays', () => lax.cond(true, foreign<typeof same>(same), same, foreign<NdArray>(Math.max)),
      ArgumentError, 'cond: expected arrays, numbers or booleans as leaves (close over it, or make it a static argument of jit), got function max at arguments[0]']
  ])
})

describe('switch', () => {
  const branches = [(y: NdArray): NdArray => y, (y: NdArray) => np.mul(y, 10), (y: NdArray) => np.mul(y, 100)]

  test('clamps its index, which may be a number or of any integer dtype', () => {
    expect([-5, 0, 1, 2, 3].map((i) => lax.switch(i, branches, f32(1)).item())).toEqual([1, 1, 10, 100, 100])
    expect([-1, 1, 9].map((i) => lax.switch(i32(i), branches, f32(1)).item())).toEqual([1, 10, 100])
    expect(lax.switch(np.array(200, { dtype: 'uint8' }), branches, f32(1)).item()).toBe(100)
    expect(lax.switch(np.array(4_000_000_000, { dtype: 'uint32' }), branches, f32(1)).item()).toBe(100)
    expect(vmap((i: NdArray) => lax.switch(i, branches, f32(1)))(i32([-5, 0, 1, 2, 3])).toList()).toEqual([1, 1, 10, 100, 100])
  })

  test('of one branch is that branch', () => {
    expect(grad((x: NdArray) => lax.switch(7, [(y: NdArray) => np.sin(y)], x))(f64(0)).item()).toBe(1)
  })

  const index = 'switch: expected an integer scalar as index, got'
  refuses([
    ['no branches', () => lax.switch(0, [], f32(1)), ArgumentError, 'switch: expected a list of at least one branch, got []'],
    ['a branch that is no function', () => lax.switch(0, [branches[0], foreign<(y: NdArray) => NdArray>(3)], f32(1)),
      ArgumentError, 'switch: expected a function as branch 1, got 3'],
    ['a fraction', () => lax.switch(0.5, branches, f32(1)), ArgumentError, `${index} 0.5`],
    ['a float', () => lax.switch(f32(0), branches, f32(1)), DTypeError, `${index} float32[]`],
    ['a boolean', () => lax.switch(yes, branches, f32(1)), DTypeError, `${index} bool[]`],
    ['several indices', () => lax.switch(i32([0, 1]), branches, f32(1)), ShapeError, `${index} int32[2]`],
    ['branches that return different types', () => lax.switch(0, [branches[0], branches[1], (y: NdArray) => np.stack([y, y])], f32(1)),
      ShapeError, 'switch: expected branches that return the same types, got f32[] from branch 0 and f32[2] from branch 2 at result'],
    ['branches that return different trees', () => lax.switch<[NdArray], unknown>(0, [branches[0], (y) => [y]], f32(1)),
      TreeError, 'switch: expected the result of branch 0 and that of branch 1 to have the same structure, got * and [*] at the root']
  ])
})
