/*
 * How long programs take from a function to its first result, in milliseconds: each program in fresh processes, whose code has never run
 * before, the medians of several. Stages first, then what a user waits for. Results are checked elsewhere; nothing here is warm.
 *
 *     npx tsx test/bench/compile.ts [--rounds n] [programs, such as mlp chain]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { Argument, Command } from 'commander'
import { buildSync } from 'esbuild'
import { positive } from './positive.js'

type Times = Readonly<Record<string, number>>

const sizes = [1000, 5000, 20000]

const programs: readonly (readonly [name: string, sizes: readonly number[]])[] = [
  ['mlp', [3]], ['transformer', [2]], ['chain', sizes], ['wide', sizes], ['unrolled', sizes], ['sums', sizes], ['shapes', sizes],
  ['skipping', sizes], ['scan', [10, 10000]]
]

const command = new Command('compile')
  .description('how long programs take to trace and to compile, each in fresh processes')
  .addArgument(new Argument('[programs...]', 'which programs, all if none is given').choices(programs.map(([name]) => name)))
  .option('--rounds <n>', 'how many processes each', positive, 5)
  .parse()
const asked = command.args
const { rounds: count } = command.opts<{ readonly rounds: number }>()

const folder = mkdtempSync(join(tmpdir(), 'compile-'))
const script = join(folder, 'compiling.mjs')
const entry = fileURLToPath(new URL('compiling.ts', import.meta.url))
buildSync({ entryPoints: [entry], bundle: true, format: 'esm', platform: 'node', target: 'es2022', outfile: script })

const once = (name: string, size: number, mode: string): Times =>
  JSON.parse(execFileSync(execPath, [script, name, `${size}`, mode], { encoding: 'utf8' })) as Times // it prints them

const medians = (name: string, size: number, mode: string): Times => {
  const all = Array.from({ length: count }, () => once(name, size, mode))
  return Object.fromEntries(Object.keys(all[0]).map((key) => {
    const sorted = all.map((times) => times[key]).sort((a, b) => a - b)
    return [key, sorted[sorted.length >> 1]]
  }))
}

const stages = ['trace', 'passes', 'schedule', 'assemble', 'WebAssembly'] as const
const counts = ['traced', 'planned', 'kernels', 'bytes'] as const
const waiting = ['trace', 'compile', 'first run', 'second run'] as const

const row = (cells: readonly (string | number)[]): string => `| ${cells.map((x) => (typeof x === 'number' ? x.toFixed(1) : x)).join(' | ')} |`
const head = (cells: readonly string[]): string => `${row(cells)}\n${row(cells.map(() => '---'))}`

try {
  const chosen = programs.filter(([name]) => asked.length === 0 || asked.includes(name))
    .flatMap(([name, each]) => each.map((size) => [name, size] as const))
  console.log(head(['program', 'size', ...stages, 'in all', ...counts]))
  for (const [name, size] of chosen) {
    const times = medians(name, size, 'stages')
    const own = stages.map((stage) => times[stage])
    console.log(row([name, `${size}`, ...own, own.reduce((a, b) => a + b), ...counts.map((what) => `${times[what]}`)]))
  }
  console.log(`\n${head(['program', 'size', ...waiting])}`)
  for (const [name, size] of chosen) {
    const times = medians(name, size, 'whole')
    console.log(row([name, `${size}`, ...waiting.map((stage) => times[stage])]))
  }
} finally {
  rmSync(folder, { recursive: true })
}
