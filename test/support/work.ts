import { Session, type Profiler } from 'node:inspector'

const session = new Session()
session.connect()

const ask = (method: string, params: object = {}): unknown => {
  let answer: unknown
  session.post(method, params, (error, result) => {
    if (error !== null) throw error
    answer = result
  })
  return answer // sessions of the same thread answer at once
}

// what is compiled from here on counts; import this file first
ask('Profiler.enable')
ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

/** How often blocks of the library's code are executed while a function runs: what it takes, whatever the machine is busy with. */
export const workOf = (f: () => void): number => {
  ask('Profiler.takePreciseCoverage') // counts begin again
  f()
  const { result } = ask('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType
  const own = result.filter(({ url }) => url.includes('/src/'))
  return own.reduce((sum, { functions }) => functions.reduce((n, { ranges }) => ranges.reduce((m, { count }) => m + count, n), sum), 0)
}
