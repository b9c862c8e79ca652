import { systems } from './systems.js'

/** The rows of linear algebra. */
export const linalg = { ...systems } as const
