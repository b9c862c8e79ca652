import { byteSize } from '../../../core/dtype.js'
import { range } from '../../../core/shape.js'
import { strideOf } from '../../schedule/affine.js'
import type { Buffer, Product, Value } from '../../schedule/kernel.js'
import type { Code, Local, Statement } from '../code.js'
import { gatherLanes, loadLanes, loadSplat, ramp, type Lanes } from '../lanes.js'
import { plus } from '../loops.js'
import type { Scope } from '../module.js'
import { Computation, type Leaf } from '../values.js'

/*
 * What becomes of the sums of a product when they are finished, in the registers of a tile.
 */

/** What sums meet: elements of a buffer, by their addresses, or positions. */
export interface Operand {
  readonly buffer: Buffer | null
  /** Where it begins in the buffer, in bytes, or what the first position is. */
  readonly start: number
  /** How far it moves along each axis of the batch, from row to row, and from column to column. */
  readonly batch: readonly number[]
  readonly row: number
  readonly column: number
}

/** Lanes of a tile. */
export interface Spot {
  /** Where the operands are in the tile's first row and column. */
  readonly operands: readonly Local<'i32'>[]
  readonly row: number
  readonly column: number
  readonly lanes: Lanes
  /** How many of them belong to the result. */
  readonly count: number
}

export interface Finish {
  /** All that its code depends on. */
  readonly key: readonly unknown[]
  readonly operands: readonly Operand[]
  /** Makes of a sum what is stored in its place. */
  readonly write: (scope: Scope, sum: Local<'v128'>, spot: Spot) => Statement
}

const operandOf = (value: Extract<Value, { readonly kind: 'load' | 'position' }>, axes: number): Operand => {
  const [buffer, unit] = value.kind === 'load' ? [value.buffer, byteSize(value.dtype)] : [null, 1]
  const step = (axis: number): number => unit * strideOf(value.at, axis)
  return { buffer, start: unit * value.at.offset, batch: range(axes).map(step), row: step(axes), column: step(axes + 1) }
}

/** What there is in a value for a batch of so many axes: its operands, and its nodes as a list, each after those that it is made of. */
const partsOf = (root: Value, axes: number): Pick<Finish, 'key'> & { readonly operands: ReadonlyMap<Value, Operand> } => {
  const operands = new Map<Value, Operand>()
  const numbers = new Map<Value, number>()
  const key: unknown[] = []
  const entryOf = (value: Value): readonly unknown[] => {
    switch (value.kind) {
      case 'constant': return [Object.is(value.value, -0) ? '-0' : String(value.value)]
      case 'register': return []
      case 'apply': return [value.operation, value.params, ...value.args.map(look)]
      default: {
        const operand = operandOf(value, axes)
        operands.set(value, operand)
        return [operand.batch, operand.row, operand.column]
      }
    }
  }
  const look = (value: Value): number => {
    const known = numbers.get(value)
    if (known !== undefined) return known
    const entry = [value.kind, value.dtype, ...entryOf(value)]
    numbers.set(value, key.push(entry) - 1)
    return key.length - 1
  }
  look(root)
  return { key, operands }
}

/** What a product makes of its sums, if they are not the result. */
export const finishOf = ({ batch, epilogue }: Product): Finish | null => {
  if (epilogue === null) return null
  const { value: root } = epilogue
  const { key, operands } = partsOf(root, batch.length)
  const numbers = new Map([...operands.keys()].map((value, n) => [value, n]))
  const write: Finish['write'] = (scope, sum, { operands: places, row, column, lanes, count }) => {
    const leaf = (value: Leaf): Code<'v128'> => {
      if (value.kind === 'register') return sum.get
      const { row: down, column: step } = operands.get(value) as Operand // it is one of them, here and in the next line
      const [{ get }, ahead] = [places[numbers.get(value) as number], row * down + column * step]
      if (value.kind === 'position') return ramp(value.dtype, plus(get, ahead), step)
      if (step === 0) return loadSplat(value.dtype, plus(get, ahead))
      return count === lanes ? loadLanes(value.dtype, get, lanes, ahead) : gatherLanes(value.dtype, plus(get, ahead), lanes, count, step)
    }
    const computation = new Computation(scope, lanes, [root], leaf)
    const made = computation.emit(root)
    computation.add(sum.set(made))
    return computation.written()
  }
  return { key, operands: [...operands.values()], write }
}
