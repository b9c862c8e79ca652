import { titleOf, type PeerName } from './peers.js'
import type { Cell, Cells } from './rounds.js'
import type { Workload } from './spec.js'

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

const number = (x: number): string => (x >= 1000 ? Math.round(x).toLocaleString('en').replaceAll(',', ' ') : x.toPrecision(3))

/** Milliseconds of a step in the workload's unit. */
const inUnit = (workload: Workload, ms: number): number => {
  switch (workload.unit) {
    case 'GFLOP/s': return (workload.kind === 'steady' ? workload.flops : 0) / (1e6 * ms)
    case 'steps/s': return 1000 / ms
    case 'ms': return ms
    case 'µs': return 1000 * ms
  }
}

/** The median, and between what the rounds lie. */
const shown = (workload: Workload, cell: Cell | undefined): string => {
  if (cell === undefined) return ''
  if (cell.failure !== undefined || cell.times.length === 0) return '—'
  const [low, high] = [Math.min(...cell.times), Math.max(...cell.times)].map((ms) => inUnit(workload, ms)).sort((a, b) => a - b)
  return `${number(inUnit(workload, median(cell.times)))} (${number(low)}–${number(high)})`
}

/** How many times as fast as the fastest other library. */
const against = (cells: Cells): string => {
  const times = [...cells].filter(([, { times: all, failure }]) => failure === undefined && all.length > 0)
    .map(([name, { times: all }]) => ({ name, ms: median(all) }))
  const own = times.find(({ name }) => name === 'cotangent')
  const others = times.filter(({ name }) => name !== 'cotangent').map(({ ms }) => ms)
  return own === undefined || others.length === 0 ? '' : `${number(Math.min(...others) / own.ms)} ×`
}

export const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** The figures of all workloads, with what there is to say about them below. */
export const comparison = (names: readonly PeerName[], results: readonly (readonly [Workload, Cells])[]): string => {
  const titles = new Map(names.map((name) => [name, titleOf(name)]))
  const rows = results.map(([workload, cells]) =>
    [`${workload.id}: ${workload.title}`, workload.unit, ...names.map((name) => shown(workload, cells.get(name))), against(cells)])
  const notes = results.flatMap(([{ id }, cells]) => [...cells].flatMap(([name, { error = 0, failure, note }]) => {
    const about = failure ?? (error > 1e-4 ? `is off by ${error.toPrecision(2)} of the greatest element` : note)
    return about === undefined ? [] : [`- ${id}: ${titles.get(name) ?? name} ${about}`]
  }))
  const table = markdown(['workload', 'unit', ...titles.values(), 'against the best other'], rows)
  return notes.length === 0 ? table : `${table}\n\n${notes.join('\n')}`
}
