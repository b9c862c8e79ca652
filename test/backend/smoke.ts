/* Runs in a browser: programs whose results are compared with the reference implementation's, one flag for each. */
import { compiled } from '../../src/backend/compiled.js'
import { reference } from '../../src/backend/reference.js'
import { installBackend } from '../../src/core/trace.js'
import {
  debug, DonatedError, grad, jit, lax, nn, np, optim, profile, pureCallback, random, ShapeStruct, tree, valueAndGrad, vmap, type NdArray
} from '../../src/index.js'

const key = random.key(0)
const x = random.normal(key, [33, 17])
const image = random.normal(key, [2, 2, 9, 8])
const net = nn.chain(nn.linear(17, 8), nn.relu, nn.linear(8, 3))
type Net = nn.Params<typeof net>
const labels = random.randint(random.key(1), [33], 0, 3)
const loss = (p: Net, y: NdArray): NdArray => nn.loss.softmaxCrossEntropy(net.apply(p)(x), y)
const adam = optim.adam(0.01)
const train = (): NdArray => {
  const step = jit((s: optim.State<Net>, y: NdArray) => {
    const [value, gradient] = valueAndGrad(loss)(s.params, y)
    return [optim.step(adam)(s, gradient), value] as const
  }, { donate: [0] })
  let state = optim.init(adam)(net.init(key))
  let last = np.array(0)
  for (let i = 0; i < 20; i++) [state, last] = step(state, labels)
  return last
}

const recurrent = (w: NdArray): readonly [NdArray, NdArray] =>
  lax.scan((c: NdArray, row: NdArray) => [np.tanh(np.add(np.mul(c, w), row)), np.sum(c)] as const, np.zeros([17]), x)
const collatz = (n: NdArray): NdArray => lax.whileLoop(
  (i: NdArray) => np.greater(i, 1),
  (i: NdArray) => lax.cond(np.equal(np.remainder(i, 2), 0), (j: NdArray) => np.floorDivide(j, 2), (j: NdArray) => np.add(np.mul(3, j), 1), i), n)
const kernel = random.normal(key, [5, 2, 3, 3])

const programs: Readonly<Record<string, () => unknown>> = {
  product: () => jit(() => np.matmul(x, np.transpose(x)))(),
  rows: () => jit(() => nn.softmax(x))(),
  scan: () => jit(recurrent)(np.ones([17])),
  branches: () => jit(collatz)(np.array(27, { dtype: 'int32' })),
  gradient: () => jit(() => grad(loss)(net.init(key), labels))(),
  'gradient of a scan': () => jit(grad((w: NdArray) => np.sum(recurrent(w)[0])))(np.ones([17])),
  'gradients of all examples': () => jit(vmap(grad((w: NdArray, row: NdArray) => np.sum(np.tanh(np.mul(w, row)))), { in: [null, 0] }))(np.ones([17]), x),
  convolution: () => jit(grad((w: NdArray) => np.sum(np.square(lax.conv(image, w, [1, 1], 'SAME')))))(kernel),
  'floats of 64 bits': () => jit((y: NdArray) => [np.exp(y), np.sin(y), np.log1p(np.abs(y))])(np.astype(x, 'float64')),
  order: () => jit((y: NdArray) => [np.sort(y, { axis: 0 }), np.cumsum(y, { axis: 1 }), np.argmax(y, { axis: 1 })])(x),
  random: () => jit(() => random.bits(key, [100]))(),
  'one large operation': () => np.exp(random.normal(key, [40000])),
  callback: () => { // within it the memory grows, which takes ordinary memory away from those who look at it
    const inner = jit((y: NdArray) => np.mul(y, np.ones([300, 300])))
    const within = pureCallback((y: NdArray) => {
      const many = Array.from({ length: 40 }, () => inner(y)) // 14 MiB
      return np.sum(many[39])
    }, new ShapeStruct([]))
    return jit((y: NdArray) => lax.scan((c: NdArray) => [np.add(within(np.sum(c)), c), c] as const, y, null, { length: 3 }))(np.full([600], 1e-9))
  },
  training: train
}

const numbers = (out: unknown): readonly number[] => tree.leaves(out).flatMap((leaf) => [...(leaf as NdArray).toTypedArray()]) // they are arrays

const agrees = (f: () => unknown): boolean => {
  installBackend(reference)
  const expected = numbers(f())
  installBackend(compiled)
  const got = numbers(f())
  return got.length === expected.length && expected.every((y, i) => Math.abs(got[i] - y) <= 1e-4 * Math.max(1, Math.abs(y)))
}

/** A program that is compiled in the background, of more than the 4 KiB that browsers once compiled while the page waited. */
const ahead = async (): Promise<boolean> => {
  const step = jit((p: Net) => grad(loss)(p, labels))
  const p = net.init(key)
  const made = await step.lower(p).compileAsync()
  const [got, expected] = [numbers(made(p)), numbers(grad(loss)(p, labels))]
  return made === step && got.every((y, i) => Math.abs(y - expected[i]) <= 1e-4)
}

const donates = (): boolean => {
  const start = np.ones([1000])
  jit((y: NdArray) => np.mul(y, 2), { donate: [0] })(start)
  try {
    np.add(start, 1)
    return false
  } catch (error) {
    return error instanceof DonatedError
  }
}

const profiles = (): boolean => {
  const found = profile(jit((y: NdArray) => np.sum(np.matmul(y, np.transpose(y)))), { warmup: 1, runs: 2 })(x)
  const { traceEvents } = JSON.parse(found.toTrace()) as { readonly traceEvents: readonly unknown[] } // as it is written
  return found.lines.some(({ kind }) => kind === 'kernel') && traceEvents.length > 0
}

/** What JavaScript is called with from a program. */
const callbacks = (): boolean => {
  const seen: number[] = []
  jit((y: NdArray) => {
    debug.callback((z: NdArray) => seen.push(z.item()), np.sum(y))
    return np.mul(y, 2)
  })(np.ones([3]))
  return seen.join() === '3'
}

const warnings: string[] = []

const report = async (): Promise<Readonly<Record<string, unknown>>> => {
  debug.warnings((message) => warnings.push(message))
  const results = Object.entries(programs).map(([name, f]) => [name, agrees(f)] as const)
  return {
    ...Object.fromEntries(results), ahead: await ahead(), donates: donates(), profiles: profiles(), callbacks: callbacks(),
    isolated: 'SharedArrayBuffer' in globalThis, warnings
  }
}

const found = await report().catch((error: unknown) => ({ error: String(error) }))
await fetch('/report', { method: 'POST', body: JSON.stringify(found) })
