import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  evalShape, grad, hessian, hvp, jacfwd, jit, jvp, lax, linearize, linearTranspose, nn, np, optim, random, tree, valueAndGrad, vjp, vmap,
  type NdArray
} from '../src/index.js'

/*
 * Nothing that the library hands out can be changed: arrays are handles without reachable fields, trees are frozen.
 */

interface Weights {
  readonly w: NdArray
  readonly layers: readonly { readonly b: NdArray }[]
}

const weights = (): Weights => ({ w: np.array([1, 2]), layers: [{ b: np.array(3) }] })
const loss = (p: Weights): NdArray => np.add(np.sum(np.square(p.w)), p.layers[0].b)
const same = (p: Weights): Weights => ({ w: np.sin(p.w), layers: p.layers })
const batch = (): Weights => ({ w: np.ones([3, 2]), layers: [{ b: np.ones([3]) }] })

/** Whether every object and list of a tree is frozen; arrays and functions are not looked into. */
const isFrozen = (x: unknown): boolean => {
  if (typeof x !== 'object' || x === null || 'toTypedArray' in x) return true
  return Object.isFrozen(x) && Object.values(x).every(isFrozen)
}

const sgd = optim.sgd(0.1, { momentum: 0.9 })
const net = nn.chain(nn.linear(2, 3), nn.relu, nn.linear(3, 1))

const trees: readonly (readonly [string, () => unknown])[] = [
  ['grad', () => grad(loss)(weights())],
  ['grad of two arguments',
    () => grad.with({ argnums: [0, 1] })((p: Weights, q: Weights) => np.mul(loss(p), loss(q)))(weights(), weights())],
  ['grad with aux', () => grad.with({ hasAux: true })((p: Weights) => [loss(p), same(p)] as const)(weights())],
  ['valueAndGrad', () => valueAndGrad(loss)(weights())],
  ['vjp', () => vjp(same)(weights())[0]],
  ['the pullback', () => vjp(same)(weights())[1](weights())],
  ['jvp', () => jvp(same)([weights()], [weights()])],
  ['linearize', () => linearize(same)(weights())[0]],
  ['the push', () => linearize(same)(weights())[1](weights())],
  ['linearTranspose', () => linearTranspose((p: Weights) => p)(weights())(weights())],
  ['jacfwd', () => jacfwd(same)(weights())],
  ['hessian', () => hessian(loss)(weights())],
  ['hvp', () => hvp(loss)(weights(), weights())],
  ['vmap', () => vmap(same)(batch())],
  ['jit', () => jit(same)(weights())],
  ['jit of vmap of grad', () => jit(vmap(grad(loss)))(batch())],
  ['evalShape', () => evalShape(same)(weights())],
  ['parameters', () => net.init(random.key(0))],
  ['the state of an optimizer', () => optim.init(sgd)(weights())],
  ['the next state', () => optim.step(sgd)(optim.init(sgd)(weights()), weights())],
  ['tree.map', () => tree.map(np.negative)(weights())],
  ['tree.zipWith', () => tree.zipWith((a: NdArray, b: NdArray) => np.add(a, b))(weights(), weights())],
  ['tree.at', () => tree.at((p: Weights) => p.layers[0].b).set(np.array(0))(weights())],
  ['tree.partition', () => tree.partition((x: NdArray) => x.ndim > 0)(weights())],
  ['tree.update', () => tree.update<Weights>((p) => { p.layers.push({ b: np.array(1) }) })(weights())]
]

describe('trees are frozen', () => {
  test.each(trees)('%s', (_, make) => {
    const made = make()
    const parts: readonly unknown[] = Array.isArray(made) ? made : [made]
    for (const part of parts) expect(isFrozen(part)).toBe(true)
  })

  test('and a function that writes to its argument fails', () => {
    const careless = (p: { w: NdArray }): NdArray => {
      p.w = np.zeros([2])
      return np.sum(p.w)
    }
    const mine = { w: np.ones([2]) }
    expect(() => grad(careless)(mine)).toThrow(TypeError)
    expect(mine.w.toList()).toEqual([1, 1])
    expect(Object.isFrozen(mine)).toBe(false)
  })
})

/** What an assignment does, in strict code: nothing, or a TypeError. */
const attempt = (f: () => unknown): void => {
  try {
    f()
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
  }
}

describe('arrays are handles', () => {
  const x = np.array([[1, 2, 3], [4, 5, 6]])
  const intact = (): void => {
    expect(x.shape).toEqual([2, 3])
    expect([x.dtype, x.ndim, x.size, x.weak]).toEqual(['float32', 2, 6, false])
    expect(x.toList()).toEqual([[1, 2, 3], [4, 5, 6]])
    expect(String(np.sum(x))).toBe('21')
  }

  test('without fields', () => {
    expect(Object.keys(x)).toEqual([])
    expect(Reflect.ownKeys(x)).toEqual([])
    expect(Object.assign({}, x)).toEqual({})
  })

  test('whose properties cannot be assigned', () => {
    const others = { shape: [6], dtype: 'int32', aval: { shape: [6], dtype: 'int32', weak: false }, size: 1, ndim: 1, weak: true }
    for (const [name, value] of Object.entries(others)) {
      attempt(() => Object.assign(x, { [name]: value }))
      expect(Reflect.set(x, name, value)).toBe(false)
    }
    intact()
  })

  test('nor their parts', () => {
    attempt(() => { (x.shape as number[])[0] = 6 })
    attempt(() => (x.shape as number[]).push(1))
    attempt(() => { (x.aval as { dtype: string }).dtype = 'int32' })
    attempt(() => { (x.aval.shape as number[]).length = 0 })
    intact()
  })

  test('of which nothing can be deleted', () => {
    for (const name of ['shape', 'dtype', 'toList']) attempt(() => Reflect.deleteProperty(x, name))
    intact()
  })

  test('that other objects cannot pretend to be', () => {
    const forged: NdArray = Object.create(Object.getPrototypeOf(x) as object) as NdArray
    expect(() => forged.shape).toThrow(TypeError)
    expect(() => np.sin({ shape: [2], dtype: 'float32', weak: false } as never)).toThrow('sin: expected an array, a number or a boolean')
    expect(() => np.add(structuredClone(x), 1)).toThrow('add: expected an array, a number or a boolean, got {}')
  })

  test('which JSON writes as lists', () => {
    const text = JSON.stringify({ loss: np.array(0.5), mask: np.array([true, false]), x })
    expect(text).toBe('{"loss":0.5,"mask":[true,false],"x":[[1,2,3],[4,5,6]]}')
  })

  test('whose elements come out as copies', () => {
    x.toTypedArray().fill(0)
    const list = x.toList() as number[][]
    list[0][0] = 9
    for (const row of x) row.toTypedArray().fill(0)
    intact()
  })

  test('and go in as copies', () => {
    const data = new Float32Array([1, 2, 3])
    const list = [[1, 2], [3, 4]]
    const shape = [3]
    const [a, b, c] = [np.array(data), np.array(list), np.zeros(shape)]
    const [viewed, reshaped] = [np.asArray(data.subarray(1)), lax.reshape(a, shape)]
    data.fill(9)
    list[0][0] = 9
    list.pop()
    shape[0] = 99
    expect([a, b, c, viewed, reshaped].map((each) => each.toList())).toEqual([[1, 2, 3], [[1, 2], [3, 4]], [0, 0, 0], [2, 3], [1, 2, 3]])
    expect([c.shape, reshaped.shape]).toEqual([[3], [3]])
    expect(Object.isFrozen(shape)).toBe(false)
  })

  test('and stay what they are when a typed array of theirs is reshaped, sliced or joined', () => {
    const row = np.slice(x, 0)
    const [first] = x
    np.at(row, 0).set(100)
    np.concatenate([row, first])
    expect(row.toList()).toEqual([1, 2, 3])
    intact()
  })

  test('that the console shows, traced and donated ones too', () => {
    expect(inspect({ w: np.array([1, 2]) })).toBe('{ w: [1, 2] }')
    let shown = ''
    jit((y: NdArray) => {
      shown = inspect(y)
      return y
    })(np.ones([2]))
    expect(shown).toBe('Traced<float32[2], jit>')
    const given = np.ones([2])
    jit((y: NdArray) => np.add(y, 1), { donate: [0] })(given)
    expect(inspect(given)).toBe('float32[2] (donated)')
    expect([given.shape, given.dtype]).toEqual([[2], 'float32'])
  })
})

describe('functions carry the names that they are called by', () => {
  test.each([
    ['np.sin', np.sin, 'sin'], ['np.add', np.add, 'add'], ['np.sum', np.sum, 'sum'], ['lax.add', lax.add, 'add'],
    ['lax.bitwiseAnd', lax.bitwiseAnd, 'bitwiseAnd'], ['nn.relu', nn.relu, 'relu'], ['grad(np.sin)', grad(np.sin), 'grad(sin)']
  ])('%s', (_, f, name) => {
    expect(f.name).toBe(name)
  })
})
