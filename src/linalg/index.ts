/** Linear algebra of matrices and stacks of them, with derivatives. @module */
export { cg, type Cg, type CgOptions } from './cg.js'
export { cholesky, type CholeskyOptions } from './cholesky.js'
export { det, slogdet, type SignedLog, type Slogdet } from './det.js'
export { customLinearSolve, type LinearOperator, type LinearSolveOptions } from './linearsolve.js'
export { eigh, eigvalsh, type EighOptions } from './eigh.js'
export { lstsq, type LstsqOptions, type LstsqResult } from './lstsq.js'
export { lu } from './lu.js'
export { luFactor, luSolve, type LuFactors, type LuSolveOptions } from './lufactor.js'
export { norm, type NormOptions, type Order } from './norm.js'
export { pinv, type RankOptions } from './pinv.js'
export { matrixPower, multiDot } from './power.js'
export { qr, type Qr, type QrOptions } from './qr.js'
export { cond, matrixRank, type CondOptions } from './rank.js'
export {
  choleskySolve, inv, solve, solveTriangular, type CholeskySolveOptions, type SolveTriangularOptions
} from './solve.js'
export { svd, svdvals, type Svd, type SvdOptions } from './svd.js'
export { triangularSolve, type TriangularSolveOptions } from './triangular.js'
