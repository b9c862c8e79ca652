"""Preprocessing by NumPy's LAPACK and rotated images by SciPy, in float64: data.json.

    {name, fn: 'scale', x, mean, deviation, min, max}
    {name, fn: 'pca', x, mean, components, explained, ratio, projected}
    {name, fn: 'whiten', x, eps, pca, zca}
    {name, fn: 'rotate', degrees, fill: 'zero' | 'edge', x, out}

Variances are those of the population. The sign of a component is such that its entry of greatest magnitude is positive.
"""

import numpy as np
from scipy import ndimage

from golden import draw, rng, write

random = rng(41)


def mixed(n, d):
    """Rows whose entries depend on each other."""
    return (draw(random, (n, d), digits=2) @ draw(random, (d, d), digits=1) + draw(random, (d,), digits=1)).round(3)


def principal(x):
    rest = x - x.mean(0)
    _, s, axes = np.linalg.svd(rest, full_matrices=False)
    greatest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    return rest, axes * np.sign(greatest), s**2 / len(x)


def scale(n, d):
    x = mixed(n, d)
    return {'name': f'scale {n}x{d}', 'fn': 'scale', 'x': x, 'mean': x.mean(0), 'deviation': x.std(0), 'min': x.min(0), 'max': x.max(0)}


def pca(n, d, k):
    x = mixed(n, d)
    rest, axes, variances = principal(x)
    return {
        'name': f'pca {n}x{d} to {k}', 'fn': 'pca', 'x': x, 'mean': x.mean(0), 'components': axes[:k], 'explained': variances[:k],
        'ratio': variances[:k] / variances.sum(), 'projected': rest @ axes[:k].T,
    }


def whiten(n, d, eps):
    x = mixed(n, d)
    rest, axes, variances = principal(x)
    turned = rest @ axes.T / np.sqrt(variances + eps)
    return {'name': f'whiten {n}x{d}, eps {eps}', 'fn': 'whiten', 'x': x, 'eps': eps, 'pca': turned, 'zca': turned @ axes}


def rotate(shape, degrees, fill):
    x = draw(random, shape, digits=2)
    mode = {'zero': 'grid-constant', 'edge': 'nearest'}[fill]
    out = ndimage.rotate(x, degrees, axes=(1, 0), reshape=False, order=1, mode=mode, cval=0.0)
    return {'name': f'rotate {shape} by {degrees}, {fill}', 'fn': 'rotate', 'degrees': degrees, 'fill': fill, 'x': x, 'out': out}


write('data', [
    scale(5, 3),
    pca(7, 3, 3), pca(7, 4, 2), pca(3, 6, 2),
    whiten(9, 3, 0.0), whiten(9, 3, 0.5),
    *[rotate((5, 4, 2), degrees, fill) for degrees in (30.0, -100.0) for fill in ('zero', 'edge')],
])
