import type { NdArray } from '../core/array.js'
import { ArgumentError, quoted, TreeError, type Path } from '../core/errors.js'
import { flatten } from '../tree/pytree.js'
import { place } from '../tree/treedef.js'
import type { Tree } from './leaves.js'

/**
 * Which parameters: those at a path or below it, written as in TypeScript (`'head'`, `'layers[0].weight'`), those at any of
 * several, or those that a predicate of path and array accepts: `(_, x) => x.ndim > 1` leaves biases out.
 */
export type Where = string | readonly string[] | ((path: Path, x: NdArray) => boolean)

/** Whether what is at the path `text` is at the path `prefix` or below it. */
export const under = (prefix: string, text: string): boolean =>
  text === prefix || (text.startsWith(prefix) && (text[prefix.length] === '.' || text[prefix.length] === '['))

/** The paths that there are, as far as a message has room for them. */
const list = (paths: readonly string[]): string => {
  const most = 20
  const shown = paths.slice(0, most).join(', ')
  if (paths.length === 0) return 'none'
  return paths.length > most ? `${shown}, and ${paths.length - most} more` : shown
}

/** The error for what names none of the parameters. */
export const namesNone = (who: string, paths: readonly string[], got: string): TreeError =>
  new TreeError(who, `the place of a parameter, of which there are ${list(paths)}`, got)

/** Throws ArgumentError for what says nothing of places. */
export const checkWhere = (who: string, where: Where | undefined, required = false): void => {
  if ((where === undefined && !required) || typeof where === 'function') return
  const names: readonly unknown[] = Array.isArray(where) ? where : [where]
  if (names.every((name) => typeof name === 'string')) return
  throw new ArgumentError(who, 'a path as text, a list of such, or a function of path and parameter', quoted(where))
}

/** For each parameter, whether it is meant; all are if nothing is said. Throws TreeError for a path that the tree does not have. */
export const placesOf = (who: string, where: Where | undefined, params: Tree): readonly boolean[] => {
  checkWhere(who, where)
  const [leaves, treedef] = flatten(params)
  if (where === undefined) return leaves.map(() => true)
  const paths = treedef.paths()
  if (typeof where === 'function') return leaves.map((x, i) => where(paths[i], x as NdArray)) // parameters are arrays
  const texts = paths.map(place)
  const prefixes = typeof where === 'string' ? [where] : where
  for (const prefix of prefixes) {
    if (!texts.some((text) => under(prefix, text))) throw namesNone(who, texts, JSON.stringify(prefix))
  }
  return texts.map((text) => prefixes.some((prefix) => under(prefix, text)))
}
