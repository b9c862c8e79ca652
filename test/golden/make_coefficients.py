"""Prints src/lax/elementwise/scalar/coefficients.ts: polynomials for the elementary and special functions.

Each is the Chebyshev interpolant of the function named, in 50 digits, written in powers of u = (x - centre) * scale with
u in [-1, 1], lowest power first, and cut where it meets the tolerance. The last digits are those of the nearest double.

    pip install mpmath
    python test/golden/make_coefficients.py > src/lax/elementwise/scalar/coefficients.ts
"""

import mpmath as mp

mp.mp.dps = 50


def powers(f, low, high, tolerance):
    centre, half = (mp.mpf(low) + high) / 2, (mp.mpf(high) - low) / 2
    for n in range(6, 60, 2):
        nodes = [mp.cos(mp.pi * (k + mp.mpf(1) / 2) / n) for k in range(n)]
        values = [f(centre + half * u) for u in nodes]
        scale = max(abs(v) for v in values)
        c = [
            2 / mp.mpf(n) * sum(v * mp.cos(mp.pi * j * (k + mp.mpf(1) / 2) / n) for k, v in enumerate(values))
            for j in range(n)
        ]
        c[0] /= 2
        if abs(c[-1]) + abs(c[-2]) < tolerance * scale:
            break
    else:
        raise ValueError('no convergence')
    before, now = [mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]
    out = [mp.mpf(0)] * len(c)
    out[0] = c[0]
    for coefficient in c[1:]:
        for i, t in enumerate(now):
            out[i] += coefficient * t
        following = [mp.mpf(0)] + [2 * t for t in now]
        for i, t in enumerate(before):
            following[i] -= t
        before, now = now, following
    while abs(out[-1]) < tolerance * scale / 4:
        out.pop()
    return centre, 1 / half, out


def piece(f, low, high, tolerance=mp.mpf(2) ** -57):
    centre, scale, c = powers(f, low, high, tolerance)
    assert float(centre) == centre and float(scale) == scale, (low, high)
    lines, line = [], '      '
    for text in [repr(float(x)) for x in c]:
        if len(line) + len(text) > 116:
            lines.append(line.rstrip())
            line = '      '
        line += text + ', '
    lines.append(line.rstrip(', '))
    return '{\n    centre: %r,\n    scale: %r,\n    powers: [\n%s\n    ]\n  }' % (
        float(centre),
        float(scale),
        '\n'.join(lines),
    )


def show(name, doc, pieces):
    print('\n/** %s */' % doc)
    if len(pieces) == 1:
        body = pieces[0].replace('\n  ', '\n')
        print('export const %s: Polynomial = %s' % (name, body))
    else:
        print('export const %s: readonly Polynomial[] = [\n  %s\n]' % (name, ',\n  '.join(pieces)))


def over(f, limit):
    """A function of t that is 0/0 at t = 0, with its limit there."""
    return lambda t: limit if abs(t) < mp.mpf(10) ** -40 else f(t)


def tanh_part(t):
    x = mp.sqrt(t)
    return mp.tanh(x) / x - 1


def erf_part(t):
    x = mp.sqrt(t)
    return mp.erf(x) / x - 1


def erfcx(x):
    return mp.exp(x * x) * mp.erfc(x)


def erfc_tail(t):
    """x erfcx(x) at x = 1 / sqrt(t)."""
    x = 1 / mp.sqrt(t)
    return x * erfcx(x)


def inverse(w):
    """erfInv(x) / x where w = -log(1 - x^2)."""
    x = mp.sqrt(-mp.expm1(-w))
    tail = mp.exp(-w) / (1 + x)
    y = mp.sqrt(w) if w > 1 else x
    for _ in range(100):
        step = (tail - mp.erfc(y)) * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
        step /= 1 + y * step
        y -= step
        if abs(step) < mp.mpf(10) ** -25 * y:
            return y / x
    raise ValueError('no convergence')


def lgamma_part(x):
    return mp.loggamma(x) / ((x - 1) * (x - 2))


root = mp.findroot(mp.digamma, mp.mpf('1.4616321449683623'))


def digamma_part(x):
    return mp.digamma(x) / (x - root)


def double(x):
    return repr(float(x))


print('''/** A polynomial in `(x - centre) · scale`, which runs over [−1, 1]; lowest power first. */
export interface Polynomial {
  readonly centre: number
  readonly scale: number
  readonly powers: readonly number[]
}

/*
 * The figures below are printed by test/golden/make_coefficients.py.
 */''')
show('tanhSmall', 'tanh(x) / x − 1 for x² in [0, ½].', [piece(over(tanh_part, mp.mpf(0)), 0, 0.5)])
show('erfSmall', 'erf(x) / x − 1 for x² in [0, 1].', [piece(over(erf_part, 2 / mp.sqrt(mp.pi) - 1), 0, 1)])
show(
    'erfcMiddle',
    'exp(x²) erfc(x) for x in [½, 1], [1, 2] and [2, 4].',
    [piece(erfcx, 0.5, 1), piece(erfcx, 1, 2), piece(erfcx, 2, 4)],
)
show(
    'erfcTail',
    'x exp(x²) erfc(x) for 1/x² in [0, 1/16].',
    [piece(over(erfc_tail, 1 / mp.sqrt(mp.pi)), 0, mp.mpf(1) / 16)],
)
show(
    'erfInvMiddle',
    'erfInv(x) / x for w = −log(1 − x²) in [0, 4], to 2⁻²⁸.',
    [piece(over(inverse, mp.sqrt(mp.pi) / 2), 0, 4, mp.mpf(2) ** -28)],
)
show(
    'erfInvTail', 'erfInv(x) / x for √w in [2, 6], to 2⁻²⁸.', [piece(lambda s: inverse(s * s), 2, 6, mp.mpf(2) ** -28)]
)
show(
    'lgammaSmall',
    'lgamma(x) / ((x − 1)(x − 2)) for x in [½, 1], [1, 1½], [1½, 2] and [2, 3].',
    [piece(lgamma_part, a, b) for a, b in [(0.5, 1), (1, 1.5), (1.5, 2), (2, 3)]],
)
show(
    'lgammaMiddle',
    'lgamma(x) for x in [3, 4], [4, 6] and [6, 8].',
    [piece(mp.loggamma, a, b) for a, b in [(3, 4), (4, 6), (6, 8)]],
)
show(
    'digammaSmall',
    'digamma(x) / (x − digammaRoot) for x in [½, 1], [1, 1½] and [1½, 2].',
    [piece(digamma_part, a, b) for a, b in [(0.5, 1), (1, 1.5), (1.5, 2)]],
)
show(
    'digammaMiddle',
    'digamma(x) for x in [2, 3], [3, 5] and [5, 9].',
    [piece(mp.digamma, a, b) for a, b in [(2, 3), (3, 5), (5, 9)]],
)
print('\n/** Where digamma vanishes, as a sum of two doubles. */')
print(
    'export const digammaRoot: readonly [number, number] = [%s, %s]'
    % (double(root), double(root - mp.mpf(float(root))))
)
