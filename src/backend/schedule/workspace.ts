import type { DType } from '../../core/dtype.js'

/** Room for elements that an operation needs for itself. */
export interface Room {
  readonly dtype: DType
  readonly size: number
}

/** How many addresses functions take as parameters: engines have their limits. More are in a list. */
export const mostAddresses = 900

/** The room that an operation with loops of its own needs for them, and for a list of its addresses, if they are so many. */
export const roomsFor = (own: readonly Room[], addresses: number): readonly Room[] =>
  (addresses <= mostAddresses ? own : [...own, { dtype: 'int32', size: addresses + own.length }])
