import fc from 'fast-check'
import type { NdArray } from '../../../src/core/array.js'
import type { DType } from '../../../src/core/dtype.js'
import type { Shape } from '../../../src/core/shape.js'
import * as lax from '../../../src/lax/index.js'
import type { EighParams } from '../../../src/linalg/eigh.js'
import type { LstsqParams } from '../../../src/linalg/lstsq.js'
import type { CutoffParams } from '../../../src/linalg/pinv.js'
import type { QrParams } from '../../../src/linalg/qr.js'
import type { SvdParams } from '../../../src/linalg/svd.js'
import { matrixTranspose } from '../../../src/numpy/shape.js'
import { shapes, sizes, within, type Draw } from '../../support/arbitrary.js'
import { arrayOf } from '../../support/arrays.js'
import type { ArrayFunction, Example, Row } from '../row.js'

const floats: readonly DType[] = ['float64', 'float32']

/** Stacks of matrices; when not wild, near a diagonal whose elements keep singular values and eigenvalues apart. */
const stacks = (draw: Draw, shape: Shape): fc.Arbitrary<NdArray> => {
  if (draw.wild) return draw.array(shape)
  const [rows, columns] = shape.slice(-2)
  return draw.array(shape, within(-0.25, 0.25)).map((x) => arrayOf(draw.dtype, shape, Array.from(x.toTypedArray(), (value, k) => {
    const [i, j] = [Math.floor(k / columns) % rows, k % columns]
    return i === j ? 2 + 3 * i + value : value
  })))
}

const sized = (draw: Draw): fc.Arbitrary<Shape> =>
  fc.tuple(shapes({ maxRank: 1 }), sizes(draw.wild ? 0 : 1), sizes(draw.wild ? 0 : 1)).map(([lead, rows, columns]) => [...lead, rows, columns])

/** Factors up to their signs. */
const squares = (apply: ArrayFunction): ArrayFunction => (xs) => apply(xs).map(lax.square)

/** Full factors have a derivative only where they are the others too. */
const withParams = <P extends object>(params: fc.Arbitrary<P>, full: (params: P, rows: number, columns: number) => boolean) =>
  (draw: Draw): fc.Arbitrary<Example<P>> => fc.tuple(sized(draw), params)
    .filter(([shape, given]) => draw.wild || !full(given, shape[shape.length - 2], shape[shape.length - 1]))
    .chain(([shape, given]) => stacks(draw, shape).map((x) => ({
      operands: [x], params: given, fixed: full(given, shape[shape.length - 2], shape[shape.length - 1]) ? [0] : []
    })))

const qr: Row<QrParams> = {
  dtypes: floats,
  around: squares,
  examples: withParams(fc.record({ fullMatrices: fc.boolean() }), ({ fullMatrices }, rows, columns) => fullMatrices && rows > columns)
}

const svd: Row<SvdParams> = {
  dtypes: floats,
  around: squares,
  examples: withParams(
    fc.record({ fullMatrices: fc.boolean(), computeUv: fc.boolean() }),
    ({ fullMatrices, computeUv }, rows, columns) => fullMatrices && computeUv && rows !== columns
  )
}

const eigh: Row<EighParams> = {
  dtypes: floats,
  around: (apply) => (xs) => squares(apply)(xs.map((x) => lax.mul(lax.add(x, matrixTranspose(x)), 0.5))),
  examples: (draw) => fc.tuple(shapes({ maxRank: 1 }), sizes(draw.wild ? 0 : 1))
    .chain(([lead, n]) => fc.record({ operands: fc.tuple(stacks(draw, [...lead, n, n])), params: fc.record({ vectors: fc.boolean() }) }))
}

/** Cutoffs that matrices of full rank are far from. */
const cutoffs = (draw: Draw): fc.Arbitrary<number> => (draw.wild ? fc.constantFrom(0.5, 0, 1e-6, -1) : fc.constantFrom(1e-6, 0))

const pinv: Row<CutoffParams> = {
  dtypes: floats,
  examples: (draw) => sized(draw).chain((shape) => fc.record({
    operands: fc.tuple(stacks(draw, shape)), params: fc.record({ cutoff: cutoffs(draw), inclusive: fc.boolean() })
  }))
}

const lstsq: Row<LstsqParams> = {
  dtypes: floats,
  // right-hand sides of one matrix go together, as columns of one product
  batching: 1e-6,
  examples: (draw) => fc.tuple(sized(draw), sizes(draw.wild ? 0 : 1)).chain(([shape, width]) => fc.record({
    operands: fc.tuple(stacks(draw, shape), draw.array(shape.with(-1, width))), params: fc.record({ cutoff: cutoffs(draw) })
  }))
}

/** Orthogonal decompositions, and what is made of them. */
export const decompositions = { eigh, lstsq, pinv, qr, svd }
