"""PyTorch's recurrent networks in float64, batch first: recurrent.json.

    {name, fn: 'rnnCell' | 'lstmCell' | 'gruCell', activation?, bidirectional, lengths: int32[batch] | null, xs,
     params, start, outputs, carry, cotangent: {outputs, carry}, grad: {params, start, xs}}

Parameters, carries and their gradients are trees as ours: weights transposed, {cell, hidden} of an LSTM, and
{backward, forward} where there are two directions. The gradient is that of the inner product of outputs and
final carries with the cotangent. With lengths the sequences are packed; the inputs beyond are not seen.
"""

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from golden import draw, rng, write

torch.set_default_dtype(torch.float64)
random = rng(29)
batch, time, inputs, units = 3, 4, 2, 2
kinds = {
    'rnn tanh': ('rnnCell', torch.nn.RNN, {'nonlinearity': 'tanh'}),
    'rnn relu': ('rnnCell', torch.nn.RNN, {'nonlinearity': 'relu'}),
    'lstm': ('lstmCell', torch.nn.LSTM, {}),
    'gru': ('gruCell', torch.nn.GRU, {}),
}


def tensor(shape):
    return torch.tensor(draw(random, shape, digits=2)).requires_grad_()


def array(x):
    return x.detach().numpy().round(13)


def way(fn, get):
    """Our parameters of one direction, of PyTorch's four; `get` also takes gradients, where the two biases share one."""
    input_weight, hidden_weight, bias, hidden_bias, summed = get
    tree = {'inputWeight': array(input_weight.T), 'hiddenWeight': array(hidden_weight.T)}
    if fn != 'gruCell':
        return tree | {'bias': array(bias + hidden_bias if summed else bias)}
    rest = torch.cat([hidden_bias[: 2 * units], torch.zeros(units)])
    return tree | {'bias': array(bias + rest if summed else bias), 'hiddenBias': array(hidden_bias[2 * units :])}


def params_of(fn, module, bidirectional, gradient):
    suffixes = {'forward': '_l0', 'backward': '_l0_reverse'} if bidirectional else {'': '_l0'}
    ways = {}
    for name, suffix in suffixes.items():
        four = [getattr(module, kind + suffix) for kind in ('weight_ih', 'weight_hh', 'bias_ih', 'bias_hh')]
        ways[name] = way(fn, [x.grad if gradient else x for x in four] + [not gradient])
    return ways if bidirectional else ways['']


def carry_of(fn, parts, bidirectional):
    """The carry as ours, of tensors [directions, batch, units]."""
    def one(d):
        return {'hidden': array(parts[0][d]), 'cell': array(parts[1][d])} if fn == 'lstmCell' else array(parts[0][d])

    return {'forward': one(0), 'backward': one(1)} if bidirectional else one(0)


def case(label, lengths, bidirectional):
    fn, make, options = kinds[label]
    module = make(inputs, units, batch_first=True, bidirectional=bidirectional, **options)
    for p in module.parameters():
        p.data = torch.tensor(draw(random, tuple(p.shape), digits=2))
    directions = 2 if bidirectional else 1
    xs = tensor((batch, time, inputs))
    start = [tensor((directions, batch, units)) for _ in range(2 if fn == 'lstmCell' else 1)]
    state = tuple(start) if fn == 'lstmCell' else start[0]
    if lengths is None:
        out, end = module(xs, state)
    else:
        packed = pack_padded_sequence(xs, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
        out, end = module(packed, state)
        out, _ = pad_packed_sequence(out, batch_first=True, total_length=time)
    end = list(end) if fn == 'lstmCell' else [end]
    weights, ends = draw(random, tuple(out.shape), digits=1), [draw(random, tuple(x.shape), digits=1) for x in end]
    total = (out * torch.tensor(weights)).sum()
    for x, w in zip(end, ends):
        total = total + (x * torch.tensor(w)).sum()
    total.backward()
    shown = label + (', both ways' if bidirectional else '') + (', lengths' if lengths else '')
    return {
        'name': shown,
        'fn': fn,
        'activation': options.get('nonlinearity'),
        'bidirectional': bidirectional,
        'lengths': None if lengths is None else np.array(lengths, np.int32),
        'xs': array(xs),
        'params': params_of(fn, module, bidirectional, False),
        'start': carry_of(fn, start, bidirectional),
        'outputs': array(out),
        'carry': carry_of(fn, end, bidirectional),
        'cotangent': {'outputs': weights, 'carry': carry_of(fn, [torch.tensor(x) for x in ends], bidirectional)},
        'grad': {
            'params': params_of(fn, module, bidirectional, True),
            'start': carry_of(fn, [x.grad for x in start], bidirectional),
            'xs': array(xs.grad),
        },
    }


write('recurrent', [case(k, n, b) for k in kinds for b in (False, True) for n in (None, [4, 1, 3])])
