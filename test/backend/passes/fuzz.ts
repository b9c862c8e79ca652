/*
 * `npx tsx test/backend/passes/fuzz.ts [count] [seed]`: many random programs through contraction planning, 20,000 if not told
 * otherwise, some with magnitudes of 1e±25 or elements that are not finite. A failure prints the smallest program found.
 */
import fc from 'fast-check'
import { checks, checkSample, samples } from './random.js'

const [count = '20000', seed] = process.argv.slice(2)
const start = performance.now()
const counts = { planned: 0 }
const numRuns = Math.ceil(Number(count) / (checks.length * 2 + 1))
const parameters = { numRuns, ...(seed !== undefined && { seed: Number(seed) }) }
for (const check of checks) {
  fc.assert(fc.property(samples(), (sample) => checkSample(sample, check, counts)), parameters)
  fc.assert(fc.property(samples(0, true), (sample) => checkSample(sample, check, counts)), parameters)
}
fc.assert(fc.property(samples(25), (sample) => checkSample(sample, checks[0], counts)), parameters)
console.log(`${numRuns * (checks.length * 2 + 1)} programs agree, ${counts.planned} of them changed (${((performance.now() - start) / 1000).toFixed(1)} s)`)
