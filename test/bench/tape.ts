/*
 * Reverse mode in float64 by plain loops, just as much as the workloads need: what the libraries are held to owes nothing to any of them.
 */

export interface Node {
  readonly shape: readonly number[]
  readonly data: Float64Array
  readonly grad: Float64Array
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Where operations are written down: `backward` goes through them again, the last first. */
export class Tape {
  readonly #pullbacks: (() => void)[] = []

  node(shape: readonly number[], data: ArrayLike<number> = new Float64Array(sizeOf(shape))): Node {
    return { shape, data: new Float64Array(data), grad: new Float64Array(sizeOf(shape)) }
  }

  /** The gradients of a scalar, in the nodes' own `grad`. */
  backward(loss: Node): void {
    loss.grad[0] = 1
    for (const pullback of this.#pullbacks.toReversed()) pullback()
  }

  #record(out: Node, pullback: () => void): Node {
    this.#pullbacks.push(pullback)
    return out
  }

  /** A function of every element, and its slope from the element and its value. */
  #map(x: Node, f: (x: number) => number, slope: (x: number, y: number) => number): Node {
    const out = this.node(x.shape, x.data.map(f))
    return this.#record(out, () => {
      for (let i = 0; i < x.data.length; i++) x.grad[i] += out.grad[i] * slope(x.data[i], out.data[i])
    })
  }

  relu(x: Node): Node {
    return this.#map(x, (v) => Math.max(v, 0), (v) => (v > 0 ? 1 : 0))
  }

  tanh(x: Node): Node {
    return this.#map(x, Math.tanh, (_, y) => 1 - y * y)
  }

  sigmoid(x: Node): Node {
    return this.#map(x, (v) => 1 / (1 + Math.exp(-v)), (_, y) => y * (1 - y))
  }

  mul(x: Node, y: Node): Node {
    const out = this.node(x.shape, x.data.map((v, i) => v * y.data[i]))
    return this.#record(out, () => {
      out.grad.forEach((g, i) => {
        x.grad[i] += g * y.data[i]
        y.grad[i] += g * x.data[i]
      })
    })
  }

  /** The second operand may be shorter: its elements come again for every `inner` of the first. */
  add(x: Node, y: Node, inner = 1): Node {
    const at = (i: number): number => Math.floor(i / inner) % y.data.length
    const out = this.node(x.shape, x.data.map((v, i) => v + y.data[at(i)]))
    return this.#record(out, () => {
      out.grad.forEach((g, i) => {
        x.grad[i] += g
        y.grad[at(i)] += g
      })
    })
  }

  /** The same elements as another shape. */
  reshape(x: Node, shape: readonly number[]): Node {
    const out = this.node(shape, x.data)
    return this.#record(out, () => {
      out.grad.forEach((g, i) => {
        x.grad[i] += g
      })
    })
  }

  /** Some rows of a matrix. */
  rows(x: Node, from: number, to: number): Node {
    const width = x.shape[1]
    const out = this.node([to - from, width], x.data.subarray(from * width, to * width))
    return this.#record(out, () => {
      out.grad.forEach((g, i) => {
        x.grad[from * width + i] += g
      })
    })
  }

  /** Some columns of a matrix. */
  columns(x: Node, from: number, to: number): Node {
    const [height, width] = x.shape
    const out = this.node([height, to - from])
    const at = (i: number): number => Math.floor(i / (to - from)) * width + from + (i % (to - from))
    for (let i = 0; i < out.data.length; i++) out.data[i] = x.data[at(i)]
    return this.#record(out, () => {
      out.grad.forEach((g, i) => {
        x.grad[at(i)] += g
      })
    })
  }

  matmul(x: Node, w: Node): Node {
    const [rows, depth, columns] = [x.shape[0], x.shape[1], w.shape[1]]
    const out = this.node([rows, columns])
    const [a, b, c, da, db, dc] = [x.data, w.data, out.data, x.grad, w.grad, out.grad]
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < depth; k++) {
        const [v, to, from] = [a[i * depth + k], i * columns, k * columns]
        for (let j = 0; j < columns; j++) c[to + j] += v * b[from + j]
      }
    }
    return this.#record(out, () => {
      for (let i = 0; i < rows; i++) {
        for (let k = 0; k < depth; k++) {
          const [v, from, to] = [a[i * depth + k], i * columns, k * columns]
          let sum = 0
          for (let j = 0; j < columns; j++) {
            const g = dc[from + j]
            sum += g * b[to + j]
            db[to + j] += v * g
          }
          da[i * depth + k] += sum
        }
      }
    })
  }

  dense(x: Node, weight: Node, bias: Node): Node {
    return this.add(this.matmul(x, weight), bias)
  }

  /** Images [n, channels, side, side] with kernels [outputs, channels, 3, 3], nothing around the images. */
  convolve(x: Node, kernels: Node): Node {
    const [n, channels, side] = x.shape
    const outputs = kernels.shape[0]
    const out = this.node([n, outputs, side, side])
    /** Every pair of runs of elements in a row that a weight connects. */
    const runs = (use: (weight: number, from: number, to: number, length: number) => void): void => {
      for (let image = 0; image < n; image++) {
        for (let o = 0; o < outputs; o++) {
          for (let tap = 0; tap < 9 * channels; tap++) {
            const [channel, dy, dx] = [Math.floor(tap / 9), (Math.floor(tap / 3) % 3) - 1, (tap % 3) - 1]
            const [first, last] = [Math.max(0, -dx), Math.min(side, side - dx)]
            for (let row = Math.max(0, -dy); row < Math.min(side, side - dy); row++) {
              const to = ((image * outputs + o) * side + row) * side + first
              const from = ((image * channels + channel) * side + row + dy) * side + first + dx
              use(o * 9 * channels + tap, from, to, last - first)
            }
          }
        }
      }
    }
    const [a, b, da, db] = [x.data, out.data, x.grad, out.grad]
    runs((weight, from, to, length) => {
      const w = kernels.data[weight]
      for (let i = 0; i < length; i++) b[to + i] += w * a[from + i]
    })
    return this.#record(out, () => {
      runs((weight, from, to, length) => {
        const w = kernels.data[weight]
        let sum = 0
        for (let i = 0; i < length; i++) {
          sum += db[to + i] * a[from + i]
          da[from + i] += db[to + i] * w
        }
        kernels.grad[weight] += sum
      })
    })
  }

  /** The greatest of every two by two of images. */
  pool(x: Node): Node {
    const [n, channels, side] = x.shape
    const half = side >> 1
    const out = this.node([n, channels, half, half])
    const from = Array.from(out.data, (_, i) => {
      const start = Math.floor(i / half) * 2 * side + (i % half) * 2
      return [start, start + 1, start + side, start + side + 1].reduce((a, b) => (x.data[b] > x.data[a] ? b : a))
    })
    from.forEach((place, i) => {
      out.data[i] = x.data[place]
    })
    return this.#record(out, () => {
      from.forEach((place, i) => {
        x.grad[place] += out.grad[i]
      })
    })
  }

  /** The mean over rows of −log softmax at the labels. */
  crossEntropy(logits: Node, labels: ArrayLike<number>): Node {
    const [n, classes] = logits.shape
    const slopes = new Float64Array(logits.data.length)
    let sum = 0
    for (let i = 0; i < n; i++) {
      const row = logits.data.subarray(i * classes, (i + 1) * classes)
      const greatest = Math.max(...row)
      const total = row.reduce((t, z) => t + Math.exp(z - greatest), 0)
      sum += Math.log(total) + greatest - row[labels[i]]
      row.forEach((z, c) => {
        slopes[i * classes + c] = (Math.exp(z - greatest) / total - (c === labels[i] ? 1 : 0)) / n
      })
    }
    const out = this.node([], [sum / n])
    return this.#record(out, () => {
      slopes.forEach((slope, i) => {
        logits.grad[i] += out.grad[0] * slope
      })
    })
  }

  meanSquared(x: Node, targets: ArrayLike<number>): Node {
    const errors = x.data.map((v, i) => v - targets[i])
    const out = this.node([], [errors.reduce((sum, e) => sum + e * e, 0) / errors.length])
    return this.#record(out, () => {
      errors.forEach((e, i) => {
        x.grad[i] += (out.grad[0] * 2 * e) / errors.length
      })
    })
  }
}
