import { planned } from '../../src/backend/plan.js'
import { hostsIn } from '../../src/backend/wasm/host.js'
import { scheduled } from '../../src/backend/wasm/target.js'
import type { Jaxpr } from '../../src/core/primitive.js'

/** The primitives for which the module of a program calls JavaScript. */
export const hosted = (jaxpr: Jaxpr): readonly string[] => hostsIn(scheduled(planned(jaxpr).segment)).map(({ name }) => name)
