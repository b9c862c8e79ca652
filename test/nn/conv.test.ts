import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import { range, type Shape } from '../../src/core/shape.js'
import { jit } from '../../src/jit/jit.js'
import * as lax from '../../src/lax/index.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { numRuns } from '../support/arbitrary.js'
import { f64, generate, noise } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

const key = random.key(5)
const float64 = { dtype: 'float64' } as const
const noisy = (shape: Shape, seed = 1): NdArray => generate('float64', shape, (i) => noise(seed, i))

/** A layer with its parameters drawn, the bias too. */
type Fixed = (x: NdArray) => NdArray

interface Draw {
  readonly kind: 'conv' | 'convTranspose'
  readonly space: Shape
  readonly window: Shape
  readonly stride: Shape
  readonly dilation: Shape
  readonly padding: nn.Padding
  readonly groups: number
  readonly inputs: number
  readonly outputs: number
}

const upTo = (max: number, rank: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.integer({ min: 1, max }), { minLength: rank, maxLength: rank })

/** A convolution of any kind whose window fits into the input. */
const draws: fc.Arbitrary<Draw> = fc.integer({ min: 1, max: 3 }).chain((rank) =>
  fc.record({
    kind: fc.constantFrom('conv', 'convTranspose'),
    window: upTo(rank === 3 ? 2 : 3, rank),
    stride: upTo(3, rank),
    dilation: upTo(2, rank),
    extra: fc.array(fc.nat(rank === 1 ? 4 : 2), { minLength: rank, maxLength: rank }),
    padding: fc.constantFrom<nn.Padding[]>('SAME', 'VALID', 1, range(rank).map((d) => [d % 2, 1] as const)),
    groups: fc.integer({ min: 1, max: 2 }),
    inputs: fc.integer({ min: 1, max: 2 }),
    outputs: fc.integer({ min: 1, max: 2 })
  }).map(({ extra, inputs, outputs, ...draw }) => ({
    ...draw,
    space: extra.map((n, d) => n + (draw.window[d] - 1) * draw.dilation[d] + 1),
    inputs: inputs * draw.groups,
    outputs: outputs * draw.groups
  })))

const fixed = ({ kind, inputs, outputs, window, stride, dilation, padding, groups }: Draw): Fixed => {
  const layer = nn[kind](inputs, outputs, window, { stride, dilation, padding, groups, ...float64 })
  return layer.apply({ weight: noisy([...window, inputs / groups, outputs], 2), bias: noisy([outputs], 3) })
}

const law = (name: string, holds: (draw: Draw) => void, runs = 40): void => {
  test(name, () => {
    fc.assert(fc.property(draws, holds), { numRuns: numRuns(runs) })
  })
}

describe('every convolution', () => {
  law('is the same on a batch, on several batch axes, and under vmap', (draw) => {
    const layer = fixed(draw)
    const x = noisy([2, 3, ...draw.space, draw.inputs])
    const y = layer(x)
    close('one by one', np.stack([...x].map((row) => np.stack([...row].map(layer)))), y, 1e-14)
    close('rows', np.stack([...x].map(layer)), y, 1e-14)
    close('vmap', vmap(vmap(layer))(x), y, 1e-14)
    close('jit', jit(layer)(x), y, 1e-14)
  })

  law('leaves groups apart', ({ groups: _, ...draw }) => {
    const x = noisy([2, ...draw.space, draw.inputs * 2])
    const weight = noisy([...draw.window, draw.inputs, draw.outputs * 2])
    const apply = (count: number, kernel: NdArray, input: NdArray): NdArray => {
      const { kind, window, padding, stride, dilation } = draw
      const options = { stride, dilation, padding, groups: count, bias: false, ...float64 } as const
      return nn[kind](input.shape.at(-1) as number, kernel.shape.at(-1) as number, window, options).apply({ weight: kernel })(input)
    }
    const halves = np.split(x, 2, { axis: -1 }).map((half, i) => apply(1, np.split(weight, 2, { axis: -1 })[i], half))
    close('halves', np.concatenate(halves, { axis: -1 }), apply(2, weight, x), 1e-13)
  }, 20)

  law('has a dilated window where it is dilated', ({ groups: _, ...draw }) => {
    const { inputs, outputs, window, dilation } = draw
    const options = { stride: draw.stride, padding: draw.padding, bias: false, ...float64 } as const
    const weight = noisy([...window, inputs, outputs])
    const gaps = lax.pad(weight, 0, [...dilation.map((n) => [0, 0, n - 1] as const), [0, 0, 0], [0, 0, 0]])
    const x = noisy([2, ...draw.space, inputs])
    const dilated = nn[draw.kind](inputs, outputs, window, { ...options, dilation }).apply({ weight })(x)
    close('gaps', nn[draw.kind](inputs, outputs, gaps.shape.slice(0, -2), options).apply({ weight: gaps })(x), dilated, 1e-13)
  }, 20)

  law('gives empty batches back', (draw) => {
    const layer = fixed(draw)
    const [none, one] = [layer(np.zeros([0, ...draw.space, draw.inputs], float64)), layer(noisy([...draw.space, draw.inputs]))]
    expect(none.shape).toEqual([0, ...one.shape])
  }, 10)
})

describe('conv', () => {
  law('has the sizes that its padding says', ({ kind: _, ...draw }) => {
    const { space, window, stride, dilation } = draw
    const sizes = (padding: nn.Padding): Shape =>
      fixed({ ...draw, kind: 'conv', padding })(noisy([...space, draw.inputs])).shape.slice(0, -1)
    const span = window.map((size, d) => (size - 1) * dilation[d])
    expect(sizes('SAME')).toEqual(space.map((size, d) => Math.ceil(size / stride[d])))
    expect(sizes('VALID')).toEqual(space.map((size, d) => Math.floor((size - span[d] - 1) / stride[d]) + 1))
    expect(sizes(2)).toEqual(space.map((size, d) => Math.floor((size + 4 - span[d] - 1) / stride[d]) + 1))
  }, 20)

  test.each([1, 2, 3])('commutes with shifts of a circle in %d-d', (rank) => {
    const window = [3, 2, 2].slice(0, rank)
    const layer = nn.conv(2, 3, window, { padding: 'VALID', ...float64 })
    const params = { weight: noisy([...window, 2, 3]), bias: noisy([3]) }
    const circle = (x: NdArray): NdArray => np.pad(x, [...window.map((size) => [0, size - 1] as const), [0, 0]], { mode: 'wrap' })
    const net = (x: NdArray): NdArray => layer.apply(params)(circle(x))
    const [axis, shift] = [range(rank), [2, 1, 3].slice(0, rank)]
    const x = noisy([5, 4, 3].slice(3 - rank).concat(2))
    close('shift', net(np.roll(x, shift, { axis })), np.roll(net(x), shift, { axis }), 1e-14)
  })

  test.each([1, 2, 3])('of window 1 is linear in %d-d', (rank) => {
    const window = range(rank).map(() => 1)
    const p = { weight: noisy([3, 4]), bias: noisy([4]) }
    const x = noisy([2, ...[3, 2, 4].slice(0, rank), 3])
    const weight = np.reshape(p.weight, [...window, 3, 4])
    close('conv', nn.conv(3, 4, window, float64).apply({ ...p, weight })(x), nn.linear(3, 4, float64).apply(p)(x), 1e-14)
    close('transposed', nn.convTranspose(3, 4, window, float64).apply({ ...p, weight })(x), nn.linear(3, 4, float64).apply(p)(x), 1e-14)
  })

  test('with as many groups as inputs filters each channel by itself', () => {
    const layer = nn.conv(3, 3, [2, 2], { groups: 3, bias: false, ...float64 })
    const weight = noisy([2, 2, 1, 3])
    const x = noisy([4, 5, 3])
    const alone = range(3).map((c) => {
      const one = (a: NdArray): NdArray => np.take(a, [c], { axis: -1 })
      return nn.conv(1, 1, [2, 2], { bias: false, ...float64 }).apply({ weight: one(weight) })(one(x))
    })
    close('channels', layer.apply({ weight })(x), np.concatenate(alone, { axis: -1 }), 1e-14)
  })
})

describe('convTranspose', () => {
  law('has the sizes that its padding says', ({ groups: _, ...draw }) => {
    const { space, window, stride, dilation } = draw
    const sizes = (padding: nn.Padding): Shape =>
      fixed({ ...draw, groups: 1, kind: 'convTranspose', padding })(noisy([...space, draw.inputs])).shape.slice(0, -1)
    const spans = window.map((size, d) => (size - 1) * dilation[d] + 1)
    expect(sizes('SAME')).toEqual(space.map((size, d) => size * stride[d]))
    expect(sizes('VALID')).toEqual(space.map((size, d) => size * stride[d] + Math.max(spans[d] - stride[d], 0)))
  }, 20)

  law('is the adjoint of conv, with the weight turned round and its channels swapped', ({ groups: _, kind: __, ...draw }) => {
    const { inputs, outputs, window, stride, dilation, space } = draw
    const weight = noisy([...window, inputs, outputs])
    const span = window.map((size, d) => (size - 1) * dilation[d])
    const padding = span.map((n, d) => [Math.min(n, 1), Math.min(n, d)] as const)
    const shared = { stride, dilation, bias: false, ...float64 } as const
    const forward = nn.conv(inputs, outputs, window, { ...shared, padding }).apply({ weight })
    const back = nn.convTranspose(outputs, inputs, window, {
      ...shared,
      padding: padding.map(([low, high], d) =>
        [span[d] - low, span[d] - high + ((space[d] + low + high - span[d] - 1) % stride[d])] as const)
    }).apply({ weight: np.swapaxes(np.flip(weight, { axis: range(window.length) }), -1, -2) })
    const x = noisy([2, ...space, inputs])
    const y = forward(x)
    const ct = noisy(y.shape, 7)
    const [left, right] = [np.sum(np.multiply(y, ct)), np.sum(np.multiply(x, back(ct)))]
    close('inner products', left, right, 1e-12)
  })
})

describe('parameters', () => {
  test('are a Glorot weight and a zero bias unless told otherwise', () => {
    const p = nn.conv(4, 6, [3, 2], { groups: 2 }).init(key)
    sameBits('weight', p.weight, nn.initializers.glorotUniform([3, 2, 2, 6])(random.foldIn(key, nn.fnv1a('weight'))))
    expect(p.bias.toList()).toEqual([0, 0, 0, 0, 0, 0])
    const { glorotUniform, heNormal, constant } = nn.initializers
    const other = nn.convTranspose(2, 1, [2], { weight: heNormal, bias: constant(0.5), dtype: 'float64' }).init(key)
    sameBits('other', other.weight, heNormal([2, 2, 1], 'float64')(random.foldIn(key, nn.fnv1a('weight'))))
    expect([other.weight.dtype, other.bias.toList()]).toEqual(['float64', [0.5]])
    const variance = np.var(nn.conv(32, 48, [3, 3], { weight: glorotUniform }).init(key).weight).item()
    expect(variance * 9 * (32 + 48) / 2).toBeCloseTo(1, 1)
  })

  test('have types', () => {
    const net = nn.chain(nn.conv(1, 2, [3, 3]), nn.relu, nn.maxPool([2, 2]), nn.conv(2, 2, [3, 3], { bias: false }), nn.flatten())
    const params = net.init(key)
    expectTypeOf(params).toEqualTypeOf<readonly [nn.Conv, null, null, nn.Weight, null]>()
    expect([params[0].weight.shape, params[0].bias.shape, params[3].weight.shape]).toEqual([[3, 3, 1, 2], [2], [3, 3, 2, 2]])
  })
})

describe('pools', () => {
  const pools = fc.integer({ min: 1, max: 3 }).chain((rank) => fc.record({
    window: upTo(3, rank),
    stride: fc.option(upTo(3, rank), { nil: undefined }),
    padding: fc.constantFrom<nn.Padding[]>('SAME', 'VALID', 0),
    extra: fc.array(fc.nat(2), { minLength: rank, maxLength: rank })
  }).map(({ stride, extra, ...draw }) => ({
    ...draw, ...(stride !== undefined && { stride }), space: extra.map((n, d) => n + draw.window[d])
  })))

  test('are the same on batches and under vmap, and bound each other', () => {
    fc.assert(fc.property(pools, ({ window, space, ...options }) => {
      const x = noisy([2, 2, ...space, 2])
      const [max, mean] = [nn.maxPool(window, options), nn.averagePool(window, { ...options, countPadding: false })]
      for (const pool of [max, mean]) {
        const y = pool(x)
        close('rows', np.stack([...x].map(pool)), y, 1e-14)
        close('vmap', vmap(vmap(pool))(x), y, 1e-14)
        close('jit', jit(pool)(x), y, 0)
      }
      expect(np.all(np.lessEqual(mean(x), np.add(max(x), 1e-12))).item()).toBe(1)
      sameBits('doubled', max(np.multiply(x, 2)), np.multiply(max(x), 2))
      const constant = np.full(x.shape, 0.3, float64)
      close('mean of a constant', mean(constant), np.full(mean(x).shape, 0.3, float64), 1e-15)
    }), { numRuns: numRuns(30) })
  })

  test.each([1, 2, 3])('over all of space are global ones in %d-d', (rank) => {
    const space = [3, 2, 4].slice(0, rank)
    const x = noisy([2, ...space, 3])
    const flat = (y: NdArray): NdArray => np.reshape(y, [2, 3])
    sameBits('max', nn.globalMaxPool(rank)(x), flat(nn.maxPool(space)(x)))
    close('mean', nn.globalAveragePool(rank)(x), flat(nn.averagePool(space)(x)), 1e-15)
  })

  test('at ties the first place in the window gets the derivative, in a global pool all share it', () => {
    const ties = f64([1, 1, 0, 1])
    const x = np.reshape(ties, [4, 1])
    expect(grad((a: NdArray) => np.sum(nn.maxPool([2])(a)))(x).toList()).toEqual([[1], [0], [0], [1]])
    close('shared', grad((a: NdArray) => np.sum(nn.globalMaxPool(1)(a)))(x), np.reshape(f64([1 / 3, 1 / 3, 0, 1 / 3]), [4, 1]), 1e-15)
  })

  test('take integers: maxima stay integers, means become floats', () => {
    const bytes = np.array([[1], [3], [250], [255]], { dtype: 'uint8' })
    const [max, mean] = [nn.maxPool([2])(bytes), nn.averagePool([2])(bytes)]
    expect([max.dtype, max.toList()]).toEqual(['uint8', [[3], [255]]])
    expect([mean.dtype, mean.toList()]).toEqual(['float32', [[2], [252.5]]])
    expect(nn.maxPool([2], { stride: 1, padding: 1 })(np.negative(np.ones([2, 1]))).toList()).toEqual([[-1], [-1], [-1]])
  })

  test('NaN goes where its windows are', () => {
    const x = np.array([[1], [NaN], [2], [3]])
    expect(nn.maxPool([2])(x).toList()).toEqual([[NaN], [3]])
    expect(nn.averagePool([2])(x).toList()).toEqual([[NaN], [2.5]])
  })

  test('say what they are', () => {
    const named = [nn.maxPool([2, 2]), nn.averagePool([3]), nn.globalMaxPool(), nn.globalAveragePool(1), nn.upsample([2]), nn.flatten()]
    expect(named.map((f) => f.name)).toEqual([
      'maxPool([2, 2])', 'averagePool([3])', 'globalMaxPool(2)', 'globalAveragePool(1)', 'upsample([2])', 'flatten(3)'
    ])
  })

  test('averages undo upsampling', () => {
    const x = noisy([2, 3, 2, 2])
    close('undone', nn.averagePool([2, 3])(nn.upsample([2, 3])(x)), x, 1e-15)
    sameBits('one image', nn.upsample([2, 3])(np.slice(x, [0])), np.slice(nn.upsample([2, 3])(x), [0]))
  })
})

test('flatten and unflatten undo each other, with and without batch axes', () => {
  const x = noisy([2, 3, 4, 5])
  expect([3, 1, 2, 4].map((axes) => nn.flatten(axes)(x).shape)).toEqual([[2, 60], [2, 3, 4, 5], [2, 3, 20], [120]])
  sameBits('undone', nn.unflatten([3, 4, 5])(nn.flatten()(x)), x)
  sameBits('vmap', vmap(nn.flatten())(x), nn.flatten()(x))
  expect(nn.unflatten([])(f64([7])).shape).toEqual([])
})

describe('a small network', () => {
  const net = nn.chain(
    nn.conv(1, 2, [3, 3], { stride: 2, ...float64 }), nn.tanh, nn.maxPool([2, 2], { stride: 1 }),
    nn.convTranspose(2, 1, [2, 2], { stride: 2, ...float64 }), nn.averagePool([2, 2]), nn.flatten(), nn.linear(4, 2, float64)
  )
  const params = net.init(key)
  const images = noisy([3, 6, 5, 1])

  test('has the derivatives of differences, to second order', () => {
    checkGrads((p: typeof params, x: NdArray) => net.apply(p)(x), { tolerance: 1e-5 })(params, images)
  })

  test('gives a gradient for each example under jit, which sum to that of the batch', () => {
    const loss = (p: typeof params, x: NdArray): NdArray => np.sum(np.square(net.apply(p)(x)))
    const each = jit(vmap(grad(loss), { in: [null, 0] }))(params, images)
    const whole = grad(loss)(params, images)
    close('first', np.sum(each[0].weight, { axis: 0 }), whole[0].weight, 1e-13)
    close('transposed', np.sum(each[3].weight, { axis: 0 }), whole[3].weight, 1e-13)
    close('last', np.sum(each[6].bias, { axis: 0 }), whole[6].bias, 1e-13)
  })
})

describe('bad input', () => {
  const layer = nn.conv(2, 3, [3, 3], { padding: 'VALID' })
  const p = layer.init(key)
  const wrong = (options: object): nn.ConvOptions & { bias?: true } => options // mistakes on purpose
  const big = np.zeros([1, 4, 4, 2])
  const five = nn.conv(1, 1, [5]).init(key)
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['no inputs', () => nn.conv(0, 1, [3]), ArgumentError, 'conv: expected a positive integer of inputs, got 0'],
    ['half an output', () => nn.convTranspose(1, 0.5, [3]), ArgumentError,
      'convTranspose: expected a positive integer of outputs, got 0.5'],
    ['a number for a window', () => nn.conv(1, 1, 3 as never), ArgumentError,
      'conv: expected a window of one to three positive integers, such as [2, 2], got 3'],
    ['an empty window', () => nn.maxPool([]), ArgumentError, 'maxPool: expected a window of one to three positive integers'],
    ['four axes of space', () => nn.averagePool([1, 1, 1, 1]), ArgumentError, 'got [1, 1, 1, 1]'],
    ['a window without size', () => nn.conv(1, 1, [3, 0]), ArgumentError, 'got [3, 0]'],
    ['strides for other axes', () => nn.conv(1, 1, [3, 3], { stride: [2] }), ArgumentError,
      'conv: expected a positive integer as stride, or a list of 2, got [2]'],
    ['a stride of zero', () => nn.maxPool([2], { stride: 0 }), ArgumentError, 'a positive integer as stride, or a list of 1, got 0'],
    ['a negative dilation', () => nn.conv(1, 1, [3], { dilation: -1 }), ArgumentError, 'as dilation'],
    ['unknown padding', () => nn.conv(1, 1, [3], wrong({ padding: 'FULL' })), ArgumentError,
      "conv: expected padding 'SAME', 'VALID', a natural number or a list of 1 pairs of them [before, after], got \"FULL\""],
    ['padding in small letters', () => nn.maxPool([3], { padding: 'same' as never }), ArgumentError, 'got "same"'],
    ['negative padding', () => nn.conv(1, 1, [3], { padding: -1 }), ArgumentError, 'a natural number'],
    ['a pair for two axes', () => nn.conv(1, 1, [3, 3], { padding: [[1, 1]] }), ArgumentError, 'a list of 2 pairs'],
    ['numbers for pairs', () => nn.conv(1, 1, [3, 3], wrong({ padding: [1, 1] })), ArgumentError, 'a list of 2 pairs'],
    ['a pool of padding only', () => nn.maxPool([2, 2], { padding: [[0, 0], [0, 2]] }), ArgumentError,
      'maxPool: expected padding less than the window [2, 2]'],
    ['groups that do not divide', () => nn.conv(4, 3, [3], { groups: 2 }), ArgumentError,
      'conv: expected groups that divide 4 inputs and 3 outputs, got 2'],
    ['no groups', () => nn.conv(4, 4, [3], { groups: 0 }), ArgumentError, 'a positive integer of groups, got 0'],
    ['an unknown option', () => nn.conv(1, 1, [3], wrong({ strides: 2 })), ArgumentError, '"strides"'],
    ['an option of averages', () => nn.maxPool([2], { countPadding: false } as nn.PoolOptions), ArgumentError, '"countPadding"'],
    ['an initialiser by name', () => nn.conv(1, 1, [3], wrong({ weight: 'he' })), ArgumentError,
      'conv: expected an initialiser as weight, got "he"'],
    ['a number for a bias', () => nn.conv(1, 1, [3], wrong({ bias: 0.1 })), ArgumentError, 'an initialiser or a boolean as bias, got 0.1'],
    ['an integer dtype', () => nn.conv(1, 1, [3], wrong({ dtype: 'int32' })), DTypeError, 'float32 or float64'],
    ['other channels', () => layer.apply(p)(np.zeros([1, 4, 4, 3])), ShapeError,
      'conv(2, 3, [3, 3]): expected an input of shape [...batch, height, width, 2], got float32[1,4,4,3]'],
    ['channels first', () => layer.apply(p)(np.zeros([1, 2, 4, 4])), ShapeError, '[...batch, height, width, 2]'],
    ['too few axes', () => layer.apply(p)(np.zeros([4, 2])), ShapeError, 'got float32[4,2]'],
    ['too few axes in 3-d', () => nn.maxPool([2, 2, 2])(np.zeros([4, 4, 2])), ShapeError,
      'maxPool([2, 2, 2]): expected an input of shape [...batch, depth, height, width, channels], got float32[4,4,2]'],
    ['a window larger than the input', () => layer.apply(p)(np.zeros([1, 2, 4, 2])), ShapeError,
      'conv(2, 3, [3, 3]): expected an input of at least [3, 3] along height, width, got float32[1,2,4,2]'],
    ['one larger than the padded input', () => nn.conv(1, 1, [5], { padding: 1, dilation: 2 }).apply(five)(np.zeros([6, 1])), ShapeError,
      'at least [7] along length'],
    ['nothing along space', () => nn.conv(1, 1, [3]).apply(nn.conv(1, 1, [3]).init(key))(np.zeros([2, 0, 1])), ShapeError,
      'at least [1] along length'],
    ['nothing to enlarge', () => nn.convTranspose(1, 1, [3]).apply(nn.conv(1, 1, [3]).init(key))(np.zeros([0, 1])), ShapeError,
      'convTranspose(1, 1, [3]): expected an input of at least [1] along length'],
    ['a transposed result without elements', () => nn.convTranspose(1, 1, [5], { stride: 2, padding: 0 }).apply(five)(np.zeros([2, 1])), ShapeError,
      'at least [3] along length'],
    ['a pool larger than the input', () => nn.averagePool([3])(np.zeros([2, 1])), ShapeError,
      'averagePool([3]): expected an input of at least [3]'],
    ['a global pool of nothing', () => nn.globalMaxPool()(np.zeros([2, 0, 4, 1])), ShapeError,
      'globalMaxPool(2): expected an input of at least [1, 1] along height, width'],
    ['a global pool over four axes', () => nn.globalAveragePool(4), ArgumentError,
      'globalAveragePool: expected 1, 2 or 3 axes of space, got 4'],
    ['a pool for its result', () => nn.globalMaxPool(big as never), ArgumentError, 'globalMaxPool: expected 1, 2 or 3 axes of space'],
    ['PyTorch\'s layout of weights', () => layer.apply({ ...p, weight: np.zeros([3, 2, 3, 3]) })(big), ShapeError,
      'conv(2, 3, [3, 3]): expected an array of shape [3,3,2,3], got float32[3,2,3,3] at params.weight'],
    ['a list for an input', () => layer.apply(p)([[1]] as never), ArgumentError, 'conv(2, 3, [3, 3])'],
    ['fractional factors', () => nn.upsample([1.5]), ArgumentError, 'upsample: expected factors of one to three positive integers'],
    ['a row to enlarge as an image', () => nn.upsample([2, 2])(np.zeros([3, 1])), ShapeError, 'upsample([2, 2])'],
    ['no axes to flatten', () => nn.flatten(0), ArgumentError, 'flatten: expected a positive integer of axes, got 0'],
    ['flatten itself for what it gives', () => nn.flatten(big as never), ArgumentError,
      'flatten: expected a positive integer of axes, got float32[1,4,4,2]'],
    ['too few axes to flatten', () => nn.flatten()(np.zeros([2, 2])), ShapeError,
      'flatten(3): expected an input of at least 3 axes, got float32[2,2]'],
    ['a size that is no shape', () => nn.unflatten(4 as never), ArgumentError, 'unflatten: expected a shape, a list of sizes'],
    ['other elements', () => nn.unflatten([2, 2])(np.zeros([3, 5])), ShapeError,
      'unflatten([2, 2]): expected an input whose last axis has size 4, got float32[3,5]']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
