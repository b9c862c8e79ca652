"""JAX's orthogonal decompositions (LAPACK's) and what is made of them: decompositions.json.

    {name, fn, args, params, out: [array, …], cotangents: [array, …] | null, grad: [array, …] | null, tolerance}

What is compared does not depend on signs and bases that are arbitrary, with g = 1, 2, …:

    qr            Q and R, which have LAPACK's signs
    eigh          w and V diag(g) Vᵀ
    svd           s and U diag(g) Vᵀ
    lstsq         x, residuals, s, and the rank as a floating number
    singular      s, by mpmath in 60 digits, to be met relatively, element by element
    others        the result

The gradient is that of the inner product of the outputs with the cotangents. A function with `nn` is an initialiser: its
argument is the key, its params have shape and dtype.
"""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np

from golden import draw, rng, write

jax.config.update('jax_enable_x64', True)
random = rng(41)
linalg = jnp.linalg


def weights(x):
    return jnp.arange(1, x.shape[-1] + 1, dtype=x.dtype)


def eigh(a):
    w, v = linalg.eigh(a)
    return w, (v * weights(w)) @ jnp.swapaxes(v, -1, -2)


def svd(a):
    u, s, vt = linalg.svd(a, full_matrices=False)
    return s, (u * weights(s)) @ vt


def lstsq(a, b, **params):
    x, residuals, rank, s = linalg.lstsq(a, b, **params)
    return x, residuals, s, rank.astype(a.dtype)


functions = {
    'qr': lambda a: tuple(linalg.qr(a)),
    'eigh': eigh,
    'eigvalsh': lambda a: (linalg.eigvalsh(a),),
    'svd': svd,
    'svdvals': lambda a: (linalg.svdvals(a),),
    'lstsq': lstsq,
    'pinv': lambda a, **params: (linalg.pinv(a, **params),),
    # JAX's rtol is not relative, NumPy's is
    'matrixRank': lambda a, **params: (np.asarray(np.linalg.matrix_rank(np.asarray(a), **params), np.int32),),
    'cond': lambda a, **params: (linalg.cond(a, **params),),
    'norm': lambda a, **params: (linalg.norm(a, **params),),
}


def case(name, fn, args, gradient=True, tolerance=1e-12, **params):
    f = functions[fn]
    args = [jnp.asarray(x) for x in args]
    if gradient:
        out, pullback = jax.vjp(lambda *xs: f(*xs, **params), *args)
        cotangents = [draw(random, y.shape, y.dtype, 1) for y in out]
        grad = list(pullback(tuple(map(jnp.asarray, cotangents))))
        assert all(np.isfinite(g).all() for g in grad), name
    else:
        out, cotangents, grad = f(*args, **params), None, None
    return {
        'name': f'{fn} of {name}', 'fn': fn, 'args': args, 'params': params, 'out': list(out), 'cotangents': cotangents,
        'grad': grad, 'tolerance': tolerance,
    }


def normal(*shape):
    return draw(random, shape, digits=2)


def symmetric(*shape):
    x = normal(*shape)
    return x + np.swapaxes(x, -1, -2)


def low_rank(rows, columns, rank):
    return (normal(rows, rank) @ normal(rank, columns)).round(4)


hilbert = 1 / (np.arange(8)[:, None] + np.arange(8) + 1.0)
repeated = np.array([[2.0, 1, 1], [1, 2, 1], [1, 1, 2]])  # eigenvalues 1, 1, 4
graded = (normal(5, 5) * 10.0 ** np.array([8, 4, 0, -4, -8])).round(12)

stacks = {'1 × 1': normal(1, 1), '2 × 2': normal(2, 2), '5 × 5': normal(5, 5), 'a stack of 3 × 3': normal(2, 2, 3, 3)}
tall = {'5 × 3': normal(5, 3), '4 × 1': normal(4, 1), 'a stack of 4 × 2': normal(2, 4, 2)}
wide = {'3 × 5': normal(3, 5), '1 × 4': normal(1, 4), 'a stack of 2 × 4': normal(2, 2, 4)}
single = normal(4, 4).astype(np.float32)
cases = []

for name, a in (stacks | tall).items():
    cases.append(case(name, 'qr', [a]))
for name, a in wide.items():
    cases.append(case(name, 'qr', [a], gradient=False))
cases.append(case('Hilbert’s matrix', 'qr', [hilbert], gradient=False, tolerance=1e-8))
cases.append(case('a graded matrix', 'qr', [graded], gradient=False))
cases.append(case('float32', 'qr', [single], tolerance=1e-5))

for name in ('1 × 1', '2 × 2', '5 × 5', 'a stack of 3 × 3'):
    cases.append(case(name, 'eigh', [symmetric(*stacks[name].shape)], tolerance=1e-11))
cases.append(case('a matrix that is not symmetric', 'eigh', [normal(3, 3)], tolerance=1e-11))
cases.append(case('Hilbert’s matrix', 'eigh', [hilbert], gradient=False, tolerance=1e-5))
cases.append(case('float32', 'eigh', [single + single.T], tolerance=2e-4))
cases.append(case('repeated eigenvalues', 'eigvalsh', [repeated], gradient=False))
cases.append(case('the identity', 'eigvalsh', [np.eye(3)]))
cases.append(case('a graded matrix', 'eigvalsh', [graded + graded.T], gradient=False))
cases.append(case('20 × 20', 'eigvalsh', [symmetric(20, 20)], gradient=False))
cases.append(case('zeros', 'eigvalsh', [np.zeros((3, 3))], gradient=False))

for name, a in (stacks | tall | wide).items():
    cases.append(case(name, 'svd', [a], tolerance=1e-11))
cases.append(case('float32', 'svd', [single], tolerance=2e-4))
cases.append(case('Hilbert’s matrix', 'svdvals', [hilbert], gradient=False))
cases.append(case('rank 2', 'svdvals', [low_rank(5, 4, 2)], gradient=False, tolerance=1e-12))
cases.append(case('the identity', 'svdvals', [np.eye(3, 4)]))
cases.append(case('30 × 20', 'svdvals', [normal(30, 20)], gradient=False))
cases.append(case('zeros', 'svdvals', [np.zeros((2, 3))], gradient=False))

mpmath.mp.dps = 60
for name, a in {'a graded matrix': graded, 'its transpose': graded.T}.items():
    s = sorted((float(x) for x in mpmath.svd(mpmath.matrix(a.tolist()), compute_uv=False)), reverse=True)
    cases.append({
        'name': f'singular values of {name}', 'fn': 'singular', 'args': [a], 'params': {}, 'out': [np.array(s)], 'cotangents': None,
        'grad': None, 'tolerance': 1e-13,
    })

for name, a in {'5 × 3': tall['5 × 3'], '3 × 5': wide['3 × 5'], '5 × 5': stacks['5 × 5']}.items():
    cases.append(case(f'{name} and a vector', 'lstsq', [a, normal(a.shape[0])], tolerance=1e-10))
    cases.append(case(f'{name} and columns', 'lstsq', [a, normal(a.shape[0], 2)], tolerance=1e-10))
cases.append(case('rank 2', 'lstsq', [low_rank(5, 4, 2), normal(5)], gradient=False))
cases.append(case('singular values cut off', 'lstsq', [np.diag([8.0, 4, 2, 1]), normal(4)], gradient=False, rcond=0.25))
cases.append(case('a negative cutoff', 'lstsq', [np.diag([8.0, 4, 2, 1]), normal(4)], gradient=False, rcond=-1.0))
cases.append(case('float32', 'lstsq', [single, single[0]], tolerance=2e-4))

for name, a in (stacks | tall | wide).items():
    cases.append(case(name, 'pinv', [a], tolerance=1e-10))
cases.append(case('rank 2', 'pinv', [low_rank(5, 4, 2)], tolerance=1e-10))
cases.append(case('the identity', 'pinv', [np.eye(3, 2)]))
cases.append(case('singular values cut off', 'pinv', [np.diag([8.0, 4, 2, 1])], rtol=0.25))
cases.append(case('zeros', 'pinv', [np.zeros((2, 3))]))

ranks = {'zeros': np.zeros((2, 3)), 'a vector': np.ones(3), 'a stack': np.stack([repeated, np.ones((3, 3))])}
for name, a in ({'5 × 5': stacks['5 × 5'], 'rank 2': low_rank(5, 4, 2)} | ranks).items():
    cases.append(case(name, 'matrixRank', [a], gradient=False))
cases.append(case('singular values cut off', 'matrixRank', [np.diag([8.0, 4, 2, 1])], gradient=False, rtol=0.25))

for p in (None, 2, -2):
    cases.append(case(f'5 × 3, p = {p}', 'cond', [tall['5 × 3']], **({} if p is None else {'p': p})))
for p in ('fro', 'nuc', 1, -1, np.inf, -np.inf):
    cases.append(case(f'3 × 3, p = {p}', 'cond', [stacks['a stack of 3 × 3'][0, 0]], tolerance=1e-11, p=p))
cases.append(case('a stack', 'cond', [stacks['a stack of 3 × 3']]))

for order in (2, -2, 'nuc'):
    cases.append(case(f'order {order}', 'norm', [tall['5 × 3']], ord=order))
    cases.append(case(f'order {order} along axes', 'norm', [normal(2, 3, 4)], ord=order, axis=(2, 0), keepdims=True))

initializers = jax.nn.initializers
for fn, make, shapes in (
    ('orthogonal', initializers.orthogonal, [(4, 4), (5, 3), (3, 5), (1, 1), (3, 2, 2, 6), (3, 3, 6, 2)]),
    ('deltaOrthogonal', initializers.delta_orthogonal, [(3, 2, 2), (2, 2, 4), (3, 4, 2, 3)]),
):
    for shape in shapes:
        for dtype, axis, scale in (('float32', -1, 1.0), ('float64', -1, 0.5), ('float64', 0, 1.0)):
            value = make(scale, axis, dtype)(jax.random.key(7), shape)
            cases.append({
                'name': f'nn.{fn} {list(shape)} {dtype} {axis}', 'fn': f'nn.{fn}', 'args': [],
                'params': {'shape': list(shape), 'dtype': dtype, 'axis': axis, 'scale': scale}, 'out': [value], 'cotangents': None,
                'grad': None, 'tolerance': 1e-6 if dtype == 'float32' else 1e-13,
            })

write('decompositions', cases)
