"""Elementwise functions at ordinary, extreme and special points.

    {name, fn, args, params?, out, ulp, source: 'mpmath' | 'numpy' | 'jax'}

`mpmath` results are computed with many digits from the exact arguments and rounded once, to the nearest even, so
`ulp` bounds the distance to the truth; at zeros, infinities and NaN they are those of C and IEEE 754 by way of NumPy.
`numpy` results are exact operations. `jax` results are conventions: integer division by zero, shifts beyond
the width, conversions out of range, the functions of the NumPy layer. `ulp` 0 means equal bits (any NaN is as good).
"""

from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
from jax import lax
from scipy import special

from golden import camel, write

jax.config.update('jax_enable_x64', True)
np.seterr(all='ignore')
inf, nan = np.inf, np.nan
cases = []
widths = {'float32': (24, -149), 'float64': (53, -1074)}


def nearest(x, dtype):
    """A real number of mpmath rounded to the nearest element of the dtype, ties to even."""
    bits, least = widths[dtype]
    if mp.isnan(x) or mp.im(x) != 0:
        return nan
    x = mp.re(x)
    if mp.isinf(x) or x == 0:
        return float(x)
    sign, man, exp, count = x._mpf_
    unit = max(exp + count - bits, least)
    scaled = Fraction(man) * Fraction(2) ** (exp - unit)
    rounded = round(scaled)
    exact = Fraction(rounded) * Fraction(2) ** unit
    value = inf if exact > Fraction(float(np.finfo(dtype).max)) else float(exact)
    return -value if sign else value


def add(label, fn, args, out, ulp, source, params=None):
    entry = {'name': f'{fn} {label}', 'fn': fn, 'args': args} | ({'params': params} if params else {})
    cases.append(entry | {'out': np.asarray(out), 'ulp': ulp, 'source': source})


def true(name, exact, ieee, ulp, points, prec=2400):
    """Points of one or two columns; `ieee` answers where an argument is zero or not finite."""
    wide = [np.array(c) for c in zip(*[p if isinstance(p, tuple) else (p,) for p in points])]
    for dtype in widths:
        columns = [c.astype(dtype) for c in wide]
        fits = [np.isfinite(c) | ~np.isfinite(w) for c, w in zip(columns, wide)]
        columns = [c[np.logical_and.reduce(fits)] for c in columns]
        out = []
        with mp.workprec(prec):
            for values in zip(*columns):
                special_case = any(v == 0 or not np.isfinite(v) for v in values)
                try:
                    out.append(
                        float(ieee(*(np.float64(v) for v in values)))
                        if special_case
                        else nearest(mp.mpmathify(exact(*(mp.mpf(float(v)) for v in values))), dtype)
                    )
                except (ZeroDivisionError, ValueError):
                    out.append(float(ieee(*(np.float64(v) for v in values))))
        add(dtype, name, columns, np.array(out, dtype), ulp, 'mpmath')


edges = [0.0, -0.0, inf, -inf, nan]
small = [1e-45, -3e-42, 1e-5]
middle = [0.1, -0.3, 1.0, -1.0, -2.5, 3.7, -10.1]
general = edges + small + middle


def one_argument():
    true('exp', mp.exp, np.exp, 2, general + [88.5, 89.0, -87.5, -100.25, -103.5, 709.5, 710.0, -745.0, -746.0])
    true('exp2', lambda x: mp.power(2, x), np.exp2, 4, general + [127.5, 128.0, -126.5, -140.25, 1023.5, -1074.0])
    true('expm1', mp.expm1, np.expm1, 2, general + [88.5, -20.0, -100.0, 709.5])
    positive = [2.0, 2.71828, 7.25, 0.99999, 1.00001, 1e5, 1e30, 3.4e38, 1e300]
    true('log', mp.log, np.log, 2, general + positive)
    true('log2', lambda x: mp.log(x, 2), np.log2, 4, general + positive + [8.0, 0.25])
    true('log10', mp.log10, np.log10, 4, general + positive + [1000.0, 1e22])
    true('log1p', mp.log1p, np.log1p, 2, general + [-0.5, -0.99999, 0.4, 1e5, 3e38, 1e300])
    angles = [
        0.7853981633974483, 1.5707963267948966, 3.141592653589793, 6.283185307179586, -4.7, 100.25, 1e5, 12345678.9,
        1e10, 1e22, 3.4e38, 1e300,
    ]
    for name in ('sin', 'cos', 'tan'):
        true(name, getattr(mp, name), getattr(np, name), 2, general + angles)
    unit = [0.9999, -0.99, 0.707, -0.5, 0.001]
    for name, ieee in (('asin', np.arcsin), ('acos', np.arccos), ('atanh', np.arctanh)):
        true(name, getattr(mp, name), ieee, 4, general + unit)
    true('atan', mp.atan, np.arctan, 4, general + [100.0, 1e10, -1e38])
    true('sinh', mp.sinh, np.sinh, 4, general + [20.0, 88.9, 89.4, -90.0, 710.4])
    true('cosh', mp.cosh, np.cosh, 4, general + [20.0, 88.9, 89.4, -90.0, 710.4])
    true('tanh', mp.tanh, np.tanh, 2, general + [0.625, 5.0, 9.5, -20.0, 1000.0])
    true('asinh', mp.asinh, np.arcsinh, 4, general + [100.0, 1e10, -1e30, 3e38])
    true('acosh', mp.acosh, np.arccosh, 4, general + [1.0001, 2.0, 100.0, 1e10, 3e38])
    true('sqrt', mp.sqrt, np.sqrt, 0, general + [2.0, 1e10, 3e38])
    true('rsqrt', lambda x: 1 / mp.sqrt(x), lambda x: 1 / np.sqrt(x), 2, general + [2.0, 1e10, 3e38])
    true('cbrt', lambda x: mp.sign(x) * mp.cbrt(abs(x)), np.cbrt, 4, general + [8.0, -27.0, 1e10, -3e38])
    true(
        'logistic',
        lambda x: 1 / (1 + mp.exp(-x)),
        lambda x: 1 / (1 + np.exp(-x)),
        4,
        general + [20.0, -50.0, 100.0, -100.0, -104.0, -740.0],
    )
    true('erf', mp.erf, special.erf, 2, general + [0.8, 2.0, -3.0, 4.0, 5.9, 10.0], 400)
    true('erfc', mp.erfc, special.erfc, 4, general + [0.8, 2.0, -3.0, 5.0, 9.5, 10.5, 26.5, 30.0], 400)
    true(
        'erfInv',
        lambda x: mp.erfinv(x) if abs(x) < 1 else mp.sign(x) * mp.inf if abs(x) == 1 else mp.nan,
        special.erfinv,
        4,
        general + [0.9, -0.999, 0.99999, 0.25],
        400,
    )
    true(
        'lgamma',
        lambda x: (
            mp.inf
            if x <= 0 and x == mp.floor(x)
            else mp.log(abs(mp.gamma(x))) if abs(x) < 1e4 else mp.re(mp.loggamma(x))
        ),
        np.vectorize(lambda x: x if np.isnan(x) else inf),
        8,
        general + [2.0, 3.0, 7.5, 50.5, -0.5, -3.2, 1e5, 1e30],
        400,
    )
    true(
        'digamma',
        lambda x: mp.nan if x <= 0 and x == mp.floor(x) else mp.digamma(x),
        lambda x: nan,
        8,
        [nan, -inf, *middle, 2.0, 7.5, 50.5, -0.5, -3.2, 1e5, 1e30],
        400,
    )
    true('square', lambda x: x * x, np.square, 0, general + [1e20, -1e200, 1e-25])
    true('reciprocal', lambda x: 1 / x, np.reciprocal, 0, general + [3.0, 1e38, 1e-39, 1e308])
    # the argument pi x is rounded, so sinc is only near the truth
    points = [0.0, -0.0, nan, *small, 0.1, -0.3, 0.5, 1.5, -2.5, 20.25]
    true('sinc', lambda x: mp.sin(mp.pi * x) / (mp.pi * x), np.sinc, 64, points)


def two_arguments():
    pairs = [
        (0.0, 0.0), (0.0, -0.0), (-0.0, 0.0), (-0.0, -0.0), (0.0, 1.0), (0.0, -1.0), (-0.0, -1.0), (1.0, 0.0),
        (-1.0, -0.0), (inf, inf), (inf, -inf), (-inf, 1.0), (1.0, inf), (1.0, -inf), (-1.0, -inf), (nan, 1.0),
        (1.0, nan), (1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (1e-30, 1e10), (3.0, -1e-20), (1e30, 2.0),
    ]
    true('atan2', mp.atan2, np.arctan2, 4, pairs)
    pairs = [
        (0.0, 0.0), (-0.0, 0.0), (0.0, 1.0), (0.0, -1.0), (-0.0, -1.0), (-0.0, -2.0), (-0.0, 3.0), (0.0, 0.5),
        (nan, 0.0), (1.0, nan), (nan, 1.0), (0.0, nan), (2.0, inf), (0.5, inf), (2.0, -inf), (1.0, inf), (-1.0, inf),
        (-1.0, -inf), (inf, 0.0), (inf, -1.0), (-inf, 3.0), (-inf, 2.0), (-inf, -3.0), (-2.0, 3.0), (-2.0, 0.5),
        (-8.0, 1 / 3), (2.0, 0.5), (10.0, -3.0), (1.0001, 10000.0), (0.999, 50000.0), (2.0, 127.5), (2.0, 128.0),
        (2.0, -149.0), (7.3, 2.2), (1e-20, 2.0), (3e38, 0.25), (-1.0, 1e9),
    ]
    true('pow', mp.power, np.power, 2, pairs)
    true(
        'hypot',
        mp.hypot,
        np.hypot,
        4,
        [
            (0.0, 0.0), (-0.0, 0.0), (inf, nan), (nan, 1.0), (-inf, 2.0), (3.0, 4.0), (1.0, 1.0), (1e30, 1e30),
            (1e-30, 1e-30), (-5.0, 12.0), (1e-40, 0.0),
        ],
    )
    true(
        'logaddexp',
        lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
        np.logaddexp,
        4,
        [
            (0.0, 0.0), (inf, inf), (-inf, -inf), (inf, -inf), (-inf, 2.0), (nan, 1.0), (1.0, 2.0), (1000.0, 1000.5),
            (-1000.0, -999.0), (0.5, -30.0), (88.0, 89.0),
        ],
    )
    for name, exact, ulp in (
        ('add', lambda x, y: x + y, 0),
        ('sub', lambda x, y: x - y, 0),
        ('mul', lambda x, y: x * y, 0),
        ('div', lambda x, y: x / y, 0),
    ):
        ieee = {'add': np.add, 'sub': np.subtract, 'mul': np.multiply, 'div': np.divide}[name]
        true(
            name,
            exact,
            ieee,
            ulp,
            [
                (0.1, 0.2), (1e38, 3e38), (-1e-38, 1e-6), (1.0, 3.0), (inf, -inf), (inf, 0.0), (0.0, -0.0),
                (-0.0, -0.0), (1.0, 0.0), (-1.0, 0.0), (nan, 1.0), (16777216.0, 1.0), (1e-45, 0.5), (2.0, 1e-45),
                (1e308, 1e308),
            ],
        )


def exact_operations():
    """Exact in both systems, so NumPy is the judge (JAX of the zero that max and min choose)."""
    x = [
        0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 0.49999997, -0.3, 3.7, -3.7, 8388609.0, 1e30, -1e30, inf, -inf,
        nan, 1e-40,
    ]
    away = lambda v: np.trunc(v + np.copysign(np.nextafter(v.dtype.type(0.5), v.dtype.type(0)), v))
    ones = {
        'floor': np.floor,
        'ceil': np.ceil,
        'trunc': np.trunc,
        'abs': np.abs,
        'neg': np.negative,
        'isFinite': np.isfinite,
        'sign': lambda v: np.where(v == 0, v, np.sign(v)),
    }
    for dtype in widths:
        v = np.array(x, dtype)
        for fn, f in ones.items():
            add(dtype, fn, [v], f(v).astype(bool if fn == 'isFinite' else dtype), 0, 'numpy')
        add(f'to even {dtype}', 'round', [v], np.round(v), 0, 'numpy', {'roundingMethod': 'TO_NEAREST_EVEN'})
        add(f'away from zero {dtype}', 'round', [v], away(v), 0, 'numpy', {'roundingMethod': 'AWAY_FROM_ZERO'})
        a = np.array([5, -5, 5, -5, 5.5, -0.0, 0, 1, 1, inf, 3, -3, nan, 1e30, 6, -6, 0.3], dtype)
        b = np.array([3, 3, -3, -3, 2, 3, -3, 0, -0.0, 2, inf, inf, 1, 7, 3, 3, 0.1], dtype)
        add(dtype, 'rem', [a, b], np.fmod(a, b), 0, 'numpy')
        c = np.array([0, -0.0, 0, 1, 1, -1, inf, -inf, 1, nan, 0, 1e-45, 3.4028235e38], dtype)
        d = np.array([0, 0, 1, 2, -inf, -2, 0, 0, 1, 1, nan, 0, inf], dtype)
        add(dtype, 'nextafter', [c, d], np.nextafter(c, d), 0, 'numpy')
        e, f = np.array([0, -0.0, 1, nan, nan, inf, -inf, 2], dtype), np.array([-0.0, 0, 2, nan, 1, inf, inf, 1], dtype)
        for fn in ('eq', 'ne', 'lt', 'le', 'gt', 'ge'):
            add(
                dtype,
                fn,
                [e, f],
                {'eq': e == f, 'ne': e != f, 'lt': e < f, 'le': e <= f, 'gt': e > f, 'ge': e >= f}[fn],
                0,
                'numpy',
            )
        for fn in ('max', 'min'):
            add(dtype, fn, [e, f], getattr(lax, fn)(e, f), 0, 'jax')


def integers():
    least, most = -(2**31), 2**31 - 1
    pairs = {
        'int32': [
            (7, 2), (-7, 2), (7, -2), (-7, -2), (6, 3), (-6, 3), (0, 5), (7, 0), (-7, 0), (0, 0),
            (least, -1),
            (least, 1),
            (most, -1),
            (least, 2),
            (most, most),
        ],
        'uint32': [(7, 2), (6, 3), (0, 5), (7, 0), (0, 0), (2**32 - 1, 2), (2**31, 2**31), (3, 2**32 - 1)],
        'int8': [(7, 2), (-7, 2), (7, -2), (-128, -1), (127, 1), (-128, 2), (100, 0), (-100, 100)],
        'uint8': [(7, 2), (200, 100), (255, 255), (3, 0), (0, 255)],
        'bool': [(True, True), (True, False), (False, True), (False, False)],
    }
    shifts = {
        'int32': [(1, 0), (1, 31), (1, 32), (-8, 1), (-8, 31), (-8, 32), (-8, 40), (least, 31), (5, -1), (most, 30)],
        'uint32': [(1, 31), (1, 32), (2**32 - 1, 4), (2**31, 31), (2**31, 33)],
        'int8': [(-8, 1), (64, 1), (-128, 7), (-128, 8), (1, 7)],
        'uint8': [(255, 4), (128, 7), (128, 8), (1, 7)],
    }
    split = lambda rows, dtype: [np.array(c, dtype) for c in zip(*rows)]
    for dtype, rows in pairs.items():
        a, b = split(rows, dtype)
        logic = ('bitwise_and', 'bitwise_or', 'bitwise_xor', 'max', 'min', 'eq', 'lt', 'ge')
        for name in logic + (() if dtype == 'bool' else ('add', 'sub', 'mul', 'div', 'rem')):
            add(dtype, camel(name), [a, b], getattr(lax, name)(a, b), 0, 'jax')
        for name in ('bitwise_not',) + (() if dtype == 'bool' else ('abs', 'neg', 'sign', 'population_count', 'clz')):
            if dtype.startswith('uint') and name == 'abs':
                continue
            add(dtype, camel(name), [a], getattr(lax, name)(a), 0, 'jax')
        if dtype != 'bool':
            for name in ('floor_divide', 'mod', 'fmod'):
                add(dtype, f'numpy.{camel(name)}', [a, b], getattr(jnp, name)(a, b), 0, 'jax')
    for dtype, rows in shifts.items():
        a, b = split(rows, dtype)
        for name in ('shift_left', 'shift_right_arithmetic', 'shift_right_logical'):
            add(dtype, camel(name), [a, b], getattr(lax, name)(a, b), 0, 'jax')
    for y in (0, 1, 2, 3, 5, 7):
        add(
            f'int32 {y}',
            'integerPow',
            [np.array([0, 1, -1, 2, -3, 10, 100], np.int32)],
            lax.integer_pow(np.array([0, 1, -1, 2, -3, 10, 100], np.int32), y),
            0,
            'jax',
            {'y': y},
        )
    for y in (-3, -1, 0, 2, 3):
        for dtype in widths:
            x = np.array([0, -0.0, 1, -2, 0.5, 3, inf, nan], dtype)
            add(f'{dtype} {y}', 'integerPow', [x], np.power(x, y), 2, 'numpy', {'y': y})
    a, b = split([(2, 3), (-2, 3), (0, 0), (3, 20), (7, 11), (-1, 5)], 'int32')
    add('int32', 'numpy.power', [a, b], jnp.power(a, b), 0, 'jax')


def conversions():
    floats = [
        0.0, -0.0, 0.9, -0.9, 1.5, -1.9, 127.6, 255.5, 300.7, -129.0, 2147483648.0, 3e9, -3e9, 4294967296.0, 1e20,
        inf, -inf, nan,
    ]
    whole = [0, 1, -1, 127, 128, 255, 256, -129, 2**31 - 1, -(2**31), 16777217]
    targets = ('bool', 'int8', 'uint8', 'int32', 'uint32', 'float32', 'float64')
    sources = {
        'float32': floats,
        'float64': floats + [1e39, 1e-46, 16777217.0, 0.1],
        'int32': whole,
        'uint32': [0, 1, 2**32 - 1, 2**31, 300],
        'int8': [-128, -1, 0, 127],
        'uint8': [0, 200, 255],
        'bool': [True, False],
    }
    for source, values in sources.items():
        x = np.array(values, source)
        for target in targets:
            if target != source:
                add(
                    f'{source} to {target}',
                    'convertElementType',
                    [x],
                    lax.convert_element_type(x, target),
                    0,
                    'jax',
                    {'newDtype': target},
                )
    words = np.array([0, 0x3F800000, 0x7F800000, 0xFF800000, 0x80000000, 1, 0xC0490FDB], np.uint32)
    add('uint32 to float32', 'bitcastConvertType', [words], words.view(np.float32), 0, 'numpy', {'newDtype': 'float32'})
    add(
        'float32 to int32',
        'bitcastConvertType',
        [words.view(np.float32)],
        words.view(np.int32),
        0,
        'numpy',
        {'newDtype': 'int32'},
    )


def numpy_layer():
    for dtype in widths:
        a = np.array([5, -5, 5, -5, 5.5, -0.0, 0, 1, -1, 0, inf, 3, -3, nan, 6, -6], dtype)
        b = np.array([3, 3, -3, -3, 2, 3, -3, 0, 0, 0, 2, inf, inf, 1, 3, 3], dtype)
        for name in ('mod', 'fmod', 'floor_divide'):
            add(dtype, f'numpy.{camel(name)}', [a, b], getattr(jnp, name)(a, b), 0, 'jax')
        x = np.array([-inf, -2, -0.0, 0, 0.5, 1, 3, inf, nan], dtype)
        add(dtype, 'numpy.clip', [x], jnp.clip(x, 0, 1), 0, 'jax', {'min': 0, 'max': 1})
        add(f'{dtype} crossed', 'numpy.clip', [x], jnp.clip(x, 1, 0), 0, 'jax', {'min': 1, 'max': 0})
        add(dtype, 'numpy.nanToNum', [x], jnp.nan_to_num(x), 0, 'jax')
        add(
            f'{dtype} chosen',
            'numpy.nanToNum',
            [x],
            jnp.nan_to_num(x, nan=7, posinf=8, neginf=-8),
            0,
            'jax',
            {'nan': 7, 'posinf': 8, 'neginf': -8},
        )
        for decimals in (0, 1, -1, 2):
            y = np.array([0.5, 1.5, -2.5, 0.25, 1.234, 15, 25, -35, inf, nan], dtype)
            add(f'{dtype} {decimals}', 'numpy.round', [y], jnp.round(y, decimals), 2, 'jax', {'decimals': decimals})
        for name in ('isnan', 'isinf', 'isfinite', 'signbit'):
            add(dtype, f'numpy.{name}', [x], getattr(jnp, name)(x), 0, 'jax')
    i = np.array([-5, 0, 7], np.int32)
    add('int32', 'numpy.clip', [i], jnp.clip(i, -1, 3), 0, 'jax', {'min': -1, 'max': 3})


one_argument()
two_arguments()
exact_operations()
integers()
conversions()
numpy_layer()
write('elementwise', cases)
