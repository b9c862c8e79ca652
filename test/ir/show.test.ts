import { describe, expect, test } from 'vitest'
import { scalar } from '../../src/array/ndarray.js'
import { aval } from '../../src/core/aval.js'
import type { DType } from '../../src/core/dtype.js'
import { dot, mermaid } from '../../src/ir/diagram.js'
import { literal } from '../../src/ir/jaxpr.js'
import { showJaxpr, showLiteral } from '../../src/ir/show.js'
import { stage } from '../../src/ir/stage.js'
import { jit, lax, makeJaxpr, type NdArray } from '../../src/index.js'
import { f32 } from '../support/arrays.js'

describe('jaxprs print', () => {
  test.each<[DType, number, string]>([
    ['float32', 2, '2.0:f32[]'], ['float32', Math.fround(0.1), '0.1:f32[]'], ['float64', 0.1, '0.1:f64[]'], ['float32', -0, '-0.0:f32[]'],
    ['float32', NaN, 'nan:f32[]'], ['float64', Infinity, 'inf:f64[]'], ['float64', -Infinity, '-inf:f64[]'], ['int32', -3, '-3:i32[]'],
    ['uint8', 255, '255:u8[]'], ['bool', 1, 'True:bool[]'], ['bool', 0, 'False:bool[]'], ['float32', 1e30, '1e+30:f32[]']
  ])('a %s literal %d', (dtype, value, text) => {
    expect(showLiteral(literal(aval([], dtype), dtype === 'float32' ? Math.fround(value) : value))).toBe(text)
  })

  test('with names from a to z and on, and _ for what nobody reads', () => {
    const many = makeJaxpr((x: NdArray) => Array.from({ length: 30 }).reduce<NdArray>((y) => lax.sin(y), x))(f32(1))
    expect(String(many)).toContain('\n    ba:f32[] = sin z\n    bb:f32[] = sin ba\n')
    expect(String(makeJaxpr((x: NdArray) => {
      lax.cos(x)
      return x
    })(f32(1)))).toBe('{ lambda ; a:f32[]. let _:f32[] = cos a in (a,) }')
    expect(String(makeJaxpr(() => [])())).toBe('{ lambda ; . let in () }')
    expect(String(makeJaxpr((x: NdArray, y: NdArray) => [y, x])(f32(1), f32([1])))).toBe('{ lambda ; a:f32[] b:f32[1]. let in (b, a) }')
  })

  test('with the params of equations', () => {
    const text = String(makeJaxpr((x: NdArray) => lax.reduceSum(lax.transpose(x, [1, 0]), [0, 1]))(lax.full([2, 3], 1)))
    expect(text).toContain('b:f32[3,2] = transpose[permutation=(1, 0)] a')
    expect(text).toContain('c:f32[] = reduce_sum[axes=(0, 1)] b')
  })
})

describe('diagrams', () => {
  const program = makeJaxpr((x: NdArray) => lax.add(jit((y: NdArray) => lax.mul(y, scalar(2, 'float32')), { name: 'twice' })(x), x))(f32(1))

  test('in Mermaid: a node for each input, literal, equation and result, an edge for each use', () => {
    const lines = mermaid(program).split('\n').map((line) => line.trim())
    expect(lines[0]).toBe('flowchart TD')
    expect(lines).toContain('in0(["a: f32[]"])')
    expect(lines).toContain('eqn1["add"]')
    expect(lines).toContain('in0 -->|"a: f32[]"| eqn1')
    expect(lines).toContain('eqn0 -->|"b: f32[]"| eqn1')
    expect(lines.filter((line) => line.startsWith('subgraph'))).toHaveLength(1)
    expect(lines.filter((line) => line === 'end')).toHaveLength(1)
    // Every edge joins nodes that there are.
    const nodes = new Set(lines.flatMap((line) => /^(\w+)[[(]/.exec(line)?.[1] ?? /^subgraph (\w+)/.exec(line)?.[1] ?? []))
    for (const line of lines) {
      const edge = /^(\w+) -[-.]+>?(?:\|.*\|)? ?-? ?(\w+)$/.exec(line)
      if (edge !== null) expect([...nodes]).toEqual(expect.arrayContaining([edge[1], edge[2]]))
    }
  })

  test('in DOT, with balanced braces and quoted labels', () => {
    const text = dot(program)
    expect(text.split('{').length).toBe(text.split('}').length)
    expect(text).toContain('digraph jaxpr {')
    expect(text).toContain('label="add"')
    expect(dot(stage(() => [], []).jaxpr)).toContain('digraph')
  })

  test('and the text agree on names', () => {
    expect(showJaxpr(program)).toContain('add b a')
    expect(mermaid(program)).toContain('b: f32[]')
  })
})
