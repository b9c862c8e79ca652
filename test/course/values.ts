import { expect } from 'vitest'
import { grad, jit, np, optim, type NdArray } from '../../src/index.js'
import { generate, noise } from '../support/arrays.js'

/** A float64 matrix. */
export const matrix = (rows: readonly (readonly number[])[]): NdArray => np.array(rows, { dtype: 'float64' })

/** A float64 array of pseudo-random elements between −1 and 1. */
export const noisy = (seed: number, ...shape: readonly number[]): NdArray => generate('float64', shape, (i) => noise(seed, i))

/** Numbers that agree to so many decimals. */
export const near = (got: readonly number[], expected: readonly number[], decimals: number): void => {
  expect(got).toHaveLength(expected.length)
  got.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i], decimals)
  })
}

/** Where descent leads from a start. */
export const minimise = <P>(f: (p: P) => NdArray, optimizer: optim.Optimizer, start: P, steps: number): P => {
  const step = jit((s: optim.State<P>) => optim.step(optimizer)(s, grad(f)(s.params)))
  let state = optim.init(optimizer)(start)
  for (let i = 0; i < steps; i++) state = step(state)
  return state.params
}
