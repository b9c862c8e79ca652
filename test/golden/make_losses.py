"""Losses and units with their gradients in float64: losses.json.

    {name, fn, args, params?, out, cotangent, grad: [one per argument, null for integers]}

By PyTorch (`torch`), or where it has no such function by JAX and Optax (`jax`), of which some are written out here by
their distributions. `args` are ours, in our order; classes are int32. The gradient is that of the inner product with
the cotangent, a scalar where the losses are reduced.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
import torch.distributions as td
import torch.nn.functional as F
from jax import nn

from golden import draw, rng, write

jax.config.update('jax_enable_x64', True)
torch.set_default_dtype(torch.float64)
random = rng(37)
cases = []
reductions = ('none', 'mean', 'sum')


def entry(fn, label, args, params, out, cotangent, grads):
    name = ' '.join([fn, label, *(f'{k}={v}' for k, v in params.items() if np.isscalar(v))]).replace('  ', ' ')
    params = {'params': params} if params else {}
    cases.append({'name': name, 'fn': fn, 'args': args} | params | {'out': out, 'cotangent': cotangent, 'grad': grads})


def by_torch(fn, f, args, params=None, label=''):
    tensors = [torch.tensor(a) for a in args]
    for x in tensors:
        if x.is_floating_point():
            x.requires_grad_()
    out = f(*(x.long() if x.dtype == torch.int32 else x for x in tensors))
    cotangent = draw(random, tuple(out.shape))
    (out * torch.tensor(cotangent)).sum().backward()
    shown = lambda x: np.asarray(x.detach().numpy().round(14))
    entry(fn, label, args, params or {}, shown(out), cotangent, [None if x.grad is None else shown(x.grad) for x in tensors])


def by_jax(fn, f, args, params=None, label=''):
    out, pullback = jax.vjp(f, *map(jnp.asarray, args))
    cotangent = draw(random, out.shape)
    grads = [np.asarray(g).round(14) for g in pullback(jnp.asarray(cotangent))]
    entry(fn, label, args, params or {}, np.asarray(np.asarray(out).round(14)), cotangent, grads)


def softmax(shape):
    x = draw(random, shape)
    x = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    x = x.round(3)
    x[..., 0] += 1 - x.sum(-1)
    return x.round(3)


def regression():
    y, t = draw(random, (5, 2)), draw(random, (5, 2))
    for r in reductions:
        by_torch('meanSquared', lambda a, b: F.mse_loss(a, b, reduction=r), [y, t], {'reduction': r})
        by_torch('meanAbsolute', lambda a, b: F.l1_loss(a, b, reduction=r), [y, t], {'reduction': r})
        for delta in (1.0, 0.4):
            params = {'reduction': r, 'delta': delta}
            by_torch('huber', lambda a, b: F.huber_loss(a, b, reduction=r, delta=delta), [y, t], params)


def classes():
    z, shape = draw(random, (6, 4)), (6,)
    labels = random.integers(0, 4, shape).astype(np.int32)
    p = softmax((6, 4))
    weights = np.array([0.5, 2.0, 0.0, 1.25])
    for r in reductions:
        for smoothing in (0.0, 0.1):
            for w in (None, weights):
                weight = None if w is None else torch.tensor(w)
                f = lambda a, b: F.cross_entropy(a, b, weight=weight, label_smoothing=smoothing, reduction=r)
                params = {'reduction': r, 'smoothing': smoothing} | ({} if w is None else {'weights': w})
                how = '' if w is None else ', weighted'
                by_torch('softmaxCrossEntropy', f, [z, labels], params, 'of classes' + how)
                by_torch('softmaxCrossEntropy', f, [z, p], params, 'of distributions' + how)
    image = draw(random, (2, 3, 2, 2))
    where = random.integers(0, 3, (2, 2, 2)).astype(np.int32)
    by_torch('softmaxCrossEntropy', F.cross_entropy, [image, where], {'axis': 1}, 'along axis 1')
    for r in reductions:
        for margin in (1.0, 0.3):
            for power in (1, 2):
                # PyTorch divides by the number of classes
                f = lambda a, b: 4 * F.multi_margin_loss(a, b, p=power, margin=margin, reduction=r)
                by_torch('multiclassHinge', f, [z, labels], {'reduction': r, 'margin': margin, 'squared': power == 2})
    kl = lambda a, b: F.kl_div(F.log_softmax(a, -1), b, reduction='none').sum(-1)
    by_torch('kullbackLeibler', kl, [z, p], {'reduction': 'none'})
    by_torch('kullbackLeibler', lambda a, b: kl(a, b).mean(), [z, p], {'reduction': 'mean'})
    by_jax('kullbackLeibler', lambda a, b: optax.losses.kl_divergence(nn.log_softmax(a), b), [z, p], {'reduction': 'none'}, 'of Optax')


def binary():
    z, y = draw(random, (7,)), np.array([0, 1, 0.25, 0.9, 1, 0, 0.5])
    bits = random.integers(0, 2, 7).astype(np.int32)
    for r in reductions:
        f = lambda a, b: F.binary_cross_entropy_with_logits(a, b.double(), reduction=r)
        by_torch('sigmoidBinaryCrossEntropy', f, [z, y], {'reduction': r})
        by_torch('sigmoidBinaryCrossEntropy', f, [z, bits], {'reduction': r}, 'of classes')
        w = np.array([2.0, 0.5, 1.0, 0.0, 3.0, 1.5, 2.5])
        f = lambda a, b: F.binary_cross_entropy_with_logits(a, b.double(), pos_weight=torch.tensor(w), reduction=r)
        by_torch('sigmoidBinaryCrossEntropy', f, [z, y], {'reduction': r, 'positiveWeight': w}, 'weighted')
        by_torch('sigmoidBinaryCrossEntropy', f, [z, bits], {'reduction': r, 'positiveWeight': w}, 'of classes, weighted')
    signs = 2.0 * bits - 1
    by_jax('hinge', optax.losses.hinge_loss, [z, signs], {'reduction': 'none'})
    by_jax('hinge', lambda a, b: optax.losses.hinge_loss(a, b) ** 2, [z, signs], {'reduction': 'none', 'squared': True})


def likelihoods():
    y, t, v = draw(random, (5, 2)), draw(random, (5, 2)), draw(random, (5, 2))
    full = lambda a, b, s: F.gaussian_nll_loss(a, b, s.exp(), full=True, eps=1e-30, reduction='none')
    by_torch('gaussian', full, [y, t, v], {'reduction': 'none'}, 'learned variance')
    by_torch('gaussian', lambda a, b, s: full(a, b, s).mean(), [y, t, v], {'reduction': 'mean'}, 'learned variance')
    by_torch('gaussian', lambda a, b: full(a, b, torch.zeros_like(a)), [y, t], {'reduction': 'none'}, 'unit variance')

    def mixture(logits, means, log_variances, target):
        parts = td.Independent(td.Normal(means, (0.5 * log_variances).exp().expand(means.shape)), 1)
        return -td.MixtureSameFamily(td.Categorical(logits=logits), parts).log_prob(target)

    logits, means, variances, target = (draw(random, s) for s in ((3, 4), (3, 4, 2), (3, 4, 2), (3, 2)))
    by_torch('gaussianMixture', mixture, [logits, means, variances, target], {'reduction': 'none'}, 'of a batch')
    by_torch('gaussianMixture', lambda *a: mixture(*a).mean(), [logits, means, variances, target], {}, 'mean')
    by_torch(
        'gaussianMixture', mixture, [logits[0], means[0], variances[0, :, :1], target], {'reduction': 'none'}, 'one for all, isotropic'
    )

    def gaussian_kl(mean, log_variance, centre, scale):
        normal = lambda m, v: td.Normal(m, (0.5 * v).exp())
        return td.kl_divergence(normal(mean, log_variance), normal(centre, scale))

    args = [draw(random, (4, 2)) for _ in range(4)]
    by_torch('gaussianKullbackLeibler', gaussian_kl, args, {'reduction': 'none'}, 'with a prior')
    standard = lambda m, v: gaussian_kl(m, v, torch.zeros_like(m), torch.zeros_like(m))
    by_torch('gaussianKullbackLeibler', standard, args[:2], {'reduction': 'none'}, 'from the standard normal')
    cosine = lambda a, b: 1 - F.cosine_similarity(a, b, dim=-1)
    by_torch('cosineDistance', cosine, [y, t], {'reduction': 'none'})
    by_jax('cosineDistance', lambda a, b: jnp.mean(optax.losses.cosine_distance(a, b, axis=0)), [y, t], {'axis': 0}, 'of Optax')


def units():
    points = np.array([-30.0, -3.0, -1.5, -0.0, 0.0, 0.5, 2.0, 30.0])
    for fn in ('leaky_relu', 'elu', 'celu', 'selu', 'softplus', 'silu', 'mish', 'hardtanh', 'relu6'):
        ours = {'leaky_relu': 'leakyRelu', 'hardtanh': 'hardTanh'}.get(fn, fn)
        by_torch(ours, getattr(F, fn), [points[points != 0] if fn == 'leaky_relu' else points])
    by_jax('mish', nn.mish, [points], label='of JAX')
    by_torch('elu', lambda x: F.elu(x, 0.5), [points], {'alpha': 0.5})
    by_torch('leakyRelu', lambda x: F.leaky_relu(x, 0.1), [points[points != 0]], {'negativeSlope': 0.1})
    by_torch('swish', lambda x: x * torch.sigmoid(1.7 * x), [points], {'beta': 1.7})
    for approximate in ('none', 'tanh'):
        by_torch('gelu', lambda x: F.gelu(x, approximate=approximate), [points], {'approximate': approximate == 'tanh'})
    by_torch('glu', lambda x: F.glu(x), [draw(random, (3, 4))])
    x = draw(random, (3, 4))
    by_torch('prelu', lambda a, s: F.prelu(a, s), [x, np.array([0.25, -0.5, 0.0, 1.5])])
    by_torch('prelu', lambda a, s: F.prelu(a, s), [x, np.array([0.25])], label='one slope for all')
    weight, bias = draw(random, (4, 6)), draw(random, (6,))
    by_torch('maxoutLinear', lambda a, w, b: (a @ w + b).reshape(3, 2, 3).amax(-1), [x, weight, bias], {'k': 3})
    by_torch('cosine', lambda a, w, b: torch.cos(a @ w + b), [x, weight, bias])
    centre, width = draw(random, (5, 4)), np.array([0.5, 1.0, 1.5, 2.0, 4.0])
    rbf = lambda a, c, w: torch.exp(-((a[:, None, :] - c) ** 2).sum(-1) / w**2)
    by_torch('radialBasis', rbf, [x, centre, width])


regression()
classes()
binary()
likelihoods()
units()
write('losses', cases)
