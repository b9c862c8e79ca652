"""JAX's factorisations and solvers of linear systems in float64: linalg.json, and conjugate gradients: cg.json.

    {name, fn, args, params?, out, cotangent, grad, tol?}

`out` is a list of arrays; `cotangent` has one for each that is floating, in order, and `grad` the gradients of the inner
product, one for each argument. `tol` is relative to the greatest element, where the usual one is too tight: the condition
number times the precision.

    {name, A, b, x0, scaled, options: {tol, maxiter}, out, cotangent, grad}

The preconditioner, if there is one, divides by the diagonal; an iteration that is cut short has no gradient.
"""

import jax
import jax.numpy as jnp
import jax.scipy.linalg as jsl
import numpy as np
from scipy.linalg import hilbert

from golden import draw, rng, write

jax.config.update('jax_enable_x64', True)
random = rng(41)


def matrix(*shape):
    return draw(random, shape, digits=2)


def positive(*shape):
    x = matrix(*shape)
    return np.asarray((x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])).round(4))


def lu_solve(a, b, trans=0):
    return jsl.lu_solve(jsl.lu_factor(a), b, trans=trans)


functions = {
    'cholesky': lambda a, upper=False, symmetrizeInput=True: jnp.linalg.cholesky(a, upper=upper, symmetrize_input=symmetrizeInput),
    'choleskySolve': lambda a, b: jsl.cho_solve((jnp.linalg.cholesky(a), True), b),
    'det': jnp.linalg.det,
    'inv': jnp.linalg.inv,
    'lu': jax.lax.linalg.lu,
    'luSolve': lu_solve,
    'matrixPower': lambda a, n: jnp.linalg.matrix_power(a, n),
    'multiDot': lambda *list: jnp.linalg.multi_dot(list),
    'slogdet': lambda a: tuple(jnp.linalg.slogdet(a)),
    'solve': jnp.linalg.solve,
    'solveTriangular': lambda a, b, lower=False, trans=0, unitDiagonal=False: jsl.solve_triangular(
        a, b, lower=lower, trans=trans, unit_diagonal=unitDiagonal
    ),
    'triangularSolve': lambda a, b, leftSide=False, lower=False, transposeA=False, unitDiagonal=False: jax.lax.linalg.triangular_solve(
        a, b, left_side=leftSide, lower=lower, transpose_a=transposeA, unit_diagonal=unitDiagonal
    ),
}


def case(name, fn, *args, tol=None, **params):
    args = [np.asarray(x, np.float64) for x in args]
    value, pullback = jax.vjp(lambda *xs: functions[fn](*xs, **params), *map(jnp.asarray, args))
    outs, tree = jax.tree.flatten(value)
    floating = [jnp.issubdtype(y.dtype, jnp.floating) for y in outs]
    cts = [draw(random, y.shape, digits=1) for y, f in zip(outs, floating) if f]
    rest = iter(cts)
    seeds = [jnp.asarray(next(rest)) if f else np.zeros(y.shape, jax.dtypes.float0) for y, f in zip(outs, floating)]
    made = {'name': f'{fn} {name}', 'fn': fn, 'args': args, 'params': params or None, 'out': outs, 'cotangent': cts}
    return made | {'grad': list(pullback(jax.tree.unflatten(tree, seeds)))} | ({'tol': tol} if tol else {})


singular = [[1, 2, 3], [4, 5, 6], [5, 7, 9]]
deficient = np.array([[2, 1, 0, 1], [1, 3, 1, 0], [0, 1, 1, 2], [3, 4, 1, 1]])  # of rank 3
cases = [
    case(f'{n}', fn, *([positive(n, n)] if fn == 'cholesky' else [matrix(n, n)]))
    for fn in ('cholesky', 'det', 'inv', 'lu', 'slogdet')
    for n in (0, 1, 2, 3, 4, 7)
    if n > 0 or fn != 'det'  # whose gradient fails in JAX
]
cases += [
    case('stack', fn, positive(2, 3, 4, 4) if fn == 'cholesky' else matrix(2, 3, 4, 4)) for fn in ('cholesky', 'det', 'inv', 'slogdet')
]
cases += [
    case('upper', 'cholesky', positive(3, 3), upper=True),
    case('symmetrised', 'cholesky', positive(3, 3) + np.triu(matrix(3, 3), 1) / 10),
    case('indefinite', 'cholesky', [[1, 2], [2, 1]]),
    case('Hilbert', 'cholesky', hilbert(6), tol=1e-8),
    case('wide', 'lu', matrix(3, 5)),
    case('tall', 'lu', matrix(5, 3)),
    case('stack', 'lu', matrix(2, 3, 3)),
    case('Hilbert', 'lu', hilbert(6), tol=1e-8),
    case('Hilbert', 'inv', hilbert(6), tol=1e-8),
    case('Hilbert', 'det', hilbert(6), tol=1e-9),
    case('Hilbert', 'slogdet', hilbert(6), tol=1e-8),
    case('singular', 'det', singular, tol=1e-13),
    case('of rank 3', 'det', deficient, tol=1e-13),
    case('of rank 2', 'det', np.outer([1, 2, 3, 4], [1, 0, 2, 1]) + np.outer([0, 1, 0, 2], [1, 1, 0, 1])),
    case('vector', 'solve', matrix(4, 4), matrix(4)),
    case('matrix', 'solve', matrix(4, 4), matrix(4, 3)),
    case('stacks', 'solve', matrix(2, 1, 3, 3), matrix(4, 3, 2)),
    case('one matrix, a stack', 'solve', matrix(3, 3), matrix(2, 3, 2)),
    case('a stack, one vector', 'solve', matrix(2, 3, 3), matrix(3)),
    case('of one', 'solve', [[2]], [3]),
    case('of none', 'solve', np.zeros((0, 0)), np.zeros((0, 2))),
    case('Hilbert', 'solve', hilbert(6), matrix(6), tol=1e-8),
    case('vector', 'choleskySolve', positive(4, 4), matrix(4)),
    case('matrix', 'choleskySolve', positive(3, 3), matrix(3, 2)),
    case('vector', 'luSolve', matrix(4, 4), matrix(4)),
    case('transposed', 'luSolve', matrix(4, 4), matrix(4, 2), trans=1),
    case('3', 'matrixPower', matrix(3, 3), n=3),
    case('0', 'matrixPower', matrix(3, 3), n=0),
    case('-2', 'matrixPower', matrix(3, 3), n=-2, tol=1e-11),
    case('four', 'multiDot', matrix(2, 5), matrix(5, 3), matrix(3, 4), matrix(4, 1)),
    case('vectors', 'multiDot', matrix(3), matrix(3, 4), matrix(4)),
]
cases += [
    case(f'{lower} {trans} {unit}', 'solveTriangular', matrix(3, 3), matrix(3), lower=bool(lower), trans=trans, unitDiagonal=bool(unit))
    for lower in (0, 1)
    for trans in (0, 1)
    for unit in (0, 1)
]
cases += [
    case(
        f'{left} {lower} {transpose}', 'triangularSolve', matrix(2, 3, 3), matrix(2, 3, 2) if left else matrix(2, 2, 3),
        leftSide=bool(left), lower=bool(lower), transposeA=bool(transpose), unitDiagonal=bool(left and lower),
    )
    for left in (0, 1)
    for lower in (0, 1)
    for transpose in (0, 1)
]
cases += [case('singular', fn, *args) for fn, args in (
    ('solve', ([[1, 2], [2, 4]], [1, 1])), ('inv', ([[1, 2], [2, 4]],)), ('slogdet', ([[1, 2], [2, 4]],)), ('lu', ([[1, 2], [2, 4]],))
)]
write('linalg', cases)


def iterate(name, n, tol, maxiter, guess, scaled):
    a, b = positive(n, n), matrix(n)
    x0 = matrix(n) if guess else None

    def cg(a, b):
        precondition = (lambda r: r / jnp.diag(a)) if scaled else None
        return jax.scipy.sparse.linalg.cg(lambda x: a @ x, b, x0, tol=tol, maxiter=maxiter, M=precondition)[0]

    value, pullback = jax.vjp(cg, jnp.asarray(a), jnp.asarray(b))
    ct = draw(random, (n,), digits=1)
    whole = maxiter > n and tol < 1e-10
    made = {'name': name, 'A': a, 'b': b, 'x0': x0, 'scaled': scaled, 'options': {'tol': tol, 'maxiter': maxiter}, 'out': value}
    return made | {'cotangent': ct if whole else None, 'grad': list(pullback(jnp.asarray(ct))) if whole else None}


cases = [
    iterate(f'{n} unknowns, {most} steps' + (', a guess' if guess else '') + (', preconditioned' if scaled else ''), n, tol, most, guess, scaled)
    for n, tol, most in ((5, 1e-14, 50), (5, 1e-14, 2), (8, 0.3, 50))
    for guess in (False, True)
    for scaled in (False, True)
    if tol < 0.1 or not guess
]
write('cg', cases)
