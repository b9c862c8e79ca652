"""Gather, scatter, dynamic slices and NumPy indexing: values and gradients.

    {name, fn, args, params, out, cotangent?, grad?}

`grad` are the cotangents of the floating arguments, in order, for the given cotangent of the result.
- gather: args [operand, indices]; scatter, scatterAdd, scatterMul, scatterMin, scatterMax: args [operand, indices,
  updates].
  `mode` is 'clip', 'fill' (a scatter drops) or 'promise'; `fillValue` is there when it is not the default (NaN, the
  least int, the greatest unsigned int, true).
- dynamicSlice, dynamicUpdateSlice: args [operand, update?], params.startIndices are numbers.
- index (`x[index]`) and at (`x.at[index].op(updates)`): params.index is a list of a number, "...", "newaxis",
  {"slice": [start, stop, step]} with nulls, or an array of int32 or bool.
- take, takeAlongAxis: args [x, indices].
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from golden import camel, distinct, rng, whole, write

jax.config.update('jax_enable_x64', True)
random = rng(5)
cases = []
floating = lambda a: jnp.issubdtype(a.dtype, jnp.floating)


def case(label, fn, f, args, params, differentiable=True):
    args = [np.asarray(a) for a in args]
    where = [i for i, a in enumerate(args) if floating(a)]

    def call(*moving):
        full = list(map(jnp.asarray, args))
        for i, a in zip(where, moving):
            full[i] = a
        return f(*full)

    moving = [jnp.asarray(args[i]) for i in where]
    out = call(*moving)
    entry = {'name': f'{fn} {label}', 'fn': fn, 'args': args, 'params': params, 'out': out}
    if where and differentiable:
        cotangent = whole(random, out.shape, out.dtype)
        grad = jax.vjp(call, *moving)[1](jnp.asarray(cotangent))
        entry |= {'cotangent': cotangent, 'grad': list(grad)}
    cases.append(entry)


modes = {
    'clip': lax.GatherScatterMode.CLIP,
    'fill': lax.GatherScatterMode.FILL_OR_DROP,
    'promise': lax.GatherScatterMode.PROMISE_IN_BOUNDS,
}
gather_fields = (
    'offset_dims', 'collapsed_slice_dims', 'start_index_map', 'operand_batching_dims', 'start_indices_batching_dims',
)
scatter_fields = (
    'update_window_dims', 'inserted_window_dims', 'scatter_dims_to_operand_dims', 'operand_batching_dims',
    'scatter_indices_batching_dims',
)


def gather(label, operand, indices, dims, sizes, mode='fill', fill=None):
    numbers = dict(zip(gather_fields, (*dims, *((),) * (5 - len(dims)))))
    params = (
        {camel(k): v for k, v in numbers.items()}
        | {'sliceSizes': sizes, 'mode': mode}
        | ({} if fill is None else {'fillValue': fill})
    )
    case(
        f'{label} {mode}',
        'gather',
        lambda x, i: lax.gather(x, i, lax.GatherDimensionNumbers(**numbers), sizes, mode=modes[mode], fill_value=fill),
        [operand, np.asarray(indices, np.int32)],
        params,
    )


def scatter(label, op, operand, indices, updates, dims, mode='fill', unique=False):
    numbers = dict(zip(scatter_fields, (*dims, *((),) * (5 - len(dims)))))
    params = {camel(k): v for k, v in numbers.items()} | {'mode': mode, 'uniqueIndices': unique}
    case(
        f'{label} {mode}',
        camel(op),
        lambda x, i, u: getattr(lax, op)(
            x, i, u, lax.ScatterDimensionNumbers(**numbers), mode=modes[mode], unique_indices=unique
        ),
        [operand, np.asarray(indices, np.int32), updates],
        params,
        differentiable=unique or op != 'scatter_mul',
    )


matrix, cube = distinct(random, (3, 4)), distinct(random, (2, 3, 4))


def gathers():
    for mode in ('fill', 'clip'):
        gather('rows, out of bounds', matrix, [[0], [2], [5], [-1]], ((1,), (0,), (0,)), (1, 4), mode)
        gather('windows, out of bounds', matrix, [[0, 0], [1, 2], [2, 3], [-1, 1]], ((1, 2), (), (0, 1)), (2, 2), mode)
    gather('rows', matrix, [[0], [2], [2]], ((1,), (0,), (0,)), (1, 4), 'promise')
    gather('one window, no batch', matrix, [1, 1], ((0, 1), (), (0, 1)), (2, 3))
    gather('points', matrix, [[0, 1], [2, 3], [1, 0]], ((), (0, 1), (0, 1)), (1, 1))
    gather('points, transposed map', matrix, [[1, 0], [3, 2], [0, 1]], ((), (0, 1), (1, 0)), (1, 1))
    gather('index matrix', matrix, [[[0], [1]], [[2], [0]]], ((2,), (0,), (0,)), (1, 4))
    gather('offsets first', matrix, [[0], [2]], ((0,), (1,), (1,)), (3, 1))
    gather('partial slice', cube, [[0, 1], [1, 0]], ((1, 2), (0,), (0, 2)), (1, 2, 2))
    gather('batching', cube, [[[0], [2]], [[1], [1]]], ((2,), (1,), (1,), (0,), (0,)), (1, 1, 4))
    gather('batching, out of bounds', cube, [[[0], [3]], [[-1], [1]]], ((2,), (1,), (1,), (0,), (0,)), (1, 1, 4))
    gather('two batching axes', cube, [[[0], [1], [2]], [[3], [3], [9]]], ((), (2,), (2,), (0, 1), (0, 1)), (1, 1, 1))
    gather('fill value', matrix, [[7]], ((1,), (0,), (0,)), (1, 4), 'fill', 0.5)
    for dtype in ('int32', 'uint32', 'int8', 'uint8', 'bool', 'float32'):
        gather(f'default fill of {dtype}', np.asarray([1, 0, 2], dtype), [[1], [4]], ((), (0,), (0,)), (1,))


def scatters():
    rows, point = ((1,), (0,), (0,)), ((), (0, 1), (0, 1))
    updates = distinct(random, (4, 4), odd=True)
    for op in ('scatter', 'scatter_add', 'scatter_mul', 'scatter_min', 'scatter_max'):
        scatter('rows, unique', op, matrix, [[2], [0]], updates[:2], rows, unique=True)
        scatter(
            'points, unique, out of bounds',
            op,
            matrix,
            [[0, 1], [2, 3], [3, 0], [1, -1]],
            updates[0],
            point,
            unique=True,
        )
        if op != 'scatter':
            scatter('rows, repeated', op, matrix, [[2], [0], [2], [2]], updates, rows)
    for op in ('scatter_min', 'scatter_max'):
        scatter('ties', op, np.array([1.0, 2.0, 3.0]), [[0], [1], [1]], np.array([1.0, 2.0, 2.0]), ((), (0,), (0,)))
    scatter('rows, clipped', 'scatter_add', matrix, [[5], [-2]], updates[:2], rows, 'clip')
    scatter('rows', 'scatter_add', matrix, [[1], [1]], updates[:2], rows, 'promise')
    scatter(
        'windows, out of bounds',
        'scatter_add',
        matrix,
        [[0, 0], [1, 2], [2, 3]],
        updates[:3].reshape(3, 2, 2),
        ((1, 2), (), (0, 1)),
    )
    scatter(
        'windows, clipped',
        'scatter_add',
        matrix,
        [[0, 0], [1, 2], [2, 3]],
        updates[:3].reshape(3, 2, 2),
        ((1, 2), (), (0, 1)),
        'clip',
    )
    scatter('window, no batch', 'scatter', matrix, [1, 1], updates[0].reshape(2, 2), ((0, 1), (), (0, 1)), unique=True)
    scatter(
        'batching',
        'scatter_add',
        cube,
        [[[0], [2]], [[1], [1]]],
        distinct(random, (2, 2, 4), odd=True),
        ((2,), (1,), (1,), (0,), (0,)),
    )
    scatter(
        'batching, unique',
        'scatter',
        cube,
        [[[0], [2]], [[1], [3]]],
        distinct(random, (2, 2, 4), odd=True),
        ((2,), (1,), (1,), (0,), (0,)),
        unique=True,
    )
    scatter(
        'int32',
        'scatter_add',
        np.arange(4, dtype=np.int32),
        [[1], [1], [9]],
        np.array([10, 20, 30], np.int32),
        ((), (0,), (0,)),
    )


def slices():
    update = distinct(random, (2, 2), odd=True)
    for start in ((0, 0), (1, 2), (5, 3), (-1, -2), (-9, 9)):
        case(
            f'at {start}',
            'dynamicSlice',
            lambda x: lax.dynamic_slice(x, start, (2, 2)),
            [matrix],
            {'startIndices': start, 'sliceSizes': (2, 2)},
        )
        case(
            f'at {start}',
            'dynamicUpdateSlice',
            lambda x, u: lax.dynamic_update_slice(x, u, start),
            [matrix, update],
            {'startIndices': start},
        )


def shown(index):
    def part(i):
        if i is Ellipsis:
            return '...'
        if i is None:
            return 'newaxis'
        if isinstance(i, slice):
            return {'slice': [i.start, i.stop, i.step]}
        return i if isinstance(i, int) else np.asarray(i)

    return [part(i) for i in index]


def label(index):
    def part(i):
        if i is Ellipsis or i is None:
            return '...' if i is Ellipsis else 'None'
        if isinstance(i, slice):
            return ':'.join('' if v is None else str(v) for v in (i.start, i.stop, i.step))
        return str(i) if isinstance(i, int) else str(i.tolist())

    return '[' + ', '.join(map(part, index)) + ']'


def indexing():
    s = np.s_
    ints = lambda *i: np.asarray(i, np.int32)
    mask = lambda *m: np.asarray(m, bool)
    spread = [
        s[1:2, ...],
        s[-1:, ...],
        s[::-1, ...],
        s[::2, ::-2],
        s[5:, ...],
        s[-2:-9:-1, ...],
        s[1:-1, 1:3],
        s[-1, ...],
        s[0, -1],
        s[None, ..., 1],
        s[:, None, 2],
        s[..., 1:3, None],
        (ints(0, 2, -1),),
        (ints(0, 2, -1), ints(1, 0, 3)),
        s[:, ints(3, 0)],
        (ints(1, 2), slice(None, 2)),
        (ints([0], [2]), ints(1, 3)),
        (mask(True, False, True),),
        (slice(None), mask(False, True, True, False)),
        (mask(*(matrix > 0).tolist()),),
        (ints(7, -9),),
        s[2:0:-1, 1::2],
    ]
    for index in spread:
        index = index if isinstance(index, tuple) else (index,)
        # beyond the bounds x[index] clamps, but its gradient is unspecified
        inside = all(np.abs(i).max() < 5 for i in index if isinstance(i, np.ndarray))
        case(label(index), 'index', lambda x: x[index], [matrix], {'index': shown(index)}, inside)
    spread = [
        (0, Ellipsis, ints(1, 2)),
        (ints(0, 1), slice(None), ints(1, 2)),
        (ints(0, 1), None, ints(2, 2)),
        (slice(None), 1, ints(0, 3)),
        (Ellipsis, ints(0, 3), 1),
        (slice(None), mask(True, False, True), slice(0, 2)),
        (1, slice(None), None, 2),
    ]
    for index in spread:
        case(f'cube {label(index)}', 'index', lambda x: x[index], [cube], {'index': shown(index)})

    row, pair = distinct(random, (4,), odd=True), distinct(random, (2, 4), odd=True)
    for op in ('set', 'add', 'multiply', 'divide', 'min', 'max', 'power'):
        for index, updates in (((1,), row), ((slice(None, None, 2), slice(1, 3)), np.array(2.0))):
            operand = np.abs(matrix) + 1 if op == 'power' else matrix
            case(
                f'{op} {label(index)}',
                'at',
                lambda x, u: getattr(x.at[index], op)(u),
                [operand, updates],
                {'op': op, 'index': shown(index)},
            )
    for op in ('add', 'min', 'max'):
        case(
            f'{op} repeated rows',
            'at',
            lambda x, u: getattr(x.at[ints(0, 0, 2)], op)(u),
            [matrix, np.concatenate([pair, row[None]])],
            {'op': op, 'index': shown((ints(0, 0, 2),))},
        )
    case(
        'get out of bounds',
        'at',
        lambda x: x.at[ints(1, 8)].get(),
        [matrix],
        {'op': 'get', 'index': shown((ints(1, 8),))},
        False,
    )
    for mode in ('clip', 'fill'):
        case(
            f'get {mode}',
            'at',
            lambda x: x.at[ints(1, 8)].get(mode=mode),
            [matrix],
            {'op': 'get', 'index': shown((ints(1, 8),)), 'mode': mode},
        )
    for mode in ('drop', 'clip'):
        case(
            f'add {mode}',
            'at',
            lambda x, u: x.at[ints(1, 8)].add(u, mode=mode),
            [matrix, pair],
            {'op': 'add', 'index': shown((ints(1, 8),)), 'mode': mode},
        )
    case(
        'set mask',
        'at',
        lambda x: x.at[matrix > 0].set(0.0),
        [matrix],
        {'op': 'set', 'index': [matrix > 0], 'value': 0},
    )

    for mode in (None, 'clip', 'wrap', 'fill'):
        options = {'axis': 1} | ({'mode': mode} if mode else {})
        case(f'axis 1 {mode}', 'take', lambda x, i: jnp.take(x, i, **options), [matrix, ints(0, -1, 4, 2, -5)], options)
    case('flat', 'take', lambda x, i: jnp.take(x, i), [matrix, ints([0, 5], [11, 2])], {})
    case('axis 0', 'take', lambda x, i: jnp.take(x, i, axis=0), [cube, np.int32(1)], {'axis': 0})
    case(
        'axis 1',
        'takeAlongAxis',
        lambda x, i: jnp.take_along_axis(x, i, 1),
        [matrix, ints([0, 3], [-1, 1], [2, 2])],
        {'axis': 1},
    )
    case(
        'axis 0', 'takeAlongAxis', lambda x, i: jnp.take_along_axis(x, i, 0), [matrix, ints([0, 1, 2, 0])], {'axis': 0}
    )
    case(
        'broadcast',
        'takeAlongAxis',
        lambda x, i: jnp.take_along_axis(x, i, -1),
        [cube, ints([[0], [3], [1]])],
        {'axis': -1},
    )


gathers()
scatters()
slices()
indexing()
write('gather', cases)
