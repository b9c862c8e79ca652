import { grad, nn, np, random, vmap, type NdArray } from 'cotangent'

/** A function of one number, as plain arithmetic. */
export type Curve = (x: number) => number

/** A net with one hidden layer of one input and one output. */
export const oneHidden = (units: number, activation: nn.Pointwise) => nn.chain(nn.linear(1, units), activation, nn.linear(units, 1))

/** The parameters of such a net. */
export type OneHidden = nn.Params<ReturnType<typeof oneHidden>>

const float64 = { dtype: 'float64' } as const
const hidden = (weights: readonly number[], biases: readonly number[], heights: readonly number[], offset: number): OneHidden => [
  { weight: np.array([weights], float64), bias: np.array(biases, float64) },
  null,
  { weight: np.array(heights.map((height) => [height]), float64), bias: np.array([offset], float64) }
]

/**
 * Sigmoid units that are steps of a staircase under a curve on [0, 1]: each is steep enough to be a step, stands in the middle
 * between two values and is as high as their difference (Cybenko, 1989). The error falls like 1/units.
 */
export const staircase = (curve: Curve, units: number): OneHidden => {
  const steepness = 100 * units
  const rises = Array.from({ length: units }, (_, i) => curve((i + 1) / units) - curve(i / units))
  return hidden(rises.map(() => steepness), rises.map((_, i) => -steepness * ((i + 0.5) / units)), rises, curve(0))
}

/**
 * Rectifiers that join the values of a curve on [0, 1] by straight lines: each changes the slope where the next line begins. The
 * error falls like 1/units².
 */
export const polygon = (curve: Curve, units: number): OneHidden => {
  const slopes = Array.from({ length: units }, (_, i) => units * (curve((i + 1) / units) - curve(i / units)))
  return hidden(slopes.map(() => 1), slopes.map((_, i) => -i / units), slopes.map((slope, i) => slope - (slopes[i - 1] ?? 0)), curve(0))
}

/** A grid of [0, 1], as a column. */
const grid = np.reshape(np.linspace(0, 1, 2001, float64), [2001, 1])

/** The greatest distance on [0, 1] between a curve and a net. */
export const distance = (curve: Curve, net: (x: NdArray) => NdArray): number => {
  const values = net(grid).toTypedArray()
  return Math.max(...Array.from(grid.toTypedArray(), (x, i) => Math.abs(curve(x) - values[i])))
}

/** The least number of units, doubled from 1, with which a construction comes as near as ε. */
export const unitsFor = (curve: Curve, epsilon: number, activation: nn.Pointwise, construct: typeof staircase): number => {
  for (let units = 1; ; units *= 2) {
    if (distance(curve, oneHidden(units, activation).apply(construct(curve, units))) <= epsilon) return units
  }
}

/** The number of linear pieces of a piecewise linear function on [0, 1], as so many places see it: its slope changes between them. */
export const pieces = (f: (x: NdArray) => NdArray, places = 20_000): number => {
  const slopes = vmap(grad(f))(np.linspace(0, 1, places, float64))
  const changes = np.greater(np.abs(np.diff(slopes)), 1e-9)
  return 1 + np.sum(changes).item()
}

/** `|2x − 1|`: it folds [0, 1] onto itself in the middle. */
export const fold = (x: NdArray): NdArray => nn.absRectifier(np.subtract(np.multiply(2, x), 1))

/** Folds so many times: whatever is computed behind it is computed 2ⁿ times over, mirrored. */
export const folded = (times: number) => (x: NdArray): NdArray => Array.from({ length: times }).reduce<NdArray>(fold, x)

/** A net of rectifiers as it is drawn, weights of so many times He's variance, along a line through its inputs: a function on [0, 1]. */
export const alongLine = (key: NdArray, depth: number, width: number, gain = 2): ((x: NdArray) => NdArray) => {
  const drawn = {
    weight: nn.initializers.varianceScaling({ scale: 2 * gain, distribution: 'normal' }), bias: nn.initializers.normal(0.5), ...float64
  }
  const keys = [...random.split(key, depth + 2)]
  const layers = keys.slice(0, depth).map((own, i) => {
    const layer = nn.linear(i === 0 ? 2 : width, width, drawn)
    return nn.chain(layer, nn.relu).apply([layer.init(own), null])
  })
  const last = nn.linear(width, 1, float64)
  const [from, to] = random.normal(keys[depth], [2, 2], float64)
  return (x) => {
    const inputs = np.add(np.multiply(np.subtract(1, x), np.multiply(3, from)), np.multiply(x, np.multiply(3, to)))
    const features = layers.reduce((y, layer) => layer(y), inputs)
    return np.squeeze(last.apply(last.init(keys[depth + 1]))(features), [0])
  }
}
