import { InvalidArgumentError } from 'commander'

/** The positive integer that an argument says. */
export const positive = (text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('It is a positive integer.')
  return n
}
