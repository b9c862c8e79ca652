import { test } from 'vitest'
import { numRuns } from '../support/arbitrary.js'
import { checkNestings } from './nesting.js'

test('nested transforms compute what their functions compute', () => {
  checkNestings({ count: numRuns(300) })
}, 120_000)
