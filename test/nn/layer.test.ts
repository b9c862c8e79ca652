import * as R from 'fp-ts/lib/Reader.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError, TreeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { f32 } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

const key = random.key(7)
const draw = nn.initializers.normal(1)([3])

describe('fnv1a', () => {
  test.each([['', 0x811c9dc5], ['a', 0xe40c292c], ['foobar', 0xbf9cf968]])('of %j is %d', (text, hash) => {
    expect(nn.fnv1a(text)).toBe(hash)
  })
})

describe('struct', () => {
  test('gives each field the key with the hash of its name folded in', () => {
    const { weight } = nn.struct({ weight: draw })(key)
    sameBits('weight', weight, draw(random.foldIn(key, nn.fnv1a('weight'))))
  })

  test('a field more or in another place leaves the other draws unchanged', () => {
    const small = nn.struct({ a: draw, b: draw })(key)
    const large = nn.struct({ b: draw, extra: draw, a: draw })(key)
    sameBits('a', large.a, small.a)
    sameBits('b', large.b, small.b)
    expect(small.a.toList()).not.toEqual(small.b.toList())
  })

  test('gives frozen objects, and nests', () => {
    const tree = nn.struct({ inner: nn.struct({ x: draw }) })(key)
    expect(Object.isFrozen(tree) && Object.isFrozen(tree.inner)).toBe(true)
    expectTypeOf(tree).toEqualTypeOf<{ inner: { x: NdArray } }>()
  })

  test('is a Reader of keys', () => {
    const doubled = R.map((p: { a: NdArray }) => np.multiply(2, p.a))(nn.struct({ a: draw }))
    sameBits('doubled', doubled(key), np.multiply(2, nn.struct({ a: draw })(key).a))
  })

  test('refuses what is no initialiser, and names whose hashes collide', () => {
    expect(() => nn.struct({ a: 3 as unknown as nn.Init<number> })).toThrow(ArgumentError)
    expect(() => nn.struct({ costarring: draw, liquid: draw })).toThrow('names with different hashes, got costarring and liquid')
  })
})

const net = nn.chain(nn.linear(2, 3), nn.relu, nn.linear(3, 1, { bias: false }))
type Net = nn.Params<typeof net>

describe('chain', () => {
  test('has a frozen tuple of parameters with null for functions', () => {
    const params = net.init(key)
    expectTypeOf<Net>().toEqualTypeOf<readonly [nn.Linear, null, nn.Weight]>()
    expectTypeOf<nn.Params<typeof nn.relu>>().toEqualTypeOf<null>()
    expect(params.length).toBe(3)
    expect(params[1]).toBe(null)
    expect(params[2].weight.shape).toEqual([3, 1])
    expect(Object.isFrozen(params)).toBe(true)
  })

  test('draws the i-th layer from the key with i folded in, whatever follows', () => {
    const longer = nn.chain(nn.linear(2, 3), nn.relu, nn.linear(3, 1, { bias: false }), nn.tanh, nn.linear(1, 1))
    sameBits('first', longer.init(key)[0].weight, net.init(key)[0].weight)
    sameBits('third', net.init(key)[2].weight, nn.linear(3, 1).init(random.foldIn(key, 2)).weight)
  })

  test('applies one after the other', () => {
    const params = net.init(key)
    const x = np.array([[1, 2], [3, 4]])
    const hidden = nn.relu(np.add(np.matmul(x, params[0].weight), params[0].bias))
    sameBits('output', net.apply(params)(x), np.matmul(hidden, params[2].weight))
  })

  test('nests, and is the identity when empty', () => {
    const outer = nn.chain(net, np.tanh, nn.chain())
    const params = outer.init(key)
    const x = f32([1, -1])
    sameBits('nested', outer.apply(params)(x), np.tanh(net.apply(params[0])(x)))
    expect(nn.chain().apply([])(x)).toBe(x)
  })

  test('composes with the transforms, and its gradient has the type of its parameters', () => {
    const params = net.init(key)
    const loss = (p: Net, x: NdArray): NdArray => np.sum(np.square(net.apply(p)(x)))
    const slope = grad(loss)(params, f32([1, 2]))
    expectTypeOf(slope).toEqualTypeOf<Net>()
    expect(slope[1]).toBe(null)
    const batch = np.array([[1, 2], [3, 4]])
    const each = jit(vmap(grad(loss), { in: [null, 0] }))(params, batch)
    close('sum of per-example gradients', np.sum(each[0].weight, { axis: 0 }), grad(loss)(params, batch)[0].weight, 1e-5)
  })

  test('refuses what is no layer, and parameters of another length', () => {
    expect(() => nn.chain(nn.relu, {} as nn.AnyLayer)).toThrow('chain: expected layers { init, apply } and plain functions')
    expect(() => nn.chain(null as unknown as nn.AnyLayer)).toThrow(ArgumentError)
    expect(() => net.apply([] as unknown as Net)).toThrow(TreeError)
    expect(() => net.apply({} as unknown as Net)).toThrow(TreeError)
  })
})

describe('linear', () => {
  test('draws a Glorot weight and a zero bias unless told otherwise', () => {
    const p = nn.linear(3, 2).init(key)
    sameBits('weight', p.weight, nn.initializers.glorotUniform([3, 2])(random.foldIn(key, nn.fnv1a('weight'))))
    expect(p.bias.toList()).toEqual([0, 0])
    const other = nn.linear(3, 2, { weight: nn.initializers.ones, bias: nn.initializers.constant(0.5), dtype: 'float64' }).init(key)
    expect([other.weight.dtype, other.bias.dtype]).toEqual(['float64', 'float64'])
    expect(other.bias.toList()).toEqual([0.5, 0.5])
  })

  test('maps the last axis of inputs of any rank', () => {
    const layer = nn.linear(3, 2)
    const p = layer.init(key)
    for (const shape of [[3], [4, 3], [2, 4, 3]]) expect(layer.apply(p)(np.ones(shape)).shape).toEqual([...shape.slice(0, -1), 2])
  })

  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a size that is no positive integer', () => nn.linear(0, 1), ArgumentError, 'a positive integer of inputs, got 0'],
    ['NaN for a size', () => nn.linear(1, NaN), ArgumentError, 'outputs, got NaN'],
    ['an unknown option', () => nn.linear(1, 1, { biases: false } as nn.LinearOptions & { bias?: true }), ArgumentError, 'biases'],
    ['an integer dtype', () => nn.linear(1, 1, { dtype: 'int32' as 'float32' }), DTypeError, 'float32 or float64'],
    ['an input of another size', () => nn.linear(3, 2).apply(nn.linear(3, 2).init(key))(np.ones([4])), ShapeError, 'linear(3, 2)'],
    ['a scalar input', () => nn.linear(3, 2).apply(nn.linear(3, 2).init(key))(f32(1)), ShapeError, 'last axis has size 3']
  ])('refuses %s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
