/*
 * One library and one workload in a process of their own. An adaptor (its path is the argument) exports
 *
 *     prepare()   what is to be made once, before any process of it starts (optional)
 *     load()      imports the library and makes it ready
 *     workloads   by id, or by the part of an id before the hyphen: a function from the spec to an instance, or { cannot: 'why' }
 *
 * and an instance has
 *
 *     reset()     back to the first parameters (optional)
 *     run(k)      k steps, finished when it returns
 *     result()    what came out: a number, an array of numbers, or such by name
 *     note        what a reader of the figures should know (optional)
 */

import { performance } from 'node:perf_hooks'
import process from 'node:process'

let load, workloads, instance, burst

const make = async (spec) => {
  ;({ load, workloads } = await import(process.argv[2]))
  await load()
  const maker = workloads[spec.id] ?? workloads[spec.id.split('-')[0]]
  if (typeof maker !== 'function') return maker?.cannot ?? 'is not written'
  instance = await maker(spec)
  await instance.reset?.()
}

const named = (result) => (typeof result === 'number' || ArrayBuffer.isView(result) ? { result } : result)

const commands = {
  /** The workload's result after its steps. */
  async start(spec) {
    const cannot = await make(spec)
    if (cannot !== undefined) return { cannot }
    await instance.run(spec.steps)
    return { result: named(await instance.result()), note: instance.note }
  },

  /** Steps for about so long: how many, and the milliseconds they took. The first time warms up for a second. */
  async time(milliseconds) {
    const go = async (steps) => {
      const start = performance.now()
      await instance.run(steps)
      return performance.now() - start
    }
    if (burst === undefined) {
      const begun = performance.now()
      let steps = 1
      do {
        const ms = await go(steps)
        burst = steps / ms
        if (ms < 100) steps *= 2
      } while (performance.now() < begun + 1000)
    }
    const steps = Math.max(1, Math.round(burst * milliseconds))
    const ms = await go(steps)
    burst = steps / ms
    return { steps, ms }
  },

  /** Milliseconds from nothing to the first step's result, or to the library's being ready. */
  async fresh(spec) {
    const start = performance.now()
    if (spec === null) {
      ;({ load } = await import(process.argv[2]))
      await load()
    } else {
      const cannot = await make(spec)
      if (cannot !== undefined) return { cannot }
      await instance.run(1)
      await instance.result()
    }
    return { steps: 1, ms: performance.now() - start }
  }
}

process.on('message', async ([command, argument]) => {
  try {
    process.send(await commands[command](argument))
  } catch (error) {
    process.send({ error: String(error?.message ?? error).split('\n')[0] })
  }
})
process.on('disconnect', () => process.exit())
