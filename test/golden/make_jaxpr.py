"""Printed jaxprs of JAX, for orientation: the form of the text, not its exact equations.

{name, python, out}      `python` is the function as JAX saw it, `out` the lines of its jaxpr
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import grad, jit, lax, make_jaxpr, vjp, vmap

from golden import write

cases = []


def case(name, python, *args):
    text = str(make_jaxpr(eval(python))(*args))
    cases.append({'name': name, 'python': python, 'out': text.split('\n')})


def mlp(p, x, y):
    hidden = jnp.tanh(x @ p['hidden']['weight'] + p['hidden']['bias'])
    return jnp.mean((hidden @ p['out']['weight'] - y) ** 2)


vector, matrix, s = np.ones(3, np.float32), np.ones((2, 3), np.float32), np.float32(1)
tree = {
    'hidden': {'bias': np.zeros(4, np.float32), 'weight': np.ones((3, 4), np.float32)},
    'out': {'weight': np.ones((4, 2), np.float32)},
}
case('reduction', 'lambda x: jnp.sum(jnp.sin(x * 2))', vector)
case('two results', 'lambda x, y: (x + y, lax.exp(y))', s, s)
case('closed over array', 'lambda x: x + np.arange(3, dtype=np.float32)', vector)
case('literal and cast', 'lambda n: n.astype(jnp.float32) * 0.5', np.int32(3))
case('argument unused', 'lambda x, y: x', s, vector)
case('matrix product', 'lambda a, b: lax.dot(a, b)', matrix, matrix.T)
case('broadcast', 'lambda a, b: a + b', matrix, vector)
case('jit', 'lambda x: jit(lambda y: lax.sin(y) + 1)(x) * x', s)
case('jit in jit', 'jit(lambda x: jit(lambda y: lax.mul(y, y))(x))', s)
case('grad', 'grad(lambda x: lax.sin(lax.mul(x, x)))', s)
case('second derivative', 'grad(grad(lambda x: lax.mul(lax.sin(x), x)))', s)
case('vmap', 'vmap(lambda x: jnp.dot(x, x))', matrix)
case('vjp', 'lambda x, c: vjp(lambda y: lax.tanh(y), x)[1](c)', vector, vector)
case('grad of mlp', 'grad(mlp)', tree, np.ones((5, 3), np.float32), np.ones((5, 2), np.float32))
case('integer array and comparison', 'lambda i: lax.select(lax.gt(i, np.int32(0)), i, lax.neg(i))', np.int32(1))
case(
    'slices and gather',
    'lambda x, i: (lax.slice(x, (1,), (3,)), lax.dynamic_slice(x, (i,), (2,)), x[::-1])',
    vector,
    np.int32(0),
)
case(
    'convolution',
    'lambda x, w: lax.conv(x, w, (1, 1), "SAME")',
    np.ones((1, 1, 4, 4), np.float32),
    np.ones((1, 1, 2, 2), np.float32),
)
write('jaxpr', cases)
