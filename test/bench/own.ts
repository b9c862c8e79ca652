import assert from 'node:assert/strict'
import { grad, jit, makeJaxpr, nn, np, optim, random, valueAndGrad, type NdArray } from 'cotangent'
import type { Candidate } from './measure.js'

const chain = (length: number) => (x: NdArray): NdArray => {
  let y = x
  for (let i = 0; i < length; i++) y = i % 2 === 0 ? np.sin(y) : np.mul(y, 1.01)
  return y
}

const staging = (length: number): Candidate => {
  const x = np.array(0.5)
  const gradient = makeJaxpr(grad(chain(length)))
  assert.ok(gradient(x).eqns.length >= length)
  return {
    name: `stage the gradient of a chain of ${length} equations`,
    run: (times) => {
      for (let i = 0; i < times; i++) gradient(x)
    }
  }
}

const eager = (): Candidate => {
  const x = np.array(0.7)
  const slope = grad((v: NdArray) => np.mul(np.sin(v), v))
  assert.ok(Math.abs(slope(x).item() - (Math.cos(0.7) * 0.7 + Math.sin(0.7))) < 1e-6)
  return {
    name: 'eager gradient of sin(x)·x, value read back',
    run: (times) => {
      for (let i = 0; i < times; i++) slope(x).item()
    }
  }
}

const smallCall = (): Candidate => {
  const x = np.array(0.7)
  const f = jit((v: NdArray) => np.mul(np.sin(v), v))
  assert.ok(Math.abs(f(x).item() - Math.sin(0.7) * 0.7) < 1e-6)
  return {
    name: 'call of a jitted function of two equations',
    run: (times) => {
      for (let i = 0; i < times; i++) f(x)
    }
  }
}

const product = (size: number): Candidate => {
  const [a, b] = random.split(random.key(0))
  const [x, y] = [random.normal(a, [size, size]), random.normal(b, [size, size])]
  assert.deepEqual(np.matmul(x, y).shape, [size, size])
  return {
    name: `product ${size}×${size} (${((2 * size ** 3) / 1e6).toFixed(0)} MFLOP)`,
    run: (times) => {
      for (let i = 0; i < times; i++) np.matmul(x, y)
    }
  }
}

const training = (): Candidate => {
  const net = nn.chain(nn.linear(784, 128), nn.relu, nn.linear(128, 10))
  type Net = nn.Params<typeof net>
  const adam = optim.adam(1e-3)
  const loss = (p: Net, x: NdArray, y: NdArray): NdArray => nn.loss.softmaxCrossEntropy(net.apply(p)(x), y)
  const step = jit((s: optim.State<Net>, x: NdArray, y: NdArray) => {
    const [value, gradient] = valueAndGrad(loss)(s.params, x, y)
    return [optim.step(adam)(s, gradient), value] as const
  })
  const x = random.normal(random.key(1), [100, 784])
  const y = random.randint(random.key(2), [100], 0, 10)
  let state = optim.init(adam)(net.init(random.key(3)))
  const [first] = [step(state, x, y)[1].item()]
  assert.ok(first > 1 && first < 10)
  return {
    name: 'training step of 784-128-10, batch 100, Adam',
    run: (times) => {
      for (let i = 0; i < times; i++) state = step(state, x, y)[0]
    }
  }
}

/** What a program waits for besides its kernels: tracing, differentiating, calling. */
export const ownCandidates = (): readonly Candidate[] => [staging(1000), staging(20000), eager(), smallCall(), product(256), training()]
