"""Prints src/backend/wasm/functions/coefficients.ts: minimax polynomials for the elementary functions on lanes.

Each makes the greatest weighted error the least (Remez' exchange, in 40 digits): the coefficients of 1, x, x², …, rounded to
doubles, with the error that was reached as a power of two.

    pip install mpmath
    python test/golden/make_simd_coefficients.py > src/backend/wasm/functions/coefficients.ts
"""
import mpmath as mp

mp.mp.dps = 40


def remez(f, low, high, degree, weight):
    """The coefficients, lowest power first, and the greatest weighted error."""
    low, high = mp.mpf(low), mp.mpf(high)
    centre, half = (low + high) / 2, (high - low) / 2
    grid = [centre - half * mp.cos(mp.pi * (k + mp.mpf(1) / 2) / 600) for k in range(600)]
    values = [(x, f(x), weight(x)) for x in grid]
    count = degree + 2
    chosen = [round((1 - mp.cos(mp.pi * (k + mp.mpf(1) / 2) / count)) / 2 * 599) for k in range(count)]
    chosen = [min(599, max(k, i)) for k, i in enumerate(chosen)]
    for _ in range(30):
        rows, right = mp.matrix(count, count), mp.matrix(count, 1)
        for i, k in enumerate(chosen):
            x, y, w = values[k]
            for j in range(degree + 1):
                rows[i, j] = w * x**j
            rows[i, degree + 1] = (-1) ** i
            right[i] = w * y
        solved = mp.lu_solve(rows, right)
        c, level = [solved[j] for j in range(degree + 1)], abs(solved[degree + 1])
        error = [w * (y - mp.polyval(c[::-1], x)) for x, y, w in values]
        runs = []
        for k, e in enumerate(error):
            if runs and (error[runs[-1]] < 0) == (e < 0):
                if abs(e) > abs(error[runs[-1]]):
                    runs[-1] = k
            else:
                runs.append(k)
        worst = max(abs(e) for e in error)
        if worst < level * mp.mpf('1.001') or len(runs) < count:
            break
        while len(runs) > count:
            runs.pop(0 if abs(error[runs[0]]) < abs(error[runs[-1]]) else -1)
        chosen = runs
    return c, worst


def show(name, doc, f, low, high, degree, weight=lambda x: mp.mpf(1)):
    c, worst = remez(f, low, high, degree, weight)
    print('\n/** %s, to 2⁻%s. */' % (doc, ''.join('⁰¹²³⁴⁵⁶⁷⁸⁹'[int(d)] for d in str(int(mp.floor(-mp.log(worst, 2)))))))
    lines, line = [], '  '
    for k, x in enumerate(c):
        text = repr(float(x)) + (', ' if k < degree else '')
        if len(line) + len(text) > 136:
            lines.append(line.rstrip())
            line = '  '
        line += text
    print('export const %s = [\n%s\n] as const' % (name, '\n'.join(lines + [line])), flush=True)


def even(f, terms):
    """(f(s) less its first terms)/s^(2n) as a function of s²; `terms` are those of its series in s²."""

    def part(z):
        with mp.workdps(80):
            total = f(mp.sqrt(z))
            for k, t in enumerate(terms):
                total -= t * z**k
            return total / z ** len(terms)

    return part


def accurate(f):
    def more(x):
        with mp.workdps(80):
            return f(mp.mpf(x))

    return more


half_log2 = mp.log(2) / 2 * mp.mpf('1.001')
third = mp.mpf(1) / 3
root = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * mp.mpf('1.001')
quarter = (mp.pi / 4 * mp.mpf('1.0001')) ** 2
octant = (mp.sqrt(2) - 1) ** 2 * mp.mpf('1.0001')
itself = lambda x: x
exponential = accurate(lambda r: (mp.expm1(r) - r) / r**2)
logarithm = even(lambda s: 2 * mp.atanh(s) / s, [2])
error = even(lambda x: mp.erf(x) / x - 1, [])


def tail(u):
    """(1 + 2a) exp(a²) erfc(a) at u = (a − 2)/(a + 2)."""
    with mp.workdps(80):
        a = 2 * (1 + u) / (1 - u)
        return (1 + 2 * a) * mp.exp(a * a) * mp.erfc(a)


print('''/*
 * Minimax polynomials, lowest power first. The figures below are printed by test/golden/make_simd_coefficients.py.
 */''')
show('exp32', '(eʳ − 1 − r)/r² for |r| ≤ ½ log 2, its error times r', exponential, -half_log2, half_log2, 4, abs)
show('expm132', '(eʳ − 1 − r)/r² for |r| ≤ ½ log 2, its error times r, for eʳ − 1', exponential, -half_log2, half_log2, 5, abs)
show('exp64', '(eʳ − 1 − r)/r² for |r| ≤ ½ log 2, its error times r', exponential, -half_log2, half_log2, 9, abs)
show('log32', '(2 atanh s − 2s)/s³ as a function of s², for |s| ≤ (√2 − 1)/(√2 + 1)', logarithm, mp.mpf(10) ** -12, root**2, 2, itself)
show('log64', '(2 atanh s − 2s)/s³ as a function of s², for |s| ≤ (√2 − 1)/(√2 + 1)', logarithm, mp.mpf(10) ** -12, root**2, 6, itself)
show('logTail', '(2 atanh s − 2s − ⅔s³)/s⁵ as a function of s², for the same s', even(lambda s: 2 * mp.atanh(s) / s, [2, 2 * third]), mp.mpf(10) ** -12, root**2, 9)
show('sin32', '(sin r − r)/r³ as a function of r², for |r| ≤ ¼π', even(lambda s: mp.sin(s) / s, [1]), mp.mpf(10) ** -12, quarter, 2, itself)
show('sin64', '(sin r − r)/r³ as a function of r², for |r| ≤ ¼π', even(lambda s: mp.sin(s) / s, [1]), mp.mpf(10) ** -12, quarter, 5, itself)
show('cos32', '(cos r − 1 + ½r²)/r⁴ as a function of r², for |r| ≤ ¼π', even(mp.cos, [1, -mp.mpf(1) / 2]), mp.mpf(10) ** -12, quarter, 2, lambda z: z * z)
show('cos64', '(cos r − 1 + ½r²)/r⁴ as a function of r², for |r| ≤ ¼π', even(mp.cos, [1, -mp.mpf(1) / 2]), mp.mpf(10) ** -12, quarter, 5, lambda z: z * z)
for bits, n in (32, 5), (64, 12):
    show('asin%d' % bits, '(asin x − x)/x³ as a function of x², for |x| ≤ ½', even(lambda s: mp.asin(s) / s, [1]), mp.mpf(10) ** -12, 0.2501, n, itself)
for bits, n in (32, 4), (64, 10):
    show('atan%d' % bits, '(atan x − x)/x³ as a function of x², for |x| ≤ √2 − 1', even(lambda s: mp.atan(s) / s, [1]), mp.mpf(10) ** -12, octant, n, itself)
for bits, n in (32, 3), (64, 6):
    show('sinh%d' % bits, '(sinh x − x)/x³ as a function of x², for |x| ≤ 1', even(lambda s: mp.sinh(s) / s, [1]), mp.mpf(10) ** -12, 1.001, n, itself)
show('cbrt64', '∛x for 1 ≤ x ≤ 2', mp.cbrt, 1, 2, 7)
show('erf32', 'erf x/x − 1 as a function of x², for |x| ≤ 0.92', error, mp.mpf(10) ** -12, 0.85, 5)
show('erfcLog32', '−log erfc x for 0.92 ≤ x ≤ 4, its error times erfc x', lambda x: -mp.log(mp.erfc(x)), 0.9, 4, 7, mp.erfc)
show('erfcTail64', '(1 + 2x) exp(x²) erfc x as a function of (x − 2)/(x + 2), for 0.74 ≤ x ≤ 28', tail, -0.465, mp.mpf(26) / 30, 21)
show('erfcTail32', '(1 + 2x) exp(x²) erfc x as a function of (x − 2)/(x + 2), for 0 ≤ x ≤ 12', tail, -1, mp.mpf(10) / 14, 11)
