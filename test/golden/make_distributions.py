"""Samples of distributions beyond those of make_random.py, in float32, with both layouts of counters.

{name, fn, partitionable, key: [k0, k1], params: numbers after the key, out, tol: {rel, abs}}
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import random

from golden import write

cases = []
samplers = (
    ('laplace', (), lambda k: random.laplace(k, (8,))),
    ('logistic', (), lambda k: random.logistic(k, (8,))),
    ('cauchy', (), lambda k: random.cauchy(k, (8,))),
    ('maxwell', (), lambda k: random.maxwell(k, (8,))),
    ('lognormal', (0.5,), lambda k: random.lognormal(k, 0.5, (8,))),
    ('pareto', (3,), lambda k: random.pareto(k, 3.0, (8,))),
    ('rayleigh', (1.5,), lambda k: random.rayleigh(k, jnp.float32(1.5), (8,))),
    ('wald', (2,), lambda k: random.wald(k, jnp.float32(2), (8,))),
    ('weibullMin', (2, 1.5), lambda k: random.weibull_min(k, 2.0, 1.5, (8,))),
    ('triangular', (0, 1, 4), lambda k: random.triangular(k, 0.0, 1.0, 4.0, (8,))),
    ('geometric', (0.25,), lambda k: random.geometric(k, 0.25, (8,))),
    ('rademacher', (), lambda k: random.rademacher(k, (8,), 'int32')),
)

for partitionable in (True, False):
    jax.config.update('jax_threefry_partitionable', partitionable)
    for key in ([0, 42], [0xC0FFEE11, 0x12345678]):
        for fn, params, draw in samplers:
            out = np.asarray(draw(jnp.array(key, jnp.uint32)))
            layout = 'partitionable' if partitionable else 'original'
            tol = {'rel': 2e-6, 'abs': 2e-6} if out.dtype == np.float32 else {'rel': 0, 'abs': 0}
            cases.append(
                {
                    'name': f'{fn} key {key[0]},{key[1]} {layout}',
                    'fn': fn,
                    'partitionable': partitionable,
                    'key': key,
                    'params': list(params),
                    'out': out,
                    'tol': tol,
                }
            )
write('distributions', cases)
