"""Convolutions, pools, nearest upsampling and embeddings, channels last: convolutions.json.

    {name, fn: 'conv' | 'convTranspose' | 'maxPool' | 'averagePool' | 'upsample' | 'embedding' |
     'linear' | 'globalMaxPool' | 'globalAveragePool', args, options,
     params: {weight, bias?} | null, x, out, cotangent, grad: {params, x | null}}

By PyTorch in float64 where it has the padding, else by jax.lax. Operands are small whole numbers, so that results are
exact in every order (averages to rounding). Axes of PyTorch's arrays are moved; kernels of its transposed convolutions
are turned round as well. The gradient is that of the inner product with the cotangent.
"""

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F

from golden import differentiate, distinct, rng, whole, write

jax.config.update('jax_enable_x64', True)
torch.set_default_dtype(torch.float64)
random = rng(41)


def each(value, rank):
    """One number per axis."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value,) * rank


def last(x, rank):
    """Channels moved behind space; without them (a gradient that is not there) nothing."""
    return x.detach().movedim(-rank - 1, -1).numpy()


def leaf(x):
    return torch.tensor(x).requires_grad_()


def case(name, fn, args, options, params, x, out, cotangent, params_grad, x_grad):
    return {
        'name': name, 'fn': fn, 'args': args, 'options': options, 'params': params, 'x': x, 'out': out,
        'cotangent': cotangent, 'grad': {'params': params_grad, 'x': x_grad},
    }


def kernel_from(transposed, weight, rank):
    """PyTorch's kernel as ours."""
    space = range(2, rank + 2)
    return np.flip(weight.transpose(*space, 0, 1), range(rank)) if transposed else weight.transpose(*space, 1, 0)


def torch_conv(name, fn, x_shape, outputs, window, bias=True, options={}, native={}):
    """`native` are PyTorch's names for what `options` are to us."""
    rank, inputs, groups = len(window), x_shape[-1], options.get('groups', 1)
    transposed = fn == 'convTranspose'
    x = whole(random, x_shape)
    pair = (inputs, outputs // groups) if transposed else (outputs, inputs // groups)
    weight, b = whole(random, (*pair, *window)), whole(random, (outputs,))
    tx, tw, tb = leaf(np.moveaxis(x, -1, -rank - 1)), leaf(weight), leaf(b)
    f = getattr(F, f'conv{"_transpose" if transposed else ""}{rank}d')
    y = f(tx, tw, tb if bias else None, **native, **({'groups': groups} if groups > 1 else {}))
    cotangent = whole(random, last(y, rank).shape)
    (y * torch.tensor(np.moveaxis(cotangent, -1, -rank - 1))).sum().backward()
    turned = (lambda w: kernel_from(transposed, w, rank)) if groups == 1 or not transposed else (lambda w: grouped(w, rank, groups))
    params, grads = {'weight': turned(weight)}, {'weight': turned(tw.grad.numpy())}
    if bias:
        params['bias'], grads['bias'] = b, tb.grad.numpy()
    return case(f'{name}, PyTorch', fn, [inputs, outputs, window], options, params, x, last(y, rank), cotangent, grads, last(tx.grad, rank))


def grouped(weight, rank, groups):
    """The kernel of a transposed convolution with groups: the groups of inputs become groups of outputs."""
    parts = [kernel_from(True, part, rank) for part in np.split(weight, groups)]
    return np.concatenate(parts, -1)


def jax_conv(name, fn, x_shape, outputs, window, options={}):
    rank, inputs, groups = len(window), x_shape[-1], options.get('groups', 1)
    x, weight = whole(random, x_shape), whole(random, (*window, inputs // groups, outputs))
    stride, dilation = (each(options.get(k, 1), rank) for k in ('stride', 'dilation'))
    padding = options.get('padding', 'SAME')
    space = 'DHW'[-rank:]
    numbers = (f'N{space}C', f'{space}IO', f'N{space}C')
    if fn == 'conv':
        f = lambda x, w: jax.lax.conv_general_dilated(
            x, w, stride, padding, rhs_dilation=dilation, dimension_numbers=numbers, feature_group_count=groups)
    else:
        f = lambda x, w: jax.lax.conv_transpose(x, w, stride, padding, rhs_dilation=dilation, dimension_numbers=numbers)
    cotangent = whole(random, jax.eval_shape(f, x, weight).shape)
    out, (dx, dw) = differentiate(f, (x, weight), cotangent)
    return case(f'{name}, JAX', fn, [inputs, outputs, window], options, {'weight': weight}, x, out, cotangent, {'weight': dw}, dx)


def torch_pool(name, fn, x_shape, window, options={}, native={}):
    rank = len(window)
    x = distinct(random, x_shape)
    tx = leaf(np.moveaxis(x, -1, -rank - 1))
    f = {'maxPool': f'max_pool{rank}d', 'averagePool': f'avg_pool{rank}d'}[fn]
    y = getattr(F, f)(tx, tuple(window), **native)
    cotangent = whole(random, last(y, rank).shape)
    (y * torch.tensor(np.moveaxis(cotangent, -1, -rank - 1))).sum().backward()
    return case(f'{name}, PyTorch', fn, [window], options, None, x, last(y, rank), cotangent, None, last(tx.grad, rank))


def jax_pool(name, fn, x, window, options={}):
    rank = len(window)
    stride = each(options.get('stride', window), rank)
    padding = options.get('padding', 'VALID')
    sizes, steps = (1, *window, 1), (1, *stride, 1)
    pads = padding if isinstance(padding, str) else ((0, 0), *padding, (0, 0))
    if fn == 'maxPool':
        f = lambda x: jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, sizes, steps, pads)
    else:
        total = lambda x: jax.lax.reduce_window(x, 0.0, jax.lax.add, sizes, steps, pads)
        f = lambda x: total(x) / (np.prod(window) if options.get('countPadding', True) else total(jnp.ones_like(x)))
    cotangent = whole(random, jax.eval_shape(f, x).shape)
    out, (dx,) = differentiate(f, (x,), cotangent)
    return case(f'{name}, JAX', fn, [window], options, None, x, out, cotangent, None, dx)


def upsample(x_shape, factors):
    rank = len(factors)
    x = whole(random, x_shape)
    tx = leaf(np.moveaxis(x, -1, -rank - 1))
    y = F.interpolate(tx, scale_factor=tuple(map(float, factors)), mode='nearest')
    cotangent = whole(random, last(y, rank).shape)
    (y * torch.tensor(np.moveaxis(cotangent, -1, -rank - 1))).sum().backward()
    return case(f'upsample {rank}-d, PyTorch', 'upsample', [factors], None, None, x, last(y, rank), cotangent, None, last(tx.grad, rank))


def embedding(name, count, features, ids):
    weight = leaf(whole(random, (count, features)))
    ids = np.array(ids, np.int32)
    y = F.embedding(torch.tensor(ids), weight)
    cotangent = whole(random, tuple(y.shape))
    (y * torch.tensor(cotangent)).sum().backward()
    params, grads = {'weight': weight.detach().numpy()}, {'weight': weight.grad.numpy()}
    return case(name, 'embedding', [count, features], {}, params, ids, y.detach().numpy(), cotangent, grads, None)


def torch_linear(name, shape, outputs, bias=True):
    x, weight, b = whole(random, shape), whole(random, (outputs, shape[-1])), whole(random, (outputs,))
    tx, tw, tb = leaf(x), leaf(weight), leaf(b)
    y = F.linear(tx, tw, tb if bias else None)
    cotangent = whole(random, tuple(y.shape))
    (y * torch.tensor(cotangent)).sum().backward()
    params, grads = {'weight': weight.T}, {'weight': tw.grad.numpy().T}
    if bias:
        params['bias'], grads['bias'] = b, tb.grad.numpy()
    return case(name, 'linear', [shape[-1], outputs], {}, params, x, y.detach().numpy(), cotangent, grads, tx.grad.numpy())


def torch_global(name, fn, shape, pool):
    rank = len(shape) - 2
    tx = leaf(np.moveaxis(distinct(random, shape), -1, 1))
    y = pool(tx, 1)
    cotangent = whole(random, (shape[0], shape[-1]))
    (y.reshape(cotangent.shape) * torch.tensor(cotangent)).sum().backward()
    return case(
        name, fn, [rank], None, None, last(tx, rank), y.detach().reshape(cotangent.shape).numpy(), cotangent, None, last(tx.grad, rank)
    )


def valid(**options):
    return {'padding': 'VALID', **options}


write('convolutions', [
    torch_conv('1-d', 'conv', (2, 5, 2), 3, [3], options=valid()),
    torch_conv('1-d, strides and padding', 'conv', (2, 6, 1), 2, [3], False, {'stride': 2, 'padding': 1}, {'stride': 2, 'padding': 1}),
    torch_conv('1-d, dilation', 'conv', (1, 7, 2), 1, [3], True, valid(dilation=2), {'dilation': 2}),
    torch_conv('1-d, same', 'conv', (2, 4, 1), 2, [3], True, {}, {'padding': 'same'}),
    torch_conv('2-d', 'conv', (2, 4, 3, 2), 2, [2, 2], True, valid()),
    torch_conv('2-d, one image', 'conv', (3, 4, 1), 2, [2, 3], True, valid()),
    torch_conv('2-d, strides and padding by axis', 'conv', (1, 5, 4, 1), 2, [3, 2], True,
               {'stride': [2, 1], 'padding': [[1, 1], [0, 0]]}, {'stride': (2, 1), 'padding': (1, 0)}),
    torch_conv('2-d, same, even window and dilation', 'conv', (1, 4, 5, 1), 1, [2, 3], False, {'dilation': [1, 2]},
               {'padding': 'same', 'dilation': (1, 2)}),
    torch_conv('2-d, groups', 'conv', (2, 3, 3, 4), 2, [2, 2], True, valid(groups=2)),
    torch_conv('2-d, depthwise', 'conv', (1, 3, 3, 2), 4, [2, 2], True, valid(groups=2)),
    torch_conv('3-d', 'conv', (1, 3, 2, 3, 1), 2, [2, 2, 2], True, {'padding': 1, 'stride': [1, 2, 2]},
               {'padding': 1, 'stride': (1, 2, 2)}),
    jax_conv('1-d, same with strides', 'conv', (2, 6, 1), 2, [2], {'stride': 3}),
    jax_conv('2-d, same with strides', 'conv', (1, 5, 4, 2), 1, [2, 3], {'padding': 'SAME', 'stride': [2, 3]}),
    jax_conv('2-d, same with strides and groups', 'conv', (1, 4, 4, 2), 2, [3, 3], {'stride': 2, 'groups': 2}),
    jax_conv('2-d, uneven padding', 'conv', (1, 3, 3, 1), 1, [2, 2], {'padding': [[0, 2], [1, 0]], 'dilation': 2}),
    torch_conv('transposed 1-d', 'convTranspose', (2, 3, 2), 1, [3], True, valid(stride=2), {'stride': 2}),
    torch_conv('transposed 2-d, padding', 'convTranspose', (1, 3, 2, 1), 2, [3, 3], True,
               {'stride': 2, 'padding': [[1, 2], [1, 1]]}, {'stride': 2, 'padding': 1, 'output_padding': (1, 0)}),
    torch_conv('transposed 2-d, dilation', 'convTranspose', (1, 2, 3, 1), 1, [2, 2], False, {'dilation': 2, 'padding': 1},
               {'dilation': 2, 'padding': 1}),
    torch_conv('transposed 2-d, groups', 'convTranspose', (1, 2, 2, 4), 2, [2, 2], True, valid(groups=2, stride=2), {'stride': 2}),
    torch_conv('transposed 3-d', 'convTranspose', (1, 2, 1, 2, 1), 1, [2, 2, 2], True, valid(stride=[1, 2, 2]), {'stride': (1, 2, 2)}),
    jax_conv('transposed 1-d, same', 'convTranspose', (2, 3, 1), 2, [3], {'stride': 2}),
    jax_conv('transposed 1-d, same, gaps', 'convTranspose', (1, 3, 1), 1, [2], {'stride': 3}),
    jax_conv('transposed 1-d, valid, gaps', 'convTranspose', (1, 3, 1), 1, [2], {'stride': 3, 'padding': 'VALID'}),
    jax_conv('transposed 2-d, same, no strides', 'convTranspose', (1, 3, 2, 1), 1, [3, 2], {}),
    jax_conv('transposed 2-d, same', 'convTranspose', (1, 2, 3, 2), 1, [4, 3], {'stride': [2, 1], 'padding': 'SAME'}),
    jax_conv('transposed 2-d, valid', 'convTranspose', (1, 2, 2, 1), 1, [3, 2], {'stride': [2, 3], 'padding': 'VALID', 'dilation': [2, 1]}),
    jax_conv('transposed 2-d, pairs', 'convTranspose', (1, 3, 2, 1), 1, [2, 2], {'stride': 2, 'padding': [[0, 1], [2, 0]]}),
    torch_pool('maximum 1-d', 'maxPool', (2, 7, 2), [2]),
    torch_pool('maximum 2-d, padding', 'maxPool', (2, 4, 5, 1), [3, 2], {'stride': [2, 1], 'padding': 1}, {'stride': (2, 1), 'padding': 1}),
    torch_pool('maximum 2-d, one image', 'maxPool', (4, 4, 2), [2, 2]),
    torch_pool('maximum 3-d', 'maxPool', (1, 2, 4, 3, 1), [2, 2, 2], {'stride': [1, 2, 1]}, {'stride': (1, 2, 1)}),
    jax_pool('maximum, same', 'maxPool', distinct(random, (1, 5, 4, 2)), [2, 3], {'stride': 2, 'padding': 'SAME'}),
    jax_pool('maximum, ties', 'maxPool', np.sign(whole(random, (2, 7, 1))), [3], {'stride': 2, 'padding': [[1, 2]]}),
    torch_pool('mean 1-d', 'averagePool', (2, 6, 2), [2]),
    torch_pool('mean 2-d, padding', 'averagePool', (1, 4, 5, 1), [2, 3], {'stride': 2, 'padding': 1}, {'stride': 2, 'padding': 1}),
    torch_pool('mean 2-d, padding not counted', 'averagePool', (1, 4, 5, 1), [2, 3], {'stride': 2, 'padding': 1, 'countPadding': False},
               {'stride': 2, 'padding': 1, 'count_include_pad': False}),
    torch_pool('mean 3-d', 'averagePool', (1, 2, 2, 4, 1), [2, 1, 2]),
    jax_pool('mean, same', 'averagePool', whole(random, (1, 5, 3, 1)), [2, 2], {'padding': 'SAME'}),
    jax_pool('mean, same, padding not counted', 'averagePool', whole(random, (2, 5, 2)), [3],
             {'stride': 2, 'padding': 'SAME', 'countPadding': False}),
    upsample((2, 3, 2), [2]),
    upsample((1, 2, 3, 1), [2, 3]),
    embedding('embedding, a vector of ids', 4, 3, [2, 0, 2]),
    embedding('embedding, a batch of ids', 3, 2, [[1, 1, 0], [2, 1, 1]]),
    embedding('embedding, one id', 3, 2, 1),
    torch_linear('linear', (5, 3), 4),
    torch_linear('linear of sequences, without bias', (2, 3, 4), 2, False),
    torch_global('global max pool of images', 'globalMaxPool', (2, 3, 4, 2), F.adaptive_max_pool2d),
    torch_global('global average pool of images', 'globalAveragePool', (2, 2, 4, 3), F.adaptive_avg_pool2d),
    torch_global('global average pool of sequences', 'globalAveragePool', (2, 4, 3), F.adaptive_avg_pool1d),
])
