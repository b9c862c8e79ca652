import { sameType, type Aval } from '../core/aval.js'
import { flatFunction, type Fn } from '../transform/boundary.js'
import type { TreeDef } from '../tree/treedef.js'
import { stageAll, type Closure } from './closure.js'
import { converted } from './outputs.js'

/** A function of trees, to be traced for arguments of a structure and of types. */
export interface TreeFunction {
  readonly f: Fn
  readonly treedef: TreeDef
  readonly avals: readonly Aval[]
}

/** Traced functions, and the structure of what each returned. */
export interface TracedTrees extends Closure {
  readonly results: readonly TreeDef[]
}

/** Traces functions of trees that close over the same values. What they return is converted to the types in `returning`, if given. */
export const stageTrees = (who: string, functions: readonly TreeFunction[], returning?: readonly (readonly Aval[])[]): TracedTrees => {
  const flat = functions.map(({ f, treedef }) => flatFunction(who, f, treedef))
  const closure = stageAll(
    who,
    functions.map(({ avals }, i) => ({
      avals,
      run: (args) => {
        const outs = flat[i].run(args)
        return returning === undefined ? outs : outs.map((x, k) => converted(x, returning[i][k]))
      }
    }))
  )
  return { ...closure, results: flat.map(({ result }) => result()) }
}

/** Whether all types agree, weakness included. */
export const allEqual = (a: readonly Aval[], b: readonly Aval[]): boolean => a.every((x, i) => sameType(x, b[i]) && x.weak === b[i].weak)
