import { optimizationBarrierP } from './barrier.js'
import { debugCallbackP, pureCallbackP } from './effects/callback.js'
import { checkP } from './effects/check.js'
import { checkpointP } from './checkpoint/checkpoint.js'
import { condP } from './cond.js'
import { customBatchingP } from './custom/custombatching.js'
import { customJvpP } from './custom/customjvp.js'
import { customVjpLinearP, customVjpP } from './custom/customvjp.js'
import { jitP } from './jit.js'
import { nameP } from './checkpoint/name.js'
import { scanP } from './loops/scan.js'
import { whileP } from './loops/while.js'

/** Every primitive that holds jaxprs or has an effect: with those of `lax/primitives.ts`, all there are. */
export const primitives = [
  checkP, checkpointP, condP, customBatchingP, customJvpP, customVjpLinearP, customVjpP, debugCallbackP, jitP, nameP,
  optimizationBarrierP, pureCallbackP, scanP, whileP
] as const
