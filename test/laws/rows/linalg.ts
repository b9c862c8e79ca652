import { decompositions } from './decompositions.js'
import { systems } from './systems.js'

/** The rows of linear algebra. */
export const linalg = { ...decompositions, ...systems } as const
