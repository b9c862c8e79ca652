import { ArgumentError } from './errors.js'

/** An axis that an enclosing vmap has named, for collectives such as psum. */
export interface NamedAxis {
  readonly name: string
  readonly size: number
}

let axes: readonly NamedAxis[] = []

/** The named axes in scope, outermost first. */
export const namedAxes = (): readonly NamedAxis[] => axes

/** The size of the named axis; throws ArgumentError if no enclosing vmap names it. */
export const axisSizeOf = (who: string, name: string): number => {
  if (typeof name !== 'string') throw new ArgumentError(who, 'the name of an axis', name)
  const found = axes.findLast((axis) => axis.name === name)
  if (found === undefined) {
    const scope = axes.length === 0 ? 'none' : axes.map((axis) => JSON.stringify(axis.name)).join(', ')
    throw new ArgumentError(who, `an axis named by an enclosing vmap (in scope: ${scope})`, JSON.stringify(name))
  }
  return found.size
}

/** Runs the function with one more named axis in scope. */
export const withAxis = <A>(axis: NamedAxis, f: () => A): A => {
  const saved = axes
  axes = [...axes, axis]
  try {
    return f()
  } finally {
    axes = saved
  }
}
