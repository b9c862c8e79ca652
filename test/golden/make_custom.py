"""Custom rules and checkpointing, in float64.

    {name, fn, args, out}            values and derivatives under custom rules
    {name, fn, policy, counts}       how often operations occur in the program of value and gradient

The rules are wrong on purpose, so that one sees where they are used:
    slanted(x)      sin(x), with the tangent 2 cos(x) dx
    tilted(x, y)    x sin(y), with the tangent y dx + 3 x dy
    pulled(x, y)    sin(x) y, with the cotangents (ct y, ct cos(x)); residuals {x, y}
    clipped(x)      x, with the cotangent clipped to [-1/2, 1/2]
    applied(f, x)   f(x), with the cotangent ct f(2 x); f is not differentiated
    tree(p)         {a: p.u * p.v, b: (sum(p.u), count)}, with the cotangents {u: ct.a * p.v, v: ct.b[0] * p.u}

Programs of which operations are counted, at any depth and without dead code; `block` is what is checkpointed:
    chain(x)        sum(block(x)), block(x) = sin(sin(sin(x)))
    layers(w, x)    sum of three blocks tanh(w[i] x)
    product(w, x)   sum(block(w, x)), block(w, x) = w sin(w sin(x))
    named(x)        sum(block(x)), block(x) = sin(b) a where a = sin(x) is named 'a', b = exp(a) is named 'b'
    nested(x)       sum(block(x)), block(x) = sin(inner(exp(x))), inner, checkpointed with the same policy, = sin(sin(x))
    jitted(w, x)    sum(block(w, x)), block(w, x) = jit(sin(w exp(x))) with a jit inside the block
    scanned(w, x)   a scan of three steps x <- block(w, x), block(w, x) = sin(w tanh(x))
    around(w, x)    block(w, x) = sum of a scan of three steps x <- sin(w x)
    named loop(x)   block(x) = sum of a scan of three steps of the block of named
    twice(x)        the gradient of x -> sum(block(x)**2), block(x) = sin(exp(x)), and its sum's gradient
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import grad, jit, jvp, vjp, vmap
from jax.ad_checkpoint import checkpoint_name
from jax.interpreters import partial_eval

from golden import write

jax.config.update('jax_enable_x64', True)
cases = []


def case(fn, f, *args):
    args = jax.tree.map(np.asarray, args)
    out = jax.tree.map(np.asarray, f(*jax.tree.map(jnp.asarray, args)))
    cases.append({'name': fn, 'fn': fn, 'args': list(args), 'out': list(out) if isinstance(out, tuple) else out})


@jax.custom_jvp
def slanted(x):
    return jnp.sin(x)


slanted.defjvp(lambda p, t: (jnp.sin(p[0]), 2 * jnp.cos(p[0]) * t[0]))


@jax.custom_jvp
def tilted(x, y):
    return x * jnp.sin(y)


tilted.defjvp(lambda p, t: (p[0] * jnp.sin(p[1]), p[1] * t[0] + 3 * p[0] * t[1]))


@jax.custom_vjp
def pulled(x, y):
    return jnp.sin(x) * y


pulled.defvjp(
    lambda x, y: (jnp.sin(x) * y, {'x': x, 'y': y}), lambda r, ct: (ct * r['y'], ct * jnp.cos(r['x']))
)


@jax.custom_vjp
def clipped(x):
    return x


clipped.defvjp(lambda x: (x, None), lambda _, ct: (jnp.clip(ct, -0.5, 0.5),))


def applied(f, x):
    return f(x)


applied = jax.custom_vjp(applied, nondiff_argnums=(0,))
applied.defvjp(lambda f, x: (f(x), x), lambda f, x, ct: (ct * f(2 * x),))


@jax.custom_vjp
def tree(p):
    return {'a': p['u'] * p['v'], 'b': (jnp.sum(p['u']), jnp.int32(3))}


tree.defvjp(lambda p: (tree(p), p), lambda p, ct: ({'u': ct['a'] * p['v'], 'v': ct['b'][0] * p['u']},))

x, s, y = np.array([0.7, -1.2, 2.1]), np.float64(0.8), np.float64(1.7)
total = lambda f: lambda *a: jnp.sum(f(*a))
slope = lambda f: lambda a: jvp(f, (a,), (jnp.ones_like(a),))[1]

for name, f in (('slanted', slanted), ('jit slanted', jit(slanted)), ('sin of slanted', lambda a: jnp.sin(slanted(a)))):
    g = f
    for order in range(4):
        case(f'derivative {order} {name}', g, s)
        g = grad(g)
    case(f'jvp of jvp {name}', slope(slope(f)), s)
    case(f'vmap grad {name}', vmap(grad(f)), x)
    case(f'grad of vmap {name}', grad(total(vmap(f))), x)
    case(f'hessian {name}', jax.hessian(total(f)), x)
for name, f in (('tilted', tilted), ('pulled', pulled)):
    case(f'grad both {name}', grad(f, (0, 1)), s, y)
    case(f'grad of grad {name}', grad(lambda a, b: grad(f, 1)(a, b) + grad(f, 0)(a, b)), s, y)
    case(f'vmap first grad both {name}', vmap(grad(f, (0, 1)), (0, None)), x, y)
    case(f'vmap second grad both {name}', vmap(grad(f, (0, 1)), (None, 0)), s, x)
    case(f'grad both of vmap first {name}', grad(total(vmap(f, (0, None))), (0, 1)), x, y)
    case(f'grad both of vmap second {name}', grad(total(vmap(f, (None, 0))), (0, 1)), s, x)
    case(f'jit of grad of vmap of vmap {name}', jit(grad(total(vmap(vmap(f, (0, None)), (None, 0))), (0, 1))), x, x)
case('jvp of grad pulled', lambda a, b: jvp(grad(pulled, (0, 1)), (a, b), (1.0, 0.5))[1], s, y)
case('grad clipped', grad(lambda a: jnp.sum(clipped(a) * a)), x)
case('grad of vmap clipped', grad(lambda a: jnp.sum(vmap(clipped)(a) ** 2)), x)
case('grad applied', grad(lambda a: applied(jnp.sin, a)), s)
case('vmap grad applied', vmap(grad(lambda a: applied(lambda b: b**2, a))), x)
params = {'u': x, 'v': np.array([0.5, 2.0, -1.0])}
case('vjp tree', lambda p: vjp(lambda q: (tree(q)['a'], tree(q)['b'][0]), p)[1]((p['v'], 2.0))[0], params)
case('grad of scan pulled', grad(lambda a, b: jax.lax.scan(lambda c, e: (pulled(c, e), c), a, b)[0], (0, 1)), s, x)
case('grad of scan slanted', grad(lambda a, b: jax.lax.scan(lambda c, e: (slanted(c * e), c), a, b)[0], (0, 1)), s, x)

policies = {
    'everything': jax.checkpoint_policies.everything_saveable,
    'nothing': jax.checkpoint_policies.nothing_saveable,
    'dots': jax.checkpoint_policies.dots_saveable,
    'names a': jax.checkpoint_policies.save_only_these_names('a'),
    'names b': jax.checkpoint_policies.save_only_these_names('b'),
    'names a b': jax.checkpoint_policies.save_only_these_names('a', 'b'),
}
counted = ('sin', 'cos', 'tanh', 'exp', 'dot_general')


def inner_jaxprs(eqn):
    for value in eqn.params.values():
        for each in value if isinstance(value, (tuple, list)) else [value]:
            if hasattr(each, 'eqns'):
                yield getattr(each, 'jaxpr', each)


def count(jaxpr, counts):
    for eqn in jaxpr.eqns:
        if eqn.primitive.name in counts:
            counts[eqn.primitive.name] += 1
        for inner in inner_jaxprs(eqn):
            count(inner, counts)
    return counts


def counts_of(f, *args):
    jaxpr = jax.make_jaxpr(f)(*args).jaxpr
    used = partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))[0]
    return count(used, dict.fromkeys(counted, 0))


def named_block(a):
    b = checkpoint_name(jnp.sin(a), 'a')
    return jnp.sin(checkpoint_name(jnp.exp(b), 'b')) * b


w, ws, v = np.full((3, 3), 0.1), np.full((3, 3, 3), 0.1), np.array([0.1, 0.2, 0.3])


def programs(wrap):
    chain = wrap(lambda a: jnp.sin(jnp.sin(jnp.sin(a))))
    layer = wrap(lambda m, a: jnp.tanh(m @ a))
    product = wrap(lambda m, a: m @ jnp.sin(m @ jnp.sin(a)))
    named = wrap(named_block)
    inner = wrap(lambda a: jnp.sin(jnp.sin(a)))
    nested = wrap(lambda a: jnp.sin(inner(jnp.exp(a))))
    jitted = wrap(lambda m, a: jit(lambda n, b: jnp.sin(n @ jit(jnp.exp)(b)))(m, a))
    step = wrap(lambda m, a: jnp.sin(m @ jnp.tanh(a)))
    around = wrap(lambda m, a: jnp.sum(jax.lax.scan(lambda c, _: (jnp.sin(m @ c), None), a, None, length=3)[0]))
    looped = wrap(lambda a: jnp.sum(jax.lax.scan(lambda c, _: (named_block(c), None), a, None, length=3)[0]))
    twice = wrap(lambda a: jnp.sin(jnp.exp(a)))

    def layers(m, a):
        for i in range(3):
            a = layer(m[i], a)
        return jnp.sum(a)

    return {
        'chain': (jax.value_and_grad(total(chain)), v),
        'layers': (jax.value_and_grad(layers, (0, 1)), ws, v),
        'product': (jax.value_and_grad(total(product), (0, 1)), w, v),
        'named': (jax.value_and_grad(total(named)), v),
        'nested': (jax.value_and_grad(total(nested)), v),
        'jitted': (jax.value_and_grad(total(jitted), (0, 1)), w, v),
        'scanned': (
            jax.value_and_grad(
                lambda m, a: jnp.sum(jax.lax.scan(lambda c, _: (step(m, c), None), a, None, length=3)[0]), (0, 1)
            ),
            w,
            v,
        ),
        'around': (jax.value_and_grad(around, (0, 1)), w, v),
        'named loop': (jax.value_and_grad(looped), v),
        'twice': (jax.value_and_grad(lambda a: jnp.sum(grad(lambda b: jnp.sum(twice(b) ** 2))(a))), v),
    }


for name, (f, *args) in programs(lambda f: f).items():
    cases.append({'name': f'{name} plain', 'fn': name, 'policy': 'plain', 'counts': counts_of(f, *args)})
for policy, save in policies.items():
    for name, (f, *args) in programs(lambda f: jax.checkpoint(f, policy=save)).items():
        if policy.startswith('names') and not name.startswith('named'):
            continue
        cases.append({'name': f'{name} {policy}', 'fn': name, 'policy': policy, 'counts': counts_of(f, *args)})
write('custom', cases)
