/*
 * The workloads in TensorFlow.js on its wasm backend, with SIMD and one thread, as it runs in Node: its kernels are called one by one.
 */

import { copyFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, URL } from 'node:url'

const require = createRequire(import.meta.url)
const bundle = fileURLToPath(new URL('../../../.reports/bench/tfjs.cjs', import.meta.url))

/** Makes one file of the packages: the form of tfjs-core that Node finds has no gradients. */
export const prepare = async () => {
  const { build } = await import('esbuild')
  const wasm = require.resolve('@tensorflow/tfjs-backend-wasm')
  await build({
    stdin: {
      contents: `export * from '@tensorflow/tfjs-core'
        import '@tensorflow/tfjs-core/dist/register_all_gradients'
        import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops'
        import '@tensorflow/tfjs-backend-wasm'`,
      resolveDir: dirname(fileURLToPath(import.meta.url))
    },
    bundle: true, platform: 'node', format: 'cjs', mainFields: ['module', 'main'], outfile: bundle, logLevel: 'error'
  })
  await copyFile(join(dirname(wasm), 'tfjs-backend-wasm-simd.wasm'), join(dirname(bundle), 'tfjs-backend-wasm-simd.wasm'))
}

let tf

export const load = async () => {
  tf = require(bundle)
  await tf.setBackend('wasm')
  await tf.ready()
}

const put = ({ shape, data }) => tf.tensor(data, shape, data instanceof Int32Array ? 'int32' : 'float32')

const puts = (w, names) => Object.fromEntries(names.map((name) => [name, put(w.arrays[name])]))

const oneHot = (w) => tf.oneHot(put(w.arrays.y), w.hyper.classes).toFloat()

const crossEntropy = (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits)

const dense = (x, weight, bias) => x.matMul(weight).add(bias)

const trainer = (w, optimizer, loss) => {
  let [params, update, last] = [{}]
  return {
    reset() {
      tf.dispose(params)
      update?.dispose()
      params = Object.fromEntries(w.trainable.map((name) => [name, tf.variable(put(w.arrays[name]))]))
      update = optimizer()
    },
    run(k) {
      for (let i = 0; i < k; i++) {
        const value = tf.tidy(() => update.minimize(() => loss(params), true))
        last = value.dataSync()[0]
        value.dispose()
      }
    },
    result: () => last
  }
}

const adam = (w) => () => tf.train.adam(w.hyper.lr, 0.9, 0.999, 1e-8)

/** Kernels have finished when they return. */
const caller = (f) => {
  let out
  return {
    run(k) {
      for (let i = 0; i < k; i++) {
        out?.dispose()
        out = tf.tidy(f)
      }
    },
    result: () => out.dataSync()
  }
}

const reader = (f) => {
  let last
  return {
    run(k) {
      for (let i = 0; i < k; i++) last = tf.tidy(() => f().dataSync()[0])
    },
    result: () => last
  }
}

export const workloads = {
  W1(w) {
    const { a, b } = puts(w, ['a', 'b'])
    return caller(() => tf.matMul(a, b))
  },

  W2(w) {
    const [x, y] = [put(w.arrays.x), oneHot(w)]
    return trainer(w, adam(w), ({ w1, b1, w2, b2, w3, b3 }) =>
      crossEntropy(y, dense(tf.relu(dense(tf.relu(dense(x, w1, b1)), w2, b2)), w3, b3)))
  },

  W3(w) {
    const n = w.arrays.x.shape[0]
    const { lr, clip } = w.hyper
    const [images, labels] = [tf.split(put(w.arrays.x), n), tf.split(oneHot(w), n)]
    const gradients = (x, y) => tf.grads((w1, b1, w2, b2) => crossEntropy(y, dense(tf.relu(dense(x, w1, b1)), w2, b2)))
    let params = []
    return {
      note: 'has no vmap: one gradient after the other',
      reset() {
        tf.dispose(params)
        params = w.trainable.map((name) => put(w.arrays[name]))
      },
      run(k) {
        for (let step = 0; step < k; step++) {
          let sums = params.map((p) => tf.zerosLike(p))
          for (let i = 0; i < n; i++) {
            const next = tf.tidy(() => {
              const g = gradients(images[i], labels[i])(params)
              const norm = g.map((leaf) => leaf.square().sum()).reduce((a, b) => a.add(b)).sqrt()
              const factor = tf.minimum(tf.div(clip, norm), 1)
              return sums.map((sum, j) => sum.add(g[j].mul(factor)))
            })
            tf.dispose(sums)
            sums = next
          }
          const moved = tf.tidy(() => params.map((p, j) => p.sub(sums[j].mul(lr / n))))
          tf.dispose([sums, params])
          params = moved
        }
      },
      result: () => Object.fromEntries(w.trainable.map((name, j) =>
        [name, params[j].dataSync().map((value, i) => value - w.arrays[name].data[i])]))
    }
  },

  W4(w) {
    const { x, w: scale, b } = puts(w, ['x', 'w', 'b'])
    return reader(() => {
      const z = x.mul(scale).add(b)
      const inner = z.add(z.square().mul(z).mul(0.044715)).mul(Math.sqrt(2 / Math.PI))
      return z.mul(0.5).mul(tf.tanh(inner).add(1)).mean()
    })
  },

  'W5-softmax'(w) {
    const x = put(w.arrays.x)
    return caller(() => tf.softmax(x))
  },

  'W5-layernorm'(w) {
    const { x, g, b } = puts(w, ['x', 'g', 'b'])
    return caller(() => {
      const centred = x.sub(x.mean(-1, true))
      return centred.mul(centred.square().mean(-1, true).add(w.hyper.eps).rsqrt()).mul(g).add(b)
    })
  },

  W6: { cannot: 'has no gradient of convolutions with respect to their kernels' },

  W8(w) {
    const { T, hidden } = w.hyper
    const [, batch, inputs] = w.arrays.x.shape
    const [x, y] = [put(w.arrays.x).reshape([T * batch, inputs]), oneHot(w)]
    return trainer(w, adam(w), ({ wx, wh, b, wo, bo }) => {
      let [h, c] = [tf.zeros([batch, hidden]), tf.zeros([batch, hidden])]
      for (const projected of tf.split(dense(x, wx, b), T)) {
        const [i, f, g, o] = tf.split(projected.add(h.matMul(wh)), 4, -1)
        c = tf.sigmoid(f).mul(c).add(tf.sigmoid(i).mul(tf.tanh(g)))
        h = tf.sigmoid(o).mul(tf.tanh(c))
      }
      return crossEntropy(y, dense(h, wo, bo))
    })
  },

  'W9-xor'(w) {
    const { x, y } = puts(w, ['x', 'y'])
    return trainer(w, () => tf.train.sgd(w.hyper.lr), ({ w1, b1, w2, b2 }) =>
      dense(tf.tanh(dense(x, w1, b1)), w2, b2).sub(y).square().mean())
  },

  'W9-eager'(w) {
    const slope = tf.grad((x) => tf.sin(x).mul(x))
    return reader(() => slope(tf.scalar(w.hyper.x)))
  },

  W10(w) {
    const { p, x, y } = puts(w, ['p', 'x', 'y'])
    // the derivative of its own tanh reads a value that a second derivative does not see
    const tanh = tf.customGrad((z, save) => {
      save([z])
      return { value: tf.tanh(z), gradFunc: (dy, [saved]) => dy.mul(tf.sub(1, tanh(saved).square())) }
    })
    const slope = tf.grad((q) => {
      const part = (from, size, shape) => q.slice([from], [size]).reshape(shape)
      const hidden = tanh(dense(x, part(0, 100, [10, 10]), part(100, 10, [10])))
      return dense(hidden, part(110, 10, [10, 1]), part(120, 1, [1])).sub(y).square().mean()
    })
    const rows = tf.split(tf.eye(121), 121).map((row) => row.flatten())
    return {
      ...caller(() => tf.stack(rows.map((row) => tf.grad((q) => slope(q).mul(row).sum())(p)))),
      note: 'has no Hessian: a gradient of the gradient for every row'
    }
  }
}
