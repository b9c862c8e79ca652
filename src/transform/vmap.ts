import type { NdArray } from '../core/array.js'
import { ArgumentError, ShapeError, showPath, TreeError, type Path } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxis, range } from '../core/shape.js'
import { broadcastLeading } from '../lax/broadcast.js'
import { transpose } from '../lax/movement/transpose.js'
import { broadcastPrefix } from '../tree/prefix.js'
import type { TreeDef } from '../tree/treedef.js'
import { batchArrays } from './batch.js'
import { argumentsOf, flatFunction, named, type Fn } from './boundary.js'

/** An axis, `null` for none, or a tree of these: a prefix of the tree that it speaks of. */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes }

export interface VmapOptions {
  /** The mapped axis of the arguments: one for all, one per argument, or per subtree of an argument; `null`: not mapped. 0 if not given. */
  readonly in?: Axes
  /** Where the mapped axis goes in the outputs; `null` for outputs that do not depend on it. 0 if not given. */
  readonly out?: Axes
  /** A name for the axis, for the collectives `psum`, `pmean`, `pmax` inside. */
  readonly axisName?: string
  /** The size of the axis; needed only if no argument is mapped. */
  readonly axisSize?: number
}

/** A function of one example becomes one of a batch: `vmap(f)`, `vmap.with({ in: [null, 0] })(f)`. */
export interface Vmap {
  <F extends Fn>(f: F, options?: VmapOptions): F
  with(options: VmapOptions): <F extends Fn>(f: F) => F
}

const move = (x: NdArray, from: number, to: number): NdArray => {
  if (from === to) return x
  const rest = range(x.ndim).filter((axis) => axis !== from)
  return transpose(x, [...rest.slice(0, to), from, ...rest.slice(to)])
}

const axesOf = (axes: Axes, treedef: TreeDef, role: string): readonly (number | null)[] =>
  broadcastPrefix('vmap', axes, treedef).map((axis) => {
    if (axis === null || (typeof axis === 'number' && Number.isInteger(axis))) return axis
    throw new ArgumentError('vmap', `integers or null as ${role} axes`, axis)
  })

interface Mapped {
  readonly path: Path
  readonly size: number
}

const commonSize = (mapped: readonly Mapped[], axisSize: number | undefined): number => {
  if (axisSize !== undefined && (!Number.isInteger(axisSize) || axisSize < 0)) {
    throw new ArgumentError('vmap', 'a natural number as axisSize', axisSize)
  }
  const size = axisSize ?? mapped[0]?.size
  if (size === undefined) throw new ArgumentError('vmap', 'a mapped argument, or axisSize', 'no argument with an axis to map')
  if (mapped.some((each) => each.size !== size)) {
    const list = mapped.map((each) => `${showPath(each.path)} has ${each.size}`).join(', ')
    throw new ShapeError('vmap', axisSize === undefined ? 'mapped axes of one size' : `mapped axes of size ${axisSize}`, list)
  }
  return size
}

const isList = (axes: Axes): axes is readonly Axes[] => Array.isArray(axes)

/** Axes of arguments as one tuple: a single axis goes for all, and a list is one entry per argument. */
const perArgument = (axes: Axes, count: number): Axes => {
  if (!isList(axes)) return range(count).map(() => axes)
  if (axes.length !== count) throw new TreeError('vmap', `an axis for each of ${count} arguments`, `${axes.length} axes`)
  return axes
}

const mapOver = (f: Fn, options: VmapOptions) => {
  checkOptions('vmap', options, ['in', 'out', 'axisName', 'axisSize'], true)
  const { axisName } = options
  if (axisName !== undefined && typeof axisName !== 'string') throw new ArgumentError('vmap', 'a text as axisName', axisName)
  return named('vmap', f, (...args: readonly unknown[]) => {
    const { arrays, treedef } = argumentsOf('vmap', args)
    const axes = axesOf(perArgument(options.in === undefined ? 0 : options.in, args.length), treedef, 'in')
    const mapped: Mapped[] = []
    const moved = arrays.map((x, i) => {
      const axis = axes[i]
      if (axis === null) return x
      const path: Path = ['arguments', ...treedef.paths()[i]]
      if (axis < -x.ndim || axis >= x.ndim) throw new ShapeError('vmap', `an array with an axis ${axis} to map`, x, path)
      const from = normalAxis('vmap', axis, x.ndim)
      mapped.push({ path, size: x.shape[from] })
      return move(x, from, 0)
    })
    const size = commonSize(mapped, options.axisSize)
    const { run, result } = flatFunction('vmap', f, treedef)
    const [outs, batched] = batchArrays(run, size, moved, axes.map((axis) => axis !== null), axisName)
    const outAxes = axesOf(options.out === undefined ? 0 : options.out, result(), 'out')
    return result().unflatten(
      outs.map((x, i) => {
        const axis = outAxes[i]
        if (axis !== null) {
          const rank = batched[i] ? x.ndim : x.ndim + 1
          if (axis < -rank || axis >= rank) {
            throw new ShapeError('vmap', `an out axis from ${-rank} to ${rank - 1}`, axis, ['result', ...result().paths()[i]])
          }
          return move(batched[i] ? x : broadcastLeading(size, x), 0, normalAxis('vmap', axis, rank))
        }
        if (batched[i]) {
          const path: Path = ['result', ...result().paths()[i]]
          throw new ShapeError('vmap', 'an output that is the same for every example (its out axis is null)', 'one that is not', path)
        }
        return x
      })
    )
  })
}

/**
 * A function of one example becomes a function of a batch, without a loop: the mapped axis of the arguments (`in`)
 * disappears inside and comes back in the outputs (`out`). Axes may be given per argument or per subtree. JAX's
 * `vmap`. Throws ShapeError where mapped sizes differ, listing each argument's path and size.
 *
 * @example
 * vmap(np.dot)(np.array([[1, 2], [3, 4]]), np.array([[1, 0], [0, 1]])) // [1, 4]
 * vmap.with({ in: [null, 0] })(np.mul)(np.array(10), np.array([1, 2])) // [10, 20]
 */
export const vmap: Vmap = Object.assign((f: Fn, options: VmapOptions = {}) => mapOver(f, options), {
  with: (options: VmapOptions) => (f: Fn) => mapOver(f, options)
}) as Vmap // the batched function has the type of the original: only shapes differ
