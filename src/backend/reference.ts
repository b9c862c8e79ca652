import type { Backend } from '../core/trace.js'
import { rows } from '../array/ndarray.js'
import { isTracer } from '../core/trace.js'
import { unstack } from '../lax/movement/split.js'

/** The backend that runs each primitive's own implementation, and jaxprs by interpreting them. */
export const reference: Backend = {
  execute: (primitive, operands, params, outs) => primitive.impl(operands, params, outs),
  unstack: (x) => (isTracer(x) ? unstack(x) : rows(x))
}
