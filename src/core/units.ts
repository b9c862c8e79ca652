const scaled = (value: number, step: number, units: readonly string[]): string => {
  let k = 0
  let x = value
  for (; x >= step && k < units.length - 1; k++) x /= step
  return `${k === 0 ? String(Math.round(x)) : x.toPrecision(x < 1000 ? 3 : 4)} ${units[k]}`
}

/**
 * A number of bytes for people.
 *
 * @example
 * showBytes(1536) // 1.50 KiB
 */
export const showBytes = (bytes: number): string => scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB'])

/**
 * A number of operations for people.
 *
 * @example
 * showFlops(2_500_000) // 2.50 MFLOP
 */
export const showFlops = (flops: number): string => scaled(flops, 1000, ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP'])
