"""The NumPy-like layer, a few functions of nn, and initialisers.

    {name, fn, args, params?, out, tol?: {ulp?, abs?, rel?}}

`fn` is numpy.<name>, nn.<name> or nn.initializers.<name>; a list of arrays in `args` is one argument, and `out` is a
list where there are several results. Without `tol` results are equal. Cases with a float64 operand are made in JAX's
wide mode; all others in its ordinary mode, so that the dtype of the result is the one to expect. Initialisers have
params.key.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import nn

from golden import camel, rng, whole, write

random = rng(11)
cases = []
close = {'rel': 1e-13, 'abs': 1e-13}


def wide(x):
    return any(map(wide, x)) if isinstance(x, (list, tuple)) else np.asarray(x).dtype == np.float64


def case(fn, args, params=None, f=None, tol=None, label='', x64=None):
    params = params or {}
    space, name = fn.rsplit('.', 1)
    f = f or getattr({'numpy': jnp, 'numpy.linalg': jnp.linalg, 'nn': nn}[space], name)
    args = [list(map(np.asarray, a)) if isinstance(a, list) else np.asarray(a) for a in args]
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in params.items()}
    jax.config.update('jax_enable_x64', wide(args) if x64 is None else x64)
    device = jax.tree.map(jnp.asarray, args)
    out = f(*device, **options)
    shown = {camel(k): v for k, v in params.items()}
    full = f'{space}.{camel(name)}'
    name = ' '.join([full, label or ' '.join(f'{k} {v}' for k, v in shown.items())]).strip()
    number = sum(c['name'].split(' #')[0] == name for c in cases)
    entry = {'name': f'{name} #{number}' if number else name, 'fn': full, 'args': args} | (
        {'params': shown} if shown else {}
    )
    cases.append(entry | {'out': out} | ({'tol': tol} if tol else {}))


def f64(*shape):
    return whole(random, shape)


def products():
    specs = [
        ('ij,jk->ik', (2, 3), (3, 4)),
        ('ij,jk', (2, 3), (3, 2)),
        ('ij,kj', (2, 3), (4, 3)),
        ('ba', (2, 3)),
        ('ii', (3, 3)),
        ('ii->i', (3, 3)),
        ('iij->j', (2, 2, 3)),
        ('ij->', (2, 3)),
        ('i,i', (3,), (3,)),
        ('i,j->ij', (2,), (3,)),
        ('bij,bjk->bik', (2, 2, 3), (2, 3, 2)),
        ('...ij,...jk->...ik', (2, 1, 2, 3), (4, 3, 2)),
        ('...ij->...ji', (2, 2, 3)),
        ('i...,i...', (2, 3), (2, 3)),
        ('ij,jk,kl->il', (2, 2), (2, 3), (3, 2)),
        ('ijk,ilm,njm->nlk', (2, 3, 2), (2, 2, 2), (3, 3, 2)),
        ('ab,ab->ab', (2, 3), (2, 3)),
        ('bqhd,bkhd->bhqk', (1, 2, 2, 3), (1, 3, 2, 3)),
        ('i->i', (3,)),
        ('ij,ij->j', (1, 3), (2, 3)),
        ('ii,i->', (3, 3), (3,)),
    ]
    for spec, *shapes in specs:
        case(
            'numpy.einsum',
            [f64(*s) for s in shapes],
            {'subscripts': spec},
            lambda *a, subscripts: jnp.einsum(subscripts, *a),
        )
    for a, b in (
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 4)),
        ((5, 1, 2, 3), (4, 3, 2)),
        ((3,), (2, 3, 2)),
        ((2, 2, 3), (3,)),
    ):
        case('numpy.matmul', [f64(*a), f64(*b)])
    for a, b in (((2, 3), (3, 2)), ((2, 3), (4, 3, 2)), ((3,), (3,)), ((), (2, 2))):
        case('numpy.dot', [f64(*a), f64(*b)])
    for axes, a, b in (
        (0, (2,), (3,)),
        (1, (2, 3), (3, 2)),
        (2, (2, 2, 3), (2, 3, 2)),
        ([[0, 1], [1, 0]], (2, 3, 2), (3, 2, 2)),
        ([[-1], [0]], (2, 3), (3, 2)),
    ):
        case('numpy.tensordot', [f64(*a), f64(*b)], {'axes': axes})
    case('numpy.outer', [f64(2), f64(3)])
    case('numpy.inner', [f64(2, 3), f64(4, 3)])
    case('numpy.vdot', [f64(2, 3), f64(2, 3)])
    case('numpy.kron', [f64(2, 2), f64(2, 3)])
    case('numpy.cross', [f64(2, 3), f64(2, 3)])
    case('numpy.matmul', [np.array([[1, 2], [3, 4]], np.int32), np.array([[5], [6]], np.int8)], label='integers')
    case('numpy.matmul', [np.array([[100, 100]], np.int8), np.array([[2], [3]], np.int8)], label='int8 wraps')
    for k in (0, 1, -1):
        for name in ('tril', 'triu', 'diagonal', 'trace', 'diag'):
            case(f'numpy.{name}', [f64(3, 4)], {'offset' if name in ('diagonal', 'trace') else 'k': k})
    case('numpy.diag', [f64(3)], {'k': 1})
    case('numpy.diagonal', [f64(2, 3, 3)], {'offset': 0, 'axis1': 1, 'axis2': 2})


def shapes():
    x = f64(2, 3)
    for sections in (2, [1, 4], [0, 3, 6]):
        case('numpy.split', [f64(6, 2)], {'indices_or_sections': sections, 'axis': 0})
    case('numpy.array_split', [f64(7)], {'indices_or_sections': 3})
    for axis in (0, 1, -1):
        case('numpy.stack', [[x, f64(2, 3)]], {'axis': axis}, label=f'axis {axis}')
        case('numpy.concatenate', [[x, f64(2, 3)]], {'axis': axis}, label=f'axis {axis}')
    for name in ('hstack', 'vstack', 'dstack', 'column_stack'):
        case(f'numpy.{name}', [[f64(3), f64(3)]], label='vectors')
    for mode, params in (
        ('constant', {}),
        ('constant', {'constant_values': 7}),
        ('edge', {}),
        ('reflect', {}),
        ('symmetric', {}),
        ('wrap', {}),
    ):
        case('numpy.pad', [f64(3, 4)], {'pad_width': [[1, 2], [0, 3]], 'mode': mode, **params})
    case('numpy.pad', [f64(3)], {'pad_width': 2, 'mode': 'reflect'})
    case('numpy.pad', [f64(2)], {'pad_width': [[3, 4]], 'mode': 'reflect'}, label='more than the size')
    for axis in (None, 1):
        case('numpy.repeat', [x], {'repeats': 2, 'axis': axis})
    case(
        'numpy.repeat',
        [x],
        {'repeats': [1, 3], 'axis': 0},
        lambda a, repeats, axis: jnp.repeat(a, np.array(repeats), axis=axis),
    )
    for reps in (2, [2, 1], [2, 1, 2]):
        case('numpy.tile', [x], {'reps': reps})
    for params in ({'shift': 2}, {'shift': 1, 'axis': 1}, {'shift': [1, -2], 'axis': [0, 1]}):
        case('numpy.roll', [f64(3, 4)], params)
    for axis in (None, 0, [0, 1]):
        case('numpy.flip', [x], {'axis': axis})
    case('numpy.rot90', [x], {'k': 1})
    for n in (1, 2):
        case('numpy.diff', [f64(2, 5)], {'n': n, 'axis': 1})
    case('numpy.moveaxis', [f64(2, 3, 4)], {'source': 0, 'destination': -1})
    case('numpy.swapaxes', [f64(2, 3, 1)], {'axis1': 0, 'axis2': 2})
    case('numpy.transpose', [f64(2, 3, 1)], {'axes': [2, 0, 1]})
    case('numpy.reshape', [f64(2, 6)], {'shape': [3, -1]})
    case('numpy.squeeze', [f64(1, 3, 1)], {'axis': 2})
    case('numpy.expand_dims', [x], {'axis': [0, 2]})
    case('numpy.broadcast_to', [f64(3, 1)], {'shape': [2, 3, 2]})
    case('numpy.append', [x, f64(2)])
    case('numpy.atleast_2d', [f64(3)])
    case('numpy.ravel', [x])


def creation():
    none = []
    for params in (
        {'start': 0, 'stop': 1, 'num': 5},
        {'start': -1, 'stop': 2, 'num': 4, 'endpoint': False},
        {'start': 3, 'stop': 3, 'num': 1},
        {'start': 2, 'stop': 1, 'num': 7},
    ):
        for dtype in ('float32', 'float64'):
            case('numpy.linspace', none, params | {'dtype': dtype}, tol={'ulp': 1}, x64=True)
    case('numpy.logspace', none, {'start': 0, 'stop': 3, 'num': 4, 'dtype': 'float64'}, tol=close, x64=True)
    case('numpy.geomspace', none, {'start': 1, 'stop': 16, 'num': 5, 'dtype': 'float64'}, tol=close, x64=True)
    for bounds in ([5], [2, 7], [0, 10, 3], [5, 0, -2], [0.0, 1.0, 0.25], [0.5, 3], [3, 1]):
        case('numpy.arange', none, {'bounds': bounds}, lambda bounds: jnp.arange(*bounds))
    for indexing in ('xy', 'ij'):
        case('numpy.meshgrid', [f64(3), f64(2)], {'indexing': indexing})
    case('numpy.eye', none, {'N': 2, 'M': 3, 'k': 1})
    case('numpy.tri', none, {'N': 3})
    case('numpy.full', none, {'shape': [2], 'fill_value': 3})
    case('numpy.full', none, {'shape': [2], 'fill_value': 0.5})
    case('numpy.ones', none, {'shape': [2, 1]})
    case('nn.one_hot', [np.array([0, 2, 3, -1], np.int32)], {'num_classes': 3})


def statistics():
    x = f64(3, 4)
    for axis in (None, 0, 1, [0, 1]):
        for name in ('sum', 'mean', 'max', 'min', 'prod', 'var', 'std', 'ptp'):
            case(
                f'numpy.{name}',
                [x],
                {'axis': axis, 'keepdims': axis == 1},
                tol=close if name in ('mean', 'var', 'std') else None,
            )
    for name in ('var', 'std'):
        case(f'numpy.{name}', [x], {'axis': 0, 'ddof': 1}, tol=close)
    for dtype in ('int8', 'uint8', 'int32', 'uint32', 'bool'):
        y = np.array([[1, 0, 100], [2, 3, 100]]).astype(dtype)
        for name in ('sum', 'mean', 'prod', 'cumsum'):
            if dtype != 'bool' or name != 'prod':
                case(f'numpy.{name}', [y], {'axis': 1}, tol={'ulp': 1}, label=dtype)
    for name in ('all', 'any'):
        case(f'numpy.{name}', [np.array([[1.0, 0], [2, 3], [0, 0]])], {'axis': 1})
        case(f'numpy.{name}', [np.array([[True, False], [True, True]])], {'axis': 0})
    case(
        'numpy.average',
        [x, np.array([1.0, 2, 3, 4])],
        {'axis': 1},
        lambda a, w, axis: jnp.average(a, weights=w, axis=axis),
        close,
    )
    q = np.array([3.0, 1, 4, 1, 5, 9, 2, 6])
    case('numpy.median', [q])
    case('numpy.median', [x], {'axis': 1})
    for method in ('linear', 'lower', 'higher', 'nearest', 'midpoint'):
        for p in (0.0, 0.3, 0.5, 1.0):
            case('numpy.quantile', [q], {'q': p, 'method': method}, tol=close)
    case('numpy.percentile', [x], {'q': 25.0, 'axis': 0}, tol=close)
    case('numpy.quantile', [x, np.array([0.25, 0.5])], {'axis': 1}, tol=close)
    for axis, keepdims in ((None, False), (0, False), (1, True)):
        for name in ('argmax', 'argmin'):
            case(f'numpy.{name}', [x], {'axis': axis, 'keepdims': keepdims})
    case('numpy.cumsum', [x], {'axis': None})
    case('numpy.cumprod', [x], {'axis': 1})
    case('numpy.count_nonzero', [x], {'axis': 0})
    case('numpy.corrcoef', [x], tol=close)
    case('numpy.cov', [x], tol=close)
    for name in ('nansum', 'nanmean', 'nanmax', 'nanmin'):
        case(f'numpy.{name}', [np.array([[1, np.nan, 3], [4, 5, np.nan]])], {'axis': 1}, tol=close)
    for order in (None, 1, 2, np.inf, 'fro'):
        y = f64(2, 3) if order == 'fro' else f64(4)
        case('numpy.linalg.norm', [y], {'ord': order}, tol=close)


def searching():
    grid = np.array([1.0, 2, 2, 4, 7])
    for side in ('left', 'right'):
        case('numpy.searchsorted', [grid, np.array([0.0, 1, 2, 3, 7, 9, np.nan])], {'side': side})
    for right in (False, True):
        case('numpy.digitize', [np.array([0.0, 1, 2, 5, 7]), grid], {'right': right})
    case(
        'numpy.histogram',
        [np.array([0.5, 1, 2.5, 2.5, 4, 9]), np.array([0.0, 1, 2, 3, 4])],
        f=lambda a, b: jnp.histogram(a, bins=b),
    )
    case('numpy.histogram', [np.array([0.0, 1, 2.5, 2.5, 4])], {'bins': 4})
    case('numpy.bincount', [np.array([0, 3, 1, 3], np.int32)], {'length': 5})
    case('numpy.unique', [np.array([3, 1, 3, 2, 1], np.int32)])
    case('numpy.unique', [np.array([3, 1, 3, 2, 1], np.int32)], {'size': 5, 'fill_value': -1})
    case('numpy.nonzero', [np.array([[0.0, 2], [3, 0]])])
    case('numpy.nonzero', [np.array([0, 2, 0, 3], np.int32)], {'size': 3, 'fill_value': -1})
    case('numpy.flatnonzero', [np.array([0, 2, 0, 3], np.int32)])
    case('numpy.argwhere', [np.array([[0, 2], [3, 0]], np.int32)])
    case('numpy.sort', [f64(2, 5)], {'axis': 0})
    case('numpy.argsort', [f64(2, 5)], {'axis': 1})
    case('numpy.where', [np.array([[True], [False]]), f64(3), np.array(9.0)])
    case(
        'numpy.select',
        [
            [np.array([True, False, False]), np.array([True, True, False])],
            [np.array([1.0, 2, 3]), np.array([4.0, 5, 6])],
        ],
        {'default': 7.0},
    )
    case('numpy.choose', [np.array([0, 1, 0], np.int32), [np.array([1.0, 2, 3]), np.array([4.0, 5, 6])]])
    a, b = np.array([1.0, 1, 1e10, np.nan, np.inf, np.inf, 1e-9]), np.array(
        [1 + 1e-9, 1.1, 1.00001e10, np.nan, np.inf, -np.inf, 0]
    )
    for equal_nan in (False, True):
        case('numpy.isclose', [a, b], {'equal_nan': equal_nan})
    case('numpy.allclose', [a[:1], b[:1]])
    case('numpy.array_equal', [a[:2], a[:2]])
    case(
        'numpy.interp',
        [np.array([-1.0, 0, 0.5, 2, 2.5, 9]), np.array([0.0, 1, 2, 4]), np.array([5.0, 7, -1, 3])],
        tol=close,
    )
    case(
        'numpy.interp',
        [np.array([-1.0, 9]), np.array([0.0, 1]), np.array([5.0, 7])],
        {'left': -7, 'right': 8},
        tol=close,
    )
    for mode in ('full', 'same', 'valid'):
        case('numpy.convolve', [f64(5), f64(3)], {'mode': mode})
        case('numpy.correlate', [f64(5), f64(3)], {'mode': mode})
    case('numpy.polyval', [f64(4), f64(3)])
    case('numpy.isin', [np.array([1, 2, 5], np.int32), np.array([2, 5], np.int32)])
    case('numpy.vander', [np.array([1.0, 2, 3])], {'N': 3})
    case('numpy.trapezoid', [f64(5)], {'dx': 0.5})


def networks():
    x = np.array([[1.0, 2, 3], [-1000, 0, 1000], [0, 0, 0]])
    for name in ('softmax', 'log_softmax', 'logsumexp', 'standardize'):
        for axis in (0, 1):
            case(f'nn.{name}', [x], {'axis': axis}, tol=close)
    case(
        'nn.logsumexp',
        [x, np.array([[1.0, 2, 0.5]])],
        {'axis': 1},
        lambda a, b, axis: nn.logsumexp(a, axis=axis, b=b),
        close,
        'weighted',
    )
    y = np.array([-3.0, -1, -0.5, 0, 0.5, 1, 3, 7])
    case('nn.leaky_relu', [y], {'negative_slope': 0.1}, tol=close)
    case('nn.elu', [y], {'alpha': 0.5}, tol=close)
    case('nn.glu', [f64(2, 4)], {'axis': 1}, tol=close)

    near = {'rel': 1e-5, 'abs': 1e-7}
    jax.config.update('jax_enable_x64', False)
    key = np.array([0, 42], np.uint32)
    for name in ('lecun_normal', 'lecun_uniform', 'glorot_normal', 'glorot_uniform', 'he_normal', 'he_uniform'):
        for shape in ((3, 4), (2, 2, 3, 2)):
            out = getattr(nn.initializers, name)()(jnp.asarray(key), shape, jnp.float32)
            cases.append(
                {
                    'name': f'nn.initializers.{camel(name)} {list(shape)}',
                    'fn': f'nn.initializers.{camel(name)}',
                    'args': [],
                    'params': {'key': [0, 42], 'shape': shape, 'dtype': 'float32'},
                    'out': np.asarray(out),
                    'tol': near,
                }
            )
    for name, option in (
        ('normal', {'stddev': 0.5}),
        ('uniform', {'scale': 0.5}),
        ('truncated_normal', {'stddev': 0.5}),
    ):
        out = getattr(nn.initializers, name)(**option)(jnp.asarray(key), (2, 3), jnp.float32)
        cases.append(
            {
                'name': f'nn.initializers.{camel(name)}',
                'fn': f'nn.initializers.{camel(name)}',
                'args': [],
                'params': {'key': [0, 42], 'shape': [2, 3], 'dtype': 'float32', **option},
                'out': np.asarray(out),
                'tol': near,
            }
        )


for family in (products, shapes, creation, statistics, searching, networks):
    family()
write('numpy', cases)
