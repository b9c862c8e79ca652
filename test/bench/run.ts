/*
 * Figures, not tests: `npm run bench`, `npm run bench -- --help`. The library beside others on npm, each in processes of its own and in
 * turns, after their results were compared with sums in float64. A Markdown document comes out, and nothing else.
 */

import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { measure, table } from './measure.js'
import { ownCandidates } from './own.js'
import { isInstalled, peerNames, prepare, type PeerName } from './peers.js'
import { ratios, ratioTable } from './perexample.js'
import { positive } from './positive.js'
import { comparison } from './report.js'
import { timed, type Cells } from './rounds.js'
import type { Workload } from './spec.js'
import { workloads } from './workloads.js'

/** Sections that are no workloads of other libraries. */
const sections = ['examples', 'own'] as const

const ids = [...workloads.map(({ id }) => id), ...sections]

/** A list with commas, of these names or, where they have hyphens, of what stands before. */
const listOf = (known: readonly string[]) => (text: string): readonly string[] => {
  const asked = text.split(',').filter((name) => name !== '')
  const unknown = asked.find((name) => !known.some((each) => each === name || each.startsWith(`${name}-`)))
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no ${unknown}, but ${known.join(', ')}.`)
  return known.filter((each) => asked.some((name) => each === name || each.startsWith(`${name}-`)))
}

interface Options {
  readonly peers: readonly PeerName[]
  readonly workloads: readonly string[]
  readonly rounds: number
  readonly ms: number
  readonly json?: string
}

const command = new Command('bench')
  .description('Times the library beside others, and prints a Markdown document.')
  .addOption(new Option('--peers <names>', `some of ${peerNames.join(', ')}`).argParser(listOf(peerNames)).default(peerNames, 'all'))
  .addOption(new Option('--workloads <ids>', `some of ${ids.join(', ')}; W1 stands for all of its kind`).argParser(listOf(ids)).default(ids, 'all'))
  .option('--rounds <n>', 'how often each has its turn', positive, 5)
  .option('--ms <n>', 'how many milliseconds a turn takes', positive, 400)
  .option('--json <file>', 'writes every figure to a file, too')
  .parse()

const options = command.opts<Options>()

const tell = (message: string): void => {
  process.stderr.write(`${message}\n`)
}

const names = options.peers.filter((name) => {
  if (isInstalled(name)) return true
  tell(`${name} is left out: it is not installed (npm ci)`)
  return false
})
const chosen = workloads.filter(({ id }) => options.workloads.includes(id))
if (chosen.length > 0) for (const name of names) await prepare(name)

const { rounds, ms } = options
const results: (readonly [Workload, Cells])[] = []
for (const workload of chosen) {
  tell(`${workload.id}: ${workload.title}`)
  results.push([workload, await timed(workload, names, rounds, ms)])
}
const examples = options.workloads.includes('examples') ? ratios(rounds, ms) : []
const own = options.workloads.includes('own') ? measure(ownCandidates(), rounds, ms) : []

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
const machine = `Node ${process.versions.node}, ${cpus()[0].model}, ${count(availableParallelism(), 'core')}`
const parts = [
  `${machine}. Medians of ${count(rounds, 'round')} of ${ms} ms, in turns; in brackets the least and the most.`,
  ...(results.length > 0 ? [comparison(names, results)] : []),
  ...(examples.length > 0 ? [ratioTable(examples)] : []),
  ...(own.length > 0 ? [table(own)] : [])
]
console.log(parts.join('\n\n'))

if (options.json !== undefined) {
  const compared = results.map(([{ id, title, unit }, cells]) => ({ id, title, unit, peers: Object.fromEntries(cells) }))
  writeFileSync(options.json, `${JSON.stringify({ machine, rounds, ms, workloads: compared, examples, own }, null, 1)}\n`)
}
