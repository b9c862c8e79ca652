import { TreeError, type Path } from '../core/errors.js'
import { place, type TreeDef } from './treedef.js'

/** A place where two structures differ, and what each has there. */
export interface Difference {
  readonly path: Path
  readonly left: string
  readonly right: string
}

/** What a difference says of a field or element that is not there. */
export const nothing = 'nothing'

/** What a message shows of a structure: all of it if it is short. */
export const show = (def: TreeDef): string => {
  const text = def.toString()
  return text.length <= 60 ? text : `${text.slice(0, 56)} ...`
}

/** All places where two structures differ: fields and elements that only one has, and nodes that are not the same. */
export const compareStructures = (a: TreeDef, b: TreeDef, path: Path = []): readonly Difference[] => {
  if (a === b) return []
  const walkable = a.kind === b.kind && (a.kind === 'object' || a.kind === 'array' || a.sameNode(b))
  if (!walkable) return [{ path, left: show(a), right: show(b) }]
  const found: Difference[] = []
  let i = 0
  let j = 0
  while (i < a.children.length || j < b.children.length) {
    const left = i < a.children.length ? a.step(i) : undefined
    const right = j < b.children.length ? b.step(j) : undefined
    if (left === right && left !== undefined) {
      found.push(...compareStructures(a.children[i++], b.children[j++], [...path, left]))
    } else if (left !== undefined && (right === undefined || left < right)) {
      found.push({ path: [...path, left], left: show(a.children[i++]), right: nothing })
    } else if (right !== undefined) {
      found.push({ path: [...path, right], left: nothing, right: show(b.children[j++]) })
    }
  }
  return found
}

/** The error that lists the differences. */
export const mismatch = (who: string, differences: readonly Difference[], names: readonly [string, string]): TreeError => {
  const expected = `${names[0]} and ${names[1]} to have the same structure`
  const text = ({ left, right }: Difference): string => `${left} and ${right}`
  if (differences.length === 1) return new TreeError(who, expected, text(differences[0]), place(differences[0].path))
  const list = differences.map((each) => `${text(each)} at ${place(each.path)}`).join('; ')
  return new TreeError(who, expected, `${differences.length} differences: ${list}`)
}

/** Throws TreeError with every difference unless the structures are equal. The names say what each tree is. */
export const requireSameStructure = (
  who: string,
  a: TreeDef,
  b: TreeDef,
  names: readonly [string, string] = ['the first tree', 'the second']
): void => {
  if (!a.equals(b)) throw mismatch(who, compareStructures(a, b), names)
}
