import { Immer } from 'immer'

const immer = new Immer({ autoFreeze: false })

/** The tree after the changes that a function makes to a draft of it. */
export const produce = <T>(tree: T, recipe: (draft: unknown) => void): T => immer.produce(tree, recipe)
