import { describe, expect, test } from 'vitest'
import { evalShape, grad, ir, jit, makeJaxpr, np, ShapeStruct, vmap, type NdArray } from '../../src/index.js'
import { f32, f64, i32 } from '../support/arrays.js'

describe('makeJaxpr', () => {
  test('prints like JAX', () => {
    expect(String(makeJaxpr((x: NdArray) => np.sin(np.mul(x, x)))(f32(1))))
      .toBe('{ lambda ; a:f32[]. let b:f32[] = mul a a; c:f32[] = sin b in (c,) }')
    expect(String(makeJaxpr((x: NdArray) => [np.sum(x, { axis: 0 }), 2])(f64([1, 2])))).toContain('reduce_sum[axes=(0,)]')
    expect(String(makeJaxpr((x: NdArray) => jit((y: NdArray) => np.mul(y, 2), { name: 'twice' })(x))(f32([1, 2])))).toBe([
      '{ lambda ; a:f32[2]. let',
      '    b:f32[2] = jit[',
      '      jaxpr={ lambda ; a:f32[2]. let',
      '          b:f32[2] = broadcast_in_dim[broadcast_dimensions=() shape=(2,)] 2.0:f32[]',
      '          c:f32[2] = mul a b',
      '        in (c,) }',
      '      name=twice',
      '    ] a',
      '  in (b,) }'
    ].join('\n'))
  })

  test('captured arrays are its first inputs, scalars are literals', () => {
    const [vector, scalar] = [f32([1, 2]), f32(3)]
    const program = makeJaxpr((x: NdArray) => np.mul(np.add(x, vector), scalar))(f32([0, 0]))
    expect(program.captured).toHaveLength(1)
    expect(program.captured[0]).toBe(vector)
    expect(program.inputs.map(({ aval }) => aval.shape)).toEqual([[2], [2]])
    expect(String(program)).toContain('3.0:f32[]')
    expect(ir.evaluate(program, [...program.captured, f32([1, 1])])[0].toList()).toEqual([6, 9])
    expect(ir.check(program)).toBe(program)
  })

  test('takes shapes for arrays, anywhere in a tree', () => {
    const f = (p: { readonly w: NdArray; readonly x: readonly NdArray[] }): NdArray => np.matmul(p.w, p.x[0])
    const program = makeJaxpr(f)({ w: new ShapeStruct([2, 3]) as unknown as NdArray, x: [f32([1, 2, 3])] })
    expect(program.outputs[0].aval).toMatchObject({ shape: [2], dtype: 'float32' })
    expect(() => makeJaxpr(f)({ w: 'w' as unknown as NdArray, x: [f32([1])] })).toThrow()
  })

  test('of derivatives, batches and calls is typed', () => {
    const f = (x: NdArray): NdArray => np.sum(np.tanh(np.mul(x, x)))
    for (const program of [
      makeJaxpr(grad(f))(f64([1, 2])), makeJaxpr(vmap(grad(jit(f))))(np.ones([2, 3])), makeJaxpr(jit(grad(grad(f))))(f64(1))
    ]) {
      expect(ir.check(program)).toBe(program)
      expect(program.toMermaid().startsWith('flowchart TD')).toBe(true)
      expect(program.toDot().startsWith('digraph')).toBe(true)
    }
  })
})

describe('evalShape', () => {
  test('computes nothing', () => {
    let evaluated = false
    const out = evalShape((x: NdArray, y: NdArray) => {
      evaluated ||= String(x).startsWith('[')
      return { product: np.matmul(x, y), at: np.argmax(x), none: null, text: 'kept', number: 3 }
    })(new ShapeStruct([200000, 3]), new ShapeStruct([3, 4]))
    expect(evaluated).toBe(false)
    expect(String(out.product)).toBe('float32[200000,4]')
    expect([out.at.dtype, out.none, out.text]).toEqual(['int32', null, 'kept'])
    expect(String(out.number)).toBe('float32[]')
  })

  test('reports what does not fit, as computing would', () => {
    expect(() => evalShape(np.matmul)(new ShapeStruct([2, 3]), new ShapeStruct([2, 3]))).toThrow('matmul')
    expect(() => new ShapeStruct([-1])).toThrow('non-negative')
    expect(() => new ShapeStruct([1], 'float16' as 'float32')).toThrow('a dtype')
    expect(evalShape((x: NdArray) => x)(i32(1)).dtype).toBe('int32')
  })
})
