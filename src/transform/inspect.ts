import type { Aval } from '../core/aval.js'
import type { NdArray } from '../core/array.js'
import { checkDType, type DType } from '../core/dtype.js'
import { ArgumentError, type Path } from '../core/errors.js'
import { checkShape, type Shape } from '../core/shape.js'
import { Program } from '../ir/program.js'
import { avalsOf } from '../ir/jaxpr.js'
import { stage } from '../ir/stage.js'
import { flatten } from '../tree/pytree.js'
import type { TreeDef } from '../tree/treedef.js'
import type { MapLeaves } from '../tree/types.js'
import { arraysOf, flatFunction, named } from './boundary.js'

/** A shape and a dtype in place of an array: what `evalShape` and `makeJaxpr` need to know of arguments. */
export class ShapeStruct {
  readonly shape: Shape
  readonly dtype: DType

  constructor(shape: Shape, dtype: DType = 'float32') {
    this.shape = Object.freeze([...checkShape('ShapeStruct', shape)])
    this.dtype = checkDType('ShapeStruct', dtype)
    Object.freeze(this)
  }
  toString(): string {
    return `${this.dtype}[${this.shape.join(',')}]`
  }
}

/** What is known of arguments before there are any. */
export interface Types {
  readonly avals: readonly Aval[]
  readonly treedef: TreeDef
}

/** Refuses `{ shape, dtype }`: a tree of sizes to us, and a type to who wrote it. */
const refusePlain = (who: string, treedef: TreeDef, path: Path): void => {
  const { kind, keys, children } = treedef
  if (kind === 'object' && keys.join() === 'dtype,shape' && children[0].kind === 'string' && children[1].kind === 'array') {
    throw new ArgumentError(who, 'arrays or types of arrays, such as new ShapeStruct([2, 3], "int32")', 'an object { shape, dtype }', path)
  }
  children.forEach((child, i) => refusePlain(who, child, [...path, treedef.step(i)]))
}

/** The types of arguments that may hold ShapeStructs. */
export const typesOf = (who: string, args: readonly unknown[]): Types => {
  const [leaves, treedef] = flatten<unknown>(args)
  refusePlain(who, treedef, ['arguments'])
  const paths = treedef.paths()
  const avals = leaves.map((leaf, i) => {
    if (leaf instanceof ShapeStruct) return { shape: leaf.shape, dtype: leaf.dtype, weak: false }
    return arraysOf(who, leaf, ['arguments', ...paths[i]]).arrays[0].aval
  })
  return { avals, treedef }
}

/** `makeJaxpr(f)(...args)`: the program that `f` runs for arguments of these types. */
export type MakeJaxpr = <A extends readonly unknown[]>(
  f: (...args: A) => unknown
) => (...args: { readonly [K in keyof A]: A[K] | ShapeStruct }) => Program

/**
 * The program that a function runs for arguments of these types (arrays, or `ShapeStruct`s). It prints like JAX's
 * jaxprs; arrays that the function closes over are its first inputs. JAX's `make_jaxpr`.
 *
 * @example
 * makeJaxpr((x: NdArray) => np.sin(np.mul(x, x)))(np.array(1)) // { lambda ; a:f32[]. let b:f32[] = mul a a; c:f32[] = sin b in (c,) }
 */
export const makeJaxpr: MakeJaxpr = (f) =>
  named('makeJaxpr', f, (...args): Program => {
    const { avals, treedef } = typesOf('makeJaxpr', args)
    const { run } = flatFunction('makeJaxpr', f, treedef)
    const { jaxpr, captured } = stage(run, avals, { who: 'makeJaxpr' })
    return new Program(jaxpr, captured)
  })

/** `evalShape(f)(...args)`: shapes and dtypes of the result, without computing it. */
export type EvalShape = <A extends readonly unknown[], R>(
  f: (...args: A) => R
) => (...args: { readonly [K in keyof A]: A[K] | ShapeStruct }) => MapLeaves<R, NdArray, ShapeStruct>

/**
 * Shapes and dtypes of a function's result, without computing it; arguments may be `ShapeStruct`s. JAX's `eval_shape`.
 *
 * @example
 * evalShape(np.matmul)(np.zeros([2, 3]), np.zeros([3, 4])) // float32[2,4]
 */
export const evalShape: EvalShape = <A extends readonly unknown[], R>(f: (...args: A) => R) =>
  named('evalShape', f, (...args: { readonly [K in keyof A]: A[K] | ShapeStruct }): MapLeaves<R, NdArray, ShapeStruct> => {
    const { avals, treedef } = typesOf('evalShape', args)
    const { run, result } = flatFunction('evalShape', f, treedef)
    const outputs = avalsOf(stage(run, avals, { who: 'evalShape' }).jaxpr.outputs)
    const structs = outputs.map(({ shape, dtype }) => new ShapeStruct(shape, dtype))
    return result().unflatten(structs) as MapLeaves<R, NdArray, ShapeStruct> // leaf by leaf
  })
