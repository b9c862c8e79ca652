/*
 * What does an initialiser do to a deep net before any training? A signal goes through fifty layers that were just drawn, and a
 * gradient comes back. Weights that are too small let both die, weights that are too great drive tanh to its ends, where it has
 * no slope; a variance of 1/n (Glorot) keeps tanh alive, and 2/n (He) rectifiers, half of which are silent. Prints the figures and
 * draws them on a page.
 *
 *   npx tsx examples/initialisation.ts [--seed N] [--out FILE]
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { jit, nn, np, random, type NdArray } from 'cotangent'
import { DEFAULTS } from './lib/args.js'
import { lineChart, type ChartOptions, type Line } from './lib/charts.js'
import { command } from './lib/command.js'
import { html, type Html } from './lib/html.js'
import { page, section } from './lib/page.js'

const options = command({
  name: 'initialisation',
  about: 'Sends signals and gradients through fifty layers that were just drawn, and shows what becomes of them.',
  takes: ['seed', 'out'],
  defaults: { ...DEFAULTS, out: 'cotangent-initialisation.html' }
})

const { initializers, signals } = nn
const key = random.key(options.seed)

interface Start {
  readonly name: string
  readonly activation: nn.Pointwise
  readonly weight: nn.Initializer
  readonly colour: string
}

const starts: readonly Start[] = [
  { name: 'tanh, σ = 0.01', activation: nn.tanh, weight: initializers.normal(0.01), colour: '#2563eb' },
  { name: 'tanh, glorot', activation: nn.tanh, weight: initializers.glorotNormal, colour: '#0f9d76' },
  { name: 'tanh, σ = 1', activation: nn.tanh, weight: initializers.normal(1), colour: '#d9480f' },
  { name: 'relu, glorot', activation: nn.relu, weight: initializers.glorotNormal, colour: '#7c4dd6' },
  { name: 'relu, he', activation: nn.relu, weight: initializers.heNormal, colour: '#b8860b' }
]

interface Measured extends Start {
  readonly forward: readonly number[]
  readonly backward: readonly number[]
  readonly saturated: readonly number[]
  readonly activations: NdArray
  readonly gradients: NdArray
}

const measured: readonly Measured[] = starts.map((start) => {
  const { activations, slopes, gradients } = jit((k: NdArray) =>
    signals.propagate(k, { width: 100, examples: 50, dtype: 'float64', activation: start.activation, weight: start.weight }))(key)
  const [forward, backward, saturated] =
    [signals.variances(activations), signals.variances(gradients), signals.saturation(slopes)].map((x) => [...x.toTypedArray()])
  return { ...start, forward, backward, saturated, activations, gradients }
})

const figure = (x: number): string => (Math.abs(Math.log10(x)) > 3 ? x.toExponential(0) : x.toFixed(3))
const row = (name: string, cells: readonly string[]): string => `${name.padEnd(24)}${cells.map((cell) => cell.padStart(15)).join('')}`
console.log(row('variance of', ['signal in 1', 'in 10', 'in 50', 'gradient in 1', 'flat in 50']))
for (const { name, forward, backward, saturated } of measured) {
  const variances = [forward[0], forward[9], forward[49], backward[0]].map(figure)
  console.log(row(name, [...variances, `${(100 * saturated[49]).toFixed(0)} %`]))
}

const chart = (lines: readonly Line[], chartOptions: ChartOptions): Html => html`<figure>${lineChart(lines, chartOptions)}</figure>`

const byLayer = (id: string, what: string, of: (m: Measured) => readonly number[]): Html => chart(
  measured.map((m) => ({ name: m.name, colour: m.colour, points: of(m).map((y, layer) => [layer + 1, Math.log10(y)] as const) })),
  { id, description: `The logarithm of the ${what} in each of fifty layers, for five initialisers`, x: 'layer', y: `log₁₀ ${what}` }
)

/** The outline of a histogram: a step over each bin. */
const outline = (counts: NdArray, edges: NdArray): Line['points'] => {
  const [heights, ends] = [counts.toTypedArray(), edges.toTypedArray()]
  return [...heights].flatMap((height, i) => [[ends[i], height], [ends[i + 1], height]] as const)
}

const shown = [0, 9, 49] as const
const shades = ['#9db8f5', '#5c86ec', '#1d3f94'] as const

/** Histograms of three layers. */
const histogramsOf = (id: string, what: string, { name }: Start, x: NdArray, range: readonly [number, number]): Html => {
  const [counts, edges] = signals.histograms(np.take(x, np.array(shown, { dtype: 'int32' }), { axis: 0 }), { bins: 50, range })
  const lines = shown.map((layer, i) =>
    ({ name: `layer ${layer + 1}`, colour: shades[i], points: outline(np.slice(counts, [i]), edges) }))
  const description = `${what} of ${name} in three layers`
  return html`<p class="note">${name}</p>${chart(lines, { id, description, x: what, y: 'units', height: 200 })}`
}

const tanhs = measured.slice(0, 3)
writeFileSync(options.out, page(
  'Initialisation',
  html`<div><h1>Initialisation</h1><p>Fifty layers of 100 units, just drawn: what becomes of a signal, and of a gradient on its way
back.</p></div>`,
  [
    section('Forwards', byLayer('forward', 'variance of activations', (m) => m.forward)),
    section('Backwards', byLayer('backward', 'variance of gradients', (m) => m.backward)),
    section('Activations', tanhs.map((m, i) => histogramsOf(`activations-${i}`, 'activation', m, m.activations, [-1, 1]))),
    section('Gradients', tanhs.map((m, i) =>
      histogramsOf(`gradients-${i}`, 'log₁₀ |gradient|', m, np.log10(np.abs(m.gradients)), [-60, 30])))
  ]
))
console.log(`\npage ${resolve(options.out)}`)
