import { describe, expect, test } from 'vitest'
import { grad, jit, jvp, lax, np, vmap, type NdArray } from '../../src/index.js'
import { f32, f64, i32 } from '../support/arrays.js'

const m = (rows: number, columns: number): NdArray => np.reshape(np.arange(rows * columns), [rows, columns])

describe('vmap', () => {
  test('over axes of arguments, to axes of results', () => {
    const f = (x: NdArray, y: NdArray): NdArray => np.add(np.mul(x, 10), y)
    expect(vmap(f)(m(2, 3), m(2, 3)).toList()).toEqual([[0, 11, 22], [33, 44, 55]])
    expect(vmap(f, { in: [1, null] })(m(2, 3), f32([0, 1])).toList()).toEqual([[0, 31], [10, 41], [20, 51]])
    expect(vmap.with({ in: [-1, null], out: 1 })(f)(m(2, 3), f32([0, 1])).toList()).toEqual([[0, 10, 20], [31, 41, 51]])
    expect(vmap.with({ in: 1, out: -1 })(f)(m(2, 3), m(2, 3)).toList()).toEqual([[0, 11, 22], [33, 44, 55]])
  })

  test('over axes of subtrees', () => {
    interface Tree {
      readonly w: NdArray
      readonly deep: { readonly b: NdArray; readonly c: NdArray }
    }
    const f = (p: Tree, x: NdArray) => ({ out: [np.add(np.matmul(p.w, x), p.deep.b), p.deep.c] as const, none: null })
    const p = { w: m(2, 3), deep: { b: m(2, 4), c: f32(7) } }
    const mapped = vmap(f, { in: [{ w: null, deep: { b: 1, c: null } }, 0], out: { out: [1, null], none: null } })
    const { out, none } = mapped(p, m(4, 3))
    expect(out[0].toList()).toEqual([[5, 15, 25, 35], [18, 55, 92, 129]])
    expect([out[1].item(), none, Object.isFrozen(out)]).toEqual([7, null, true])
    // One axis for a whole subtree.
    const shared = vmap(f, { in: [{ w: null, deep: null }, 0] })({ w: m(2, 3), deep: { b: f32([0, 0]), c: f32(7) } }, m(4, 3))
    expect(shared.out[1].toList()).toEqual([7, 7, 7, 7])
  })

  test('null is no axis, for one or all, and out of what does not vary', () => {
    const f = (x: NdArray): NdArray => np.mul(x, 2)
    expect(vmap(f, { in: null, axisSize: 3 })(f32(1)).toList()).toEqual([2, 2, 2])
    expect(vmap(f, { in: null, out: null, axisSize: 3 })(f32(1)).item()).toBe(2)
    const two = vmap((x: NdArray, k: NdArray) => [x, np.mul(k, 2)] as const, { in: [0, null], out: [0, null] })
    expect(two(f32([1]), f32(4))[1].item()).toBe(8)
  })

  test('of constants, numbers, booleans, integers, and no examples', () => {
    expect(vmap((_: NdArray) => f32([1, 2]))(f32([0, 0])).toList()).toEqual([[1, 2], [1, 2]])
    expect((vmap((x: NdArray) => [x, 3]) as (x: NdArray) => readonly NdArray[])(f32([0, 0]))[1].toList()).toEqual([3, 3])
    expect(vmap((x: NdArray, k: NdArray | number) => np.mul(x, k), { in: [0, null] })(f32([1, 2]), 3).toList()).toEqual([3, 6])
    expect(vmap((x: NdArray) => np.greater(x, 1))(i32([1, 2])).toList()).toEqual([false, true])
    expect(vmap((x: NdArray) => np.sum(x))(np.zeros([0, 3])).shape).toEqual([0])
  })

  test('nests, each over its own axis', () => {
    const outer = vmap(vmap((x: NdArray, y: NdArray) => np.mul(x, y), { in: [null, 0] }), { in: [0, null] })
    expect(outer(f32([1, 2]), f32([3, 4, 5])).toList()).toEqual([[3, 4, 5], [6, 8, 10]])
    const captured = vmap((x: NdArray) => vmap((y: NdArray) => np.add(x, y))(f32([10, 20])))
    expect(captured(f32([1, 2])).toList()).toEqual([[11, 21], [12, 22]])
  })

  test('iterates over known lengths', () => {
    expect(vmap((x: NdArray) => [...x].reduce((a, b) => np.add(a, b)))(m(2, 3)).toList()).toEqual([3, 12])
    expect(jit((x: NdArray) => { const [a, b] = x; return np.sub(a, b) })(f32([5, 3])).item()).toBe(2)
  })

  test.each([
    ['differing sizes',
      () => vmap((p: { a: NdArray; b: [NdArray] }, x: NdArray) => np.mul(p.a, x))({ a: f32([1]), b: [f32([1, 2])] }, f32([1, 2, 3])),
      'vmap: expected mapped axes of one size, got arguments[0].a has 1, arguments[0].b[0] has 2, arguments[1] has 3'],
    ['another size than axisSize', () => vmap((x: NdArray) => x, { axisSize: 3 })(f32([1])),
      'mapped axes of size 3, got arguments[0] has 1'],
    ['scalars', () => vmap((p: { a: NdArray }) => p.a)({ a: f32(1) }), 'an axis 0 to map, got float32[] at arguments[0].a'],
    ['axes that are not there', () => vmap((x: NdArray) => x, { in: -3 })(m(2, 2)), 'an axis -3 to map, got float32[2,2] at arguments[0]'],
    ['no mapped argument', () => vmap((x: NdArray) => x, { in: null })(f32(1)), 'a mapped argument, or axisSize'],
    ['too few axes', () => vmap((x: NdArray, y: NdArray) => np.add(x, y), { in: [0] })(f32([1]), f32([1])),
      'an axis for each of 2 arguments, got 1 axes'],
    ['axes that are no prefix', () => vmap((p: { a: NdArray }) => p.a, { in: [{ b: 0 }] })({ a: f32([1]) }),
      'got nothing instead of * at [0].a'],
    ['fractions', () => vmap((x: NdArray) => x, { in: 0.5 })(f32([1])), 'integers or null as in axes, got 0.5'],
    ['out axes that are not there', () => vmap((x: NdArray) => x, { out: 1 })(f32([1])), 'an out axis from -1 to 0, got 1 at result'],
    ['null for what varies', () => vmap((x: NdArray) => ({ y: [x] }), { out: null })(f32([1])), 'at result.y[0]'],
    ['a negative axisSize', () => vmap((x: NdArray) => x, { in: null, axisSize: -1 })(f32(1)), 'a natural number as axisSize, got -1'],
    ['unknown options', () => vmap((x: NdArray) => x, { inAxes: 0 } as object), 'the unknown option "inAxes"'],
    ['unknown options in front', () => vmap.with({ axes: 0 } as object)((x: NdArray) => x), 'the unknown option "axes"']
  ])('refuses %s', (_, wrong, message) => {
    expect(wrong).toThrow(message)
  })
})

describe('collectives', () => {
  const x = f64([1, 2, 6])
  const over = (f: (x: NdArray) => NdArray): ((x: NdArray) => NdArray) => vmap(f, { axisName: 'i' })

  // The values are JAX's; its pmax has no derivative.
  test.each<[string, (x: NdArray) => NdArray, readonly number[]]>([
    ['psum', (y) => lax.psum(y, 'i'), [9, 9, 9]],
    ['pmean', (y) => np.sub(y, lax.pmean(y, 'i')), [-2, -1, 3]],
    ['pmax', (y) => np.sub(y, lax.pmax(y, 'i')), [-5, -4, 0]],
    ['pmin', (y) => np.sub(y, lax.pmin(y, 'i')), [0, 1, 5]],
    ['axisIndex', (y) => np.add(y, lax.axisIndex('i')), [1, 3, 8]],
    ['axisSize', (y) => np.mul(y, lax.axisSize('i')), [3, 6, 18]],
    ['psum of what all examples share', (y) => np.add(y, lax.psum(f64(3), 'i')), [10, 11, 15]],
    ['psum of a number', (y) => np.add(y, lax.psum(1 as unknown as NdArray, 'i')), [4, 5, 9]],
    ['psum of a constant under jit', (y) => np.add(y, jit(() => lax.psum(f64(2), 'i'))()), [7, 8, 12]],
    ['axisIndex under jit', (y) => np.add(y, jit(() => lax.axisIndex('i'))()), [1, 3, 8]],
    ['grad of psum', grad((y: NdArray) => lax.psum(np.square(y), 'i')), [6, 12, 36]],
    ['grad of pmean', grad((y: NdArray) => lax.pmean(np.square(y), 'i')), [2, 4, 12]],
    ['grad of a product with psum', grad((y: NdArray) => np.mul(y, lax.psum(y, 'i'))), [18, 18, 18]],
    ['grad of jit of psum', grad(jit((y: NdArray) => lax.psum(np.square(y), 'i'))), [6, 12, 36]],
    ['grad of psum in what all share', (y) => grad((w: NdArray) => lax.psum(np.mul(w, y), 'i'))(f64(2)), [3, 6, 18]],
    ['grad of psum of what all share', (y) => grad((w: NdArray) => np.mul(lax.psum(np.square(w), 'i'), y))(f64(2)), [36, 36, 36]],
    ['jvp of pmax', (y) => jvp((z: NdArray) => lax.pmax(z, 'i'))([y], [np.square(y)])[1], [36, 36, 36]],
    ['a vmap without a name between', (y) => np.sum(vmap((z: NdArray) => lax.psum(z, 'i'))(np.stack([y, y]))), [18, 18, 18]]
  ])('%s', (_, f, expected) => {
    expect(over(f)(x).toList()).toEqual(expected)
    expect(jit(over(jit(f)))(x).toList()).toEqual(expected)
  })

  test('derivatives of the whole', () => {
    const summed = (f: (x: NdArray) => NdArray): ((x: NdArray) => NdArray) => grad((y: NdArray) => np.sum(over(f)(y)))
    expect(summed((y) => np.mul(y, lax.psum(y, 'i')))(x).toList()).toEqual([18, 18, 18])
    expect(summed((y) => lax.pmax(y, 'i'))(f64([2, 2, 1])).toList()).toEqual([1.5, 1.5, 0])
    expect(summed(jit((y: NdArray) => np.square(lax.pmean(y, 'i'))))(x).toList()).toEqual([6, 6, 6])
  })

  test('by name, the innermost of its name', () => {
    const rows = (f: (x: NdArray) => NdArray): ((x: NdArray) => NdArray) => vmap(f, { axisName: 'rows' })
    const both = rows(over((y) => np.add(lax.psum(y, 'rows'), lax.psum(y, 'i'))))
    expect(both(m(2, 3)).toList()).toEqual([[6, 8, 10], [15, 17, 19]])
    expect(over(over((y) => lax.psum(y, 'i')))(m(2, 3)).toList()).toEqual([[3, 3, 3], [12, 12, 12]])
    const inside = rows((row) => jit((r: NdArray) => vmap((y: NdArray) => np.add(y, lax.psum(np.sum(r), 'rows')))(r))(row))
    expect(inside(m(2, 3)).toList()).toEqual([[15, 16, 17], [18, 19, 20]])
  })

  test('of trees, of integers, and one jitted function for axes of several sizes', () => {
    const sums = (p: { readonly a: NdArray; readonly b: readonly [NdArray] }): typeof p => lax.psum(p, 'i')
    const total = vmap(sums, { axisName: 'i' })({ a: x, b: [x] })
    expect([total.a.toList(), total.b[0].toList()]).toEqual([[9, 9, 9], [9, 9, 9]])
    expect(over((y) => lax.pmean(y, 'i'))(i32([1, 2, 3])).dtype).toBe('float32')
    const scaled = jit((y: NdArray) => np.mul(np.mul(y, lax.axisSize('i')), lax.psum(f64(1), 'i')))
    expect([over(scaled)(x).toList(), over(scaled)(f64([1, 2])).toList()]).toEqual([[9, 18, 54], [4, 8]])
  })

  test('refuse names that no vmap gives', () => {
    expect(() => lax.psum(x, 'i')).toThrow('psum: expected an axis named by an enclosing vmap (in scope: none), got "i"')
    expect(() => over((y) => lax.pmean(y, 'k'))(x)).toThrow('(in scope: "i"), got "k"')
    expect(() => over((y) => np.mul(y, lax.axisSize('k')))(x)).toThrow('axisSize')
    expect(() => jit((y: NdArray) => np.add(y, lax.axisIndex('i')))(x)).toThrow('axisIndex')
  })
})
