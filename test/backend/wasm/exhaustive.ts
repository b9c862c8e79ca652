/*
 * Every float32 number through the functions of lanes, against float64: prints the greatest error of each.
 *
 *     npx tsx test/backend/wasm/exhaustive.ts [-17] [exp sin …]    every number, or every 17th, of these functions or of all
 */
import { subjects, worst32 } from '../../support/lanes.js'

const args = process.argv.slice(2)
const step = -Number(args.find((a) => a.startsWith('-')) ?? -1)
const names = args.filter((a) => !a.startsWith('-'))

let failed = false
for (const subject of subjects) {
  const { name, wide, bound } = subject
  const asked = names.length === 0 ? !['pow', 'atan2', 'erf_inv_giles'].includes(name) : names.includes(name)
  if (wide || !asked) continue
  const { ulp, x } = worst32(subject, step)
  failed ||= ulp > bound
  console.log(`${name.padEnd(9)} ${ulp.toFixed(3)} ulp at ${x}${ulp > bound ? `: more than ${bound}` : ''}`)
}
process.exitCode = failed ? 1 : 0
