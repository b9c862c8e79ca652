import type { Primitive } from '../core/primitive.js'
import { adjugateP } from './adjugate.js'
import { choleskyP } from './cholesky.js'
import { eighP } from './eigh.js'
import { linearSolveP } from './linearsolve.js'
import { lstsqP } from './lstsq.js'
import { luP } from './lu.js'
import { pinvP } from './pinv.js'
import { qrP } from './qr.js'
import { svdP } from './svd.js'
import { triangularSolveP } from './triangular.js'

/** Every primitive of this folder: the name union, the law table and the lowering table derive from this list. */
export const primitives = [
  adjugateP, choleskyP, linearSolveP, luP, triangularSolveP, // factors and solutions
  eighP, lstsqP, pinvP, qrP, svdP // orthogonal decompositions
] as const satisfies readonly Primitive[]
