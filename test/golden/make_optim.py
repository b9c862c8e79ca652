"""Optimizers of optax and PyTorch, and optax's schedules, in float64.

    {name: 'problem', fn: 'problem', start, gradients, matrix, vector}       the first case
    {name, fn, source: 'optax' | 'torch', params, out, quadratic}
    {name, fn: 'schedule.<name>', params, steps, out}

Every optimizer begins at the problem's `start` and takes eight steps: with the given `gradients` (`out`, an array
[8, 4], has the parameters after each), and on ½xᵀAx − bᵀx with A = `matrix`, b = `vector` (`quadratic`, the parameters
after the last). `params` holds every hyperparameter that matters, under the names of PyTorch (lr, alpha, betas,
dampening, weightDecay, …) or of optax (learningRate, b1, b2, eps, epsRoot, epsInSqrt, initialAccumulatorValue,
centered, …). A chain with clipping has params.clip, the greatest global norm, or params.clipElements, and clips first.
params.scheduled means that the rate is a schedule, {name, params}, whose step is counted from 0.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

from golden import camel, rng, write

jax.config.update('jax_enable_x64', True)
random = rng(13)
cases = []
start = np.array([1.0, -2, 0.5, 0])
gradients = np.round(random.standard_normal((8, 4)), 2)
gradients[2, 1], gradients[3, 0] = 0.0, 5.0
matrix = np.array([[3.0, 1, 0, 0], [1, 2, 0.5, 0], [0, 0.5, 1, 0], [0, 0, 0, 10]])
vector = np.array([1.0, 0, -1, 2])
cases.append(
    {'name': 'problem', 'fn': 'problem', 'start': start, 'gradients': gradients, 'matrix': matrix, 'vector': vector}
)


def record(label, fn, source, params, walk):
    shown = {camel(k): v for k, v in params.items()}
    cases.append(
        {
            'name': f'{source} {label}',
            'fn': fn,
            'source': source,
            'params': shown,
            'out': walk(lambda i, x: gradients[i]),
            'quadratic': walk(lambda i, x: matrix @ x - vector)[-1],
        }
    )


def of_optax(label, fn, params, optimizer=None, shown=None):
    optimizer = optimizer or getattr(optax, fn)(**params)

    def walk(gradient):
        x = jnp.asarray(start)
        state, path = optimizer.init(x), []
        for i in range(8):
            updates, state = optimizer.update(jnp.asarray(gradient(i, np.asarray(x))), state, x)
            x = optax.apply_updates(x, updates)
            path.append(np.asarray(x))
        return np.stack(path)

    record(label, fn, 'optax', shown or params, walk)


def of_torch(label, kind, params):
    def walk(gradient):
        x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer, path = getattr(torch.optim, kind)([x], **params), []
        for i in range(8):
            x.grad = torch.tensor(gradient(i, x.detach().numpy()), dtype=torch.float64)
            optimizer.step()
            path.append(x.detach().numpy().copy())
        return np.stack(path)

    record(label, kind, 'torch', params, walk)


def optimizers():
    rate = {'learning_rate': 0.1}
    of_optax('sgd', 'sgd', rate)
    of_optax('momentum', 'sgd', rate | {'momentum': 0.9})
    of_optax('nesterov', 'sgd', rate | {'momentum': 0.9, 'nesterov': True})
    of_optax('adagrad', 'adagrad', rate | {'initial_accumulator_value': 0.1, 'eps': 1e-7})
    of_optax('adagrad from zero', 'adagrad', rate | {'initial_accumulator_value': 0.0, 'eps': 1e-7})
    base = rate | {'decay': 0.9, 'eps': 1e-3}
    for inside in (True, False):
        of_optax(f'rmsprop eps {"inside" if inside else "outside"} the root', 'rmsprop', base | {'eps_in_sqrt': inside})
    of_optax('rmsprop centered', 'rmsprop', base | {'eps_in_sqrt': True, 'centered': True})
    of_optax('rmsprop momentum', 'rmsprop', base | {'eps_in_sqrt': True, 'momentum': 0.8})
    adam = rate | {'b1': 0.9, 'b2': 0.999, 'eps': 1e-8}
    of_optax('adam', 'adam', adam | {'eps_root': 0.0})
    of_optax('adam, eps in the root', 'adam', adam | {'b2': 0.9, 'eps_root': 1e-3})
    of_optax('adam, nesterov', 'nadam', adam)
    of_optax('adamw', 'adamw', adam | {'weight_decay': 0.05})
    of_optax('adamax', 'adamax', adam)
    of_optax(
        'clipped sgd', 'sgd', rate, optax.chain(optax.clip_by_global_norm(1.5), optax.sgd(0.1)), rate | {'clip': 1.5}
    )
    of_optax(
        'clipped adam', 'adam', adam, optax.chain(optax.clip_by_global_norm(1.0), optax.adam(0.1)), adam | {'clip': 1.0}
    )
    of_optax(
        'elementwise clipped sgd',
        'sgd',
        rate,
        optax.chain(optax.clip(0.5), optax.sgd(0.1)),
        rate | {'clip_elements': 0.5},
    )
    decay = {'init_value': 0.2, 'end_value': 0.02, 'transition_steps': 5}
    of_optax(
        'scheduled momentum',
        'sgd',
        {},
        optax.sgd(optax.linear_schedule(**decay), momentum=0.9),
        {'momentum': 0.9, 'scheduled': {'name': 'linearSchedule', 'params': {camel(k): v for k, v in decay.items()}}},
    )
    of_optax('lion', 'lion', {'learning_rate': 0.01, 'b1': 0.9, 'b2': 0.99, 'weight_decay': 0.0})

    of_torch('SGD', 'SGD', {'lr': 0.1})
    of_torch('SGD momentum', 'SGD', {'lr': 0.1, 'momentum': 0.9})
    of_torch('SGD momentum, dampening', 'SGD', {'lr': 0.1, 'momentum': 0.9, 'dampening': 0.5})
    of_torch('SGD nesterov, weight decay', 'SGD', {'lr': 0.1, 'momentum': 0.9, 'nesterov': True, 'weight_decay': 0.01})
    of_torch('Adagrad', 'Adagrad', {'lr': 0.1, 'eps': 1e-7, 'initial_accumulator_value': 0.0})
    of_torch('Adagrad, rate decay', 'Adagrad', {'lr': 0.1, 'lr_decay': 0.1, 'eps': 1e-10})
    of_torch('RMSprop', 'RMSprop', {'lr': 0.1, 'alpha': 0.9, 'eps': 1e-3})
    of_torch(
        'RMSprop centered, momentum',
        'RMSprop',
        {'lr': 0.1, 'alpha': 0.9, 'eps': 1e-3, 'centered': True, 'momentum': 0.8},
    )
    of_torch('Adam', 'Adam', {'lr': 0.1, 'betas': (0.9, 0.999), 'eps': 1e-8})
    of_torch('Adam, L2', 'Adam', {'lr': 0.1, 'betas': (0.9, 0.999), 'eps': 1e-8, 'weight_decay': 0.05})
    of_torch('AdamW', 'AdamW', {'lr': 0.1, 'betas': (0.9, 0.999), 'eps': 1e-8, 'weight_decay': 0.05})


def schedules():
    steps = np.array([0, 1, 2, 4, 5, 7, 10, 15, 20, 30], np.int32)
    for label, name, params in (
        ('constant', 'constant_schedule', {'value': 0.3}),
        ('linear', 'linear_schedule', {'init_value': 1.0, 'end_value': 0.1, 'transition_steps': 10}),
        (
            'linear, later',
            'linear_schedule',
            {'init_value': 1.0, 'end_value': 0.1, 'transition_steps': 10, 'transition_begin': 5},
        ),
        ('cosine', 'cosine_decay_schedule', {'init_value': 1.0, 'decay_steps': 20, 'alpha': 0.1}),
        ('cosine, exponent', 'cosine_decay_schedule', {'init_value': 1.0, 'decay_steps': 20, 'exponent': 2.0}),
        (
            'warm-up and cosine',
            'warmup_cosine_decay_schedule',
            {'init_value': 0.0, 'peak_value': 1.0, 'warmup_steps': 5, 'decay_steps': 20, 'end_value': 0.1},
        ),
        ('exponential', 'exponential_decay', {'init_value': 1.0, 'transition_steps': 5, 'decay_rate': 0.5}),
        (
            'exponential, staircase, bounded',
            'exponential_decay',
            {
                'init_value': 1.0,
                'transition_steps': 5,
                'decay_rate': 0.5,
                'transition_begin': 2,
                'staircase': True,
                'end_value': 0.2,
            },
        ),
        (
            'polynomial',
            'polynomial_schedule',
            {'init_value': 1.0, 'end_value': 0.1, 'power': 2, 'transition_steps': 15},
        ),
    ):
        schedule = getattr(optax, name)(**params)
        out = np.array([float(schedule(jnp.float64(s))) for s in steps])
        cases.append(
            {
                'name': f'schedule {label}',
                'fn': f'schedule.{camel(name)}',
                'params': {camel(k): v for k, v in params.items()},
                'steps': steps,
                'out': out,
            }
        )
    for label, boundaries in (('piecewise constant', {5: 0.5, 15: 0.1}),):
        schedule = optax.piecewise_constant_schedule(1.0, boundaries)
        out = np.array([float(schedule(jnp.float64(s))) for s in steps])
        cases.append(
            {
                'name': f'schedule {label}',
                'fn': 'schedule.piecewiseConstantSchedule',
                'params': {'initValue': 1.0, 'boundariesAndScales': {str(k): v for k, v in boundaries.items()}},
                'steps': steps,
                'out': out,
            }
        )


optimizers()
schedules()
write('optim', cases)
