"""Windows, scans along an axis, and sorting: reduce_window.json, cumulative.json, sort.json.

reduce_window: {name, fn: reduceWindowMax | reduceWindowMin | reduceWindowSum, args: [x], params, out, cotangent?, grad?}
    params: windowDimensions, windowStrides, padding, baseDilation, windowDilation. The gradient of max and min sends
    each cotangent to the first element (row-major in its window) that attains the value.
cumulative:    {name, fn: cumsum | cumprod | cummax | cummin | cumlogsumexp, args: [x], params: {axis, reverse}, out,
    cotangent?, grad?}
sort:          {name, fn: sort | argsort | topK, args, params, out, cotangent?, grad?}
    several results (sort of several operands, topK) make `out` and `cotangent` lists, with null for integer parts.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from golden import differentiate, draw, rng, whole, write

jax.config.update('jax_enable_x64', True)
random = rng(7)


def entry(label, fn, f, operand, params, forward=False):
    """One case; `forward` takes the gradient from the Jacobian of forward mode, where JAX has no reverse mode."""
    case = {'name': f'{fn} {label}', 'fn': fn, 'args': [operand], 'params': params}
    if not np.issubdtype(operand.dtype, np.floating):
        return case | {'out': f(operand)}
    cotangent = whole(random, jax.eval_shape(f, operand).shape)
    if forward:
        out, grad = f(operand), [jnp.tensordot(cotangent, jax.jacfwd(f)(operand), cotangent.ndim)]
    else:
        out, grad = differentiate(f, [operand], cotangent)
    return case | {'out': out, 'cotangent': cotangent, 'grad': grad}


def windows():
    cases = []
    computations = {'Max': (-np.inf, lax.max), 'Min': (np.inf, lax.min), 'Sum': (0.0, lax.add)}

    def case(label, kind, x, window, strides, padding, base=None, dilation=None):
        start, computation = computations[kind]
        ones = (1,) * x.ndim
        base, dilation = base or ones, dilation or ones
        f = lambda a: lax.reduce_window(a, start, computation, window, strides, padding, base, dilation)
        params = {
            'windowDimensions': window,
            'windowStrides': strides,
            'padding': padding,
            'baseDilation': base,
            'windowDilation': dilation,
        }
        cases.append(entry(label, f'reduceWindow{kind}', f, x, params, forward=kind != 'Sum' and dilation != ones))

    flat = whole(random, (8,))
    image = (random.permutation(30).astype(np.float64) - 15).reshape(5, 6)
    batch = whole(random, (2, 4, 4, 1))
    for kind in computations:
        case('one dimension', kind, flat, (3,), (1,), 'VALID')
        case('strides', kind, flat, (3,), (2,), 'SAME')
        case('padding', kind, flat, (2,), (3,), ((1, 2),))
        case('image', kind, image, (2, 2), (2, 2), 'VALID')
        case('overlap, same', kind, image, (3, 2), (2, 1), 'SAME')
        case('padding, image', kind, image, (2, 3), (1, 2), ((1, 0), (1, 2)))
        case('window dilation', kind, image, (2, 2), (1, 2), 'VALID', None, (2, 3))
        case('pooling, channels last', kind, batch, (1, 2, 2, 1), (1, 2, 2, 1), 'VALID')
    case('base dilation', 'Sum', flat, (2,), (1,), ((0, 1),), (3,))
    case('base dilation, image', 'Sum', image, (2, 2), (2, 1), ((1, 1), (0, 0)), (2, 1), (1, 2))
    ties = np.array([[1.0, 1, 2, 2], [1, 1, 2, 2], [0, 3, 3, 3], [3, 3, 0, 3]])
    case('ties', 'Max', ties, (2, 2), (1, 1), 'VALID')
    case('ties', 'Min', ties, (2, 2), (1, 1), 'VALID')
    case('ties, same', 'Max', ties, (3, 3), (2, 2), 'SAME')
    case('windows in the padding', 'Max', flat[:3], (2,), (2,), ((2, 2),))
    write('reduce_window', cases)


def cumulative():
    cases = []
    table = whole(random, (3, 4))
    for name in ('cumsum', 'cumprod', 'cummax', 'cummin', 'cumlogsumexp'):
        f = getattr(lax, name)
        for axis, reverse in ((0, False), (1, False), (1, True)):
            params = {'axis': axis, 'reverse': reverse}
            cases.append(entry(f'axis {axis} reverse {reverse}', name, lambda x: f(x, **params), table, params))
        vector = draw(random, (17,), digits=1)
        cases.append(entry('vector', name, lambda x: f(x, axis=0), vector, {'axis': 0, 'reverse': False}))
    for name, x in (
        ('cumsum', np.array([[100, 27], [1, 1]], np.int8)),
        ('cumprod', np.array([[3, 5, 100000]], np.int32)),
        ('cummax', np.array([[1, 0, 3, 2]], np.uint32)),
        ('cummin', np.array([[1, 0, 3, -2]], np.int32)),
    ):
        f = getattr(lax, name)
        for axis in (0, 1):
            cases.append(
                entry(f'{x.dtype} axis {axis}', name, lambda a: f(a, axis=axis), x, {'axis': axis, 'reverse': False})
            )
    cases.append(
        entry(
            'with a NaN',
            'cummax',
            lambda x: lax.cummax(x, axis=0),
            np.array([1.0, np.nan, 3, 2]),
            {'axis': 0, 'reverse': False},
        )
    )
    cases.append(
        entry(
            'with a zero',
            'cumprod',
            lambda x: lax.cumprod(x, axis=0),
            np.array([2.0, 3, 0, 4, 5]),
            {'axis': 0, 'reverse': False},
        )
    )
    write('cumulative', cases)


def sorting():
    cases = []
    inf, nan = np.inf, np.nan
    special = np.array([[3, nan, -0.0, 0, 1, -inf], [0, -0.0, 0, inf, nan, -1]])
    table = np.array([[3.0, 1, 2, 1], [0, 5, 5, 4], [2, 2, 2, 2]])
    integers = np.array([[3, -1, 2, -1], [7, 7, 0, 1]], np.int32)

    def single(label, fn, f, x, params):
        if fn == 'argsort':
            cases.append(
                {'name': f'{fn} {label}', 'fn': fn, 'args': [x], 'params': params, 'out': f(x)}
            )
        else:
            cases.append(entry(label, fn, f, x, params))

    for label, x in (
        ('special', special),
        ('table', table),
        ('integers', integers),
        ('unsigned', integers.astype(np.uint32)),
        ('booleans', integers > 1),
    ):
        for axis in (0, 1):
            single(f'{label} axis {axis}', 'sort', lambda a: lax.sort(a, dimension=axis), x, {'dimension': axis})
        single(
            f'{label} descending',
            'sort',
            lambda a: jnp.sort(a, axis=1, descending=True),
            x,
            {'dimension': 1, 'descending': True},
        )
        for descending in (False, True):
            single(
                f'{label} descending {descending}',
                'argsort',
                lambda a: jnp.argsort(a, axis=1, descending=descending),
                x,
                {'axis': 1, 'descending': descending},
            )

    def several(label, fn, f, args, params):
        out = f(*map(jnp.asarray, args))
        floating = [o for o in out if jnp.issubdtype(o.dtype, jnp.floating)]
        cotangents = [whole(random, o.shape) if jnp.issubdtype(o.dtype, jnp.floating) else None for o in out]
        where = [i for i, a in enumerate(args) if np.issubdtype(a.dtype, np.floating)]

        def moving(*values):
            full = list(map(jnp.asarray, args))
            for i, v in zip(where, values):
                full[i] = v
            return [o for o in f(*full) if jnp.issubdtype(o.dtype, jnp.floating)]

        grad = jax.vjp(moving, *(jnp.asarray(args[i]) for i in where))[1](
            [jnp.asarray(c) for c in cotangents if c is not None]
        )
        cases.append(
            {
                'name': f'{fn} {label}',
                'fn': fn,
                'args': args,
                'params': params,
                'out': list(out),
                'cotangent': cotangents,
                'grad': list(grad),
            }
        )

    value = np.arange(12.0).reshape(3, 4)
    several(
        'two operands',
        'sort',
        lambda k, v: lax.sort((k, v), dimension=1, num_keys=1),
        [table, value],
        {'dimension': 1, 'numKeys': 1},
    )
    several(
        'two keys',
        'sort',
        lambda a, b, c: lax.sort((a, b, c), dimension=0, num_keys=2),
        [np.array([1, 0, 1, 0, 1], np.int32), np.array([2.0, 5, 1, 5, 2]), np.arange(5.0)],
        {'dimension': 0, 'numKeys': 2},
    )
    several(
        'special keys',
        'sort',
        lambda k, v: lax.sort((k, v), dimension=1, num_keys=1),
        [special, np.arange(12.0).reshape(2, 6)],
        {'dimension': 1, 'numKeys': 1},
    )
    for k in (1, 3):
        several(f'table {k}', 'topK', lambda x: lax.top_k(x, k), [table], {'k': k})
        several(f'special {k}', 'topK', lambda x: lax.top_k(x, k), [special], {'k': k})
    out = lax.top_k(integers, 2)
    cases.append({'name': 'topK integers', 'fn': 'topK', 'args': [integers], 'params': {'k': 2}, 'out': list(out)})
    write('sort', cases)


windows()
cumulative()
sorting()
