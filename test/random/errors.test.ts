import { describe, expect, test } from 'vitest'
import { jit, np, random, type NdArray } from '../../src/index.js'

const key = random.key(0)
const foreign = <A>(x: unknown): A => x as A // what an untyped caller passes

const wrong: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['a seed that is a fraction', () => random.key(0.5), /key: expected an integer seed.*got 0\.5/],
  ['a seed that is NaN', () => random.key(NaN), /key: expected an integer seed.*got NaN/],
  ['a seed beyond 53 bits', () => random.key(2 ** 53), /53 bits/],
  ['a seed of floats', () => random.key(np.array(1)), /key: expected an integer seed.*got float32\[\]/],
  ['several seeds', () => random.key(np.array([1, 2], { dtype: 'int32' })), /key: expected a scalar seed.*vmap.*got int32\[2\]/],
  ['a number for a key', () => random.normal(foreign<NdArray>(0), [2]), /normal: expected a key.*got 0/],
  ['a key of floats', () => random.uniform(np.zeros([2])), /uniform: expected a key.*got float32\[2\]/],
  ['a key of three words', () => random.bits(np.zeros([3], { dtype: 'uint32' })), /bits: expected a key.*got uint32\[3\]/],
  ['many keys for one', () => random.randint(random.split(key, 3), [2], 0, 5), /randint: expected a key.*vmap.*got uint32\[3,2\]/],
  ['a size for a shape', () => random.normal(key, foreign<number[]>(3)), /normal: expected a shape.*got 3/],
  ['a negative size', () => random.normal(key, [-1]), /normal: expected a shape of non-negative integers, got \[-1\]/],
  ['a negative number of keys', () => random.split(key, -1), /split: expected an integer number of keys of at least 0, got -1/],
  ['a number that is no integer', () => random.foldIn(key, 0.5), /foldIn: expected an integer number, got 0\.5/],
  ['a number traced as a float', () => jit((n: NdArray) => random.foldIn(key, n))(foreign<NdArray>(3)), /foldIn: expected an integer number, such as.*got float32/],
  ['an unknown option', () => random.normal(key, [2], foreign<object>({ type: 'float32' })), /normal: expected options among dtype, got the unknown option "type"/],
  ['an option given as a word', () => random.normal(key, [2], foreign<object>('float32')), /normal: expected an object of options \(dtype\), got "float32"/],
  ['normals that are integers', () => random.normal(key, [2], foreign<object>({ dtype: 'int32' })), /normal: expected float32 or float64, got int32/],
  ['integers that are floats', () => random.randint(key, [2], 0, 5, { dtype: 'float32' }), /randint: expected an integer dtype, got float32/],
  ['bits of a signed dtype', () => random.bits(key, [2], foreign<object>({ dtype: 'int32' })), /bits: expected dtype among uint8, uint32, got int32/],
  ['an unknown mode', () => random.gumbel(key, [2], foreign<object>({ mode: 'highest' })), /gumbel: expected mode among low, high, got highest/],
  ['a bound that is a fraction', () => random.randint(key, [2], 0, 1.5), /randint: expected an integer maxval, got 1\.5/],
  ['a bound of floats', () => random.randint(key, [2], np.array([0, 1]), 5), /randint: expected an integer minval, got float32\[2\]/],
  ['bounds that do not fit', () => random.uniform(key, [2], { minval: [0, 1, 2] }), /uniform: expected .*got/],
  ['bounds of more axes', () => random.uniform(key, [], { maxval: [1] }), /uniform: expected parameters that broadcast to the shape \[\], got float32\[1\]/],
  ['a permutation of a scalar', () => random.permutation(key, np.array(3)), /permutation: expected a number that is known.*got float32\[\]/],
  ['an axis that is not there', () => random.permutation(key, [1, 2], { axis: 1 }), /permutation: expected an axis from -1 to 0, got axis 1/],
  ['too many without replacement', () => random.choice(key, 3, [4], { replace: false }), /choice: expected at most 3 elements without replacement, got 4/],
  ['nothing to choose from', () => random.choice(key, 0, [1]), /choice: expected something to choose from/],
  ['probabilities of another length', () => random.choice(key, 3, [1], { p: [0.5, 0.5] }), /choice: expected a vector of 3 probabilities p, got float32\[2\]/],
  ['logits without an axis', () => random.categorical(key, 1), /categorical: expected no axis.*scalar/],
  ['no categories', () => random.categorical(key, np.zeros([2, 0])), /categorical: expected categories along axis 1/],
  ['a shape that the logits do not fit', () => random.categorical(key, np.zeros([2, 3]), { shape: [3] }), /categorical: expected a shape to which \[2\] broadcasts, got \[3\]/],
  ['too many categories', () => random.categorical(key, [0, 0], { shape: [3], replace: false }), /categorical: expected at most 2 samples without replacement, got 3/]
]

describe('wrong inputs', () => {
  test.each(wrong)('%s', (_, f, message) => {
    expect(f).toThrow(message)
    try {
      f()
    } catch (error) {
      expect((error as Error).name).toMatch(/^(Argument|DType|Shape)Error$/)
    }
  })
})
