/*
 * `npm run nest -- [count] [seed] [path]`: many random nestings of transforms, 5,000 if not told otherwise. A failure
 * prints the smallest program found, with the seed and the path that bring it back.
 */
import { checkNestings } from './nesting.js'

const [count = '5000', seed, path] = process.argv.slice(2)
const start = performance.now()
try {
  checkNestings({ count: Number(count), ...(seed !== undefined && { seed: Number(seed) }), ...(path !== undefined && { path }) })
  console.log(`${count} nestings agree (${((performance.now() - start) / 1000).toFixed(1)} s)`)
} catch (error) {
  console.error(error instanceof Error ? `${error.message}\n\n${String(error.cause)}` : error)
  process.exitCode = 1
}
