import { fromScalar, isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { showAval, type Aval } from '../core/aval.js'
import { isInteger } from '../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError, showPath } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import { bind } from '../core/trace.js'
import { avalsOf } from '../ir/jaxpr.js'
import { min } from '../lax/elementwise/arithmetic.js'
import { clamp } from '../lax/elementwise/clamp.js'
import { convertElementType } from '../lax/elementwise/convert.js'
import { argumentsOf, type Fn } from '../transform/boundary.js'
import { requireSameStructure } from '../tree/compare.js'
import type { TreeDef } from '../tree/treedef.js'
import { condP } from './cond.js'
import { agreed } from './outputs.js'
import { allEqual, stageTrees, type TracedTrees } from './trees.js'

/** The types that outputs of all branches take together. Throws ShapeError, with each path, where there is none. */
const commonTypes = (who: string, { jaxprs }: TracedTrees, result: TreeDef, names: readonly string[]): readonly Aval[] => {
  const differences: string[] = []
  const types = avalsOf(jaxprs[0].outputs).map((first, i) => {
    let type = first
    for (const [b, { outputs }] of jaxprs.entries()) {
      const both = agreed(type, outputs[i].aval)
      if (both === undefined) {
        const path = showPath(result.paths()[i], 'result')
        differences.push(`${showAval(type)} from ${names[0]} and ${showAval(outputs[i].aval)} from ${names[b]} at ${path}`)
        break
      }
      type = both
    }
    return type
  })
  if (differences.length > 0) throw new ShapeError(who, 'branches that return the same types', differences.join('; '))
  return types
}

const choose = (who: string, index: NdArray, functions: readonly Fn[], names: readonly string[], operands: readonly unknown[]): unknown => {
  functions.forEach((f, b) => checkFunction(who, `a function as ${names[b]}`, f))
  const { arrays, treedef } = argumentsOf(who, operands)
  const traceables = functions.map((f) => ({ f, treedef, avals: avalsOf(arrays) }))
  const first = stageTrees(who, traceables)
  const [result] = first.results
  first.results.forEach((other, b) => {
    requireSameStructure(who, result, other, [`the result of ${names[0]}`, `that of ${names[b]}`])
  })
  const types = commonTypes(who, first, result, names)
  const settled = first.jaxprs.every(({ outputs }) => allEqual(avalsOf(outputs), types))
  const { jaxprs, captured } = settled ? first : stageTrees(who, traceables, functions.map(() => types))
  return result.unflatten(bind(condP, [index, ...captured, ...arrays], { branches: jaxprs }))
}

/** `cond(predicate, onTrue, onFalse, ...operands)`. */
export type Cond = <A extends readonly unknown[], R>(
  predicate: NdArray | boolean,
  onTrue: (...operands: A) => R,
  onFalse: (...operands: A) => R,
  ...operands: A
) => R

/**
 * One of two functions applied to the operands, as a boolean scalar says; only that one runs. Both are traced, so
 * they return trees of one structure and of the same types. Under a vmap that maps the predicate both run, and a
 * select picks. JAX's `lax.cond`. Throws DTypeError or ShapeError for predicates that are no boolean scalars, TreeError
 * and ShapeError where the branches return different things, with the paths.
 *
 * @example
 * lax.cond(np.greater(3, 2), np.sin, np.cos, np.array(0)) // 0
 */
export const cond: Cond = (predicate, onTrue, onFalse, ...operands) => {
  const flag = typeof predicate === 'boolean' ? fromScalar(predicate) : predicate
  if (!isArray(flag)) throw new ArgumentError('cond', 'a boolean scalar as predicate', flag)
  if (flag.dtype !== 'bool') throw new DTypeError('cond', 'a boolean scalar as predicate', flag)
  if (flag.ndim > 0) throw new ShapeError('cond', 'a boolean scalar as predicate', flag)
  const names = ['onFalse', 'onTrue']
  const index = convertElementType(flag, 'int32')
  return choose('cond', index, [onFalse, onTrue], names, operands) as ReturnType<typeof onTrue> // both return it
}

/** Callers without types pass anything. */
const isList = (x: unknown): boolean => Array.isArray(x)

/** `switchCase(index, branches, ...operands)`. */
export type Switch = <A extends readonly unknown[], R>(
  index: NdArray | number,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
) => R

/**
 * One of several functions applied to the operands: the one at the index, an integer scalar, which is clamped to the
 * branches there are. Otherwise as `cond`. JAX's `lax.switch`.
 *
 * @example
 * lax.switch(np.array(1, { dtype: 'int32' }), [np.sin, np.cos], np.array(0)) // 1
 */
export const switchCase: Switch = <A extends readonly unknown[], R>(
  index: NdArray | number,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R => {
  if (!isList(branches) || branches.length === 0) throw new ArgumentError('switch', 'a list of at least one branch', branches)
  if (typeof index === 'number' && !Number.isInteger(index)) throw new ArgumentError('switch', 'an integer scalar as index', index)
  const at = typeof index === 'number' ? convertElementType(fromScalar(index), 'int32') : index
  if (!isArray(at)) throw new ArgumentError('switch', 'an integer scalar as index', at)
  if (!isInteger(at.dtype)) throw new DTypeError('switch', 'an integer scalar as index', at)
  if (at.ndim > 0) throw new ShapeError('switch', 'an integer scalar as index', at)
  const last = branches.length - 1
  const signed = convertElementType(at.dtype === 'uint32' ? min(at, last) : at, 'int32') // which has no room for all of uint32
  const clamped = clamp(0, signed, last)
  const names = branches.map((_, b) => `branch ${b}`)
  return choose('switch', clamped, branches, names, operands) as R // all return it
}
