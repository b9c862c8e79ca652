"""Optimizers of optax and PyTorch, and optax's schedules, in float64.

    {name: 'problem', fn: 'problem', start, gradients, matrix, vector}       the first case
    {name, fn, source: 'optax' | 'torch', params, out, quadratic}
    {name, fn: 'schedule.<name>', params, steps, out}

Every optimizer begins at the problem's `start` and takes twelve steps: with the given `gradients` (`out`, an array
[12, 4], has the parameters after each), and on ½xᵀAx − bᵀx with A = `matrix`, b = `vector` (`quadratic`, the parameters
after the last). `params` holds every hyperparameter that matters, under the names of PyTorch (lr, alpha, betas,
dampening, weightDecay, …) or of optax (learningRate, b1, b2, eps, epsRoot, epsInSqrt, initialAccumulatorValue,
centered, …). A chain with clipping has params.clip, the greatest global norm, params.clipElements or params.clipAdaptive
(with clipEps), and clips first; params.every is how many gradients a step takes. To Optax the parameters are two arrays, of
one and of three elements.
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
count = 12
gradients = np.round(random.standard_normal((count, 4)), 2)
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

    def parts(x):
        return jnp.asarray(x[:1]), jnp.asarray(x[1:])

    def walk(gradient):
        x = parts(start)
        state, path = optimizer.init(x), []
        for i in range(count):
            updates, state = optimizer.update(parts(gradient(i, np.concatenate(x))), state, x)
            x = optax.apply_updates(x, updates)
            path.append(np.concatenate(x))
        return np.stack(path)

    record(label, fn, 'optax', shown or params, walk)


def of_torch(label, kind, params):
    def walk(gradient):
        x = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer, path = getattr(torch.optim, kind)([x], **params), []
        for i in range(count):
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
    of_optax('nadamw', 'nadamw', adam | {'b2': 0.95, 'weight_decay': 0.05})
    of_optax('adamax', 'adamax', adam)
    of_optax('adamax, short memory', 'adamax', adam | {'b1': 0.5, 'b2': 0.8, 'eps': 1e-2})
    of_optax('adadelta', 'adadelta', {'learning_rate': 1.0, 'rho': 0.9, 'eps': 1e-6})
    of_optax('adadelta, large eps', 'adadelta', {'learning_rate': 0.5, 'rho': 0.8, 'eps': 1e-2})
    of_optax('radam', 'radam', rate | {'b1': 0.9, 'b2': 0.999, 'eps': 1e-8})
    of_optax('radam, short memory', 'radam', rate | {'b1': 0.8, 'b2': 0.9, 'eps': 1e-3})
    of_optax('lamb', 'lamb', rate | {'b1': 0.9, 'b2': 0.999, 'eps': 1e-6, 'weight_decay': 0.0})
    of_optax('lamb, weight decay', 'lamb', rate | {'b1': 0.8, 'b2': 0.9, 'eps': 1e-4, 'weight_decay': 0.1})
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
    of_optax(
        'adaptively clipped sgd',
        'sgd',
        rate,
        optax.chain(optax.adaptive_grad_clip(0.3, eps=0.1), optax.sgd(0.1)),
        rate | {'clip_adaptive': 0.3, 'clip_eps': 0.1},
    )
    of_optax(
        'adam, every third',
        'adam',
        adam,
        optax.MultiSteps(optax.adam(0.1), every_k_schedule=3),
        adam | {'every': 3},
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
    of_optax('lion, weight decay', 'lion', {'learning_rate': 0.03, 'b1': 0.5, 'b2': 0.8, 'weight_decay': 0.1})

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
    of_torch('RMSprop centered', 'RMSprop', {'lr': 0.05, 'alpha': 0.99, 'eps': 1e-8, 'centered': True})
    of_torch('Adamax', 'Adamax', {'lr': 0.1, 'betas': (0.9, 0.999), 'eps': 1e-8})
    of_torch('Adamax, L2', 'Adamax', {'lr': 0.1, 'betas': (0.5, 0.8), 'eps': 1e-2, 'weight_decay': 0.05})
    of_torch('Adadelta', 'Adadelta', {'lr': 1.0, 'rho': 0.9, 'eps': 1e-6})
    of_torch('Adadelta, L2', 'Adadelta', {'lr': 0.5, 'rho': 0.8, 'eps': 1e-2, 'weight_decay': 0.05})


steps = np.array([0, 1, 2, 4, 5, 7, 10, 15, 20, 30], np.int32)


def record_schedule(label, name, params):
    schedule = getattr(optax, name)(**params)
    cases.append(
        {
            'name': f'schedule {label}',
            'fn': f'schedule.{camel(name)}',
            'params': {camel(k): v for k, v in params.items()},
            'steps': steps,
            'out': np.array([float(schedule(jnp.float64(s))) for s in steps]),
        }
    )


def schedules():
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
        record_schedule(label, name, params)
    cycle = {'transition_steps': 20, 'peak_value': 2.0}
    for label, name, params in (
        (
            'one cycle, cosine',
            'cosine_onecycle_schedule',
            cycle | {'pct_start': 0.25, 'div_factor': 10.0, 'final_div_factor': 100.0},
        ),
        ('one cycle, cosine, defaults', 'cosine_onecycle_schedule', cycle),
        (
            'one cycle, linear',
            'linear_onecycle_schedule',
            cycle | {'pct_start': 0.3, 'pct_final': 0.85, 'div_factor': 25.0, 'final_div_factor': 1e4},
        ),
    ):
        record_schedule(label, name, params)
    for label, kind, params in (
        ('StepLR', 'StepLR', {'step_size': 4, 'gamma': 0.5}),
        ('MultiStepLR', 'MultiStepLR', {'milestones': [5, 15], 'gamma': 0.1}),
        ('CosineAnnealingWarmRestarts', 'CosineAnnealingWarmRestarts', {'T_0': 5, 'T_mult': 1, 'eta_min': 0.0}),
        ('CosineAnnealingWarmRestarts, twice', 'CosineAnnealingWarmRestarts', {'T_0': 3, 'T_mult': 2, 'eta_min': 0.1}),
        ('CosineAnnealingWarmRestarts, thrice', 'CosineAnnealingWarmRestarts', {'T_0': 1, 'T_mult': 3, 'eta_min': 0.0}),
        (
            'OneCycleLR',
            'OneCycleLR',
            {'max_lr': 2.0, 'total_steps': 31, 'pct_start': 10 / 31, 'div_factor': 10.0, 'final_div_factor': 100.0},
        ),
    ):
        optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=1.0)
        schedule, values = getattr(torch.optim.lr_scheduler, kind)(optimizer, **params), []
        for _ in range(31):
            values.append(optimizer.param_groups[0]['lr'])
            optimizer.step()
            if len(values) < 31:
                schedule.step()
        cases.append(
            {
                'name': f'schedule {label}',
                'fn': f'schedule.{kind}',
                'params': {camel(k): v for k, v in params.items()},
                'steps': np.arange(31, dtype=np.int32),
                'out': np.array(values),
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
