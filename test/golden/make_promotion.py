"""Type promotion: every pair of dtypes and Python scalars, under addition and under true division.

    {name, fn: 'add' | 'divide', args: [[dtype, weak], [dtype, weak]], out: [dtype, weak], source: 'jax' | 'ours'}

A weak operand is a bare number: ['int32', true] an integer, ['float32', true] a float, ['bool', false] a boolean.
`ours` marks the pairs whose result in JAX is int16 or int64, dtypes that we do not have: they become int32.
"""

import itertools

import jax
import jax.numpy as jnp

from golden import write

dtypes = ['bool', 'int8', 'uint8', 'int32', 'uint32', 'float32', 'float64']
operands = [(dtype, False) for dtype in dtypes] + [('int32', True), ('float32', True)]
ours = {frozenset(('int8', 'uint8'))} | {frozenset(('uint32', signed)) for signed in ('int8', 'int32')}


def value(dtype, weak):
    if weak:
        return 1 if dtype == 'int32' else 1.0
    return jnp.ones((), dtype)


cases = []
for fn, (a, b) in itertools.product(('add', 'divide'), itertools.product(operands, operands)):
    # only float64 needs the wide mode, in which bare numbers would be 64 bits wide
    jax.config.update('jax_enable_x64', ('float64', False) in (a, b))
    if a[1] and b[1]:
        out = (
            jnp.asarray(value(*a)) + jnp.asarray(value(*b))
            if fn == 'add'
            else jnp.asarray(value(*a)) / jnp.asarray(value(*b))
        )
    else:
        out = (jnp.add if fn == 'add' else jnp.divide)(value(*a), value(*b))
    missing = fn == 'add' and not (a[1] or b[1]) and frozenset((a[0], b[0])) in ours
    result = ['int32', False] if missing else [str(out.dtype), out.weak_type]
    names = [f'weak {dtype}' if weak else dtype for dtype, weak in (a, b)]
    cases.append(
        {
            'name': f'{fn} {names[0]} {names[1]}',
            'fn': fn,
            'args': [list(a), list(b)],
            'out': result,
            'source': 'ours' if missing else 'jax',
        }
    )
write('promotion', cases)
