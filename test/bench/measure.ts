/** Something to time: `run` does it `times` times. */
export interface Candidate {
  readonly name: string
  readonly run: (times: number) => void
}

export interface Figure {
  readonly name: string
  /** Milliseconds for one time, the median over the rounds. */
  readonly median: number
  readonly least: number
  readonly most: number
}

/** How often a candidate must run to fill about so many milliseconds; finding that out warms it up. */
const calibrate = ({ run }: Candidate, milliseconds: number): number => {
  for (let times = 1; ; times *= 2) {
    const start = performance.now()
    run(times)
    const spent = performance.now() - start
    if (spent >= milliseconds / 2 || times >= 1 << 24) return Math.max(1, Math.round((times * milliseconds) / Math.max(spent, 0.01)))
  }
}

/** Times candidates in turns, so that a noisy moment hits them alike. */
export const measure = (candidates: readonly Candidate[], rounds = 7, milliseconds = 200): readonly Figure[] => {
  const counts = candidates.map((candidate) => calibrate(candidate, milliseconds))
  const samples = candidates.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    candidates.forEach(({ run }, i) => {
      const start = performance.now()
      run(counts[i])
      samples[i].push((performance.now() - start) / counts[i])
    })
  }
  return candidates.map(({ name }, i) => {
    const sorted = samples[i].toSorted((a, b) => a - b)
    return { name, median: sorted[sorted.length >> 1], least: sorted[0], most: sorted[sorted.length - 1] }
  })
}

const duration = (ms: number): string => (ms < 1 ? `${(1000 * ms).toPrecision(3)} µs` : `${ms.toPrecision(3)} ms`)

/** A Markdown table of figures. */
export const table = (figures: readonly Figure[]): string =>
  ['| what | median | least | most |', '|---|---|---|---|']
    .concat(figures.map(({ name, median, least, most }) => `| ${name} | ${duration(median)} | ${duration(least)} | ${duration(most)} |`))
    .join('\n')
