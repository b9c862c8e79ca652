/*
 * The workloads in @jax-js/jax, as its users would write them: everything but W9-eager is jitted. A call takes its operands over; `ref`
 * keeps one for later.
 */

let jax, lax, nn, np

export const load = async () => {
  jax = await import('@jax-js/jax')
  ;({ lax, nn, numpy: np } = jax)
  await jax.init('wasm')
  jax.defaultDevice('wasm')
}

const put = ({ shape, data }) => np.array(data, { shape, ...(data instanceof Int32Array && { dtype: np.int32 }) })

const puts = (w, names) => Object.fromEntries(names.map((name) => [name, put(w.arrays[name])]))

const { keys } = Object

/** A new tree with a function of the same leaves of trees. */
const zip = (f, ...trees) => Object.fromEntries(keys(trees[0]).map((name) => [name, f(...trees.map((tree) => tree[name]))]))

const kept = (tree) => zip((x) => x.ref, tree)

const read = (x) => x.dataSync()[0]

/** Waits until an array is there, without copying it. */
const finish = (x) => {
  x.ref.reshape([-1]).slice([0, 1]).dataSync()
}

const crossEntropy = (logits, labels, classes) => np.mean(nn.logSoftmax(logits).mul(nn.oneHot(labels, classes)).sum(-1)).neg()

const dense = (x, weight, bias) => np.matmul(x, weight).add(bias)

/** What a parameter, its gradient and its state become; the state is a list of trees. */
const sgd = ({ lr }) => ({
  slots: 0,
  update: (p, g) => ({ p: zip((a, b) => a.sub(b.mul(lr)), p, g), slots: [] })
})

const momentum = ({ lr, momentum: decay }) => ({
  slots: 1,
  update: (p, g, [m]) => {
    const trace = zip((a, b) => a.mul(decay).add(b), m, g)
    return { p: zip((a, b) => a.sub(b.mul(lr)), p, kept(trace)), slots: [trace] }
  }
})

/** `one` and `two` correct the means of the first steps. */
const adam = ({ lr }) => ({
  slots: 2,
  correction: (t) => [1 / (1 - 0.9 ** t), 1 / (1 - 0.999 ** t)],
  update: (p, g, [m, v], [one, two]) => {
    const first = zip((a, b) => a.mul(0.9).add(b.mul(0.1)), m, kept(g))
    const second = zip((a, b) => a.mul(0.999).add(np.square(b).mul(0.001)), v, g)
    const next = zip((a, b, c) => a.sub(b.mul(one.ref).mul(lr).div(np.sqrt(c.mul(two.ref)).add(1e-8))), p, kept(first), kept(second))
    one.dispose()
    two.dispose()
    return { p: next, slots: [first, second] }
  }
})

const trainer = (w, { slots, update, correction = () => [] }, loss) => {
  const { x, y } = puts(w, ['x', 'y'])
  const valueAndGrad = jax.valueAndGrad(loss)
  const step = jax.jit((state, corrections, images, labels) => {
    const [value, gradients] = valueAndGrad(kept(state.p), images, labels)
    return [update(state.p, gradients, state.slots, corrections), value]
  })
  let state, last, steps
  return {
    reset() {
      if (state !== undefined) jax.tree.dispose(state)
      steps = 0
      const zeros = () => Object.fromEntries(w.trainable.map((name) => [name, np.zeros(w.arrays[name].shape)]))
      state = { p: puts(w, w.trainable), slots: Array.from({ length: slots }, zeros) }
    },
    run(k) {
      for (let i = 0; i < k; i++) {
        const [next, value] = step(state, correction(++steps), x.ref, y.ref)
        state = next
        last = read(value)
      }
    },
    result: () => last
  }
}

const caller = (f) => {
  let out
  return {
    run(k) {
      for (let i = 0; i < k; i++) {
        out?.dispose()
        out = f()
        finish(out)
      }
    },
    result: () => out.ref.dataSync()
  }
}

/** A function whose value is one number, read back every time. */
const reader = (f) => {
  let last
  return {
    run(k) {
      for (let i = 0; i < k; i++) last = read(f())
    },
    result: () => last
  }
}

export const workloads = {
  W1(w) {
    const { a, b } = puts(w, ['a', 'b'])
    return caller(() => np.matmul(a.ref, b.ref))
  },

  W2(w) {
    return trainer(w, adam(w.hyper), (p, x, y) => {
      const hidden = nn.relu(dense(nn.relu(dense(x, p.w1, p.b1)), p.w2, p.b2))
      return crossEntropy(dense(hidden, p.w3, p.b3), y, w.hyper.classes)
    })
  },

  W3(w) {
    const { x, y } = puts(w, ['x', 'y'])
    const { lr, clip, classes } = w.hyper
    const n = w.arrays.x.shape[0]
    // its gradients of weights [inputs, outputs] are copied as their transposes, at more than twice the time
    const loss = (p, image, label) => {
      const hidden = nn.relu(np.dot(p.w1, image).add(p.b1))
      return nn.logSoftmax(np.dot(p.w2, hidden).add(p.b2)).mul(nn.oneHot(label, classes)).sum().neg()
    }
    const step = jax.jit((p, images, labels) => {
      const g = jax.vmap(jax.grad(loss), [null, 0, 0])(kept(p), images, labels)
      const squares = keys(g).map((name) => np.square(g[name].ref).reshape([n, -1]).sum(1)).reduce((a, b) => a.add(b))
      const factors = np.minimum(np.reciprocal(np.sqrt(squares)).mul(clip), 1)
      const mean = zip((leaf) => np.tensordot(factors.ref, leaf, 1).mul(1 / n), g)
      factors.dispose()
      return zip((a, b) => a.sub(b.mul(lr)), p, mean)
    })
    const turned = (name) => name.startsWith('w')
    let p
    return {
      reset() {
        if (p !== undefined) jax.tree.dispose(p)
        p = zip((leaf) => leaf, puts(w, w.trainable))
        for (const name of w.trainable.filter(turned)) p[name] = p[name].transpose()
      },
      run(k) {
        for (let i = 0; i < k; i++) {
          p = step(p, x.ref, y.ref)
          finish(p.w1)
        }
      },
      result: () => Object.fromEntries(w.trainable.map((name) => {
        const now = (turned(name) ? p[name].ref.transpose() : p[name].ref).dataSync()
        return [name, now.map((value, i) => value - w.arrays[name].data[i])]
      }))
    }
  },

  W4(w) {
    const { x, w: scale, b } = puts(w, ['x', 'w', 'b'])
    const f = jax.jit((a, slope, shift) => nn.gelu(a.mul(slope).add(shift), { approximate: true }).mean())
    return reader(() => f(x.ref, scale.ref, b.ref))
  },

  'W5-softmax'(w) {
    const x = put(w.arrays.x)
    const f = jax.jit((a) => nn.softmax(a, -1))
    return caller(() => f(x.ref))
  },

  'W5-layernorm'(w) {
    const { x, g, b } = puts(w, ['x', 'g', 'b'])
    const f = jax.jit((a, gain, bias) => {
      const centred = a.ref.sub(a.mean(-1, { keepdims: true }))
      const variance = np.square(centred.ref).mean(-1, { keepdims: true })
      return centred.div(np.sqrt(variance.add(w.hyper.eps))).mul(gain).add(bias)
    })
    return caller(() => f(x.ref, g.ref, b.ref))
  },

  W6(w) {
    const block = (x, kernel, bias) => {
      const maps = nn.relu(lax.convGeneralDilated(x, kernel, [1, 1], 'SAME').add(bias.reshape([-1, 1, 1])))
      return lax.reduceWindow(maps, np.max, [2, 2], [2, 2])
    }
    return trainer(w, momentum(w.hyper), (p, x, y) => {
      const maps = block(block(x, p.k1, p.b1), p.k2, p.b2)
      return crossEntropy(dense(maps.reshape([w.arrays.x.shape[0], -1]), p.w3, p.b3), y, w.hyper.classes)
    })
  },

  W8(w) {
    const { T, hidden, classes } = w.hyper
    const batch = w.arrays.x.shape[1]
    return trainer(w, adam(w.hyper), (p, x, y) => {
      let [h, c] = [np.zeros([batch, hidden]), np.zeros([batch, hidden])]
      // slices of one product of all steps would be added up, padded with zeros, on the way back
      for (let t = 0; t < T; t++) {
        const gates = np.matmul(x.ref.slice(t), p.wx.ref).add(np.matmul(h, p.wh.ref)).add(p.b.ref)
        const [i, f, g, o] = np.split(gates, 4, -1)
        c = nn.sigmoid(f).mul(c).add(nn.sigmoid(i).mul(np.tanh(g)))
        h = nn.sigmoid(o).mul(np.tanh(c.ref))
      }
      for (const left of [x, c, p.wx, p.wh, p.b]) left.dispose()
      return crossEntropy(dense(h, p.wo, p.bo), y, classes)
    })
  },

  'W9-xor'(w) {
    return trainer(w, sgd(w.hyper), (p, x, y) => np.square(dense(np.tanh(dense(x, p.w1, p.b1)), p.w2, p.b2).sub(y)).mean())
  },

  'W9-eager'(w) {
    const slope = jax.grad((x) => np.sin(x.ref).mul(x))
    return reader(() => slope(w.hyper.x))
  },

  W10(w) {
    const { p, x, y } = puts(w, ['p', 'x', 'y'])
    const f = jax.jit((all) => jax.hessian((q) => {
      const part = (from, to, shape) => q.ref.slice([from, to]).reshape(shape)
      const hidden = np.tanh(dense(x.ref, part(0, 100, [10, 10]), part(100, 110, [10])))
      const out = dense(hidden, part(110, 120, [10, 1]), part(120, 121, [1]))
      q.dispose()
      return np.square(out.sub(y.ref)).mean()
    })(all))
    return caller(() => f(p.ref))
  }
}
