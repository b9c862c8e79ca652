"""What the scripts of this folder share: the form of the golden values and their writer.

    pip install jax optax numpy scipy mpmath torch
    python make_random.py            # one script per topic; each writes its JSON beside itself

A golden file is a list of cases, one per line. An array is `{"dtype", "shape", "data"}` with flat
row-major data; numbers are the shortest decimals that read back to the same value of their dtype;
NaN and the infinities are the strings "NaN", "Infinity", "-Infinity". The indices that JAX makes in
its wide mode, int64, are written as int32.
"""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

here = Path(__file__).parent


def number(x):
    """The JSON token of one element, in the precision of its own dtype."""
    if isinstance(x, (bool, np.bool_)):
        return 'true' if x else 'false'
    if isinstance(x, (int, np.integer)):
        return str(int(x))
    if np.isnan(x):
        return '"NaN"'
    if np.isinf(x):
        return '"Infinity"' if x > 0 else '"-Infinity"'
    text = str(x)
    return text[:-2] if text.endswith('.0') and text != '-0.0' else text


def token(x):
    """JSON of a nest of dicts, lists, strings, numbers and arrays."""
    if x is None:
        return 'null'
    if isinstance(x, str):
        return json.dumps(x, ensure_ascii=False)
    if isinstance(x, dict):
        return '{' + ','.join(f'{json.dumps(k)}:{token(v)}' for k, v in x.items()) + '}'
    if isinstance(x, (list, tuple)):
        return '[' + ','.join(map(token, x)) + ']'
    if isinstance(x, (np.ndarray, jax.Array)):
        x = np.asarray(x)
        x = x.astype(np.int32) if x.dtype == np.int64 else x
        data = ','.join(map(number, x.ravel()))
        return f'{{"dtype":"{x.dtype}","shape":{token(list(x.shape))},"data":[{data}]}}'
    return number(x)


def write(topic, cases):
    """Writes the cases to `<topic>.json`, one per line, each under a name of its own."""
    names = [case['name'] for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, twice
    path = here / f'{topic}.json'
    path.write_text('[\n' + ',\n'.join(map(token, cases)) + '\n]\n', encoding='utf8')
    print(path.name, len(cases), 'cases', path.stat().st_size, 'bytes')


def camel(name):
    """`take_along_axis` as `takeAlongAxis`."""
    head, *rest = name.split('_')
    return head + ''.join(word.capitalize() for word in rest)


def rng(seed=0):
    return np.random.default_rng(seed)


def draw(random, shape, dtype=np.float64, digits=3):
    """Normal numbers with few digits, so that the file stays small and the values are exact in JSON."""
    return np.asarray(random.standard_normal(shape).round(digits), dtype)


def whole(random, shape, dtype=np.float64):
    """Small whole numbers: sums and products of them are exact in every order."""
    return random.integers(-4, 5, shape).astype(dtype)


def distinct(random, shape, odd=False):
    """Small even (or odd) numbers, all different: no ties within an array or between an even and an odd one."""
    size = int(np.prod(shape))
    return (2 * (random.permutation(size) - size // 2) + odd).reshape(shape).astype(np.float64)


def differentiate(f, operands, cotangent):
    """The value of f at the operands and the cotangents of the operands."""
    value, pullback = jax.vjp(f, *map(jnp.asarray, operands))
    return value, list(pullback(jnp.asarray(cotangent, value.dtype)))
