import { LineChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { Html } from './html.js'
import { escape, html, raw } from './html.js'

use([LineChart, GridComponent, SVGRenderer])

/** A named line through points [x, y]; a y that is not finite leaves a gap. */
export interface Line {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
  readonly colour: string
  readonly width?: number
  readonly opacity?: number
  readonly dots?: boolean
}

/** What stands around the lines. */
export interface ChartOptions {
  /** Sets the ids inside the picture apart from those of other pictures on the page. */
  readonly id: string
  /** Read out in place of the picture. */
  readonly description: string
  readonly x: string
  readonly y: string
  readonly logarithmic?: boolean
  readonly percent?: boolean
  readonly width?: number
  readonly height?: number
}

/** The page's own colours, so that the chart follows its light or dark scheme. */
const MUTED = 'var(--muted)'
const RULE = 'var(--rule)'
const FONT = 'system-ui, sans-serif'

/** The picture alone: without the styles and classes for a pointer, and with ids that depend on nothing but `id`. */
const tidy = (svg: string, id: string): string =>
  svg
    .replace(/<style[^]*?<\/style>/g, '')
    .replace(/ class="[^"]*"/g, '')
    .replace(/ ecmeta_\w+="[^"]*"/g, '')
    .replace(/\bzr\d+-/g, `${id}-`)

/** A line chart with its legend: inline SVG in the colours of the page. */
export const lineChart = (lines: readonly Line[], options: ChartOptions): Html => {
  const { id, description, x, y, logarithmic = false, percent = false, width = 520, height = 280 } = options
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  const text = { color: MUTED, fontFamily: FONT, fontSize: 12 }
  chart.setOption({
    animation: false,
    grid: { left: 12, right: 24, top: 30, bottom: 12, outerBoundsMode: 'same', outerBoundsContain: 'all' },
    xAxis: {
      type: 'value',
      name: x,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: text,
      axisLabel: { ...text, hideOverlap: true },
      axisLine: { lineStyle: { color: RULE } },
      axisTick: { lineStyle: { color: RULE } },
      splitLine: { show: false },
      min: 'dataMin',
      max: 'dataMax',
      minInterval: 1
    },
    yAxis: {
      type: logarithmic ? 'log' : 'value',
      name: y,
      nameLocation: 'end',
      nameTextStyle: { ...text, align: 'left' },
      axisLabel: percent ? { ...text, formatter: '{value} %' } : text,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: RULE } },
      scale: true
    },
    series: lines.map((line) => ({
      type: 'line',
      name: line.name,
      data: line.points.map(([px, py]) => [px, Number.isFinite(py) && (!logarithmic || py > 0) ? py : '-']),
      showSymbol: line.dots ?? false,
      symbol: 'circle',
      symbolSize: 6,
      color: line.colour,
      lineStyle: { color: line.colour, width: line.width ?? 2, opacity: line.opacity ?? 1 },
      silent: true
    }))
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return html`<ul class="legend" aria-hidden="true">${lines.map(({ name, colour }) =>
    html`<li><i style="background: ${colour}"></i>${name}</li>`)}</ul>
${raw(tidy(svg, id).replace('<svg ', `<svg role="img" aria-label="${escape(description)}" `))}`
}
