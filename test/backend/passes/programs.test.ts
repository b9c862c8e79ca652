import { describe, expect, test } from 'vitest'
import { optimise } from '../../../src/backend/passes/index.js'
import type { Contraction } from '../../../src/control/jit.js'
import type { Eqn, Jaxpr } from '../../../src/core/primitive.js'
import { sizeOf } from '../../../src/core/shape.js'
import { subjaxprs } from '../../../src/ir/jaxpr.js'
import { dotGeneralP, type DotParams } from '../../../src/lax/dot.js'
import { grad, ir, makeJaxpr, nn, np, optim, random, tree, vmap, type NdArray } from '../../../src/index.js'
import { allClose, sameBits } from '../../support/close.js'
import { programs, type PerExample } from './programs.js'

const largest = ({ eqns }: Jaxpr): number =>
  Math.max(0, ...eqns.flatMap((eqn) => [...eqn.outputs.map(({ aval }) => sizeOf(aval.shape)), ...subjaxprs(eqn).map(largest)]))

/** Multiplications in the products of a program. */
const work = ({ eqns }: Jaxpr): number => eqns.reduce((sum, eqn) => sum + workOf(eqn), 0)

const workOf = ({ primitive, inputs, outputs, params }: Eqn): number => {
  if (primitive !== dotGeneralP) return 0
  const { contracting } = (params as DotParams).dimensionNumbers
  return sizeOf(outputs[0].aval.shape) * sizeOf(contracting[0].map((axis) => inputs[0].aval.shape[axis]))
}

const traced = ({ f, args }: Pick<PerExample, 'f' | 'args'>): { readonly jaxpr: Jaxpr; readonly arrays: readonly NdArray[] } => {
  const program = makeJaxpr(f)(...(args as never[]))
  return { jaxpr: program, arrays: [...program.captured, ...(tree.leaves(args) as NdArray[])] }
}

/** Largest errors found: 1.2e-7 in float32, 6e-16 in float64. */
const tolerance = { float32: 1e-6, float64: 4e-15 }

describe.each(['float32', 'float64'] as const)('gradients of all examples in %s', (dtype) => {
  describe.each(programs(dtype))('$name', (row) => {
    const { jaxpr, arrays } = traced(row)
    const expected = ir.evaluate(jaxpr, arrays)
    const contractions: readonly Contraction[] = ['auto', 'loose']

    test.each(contractions)('%s: they are not made, and what is made of them agrees', (contraction) => {
      const planned = ir.check(optimise(jaxpr, { contraction }))
      allClose(row.name, ir.evaluate(planned, arrays), expected, tolerance[dtype])
      if (row.cancels !== true || dtype === 'float32' || contraction === 'loose') expect(largest(planned)).toBeLessThan(row.limit)
    })

    test('off: they are made, and nothing else changes', () => {
      const plain = ir.check(optimise(jaxpr, { contraction: 'off' }))
      ir.evaluate(plain, arrays).forEach((x, i) => sameBits(row.name, x, expected[i]))
      expect(largest(plain)).toBeGreaterThanOrEqual(row.limit)
    })

    test('planning is done once', () => {
      const planned = optimise(jaxpr)
      expect(optimise(jaxpr)).toBe(planned)
      expect(work(optimise(planned))).toBeLessThanOrEqual(work(planned))
    })
  })
})

describe('what is needed, or not worth avoiding, stays', () => {
  const [batch, inputs, hidden, classes] = [64, 96, 64, 10]
  const net = nn.chain(nn.linear(inputs, hidden), nn.relu, nn.linear(hidden, classes))
  type Net = nn.Params<typeof net>
  const params = net.init(random.key(0))
  const x = random.normal(random.key(1), [batch, inputs])
  const y = random.randint(random.key(2), [batch], 0, classes)
  const loss = (p: Net, a: NdArray, b: NdArray): NdArray => nn.loss.softmaxCrossEntropy(net.apply(p)(a), b)

  test('the gradients themselves, if they are returned beside their norms', () => {
    const f = (p: Net, a: NdArray, b: NdArray): readonly [Net, NdArray] => {
      const g = vmap(grad(loss), { in: [null, 0, 0] })(p, a, b)
      return [g, vmap(optim.globalNorm)(g)]
    }
    const { jaxpr, arrays } = traced({ f, args: [params, x, y] })
    const planned = ir.check(optimise(jaxpr))
    expect(largest(planned)).toBe(batch * inputs * hidden)
    expect(planned.eqns.filter(({ outputs }) => sizeOf(outputs[0].aval.shape) === batch * inputs * hidden).length).toBe(1)
    allClose('gradients and norms', ir.evaluate(planned, arrays), ir.evaluate(jaxpr, arrays), 1e-6)
  })

  test('the gradient of a mean: no more work, no more equations, and nearly all of its bits', () => {
    const f = (p: Net, a: NdArray, b: NdArray): Net => grad((q: Net) => np.mean(loss(q, a, b)))(p)
    const { jaxpr, arrays } = traced({ f, args: [params, x, y] })
    const [plain, planned] = [optimise(jaxpr, { contraction: 'off' }), ir.check(optimise(jaxpr))]
    expect(work(planned)).toBe(work(plain))
    expect(planned.eqns.length).toBeLessThanOrEqual(plain.eqns.length)
    allClose('gradient', ir.evaluate(planned, arrays), ir.evaluate(jaxpr, arrays), 1e-6)
  })

  test('distances between points: they are small where their terms are not', () => {
    const f = (a: NdArray, b: NdArray): NdArray =>
      np.sqrt(np.sum(np.square(np.subtract(np.expandDims(a, 1), np.expandDims(b, 0))), { axis: 2 }))
    const { jaxpr, arrays } = traced({ f, args: [x, x] })
    for (const contraction of ['auto', 'loose'] as const) {
      const [found] = ir.evaluate(optimise(jaxpr, { contraction }), arrays)
      for (let i = 0; i < batch; i++) expect(found.toTypedArray()[i * (batch + 1)]).toBe(0)
      expect(largest(optimise(jaxpr, { contraction }))).toBe(batch * batch * inputs)
    }
  })

  test('small programs, which are the same object', () => {
    const f = (a: NdArray): NdArray => np.sum(np.square(np.outer(a, a)))
    const { jaxpr } = traced({ f, args: [np.ones([8])] })
    const plain = optimise(jaxpr, { contraction: 'off' })
    expect(optimise(jaxpr)).toBe(plain)
    expect(optimise(plain)).toBe(plain)
  })
})
