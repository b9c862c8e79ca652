import type { ChartOptions, Line } from './charts.js'
import { lineChart } from './charts.js'
import type { Content, Html } from './html.js'
import { html } from './html.js'
import { page, section } from './page.js'
import type { Filters } from './pictures.js'
import { drawing, filterSheet, surface } from './pictures.js'

/** The share of right answers after an epoch, 0 to 1. */
export interface Accuracy {
  readonly epoch: number
  readonly train: number
  readonly test: number
}

/** An image that the network read wrongly. */
export interface Mistake {
  readonly image: Uint8Array
  readonly rows: number
  readonly cols: number
  readonly truth: number
  readonly answer: number
}

/** What the network for XOR learned. */
export interface XorResult {
  /** One loss per step. */
  readonly losses: readonly number[]
  readonly table: readonly { readonly inputs: readonly [number, number]; readonly target: number; readonly output: number }[]
  /** The output over the unit square: row-major, `side` × `side`, the second input growing upwards. */
  readonly surface?: { readonly values: Float32Array; readonly side: number }
}

/** Everything that the report shows. */
export interface Results {
  readonly title: string
  /** What was done, in a sentence or two. */
  readonly summary: string
  /** One loss per step. */
  readonly losses: readonly number[]
  /** One entry per epoch. */
  readonly accuracies: readonly Accuracy[]
  /** Row by row the true class, column by column the answers that the network gave for it. */
  readonly confusion: readonly (readonly number[])[]
  /** The weights of the first layer. */
  readonly firstLayer: Filters
  readonly config: Readonly<Record<string, string | number>>
  readonly mistakes?: readonly Mistake[]
  readonly xor?: XorResult
}

const BLUE = 'var(--accent)'
const ORANGE = 'var(--accent-2)'

/** Wrongly read images beyond these are left out. */
const MOST_MISTAKES = 24

/** The points that a line chart of its size can show; more only make the file larger. */
const MOST_POINTS = 800

const percent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : 'none')

const figure = (value: number): string => (Number.isFinite(value) ? value.toPrecision(3) : String(value))

const thin = <A>(points: readonly A[]): readonly A[] => {
  const every = Math.ceil(points.length / MOST_POINTS)
  return points.filter((_, i) => i % every === 0 || i === points.length - 1)
}

/** The running mean of a noisy curve, with equal weights at the start (Kingma and Ba, 2015, section 3). */
const smooth = (values: readonly number[], keep: number): readonly number[] => {
  let mean = 0
  let weight = 0
  return values.map((value) => {
    if (Number.isFinite(value)) {
      mean = keep * mean + (1 - keep) * value
      weight = keep * weight + (1 - keep)
    }
    return mean / weight
  })
}

const numbered = (values: readonly number[]): readonly (readonly [number, number])[] =>
  thin(values.map((value, i) => [i + 1, value] as const))

const chart = (lines: readonly Line[], options: ChartOptions): Html => html`<figure>${lineChart(lines, options)}</figure>`

const lossSection = (losses: readonly number[]): Html => {
  const running = smooth(losses, 0.97)
  const last = running[running.length - 1] ?? NaN
  return section('Loss', chart(
    [
      { name: 'each batch', points: numbered(losses), colour: ORANGE, width: 1, opacity: 0.4 },
      { name: 'running mean', points: numbered(running), colour: BLUE }
    ],
    {
      id: 'loss',
      description: `Training loss by step, ${losses.length} steps, from ${figure(losses[0] ?? NaN)} to a running mean of ${figure(last)}`,
      x: 'step',
      y: 'cross-entropy',
      logarithmic: true
    }
  ))
}

const accuracySection = (accuracies: readonly Accuracy[]): Html => {
  const last = accuracies[accuracies.length - 1] ?? { train: NaN, test: NaN }
  const points = (of: 'train' | 'test'): Line['points'] => accuracies.map((a) => [a.epoch, 100 * a[of]] as const)
  return section('Accuracy', chart(
    [
      { name: 'train', points: points('train'), colour: ORANGE, dots: true },
      { name: 'held out', points: points('test'), colour: BLUE, dots: true }
    ],
    {
      id: 'accuracy',
      description: `Accuracy by epoch; at the end ${percent(last.train)} on the training set, ${percent(last.test)} held out`,
      x: 'epoch',
      y: 'right answers',
      percent: true
    }
  ))
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

const rightAnswers = (confusion: Results['confusion']): number =>
  sum(confusion.map((row, truth) => row[truth])) / sum(confusion.map(sum))

const cell = (count: number, total: number, hit: boolean): Html => {
  // a few mistakes among hundreds should still be seen, so they are tinted by the square root of their share
  const share = total === 0 ? 0 : count / total
  const tint = count === 0 ? 0 : hit ? 0.12 + 0.5 * share : Math.min(0.75, 0.1 + 1.6 * Math.sqrt(share))
  return html`<td style="background: rgb(var(--${hit ? 'good' : 'bad'}) / ${tint.toFixed(2)})">${count === 0 ? '' : count}</td>`
}

const confusionSection = (confusion: Results['confusion']): Html => {
  const rows = confusion.map((row, truth) => {
    const total = sum(row)
    const cells = row.map((count, answer) => cell(count, total, answer === truth))
    return html`<tr><th scope="row">${truth}</th>${cells}<td>${total === 0 ? '' : (100 * row[truth] / total).toFixed(1)}</td></tr>\n`
  })
  return section('Confusion matrix', html`<div class="scroll"><table class="confusion">
<caption>Held-out images: a row for the true digit, a column for the answer; at the end the percentage that was right.</caption>
<thead><tr><td></td>${confusion.map((_, answer) => html`<th scope="col">${answer}</th>`)}<th scope="col">%</th></tr></thead>
<tbody>
${rows}</tbody></table></div>`)
}

const filterSection = (filters: Filters): Html => {
  const sheet = filterSheet(filters)
  const what = `The ${filters.units} filters of the first layer, ${filters.rows}×${filters.cols} weights each`
  return section('First-layer filters', html`<figure>
<img class="sheet" src="${sheet.uri}" width="${sheet.width}" height="${sheet.height}" alt="${what}">
<figcaption><p>${what}, all on one scale: where a unit looks for ink, and where for paper.</p>
<div class="scale">${figure(-sheet.scale)} <i></i> ${figure(sheet.scale)}</div></figcaption></figure>`, true)
}

const sample = ({ image, rows, cols, truth, answer }: Mistake): Html => {
  const { uri, width, height } = drawing(image, rows, cols)
  return html`<li><img class="ink" src="${uri}" width="${width}" height="${height}" alt="A ${truth}, read as ${answer}">
<span>is ${truth}<br>read as <b>${answer}</b></span></li>\n`
}

const mistakeSection = (mistakes: readonly Mistake[]): Html =>
  section('Read wrongly', html`<p class="note">Held-out images that the network took for another digit.</p>
<ul class="samples">
${mistakes.slice(0, MOST_MISTAKES).map(sample)}</ul>`)

const xorSection = ({ losses, table, surface: field }: XorResult): Html => {
  const rows = table.map(({ inputs: [a, b], target, output }) =>
    html`<tr><td>${a}</td><td>${b}</td><td>${target}</td><td>${output.toFixed(3)}</td></tr>\n`)
  const picture = field === undefined ? null : surface(field.values, field.side)
  const image = picture === null ? '' : html`<figure>
<img class="field" src="${picture.uri}" width="${picture.width}" height="${picture.height}" alt="The output over the unit square">
<figcaption>Output over the unit square,<br>blue below one half, orange above</figcaption></figure>`
  return section('XOR', html`<div class="row"><table class="plain">
<caption>What the small network answers.</caption>
<thead><tr><th scope="col">a</th><th scope="col">b</th><th scope="col">a xor b</th><th scope="col">output</th></tr></thead>
<tbody>
${rows}</tbody></table>${image}</div>${chart(
    [{ name: 'loss', points: numbered(losses), colour: BLUE }],
    {
      id: 'xor',
      description: `XOR: training loss by step, ${losses.length} steps, ending at ${figure(losses[losses.length - 1] ?? NaN)}`,
      x: 'step',
      y: 'loss',
      logarithmic: true,
      height: 240
    }
  )}`)
}

const configSection = (config: Results['config']): Html =>
  section('Settings', html`<table class="plain"><tbody>
${Object.entries(config).map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`)}</tbody></table>`)

/**
 * The report of a run as one HTML page that needs nothing from elsewhere: loss and accuracy curves, the
 * confusion matrix, the first layer's filters, and what else the results hold. The same results give the
 * same text.
 */
export const report = (results: Results): string => {
  const { title, summary, losses, accuracies, confusion, firstLayer, config, mistakes = [], xor } = results
  const header = html`<div><h1>${title}</h1><p>${summary}</p></div>
<p class="figure"><strong>${percent(rightAnswers(confusion))}</strong><span>of the held-out images read rightly</span></p>`
  const sections: readonly Content[] = [
    lossSection(losses),
    accuracySection(accuracies),
    confusionSection(confusion),
    mistakes.length === 0 ? '' : mistakeSection(mistakes),
    filterSection(firstLayer),
    xor === undefined ? '' : xorSection(xor),
    configSection(config)
  ]
  return page(title, header, sections)
}
