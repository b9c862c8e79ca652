import { optimizationBarrierP } from './barrier.js'
import { debugCallbackP, pureCallbackP } from './callback.js'
import { checkP } from './check.js'
import { checkpointP } from './checkpoint.js'
import { condP } from './cond.js'
import { customBatchingP } from './custombatching.js'
import { customJvpP } from './customjvp.js'
import { customVjpLinearP, customVjpP } from './customvjp.js'
import { jitP } from './jit.js'
import { nameP } from './name.js'
import { scanP } from './scan.js'
import { whileP } from './while.js'

/** Every primitive that holds jaxprs or has an effect: with those of `lax/primitives.ts`, all there are. */
export const primitives = [
  checkP, checkpointP, condP, customBatchingP, customJvpP, customVjpLinearP, customVjpP, debugCallbackP, jitP, nameP,
  optimizationBarrierP, pureCallbackP, scanP, whileP
] as const
