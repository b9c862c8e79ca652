import { startPeer, type Answer, type Burst, type Peer, type PeerName } from './peers.js'
import type { Fresh, Result, Steady, Workload } from './spec.js'

/** What became of a workload in one library. */
export interface Cell {
  /** Milliseconds of a step in every burst. */
  readonly times: number[]
  /** The greatest error found, as a part of the greatest element. */
  error?: number
  note?: string
  /** Why there are no times. */
  failure?: string
}

export type Cells = ReadonlyMap<PeerName, Cell>

const listed = (x: number | ArrayLike<number>): ArrayLike<number> => (typeof x === 'number' ? [x] : x)

/** The greatest difference of two results, as a part of the greatest element of each array; infinite for other forms. */
export const distance = (got: Result, expected: Result): number => {
  let worst = 0
  for (const [name, values] of Object.entries(expected)) {
    const [found, wanted] = [listed(got[name] ?? []), listed(values)]
    if (found.length !== wanted.length) return Infinity
    let [difference, greatest] = [0, 0]
    for (let i = 0; i < wanted.length; i++) {
      const away = Math.abs(found[i] - wanted[i])
      if (!(away <= difference)) difference = Number.isNaN(away) ? Infinity : away
      greatest = Math.max(greatest, Math.abs(wanted[i]))
    }
    worst = Math.max(worst, difference / greatest)
  }
  return worst
}

const failureOf = (answer: Answer<unknown>): string | undefined => {
  const { cannot, error } = answer as { readonly cannot?: string; readonly error?: string } // those that have them
  return cannot ?? error
}

const enter = (cell: Cell, answer: Answer<Burst>): void => {
  if ('steps' in answer) cell.times.push(answer.ms / answer.steps)
  else cell.failure = failureOf(answer) ?? 'has not answered'
}

/** The workload in a process of each library, which stay; results are compared before anything is timed. */
const steady = async (workload: Steady, names: readonly PeerName[], rounds: number, milliseconds: number): Promise<Cells> => {
  const spec = workload.spec()
  const expected = workload.expected(spec)
  const cells = new Map<PeerName, Cell>()
  const ready: (readonly [Cell, Peer])[] = []
  for (const name of names) {
    const cell: Cell = { times: [] }
    cells.set(name, cell)
    const peer = startPeer(name)
    const answer = await peer.ask('start', spec)
    if ('result' in answer) {
      cell.error = distance(answer.result, expected)
      if (answer.note !== undefined) cell.note = answer.note
      if (!(cell.error <= workload.tolerance)) cell.failure = `is wrong by ${cell.error.toPrecision(2)} of the greatest element`
    } else {
      cell.failure = failureOf(answer) ?? 'has not answered'
    }
    if (cell.failure === undefined) ready.push([cell, peer])
    else peer.stop()
  }
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < ready.length; i++) {
      const [cell, peer] = ready[(round + i) % ready.length]
      if (cell.failure === undefined) enter(cell, await peer.ask('time', milliseconds))
    }
  }
  for (const [, peer] of ready) peer.stop()
  return cells
}

/** The workload in a new process every time. */
const fresh = async ({ first }: Fresh, names: readonly PeerName[], rounds: number): Promise<Cells> => {
  const cells = new Map(names.map((name): [PeerName, Cell] => [name, { times: [] }]))
  const spec = first?.spec() ?? null
  for (let round = 0; round < rounds; round++) {
    for (const [name, cell] of cells) {
      if (cell.failure !== undefined) continue
      const peer = startPeer(name)
      enter(cell, await peer.ask('fresh', spec))
      peer.stop()
    }
  }
  return cells
}

/** Times a workload in all libraries, in turns. */
export const timed = async (workload: Workload, names: readonly PeerName[], rounds: number, milliseconds: number): Promise<Cells> =>
  await (workload.kind === 'steady' ? steady(workload, names, rounds, milliseconds) : fresh(workload, names, rounds))
