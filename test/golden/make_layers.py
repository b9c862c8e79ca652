"""PyTorch's normalisations, a residual block of them, and dropout, in float64: layers.json.

    norms    {name, fn, args, mode: 'train' | 'evaluate' | null, xs: [x, …], params, state, states, out, cotangent, grad: {params, x}}
    block    {name, fn: 'block', xs, params, state, states, out, cotangent, grad}
    dropout  {name, fn: 'drop', rate, broadcast, key, x, out}

Channels are last, parameters are called scale and bias, running averages mean and variance. A layer is applied to
the inputs one after the other; `states` are its states after each, `out` and `grad` belong to the last. The gradient is that of
the inner product of the output with the cotangent. The masks of dropout are those of jax.random.bernoulli.
"""

import jax
import jax.numpy as jnp
import numpy as np
import torch

from golden import draw, rng, write

torch.set_default_dtype(torch.float64)
random = rng(41)
nn = torch.nn
none = {'scale': False, 'bias': False}


def array(x):
    return x.detach().numpy().round(14)


def first(x):
    """Channels second, as PyTorch wants them."""
    return torch.moveaxis(x, -1, 1) if x.ndim > 2 else x


def last(x):
    return torch.moveaxis(x, 1, -1) if x.ndim > 2 else x


def tensor(shape, digits=2):
    return torch.tensor(draw(random, shape, digits=digits)).requires_grad_()


def params_of(module, get):
    names = {'weight': 'scale', 'bias': 'bias'}
    return {names[n]: array(get(p)) for n, p in module.named_parameters()}


def state_of(module):
    return {'mean': array(module.running_mean), 'variance': array(module.running_var)}


def refill(module):
    """Parameters and running averages that are not just ones and zeros."""
    for p in module.parameters():
        p.data = torch.tensor(draw(random, tuple(p.shape), digits=2))
    if getattr(module, 'running_mean', None) is not None:
        module.running_mean.copy_(torch.tensor(draw(random, tuple(module.running_mean.shape), digits=2)))
        module.running_var.copy_(torch.tensor(np.abs(draw(random, tuple(module.running_var.shape), digits=2)) + 0.5))


def norm(name, fn, args, module, shape, channels=False, mode=None, steps=1):
    """A normalisation applied to some inputs; `channels` if the module wants them second."""
    refill(module)
    module.train(mode != 'evaluate')
    there, back = (first, last) if channels else (lambda x: x, lambda x: x)
    start = None if mode is None else state_of(module)
    xs, states = [tensor(shape) for _ in range(steps)], []
    for x in xs:
        out = back(module(there(x)))
        states.append(None if mode is None else state_of(module))
    cotangent = draw(random, tuple(out.shape), digits=1)
    module.zero_grad()
    (out * torch.tensor(cotangent)).sum().backward()
    return {
        'name': name,
        'fn': fn,
        'args': args,
        'mode': mode,
        'xs': [array(x) for x in xs],
        'params': params_of(module, lambda p: p),
        'state': start,
        'states': states,
        'out': array(out),
        'cotangent': cotangent,
        'grad': {'params': params_of(module, lambda p: p.grad), 'x': array(xs[-1].grad)},
    }


def batch_norms():
    kinds = [
        ('vectors', nn.BatchNorm1d, (5, 3)),
        ('sequences', nn.BatchNorm1d, (2, 4, 3)),
        ('images', nn.BatchNorm2d, (2, 2, 3, 3)),
        ('volumes', nn.BatchNorm3d, (2, 1, 2, 2, 2)),
    ]
    for what, make, shape in kinds:
        c = shape[-1]
        yield norm(f'batchNorm of {what}', 'batchNorm', [c, {}], make(c), shape, True, 'train', 3)
        yield norm(f'batchNorm of {what}, evaluation', 'batchNorm', [c, {}], make(c), shape, True, 'evaluate')
    bare = nn.BatchNorm1d(3, eps=0.1, momentum=0.5, affine=False)
    args = [3, {'eps': 0.1, 'momentum': 0.5} | none]
    yield norm('batchNorm without parameters', 'batchNorm', args, bare, (5, 3), True, 'train', 2)


def other_norms():
    yield norm('layerNorm', 'layerNorm', [4, {}], nn.LayerNorm(4), (2, 3, 4))
    yield norm('layerNorm of two axes', 'layerNorm', [[3, 4], {'eps': 0.01}], nn.LayerNorm([3, 4], eps=0.01), (2, 3, 4))
    yield norm('layerNorm without bias', 'layerNorm', [4, {'bias': False}], nn.LayerNorm(4, bias=False), (3, 4))
    yield norm('rmsNorm', 'rmsNorm', [4, {}], nn.RMSNorm(4), (2, 3, 4))
    yield norm('rmsNorm of two axes', 'rmsNorm', [[3, 4], {'eps': 0.01}], nn.RMSNorm([3, 4], eps=0.01), (2, 3, 4))
    yield norm('rmsNorm without scale', 'rmsNorm', [4, {'scale': False}], nn.RMSNorm(4, elementwise_affine=False), (3, 4))
    for rank, shape in enumerate([(3, 6), (2, 4, 6), (2, 2, 3, 6)]):
        for groups in (1, 2, 3):
            name = f'groupNorm of {groups} with rank {rank}'
            yield norm(name, 'groupNorm', [groups, 6, {'rank': rank}], nn.GroupNorm(groups, 6), shape, True)
    for rank, make, shape in [(1, nn.InstanceNorm1d, (2, 4, 3)), (2, nn.InstanceNorm2d, (2, 2, 3, 3))]:
        name = f'instanceNorm with rank {rank}'
        yield norm(name, 'instanceNorm', [3, {'rank': rank}], make(3, affine=True), shape, True)
        yield norm(f'{name}, without parameters', 'instanceNorm', [3, {'rank': rank} | none], make(3), shape, True)


def block():
    """relu(norm(linear(relu(norm(linear(x))))) + norm(linear(x))), as in residual networks."""
    inputs, units = 3, 4
    linears = [nn.Linear(inputs, units), nn.Linear(units, units), nn.Linear(inputs, units, bias=False)]
    norms = [nn.BatchNorm1d(units) for _ in range(3)]
    for module in linears + norms:
        refill(module)

    def linear(m, get):
        return {'weight': array(get(m.weight).T)} | ({} if m.bias is None else {'bias': array(get(m.bias))})

    def tree(get):
        ls, ns = [linear(m, get) for m in linears], [params_of(m, get) for m in norms]
        return [[[ls[0], ns[0], None, ls[1], ns[1]], [ls[2], ns[2]]], None]

    def state():
        a, b, c = map(state_of, norms)
        return [[[None, a, None, None, b], [None, c]], None]

    start, states = state(), []
    xs = [tensor((5, inputs)) for _ in range(2)]
    for x in xs:
        hidden = torch.relu(norms[0](linears[0](x)))
        out = torch.relu(norms[1](linears[1](hidden)) + norms[2](linears[2](x)))
        states.append(state())
    cotangent = draw(random, tuple(out.shape), digits=1)
    for module in linears + norms:
        module.zero_grad()
    (out * torch.tensor(cotangent)).sum().backward()
    return {
        'name': 'residual block',
        'fn': 'block',
        'xs': [array(x) for x in xs],
        'params': tree(lambda p: p),
        'state': start,
        'states': states,
        'out': array(out),
        'cotangent': cotangent,
        'grad': {'params': tree(lambda p: p.grad), 'x': array(xs[-1].grad)},
    }


def dropouts():
    x = np.asarray(draw(random, (2, 3, 2, 4), digits=2), np.float32)
    for seed, (rate, broadcast) in enumerate([(0.5, []), (0.2, []), (0.5, [1, 2]), (0.75, [0])]):
        key = jax.random.PRNGKey(seed)
        shape = [1 if i in broadcast else n for i, n in enumerate(x.shape)]
        mask = jnp.broadcast_to(jax.random.bernoulli(key, 1 - rate, shape), x.shape)
        out = jnp.where(mask, x / np.float32(1 - rate), 0)
        yield {
            'name': f'drop {rate} along {broadcast}',
            'fn': 'drop',
            'rate': rate,
            'broadcast': broadcast,
            'key': np.asarray(key),
            'x': x,
            'out': np.asarray(out),
        }


write('layers', [*batch_norms(), *other_norms(), block(), *dropouts()])
