"""Elementary and special functions of float64 at random points, by mpmath, rounded once to the nearest double.

    {name, fn, args, out}

    pip install mpmath numpy
"""
import random
import struct

import mpmath as mp
import numpy as np

from golden import write
from precise import case, flat, mixed, sizes

mp.mp.prec = 300
random.seed(1)
count = 60


def neighbours(*points):
    """Doubles within a few units in the last place."""
    def draw():
        word = struct.unpack('<q', struct.pack('<d', random.choice(points)))[0]
        return struct.unpack('<d', struct.pack('<q', word + random.randint(-3, 3)))[0]
    return draw


def powers():
    kind = random.randrange(4)
    if kind == 0:
        x = 2.0 ** random.uniform(-1074, 1023)
        return x, random.uniform(-1070, 1020) / float(np.log2(x))
    if kind == 1:
        x = 1 + random.choice([-1, 1]) * 2.0 ** random.uniform(-52, -1)
        return x, random.uniform(-740, 708) / float(mp.log(x))
    if kind == 2:
        return -random.uniform(0, 10), float(random.randint(-40, 40))
    return random.uniform(0, 10), random.uniform(-30, 30)


def lgamma(x):
    return mp.re(mp.loggamma(x)) if x > 0 else mp.log(abs(mp.gamma(x)))


every, positive = sizes(-1074, 1023), sizes(-1074, 1023, False)
unit = mixed(flat(-1, 1), sizes(-1074, 0))
angles = mixed(flat(-10, 10), sizes(-60, 1023), neighbours(np.pi, np.pi / 2, 3 * np.pi))
wide = mixed(flat(-25, 25), flat(-1, 1), sizes(-1074, 9.4))
one = {
    'exp': (mp.exp, mixed(flat(-745, 709), flat(-1, 1), sizes(-60, 3))),
    'exp2': (lambda x: mp.power(2, x), mixed(flat(-1074, 1023), flat(-1, 1))),
    'expm1': (mp.expm1, mixed(flat(-40, 709), flat(-1, 1), sizes(-1074, 3))),
    'log': (mp.log, mixed(positive, flat(0.5, 2), neighbours(1.0))),
    'log1p': (mp.log1p, mixed(flat(-1, 1), sizes(-60, 0), positive)),
    'logistic': (lambda x: 1 / (1 + mp.exp(-x)), mixed(flat(-745, 40), flat(-5, 5))),
    'sin': (mp.sin, angles), 'cos': (mp.cos, angles), 'tan': (mp.tan, angles),
    'asin': (mp.asin, unit), 'acos': (mp.acos, unit), 'atan': (mp.atan, mixed(flat(-4, 4), every)),
    'sinh': (mp.sinh, mixed(wide, flat(-710, 710))), 'cosh': (mp.cosh, mixed(wide, flat(-710, 710))), 'tanh': (mp.tanh, wide),
    'asinh': (mp.asinh, mixed(flat(-5, 5), every)), 'acosh': (mp.acosh, mixed(flat(1, 3), sizes(0, 1023, False))),
    'atanh': (mp.atanh, unit),
    'rsqrt': (lambda x: 1 / mp.sqrt(x), positive), 'cbrt': (lambda x: mp.sign(x) * mp.cbrt(abs(x)), every),
    'erf': (mp.erf, mixed(flat(-6, 6), sizes(-1074, 2))), 'erfc': (mp.erfc, mixed(flat(-6, 27), sizes(-60, 4))),
    'erfInv': (mp.erfinv, mixed(flat(-1, 1), sizes(-1074, 0), lambda: 1 - 2.0 ** random.uniform(-53, -2))),
    'lgamma': (lgamma, mixed(flat(0, 10), flat(-30, 0), flat(0.5, 3), sizes(-60, 1014, False), neighbours(1.0, 2.0))),
    'digamma': (mp.digamma, mixed(flat(0, 10), flat(-30, 0), sizes(-60, 1000, False), neighbours(1.4616321449683622, -0.504083008264455))),
}
two = {
    'pow': (mp.power, powers),
    'atan2': (mp.atan2, lambda: (every(), every()) if random.random() < 0.3 else (random.uniform(-9, 9), random.uniform(-9, 9))),
    'polygamma': (lambda m, x: mp.polygamma(int(m), x), lambda: (float(random.randint(1, 4)), mixed(flat(0, 20), sizes(-30, 30, False))())),
}

write('accuracy', [
    *(case(fn, exact, lambda: (draw(),), count, 300) for fn, (exact, draw) in one.items()),
    *(case(fn, exact, draw, count, 300) for fn, (exact, draw) in two.items()),
])
