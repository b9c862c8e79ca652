import { workOf } from '../support/work.js'
import { describe, expect, test } from 'vitest'
import { planned } from '../../src/backend/plan.js'
import { assemble } from '../../src/backend/wasm/assemble.js'
import { scheduled } from '../../src/backend/wasm/target.js'
import { jit, np, type NdArray } from '../../src/index.js'
import { programs } from '../bench/programs.js'

const compileOf = (name: string, size: number) => (): void => {
  const { f, args } = programs[name](size)
  const { segment } = planned(jit(f as (...all: unknown[]) => unknown).lower(...args).jaxpr()) // the arguments are its own
  assemble(scheduled(segment))
}

describe('from a function to a module', () => {
  test.each(['chain', 'wide', 'unrolled', 'sums', 'shapes', 'skipping'])('no equation takes more in a long program than in a short one: %s', (name) => {
    compileOf(name, 40)() // what is made once is made
    const [small, medium, large] = [300, 900, 2700].map((size) => workOf(compileOf(name, size)))
    const [early, late] = [(medium - small) / 600, (large - medium) / 1800]
    expect(early).toBeGreaterThan(100)
    expect(late / early).toBeLessThan(1.2)
  })

  test('a loop of 10,000 steps takes what one of 10 takes', () => {
    compileOf('scan', 5)()
    const [short, long] = [10, 10_000].map((size) => workOf(compileOf('scan', size)))
    expect(long / short).toBeLessThan(1.2)
  })

  test('20,000 equations', () => {
    const f = jit((x: NdArray) => {
      let y = x
      for (let i = 0; i < 10_000; i++) y = np.add(np.mul(y, 0.5), 1)
      return y
    })
    expect(f(np.array([1, 5, -3])).toList()).toEqual([2, 2, 2])
  })
})
