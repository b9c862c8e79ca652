import { productError, sumError } from './double.js'

/*
 * The inverse error function as samplers of JAX evaluate it: polynomials in w = −log(1 − x²) (Giles, "Approximating the
 * erfinv function", 2010). It is fast and smooth but not close: 1 − x² is rounded, so that the float32 tail is up to 65 ulp
 * off. Bits that are to be JAX's need the same roundings in the same places, those of the logarithm included.
 */

const fround = Math.fround

/** The product and the sum of three float32 numbers rounded once: products of two are exact in float64. */
const fma32 = (a: number, b: number, c: number): number => fround(a * b + c)

const floats = (...numbers: readonly number[]): Float32Array => new Float32Array(numbers)

/** Horner's scheme, highest coefficient first, each step rounded once to float32. */
const horner32 = (coefficients: Float32Array, x: number): number => {
  let sum = coefficients[0]
  for (let i = 1; i < coefficients.length; i++) sum = fround(sum * x + coefficients[i])
  return sum
}

/** The product and the sum of three numbers rounded once, but for rare ties. */
const fma64 = (a: number, b: number, c: number): number => {
  const product = a * b
  const sum = product + c
  return sum + (sumError(product, c, sum) + productError(a, b, product))
}

/** Horner's scheme, highest coefficient first, each step rounded once. */
const horner64 = (coefficients: Float64Array, x: number): number => {
  let sum = coefficients[0]
  for (let i = 1; i < coefficients.length; i++) sum = fma64(sum, x, coefficients[i])
  return sum
}

const bits = new Int32Array(2)
const [number, wide] = [new Float32Array(bits.buffer), new Float64Array(bits.buffer)]

/* log(1 + x) = x − x²/2 + x³·P(x)/Q(x) for √½ < 1 + x < √2 (Cephes). */
export const logP = Float64Array.of(
  4.52700008624452e-5, 0.49854102823193375, 6.578732594206104, 29.911919328553072, 60.94966798098779, 57.11296359058554, 20.039553499201283)
export const logQ = Float64Array.of(
  1, 15.062909083469192, 83.04756596796722, 221.76239823732857, 309.09872225312057, 216.42788614495947, 60.11866049760384)
export const [logP32, logQ32] = [Float32Array.from(logP), Float32Array.from(logQ)]
export const nearOne = Math.SQRT2 - 1

export const logA = floats(0.070376836, -0.1151461, 0.116769984)
export const logB = floats(-0.12420141, 0.14249323, -0.16668057)
export const logC = floats(0.20000714, -0.24999994, 0.3333333)
export const sqrtHalf = fround(0.70710677)
export const [ln2High, ln2Low] = floats(0.6933594, -0.00021219444)

/** log v of a normal number, in float32 steps: v = m·2ᵉ with √½ ≤ m < √2 (Cephes). */
const log32 = (v: number): number => {
  if (!(v > 0)) return v === 0 ? -Infinity : NaN
  number[0] = v
  let e = (bits[0] >>> 23) - 126
  bits[0] = (bits[0] & 0x7fffff) | 0x3f000000
  let x = number[0]
  if (x < sqrtHalf) {
    e -= 1
    x = fround(fround(x - 1) + x)
  } else x = fround(x - 1)
  const x2 = fround(x * x)
  const x3 = fround(x2 * x)
  const z = fma32(fma32(horner32(logA, x), x3, horner32(logB, x)), x3, horner32(logC, x))
  const low = fma32(z, x3, fround(e * ln2Low))
  return fma32(e, ln2High, fround(fma32(x2, -0.5, x) + low))
}

/** log(1 + y) in float32 steps, for y from −1 to 0. */
const log1p32 = (y: number): number => {
  if (!(Math.abs(y) < nearOne)) return log32(fround(1 + y))
  const y2 = fround(y * y)
  const y3 = fround(y * y2)
  const ratio = fround(horner32(logP32, y) / horner32(logQ32, y))
  return fround(y + fma32(y2, -0.5, fround(y3 * ratio)))
}

/** 1/23, 1/21, … 1/3: atanh s = s + s³/3 + s⁵/5 + … */
export const atanh = Float64Array.from({ length: 11 }, (_, i) => 1 / (23 - 2 * i))
export const [ln2Upper, ln2Lower] = [0.6931471803691238, 1.9082149292705877e-10]

/** How near the middle between two numbers a logarithm may lie for libraries to round it to either: glibc's errs by 0.519 ulp at most. */
export const nearTie = 0.02

/** −log(1 + y), and where that is nearly a tie the number on the other side of it; the same number twice where it is not. */
const logs = new Float64Array(2)

/** log v of a normal number: 2 atanh((m − 1)/(m + 1)), its first term with the remainder of the quotient. */
const log64 = (v: number): void => {
  if (!(v > 0)) {
    logs.fill(v === 0 ? Infinity : NaN)
    return
  }
  wide[0] = v
  let e = (bits[1] >>> 20) - 1022
  bits[1] = (bits[1] & 0xfffff) | 0x3fe00000
  let m = wide[0]
  if (m < Math.SQRT1_2) {
    e -= 1
    m *= 2
  }
  const above = m - 1
  const below = m + 1
  const s = above / below
  const product = s * below
  const rest = (above - product - productError(s, below, product) - s * sumError(m, 1, below)) / below
  const s2 = s * s
  let series = atanh[0]
  for (let i = 1; i < atanh.length; i++) series = series * s2 + atanh[i]
  const high = e * ln2Upper
  const sum = high + 2 * s
  const low = sumError(high, 2 * s, sum) + (2 * (rest + s * s2 * series) + e * ln2Lower)
  const nearest = sum + low
  const error = low - (nearest - sum)
  const ulp = spacing(nearest)
  logs[0] = -nearest
  logs[1] = Math.abs(error) > (0.5 - nearTie) * ulp ? -(nearest + Math.sign(error) * ulp) : -nearest
}

/** The distance of a normal number from its neighbours. */
const spacing = (x: number): number => {
  wide[0] = x
  bits[1] = (bits[1] & 0x7ff00000) - (52 << 20)
  bits[0] = 0
  return wide[0]
}

const log1p64 = (y: number): void => {
  if (!(Math.abs(y) < nearOne)) {
    log64(1 + y)
    return
  }
  const y2 = y * y
  logs.fill(-(y + fma64(y2, -0.5, y * y2 * (horner64(logP, y) / horner64(logQ, y)))))
}

export const central32 = floats(
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3, 0.246640727, 1.50140941)
export const tail32 = floats(
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3, 1.00167406, 2.83297682)

/** The inverse error function in float32 steps. */
export const erfInv32 = (x: number): number => {
  if (Math.abs(x) === 1) return x * Infinity
  const w = -log1p32(fround(x * -x))
  const p = w < 5 ? horner32(central32, fround(w - 2.5)) : horner32(tail32, fround(fround(Math.sqrt(w)) - 3))
  return p * x
}

export const central64 = Float64Array.of(
  -3.64441206401782e-21, -1.6850591381820166e-19, 1.28584807152564e-18, 1.1157877678025181e-17, -1.333171662854621e-16,
  2.0972767875968562e-17, 6.637638134358324e-15, -4.054566272975207e-14, -8.151934197605472e-14, 2.6335093153082323e-12,
  -1.2975133253453532e-11, -5.415412054294628e-11, 1.0512122733215323e-9, -4.112633980346984e-9, -2.9070369957882005e-8,
  4.2347877827932404e-7, -1.3654692000834679e-6, -1.3882523362786469e-5, 1.8673420803405714e-4, -7.40702534166267e-4,
  -6.033670871430149e-3, 0.24015818242558962, 1.6536545626831027)
export const middle64 = Float64Array.of(
  2.2137376921775787e-9, 9.075656193888539e-8, -2.7517406297064545e-7, 1.8239629214389228e-8, 1.5027403968909828e-6,
  -4.013867526981546e-6, 2.9234449089955446e-6, 1.2475304481671779e-5, -4.7318229009055734e-5, 6.828485145957318e-5,
  2.4031110387097894e-5, -3.550375203628475e-4, 9.532893797373805e-4, -1.6882755560235047e-3, 2.491442096107851e-3,
  -3.751208507569241e-3, 5.370914553590064e-3, 1.0052589676941592, 3.0838856104922208)
export const tail64 = Float64Array.of(
  -2.7109920616438573e-11, -2.555641816996525e-10, 1.5076572693500548e-9, -3.789465440126737e-9, 7.61570120807834e-9,
  -1.496002662714924e-8, 2.914795345090108e-8, -6.771199775845234e-8, 2.2900482228026655e-7, -9.9298272942317e-7,
  4.526062597223154e-6, -1.968177810553167e-5, 7.599527703001776e-5, -2.1503011930044477e-4, -1.3871931833623122e-4,
  1.0103004648645344, 4.849906401408584)

const giles64 = (x: number, w: number): number => {
  if (w < 6.25) return horner64(central64, w - 3.125) * x
  return w < 16 ? horner64(middle64, Math.sqrt(w) - 3.25) * x : horner64(tail64, Math.sqrt(w) - 5) * x
}

/**
 * The inverse error function in float64 steps. The polynomials make three ulp of one in the logarithm: where it is nearly a tie,
 * the middle of what they make of both its neighbours is within two of either.
 */
export const erfInv64 = (x: number): number => {
  if (Math.abs(x) === 1) return x * Infinity
  log1p64(x * -x)
  const [w, other] = logs
  const y = giles64(x, w)
  return other === w ? y : y + (giles64(x, other) - y) / 2
}
