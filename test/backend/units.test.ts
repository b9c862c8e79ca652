import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grad, nn, np, random, type NdArray } from '../../src/index.js'
import { stage } from '../../src/ir/stage.js'
import { numRuns } from '../support/arbitrary.js'
import { wildTrials, type Trial } from '../laws/row.js'
import { subjects } from '../laws/table.js'
import { functionInPieces, halfOf, sameInPieces } from './cutting.js'
import { fuzzed } from './fuzz.js'

/*
 * Kernels are cut into units that run in any order: the bits of results do not depend on it.
 */

const draw = (...shape: readonly number[]): NdArray => random.normal(random.key(shape.length), shape)

const loss = (x: NdArray): NdArray => np.sum(np.square(nn.logSoftmax(x)))

/** Programs with large loops of each kind. */
const programs: readonly (readonly [string, (...xs: readonly NdArray[]) => NdArray | readonly NdArray[], readonly NdArray[]])[] = [
  ['one long loop', (x) => np.tanh(np.mul(x, 2)), [draw(5003)]],
  ['one long loop, its end a vector', (x) => np.exp(x), [draw(4096)]],
  ['less than a stretch', (x) => np.exp(x), [draw(63)]],
  ['bytes', (x) => [np.greater(x, 0), np.array(x, { dtype: 'uint8' })], [draw(1031)]],
  ['float64', (x) => np.sin(np.array(x, { dtype: 'float64' })), [draw(1031)]],
  ['rows', (x, y) => np.add(x, y), [draw(77, 65), draw(65)]],
  ['columns', (x) => np.transpose(x), [draw(77, 65)]],
  ['few rows of many', (x) => np.transpose(x, [0, 2, 1]), [draw(2, 130, 140)]],
  ['three axes the other way round', (x) => np.transpose(x, [2, 1, 0]), [draw(3, 50, 140)]],
  ['sums of rows', (x) => np.sum(x, { axis: 1 }), [draw(130, 40)]],
  ['sums of columns', (x) => np.sum(x, { axis: 0 }), [draw(40, 131)]],
  ['sums of some columns each', (x) => np.sum(x, { axis: 1 }), [draw(5, 40, 131)]],
  ['softmax', (x) => nn.softmax(x), [draw(65, 40)]],
  ['softmax of columns', (x) => nn.softmax(x, { axis: 0 }), [draw(40, 67)]],
  ['a gradient of rows', (x) => grad(loss)(x), [draw(65, 40)]],
  ['positions', (x) => np.add(x, np.arange(1000)), [draw(1000)]]
]

describe('kernels in pieces', () => {
  test.each(programs)('%s', (_, f, args) => {
    for (const seed of [1, 2, 3]) functionInPieces(f, args, seed)
  })

  test('most of these are cut', () => {
    const units = programs.map(([, f, args]) => functionInPieces(f, args))
    expect(units.filter((count) => count > 1).length).toBe(programs.length - 1)
    expect(units[2]).toBe(1)
  })

  test.each(programs.filter(([name]) => !['bytes', 'less than a stretch', 'a gradient of rows'].includes(name)))(
    'half of the units of %s do half of it', (_, f, args) => {
      const part = halfOf(f, args)
      expect(part).toBeGreaterThan(0.3)
      expect(part).toBeLessThan(0.7)
    })

  test.each(subjects.map((subject) => [subject.primitive.name, subject] as const))('%s', (_, subject) => {
    fc.assert(fc.property(wildTrials(subject), fc.nat(), (trial: Trial, seed) => {
      const { jaxpr, captured } = stage(trial.f, trial.operands.map((x) => x.aval))
      sameInPieces(jaxpr, [...captured, ...trial.operands], seed)
    }), { numRuns: numRuns(5) })
  })

  test('random programs', () => {
    fc.assert(fc.property(fuzzed, fc.nat(), ({ jaxpr, args }, seed) => {
      sameInPieces(jaxpr, args, seed)
    }), { numRuns: numRuns(100) })
  })
})
