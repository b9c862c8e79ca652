"""Conventions of derivatives at kinks, ties and edges, all in float64.

    {name, fn, args, params?, out, tangents, jvp, cotangent, grad: [one per argument]}

`jvp` is the tangent of the result for the given tangents, `grad` the cotangents of the arguments for the given
cotangent. Cases of functions without a derivative (`argmax`) have `out` alone. A function with integer or several
results has a list in `out`, `jvp` and `cotangent` (`null` where there is no tangent).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn

from golden import camel, write

jax.config.update('jax_enable_x64', True)
inf, nan = np.inf, np.nan
cases = []


def seeds(x, shift):
    """Small distinct numbers of the shape of x."""
    return (np.arange(x.size) % 5 + 1 + shift).astype(np.float64).reshape(x.shape)


def case(fn, f, args, params=None, label='', derivative=True):
    args = [np.asarray(a, np.float64) for a in args]
    options = params or {}
    call = lambda *operands: f(*operands, **options)
    name = ' '.join([fn, *(str(v) for v in options.values()), label]).strip()
    entry = {'name': name, 'fn': fn, 'args': args}
    entry |= {'params': {camel(k): v for k, v in options.items()}} if options else {}
    if not derivative:
        cases.append(entry | {'out': call(*args)})
        return
    tangents = [seeds(a, i) for i, a in enumerate(args)]
    out, jvp = jax.jvp(call, tuple(map(jnp.asarray, args)), tuple(map(jnp.asarray, tangents)))
    floating = lambda leaf: jnp.issubdtype(leaf.dtype, jnp.floating)
    cotangent = jax.tree.map(
        lambda leaf: seeds(leaf, 0.5) if floating(leaf) else np.zeros(leaf.shape, jax.dtypes.float0), out
    )
    grad = jax.vjp(call, *map(jnp.asarray, args))[1](cotangent)
    shown = lambda tree: jax.tree.map(lambda leaf: None if leaf.dtype == jax.dtypes.float0 else leaf, tree)
    cases.append(
        entry | {'out': out, 'tangents': tangents, 'jvp': shown(jvp), 'cotangent': shown(cotangent), 'grad': list(grad)}
    )


def elementwise():
    points = [0.0, -0.0, 1, -1, 2.5, inf, -inf, nan]
    halves = [0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3]
    for name in (
        'abs', 'sign', 'sqrt', 'rsqrt', 'cbrt', 'log', 'log1p', 'exp', 'expm1', 'sin', 'tanh', 'logistic', 'asin',
        'acos', 'acosh', 'asinh', 'atanh', 'square', 'erf', 'erf_inv', 'lgamma', 'digamma',
    ):
        case(f'lax.{camel(name)}', getattr(lax, name), [points])
    for name in ('floor', 'ceil', 'round'):
        case(f'lax.{name}', getattr(lax, name), [halves])
    x, y = [1, 0, 0.0, -0.0, 2, inf, -inf, nan, 1], [1, 0, -0.0, 0.0, 1, inf, inf, 1, nan]
    for name in ('max', 'min'):
        case(f'lax.{name}', getattr(lax, name), [x, y])
    for name in ('maximum', 'minimum'):
        case(f'numpy.{name}', getattr(jnp, name), [x, y])
    case('lax.div', lax.div, [[1, 0, -1, 0, inf, 1], [0, 0, 0.0, 2, inf, inf]])
    case('lax.rem', lax.rem, [[5, -5, 5, -5, 6, 0, 5.5, -6], [3, 3, -3, -3, 3, 3, 2, 3]])
    case('lax.atan2', lax.atan2, [[0, -0.0, 0, -0.0, 1, -1, 1, inf], [0, 0, -1, -1, 0, 0, 1, inf]])
    base, power = [0, 0, 0, 0, 0, 2, 2, -2, -2, 1, 0.5, 0], [0, 0.5, 1, 2, 3, 0, 1, 2, 3, 0, -1, -1]
    case('lax.pow', lax.pow, [base, power])
    case('numpy.power', jnp.power, [base, power])
    for y in (0, 1, 2, 3, -1, -2):
        case('lax.integerPow', lax.integer_pow, [[0, -0.0, 1, -2, 3, inf]], {'y': y})
    case('lax.clamp', lax.clamp, [[0.0] * 6, [-1, 0, 0.5, 1, 2, nan], [1.0] * 6])
    case('numpy.clip', jnp.clip, [[-1, 0, 0.5, 1, 2]], {'min': 0.0, 'max': 1.0})
    for name in ('absolute', 'sign', 'square', 'sinc', 'nan_to_num', 'trunc', 'reciprocal', 'log2', 'log10', 'exp2'):
        case(f'numpy.{camel(name)}', getattr(jnp, name), [points])
    for name in ('mod', 'fmod', 'floor_divide'):
        case(f'numpy.{camel(name)}', getattr(jnp, name), [[5, -5, 5, -5, 6, 0, 5.5], [3, 3, -3, -3, 3, 3, 2]])
    case('numpy.hypot', jnp.hypot, [[0, 3, 0, inf], [0, 4, 1, 1]])
    case('numpy.arctan2', jnp.arctan2, [[0, 1, 0, -1], [0, 0, -1, 0]])
    case(
        'numpy.logaddexp',
        jnp.logaddexp,
        [[0, inf, -inf, inf, -inf, 1000, 1, nan], [0, inf, -inf, -inf, 0, 1000, -inf, 0]],
    )
    case(
        'numpy.where',
        lambda x, y: jnp.where(jnp.asarray([True, False, True]), x, y),
        [[1, 2, nan], [nan, 5, 6]],
        label='mask true,false,true',
    )
    case(
        'numpy.where',
        lambda x: jnp.where(x > 0, jnp.log(x), 0.0),
        [[1, 0, -1]],
        label='x > 0 then log x else 0: the classical trap',
    )
    case(
        'numpy.where',
        lambda x: jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1.0)), 0.0),
        [[1, 0, -1]],
        label='guarded twice',
    )
    case(
        'lax.selectN',
        lambda a, b, c: lax.select_n(jnp.asarray([0, 1, 2, 0], jnp.int32), a, b, c),
        [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]],
        label='which 0,1,2,0',
    )


def reductions():
    tied = [[3, 1, 3, 3], [0, -0.0, 0, -1], [2, 2, 2, 2], [nan, 1, nan, 2], [-inf, -inf, -inf, -inf]]
    zeros = [[2, 3, 4], [0, 3, 4], [0, 0, 4], [0, 0, 0]]
    for name in ('max', 'min'):
        case(f'numpy.{name}', getattr(jnp, name), [tied], {'axis': 1})
        case(f'numpy.{name}', getattr(jnp, name), [[[1, 5], [5, 2]]], label='all axes')
        case(f'lax.reduce{name.capitalize()}', getattr(lax, f'reduce_{name}'), [tied], {'axes': (1,)})
    for name in ('argmax', 'argmin'):
        case(f'numpy.{name}', getattr(jnp, name), [tied], {'axis': 1}, derivative=False)
        case(f'numpy.{name}', getattr(jnp, name), [tied[:3]], label='flat', derivative=False)
    case('numpy.prod', jnp.prod, [zeros], {'axis': 1})
    for name in ('cummax', 'cummin', 'cumprod', 'cumsum', 'cumlogsumexp'):
        rows = zeros if name == 'cumprod' else [[1, 3, 3, 2, 3], [2, 2, 1, 1, 4], [0, -0.0, 0, -1, 0]]
        case(f'lax.{name}', getattr(lax, name), [rows], {'axis': 1})
    case('lax.cumlogsumexp', lax.cumlogsumexp, [[-inf, -inf, 1, -inf, 2]], {'axis': 0}, label='infinite')
    case('lax.sort', lax.sort, [[[2, 1, 2, 1], [0, -0.0, 0, -0.0], [nan, 1, -inf, inf]]], {'dimension': 1})
    case('lax.topK', lax.top_k, [[[2, 1, 2, 1], [3, 3, 3, 3], [nan, 1, inf, 2]]], {'k': 2})
    for params in ({}, {'ord': 1}, {'ord': np.inf}):
        for x in ([0, 0, 0], [3, -4, 0], [3, -3, 1]):
            case('numpy.linalg.norm', jnp.linalg.norm, [x], params, label=f'of {x}')
    for name in ('var', 'std'):
        case(f'numpy.{name}', getattr(jnp, name), [[[2, 2, 2], [1, 2, 4]]], {'axis': 1})
    case(
        'nn.logsumexp',
        nn.logsumexp,
        [[[0, 0, 0], [1000, 1000, -1000], [-inf, -inf, -inf], [inf, 1, 2], [-inf, 0, 1]]],
        {'axis': 1},
    )
    case('numpy.median', jnp.median, [[[3, 1, 2, 2], [1, 1, 1, 1]]], {'axis': 1})


def activations():
    points = [-1000, -7, -3, -1, -0.0, 0, 1, 3, 6, 1000]
    for name in (
        'relu', 'relu6', 'leaky_relu', 'elu', 'selu', 'celu', 'gelu', 'silu', 'softplus', 'sigmoid', 'log_sigmoid',
        'hard_tanh', 'hard_sigmoid', 'hard_silu', 'soft_sign',
    ):
        case(f'nn.{camel(name)}', getattr(nn, name), [points])
    case('nn.gelu', nn.gelu, [points], {'approximate': False})
    for name in ('softmax', 'log_softmax'):
        case(f'nn.{camel(name)}', getattr(nn, name), [[[0, 0, 0], [1000, 1001, 1002], [-inf, 0, 1]]], {'axis': 1})


elementwise()
reductions()
activations()
write('kinks', cases)
