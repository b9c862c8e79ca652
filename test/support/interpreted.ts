import { reference } from '../../src/backend/reference.js'
import { installBackend } from '../../src/core/trace.js'

/** What a function gives when nothing is compiled: programs then have the bits of operations one by one. */
export const interpreted = <A>(f: () => A): A => {
  const before = installBackend(reference)
  try {
    return f()
  } finally {
    installBackend(before)
  }
}
