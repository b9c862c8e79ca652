import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planned } from '../../src/backend/plan.js'
import type { Schedule } from '../../src/backend/schedule/kernel.js'
import { lineOf, type KernelLine } from '../../src/backend/schedule/lines.js'
import { assemble } from '../../src/backend/wasm/assemble.js'
import { scheduled } from '../../src/backend/wasm/target.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import type { Program } from '../../src/ir/program.js'
import { stage } from '../../src/ir/stage.js'
import { grad, jit, lax, makeJaxpr, nn, np, optim, random, ShapeStruct, vmap, type NdArray } from '../../src/index.js'
import { numRuns } from '../support/arbitrary.js'
import { subjects } from '../laws/table.js'
import { wildTrials, type Trial } from '../laws/row.js'

/*
 * Modules are valid, timed ones and ones with shared memory too: by the engine, and by the WebAssembly Binary Toolkit where the package
 * wabt is installed, which knows nothing of this library.
 */

type Validate = (bytes: Uint8Array<ArrayBuffer>) => void

interface Toolkit {
  readWasm(bytes: Uint8Array, features: object): { validate(features: object): void; destroy(): void }
}

const { WebAssembly: engine } = globalThis as unknown as { readonly WebAssembly: { validate(bytes: Uint8Array): boolean } } // Node has it

const byEngine: Validate = (bytes) => {
  if (!engine.validate(bytes)) throw new Error('the engine finds the module invalid')
}

/** What modules use beyond the toolkit's usual set. */
const features = { threads: true, relaxed_simd: true }

const load = async (): Promise<Validate | undefined> => {
  const name: string = 'wabt' // not a literal type, so that it need not be installed
  const found = (await import(name).catch(() => undefined)) as { readonly default: () => Promise<Toolkit> } | undefined
  if (found === undefined) {
    console.warn('the package wabt is not installed: only the engine validates modules')
    return undefined
  }
  const toolkit = await found.default()
  return (bytes) => {
    const module = toolkit.readWasm(bytes, features)
    module.validate(features) // throws what is wrong
    module.destroy()
  }
}

const toolkit = await load()
const validators = toolkit === undefined ? [byEngine] : [byEngine, toolkit]

/** The kinds of kernels that were met. */
const met = new Set<string>()

const note = ({ kernels }: Schedule): void => {
  const visit = ({ kind, within }: KernelLine): void => {
    met.add(kind)
    for (const [, lines] of within) lines.forEach(visit)
  }
  kernels.map(lineOf).forEach(visit)
}

const modulesOf = (jaxpr: Jaxpr): readonly Uint8Array<ArrayBuffer>[] => {
  const plan = scheduled(planned(jaxpr).segment)
  note(plan)
  return [assemble(plan), assemble(plan, { maximum: 65536 }), assemble(plan, { maximum: 65536, numbering: () => 0 })]
}

const check = (jaxpr: Jaxpr): void => {
  for (const bytes of modulesOf(jaxpr)) for (const validate of validators) expect(() => validate(bytes)).not.toThrow()
}

const x = np.ones([5, 7])
const net = nn.chain(nn.linear(7, 6), nn.layerNorm(6), nn.gelu, nn.linear(6, 3))
const params = net.init(random.key(0))
const loss = (p: typeof params, y: NdArray): NdArray => nn.loss.softmaxCrossEntropy(net.apply(p)(y), np.zeros([5], { dtype: 'int32' }))
const adam = optim.adam(0.1)
const collatz = (n: NdArray): NdArray => lax.whileLoop(
  (i: NdArray) => np.greater(i, 1),
  (i: NdArray) => lax.cond(np.equal(np.remainder(i, 2), 0), (j: NdArray) => np.floorDivide(j, 2), (j: NdArray) => np.add(np.mul(3, j), 1), i), n)

const programs: readonly (readonly [string, Program])[] = [
  ['a step of training', makeJaxpr((y: NdArray) => optim.step(adam)(optim.init(adam)(params), grad(loss)(params, y)))(x)],
  ['gradients of all examples', makeJaxpr(vmap((y: NdArray) => grad((p: typeof params) => np.sum(net.apply(p)(y)))(params)))(x)],
  ['a gradient through a scan', makeJaxpr(grad((y: NdArray) =>
    np.sum(lax.scan((c: NdArray, r: NdArray) => [np.tanh(np.mul(c, r)), c] as const, np.ones([7]), y)[0])))(x)],
  ['choices in a loop in a loop', makeJaxpr((n: NdArray) => lax.scan((c: NdArray) => [collatz(c), null] as const, n, null, { length: 2 })[0])(
    np.array(7, { dtype: 'int32' }))]
]

const floats = (...shape: readonly number[]): ShapeStruct => new ShapeStruct(shape)
const doubles = (...shape: readonly number[]): ShapeStruct => new ShapeStruct(shape, 'float64')
const wide = nn.chain(nn.linear(300, 130), nn.gelu, nn.linear(130, 10))
const wideParams = wide.init(random.key(0))
const image = nn.chain(nn.conv(3, 8, [3, 3]), nn.relu, nn.maxPool([2, 2]), nn.conv(8, 16, [3, 3]), nn.averagePool([2, 2]))
const imageParams = image.init(random.key(0))

/** Programs whose arrays are large enough for tiles, panels and blocks. */
const large: readonly (readonly [string, (...xs: never[]) => unknown, readonly ShapeStruct[]])[] = [
  ...[[128, 128, 128], [300, 513, 10], [8, 700, 300], [1, 300, 512], [512, 300, 1], [37, 5, 290]].map(([m, k, n]) =>
    [`a product ${m}×${k}×${n}`, (a: NdArray, b: NdArray) => nn.gelu(np.add(np.matmul(a, b), 1)), [floats(m, k), floats(k, n)]] as const),
  ['products the other way round', (a: NdArray, b: NdArray) => [np.matmul(np.transpose(a), b), np.matmul(b, np.transpose(b))],
    [floats(200, 90), floats(200, 130)]],
  ['a batch of products of float64', (a: NdArray, b: NdArray) => np.matmul(a, b), [doubles(5, 40, 70), doubles(5, 70, 33)]],
  ['a dense net and its gradient', (a: NdArray) => grad((p: typeof wideParams) => np.sum(np.square(wide.apply(p)(a))))(wideParams),
    [floats(64, 300)]],
  ['clipped gradients of all examples', (a: NdArray) => vmap((row: NdArray) => {
    const g = grad((p: typeof wideParams) => np.sum(np.square(wide.apply(p)(row))))(wideParams)
    return optim.globalNorm(g)
  })(a), [floats(64, 300)]],
  ['convolutions, pooling and their gradients',
    (a: NdArray) => grad((p: typeof imageParams) => np.sum(np.square(image.apply(p)(a))))(imageParams), [floats(4, 28, 28, 3)]],
  ['rows and columns', (a: NdArray) => [nn.softmax(a), nn.softmax(a, { axis: 0 }), np.var(a, { axis: 1 }), np.sum(a), np.transpose(a)],
    [floats(130, 1030)]],
  ['lines', (a: NdArray) => [np.sort(a), np.cumsum(a), np.argmax(a), lax.pad(a, 0, [[3, 5, 1]]), np.flip(a)], [floats(5000)]],
  ['products in a loop', (a: NdArray, w: NdArray) =>
    lax.scan((c: NdArray) => [np.tanh(np.matmul(c, w)), null] as const, a, null, { length: 9 })[0],
    [floats(64, 100), floats(100, 100)]]
]

describe('modules are valid', () => {
  test.each(large)('%s', (_, f, args) => {
    const program = jit(f).lower(...(args as never[])).jaxpr() // types in the place of arrays
    expect(modulesOf(program).length).toBeGreaterThan(0)
    check(program)
  })

  test.each(programs)('%s', (_, program) => {
    expect(modulesOf(program).length).toBeGreaterThan(0)
    check(program)
  })

  test.each(subjects.map((subject) => [subject.primitive.name, subject] as const))('%s', (_, subject) => {
    fc.assert(fc.property(wildTrials(subject), (trial: Trial) => {
      check(stage(trial.f, trial.operands.map((operand) => operand.aval)).jaxpr)
    }), { numRuns: numRuns(4) })
  })

  test('and of every kind', () => {
    expect([...met].sort()).toEqual(['cond', 'host', 'nest', 'opaque', 'product', 'scan', 'while'])
  })
})
