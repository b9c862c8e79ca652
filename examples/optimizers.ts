/*
 * One valley, many ways down. Rosenbrock's valley is a bent trough with steep walls: down to its floor is easy, along the floor to the
 * minimum at (1, 1) is not, since the walls are a hundred times as steep as the way. Every optimizer starts at the same point and
 * may choose its rate: thirty are tried at once, by `vmap` over the rate of a whole training, which is one `lax.scan`.
 * Prints a table, and draws the ways on a page.
 *
 *   npx tsx examples/optimizers.ts [--out FILE]
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { grad, jit, lax, np, optim, vmap, type NdArray } from 'cotangent'
import { DEFAULTS } from './lib/args.js'
import { lineChart, type Line } from './lib/charts.js'
import { command } from './lib/command.js'
import { html, type Html } from './lib/html.js'
import { page, section } from './lib/page.js'

const options = command({
  name: 'optimizers',
  about: 'Sends optimizers down one valley, each at the best of thirty rates, and shows how they went.',
  takes: ['out'],
  defaults: { ...DEFAULTS, out: 'cotangent-optimizers.html' }
})

const [steps, near] = [300, 0.1]
const start = np.array([-1.2, 1], { dtype: 'float64' })

/** (1 − x)² + 100 (y − x²)². */
const valley = (p: NdArray): NdArray => {
  const [x, y] = [np.slice(p, [0]), np.slice(p, [1])]
  return np.add(np.square(np.sub(1, x)), np.mul(100, np.square(np.sub(y, np.square(x)))))
}

interface Way {
  readonly name: string
  /** The optimizer with a rate, or with one that it finds where it is. */
  readonly make: (rate: NdArray, at: NdArray) => optim.Optimizer
  /** It takes no rate. */
  readonly free?: true
  readonly colour: string
}

const ways: readonly Way[] = [
  { name: 'gradient descent', make: (rate) => optim.sgd(rate), colour: '#8a94a3' },
  { name: 'optimal steps', make: (_, at) => optim.sgd(np.minimum(optim.optimalStep(valley)(at), 1)), free: true, colour: '#b8860b' },
  { name: 'momentum', make: (rate) => optim.momentum(rate), colour: '#2563eb' },
  { name: 'Nesterov', make: (rate) => optim.nesterov(rate), colour: '#0ea5c6' },
  { name: 'AdaGrad', make: (rate) => optim.adagrad(rate, { form: 'course' }), colour: '#65a30d' },
  { name: 'RMSProp', make: (rate) => optim.rmsprop(rate), colour: '#0f9d76' },
  { name: 'Adam', make: (rate) => optim.adam(rate), colour: '#d9480f' },
  { name: 'Lion', make: (rate) => optim.lion(rate), colour: '#7c4dd6' },
  { name: 'Newton', make: () => optim.newton(valley), free: true, colour: '#c2185b' }
]

interface Run {
  /** The points of the way, and the heights there: [steps + 1, 2] and [steps + 1]. */
  readonly points: NdArray
  readonly heights: NdArray
}

/** A whole training at one rate: a pure function of the rate. */
const train = ({ make }: Way) => (rate: NdArray): Run => {
  const step = (state: optim.State<NdArray>): readonly [optim.State<NdArray>, NdArray] => {
    const next = optim.step(make(rate, state.params))(state, grad(valley)(state.params))
    return [next, next.params]
  }
  const [, path] = lax.scan(step, optim.init(make(rate, start))(start), null, { length: steps })
  const points = np.concatenate([np.expandDims(start, 0), path])
  return { points, heights: vmap(valley)(points) }
}

const rates = np.power(10, np.linspace(-4, 1, 30, { dtype: 'float64' }))

interface Result extends Way {
  readonly rate: number
  readonly points: readonly (readonly [number, number])[]
  readonly heights: readonly number[]
}

/** The training that ends lowest, of those that never rise above their start. */
const best = (way: Way): Result => {
  const all = jit(vmap(train(way)))(rates)
  const rises = np.logicalNot(np.lessEqual(np.max(all.heights, { axis: 1 }), valley(start)))
  const which = np.argmin(np.where(rises, Infinity, np.slice(all.heights, [null, -1]))).item()
  const { points, heights } = { points: np.slice(all.points, [which]), heights: np.slice(all.heights, [which]) }
  return {
    ...way,
    rate: rates.toTypedArray()[which],
    points: points.toList() as unknown as readonly (readonly [number, number])[], // an array of pairs
    heights: [...heights.toTypedArray()]
  }
}

const results = ways.map(best)

console.log(`${'from (−1.2, 1), height 24.2'.padEnd(30)}best rate    steps to ${near}   height after ${steps}`)
for (const { name, rate, free, heights } of results) {
  const reached = heights.findIndex((y) => y < near)
  const cells = [
    name.padEnd(30), (free === true ? '' : rate.toPrecision(2)).padStart(9),
    (reached < 0 ? '—' : String(reached)).padStart(18), (heights.at(-1) ?? NaN).toExponential(1).padStart(19)
  ]
  console.log(cells.join(''))
}

/** Where the valley is as high as a level: y = x² ± √((level − (1 − x)²) / 100), a curve that closes. */
const contour = (level: number): Line['points'] => {
  const half = (side: 1 | -1): Line['points'] => Array.from({ length: 121 }, (_, i) => {
    const x = 1 + side * Math.sqrt(level) * Math.cos((Math.PI * i) / 120)
    return [x, x * x + side * Math.sqrt(Math.max(level - (1 - x) ** 2, 0)) / 10] as const
  })
  return [...half(-1), ...half(1)]
}

const inside = ([x, y]: readonly [number, number]): readonly [number, number] =>
  Math.abs(x) <= 1.6 && y >= -0.6 && y <= 2.2 ? [x, y] : [Math.max(-1.6, Math.min(1.6, x)), NaN]

const levels: Line = {
  name: 'lines of equal height',
  points: [0.1, 1, 4, 12, 40].flatMap((level) => [...contour(level).map(inside), [1, NaN] as const]),
  colour: '#c4cad2',
  width: 1
}

const map = (id: string, shown: readonly Result[]): Html => html`<figure>${lineChart(
  [levels, ...shown.map(({ name, colour, points }) => ({ name, colour, points: points.map(inside), width: 1.5 }))],
  { id, description: `The ways of ${shown.map(({ name }) => name).join(', ')} through the valley`, x: 'x', y: 'y', height: 360 }
)}</figure>`

const heights = html`<figure>${lineChart(
  results.map(({ name, colour, heights: ys }) => ({ name, colour, points: ys.map((y, i) => [i, Math.max(Math.log10(y), -8)] as const) })),
  { id: 'heights', description: 'Height by step, for every optimizer', x: 'step', y: 'log₁₀ height', width: 1040, height: 360 }
)}</figure>`

const some = (...names: readonly string[]): readonly Result[] => results.filter(({ name }) => names.includes(name))

writeFileSync(options.out, page(
  'Optimizers in one valley',
  html`<div><h1>Optimizers in one valley</h1><p>Rosenbrock’s function, (1 − x)² + 100 (y − x²)², from (−1.2, 1) to its minimum at (1, 1).
Every optimizer goes ${steps} steps at the best of thirty rates.</p></div>`,
  [
    section('Height by step', heights, true),
    section('By the gradient alone', map('plain', some('gradient descent', 'optimal steps', 'Newton'))),
    section('With momentum', map('momentum', some('momentum', 'Nesterov'))),
    section('Every direction by its own scale', map('scaled', some('AdaGrad', 'RMSProp'))),
    section('Both', map('both', some('Adam', 'Lion')))
  ]
))
console.log(`\npage ${resolve(options.out)}`)
