import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numRuns } from '../../support/arbitrary.js'
import { checks, checkSample, samples, type Check } from './random.js'

const property = (check: Check, spread: number, wild: boolean): number => {
  const counts = { planned: 0 }
  fc.assert(fc.property(samples(spread, wild), (sample) => checkSample(sample, check, counts)), { numRuns: numRuns(60) })
  return counts.planned
}

const named = checks.map((check, i) => ({ ...check, name: `${check.dtype}${check.loose ? ', loose' : ''}, model ${i}` }))

describe('random programs', () => {
  test.each(named)('give what they gave: $name', (check) => {
    expect(property(check, 0, false)).toBeGreaterThan(0)
  })

  test.each(named)('are finite where they were: $name', (check) => {
    property(check, 0, true)
  })

  test('of magnitudes 1e±25 give what they gave in float64', () => {
    property(checks[1], 25, false)
  })
})
