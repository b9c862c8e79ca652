import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ir, lax, makeJaxpr, np, type NdArray } from '../../src/index.js'
import { f64 } from '../support/arrays.js'

const names = (g: ir.Graph, at: readonly number[]): string => at.map((i) => g.vertices[i].name).join('')

describe('the graph of a jaxpr', () => {
  const program = makeJaxpr((x: NdArray, y: NdArray) => {
    const sum = np.add(x, y)
    return [np.multiply(sum, sum), np.sin(y), 2]
  })(f64(1), f64(2))
  const g = ir.graph(program)

  test('tells operation, inputs and consumers of every variable', () => {
    expect(g.vertices.map(({ name, operation, inputs, consumers }) =>
      `${name} ${operation?.primitive.name ?? 'input'} ${names(g, inputs)} → ${names(g, consumers)}`
    )).toEqual(['a input  → c', 'b input  → ce', 'c add ab → d', 'd mul cc → ', 'e sin b → '])
    expect([g.inputs, g.outputs, g.edges]).toEqual([[0, 1], [3, 4, null], 5])
  })

  test('tells ancestors and descendants, in topological order', () => {
    expect(names(g, ir.ancestors(g, [3]))).toBe('abcd')
    expect(names(g, ir.ancestors(g, [4, 2]))).toBe('abce')
    expect(names(g, ir.descendants(g, [0]))).toBe('acd')
    expect(names(g, ir.descendants(g, [1]))).toBe('bcde')
    expect(ir.ancestors(g, [])).toEqual([])
    expect(() => ir.ancestors(g, [9])).toThrow('ancestors: expected positions of 5 vertices, got 9')
    expect(() => ir.descendants(g, [-1])).toThrow('positions')
  })

  test('of equations with several results, and with jaxprs inside', () => {
    const loop = makeJaxpr((x: NdArray) => lax.scan((c: NdArray, y: NdArray) => [np.add(c, y), c] as const, x, f64([1, 2])))(f64(1))
    const { vertices } = ir.graph(loop)
    const results = vertices.filter(({ operation }) => operation?.primitive.name === 'scan')
    expect(results).toHaveLength(2)
    expect(new Set(results.map(({ operation }) => operation)).size).toBe(1)
  })

  test('is of jaxprs alone', () => {
    expect(() => ir.graph({} as ir.Jaxpr)).toThrow('a jaxpr')
    const { eqns, outputs } = program
    expect(() => ir.graph({ inputs: [], eqns, outputs })).toThrow('assigned before they are read')
  })

  test('is as a depth-first search says, for random programs', () => {
    const step = fc.tuple(fc.nat(), fc.nat(), fc.boolean())
    fc.assert(fc.property(fc.array(step, { maxLength: 12 }), fc.nat(), (steps, pick) => {
      const random = makeJaxpr((x: NdArray, y: NdArray) => {
        const values = [x, y]
        for (const [i, j, plus] of steps) values.push((plus ? np.add : np.multiply)(values[i % values.length], values[j % values.length]))
        return values
      })(f64(1), f64(2))
      const { vertices, ...rest } = ir.graph(random)
      const reach = (from: number, next: (i: number) => readonly number[], seen = new Set<number>()): ReadonlySet<number> => {
        if (!seen.has(from)) {
          seen.add(from)
          for (const to of next(from)) reach(to, next, seen)
        }
        return seen
      }
      const at = pick % vertices.length
      const ascending = (set: ReadonlySet<number>): readonly number[] => [...set].sort((a, b) => a - b)
      expect(ir.ancestors({ vertices, ...rest }, [at])).toEqual(ascending(reach(at, (i) => vertices[i].inputs)))
      expect(ir.descendants({ vertices, ...rest }, [at])).toEqual(ascending(reach(at, (i) => vertices[i].consumers)))
      vertices.forEach(({ inputs, consumers }, i) => {
        for (const from of inputs) expect(from).toBeLessThan(i)
        for (const to of consumers) expect(vertices[to].inputs).toContain(i)
      })
    }), { numRuns: 50 })
  })
})
