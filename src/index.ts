/**
 * JAX-style transforms over pure functions of immutable arrays, and a neural-net DSL on top of them.
 *
 * @packageDocumentation
 */
import { compiled } from './backend/compiled.js'
import { installBackend } from './core/trace.js'

export type { ArrayLike, NdArray, NestedList } from './core/array.js'
export type { Aval } from './core/aval.js'
export type { DType, FloatDType, TypedArray } from './core/dtype.js'
export {
  ArgumentError,
  CotangentError,
  DerivativeError,
  DonatedError,
  DTypeError,
  JaxprError,
  MemoryError,
  ShapeError,
  TracerError,
  TreeError
} from './core/errors.js'
export type { Shape } from './core/shape.js'

export { pureCallback, type PureCallback, type PureCallbackOptions } from './control/effects/callback.js'
export { check, CheckError } from './control/effects/check.js'
export {
  checkify, type Checked, type CheckErrors, type CheckFailure, type Checkify, type CheckifyOptions
} from './control/checkify/checkify.js'
export { checkpoint, remat, type Checkpoint, type CheckpointOptions } from './control/checkpoint/checkpoint.js'
export type { CustomOptions, OrZero } from './control/custom/custom.js'
export { customBatching, type CustomBatching } from './control/custom/custombatching.js'
export { customJvp, type CustomJvp } from './control/custom/customjvp.js'
export { customVjp, type CustomVjp } from './control/custom/customvjp.js'
export { explain, Explanation, type Explain, type ExplainedNode, type ExplainOptions } from './control/explain.js'
export { checkpointName } from './control/checkpoint/name.js'
export type { Policies, Policy } from './control/checkpoint/policy.js'
export type { Cost, Outline } from './backend/outline.js'
export type { KernelLine } from './backend/schedule/lines.js'
export { jit, type Jit, type Jitted, type JitOptions, type Lowered } from './jit/jit.js'
export { profile, Profile, type ProfileLine, type ProfileOptions, type Profiling } from './jit/profile.js'
export { checkGrads, GradReport, type CheckGrads, type CheckGradsOptions, type GradReportLine } from './transform/check.js'
export { jvp, linearize, type Jvp, type Linearize } from './transform/forward.js'
export { gaussNewtonProduct, type GaussNewtonProduct } from './transform/gaussnewton.js'
export { grad, valueAndGrad, type Grad, type ValueAndGrad } from './transform/grad.js'
export { evalShape, makeJaxpr, ShapeStruct, type EvalShape, type MakeJaxpr } from './transform/inspect.js'
export { hessian, hvp, jacfwd, jacrev, type Hessian, type Hvp, type Jacobian, type JacobianOf } from './transform/jacobian.js'
export { jet, type Jet, type SeriesLike, type SeriesOf } from './transform/jet/jet.js'
export { linearTranspose, vjp, type LinearTranspose, type Vjp } from './transform/reverse.js'
export { stopGradient } from './transform/stop.js'
export { vmap, type Axes, type Vmap, type VmapOptions } from './transform/vmap.js'

export * as debug from './control/effects/debug.js'
export * as ir from './ir/index.js'
export * as lax from './control/index.js'
export * as nn from './nn/index.js'
export * as np from './numpy/index.js'
export * as optim from './optim/index.js'
export * as random from './random/index.js'
export * as tree from './tree/index.js'

installBackend(compiled)
