import { jitP } from './jit.js'

/** Every primitive that holds jaxprs: with those of `lax/primitives.ts`, all there are. */
export const primitives = [jitP] as const
