/*
 * The workloads as a user of the library would write them. A harness that calls adaptors of this form makes the data, checks results
 * and takes the times: `result` is what came out, and `value` is the same in a few numbers. The environment's COTANGENT names another
 * build than the package's own.
 */

let lib

/** Imports the library, which installs its backend. */
export async function load() {
  lib = await import(globalThis.process.env.COTANGENT ?? 'cotangent') // the module node:process takes 3 ms
}

export const version = () => '0.1.0'

const put = ({ shape, data }) => lib.np.reshape(lib.np.array(data), shape)

const puts = (w, names) => Object.fromEntries(names.map((name) => [name, put(w.arrays[name])]))

/** A training loop: forward, backward and update are one program; the loss is read back each step. */
const trainer = (w, optimizer, loss) => {
  const { jit, optim, valueAndGrad } = lib
  const { x, y } = puts(w, ['x', 'y'])
  const step = jit((state, images, labels) => {
    const [value, gradients] = valueAndGrad(loss)(state.params, images, labels)
    return [optim.step(optimizer)(state, gradients), value]
  }, { donate: [0], name: 'step' })
  const start = () => optim.init(optimizer)(puts(w, w.trainable))
  let state
  let last = NaN
  return {
    reset: () => {
      state = start()
    },
    run: (k) => {
      state ??= start()
      for (let i = 0; i < k; i++) {
        const [next, value] = step(state, x, y)
        state = next
        last = value.item()
      }
    },
    result: () => last,
    value: () => last
  }
}

/** A function that is called again and again; each call gives up the result of the one before. */
const caller = (f, args, value) => {
  const jitted = lib.jit((before, ...rest) => f(...rest), { donate: [0] })
  let out = null
  return {
    run: (k) => {
      for (let i = 0; i < k; i++) out = jitted(out, ...args)
    },
    result: () => out.toTypedArray(),
    value: () => value(out.toTypedArray())
  }
}

const summary = (scale = 1) => (data) => ({
  ms: scale * data.reduce((sum, x) => sum + x * x, 0) / data.length, first: data[0], last: data[data.length - 1]
})

const dense = (weight, bias) => (x) => lib.np.add(lib.np.matmul(x, weight), bias)

const layerNorm = (x, gain, bias, eps) => lib.np.add(lib.np.mul(lib.nn.normalize(x, { eps }), gain), bias)

export const workloads = {
  W1(w) {
    const { a, b } = puts(w, ['a', 'b'])
    return caller((x, y) => lib.np.matmul(x, y), [a, b], summary())
  },

  W2(w) {
    const { nn, optim } = lib
    return trainer(w, optim.adam(w.hyper.lr), (p, x, y) => {
      const hidden = nn.relu(dense(p.w2, p.b2)(nn.relu(dense(p.w1, p.b1)(x))))
      return nn.loss.softmaxCrossEntropy(dense(p.w3, p.b3)(hidden), y)
    })
  },

  W3(w) {
    const { grad, jit, nn, np, optim, tree, vmap } = lib
    const { x, y } = puts(w, ['x', 'y'])
    const { lr, clip } = w.hyper
    const loss = (p, example, label) => nn.loss.softmaxCrossEntropy(dense(p.w2, p.b2)(nn.relu(dense(p.w1, p.b1)(example))), label)
    const clipped = (g) => {
      const factor = np.minimum(np.div(clip, optim.globalNorm(g)), 1)
      return tree.map((leaf) => np.mul(leaf, factor))(g)
    }
    const sgd = optim.sgd(lr)
    const step = jit((state, examples, labels) => {
      const each = vmap((p, example, label) => clipped(grad(loss)(p, example, label)), { in: [null, 0, 0] })(state.params, examples, labels)
      return optim.step(sgd)(state, tree.map((leaf) => np.mean(leaf, { axis: 0 }))(each))
    }, { donate: [0], name: 'step' })
    const start = () => optim.init(sgd)(puts(w, w.trainable))
    let state
    const moved = (name) => state.params[name].toTypedArray().map((value, i) => value - w.arrays[name].data[i])
    const length = (a) => Math.sqrt(a.reduce((sum, value) => sum + value * value, 0))
    return {
      reset: () => {
        state = start()
      },
      run: (k) => {
        state ??= start()
        for (let i = 0; i < k; i++) state = step(state, x, y)
      },
      result: () => Object.fromEntries(w.trainable.map((name) => [name, moved(name)])),
      value: () => Object.fromEntries(w.trainable.map((name) => [`d_${name}`, length(moved(name))]))
    }
  },

  W4(w) {
    const { jit, nn, np } = lib
    const { x, w: scale, b } = puts(w, ['x', 'w', 'b'])
    const f = jit((a, slope, shift) => np.mean(nn.gelu(np.add(np.mul(a, slope), shift))))
    let last = NaN
    return {
      run: (k) => {
        for (let i = 0; i < k; i++) last = f(x, scale, b).item()
      },
      result: () => last,
    value: () => last
    }
  },

  'W5-softmax'(w) {
    return caller((x) => lib.nn.softmax(x), [put(w.arrays.x)], summary(1e6))
  },

  'W5-layernorm'(w) {
    const { x, g, b } = puts(w, ['x', 'g', 'b'])
    return caller((a, gain, bias) => layerNorm(a, gain, bias, w.hyper.eps), [x, g, b], summary())
  },

  W6(w) {
    const { lax, nn, np, optim } = lib
    const options = { padding: 'SAME', dimensionNumbers: ['NHWC', 'OIHW', 'NHWC'] }
    const pool = nn.maxPool([2, 2])
    const block = (x, kernel, bias) => pool(nn.relu(np.add(lax.convGeneralDilated(x, kernel, options), bias)))
    return trainer(w, optim.sgd(w.hyper.lr, { momentum: w.hyper.momentum }), (p, x, y) => {
      const maps = block(block(np.transpose(x, [0, 2, 3, 1]), p.k1, p.b1), p.k2, p.b2)
      const flat = np.reshape(np.transpose(maps, [0, 3, 1, 2]), [x.shape[0], -1])
      return nn.loss.softmaxCrossEntropy(dense(p.w3, p.b3)(flat), y)
    })
  },

  W7(w) {
    const { nn, np, optim } = lib
    const { d, heads, layers, ctx, batch, eps, lr } = w.hyper
    const size = d / heads
    const future = np.greater(np.arange(ctx), np.expandDims(np.arange(ctx), 1))
    const split = (x) => np.transpose(np.reshape(x, [batch, ctx, heads, size]), [0, 2, 1, 3])
    const attention = (q, k, v) => {
      const scores = np.mul(np.einsum('bhqd,bhkd->bhqk', q, k), size ** -0.5)
      return np.matmul(nn.softmax(np.where(future, -1e9, scores)), v)
    }
    return trainer(w, optim.adam(lr), (p, x, y) => {
      let h = np.add(np.take(p.tok, x, { axis: 0 }), p.pos)
      for (let l = 0; l < layers; l++) {
        const projected = dense(p[`wqkv_${l}`], p[`bqkv_${l}`])(layerNorm(h, p[`g1_${l}`], p[`c1_${l}`], eps))
        const [q, k, v] = np.split(projected, 3, { axis: -1 }).map(split)
        const mixed = np.reshape(np.transpose(attention(q, k, v), [0, 2, 1, 3]), [batch, ctx, d])
        h = np.add(h, dense(p[`wo_${l}`], p[`bo_${l}`])(mixed))
        const wide = nn.gelu(dense(p[`w1_${l}`], p[`b1_${l}`])(layerNorm(h, p[`g2_${l}`], p[`c2_${l}`], eps)))
        h = np.add(h, dense(p[`w2_${l}`], p[`b2_${l}`])(wide))
      }
      return nn.loss.softmaxCrossEntropy(dense(p.wl, p.bl)(layerNorm(h, p.gf, p.cf, eps)), y)
    })
  },

  W8(w) {
    const { lax, nn, np, optim } = lib
    const { hidden, lr } = w.hyper
    const zeros = np.zeros([w.arrays.x.shape[1], hidden])
    return trainer(w, optim.adam(lr), (p, x, y) => {
      const cell = ({ h, c }, projected) => {
        const [i, f, g, o] = np.split(np.add(projected, np.matmul(h, p.wh)), 4, { axis: -1 })
        const memory = np.add(np.mul(nn.sigmoid(f), c), np.mul(nn.sigmoid(i), np.tanh(g)))
        return [{ h: np.mul(nn.sigmoid(o), np.tanh(memory)), c: memory }, null]
      }
      const [{ h }] = lax.scan(cell, { h: zeros, c: zeros }, dense(p.wx, p.b)(x))
      return nn.loss.softmaxCrossEntropy(dense(p.wo, p.bo)(h), y)
    })
  },

  'W9-xor'(w) {
    const { np, nn, optim } = lib
    return trainer(w, optim.sgd(w.hyper.lr), (p, x, y) =>
      nn.loss.meanSquared(dense(p.w2, p.b2)(np.tanh(dense(p.w1, p.b1)(x))), y))
  },

  'W9-eager'(w) {
    const { grad, np } = lib
    const slope = grad((x) => np.mul(np.sin(x), x))
    let last = NaN
    return {
      run: (k) => {
        for (let i = 0; i < k; i++) last = slope(w.hyper.x).item()
      },
      result: () => last,
    value: () => last
    }
  },

  W10(w) {
    const { hessian, lax, np } = lib
    const { p, x, y } = puts(w, ['p', 'x', 'y'])
    const part = (q, from, to, shape) => np.reshape(lax.sliceInDim(q, from, to), shape)
    const loss = (q) => {
      const hidden = np.tanh(dense(part(q, 0, 100, [10, 10]), part(q, 100, 110, [10]))(x))
      return np.mean(np.square(np.sub(dense(part(q, 110, 120, [10, 1]), part(q, 120, 121, [1]))(hidden), y)))
    }
    return caller(hessian(loss), [p], (data) => ({
      fro: Math.sqrt(data.reduce((sum, value) => sum + value * value, 0)),
      trace: Array.from({ length: 121 }, (_, i) => data[122 * i]).reduce((a, b) => a + b)
    }))
  }
}
