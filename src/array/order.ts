const run = 8

/**
 * Rearranges `order`, positions in `keys`, so that the keys ascend; equal keys (0 and −0 are) keep their order, NaN
 * comes last. A merge sort; `scratch` is as long as `order`. Sorting by the last of several keys first sorts by all.
 */
export const stableOrder = (keys: Float64Array, order: Int32Array, scratch: Int32Array): void => {
  const n = nansLast(keys, order, scratch)
  for (let start = 0; start < n; start += run) insertionSort(keys, order, start, Math.min(start + run, n))
  let [from, to] = [order, scratch]
  for (let width = run; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      merge(keys, from, to, start, Math.min(start + width, n), Math.min(start + 2 * width, n))
    }
    ;[from, to] = [to, from]
  }
  if (from !== order) order.set(from.subarray(0, n))
}

/** Moves NaNs to the end; how many other keys there are. */
const nansLast = (keys: Float64Array, order: Int32Array, scratch: Int32Array): number => {
  let numbers = 0
  let nans = 0
  for (let i = 0; i < order.length; i++) {
    const at = order[i]
    if (keys[at] === keys[at]) order[numbers++] = at
    else scratch[nans++] = at
  }
  if (nans > 0) order.set(scratch.subarray(0, nans), numbers)
  return numbers
}

const insertionSort = (keys: Float64Array, order: Int32Array, start: number, end: number): void => {
  for (let i = start + 1; i < end; i++) {
    const at = order[i]
    const key = keys[at]
    let j = i - 1
    for (; j >= start && keys[order[j]] > key; j--) order[j + 1] = order[j]
    order[j + 1] = at
  }
}

const merge = (keys: Float64Array, from: Int32Array, to: Int32Array, start: number, middle: number, end: number): void => {
  let left = start
  let right = middle
  for (let i = start; i < end; i++) {
    if (right >= end || (left < middle && keys[from[left]] <= keys[from[right]])) to[i] = from[left++]
    else to[i] = from[right++]
  }
}
