"""Taylor series through functions, Gauss-Newton products and Jacobians of trees, in float64.

    {name, fn, args, out}

`jet <function>`: args [primals, series], where series holds for each primal the list of its derivatives along a curve; out
[value, derivatives]. The functions (x, y are vectors of 3, s a number, w a matrix [3, 3]):
    expSin(x)       exp(sin(x))
    quotient(x, y)  x / (2 + cos(y))
    mlp(x, w)       tanh(tanh(x w) w)
    powers(x)       x**3 + x**-2 + |x|**2.5 + sqrt(x**2 + 1)
    general(x, y)   (1.5 + sin(x))**y
    logistic(x)     logistic(x) + log1p(x**2) + expm1(x / 3)
    trigonometric(x) tan(x / 3) + arctan2(x, 2 + x) + cos(x)
    hyperbolic(x)   sinh(x) cosh(x / 2) + arcsinh(x) + arctanh(x / 4) + arccosh(2 + x**2)
    inverse(x)      arcsin(x / 4) + arccos(x / 5) + arctan(x)
    special(x)      erf(x) + erfc(x / 2) + erf_inv(x / 4)
    pieces(x, y)    max(x, y**2) + |x| + clip(y, -0.5, 0.5) + where(x > 0, sin(x), y)
    sums(x, y)      (sum(x y), max(x + y), prod(x), cumsum(x) cumprod(y))
    softmax(x)      exp(x - max(x)) / sum(exp(x - max(x)))
    scalar(s)       s**s
`gaussNewton tree`, `gaussNewton mean`: args [p, v, x, y]; the model is tanh(x p.hidden.weight + p.hidden.bias) p.out, the loss
the cross-entropy sum(logsumexp(z) - z[label]), or the mean of the squares of z - y.
`jacfwd tree`, `jacrev tree`, `hessian tree`: of tree(p) = {'a': p.u**2 outer sin(p.v[0]), 'b': [sum(p.u) p.v[1], p.v[1]**3]},
where p is {'u': vector of 2, 'v': [vector of 3, number]}.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental.jet import jet

from golden import rng, write

jax.config.update('jax_enable_x64', True)
random = rng(23)
cases = []


def case(name, args, out):
    args, out = jax.tree.map(np.asarray, (args, out))
    cases.append({'name': name, 'fn': name, 'args': list(args), 'out': list(out) if isinstance(out, tuple) else out})


def softmax(x):
    e = jnp.exp(x - jnp.max(x))
    return e / jnp.sum(e)


def leg(x):
    return lax.sqrt(1 - lax.square(x))


half = np.full(3, 0.5)
functions = {
    'expSin': lambda x: jnp.exp(jnp.sin(x)),
    'quotient': lambda x, y: x / (2 + jnp.cos(y)),
    'mlp': lambda x, w: jnp.tanh(jnp.tanh(x @ w) @ w),
    'powers': lambda x: lax.integer_pow(x, 3) + lax.integer_pow(x, -2) + jnp.abs(x) ** 2.5 + jnp.sqrt(x * x + 1),
    'general': lambda x, y: lax.pow(1.5 + jnp.sin(x), y),
    'logistic': lambda x: lax.logistic(x) + lax.log1p(lax.square(x)) + lax.expm1(x / 3),
    'trigonometric': lambda x: jnp.sin(x / 3) / jnp.cos(x / 3) + lax.atan2(x, 2 + x) + jnp.cos(x),
    'hyperbolic': lambda x: lax.sinh(x) * lax.cosh(x / 2) + lax.asinh(x) + lax.atanh(x / 4) + lax.acosh(2 + x * x),
    'inverse': lambda x: lax.atan2(x / 4, leg(x / 4)) + lax.atan2(leg(x / 5), x / 5) + lax.atan2(x, jnp.ones_like(x)),
    'special': lambda x: lax.erf(x) + lax.erfc(x / 2) + lax.erf_inv(x / 4),
    'pieces': lambda x, y: lax.max(x, y * y) + lax.abs(x) + lax.clamp(-half, y, half) + lax.select(x > 0, jnp.sin(x), y),
    'sums': lambda x, y: (jnp.sum(x * y), lax.reduce_max(x + y, (0,)), x[0] * x[1] * x[2], lax.cumsum(x) * lax.cumprod(y)),
    'softmax': softmax,
    'scalar': lambda s: lax.pow(s, s),
}
x, y, s = np.array([0.7, -1.2, 1.3]), np.array([0.4, 1.1, -0.6]), np.float64(0.8)
w = np.round(random.standard_normal((3, 3)), 2)
operands = {
    'quotient': [x, y],
    'mlp': [x, w],
    'general': [x, y],
    'pieces': [x, y],
    'sums': [x, y],
    'scalar': [s],
}


def draw(shape):
    return np.round(random.standard_normal(shape), 1)


for name, f in functions.items():
    primals = operands.get(name, [x])
    series = [[draw(np.shape(p)) for _ in range(5)] for p in primals]
    case(f'jet {name}', [primals, series], list(jet(f, primals, series)))

p = {'hidden': {'weight': draw((3, 4)), 'bias': draw(4)}, 'out': draw((4, 2))}
v = jax.tree.map(lambda a: draw(a.shape), p)
batch, target, label = draw((5, 3)), draw((5, 2)), np.array([0, 1, 1, 0, 1], np.int32)


def model(p, x):
    return jnp.tanh(x @ p['hidden']['weight'] + p['hidden']['bias']) @ p['out']


def gauss_newton(loss, p, v, x):
    outs, douts = jax.jvp(lambda q: model(q, x), (p,), (v,))
    curved = jax.jvp(jax.grad(loss), (outs,), (douts,))[1]
    return jax.vjp(lambda q: model(q, x), p)[1](curved)[0]


def entropy(z):
    return jnp.sum(jax.nn.logsumexp(z, axis=1) - z[jnp.arange(5), label])


case('gaussNewton tree', [p, v, batch, label], gauss_newton(entropy, p, v, batch))
case('gaussNewton mean', [p, v, batch, target], gauss_newton(lambda z: jnp.mean((z - target) ** 2), p, v, batch))

q = {'u': np.array([0.5, -1.5]), 'v': [np.array([0.2, 1.1, -0.7]), np.float64(0.9)]}


def tree(p):
    return {'a': jnp.outer(p['u'] ** 2, jnp.sin(p['v'][0])), 'b': [jnp.sum(p['u']) * p['v'][1], p['v'][1] ** 3]}


for name, transform in (('jacfwd', jax.jacfwd), ('jacrev', jax.jacrev), ('hessian', jax.hessian)):
    case(f'{name} tree', [q], transform(tree)(q))
write('jet', cases)
