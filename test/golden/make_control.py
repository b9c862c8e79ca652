"""Control flow and its derivatives, in float64, with the numbers of arrays that JAX keeps for the backward pass.

    {name, fn, args, out}      a composition of transforms and the function below it: `grad rnn`, `vmap branchy`, ...
    {name, fn: 'stacked ...', args, out}      out is how many more arrays the forward scan of the gradient stacks than the scan itself

A test writes the same functions. The functions (x is a number unless it says otherwise):
    branchy(x)       cond(x > 1, x sin x, 2 exp x)
    either(p, x)     cond(p, x**3, sin x), p is a boolean
    switcher(i, x)   switch(i): sum(sin x), sum(x**2) prod(x), 0.5; x is a vector
    inner(x)         scan over t = 1, 2, 3, 4 from v = x: v <- cond(t > 2, scan of two steps u <- sin(u x) + t from u = v, v cos x)
    newton(s)        while |y**2 - s| > 1e-9: y <- (y + s/y) / 2, from y = 1
    doubling(x, k)   while y < k: y <- y (1 + x), from y = x; the number of steps depends on both
    collatz(n)       the number of steps from the integer n to 1
    powers(x)        fori from 2 to 6: v <- v x + i, from v = x
    rnn(p, xs)       h <- tanh(w h + u x), from zeros; sum of all h**2 and of the last h
    lstm(p, xs)      gates = w [x, h] + b as input, forget, cell, output; sum of all h**2
    tied(p, xs)      the same cell as rnn, w scaled by the mean of w**2 inside of the loop
    gru(p, xs)       reset, update and candidate gates; the sum of the last h
    counter(x, xs)   scan with an integer carry n and a float v: v <- v + x**n * t, n <- n + 1; stacks v and n
    backwards(xs)    scan in reverse: c <- sin(c) + x, stacking c x
    orbit(x)         scan of 7 steps without slices: x <- 3.2 x (1 - x), stacking x
    products(m)      associative_scan of matrix products, over the leading axis of m
    affine(a, b)     associative_scan of (a1, b1), (a2, b2) -> (a1 a2, a2 b1 + b2)
    running(x)       associative_scan of logaddexp along axis 1, in reverse
    mapped(xs)       lax.map of x -> sum(sin(x) x) in batches of 3
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import grad, hessian, jacfwd, jacrev, jvp, lax, vjp, vmap

from golden import draw, rng, write

jax.config.update('jax_enable_x64', True)
random = rng(23)
cases = []


def branchy(x):
    return lax.cond(x > 1, lambda y: y * jnp.sin(y), lambda y: 2 * jnp.exp(y), x)


def either(p, x):
    return lax.cond(p, lambda y: y**3, jnp.sin, x)


def switcher(i, x):
    branches = [lambda y: jnp.sum(jnp.sin(y)), lambda y: jnp.sum(y**2) * jnp.prod(y), lambda y: 0.5]
    return lax.switch(i, branches, x)


def inner(x):
    def step(v, t):
        def loop(w):
            return lax.scan(lambda u, _: (jnp.sin(u * x) + t, None), w, None, length=2)[0]

        return lax.cond(t > 2, loop, lambda w: w * jnp.cos(x), v), None

    return lax.scan(step, x, jnp.arange(1.0, 5.0))[0]


def newton(s):
    return lax.while_loop(lambda y: jnp.abs(y * y - s) > 1e-9, lambda y: (y + s / y) / 2, jnp.ones_like(s))


def doubling(x, k):
    return lax.while_loop(lambda y: y < k, lambda y: y * (1 + x), x)


def collatz(n):
    def step(c):
        m, count = c
        return jnp.where(m % 2 == 0, m // 2, 3 * m + 1), count + 1

    return lax.while_loop(lambda c: c[0] > 1, step, (n, jnp.int32(0)))[1]


def powers(x):
    return lax.fori_loop(2, 6, lambda i, v: v * x + i, x)


def rnn(p, xs):
    def step(h, x):
        h = jnp.tanh(p['w'] @ h + p['u'] @ x)
        return h, h

    h, hs = lax.scan(step, jnp.zeros(p['w'].shape[0]), xs)
    return jnp.sum(hs**2) + jnp.sum(h)


def tied(p, xs):
    def step(h, x):
        h = jnp.tanh((p['w'] * jnp.mean(p['w'] ** 2)) @ h + p['u'] @ x)
        return h, h

    h, hs = lax.scan(step, jnp.zeros(p['w'].shape[0]), xs)
    return jnp.sum(hs**2) + jnp.sum(h)


def lstm(p, xs):
    n = p['b'].shape[0] // 4

    def step(c, x):
        h, cell = c
        gates = p['w'] @ jnp.concatenate([x, h]) + p['b']
        i, f, g, o = (gates[k * n : (k + 1) * n] for k in range(4))
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(cell)
        return (h, cell), h

    _, hs = lax.scan(step, (jnp.zeros(n), jnp.zeros(n)), xs)
    return jnp.sum(hs**2)


def gru(p, xs):
    def step(h, x):
        r = jax.nn.sigmoid(p['wr'] @ h + p['ur'] @ x)
        z = jax.nn.sigmoid(p['wz'] @ h + p['uz'] @ x)
        n = jnp.tanh(p['wn'] @ (r * h) + p['un'] @ x)
        return (1 - z) * n + z * h, None

    return jnp.sum(lax.scan(step, jnp.zeros(p['wr'].shape[0]), xs)[0])


def counter(x, xs):
    def step(c, t):
        v, n = c
        v = v + x ** n.astype(jnp.float64) * t
        return (v, n + 1), (v, n)

    return lax.scan(step, (jnp.float64(0), jnp.int32(0)), xs)


def backwards(xs):
    def step(c, x):
        c = jnp.sin(c) + x
        return c, c * x

    return lax.scan(step, jnp.float64(0.5), xs, reverse=True, unroll=2)


def orbit(x):
    def step(y, _):
        y = 3.2 * y * (1 - y)
        return y, y

    return lax.scan(step, x, None, length=7)


def products(m):
    return lax.associative_scan(jnp.matmul, m)


def affine(a, b):
    return lax.associative_scan(lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1]), (a, b))


def running(x):
    return lax.associative_scan(jnp.logaddexp, x, reverse=True, axis=1)


def mapped(xs):
    return lax.map(lambda x: jnp.sum(jnp.sin(x) * x), xs, batch_size=3)


def case(fn, f, *args, label=''):
    args = jax.tree.map(np.asarray, args)
    out = jax.tree.map(np.asarray, f(*jax.tree.map(jnp.asarray, args)))
    cases.append({'name': f'{fn}{label}', 'fn': fn, 'args': list(args), 'out': out})


push = lambda f: lambda a, t: jvp(f, (a,), (t,))[1]
total = lambda f: lambda *a: sum(jnp.sum(leaf) for leaf in jax.tree.leaves(f(*a)) if leaf.dtype == jnp.float64)

for x in (0.4, 1.7):
    for name, f in (('branchy', branchy), ('inner', inner), ('powers', powers)):
        g = f
        for order in range(4):
            case(f'derivative {order} {name}', g, np.float64(x), label=f' at {x}')
            g = grad(g)
        case(f'jacfwd {name}', jacfwd(f), np.float64(x), label=f' at {x}')
        case(f'jvp grad {name}', push(grad(f)), np.float64(x), np.float64(0.5), label=f' at {x}')
many = np.array([0.4, 1.7, -0.3, 1.2])
for name, f in (('branchy', branchy), ('inner', inner), ('powers', powers)):
    case(f'vmap {name}', vmap(f), many)
    case(f'vmap grad {name}', vmap(grad(f)), many)
    case(f'grad of sum of vmap {name}', grad(lambda a: jnp.sum(vmap(f)(a))), many)
    case(f'vmap hessian {name}', vmap(hessian(f)), many)
flags = np.array([True, False, True])
case('vmap either', vmap(either), flags, many[:3])
case('vmap over p either', vmap(either, (0, None)), flags, np.float64(0.8))
case('vmap over x either', vmap(either, (None, 0)), np.bool_(True), many)
case('vmap grad x over p either', vmap(grad(either, 1), (0, None)), flags, np.float64(0.8))
case('vmap grad x either', vmap(grad(either, 1)), flags, many[:3])
vector = np.array([0.5, -1.2, 2.0])
indices = np.array([-3, 0, 1, 2, 9], np.int32)
for i in indices:
    case('value switcher', switcher, i, vector, label=f' {i}')
    case('grad x switcher', grad(switcher, 1), i, vector, label=f' {i}')
    case('hessian x switcher', hessian(switcher, 1), i, vector, label=f' {i}')
case('vmap over i switcher', vmap(switcher, (0, None)), indices, vector)
case('vmap grad x over i switcher', vmap(grad(switcher, 1), (0, None)), indices, vector)
case('vmap hessian x over i switcher', vmap(hessian(switcher, 1), (0, None)), indices, vector)

for s in (2.0, 0.09):
    case('value newton', newton, np.float64(s), label=f' at {s}')
    case('jvp newton', push(newton), np.float64(s), np.float64(1), label=f' at {s}')
    case('jacfwd jacfwd newton', jacfwd(jacfwd(newton)), np.float64(s), label=f' at {s}')
case('vmap newton', vmap(newton), np.array([2.0, 100.0, 0.09]))
case('vmap jacfwd newton', vmap(jacfwd(newton)), np.array([2.0, 100.0, 0.09]))
rates, bounds = np.array([0.3, 0.9, 2.0]), np.array([5.0, 40.0, 1.0])
case('vmap doubling', vmap(doubling), rates, bounds)
case('vmap over x doubling', vmap(doubling, (0, None)), rates, np.float64(20))
case('vmap over k doubling', vmap(doubling, (None, 0)), np.float64(0.5), bounds)
case('vmap jacfwd x doubling', vmap(jacfwd(doubling)), rates, bounds)
case('vmap collatz', vmap(collatz), np.array([1, 6, 27, 97], np.int32))

p = {'w': draw(random, (3, 3)) / 2, 'u': draw(random, (3, 2))}
dp = jax.tree.map(lambda a: draw(random, a.shape, digits=1), p)
xs, batch = draw(random, (5, 2)), draw(random, (2, 5, 2))
for name, f in (('rnn', rnn), ('tied', tied)):
    case(f'value {name}', f, p, xs)
    case(f'grad {name}', grad(f), p, xs)
    case(f'grad xs {name}', grad(f, 1), p, xs)
    case(f'jvp grad {name}', lambda q, x, d: jvp(lambda r: grad(f)(r, x), (q,), (d,))[1], p, xs, dp)
    case(f'vmap grad {name}', vmap(grad(f), (None, 0)), p, batch)
    case(f'hessian xs {name}', hessian(f, 1), p, xs[:2])
case('grad of norm of grad rnn', grad(lambda q, x: sum(jnp.sum(g**2) for g in jax.tree.leaves(grad(rnn)(q, x)))), p, xs)
cell = {'w': draw(random, (8, 4)) / 2, 'b': draw(random, (8,))}
case('value lstm', lstm, cell, xs)
case('grad lstm', grad(lstm), cell, xs)
case('vmap grad lstm', vmap(grad(lstm), (None, 0)), cell, batch)
gates = {k: draw(random, (3, 3 if k[0] == 'w' else 2)) / 2 for k in ('wr', 'ur', 'wz', 'uz', 'wn', 'un')}
case('value gru', gru, gates, xs)
case('grad gru', grad(gru), gates, xs)

ts = np.array([1.0, -0.5, 2.0, 0.25])
case('value counter', counter, np.float64(0.7), ts)
case('grad x of sum counter', grad(total(counter)), np.float64(0.7), ts)
case('hessian x of sum counter', hessian(total(counter)), np.float64(0.7), ts)
case('vmap counter', vmap(counter, (0, None)), many, ts)
case('value backwards', backwards, ts)
case('grad of sum backwards', grad(total(backwards)), ts)
case('hessian of sum backwards', hessian(total(backwards)), ts)
case('jacrev backwards', jacrev(backwards), ts)
case('value orbit', orbit, np.float64(0.3))
case('jacfwd orbit', jacfwd(orbit), np.float64(0.3))
case('grad of sum orbit', grad(total(orbit)), np.float64(0.3))

for n in (1, 2, 3, 6, 7):
    m = draw(random, (n, 2, 2), digits=2)
    case('value products', products, m, label=f' of {n}')
    case('grad of sum products', grad(total(products)), m, label=f' of {n}')
case('vmap products', vmap(products), draw(random, (2, 5, 2, 2), digits=2))
a, b = draw(random, (5, 2), digits=2), draw(random, (5, 2), digits=2)
case('value affine', affine, a, b)
case('grad of sum affine', grad(total(affine), (0, 1)), a, b)
case('hessian a of sum affine', hessian(total(affine)), a[:3, 0], b[:3, 0])
table = draw(random, (2, 6), digits=2)
case('value running', running, table)
case('jacrev running', jacrev(running), table[:, :3])
case('vmap running', vmap(running), np.stack([table, -table]))
rows = draw(random, (7, 2), digits=2)
case('value mapped', mapped, rows)
case('grad of sum mapped', grad(total(mapped)), rows)


def scans(jaxpr):
    """The scan equations of a jaxpr, nested calls included."""
    for eqn in jaxpr.eqns:
        if eqn.primitive.name == 'scan':
            yield eqn
        else:
            for param in eqn.params.values():
                inside = getattr(param, 'jaxpr', param)
                if hasattr(inside, 'eqns'):
                    yield from scans(inside)


def stacked(f, *args):
    """How many stacked arrays the first scan of a program has."""
    first = next(scans(jax.make_jaxpr(f)(*args).jaxpr))
    return len(first.outvars) - first.params['num_carry']


for name, f, args in (('rnn', rnn, (p, xs)), ('tied', tied, (p, xs)), ('lstm', lstm, (cell, xs)), ('gru', gru, (gates, xs))):
    more = stacked(grad(f), *args) - stacked(f, *args)
    cases.append({'name': f'stacked {name}', 'fn': f'stacked {name}', 'args': list(args), 'out': more})

write('control', cases)
