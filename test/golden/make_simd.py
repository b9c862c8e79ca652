"""Elementary functions of float64 at points that are hard for code on lanes, by mpmath, rounded once to the nearest double.

    {name, fn, args, out}

    pip install mpmath numpy
    python make_simd.py [points of each function]
"""
import random
import struct
import sys

import mpmath as mp
import numpy as np

from golden import write
from precise import case, flat, mixed, sizes

random.seed(2)
count = int(sys.argv[1]) if len(sys.argv) > 1 else 200


def moved(x, steps):
    word = struct.unpack('<q', struct.pack('<d', x))[0]
    return struct.unpack('<d', struct.pack('<q', word + steps))[0]


def near(*points):
    """Doubles within a few units in the last place, or a little farther."""
    return lambda: moved(float(random.choice(points)), random.choice([-1, 1]) * int(2 ** random.uniform(0, 40)) + random.choice([-1, 0, 1]))


def multiples():
    """The doubles next to multiples of ½π, and two that are nearer to them than all others."""
    kind = random.randrange(20)
    if kind == 0:
        return 6381956970095103.0 * 2.0**797
    if kind == 1:
        return 5319372648326541.0 * 2.0**-50
    with mp.workprec(1200):
        n = int(2 ** random.uniform(0, random.choice([6, 21, 60, 1020])))
        return random.choice([-1, 1]) * moved(float(n * mp.pi / 2), random.randint(-1, 1))


def powers():
    kind = random.randrange(5)
    if kind == 0:
        x = 2.0 ** random.uniform(-1074, 1023)
        return x, random.uniform(-1074, 1023) / float(np.log2(x))
    if kind == 1:
        x = 1 + random.choice([-1, 1]) * 2.0 ** random.uniform(-52, -1)
        return x, random.uniform(-745, 709) / float(mp.log(x))
    if kind == 2:
        return -random.uniform(0, 10), float(random.randint(-40, 40))
    if kind == 3:
        return float(random.randint(2, 40)), float(random.randint(-9, 9))
    return random.uniform(0, 10), random.uniform(-30, 30)


def cbrt(x):
    return mp.sign(x) * mp.cbrt(abs(x))


every, positive = sizes(-1074, 1023), sizes(-1074, 1023, False)
root = float(mp.sqrt(2))
unit = mixed(flat(-1, 1), sizes(-1074, 0), near(0.5, -0.5), lambda: 1 - 2.0 ** random.uniform(-53, -2))
angles = mixed(flat(-10, 10), sizes(-60, 20), every, multiples)
halves = near(*[k * float(mp.log(2)) / 2 for k in range(-7, 8, 2)])
one = {
    'exp': (mp.exp, mixed(flat(-745, 709.7), flat(-1, 1), sizes(-60, 3), flat(-745.1, -708), halves)),
    'exp2': (lambda x: mp.power(2, x), mixed(flat(-1074, 1023), flat(-1, 1), near(0.5, -0.5, 1.5, 3.0), flat(-1074, -1021))),
    'expm1': (mp.expm1, mixed(flat(-40, 709.7), flat(-1, 1), sizes(-1074, 3), halves)),
    'log': (mp.log, mixed(positive, flat(0.5, 2), near(1.0), near(root, root / 2))),
    'log1p': (mp.log1p, mixed(flat(-1, 1), sizes(-60, 0), positive, near(root - 1, root / 2 - 1), flat(0, 100), sizes(40, 70, False))),
    'logistic': (lambda x: 1 / (1 + mp.exp(-x)), mixed(flat(-745, 40), flat(-5, 5), halves)),
    'tanh': (mp.tanh, mixed(flat(-25, 25), flat(-1, 1), sizes(-1074, 9.4), halves)),
    'sin': (mp.sin, angles), 'cos': (mp.cos, angles), 'tan': (mp.tan, angles),
    'asin': (mp.asin, unit), 'acos': (mp.acos, unit),
    'atan': (mp.atan, mixed(flat(-4, 4), every, near(root - 1, root + 1))),
    'sinh': (mp.sinh, mixed(flat(-25, 25), flat(-2, 2), flat(-710.4, 710.4), every, near(1.0))),
    'cosh': (mp.cosh, mixed(flat(-25, 25), flat(-2, 2), flat(-710.4, 710.4), sizes(-1074, 9))),
    'asinh': (mp.asinh, mixed(flat(-5, 5), every)), 'acosh': (mp.acosh, mixed(flat(1, 3), sizes(0, 1023, False), near(1.0))),
    'atanh': (mp.atanh, unit), 'cbrt': (cbrt, mixed(every, near(1.0, 2.0, 4.0, 8.0), flat(-10, 10))),
    'erf': (mp.erf, mixed(flat(-6, 6), sizes(-1074, 2), near(1.0))),
    'erfc': (mp.erfc, mixed(flat(-6, 27), sizes(-60, 4), near(1.0, 0.5))),
    'erf_inv': (mp.erfinv, mixed(flat(-1, 1), sizes(-1074, 0), lambda: 1 - 2.0 ** random.uniform(-53, -2), near(0.5))),
}
two = {
    'pow': (mp.power, powers),
    'atan2': (mp.atan2, lambda: (every(), every()) if random.random() < 0.3 else (random.uniform(-9, 9), random.uniform(-9, 9))),
}

def outside(fn, point):
    return fn == 'acosh' and point[0] < 1 or fn in ('atanh', 'erf_inv') and abs(point[0]) >= 1


write('simd', [
    *(case(fn, exact, lambda: (draw(),), count, 200, outside) for fn, (exact, draw) in one.items()),
    *(case(fn, exact, draw, count, 200, outside) for fn, (exact, draw) in two.items()),
])
