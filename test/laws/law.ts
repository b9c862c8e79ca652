import fc from 'fast-check'
import { describe, test } from 'vitest'
import { numRuns } from '../support/arbitrary.js'
import type { Subject } from './row.js'
import { subjects } from './table.js'

/** Something that holds of every primitive, or of every smooth one. */
export interface Law {
  readonly name: string
  /** How many examples it is tried on. */
  readonly runs: number
  /** Which primitives it speaks of; all if not given. */
  readonly applies?: (subject: Subject) => boolean
  property(subject: Subject): fc.IRawProperty<unknown>
}

/** Holds every row of the table to the law. A failure shrinks and prints its seed, which `fc.assert` takes back. */
export const hold = (law: Law): void => {
  describe(law.name, () => {
    for (const subject of subjects) {
      if (law.applies?.(subject) === false) continue
      test(subject.primitive.name, () => {
        void fc.assert(law.property(subject), { numRuns: numRuns(law.runs) }) // no property of ours is asynchronous
      })
    }
  })
}
