"""Compositions of transforms, in float64.

    {name, fn, args, out}

`fn` names the composition and the function below it: `grad cubicMix`, `hessian rosenbrock`, ... A test writes the same
functions. The functions (x is a vector of 3, w a matrix [2, 3], s a number):
    cubicMix(x)     sum(sin(x) * x**3) + prod(x)
    rosenbrock(x)   sum(100 (x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)
    logSumExp(x)    log(sum(exp(x)))
    quadratic(w, x) sum((w @ x)**2)
    softmax(x)      exp(x - max(x)) / sum(exp(x - max(x)))
    spiral(s)       exp(-s/2) * sin(3 s) / (1 + s**2)
    newton(s)       four steps y <- (y + s/y)/2 from y = 1
    power(s)        s**s
    vectorField(x)  [x0 x1, sin(x1 x2), x0**2 x2]
    confusion(s)    s * d/dt (s + t) at t = 1        (perturbation confusion: the answer is 1)
    nested(s)       d/ds (s * d/dt (s t**2) at t = s)
    mlp(p, x, y)    mean over all elements of (tanh(x p.hidden.weight + p.hidden.bias) p.out.weight + p.out.bias - y)**2,
                    plus 0.01 times the sum of the squares of both weights; p is a tree of arrays
A Hessian of the tree appears as a Hessian-vector product, a tree too.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

from golden import rng, write

jax.config.update('jax_enable_x64', True)
random = rng(17)
cases = []


def cubic_mix(x):
    return jnp.sum(jnp.sin(x) * x**3) + jnp.prod(x)


def rosenbrock(x):
    return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def log_sum_exp(x):
    return jnp.log(jnp.sum(jnp.exp(x)))


def quadratic(w, x):
    return jnp.sum((w @ x) ** 2)


def spiral(s):
    return jnp.exp(-s / 2) * jnp.sin(3 * s) / (1 + s**2)


def power(s):
    return s**s


def vector_field(x):
    return jnp.stack([x[0] * x[1], jnp.sin(x[1] * x[2]), x[0] ** 2 * x[2]])


def confusion(s):
    return s * grad(lambda t: s + t)(1.0)


def nested(s):
    return grad(lambda u: u * grad(lambda t: u * t**2)(u))(s)


def softmax(x):
    e = jnp.exp(x - jnp.max(x))
    return e / jnp.sum(e)


def newton(s):
    y = 1.0
    for _ in range(4):
        y = (y + s / y) / 2
    return y


def mlp(p, x, y):
    hidden = jnp.tanh(x @ p['hidden']['weight'] + p['hidden']['bias'])
    error = hidden @ p['out']['weight'] + p['out']['bias'] - y
    return jnp.mean(error**2) + 0.01 * (jnp.sum(p['hidden']['weight'] ** 2) + jnp.sum(p['out']['weight'] ** 2))


def case(fn, f, *args):
    args = jax.tree.map(np.asarray, args)
    out = jax.tree.map(np.asarray, f(*jax.tree.map(jnp.asarray, args)))
    cases.append({'name': fn, 'fn': fn, 'args': list(args), 'out': list(out) if isinstance(out, tuple) else out})


x, v, u = np.array([0.7, -1.2, 2.1]), np.array([1.0, -0.5, 0.25]), np.array([0.5, 2.0, -1.0])
xs, w, s = (
    np.array([[0.7, -1.2, 2.1], [0.3, 0.4, -0.9]]),
    np.array([[0.1, 0.5, -0.3], [-0.3, 0.8, 0.2]]),
    np.float64(0.8),
)
push = lambda f: lambda a, t: jvp(f, (a,), (t,))[1]
pull = lambda f: lambda a, c: vjp(f, a)[1](c)[0]

for name, f in (('cubicMix', cubic_mix), ('rosenbrock', rosenbrock), ('logSumExp', log_sum_exp)):
    case(f'value {name}', f, x)
    case(f'grad {name}', grad(f), x)
    case(f'hessian {name}', hessian(f), x)
    case(f'jacfwd grad {name}', jacfwd(grad(f)), x)
    case(f'jacrev grad {name}', jacrev(grad(f)), x)
    case(f'jvp grad {name}', push(grad(f)), x, v)
    case(f'grad of jvp {name}', grad(lambda a, t: push(f)(a, t)), x, v)
    case(f'vmap grad {name}', vmap(grad(f)), xs)
    case(f'grad of sum of vmap {name}', grad(lambda a: jnp.sum(vmap(f)(a))), xs)
    case(f'vmap hessian {name}', vmap(hessian(f)), xs)
case('hessian of hessian trace cubicMix', hessian(lambda a: jnp.trace(hessian(cubic_mix)(a))), x)
case('third derivative tensor rosenbrock', jacfwd(hessian(rosenbrock)), x[:2])
case('grad both quadratic', grad(quadratic, (0, 1)), w, x)
case('jacfwd of grad w wrt x quadratic', jacfwd(grad(quadratic, 0), 1), w, x)
case('vmap grad w over x quadratic', vmap(grad(quadratic, 0), (None, 0)), w, xs)
for name, f in (('softmax', softmax), ('vectorField', vector_field)):
    case(f'jacfwd {name}', jacfwd(f), x)
    case(f'jacrev {name}', jacrev(f), x)
    case(f'jvp {name}', push(f), x, v)
    case(f'vjp {name}', pull(f), x, u)
    case(f'jvp of vjp {name}', lambda a, t, c: jvp(lambda b: pull(f)(b, c), (a,), (t,))[1], x, v, u)
    case(f'vjp of jvp {name}', lambda a, t, c: vjp(lambda b: push(f)(b, t), a)[1](c)[0], x, v, u)
    case(f'hessian of each output {name}', hessian(f), x)
    case(f'vmap jvp {name}', vmap(push(f), (None, 0)), x, np.eye(3))
    case(f'vmap vjp over both {name}', vmap(vmap(pull(f), (None, 0)), (0, None)), xs, np.eye(3))
for name, f in (('spiral', spiral), ('newton', newton), ('power', power)):
    for order in range(5):
        case(f'derivative {order} {name}', f, s)
        f = grad(f)
case('grad confusion', grad(confusion), s)
case('nested', nested, s)
case('grad nested', grad(nested), s)

tree = {
    'hidden': {'weight': np.round(random.standard_normal((3, 4)), 2), 'bias': np.round(random.standard_normal(4), 2)},
    'out': {'weight': np.round(random.standard_normal((4, 2)), 2), 'bias': np.array([0.1, -0.1])},
}
batch, target = np.round(random.standard_normal((5, 3)), 2), np.round(random.standard_normal((5, 2)), 2)
direction = jax.tree.map(lambda a: np.round(random.standard_normal(a.shape), 1), tree)
case('value mlp', mlp, tree, batch, target)
case('grad mlp', grad(mlp), tree, batch, target)
case('grad wrt x mlp', grad(mlp, 1), tree, batch, target)
case('jvp mlp', lambda p, x, y, d: jvp(lambda q: mlp(q, x, y), (p,), (d,))[1], tree, batch, target, direction)
case(
    'jvp grad mlp', lambda p, x, y, d: jvp(lambda q: grad(mlp)(q, x, y), (p,), (d,))[1], tree, batch, target, direction
)
case('vmap grad mlp', vmap(grad(mlp), (None, 0, 0)), tree, batch[:2], target[:2])
case(
    'grad of squared norm of grad mlp',
    grad(lambda p, x, y: sum(jnp.sum(g**2) for g in jax.tree.leaves(grad(mlp)(p, x, y)))),
    tree,
    batch,
    target,
)
write('transforms', cases)
