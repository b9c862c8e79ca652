import { dataOf, rows, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { showAval, type Aval } from '../../core/aval.js'
import { allocate, coerce, type TypedArray } from '../../core/dtype.js'
import { ArgumentError, DerivativeError, DTypeError, ShapeError, showPath } from '../../core/errors.js'
import { withName } from '../../core/name.js'
import { checkFunction, checkOptions } from '../../core/options.js'
import type { Primitive } from '../../core/primitive.js'
import { equalShapes, sizeOf } from '../../core/shape.js'
import { bind } from '../../core/trace.js'
import { broadcastLeading } from '../../lax/broadcast.js'
import { argumentsOf, arraysOf, named, type Fn } from '../../transform/boundary.js'
import { ShapeStruct } from '../../transform/inspect.js'
import { requireSameStructure } from '../../tree/compare.js'
import { flatten } from '../../tree/pytree.js'
import type { TreeDef } from '../../tree/treedef.js'
import type { MapLeaves } from '../../tree/types.js'

/** A leading axis over which a function of one example is called again and again. */
export interface Level {
  readonly size: number
  /** Which operands have the axis. */
  readonly batched: readonly boolean[]
}

/** Calls a function for each example, the outermost axis first, in order. */
const forEach = (levels: readonly Level[], operands: readonly NdArray[], f: (operands: readonly NdArray[]) => void): void => {
  const [level, ...inner] = levels
  if (level === undefined) {
    f(operands)
    return
  }
  const examples = operands.map((x, i) => (level.batched[i] ? rows(x) : null))
  for (let k = 0; k < level.size; k++) forEach(inner, operands.map((x, i) => examples[i]?.[k] ?? x), f)
}

export interface DebugCallbackParams {
  readonly callback: (operands: readonly NdArray[]) => void
  /** How many operands say whether it is called at all, the first ones: booleans. */
  readonly guards: number
  readonly levels: readonly Level[]
}

/** A call for its effect: always made, each time, in order, on the values themselves. */
export const debugCallbackP: Primitive<'debug_callback', DebugCallbackParams> = {
  name: 'debug_callback',
  effectful: true,
  abstract: () => [],
  impl(operands, { callback, guards, levels }) {
    forEach(levels, operands, (example) => {
      for (let i = 0; i < guards; i++) if (example[i].item() === 0) return
      callback(example.slice(guards))
    })
    return []
  },
  batch(size, operands, batched, { levels, ...params }) {
    bind(debugCallbackP, operands, { ...params, levels: [{ size, batched }, ...levels] } satisfies DebugCallbackParams)
    return [[], []]
  }
}

/** `debug.callback(f, ...args)`. */
export type Callback = <A extends readonly unknown[]>(f: (...args: NoInfer<A>) => unknown, ...args: A) => void

/**
 * Calls a function with the values of its arguments, trees of arrays, when the program runs: under jit at each run, in a
 * loop in each step, under vmap for each example, under grad once, always in the order of the program. What it returns is ignored.
 * JAX's `debug.callback`, ordered. Throws ArgumentError for arguments that are no arrays.
 *
 * @example
 * const seen: NdArray[] = []
 * jit((x: NdArray) => { callback((y: NdArray) => seen.push(y), x); return x })(np.array(3))
 * seen // [3]
 */
export const callback: Callback = (f, ...args) => {
  checkFunction('debug.callback', 'a function to call', f)
  const { arrays, treedef } = argumentsOf('debug.callback', args)
  const call = withName(f.name === '' ? 'function' : f.name, (operands: readonly NdArray[]): void => {
    f(...(treedef.unflatten(operands) as typeof args)) // the tree that was flattened
  })
  bind(debugCallbackP, arrays, { callback: call, guards: 0, levels: [] } satisfies DebugCallbackParams)
}

export interface PureCallbackParams {
  readonly callback: (operands: readonly NdArray[], outs: readonly Aval[]) => readonly NdArray[]
  /** What one call returns. */
  readonly result: readonly ShapeStruct[]
  readonly levels: readonly Level[]
  /** It is called once for a whole batch; `null` if it is not. */
  readonly leading: readonly number[] | null
}

const outsOf = ({ result, leading }: PureCallbackParams): readonly Aval[] =>
  result.map(({ shape, dtype }) => ({ shape: [...(leading ?? []), ...shape], dtype, weak: false }))

/** A call for its result, which depends on the operands alone. */
export const pureCallbackP: Primitive<'pure_callback', PureCallbackParams> = {
  name: 'pure_callback',
  abstract(_, params) {
    const sizes = params.levels.map(({ size }) => size)
    return outsOf(params).map((out) => ({ ...out, shape: [...sizes, ...out.shape] }))
  },
  impl(operands, params, outs) {
    const { callback: call, levels } = params
    const each = outsOf(params)
    if (levels.length === 0) return call(operands, each)
    const stacks = outs.map(({ dtype, shape }) => allocate(dtype, sizeOf(shape)))
    let next = 0
    forEach(levels, operands, (example) => {
      call(example, each).forEach((x, i) => {
        stacks[i].set(dataOf(x), next * x.size)
      })
      next++
    })
    return outs.map((out, i) => wrap(out, stacks[i]))
  },
  linearize() {
    throw new DerivativeError('pureCallback', 'a function with a derivative (give it one: wrap the call in customJvp)', 'a callback')
  },
  batch(size, operands, batched, params) {
    const { levels, leading } = params
    const [all, next] = leading === null
      ? [operands, { ...params, levels: [{ size, batched }, ...levels] }]
      : [operands.map((x, i) => (batched[i] ? x : broadcastLeading(size, x))), { ...params, leading: [size, ...leading] }]
    const outs = bind(pureCallbackP, all, next)
    return [outs, outs.map(() => true)]
  }
}

export interface PureCallbackOptions {
  /** The function takes whole batches, with the mapped axes leading in every argument and result: vmap calls it once. */
  readonly vectorized?: boolean
}

/** `pureCallback(f, result)(...args)`. What `f` returns may hold numbers and typed arrays in the places of arrays. */
export type PureCallback = <A extends readonly unknown[], T>(
  f: (...args: A) => NoInfer<MapLeaves<T, ShapeStruct, NdArray | number | boolean | TypedArray>>,
  result: T,
  options?: PureCallbackOptions
) => (...args: A) => MapLeaves<T, ShapeStruct, NdArray>

/** What the callback returned, as it was promised. */
const kept = (tree: unknown, promised: TreeDef, outs: readonly Aval[]): readonly NdArray[] => {
  const { arrays, treedef } = arraysOf('pureCallback', tree, ['result'])
  requireSameStructure('pureCallback', promised, treedef, ['the promised result', 'what the callback returned'])
  return arrays.map((x, i) => {
    const out = outs[i]
    const fits = equalShapes(x.shape, out.shape)
    if (fits && x.dtype === out.dtype) return x
    const path = showPath(promised.paths()[i], 'result')
    if (!fits) throw new ShapeError('pureCallback', `${showAval(out)}, as promised`, x, path)
    if (!x.weak) throw new DTypeError('pureCallback', `${showAval(out)}, as promised`, x, path)
    const data = allocate(out.dtype, x.size)
    dataOf(x).forEach((value, k) => {
      data[k] = coerce(out.dtype, value)
    })
    return wrap(out, data)
  })
}

/**
 * A function that runs outside of the program as an operation within it: it gets arrays with elements wherever the
 * operation is evaluated, and returns a tree of the shapes and dtypes promised in `result`. It must be pure: how often
 * it is called is not said. Under vmap it is called for each example, or once if it is `vectorized`. It has no
 * derivative unless `customJvp` gives one. JAX's `pure_callback`. Throws TreeError, ShapeError or DTypeError, with the
 * path, where it breaks its promise, and DerivativeError when it is differentiated.
 *
 * @example
 * const sorted = pureCallback((x: NdArray) => x.toTypedArray().toSorted(), new ShapeStruct([3]))
 * jit(sorted)(np.array([3, 1, 2])) // [1, 2, 3]
 */
export const pureCallback: PureCallback = <A extends readonly unknown[], T>(
  f: (...args: A) => unknown,
  result: T,
  options: PureCallbackOptions = {}
) => {
  checkOptions('pureCallback', options, ['vectorized'])
  const [leaves, promised] = flatten<unknown>(result)
  const structs = leaves.map((leaf, i) => {
    if (leaf instanceof ShapeStruct) return leaf
    throw new ArgumentError('pureCallback', 'a tree of ShapeStructs as result', leaf, ['result', ...promised.paths()[i]])
  })
  return named('pureCallback', f as Fn, (...args: A) => {
    const { arrays, treedef } = argumentsOf('pureCallback', args)
    const call = withName(f.name === '' ? 'function' : f.name, (operands: readonly NdArray[], outs: readonly Aval[]) =>
      kept(f(...(treedef.unflatten(operands) as A)), promised, outs)) // the tree that was flattened
    const outs = bind(pureCallbackP, arrays, {
      callback: call,
      result: structs,
      levels: [],
      leading: options.vectorized === true ? [] : null
    } satisfies PureCallbackParams)
    return promised.unflatten(outs) as MapLeaves<T, ShapeStruct, NdArray> // arrays in the places of the structs
  })
}
