/*
 * `npm run fuzz -- [count] [seed] [path]`: many random programs, 20,000 if not told otherwise, compiled against the reference. A failure
 * prints the smallest jaxpr found, its arguments and the data that it was made of: `npm run fuzz -- '<data>'` runs it again.
 * `npm run fuzz -- large [count] [seed] [path]`: the same over larger arrays, some three programs a second.
 */
import fc from 'fast-check'
import { agree, type Agreement } from './agreement.js'
import { fuzzed, Fuzzed, fuzzedLarge, type Recipe } from './fuzz.js'

const args = process.argv.slice(2)
const isLarge = args[0] === 'large'
const [first = '20000', seed, path] = isLarge ? args.slice(1) : args
const counts: Record<Agreement, number> = { exact: 0, close: 0, unstable: 0 }
const start = performance.now()

const check = ({ jaxpr, args }: Fuzzed): void => {
  counts[agree(jaxpr, args)]++
}

try {
  if (first.startsWith('{')) {
    const program = new Fuzzed(JSON.parse(first) as Recipe) // as a failure printed it
    console.log(fc.stringify(program))
    check(program)
  } else {
    fc.assert(fc.property(isLarge ? fuzzedLarge : fuzzed, check), {
      numRuns: Number(first), ...(seed !== undefined && { seed: Number(seed) }), ...(path !== undefined && { path })
    })
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const { exact, close, unstable } = counts
  console.log(`${exact + close + unstable} programs agree: ${exact} bit by bit, ${close} within bounds, ${unstable} where chance decides (${seconds} s)`)
} catch (error) {
  console.error(error instanceof Error ? `${error.message}\n\n${String(error.cause)}` : error)
  process.exitCode = 1
}
