import { SingleBar } from 'cli-progress'

/** A bar on the terminal. */
export interface Progress {
  /** One step more, with figures to show beside the bar. */
  readonly tick: (values?: Readonly<Record<string, string | number>>) => void
  /** Leaves the bar as it stands and goes to the next line. */
  readonly stop: () => void
}

const silent: Progress = { tick: () => undefined, stop: () => undefined }

const show = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values).map(([name, value]) => `${name} ${value}`).join('  ')

/** A progress bar of `total` steps; it keeps silent where the stream is no terminal. */
export const progress = (label: string, total: number, stream: NodeJS.WriteStream = process.stderr): Progress => {
  if (!stream.isTTY) return silent
  const bar = new SingleBar({
    format: `${label} {bar} {percentage} %  {figures}`,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 28,
    hideCursor: true,
    linewrap: null,
    stream
  })
  bar.start(total, 0, { figures: '' })
  return {
    tick: (values) => bar.increment(1, values === undefined ? {} : { figures: show(values) }),
    stop: () => bar.stop()
  }
}
