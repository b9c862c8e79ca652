/*
 * Real numbers as integers over 2¹⁹², for the few places where sums of doubles cancel. Slow, and rarely called.
 */

const bits = 192n
const unit = 1n << bits

/** π and log 2, over 2¹⁹². */
const pi = 0x3243f6a8885a308d313198a2e03707344a4093822299f31d0n
const ln2 = 0xb17217f7d1cf79abc9e3b39803f2f6af40f343267298b62en

const scratch = new DataView(new ArrayBuffer(8))

/** A number, exactly unless it has bits below 2⁻¹⁹². */
export const fromNumber = (x: number): bigint => {
  scratch.setFloat64(0, x)
  const word = scratch.getBigUint64(0)
  const exponent = (word >> 52n) & 2047n
  const mantissa = (word & 0xfffffffffffffn) | (exponent === 0n ? 0n : 1n << 52n)
  const shift = (exponent === 0n ? 1n : exponent) - 1075n + bits
  const size = shift >= 0n ? mantissa << shift : mantissa >> -shift
  return x < 0 ? -size : size
}

/** The nearest double. */
export const toNumber = (x: bigint): number => Number(x) * 2 ** -192

const mul = (x: bigint, y: bigint): bigint => (x * y) >> bits
const div = (x: bigint, y: bigint): bigint => (x << bits) / y

/** The natural logarithm of x > 0, by its series in (m − 1) / (m + 1). */
const log = (x: bigint): bigint => {
  const k = BigInt(x.toString(2).length - 1) - bits
  const m = k >= 0n ? x >> k : x << -k
  const s = div(m - unit, m + unit)
  const square = mul(s, s)
  let sum = 0n
  for (let power = s, n = 1n; power !== 0n; power = mul(power, square), n += 2n) sum += power / n
  return 2n * sum + k * ln2
}

/** sin x and cos x for |x| ≤ 2, by their series. */
const sinCos = (x: bigint): readonly [sin: bigint, cos: bigint] => {
  let [sin, cos] = [0n, 0n]
  for (let term = unit, n = 0n; term !== 0n && term !== -1n; n++, term = mul(term, x) / n) {
    const signed = n % 4n < 2n ? term : -term
    if (n % 2n === 0n) cos += signed
    else sin += signed
  }
  return [sin, cos]
}

/** B₂ₖ for k = 1 … 22, as numerators and denominators. */
const bernoulli: readonly (readonly [bigint, bigint])[] = [
  [1n, 6n], [-1n, 30n], [1n, 42n], [-1n, 30n], [5n, 66n], [-691n, 2730n], [7n, 6n], [-3617n, 510n], [43867n, 798n],
  [-174611n, 330n], [854513n, 138n], [-236364091n, 2730n], [8553103n, 6n], [-23749461029n, 870n],
  [8615841276005n, 14322n], [-7709321041217n, 510n], [2577687858367n, 6n], [-26315271553053477373n, 1919190n],
  [2929993913841559n, 6n], [-261082718496449122051n, 13530n], [1520097643918070802691n, 1806n],
  [-27833269579301024235023n, 690n]
]

/** log Γ(x) for x > 0: Stirling's series at x + n ≥ 40, less the logarithm of the product from x. */
const lgammaPositive = (x: bigint): bigint => {
  let product = unit
  for (; x < 40n << bits; x += unit) product = mul(product, x)
  const inverse = div(unit, x)
  const square = mul(inverse, inverse)
  let sum = mul(x - unit / 2n, log(x)) - x + log(2n * pi) / 2n - log(product)
  bernoulli.forEach(([over, under], i) => {
    const k = 2n * BigInt(i + 1)
    sum += (power(inverse, square, i) * over) / (under * k * (k - 1n))
  })
  return sum
}

/** Digamma of x > 0, likewise. */
const digammaPositive = (x: bigint): bigint => {
  let sum = 0n
  for (; x < 40n << bits; x += unit) sum -= div(unit, x)
  const inverse = div(unit, x)
  const square = mul(inverse, inverse)
  sum += log(x) - inverse / 2n
  bernoulli.forEach(([over, under], i) => {
    sum -= (power(square, square, i) * over) / (under * 2n * BigInt(i + 1))
  })
  return sum
}

/** first · ratioⁿ. */
const power = (first: bigint, ratio: bigint, n: number): bigint => {
  let value = first
  for (let i = 0; i < n; i++) value = mul(value, ratio)
  return value
}

/** sin πx and cos πx, from the distance to the nearest integer. */
const sinCosPi = (x: number): readonly [sin: bigint, cos: bigint] => {
  const nearest = Math.round(x)
  const [sin, cos] = sinCos(mul(fromNumber(x - nearest), pi))
  return nearest % 2 === 0 ? [sin, cos] : [-sin, -cos]
}

/** log |Γ(x)| for a negative x that is no integer, by reflection. */
export const lgammaNegative = (x: number): number => {
  const [sin] = sinCosPi(x)
  const product = mul(sin, fromNumber(x))
  return toNumber(log(pi) - log(product < 0n ? -product : product) - lgammaPositive(fromNumber(-x)))
}

/** Digamma of a negative x that is no integer, by reflection. */
export const digammaNegative = (x: number): number => {
  const [sin, cos] = sinCosPi(x)
  return toNumber(digammaPositive(unit - fromNumber(x)) - mul(pi, div(cos, sin)))
}
