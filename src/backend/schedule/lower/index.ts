import { byteSize } from '../../../core/dtype.js'
import type { Eqn } from '../../../core/primitive.js'
import type { Buffer } from '../kernel.js'
import type { Lowering } from '../lowering.js'
import { productOf } from '../product.js'
import { elementwise } from './elementwise.js'
import { reductions } from './reductions.js'
import { views } from './views.js'

const control: Lowering = { kind: 'control' }

const table: Readonly<Record<string, Lowering>> = { ...elementwise, ...reductions, ...views, scan: control, while: control, cond: control }

const opaque: Lowering = { kind: 'opaque' }

/** Whether the elements of the result are as wide as those of the operand. */
const keepsWidth = ({ inputs: [x], outputs: [out] }: Eqn): boolean => byteSize(x.aval.dtype) === byteSize(out.aval.dtype)

const nowhere: Buffer = { id: -1, dtype: 'float32', size: 0 }

/** Whether the operands are matrices of floats, or stacks of them; a literal is none. */
const isProduct = (eqn: Eqn): boolean => eqn.inputs.every(({ kind }) => kind === 'var') &&
  productOf(eqn, { lhs: nowhere, rhs: nowhere, out: nowhere, room: () => nowhere }) !== null

/** What the scheduler does with an equation. */
export const loweringOf = (eqn: Eqn): Lowering => {
  const { name } = eqn.primitive
  if (!Object.hasOwn(table, name)) return opaque
  if (name === 'bitcast_convert_type' && !keepsWidth(eqn)) return opaque
  return name === 'dot_general' && !isProduct(eqn) ? opaque : table[name]
}
