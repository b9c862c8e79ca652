import { describe, expect, test } from 'vitest'
import { DerivativeError, explain, grad, ir, jit, lax, makeJaxpr, nn, np, random, vmap, type NdArray } from '../../src/index.js'
import { f32, f64, i32 } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

const circuit = (x: NdArray, y: NdArray, z: NdArray): NdArray => np.multiply(np.add(x, y), z)
const at = [f64(-2), f64(5), f64(-4)] as const

describe('explain', () => {
  test('tells every value and adjoint of (x + y) z', () => {
    const { nodes, results } = explain(circuit)(...at)
    expect(nodes.map(({ name, operation, operands, value, adjoint }) => [name, operation, operands, value.item(), adjoint?.item()])).toEqual([
      ['x', 'input', [], -2, -4], ['y', 'input', [], 5, -4], ['z', 'input', [], -4, 3],
      ['a', 'add', ['x', 'y'], 3, -4], ['b', 'mul', ['a', 'z'], -12, 1]
    ])
    expect(results).toEqual(['b'])
  })

  test('prints as a table', () => {
    expect(String(explain(circuit)(...at)).split('\n')).toEqual([
      'variable  operation  operands  value  adjoint',
      '────────  ─────────  ────────  ─────  ───────',
      'x         input                -2     -4',
      'y         input                5      -4',
      'z         input                -4     3',
      'a         add        x, y      3      -4',
      'b         mul        a, z      -12    1'
    ])
  })

  test('draws the circuit, values above gradients on its edges', () => {
    const explanation = explain(circuit)(...at)
    expect(explanation.toMermaid().split('\n').map((line) => line.trim())).toEqual([
      'flowchart LR',
      'in0(["x"])', 'in1(["y"])', 'in2(["z"])', 'eqn0["#43;"]', 'eqn1["×"]', 'out0(["result"])',
      'in0 -->|"-2<br/>-4"| eqn0', 'in1 -->|"5<br/>-4"| eqn0', 'eqn0 -->|"3<br/>-4"| eqn1', 'in2 -->|"-4<br/>3"| eqn1', 'eqn1 -->|"-12<br/>1"| out0'
    ])
    const dot = explanation.toDot()
    expect(dot).toContain('rankdir=LR;')
    expect(dot).toContain('eqn0 [shape=box, label="+"];')
    expect(dot).toContain('eqn0 -> eqn1 [label="3\\n-4"];')
    expect(dot.split('{').length).toBe(dot.split('}').length)
    expect(explain((x: NdArray) => np.divide(1, x))(f64(4)).toMermaid()).toContain('lit0(("1"))')
  })

  test('adjoints of inputs are the gradient, those of others are what the rest of the program makes of them', () => {
    const net = nn.chain(nn.linear(3, 4, { dtype: 'float64' }), nn.relu, nn.linear(4, 2, { dtype: 'float64' }))
    const x = random.normal(random.key(1), [5, 3], { dtype: 'float64' })
    const loss = (p: nn.Params<typeof net>): NdArray => nn.loss.softmaxCrossEntropy(net.apply(p)(x), [0, 1, 1, 0, 1])
    const params = net.init(random.key(0))
    const { nodes } = explain(loss, { names: ['params'] })(params)
    const [first, , second] = grad(loss)(params)
    for (const [name, expected] of [
      ['params[0].weight', first.weight], ['params[0].bias', first.bias], ['params[2].weight', second.weight], ['params[2].bias', second.bias]
    ] as const) {
      close(name, nodes.find((node) => node.name === name)?.adjoint ?? x, expected, 1e-15)
    }
    // Cut the program after each equation: the gradient of what follows, at the value there, is the adjoint.
    const program = makeJaxpr(loss)(params)
    const g = ir.graph(program)
    nodes.forEach(({ value, adjoint }, i) => {
      if (adjoint === null) return
      const later = (cut: NdArray): NdArray => {
        const values = nodes.map((node) => node.value)
        values[i] = cut
        for (const vertex of ir.descendants(g, [i]).filter((k) => k !== i)) {
          const { operation } = g.vertices[vertex]
          if (operation === null) continue
          const inputs = operation.inputs.flatMap((atom) => (atom.kind === 'var' ? [atom] : []))
          const operands = g.vertices[vertex].inputs.map((k) => values[k])
          const distinct = inputs.map((v, k) => inputs.indexOf(v) === k)
          const outs = ir.evaluate(
            { inputs: inputs.filter((_, k) => distinct[k]), eqns: [operation], outputs: operation.outputs }, operands.filter((_, k) => distinct[k])
          )
          values[vertex] = outs[operation.outputs.indexOf(g.vertices[vertex].variable)]
        }
        return values[g.outputs[0] ?? 0]
      }
      close(`node ${i}`, adjoint, grad(later)(value), 1e-14)
    })
  })

  test('names inputs by the source, by options, or by letters', () => {
    const first = (explanation: { readonly nodes: readonly { readonly name: string }[] }): string => explanation.nodes[0].name
    function declared(weight: NdArray): NdArray { return np.sin(weight) }
    expect(first(explain((angle: NdArray) => np.sin(angle))(f64(1)))).toBe('angle')
    expect(first(explain(declared)(f64(1)))).toBe('weight')
    expect(first(explain((...xs: NdArray[]) => np.sin(xs[0]))(f64(1)))).toBe('a')
    expect(first(explain(({ w }: { readonly w: NdArray }) => np.sin(w))({ w: f64(1) }))).toBe('a.w')
    expect(first(explain((p: readonly [{ readonly w: NdArray }]) => np.sin(p[0].w))([{ w: f64(1) }]))).toBe('p[0].w')
    expect(first(explain(jit((x: NdArray) => np.sin(x)), { names: ['angle'] })(f64(1)))).toBe('angle')
    expect(explain((b: NdArray) => np.sin(np.cos(b)))(f64(1)).nodes.map(({ name }) => name)).toEqual(['b', 'a', 'c'])
  })

  test('shows the calls of jitted functions operation by operation, or as one', () => {
    const f = (x: NdArray): NdArray => np.multiply(jit((y: NdArray) => np.sin(np.square(y)), { name: 'wave' })(x), 2)
    const operations = (inline: boolean): readonly string[] => explain(f, { inline })(f64(1)).nodes.map(({ operation }) => operation)
    expect(operations(true)).toEqual(['input', 'square', 'sin', 'mul'])
    expect(operations(false)).toEqual(['input', 'jit', 'mul'])
    expect(explain(f, { inline: false })(f64(1)).toMermaid()).toContain('subgraph')
    expect(explain(f, { inline: false })(f64(1)).nodes[0].adjoint?.item()).toBe(grad(f)(f64(1)).item())
  })

  test('goes through loops, integers, constants and dead ends', () => {
    const vector = f64([1, 2, 3])
    const power = (x: NdArray): NdArray => lax.scan((c: NdArray, y: NdArray) => [np.multiply(c, np.multiply(x, y)), null] as const, np.onesLike(x), vector)[0]
    const { nodes } = explain(power)(f64(2))
    const byName = (name: string): NdArray => nodes.find((node) => node.operation === name)?.adjoint ?? x
    const x = f64(2)
    expect(byName('input').item()).toBe(72)
    expect(byName('constant').toList()).toEqual([48, 24, 16])
    const mixed = explain((k: NdArray, y: NdArray) => {
      np.cos(y)
      return np.sum(np.multiply(np.where(np.greater(k, 1), y, 0), 3))
    })(i32([1, 2]), f64([5, 7]))
    const of = (name: string): readonly unknown[] => mixed.nodes.filter(({ operation }) => operation === name).map(({ adjoint }) => adjoint?.toList() ?? null)
    expect(of('input')).toEqual([null, [0, 3]])
    expect(of('cos')).toEqual([[0, 0]])
  })

  test('changes no value by looking at it', () => {
    const { nodes } = explain((x: NdArray) => np.sum(np.divide(1, np.negative(x))))(f64([0, 1]))
    expect(nodes.find(({ operation }) => operation === 'neg')?.value.toList()).toEqual([-0, -1])
    expect(nodes.at(-1)?.value.item()).toBe(-Infinity)
  })

  test('takes a cotangent for what is no scalar', () => {
    const f = (x: NdArray): readonly NdArray[] => [np.square(x), np.sum(x)]
    const { nodes, results } = explain(f, { cotangent: [f64([1, 10]), f64(100)] })(f64([1, 2]))
    expect(nodes[0].adjoint?.toList()).toEqual([102, 140])
    expect(results).toEqual(['a', 'b'])
    expect(explain(f, { cotangent: [f64([1, 10]), f64(100)] })(f64([1, 2])).toDot()).toContain('result 1')
  })

  test('prints large arrays by type and range, and as many digits as asked', () => {
    const text = String(explain((x: NdArray) => np.sum(np.multiply(x, 2)), { precision: 2 })(np.linspace(0, 1, 100)))
    expect(text).toContain('f32[100] from 0 to 1 ')
    expect(text).toContain('f32[100] all 2')
    expect(String(explain(np.exp, { precision: 7 })(f64(1)))).toContain('2.7182818')
    expect(String(explain((x: NdArray) => np.sum(x))(f32([])))).toContain('[]')
  })

  test('composes', () => {
    const slope = (x: NdArray): NdArray => explain((y: NdArray) => np.sin(y))(x).nodes[0].adjoint ?? x
    sameBits('grad', grad(slope)(f64(1)), np.negative(np.sin(f64(1))))
    sameBits('jit, vmap', jit(vmap(slope))(f64([1, 2])), np.cos(f64([1, 2])))
    expect(() => jit((x: NdArray) => {
      String(explain(np.sin)(x))
      return x
    })(f64(1))).toThrow('toTypedArray()')
  })

  test.each<[string, () => unknown, string]>([
    ['results that are no scalar', () => explain((x: NdArray) => np.sin(x))(f64([1, 2])), 'one floating-point scalar (or the option cotangent), got float64[2]'],
    ['several results', () => explain((x: NdArray) => [x, x])(f64(1)), 'one floating-point scalar'],
    ['integers', () => explain((x: NdArray) => np.argmax(x))(f64([1, 2])), 'got int32[]'],
    ['a cotangent that does not fit', () => explain((x: NdArray) => np.sin(x), { cotangent: f64([1]) })(f64(1)), 'cotangent'],
    ['names that are too few', () => explain(circuit, { names: ['x'] })(...at), 'a name for each of 3 arguments'],
    ['names that are none', () => explain(circuit, { names: ['x', 1 as unknown as string, 'z'] })(...at), 'a name for each of 3 arguments, got [x, 1, z]'],
    ['unknown options', () => explain(circuit, { digits: 3 } as object), 'the unknown option "digits"'],
    ['what is no function', () => explain(3 as never), 'a function to transform']
  ])('refuses %s', (_, wrong, message) => {
    expect(wrong).toThrow(message)
  })

  test('its errors are derivative errors', () => {
    expect(() => explain((x: NdArray) => x)(f64([1]))).toThrow(DerivativeError)
  })
})
