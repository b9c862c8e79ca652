"""Random numbers of JAX's threefry, with the default layout of counters and with the old one.

    {name, fn, partitionable, key: [k0, k1], args?, params, out, bits?, tol?: {ulp?, abs?, rel?}}

`args` are the array operands after the key. `bits` are the words of a floating result: one uint32 per
element, for float64 two (high, low). `tol` says how near a result has to be; without it the bits are equal.
`key` cases have no key but `params.seed`; `x64` tells which of JAX's modes gave the value (the modes differ
for seeds that are negative or need more than 32 bits).
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jax import random

from golden import write

cases = []


def words(x):
    if x.dtype == np.float32:
        return [int(w) for w in x.ravel().view(np.uint32)]
    pairs = x.ravel().view(np.uint64)
    return [int(w) for pair in pairs for w in (pair >> np.uint64(32), pair & np.uint64(0xFFFFFFFF))]


def case(fn, label, key, call, params=None, args=None, tol=None, bits=False):
    out = np.asarray(call(jnp.asarray(key)))
    layout = jax.config.jax_threefry_partitionable
    name = f'{fn} {label} key {key[0]},{key[1]} {"partitionable" if layout else "original"}'
    entry = {'name': name, 'fn': fn, 'partitionable': layout, 'key': [int(k) for k in key]}
    entry |= {'args': args} if args else {}
    entry |= {'params': params or {}, 'out': out}
    entry |= {'bits': words(out)} if bits else {}
    cases.append(entry | ({'tol': tol} if tol else {}))


def keys():
    for x64, seed in itertools.product((False, True), (0, 1, 42, 2**31 + 5, 2**32 - 1, 2**40 + 3, -1)):
        jax.config.update('jax_enable_x64', x64)
        out = random.key_data(random.key(seed))
        cases.append(
            {
                'name': f'key {seed} {"x64" if x64 else "x32"}',
                'fn': 'key',
                'params': {'seed': seed},
                'x64': x64,
                'out': out,
            }
        )
    jax.config.update('jax_enable_x64', False)


def derived(key):
    for number in ((1,), (2,), (3,), (2, 3)):
        case('split', f'{list(number)}', key, lambda k: random.split(k, number), {'shape': list(number)})
    for data in (0, 1, 7, 123456789, 2**32 - 1):
        case('foldIn', f'{data}', key, lambda k: random.fold_in(k, np.uint32(data)), {'data': data})
    for shape in ((), (1,), (5,), (2, 3), (7,)):
        case(
            'bits',
            f'uint32 {list(shape)}',
            key,
            lambda k: random.bits(k, shape, 'uint32'),
            {'shape': list(shape), 'dtype': 'uint32'},
        )
        case(
            'bits',
            f'uint8 {list(shape)}',
            key,
            lambda k: random.bits(k, shape, 'uint8'),
            {'shape': list(shape), 'dtype': 'uint8'},
        )


def floats(key):
    for shape in ((), (5,), (2, 3)):
        params = {'shape': list(shape), 'dtype': 'float32'}
        case('uniform', f'{list(shape)}', key, lambda k: random.uniform(k, shape, 'float32'), params, bits=True)
        case('normal', f'{list(shape)}', key, lambda k: random.normal(k, shape, 'float32'), params, tol={'ulp': 2})
    for low, high in ((-1, 1), (2.5, 7.3), (1e-3, 1e3)):
        case(
            'uniform',
            f'from {low} to {high}',
            key,
            lambda k: random.uniform(k, (5,), 'float32', low, high),
            {'shape': [5], 'dtype': 'float32', 'minval': low, 'maxval': high},
            bits=True,
        )
    shape = {'shape': [6], 'dtype': 'float32'}
    case('exponential', '[6]', key, lambda k: random.exponential(k, (6,), 'float32'), shape, tol={'ulp': 2})
    for mode in ('low', 'high'):
        case(
            'gumbel',
            f'[6] {mode}',
            key,
            lambda k: random.gumbel(k, (6,), 'float32', mode=mode),
            shape | {'mode': mode},
            tol={'rel': 4e-7, 'abs': 4e-7},
        )
    for low, high in ((-2, 2), (-1, 0.5), (1, 4)):
        case(
            'truncatedNormal',
            f'from {low} to {high}',
            key,
            lambda k: random.truncated_normal(k, low, high, (6,), 'float32'),
            shape | {'lower': low, 'upper': high},
            tol={'rel': 1e-5},
        )


def doubles(key):
    jax.config.update('jax_enable_x64', True)
    for shape in ((), (5,), (2, 3)):
        params = {'shape': list(shape), 'dtype': 'float64'}
        case('uniform', f'float64 {list(shape)}', key, lambda k: random.uniform(k, shape, 'float64'), params, bits=True)
    params = {'shape': [6], 'dtype': 'float64'}
    case('normal', 'float64 [6]', key, lambda k: random.normal(k, (6,), 'float64'), params, tol={'ulp': 2})
    # where the logarithm within is nearly a tie, which libraries round to either side
    ties = np.array([0.6640817464467715, 0.6650324626107805, -0.6488700260412593, -0.6564898325088849])
    case('normalOf', 'ties', key, lambda k: np.sqrt(2) * jax.lax.erf_inv(ties), {}, [ties], tol={'ulp': 2})
    case(
        'uniform',
        'float64 from 2.5 to 7.3',
        key,
        lambda k: random.uniform(k, (6,), 'float64', 2.5, 7.3),
        params | {'minval': 2.5, 'maxval': 7.3},
        tol={'abs': 1e-14},
    )
    case(
        'exponential', 'float64 [6]', key, lambda k: random.exponential(k, (6,), 'float64'), params, tol={'rel': 1e-14}
    )
    case(
        'gumbel',
        'float64 [6]',
        key,
        lambda k: random.gumbel(k, (6,), 'float64'),
        params | {'mode': 'low'},
        tol={'rel': 1e-14, 'abs': 1e-14},
    )
    case(
        'truncatedNormal',
        'float64 from -2 to 2',
        key,
        lambda k: random.truncated_normal(k, -2.0, 2.0, (6,), 'float64'),
        params | {'lower': -2, 'upper': 2},
        tol={'rel': 1e-13},
    )
    jax.config.update('jax_enable_x64', False)


def integers(key):
    ranges = (
        (0, 10, 'int32'),
        (-5, 6, 'int32'),
        (0, 1, 'int32'),
        (5, 5, 'int32'),
        (7, 3, 'int32'),
        (0, 1_000_000, 'int32'),
        (-(2**31), 2**31 - 1, 'int32'),
        (0, 256, 'uint8'),
        (3, 200, 'uint8'),
        (-128, 128, 'int8'),
        (0, 1000, 'uint32'),
        (0, 2**32 - 1, 'uint32'),
    )
    for low, high, dtype in ranges:
        bounds = np.array([low, high], np.int64 if high < 2**31 else np.uint32)
        if high < 2**31:
            bounds = bounds.astype(np.int32)
        case(
            'randint',
            f'{dtype} {low}..{high}',
            key,
            lambda k: random.randint(k, (5,), bounds[0], bounds[1], dtype),
            {'shape': [5], 'minval': low, 'maxval': high, 'dtype': dtype},
        )
    case(
        'randint',
        'int32 0..10 [2,3]',
        key,
        lambda k: random.randint(k, (2, 3), 0, 10, 'int32'),
        {'shape': [2, 3], 'minval': 0, 'maxval': 10, 'dtype': 'int32'},
    )


def discrete(key):
    half = {'shape': [8], 'p': 0.5}
    case('bernoulli', 'half', key, lambda k: random.bernoulli(k, jnp.float32(0.5), (8,)), half)
    p = np.array([0, 0.1, 0.5, 0.9, 1], np.float32)
    case('bernoulli', 'array', key, lambda k: random.bernoulli(k, p, (2, 5)), {'shape': [2, 5]}, [p])
    for n in (1, 2, 5, 10):
        case('permutation', f'{n}', key, lambda k: random.permutation(k, n), {'n': n})
    vector, matrix = np.arange(10, 16, dtype=np.int32), np.arange(12, dtype=np.int32).reshape(3, 4)
    case('permutation', 'vector', key, lambda k: random.permutation(k, vector), {}, [vector])
    for axis, independent in ((0, False), (1, False), (0, True), (1, True)):
        case(
            'permutation',
            f'matrix axis {axis} independent {independent}',
            key,
            lambda k: random.permutation(k, matrix, axis, independent),
            {'axis': axis, 'independent': independent},
            [matrix],
        )
    weights = np.array([0.1, 0.2, 0.05, 0.25, 0.3, 0.1], np.float32)
    for replace in (True, False):
        case(
            'choice',
            f'n replace {replace}',
            key,
            lambda k: random.choice(k, 10, (4,), replace),
            {'n': 10, 'shape': [4], 'replace': replace},
        )
        case(
            'choice',
            f'n p replace {replace}',
            key,
            lambda k: random.choice(k, 6, (2, 2), replace, p=weights),
            {'n': 6, 'shape': [2, 2], 'replace': replace},
            [weights],
        )
        case(
            'choice',
            f'vector replace {replace}',
            key,
            lambda k: random.choice(k, vector, (3,), replace),
            {'shape': [3], 'replace': replace},
            [vector],
        )
        case(
            'choice',
            f'matrix axis 1 replace {replace}',
            key,
            lambda k: random.choice(k, matrix, (2,), replace, axis=1),
            {'shape': [2], 'replace': replace, 'axis': 1},
            [matrix],
        )
    case('choice', 'scalar', key, lambda k: random.choice(k, 10), {'n': 10, 'shape': [], 'replace': True})


def categories(key):
    logits = np.array([[0.1, 1.2, -0.7, 0.4], [2, -1, 0, 0.5], [0, 0, 0, 0]], np.float32)
    for params in (
        {},
        {'axis': 0},
        {'axis': -1, 'shape': [5, 3]},
        {'axis': 0, 'shape': [2, 4]},
        {'shape': [2, 3], 'replace': False},
        {'mode': 'high'},
    ):
        options = {k: tuple(v) if isinstance(v, list) else v for k, v in params.items()}
        case('categorical', f'{params}', key, lambda k: random.categorical(k, logits, **options), params, [logits])


def large(key):
    """One large draw each, as the wrapping sum of its words: the layout of many counters."""
    for fn, sample in (
        ('bits', lambda k: random.bits(k, (100_001,), 'uint32')),
        ('uniform', lambda k: random.uniform(k, (100_001,), 'float32')),
        ('normal', lambda k: random.normal(k, (100_001,), 'float32')),
    ):
        out = np.asarray(sample(jnp.asarray(key)))
        layout = jax.config.jax_threefry_partitionable
        cases.append(
            {
                'name': f'{fn} summary {"partitionable" if layout else "original"}',
                'fn': fn,
                'partitionable': layout,
                'key': [int(k) for k in key],
                'params': {'shape': [100_001], 'dtype': str(out.dtype)},
                'summary': {
                    'mean': float(out.astype(np.float64).mean()),
                    'min': out.min(),
                    'max': out.max(),
                    'wordSum': int(out.view(np.uint32).sum(dtype=np.uint64) % 2**32),
                },
            }
        )


keys()
for partitionable in (True, False):
    jax.config.update('jax_threefry_partitionable', partitionable)
    derived(np.array([0, 0], np.uint32))
    derived(np.array([0x9A3C51F7, 0x0D4B27E1], np.uint32))
    floats(np.array([0, 42], np.uint32))
    doubles(np.array([0, 42], np.uint32))
    large(np.array([0, 1], np.uint32))
    # the rest is made of split, bits and uniform, so the old layout needs fewer cases
    for family in (floats, integers, discrete, categories) if partitionable else (discrete,):
        family(np.array([0xC0FFEE11, 0x12345678], np.uint32))
write('random', cases)
