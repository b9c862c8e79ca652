/*
 * The elementary functions of lanes: nanoseconds for one element (the median, and the least), and the greatest error in units in the
 * last place, of float32 among a million numbers of all sizes, of float64 at the golden points, which are rounded themselves.
 *
 *     npx tsx test/bench/functions.ts [exp sin …]
 */
import { golden } from '../support/golden.js'
import { compile, subjects, worst32, type Subject } from '../support/lanes.js'
import { ulp } from '../support/ulp.js'
import { measure } from './measure.js'

const count = 1 << 14
const unit = new Set(['asin', 'acos', 'atanh', 'erf_inv', 'erf_inv_giles'])
const positive = new Set(['log', 'pow'])

/** Operands as programs have them. */
const operand = (name: string, t: number): number => {
  if (unit.has(name)) return 1.99 * (t - 0.5)
  if (positive.has(name)) return 0.01 + 10 * t
  return name === 'acosh' ? 1 + 10 * t : name === 'log1p' ? 2 * t - 0.99 : 8 * (t - 0.5)
}

const isBinary = (name: string): boolean => name === 'pow' || name === 'atan2'

const error = (subject: Subject): string => {
  const { name, wide, write } = subject
  if (name === 'erf_inv_giles' || (!wide && isBinary(name))) return ''
  if (!wide) return worst32(subject, 4093).ulp.toFixed(2)
  const points = golden('simd').find(({ fn }) => fn === name)
  if (points === undefined) return ''
  const { x, y, out, run } = compile(true, write)
  const expected = points.out.toTypedArray()
  x.set(points.args[0].toTypedArray())
  if (isBinary(name)) y.set(points.args[1].toTypedArray())
  run(expected.length)
  return `${Math.max(...Array.from(expected, (e, i) => Math.abs(out[i] - e) / ulp(e, 'float64')))}`
}

const names = process.argv.slice(2)
const asked = subjects.filter(({ name }) => names.length === 0 || names.includes(name))
const candidates = asked.map(({ name, wide, write }) => {
  const { x, y, run } = compile(wide, write)
  return {
    name,
    run: (times: number): void => {
      for (let i = 0; i < count; i++) {
        x[i] = operand(name, i / count)
        y[i] = 3 * Math.cos(i)
      }
      for (let k = 0; k < 10 * times; k++) run(count)
    }
  }
})
// engines compile what is called often a second time, in the background
for (const { run } of candidates) run(3)
await new Promise((resolve) => setTimeout(resolve, 2000))
const figures = measure(candidates, 9, 20)

const row = (name: string, wide: boolean): string => {
  const i = asked.findIndex((s) => s.name === name && s.wide === wide)
  if (i < 0) return ' | '
  const [median, least] = [figures[i].median, figures[i].least].map((ms) => ((ms * 1e6) / (10 * count)).toFixed(2))
  return `${median} (${least}) | ${error(asked[i])}`
}

console.log('| function | float32 ns | ulp | float64 ns | ulp |\n|---|---|---|---|---|')
for (const name of new Set(asked.map((s) => s.name))) console.log(`| ${name} | ${row(name, false)} | ${row(name, true)} |`)
