"""What scripts of functions share: points drawn at random, and values by mpmath, rounded once to the nearest double."""

import random

import mpmath as mp
import numpy as np


def flat(low, high):
    return lambda: random.uniform(low, high)


def sizes(low, high, signed=True):
    """Numbers whose logarithm to base 2 is spread evenly."""
    return lambda: (random.choice([-1, 1]) if signed else 1) * 2.0 ** random.uniform(low, high)


def mixed(*draws):
    return lambda: random.choice(draws)()


def case(fn, exact, draw, count, bits, outside=lambda fn, point: False):
    """A case of `count` points where the value is finite; functions that cancel take more than `bits`."""
    points, values = [], []
    while len(points) < count:
        point = draw()
        tiny = any(0 < abs(x) < 1e-15 for x in point)
        with mp.workprec(2400 if tiny or fn in ('sin', 'cos', 'tan', 'pow') else bits):
            if outside(fn, point):
                continue
            value = exact(*map(mp.mpf, point))
            if mp.isfinite(value) and abs(value) < mp.mpf(2) ** 1023:
                points.append(point)
                values.append(float(value))
    return {'name': fn, 'fn': fn, 'args': [np.array(column) for column in zip(*points)], 'out': np.array(values)}
