import { describe, expect, test } from 'vitest'
import {
  ArgumentError, CotangentError, DerivativeError, DonatedError, DTypeError, evalShape, grad, jacfwd, jacrev, jit, jvp, lax, linearTranspose,
  MemoryError, nn, np, optim, random, ShapeError, tree, TracerError, TreeError, vjp, vmap, type NdArray
} from '../src/index.js'

/*
 * Every mistake throws a CotangentError of the right class that says who noticed, what was expected, what arrived, and where.
 */

type Row = readonly [what: string, mistake: () => unknown, kind: new (...args: never[]) => CotangentError, message: string]

const foreign = <A>(x: unknown): A => x as A // what a caller without types passes

interface Weights {
  readonly w: NdArray
  readonly b: NdArray
}

type Loss = (x: NdArray) => NdArray

const key = random.key(0)
const linear = nn.linear(2, 3)
const sgd = optim.sgd(0.1)
const add = tree.zipWith((a: number, b: number) => a + b)
const consume = jit((x: NdArray) => np.add(x, 1), { donate: [0] })

/** An array that a jitted function has taken. */
const donated = (): NdArray => {
  const x = np.ones([2])
  consume(x)
  return x
}

/** A tracer whose transform has returned. */
const escaped = (transform: (f: Loss) => Loss): NdArray => {
  let kept = np.zeros([])
  const keep = (x: NdArray): NdArray => {
    kept = x
    return np.sum(x)
  }
  transform(keep)(np.ones([1]))
  return kept
}

const cyclic = (): object => {
  const node: { self?: object } = {}
  return Object.assign(node, { self: node })
}

const concrete = 'expected a concrete array; under jit and vmap use operations on arrays (np.where, np.add, …) instead, ' +
  'pass the value as a static argument, or take it out of the transformed function'
const running = 'expected values that belong to a running transform; return a value from the transformed function instead of keeping it'
const floating = 'grad: expected floating-point inputs (pick others by argnums, or convert with np.array(x, { dtype: "float32" }))'
const leaves = 'expected arrays, numbers or booleans as leaves'
const given = 'register its class with tree.register, or close over it, or make it a static argument of jit'
const gone = 'array: expected an array that is still valid, got float32[2], which was donated to a jitted function'

const misfits: readonly Row[] = [
  ['sizes that do not broadcast', () => np.add(np.ones([2, 3]), np.ones([4])),
    ShapeError, 'add: expected shapes that broadcast, got [2,3] and [4]'],
  ['inner sizes of a product', () => np.matmul(np.ones([2, 3]), np.ones([4, 5])),
    ShapeError, 'matmul: expected contracting sizes to agree, got float32[2,3] and float32[4,5]'],
  ['a product with a scalar', () => np.matmul(np.ones([2]), 3),
    ShapeError, 'matmul: expected operands with at least one axis, got float32[2] and float32[]'],
  ['labels of einsum with two sizes', () => np.einsum('ij,jk->ik', np.ones([2, 3]), np.ones([4, 5])),
    ShapeError, "einsum: expected size 3 for every axis 'j', got float32[4,5] at [1]"],
  ['a number of elements that does not fit', () => np.reshape(np.ones([2, 3]), [4]),
    ShapeError, 'reshape: expected an array of 4 elements for the shape [4], got float32[2,3]'],
  ['joined arrays of other sizes', () => np.concatenate([np.ones([2, 2]), np.ones([2, 3])]),
    ShapeError, 'concatenate: expected arrays of one shape but for axis 0, got float32[2,2] and float32[2,3]'],
  ['stacked arrays of other shapes', () => np.stack([np.ones([2]), np.ones([3])]),
    ShapeError, 'stack: expected arrays of the shape [2], got float32[3] at [1]'],
  ['a target that is too small', () => np.broadcastTo(np.ones([3]), [2]),
    ShapeError, 'broadcastTo: expected an array that broadcasts to [2], got float32[3]'],
  ['a mask of another size', () => np.slice(np.ones([3]), np.array([true, false])),
    ShapeError, 'slice: expected a mask of the sizes [3] of the axes from 0 on, got bool[2]'],
  ['values of another shape', () => np.at(np.ones([3]), [[0, 2]]).set([1, 2, 3]),
    ShapeError, 'at(…).set: expected an array that broadcasts to [2], got float32[3]'],
  ['strict operands of two shapes', () => lax.add(np.ones([2]), np.ones([3])),
    ShapeError, 'add: expected operands of one shape, got float32[2] and float32[3]'],
  ['strict operands of two dtypes', () => lax.add(np.ones([2]), np.ones([2], { dtype: 'int32' })),
    DTypeError, 'add: expected operands of one dtype, got float32[2] and int32[2]'],
  ['floats for bits', () => lax.bitwiseAnd(np.ones([2]), np.ones([2])),
    DTypeError, 'bitwiseAnd: expected integers or booleans, got float32[2] and float32[2]'],
  ['booleans that are subtracted', () => np.subtract(np.array([true]), np.array([true])),
    DTypeError, 'sub: expected numbers, not booleans, got bool[1] and bool[1]'],
  ['floats for positions', () => np.take([1, 2], np.array([0, 1])),
    DTypeError, "take: expected integer indices (np.array([0, 2], { dtype: 'int32' })), got float32[2]"],
  ['floats for labels', () => nn.loss.softmaxCrossEntropy(np.zeros([2, 3]), np.array([0, 1])),
    ShapeError, 'softmaxCrossEntropy: expected a distribution per example, shape [2,3] (classes have an integer dtype), got ' +
      'float32[2]'],
  ['a label out of range', () => nn.loss.softmaxCrossEntropy(np.zeros([2, 3]), [0, 3]),
    ArgumentError, 'softmaxCrossEntropy: expected labels from 0 to 2, got the label 3 at labels[1]'],
  ['an input of another width', () => linear.apply(linear.init(key))(np.ones([4, 3])),
    ShapeError, 'linear(2, 3): expected an input whose last axis has size 2, got float32[4,3]'],
  ['parameters of another chain', () => nn.chain(linear, nn.relu).apply(foreign([null])),
    TreeError, 'chain: expected a tuple of parameters for 2 layers, got a tuple of 1 at params'],
  ['floats that would enter integers', () => np.at(np.ones([2], { dtype: 'int32' }), [0]).set(0.5),
    ArgumentError, 'at(…).set: expected a number that int32 can hold, got 0.5'],
  ['an unknown dtype', () => np.zeros([2], foreign({ dtype: 'float16' })),
    DTypeError, 'zeros: expected a dtype among bool, int8, uint8, int32, uint32, float32, float64, got float16'],
  ['a dtype out of thin air', () => np.astype([1], foreign('double')),
    DTypeError, 'astype: expected a dtype among bool, int8, uint8, int32, uint32, float32, float64, got double'],
  ['the least of nothing', () => np.min(np.zeros([0])),
    ShapeError, 'min: expected at least one element along the axes, got float32[0]']
]

const axes: readonly Row[] = [
  ['an axis beyond the last', () => np.sum(np.ones([2, 3]), { axis: 2 }),
    ShapeError, 'sum: expected an axis from -2 to 1, got axis 2'],
  ['a negative axis beyond the first', () => np.sum(np.ones([2, 3]), { axis: -3 }),
    ShapeError, 'sum: expected an axis from -2 to 1, got axis -3'],
  ['an axis of a scalar', () => np.sum(1, { axis: 0 }),
    ShapeError, 'sum: expected no axis, as the array is a scalar, got axis 0'],
  ['an axis twice', () => np.sum(np.ones([2, 3]), { axis: [0, 0] }),
    ShapeError, 'sum: expected each axis at most once, got axes [0,0]'],
  ['an axis twice, once from the end', () => np.transpose(np.ones([2, 3]), [1, -1]),
    ShapeError, 'transpose: expected each axis at most once, got axes [1,-1]'],
  ['an axis that is a fraction', () => np.flip([1, 2], { axis: 0.5 }), ArgumentError, 'flip: expected an integer axis, got 0.5'],
  ['an axis as text', () => np.sum([1], foreign({ axis: '0' })),
    ArgumentError, 'sum: expected an axis, or a list of axes, got "0"'],
  ['a batch axis beyond the last', () => vmap((x: NdArray) => x, { in: 1 })(np.ones([3])),
    ShapeError, 'vmap: expected an array with an axis 1 to map, got float32[3] at arguments[0]'],
  ['an axis that no vmap names', () => lax.psum(np.ones([2]), 'batch'),
    ArgumentError, 'psum: expected an axis named by an enclosing vmap (in scope: none), got "batch"'],
  ['axes for another number of arguments',
    () => vmap((x: NdArray, y: NdArray) => np.add(x, y), { in: [0] })(np.ones([2]), np.ones([2])),
    TreeError, 'vmap: expected an axis for each of 2 arguments, got 1 axes'],
  ['axes of another structure', () => vmap((p: Weights) => p.w, { in: [{ w: 0 }] })({ w: np.ones([2]), b: np.ones([2]) }),
    TreeError, 'vmap: expected a prefix of [{ b: *, w: * }], got nothing instead of * at [0].b'],
  ['an output axis beyond the last', () => vmap((x: NdArray) => x, { out: 1 })(np.ones([3])),
    ShapeError, 'vmap: expected an out axis from -1 to 0, got 1 at result'],
  ['an output that is not the same for all', () => vmap((x: NdArray) => x, { out: null })(np.ones([3])),
    ShapeError, 'vmap: expected an output that is the same for every example (its out axis is null), got one that is not at result']
]

const batches: readonly Row[] = [
  ['two arguments', () => vmap((x: NdArray, y: NdArray) => np.add(x, y))(np.ones([2]), np.ones([3])),
    ShapeError, 'vmap: expected mapped axes of one size, got arguments[0] has 2, arguments[1] has 3'],
  ['a tree and an array',
    () => vmap((p: Weights, x: NdArray) => np.add(p.w, x))({ w: np.ones([2, 5]), b: np.ones([3]) }, np.ones([2, 5])),
    ShapeError, 'vmap: expected mapped axes of one size, got arguments[0].b has 3, arguments[0].w has 2, arguments[1] has 2'],
  ['a size that was given', () => vmap((x: NdArray) => x, { axisSize: 4 })(np.ones([3])),
    ShapeError, 'vmap: expected mapped axes of size 4, got arguments[0] has 3'],
  ['a size that is no number of examples', () => vmap((x: NdArray) => x, { axisSize: 1.5 })(np.ones([3])),
    ArgumentError, 'vmap: expected a natural number as axisSize, got 1.5'],
  ['nothing to map', () => vmap((x: NdArray) => x, { in: null })(np.ones([3])),
    ArgumentError, 'vmap: expected a mapped argument, or axisSize, got no argument with an axis to map'],
  ['a scalar', () => vmap((p: { x: NdArray; rate: number }) => np.mul(p.x, p.rate))({ x: np.ones([2]), rate: 3 }),
    ShapeError, 'vmap: expected an array with an axis 0 to map, got float32[] at arguments[0].rate']
]

const derivatives: readonly Row[] = [
  ['a vector for a loss', () => grad((x: NdArray) => np.square(x))(np.ones([3])),
    DerivativeError, 'grad: expected a function whose result is a scalar (sum it, or use jacrev or vmap), got float32[3]'],
  ['a tree for a loss', () => grad(foreign<Loss>((x: NdArray) => ({ loss: np.sum(x) })))(np.ones([3])),
    DerivativeError, 'grad: expected a function whose result is one scalar (return auxiliary results with hasAux: true), got { ' +
      'loss }'],
  ['nothing for a loss', () => grad(foreign<Loss>(() => undefined))(np.ones([3])),
    DerivativeError, 'grad: expected a function whose result is one scalar (return auxiliary results with hasAux: true), got ' +
      'undefined'],
  ['an integer for a loss', () => grad((x: NdArray) => np.argmax(x))(np.ones([3])),
    DTypeError, 'grad: expected a function whose result is a floating-point scalar, got int32[]'],
  ['no pair with hasAux', () => grad.with({ hasAux: true })(foreign<(x: NdArray) => readonly [NdArray, NdArray]>(np.sum))(np.ones([3])),
    DerivativeError, 'grad: expected with hasAux a function that returns a pair [value, aux], got float32[]'],
  ['integers', () => grad((x: NdArray) => np.sum(np.sin(x)))(np.ones([3], { dtype: 'int32' })),
    DTypeError, `${floating}, got int32[3] at arguments[0]`],
  ['integers in a tree',
    () => grad((p: { net: Weights }) => np.sum(p.net.w))({ net: { w: np.ones([2]), b: np.array(1, { dtype: 'int32' }) } }),
    DTypeError, `${floating}, got int32[] at arguments[0].net.b`],
  ['booleans',
    () => grad.with({ argnums: 1 })((x: NdArray, mask: NdArray) => np.sum(np.where(mask, x, 0)))(np.ones([2]), np.array([true, false])),
    DTypeError, `${floating}, got bool[2] at arguments[1]`],
  ['an argument that is not there', () => grad.with({ argnums: 2 })(np.dot)(np.ones([2]), np.ones([2])),
    ArgumentError, 'grad: expected argnums among 2 arguments, got argnums 2'],
  ['integers for a Jacobian', () => jacfwd((p: Weights) => p.w)({ w: np.ones([2]), b: np.ones([2], { dtype: 'int32' }) }),
    DTypeError, 'jacfwd: expected floating-point inputs, got int32[2] at arguments[0].b'],
  ['integer results of a Jacobian', () => jacrev((x: NdArray) => np.astype(x, 'int32'))(np.ones([2])),
    DTypeError, 'jacrev: expected floating-point outputs, got int32[2] at result'],
  ['a cotangent of another shape', () => vjp(np.sin)(np.ones([3]))[1](np.ones([2])),
    ShapeError, 'vjp: expected the cotangent of shape [3], got float32[2] at cotangent'],
  ['a cotangent of another dtype', () => vjp(np.sin)(np.ones([3]))[1](np.ones([3], { dtype: 'float64' })),
    DTypeError, 'vjp: expected the cotangent of dtype float32, got float64[3] at cotangent'],
  ['a nonlinear function transposed', () => linearTranspose((x: NdArray) => np.sin(x))(np.ones([2]))(np.ones([2])),
    DerivativeError, 'transpose: expected a function that is linear in what it is transposed in, got the nonlinear operation sin']
]

const trees: readonly Row[] = [
  ['a field in one of two trees', () => add(foreign({ w: 1, b: 2 }), foreign({ w: 1 })),
    TreeError, 'zipWith: expected the first tree and the second to have the same structure, got * and nothing at b'],
  ['several differences',
    () => add(foreign({ w: [1, 2], b: 2, tag: 'x' }), foreign({ w: [1], b: { c: 2 }, tag: 'y' })),
    TreeError, 'zipWith: expected the first tree and the second to have the same structure, got 3 differences: * and { c: * } at ' +
      "b; 'x' and 'y' at tag; * and nothing at w[1]"],
  ['a difference far inside',
    () => add(foreign({ layers: [{ w: 1 }, { w: 1 }] }), foreign({ layers: [{ w: 1 }, { w: null }] })),
    TreeError, 'zipWith: expected the first tree and the second to have the same structure, got * and null at layers[1].w'],
  ['tangents of another structure',
    () => jvp((p: Weights) => np.sum(p.w))([{ w: np.ones([2]), b: np.ones([]) }], [foreign({ w: np.ones([2]) })]),
    TreeError, 'jvp: expected the primals and tangents to have the same structure, got * and nothing at [0].b'],
  ['tangents that are too few', () => jvp(np.add)([np.ones([]), np.ones([])], foreign([np.ones([])])),
    TreeError, 'jvp: expected the primals and tangents to have the same structure, got * and nothing at [1]'],
  ['a tangent of another shape',
    () => jvp((p: Weights) => np.sum(p.w))([{ w: np.ones([2]), b: np.ones([]) }], [{ w: np.ones([3]), b: np.ones([]) }]),
    ShapeError, 'jvp: expected tangents of shape [2], got float32[3] at tangents[0].w'],
  ['a tangent of another dtype', () => jvp(np.sin)([np.ones([2])], [np.ones([2], { dtype: 'float64' })]),
    DTypeError, 'jvp: expected tangents of dtype float32, got float64[2] at tangents[0]'],
  ['no list of arguments', () => jvp(np.sin)(foreign(np.ones([2])), foreign(np.ones([2]))),
    ArgumentError, 'jvp: expected a list of the arguments, got float32[2]'],
  ['gradients of another structure',
    () => optim.step(sgd)(optim.init(sgd)({ w: np.ones([2]), b: np.ones([]) }), foreign({ w: np.ones([2]) })),
    TreeError, 'optim.step: expected the parameters and the gradients to have the same structure, got * and nothing at b'],
  ['a gradient of another shape', () => optim.step(sgd)(optim.init(sgd)({ w: np.ones([2]) }), { w: np.ones([3]) }),
    ShapeError, "optim.step: expected the parameter's shape [2], got float32[3] at gradients.w"],
  ['the state of another optimizer',
    () => optim.step(optim.chain(optim.clip(1), sgd))(optim.init(sgd)({ w: np.ones([2]) }), { w: np.ones([2]) }),
    TreeError, 'optim.step: expected the state of an optimizer of 2 steps, got one of 1 steps'],
  ['leaves for another structure', () => tree.unflatten(tree.structure({ w: 1, b: 2 }))([1]),
    TreeError, 'unflatten: expected 2 leaves for { b: *, w: * }, got 1'],
  ['a place that is not there', () => tree.at((p: { readonly layers: readonly number[] }) => p.layers[3]).get({ layers: [1, 2] }),
    TreeError, 'at: expected a node with [3], got an array of 2 at layers'],
  ['a tree with a cycle', () => tree.leaves(cyclic()),
    TreeError, 'tree: expected a finite tree, got a cycle back to the root at self']
]

const conversions: readonly Row[] = [
  ['item', () => jit((x: NdArray) => np.mul(x, x.item()))(np.ones([])),
    TracerError, `item(): ${concrete}, got a value traced by jit in errors.test.ts`],
  ['toList', () => jit((x: NdArray) => { x.toList(); return x })(np.ones([])),
    TracerError, `toList(): ${concrete}, got a value traced by jit in errors.test.ts`],
  ['toTypedArray', () => vmap((x: NdArray) => { x.toTypedArray(); return x })(np.ones([2])),
    TracerError, `toTypedArray(): ${concrete}, got a value traced by vmap in errors.test.ts`],
  ['arithmetic of JavaScript', () => jit((x: NdArray) => np.mul(x, foreign<number>(x) * 2))(np.ones([])),
    TracerError, `conversion to a primitive (as in x + y, x < y or \`\${x}\`): ${concrete}, got a value traced by jit in ` +
      'errors.test.ts'],
  ['a comparison of JavaScript', () => jit((x: NdArray) => (foreign<number>(x) > 0 ? x : np.negative(x)))(np.ones([])),
    TracerError, `conversion to a primitive (as in x + y, x < y or \`\${x}\`): ${concrete}, got a value traced by jit in ` +
      'errors.test.ts'],
  ['a bound of a loop', () => jit((x: NdArray, n: number) => { for (let i = 0; i < n; i++) np.sin(x); return x })(np.ones([]), 3),
    TracerError, `conversion to a primitive (as in x + y, x < y or \`\${x}\`): ${concrete}, got a value traced by jit in ` +
      'errors.test.ts'],
  ['item in a loop', () => lax.scan((c: NdArray) => [np.array(c.item()), null] as const, np.ones([]), null, { length: 2 }),
    TracerError, `item(): ${concrete}, got a value traced by scan in errors.test.ts`],
  ['item in a test', () => lax.whileLoop((c: NdArray) => c.item() < 1, (c: NdArray) => c, np.ones([])),
    TracerError, `item(): ${concrete}, got a value traced by whileLoop in errors.test.ts`],
  ['item in a branch', () => lax.cond(np.array(true), (c: NdArray) => np.array(c.item()), (c: NdArray) => c, np.ones([])),
    TracerError, `item(): ${concrete}, got a value traced by cond in errors.test.ts`],
  ['item in a linear function', () => linearTranspose((c: NdArray) => np.mul(c, c.item()))(np.ones([])),
    TracerError, `item(): ${concrete}, got a value traced by linearTranspose in errors.test.ts`],
  ['JSON', () => jit((x: NdArray) => { JSON.stringify({ x }); return x })(np.ones([])),
    TracerError, `toJSON(): ${concrete}, got a value traced by jit in errors.test.ts`],
  ['iteration over a scalar', () => jit((x: NdArray) => [...x])(np.ones([])),
    ShapeError, 'iteration: expected an array with at least one axis, got float32[]'],
  ['a traced size', () => jit((n: number) => np.zeros([n]))(3),
    ShapeError, 'zeros: expected a shape of non-negative integers (a size that is traced has to be a static argument of jit), ' +
      'got float32[]'],
  ['a traced mask of unknown count', () => jit((x: NdArray) => np.slice(x, np.greater(x, 0)))(np.ones([3])),
    TracerError, 'slice: expected a mask whose values are known, as the size of the result depends on them (np.where keeps the ' +
      'size), got Traced<bool[3], jit> in errors.test.ts'],
  ['a list that holds a traced array of another shape', () => jit((x: NdArray) => np.array([x, 1]))(np.ones([2])),
    ShapeError, 'array: expected items of the shape [2] of the first, got float32[] at [1]']
]

const escapes: readonly Row[] = [
  ['of jit', () => np.add(escaped(jit), 1),
    TracerError, `add: ${running}, got Traced<float32[1], jit>, which escaped from its transform in errors.test.ts`],
  ['of vmap', () => np.add(escaped(vmap), 1),
    TracerError, `add: ${running}, got Traced<float32[], vmap>, which escaped from its transform in errors.test.ts`],
  ['of grad', () => np.add(escaped(grad), 1),
    TracerError, `add: ${running}, got Traced<float32[1], grad>, which escaped from its transform in errors.test.ts`],
  ['within another transform', () => jit((x: NdArray) => np.add(x, escaped(jit)))(np.ones([])),
    TracerError, `add: ${running}, got Traced<float32[1], jit>, which escaped from its transform in errors.test.ts`],
  ['returned by another transform', () => jit(() => escaped(jit))(),
    TracerError, `jit: ${running}, got Traced<float32[1], jit>, which escaped from its transform in errors.test.ts`],
  ['item of an escaped tracer', () => escaped(jit).item(),
    TracerError, `item(): ${concrete}, got a value traced by jit in errors.test.ts`]
]

const strangers: readonly Row[] = [
  ['text', () => np.add(foreign('one'), 1), ArgumentError, 'add: expected an array, a number or a boolean, got "one"'],
  ['nothing', () => np.sin(foreign(undefined)), ArgumentError, 'sin: expected an array, a number or a boolean, got undefined'],
  ['an object', () => np.sin(foreign({ w: 1 })), ArgumentError, 'sin: expected an array, a number or a boolean, got { w }'],
  ['a bigint', () => np.array(foreign([1n])), ArgumentError, 'array: expected a number or a boolean, got 1n at [0]'],
  ['a typed array without a dtype', () => np.array(foreign(new BigInt64Array(2))),
    DTypeError, 'array: expected a typed array of an element type that is a dtype, got an instance of BigInt64Array'],
  ['a list for a strict operation', () => lax.sin(foreign([1, 2])),
    ArgumentError, 'sin: expected arrays (functions of np take numbers and lists too), got [1, 2]'],
  ['a ragged list', () => np.array([[1, 2], [3]]),
    ShapeError, 'array: expected a list of length 2 (nested lists must not be ragged), got length 1 at [1]'],
  ['a list that is ragged further inside', () => np.array([[[1], [2]], [[3], [4, 5]]]),
    ShapeError, 'array: expected a list of length 1 (nested lists must not be ragged), got length 2 at [1][1]'],
  ['a number beside a list', () => np.array([[1, 2], 3]),
    ShapeError, 'array: expected a list of length 2 (nested lists must not be ragged), got 3 at [1]'],
  ['a list beside a number', () => np.array([1, [2, 3]]),
    ShapeError, 'array: expected a number (nested lists must not be ragged), got a list of length 2 at [1]'],
  ['a class instance under a transform', () => jit((x: { at: Date }) => x)({ at: new Date(0) }),
    ArgumentError, `jit: ${leaves} (${given}), got an instance of Date at arguments[0].at`],
  ['a function under a transform', () => vmap((p: { f: () => number; x: NdArray }) => p.x)({ f: () => 1, x: np.ones([2]) }),
    ArgumentError, `vmap: ${leaves} (close over it, or make it a static argument of jit), got function f at arguments[0].f`],
  ['a class instance as a result', () => jit(() => [new Date(0)])(),
    ArgumentError, `jit: ${leaves} (register its class with tree.register), got an instance of Date at result[0]`],
  ['a parameter that is no array', () => optim.init(sgd)({ w: new Date(0) }),
    ArgumentError, 'optim.init: expected arrays as parameters, got an instance of Date at params.w'],
  ['a map as a tree',
    () => grad((p: { w: ReadonlyMap<string, NdArray> }) => np.sum(p.w.get('a') ?? 0))({ w: new Map([['a', np.ones([2])]]) }),
    ArgumentError, `grad: ${leaves} (${given}), got an instance of Map at arguments[0].w`],
  ['an asynchronous function', () => jit(async (x: NdArray) => Promise.resolve(x))(np.ones([2])),
    ArgumentError, 'jit: expected values rather than promises (a function that returns one would outlive its trace), got a ' +
      'promise at result'],
  ['an asynchronous loss', () => grad(foreign<Loss>(async (x: NdArray) => Promise.resolve(np.sum(x))))(np.ones([2])),
    DerivativeError, 'grad: expected a function that returns its result at once (a promise would outlive the trace), got an ' +
      'instance of Promise'],
  ['an asynchronous recipe', () => tree.update<Weights>(foreign(async () => Promise.resolve()))({ w: np.ones([2]), b: np.ones([]) }),
    TreeError, 'update: expected a recipe that is done when it returns, got a promise'],
  ['no function', () => grad(foreign<Loss>(np.ones([2]))),
    ArgumentError, 'grad: expected a function to transform, got float32[2]'],
  ['no function to compile', () => jit(foreign<Loss>(undefined)),
    ArgumentError, 'jit: expected a function to transform, got undefined'],
  ['a type without its class', () => jit(np.sin).lower(foreign<NdArray>({ shape: [2], dtype: 'float32' })),
    ArgumentError, 'jit: expected arrays or types of arrays, such as new ShapeStruct([2, 3], "int32"), got an object { shape, dtype } at ' +
      'arguments[0]'],
  ['a type without its class in a tree', () => evalShape((p: Weights) => p.w)(foreign<Weights>({ w: { dtype: 'int32', shape: [] }, b: 1 })),
    ArgumentError, 'evalShape: expected arrays or types of arrays, such as new ShapeStruct([2, 3], "int32"), got an object ' +
      '{ shape, dtype } at arguments[0].w'],
  ['a generator as a result', () => jit(function* (x: NdArray) { yield x })(np.ones([2])),
    ArgumentError, `jit: ${leaves} (register its class with tree.register), got an object of type Generator at result`],
  ['a function that calls itself for ever', () => { const f: Loss = jit((x: NdArray) => f(np.sin(x)), { name: 'f' }); return f(np.ones([])) },
    ArgumentError, 'jit(f): expected a recursion that ends while it is traced (a cond traces both branches), got 100 calls within each ' +
      'other, all with the same types and static values'],
  ['functions that call each other for ever', () => {
    const f: Loss = jit((x: NdArray) => g(x), { name: 'f' })
    const g: Loss = jit((x: NdArray) => f(x), { name: 'g' })
    return f(np.ones([]))
  }, ArgumentError, 'jit(f): expected a recursion that ends while it is traced (a cond traces both branches), got 100 calls within each ' +
    'other, all with the same types and static values'],
  ['a loop without a carry', () => lax.whileLoop(() => false, (x: unknown) => x, foreign(undefined)),
    ArgumentError, 'whileLoop: expected a carry to start with, after the functions, got none'],
  ['a carry before the functions', () => lax.whileLoop(foreign(np.ones([])), () => false, foreign((x: unknown) => x)),
    ArgumentError, 'whileLoop: expected a function of the carry as test, got float32[]'],
  ['a loop over numbers without a carry', () => lax.foriLoop(0, 3, (_, x: unknown) => x, undefined),
    ArgumentError, 'foriLoop: expected a carry to start with, after the functions, got none'],
  ['no function of leaves', () => tree.map(foreign<(x: number) => number>('double'))({ w: 1 }),
    ArgumentError, 'map: expected a function of leaves, got "double"']
]

const numbers: readonly Row[] = [
  ['NaN in an integer array', () => np.array([1, NaN], { dtype: 'int32' }),
    ArgumentError, 'array: expected a finite number for int32, got NaN'],
  ['infinity in an integer array', () => np.full([2], Infinity, { dtype: 'uint8' }),
    ArgumentError, 'array: expected a finite number for uint8, got Infinity'],
  ['infinity beside integers', () => np.add(np.ones([2], { dtype: 'int8' }), 300),
    ArgumentError, 'add: expected a number that int8 can hold, got 300'],
  ['a fraction beside integers, strictly', () => lax.add(np.ones([2], { dtype: 'int32' }), 0.5),
    ArgumentError, 'add: expected a number that int32 can hold, got 0.5'],
  ['NaN as an axis', () => np.sum([1], { axis: NaN }), ArgumentError, 'sum: expected an integer axis, got NaN'],
  ['NaN as a size', () => np.zeros([2, NaN]), ShapeError, 'zeros: expected a shape of non-negative integers, got [2, NaN]'],
  ['infinity as a size', () => np.ones(Infinity), ShapeError, 'ones: expected a shape of non-negative integers, got [Infinity]'],
  ['a negative size', () => np.zeros([-1]), ShapeError, 'zeros: expected a shape of non-negative integers, got [-1]'],
  ['a fraction as a size', () => np.reshape([1, 2], [0.5, 4]),
    ShapeError, 'reshape: expected a shape of non-negative integers, got [0.5, 4]'],
  ['more elements than fit', () => np.zeros([2 ** 50]),
    MemoryError, 'array: expected as many elements as fit into memory, got 1125899906842624 of float32'],
  ['NaN as an index', () => np.slice([1, 2], NaN), ArgumentError, 'slice: expected an integer index for axis 0, got NaN'],
  ['an index beyond the end', () => np.slice([1, 2], [2]), ShapeError, 'slice: expected an index from -2 to 1 for axis 0, got 2'],
  ['a fraction as the end of a range', () => np.slice([1, 2], [[0, 1.5]]),
    ArgumentError, 'slice: expected an integer or null as the stop of a range (lax.dynamicSlice takes computed ones), got 1.5'],
  ['a step of zero', () => np.slice([1, 2], [[null, null, 0]]), ArgumentError, 'slice: expected a step other than 0, got 0'],
  ['a fraction as a position', () => np.take([1, 2], [0.5]), ArgumentError, 'take: expected integer indices, got 0.5'],
  ['a position beyond int32', () => np.take([1, 2], [2 ** 32]), ArgumentError, 'take: expected integer indices, got 4294967296'],
  ['NaN as a seed', () => random.key(NaN), ArgumentError, 'key: expected an integer seed of at most 53 bits, got NaN'],
  ['infinity as a seed', () => random.key(Infinity),
    ArgumentError, 'key: expected an integer seed of at most 53 bits, got Infinity'],
  ['a fraction as a number of keys', () => random.split(key, 1.5),
    ArgumentError, 'split: expected an integer number of keys of at least 0, got 1.5'],
  ['NaN as a bound', () => random.randint(key, [2], 0, NaN), ArgumentError, 'randint: expected an integer maxval, got NaN'],
  ['an endless range', () => np.arange(Infinity),
    ArgumentError, 'arange: expected finite numbers [start,] stop[, step] with a step other than 0, got [Infinity]'],
  ['a range without a step', () => np.arange(0, 1, 0),
    ArgumentError, 'arange: expected finite numbers [start,] stop[, step] with a step other than 0, got [0, 1, 0]'],
  ['a fraction as a number of points', () => np.linspace(0, 1, 2.5),
    ArgumentError, 'linspace: expected an integer number of points of at least 0, got 2.5'],
  ['a fraction as a number of classes', () => nn.oneHot([0], 1.5),
    ArgumentError, 'oneHot: expected a natural number of classes, got 1.5'],
  ['NaN as a number of units', () => nn.linear(2, NaN), ArgumentError, 'linear: expected a positive integer of outputs, got NaN'],
  ['NaN as a learning rate', () => optim.sgd(NaN),
    ArgumentError, 'scaleByLearningRate: expected a finite learning rate of at least 0, got NaN'],
  ['a negative learning rate', () => optim.adam(-0.1),
    ArgumentError, 'scaleByLearningRate: expected a finite learning rate of at least 0, got -0.1'],
  ['a decay of 1', () => optim.adam(0.1, { beta1: 1 }), ArgumentError, 'scaleByAdam: expected a beta1 from 0 to below 1, got 1'],
  ['an epsilon of 0', () => optim.rmsprop(0.1, { eps: 0 }), ArgumentError, 'scaleByRms: expected a finite eps above 0, got 0'],
  ['a form that nobody wrote', () => optim.momentum(0.1, foreign({ form: 'new' })),
    ArgumentError, 'momentum: expected a form, course or usual, got new'],
  ['momentum that is no number', () => optim.sgd(0.1, foreign({ momentum: '0.9' })),
    ArgumentError, 'trace: expected a decay from 0 to below 1, got "0.9"'],
  ['a norm of 0', () => optim.clipByGlobalNorm(0), ArgumentError, 'clipByGlobalNorm: expected a finite norm above 0, got 0'],
  ['steps that are no integer', () => optim.cosine(0.1, 10.5),
    ArgumentError, 'cosine: expected an integer number of steps of at least 1, got 10.5'],
  ['a warm-up that is never over', () => optim.warmupCosine(0.1, 10, 10),
    ArgumentError, 'warmupCosine: expected more than 10 steps, those of the warm-up, got 10'],
  ['boundaries that do not ascend', () => optim.join([optim.constant(1), optim.constant(2), optim.constant(3)], [5, 5]),
    ArgumentError, 'join: expected an integer boundary of at least 6, got 5'],
  ['what is no step', () => optim.chain(optim.clip(1), foreign({ name: 'mine' })),
    ArgumentError, 'chain: expected optimizers, or steps { name, init, update }, got { name } at [1]'],
  ['a position of an argument that is none', () => jit((x: NdArray) => x, { donate: [-1] }),
    ArgumentError, 'jit: expected positions of arguments in donate, got -1'],
  ['an argument both static and donated', () => jit((x: NdArray) => x, { donate: [0], static: [0] }),
    ArgumentError, 'jit: expected an argument to be either static or donated, got argument 0']
]

const donations: readonly Row[] = [
  ['used again', () => np.add(donated(), 1), DonatedError, gone],
  ['read again', () => donated().toList(), DonatedError, gone],
  ['printed as text', () => String(donated()), DonatedError, gone],
  ['donated again', () => consume(donated()), DonatedError, gone],
  ['closed over', () => (() => { const x = donated(); return jit(() => np.add(x, 1))() })(), DonatedError, gone],
  ['returned as it came', () => jit((x: NdArray) => x)(donated()), DonatedError, gone],
  ['closed over and returned', () => (() => { const x = donated(); return jit(() => x)() })(), DonatedError, gone],
  ['not read', () => jit((x: NdArray, y: NdArray) => np.add(y, x.size))(donated(), np.ones([2])), DonatedError, gone],
  ['inside a tree', () => optim.init(sgd)({ w: donated() }) && optim.step(sgd)(optim.init(sgd)({ w: donated() }), { w: np.ones([2]) }),
    DonatedError, gone]
]

const options: readonly Row[] = [
  ['one that nobody reads', () => np.sum([1], foreign({ axes: 0 })),
    ArgumentError, 'sum: expected options among axis, keepdims, dtype, got the unknown option "axes"'],
  ['a word that none of them is', () => np.pad([1], 1, foreign({ mode: 'mirror' })),
    ArgumentError, 'pad: expected mode among constant, edge, reflect, symmetric, wrap, got mirror'],
  ['a word in their place', () => np.zeros([2], foreign('int32')),
    ArgumentError, 'zeros: expected an object of options (dtype), got "int32"'],
  ['an array in their place', () => np.sum([1, 2], foreign(np.array(0))),
    ArgumentError, 'sum: expected an object of options (axis, keepdims, dtype), got float32[]'],
  ['of a transform', () => vmap((x: NdArray) => x, foreign({ axis: 0 })),
    ArgumentError, 'vmap: expected options among in, out, axisName, axisSize, got the unknown option "axis"'],
  ['of grad', () => grad.with(foreign<{ argnums: 0 }>({ argnum: 1 })),
    ArgumentError, 'grad: expected options among argnums, hasAux, got the unknown option "argnum"'],
  ['of jit', () => jit.with(foreign({ staticArgnums: [1] }))((x: NdArray) => x),
    ArgumentError, 'jit: expected options among static, donate, name, fma, contraction, got the unknown option "staticArgnums"'],
  ['a number as name', () => jit(np.sin, foreign({ name: 3 })), ArgumentError, 'jit: expected a text as name, got 3'],
  ['of a layer', () => nn.linear(2, 2, foreign({ useBias: false })),
    ArgumentError, 'linear: expected options among weight, bias, dtype, got the unknown option "useBias"'],
  ['of an optimizer', () => optim.adamw(0.1, foreign({ weight_decay: 0.1 })),
    ArgumentError, 'adamw: expected options among beta1, beta2, eps, epsRoot, form, nesterov, weightDecay, mask, got the unknown ' +
      'option "weight_decay"']
]

const tables: readonly (readonly [topic: string, rows: readonly Row[]])[] = [
  ['shapes and dtypes that do not fit', misfits],
  ['wrong axes', axes],
  ['batches of different sizes', batches],
  ['what grad cannot differentiate', derivatives],
  ['trees that do not match', trees],
  ['traced values where numbers are needed', conversions],
  ['tracers that outlive their transform', escapes],
  ['what is no array', strangers],
  ['numbers that must be whole, or finite', numbers],
  ['donated arrays', donations],
  ['options', options]
]

const thrownBy = (mistake: () => unknown): unknown => {
  try {
    return mistake()
  } catch (error) {
    return error
  }
}

/** Messages about traced values end with the caller's line. */
const withoutLine = (message: string): string => message.replace(/ in \S*(errors\.test\.ts):\d+:\d+$/, ' in $1')

for (const [topic, rows] of tables) {
  describe(topic, () => {
    test.each(rows)('%s', (_, mistake, kind, message) => {
      const error = thrownBy(mistake)
      if (!(error instanceof CotangentError)) throw new Error('expected an error of this library', { cause: error })
      expect(withoutLine(error.message)).toBe(message)
      expect(error).toBeInstanceOf(kind)
      expect(error.name).toBe(kind.name)
      const { who, expected, got, path = '' } = error
      expect(error.message).toBe(`${who}: expected ${expected}, got ${got}${path === '' ? '' : ` at ${path}`}`)
    })
  })
}
