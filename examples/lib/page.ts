import type { Content, Html } from './html.js'
import { html, raw } from './html.js'

const STYLE = raw(`
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1c2430; --muted: #5b6675; --rule: #e3e6ea;
  --accent: #2563eb; --accent-2: #d9480f; --good: 37 99 235; --bad: 217 72 15;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 48px 24px 72px; }
header { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-end; justify-content: space-between; margin-bottom: 32px; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 8px; letter-spacing: -0.02em; }
h2 { font-size: 1.1rem; margin: 0 0 4px; }
p { margin: 0 0 12px; max-width: 70ch; }
p.note, figcaption, caption { color: var(--muted); font-size: 0.875rem; }
caption { text-align: left; padding-bottom: 8px; }
.figure { text-align: right; }
.figure strong { display: block; font-size: 3rem; line-height: 1; letter-spacing: -0.03em; color: var(--accent); }
.figure span { color: var(--muted); font-size: 0.875rem; }
.cards { display: grid; gap: 20px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 20px 22px; min-width: 0; }
section.wide { grid-column: 1 / -1; }
figure { margin: 0; }
figcaption { margin-top: 10px; }
svg { display: block; width: 100%; height: auto; }
img { image-rendering: pixelated; max-width: 100%; height: auto; }
.sheet { display: block; width: 100%; background: var(--card); }
.legend { display: flex; gap: 18px; justify-content: flex-end; padding: 0; margin: 0; list-style: none; font-size: 0.875rem; }
.legend i { display: inline-block; width: 22px; height: 3px; border-radius: 2px; margin-right: 7px; vertical-align: middle; }
.scale { display: flex; align-items: center; gap: 8px; margin-top: 10px; color: var(--muted); font-size: 0.8rem; }
.scale i {
  flex: 0 0 160px; height: 10px; border-radius: 5px;
  background: linear-gradient(to right, rgb(37 99 235), transparent, rgb(220 68 20));
}
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.875rem; }
th { font-weight: 600; text-align: left; }
.confusion { width: 100%; table-layout: fixed; }
.confusion th, .confusion td { text-align: center; padding: 0; height: 2.5rem; border: 2px solid var(--card); border-radius: 6px; }
.confusion th { color: var(--muted); }
.plain th, .plain td { padding: 5px 16px 5px 0; border-bottom: 1px solid var(--rule); }
.plain thead th { color: var(--muted); }
.row { display: flex; flex-wrap: wrap; gap: 28px; align-items: flex-start; }
.samples {
  display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(76px, 1fr));
  padding: 0; margin: 8px 0 0; list-style: none;
}
.samples img { width: 100%; border: 1px solid var(--rule); border-radius: 6px; }
.samples b { color: var(--accent-2); }
.samples span { display: block; color: var(--muted); font-size: 0.8rem; line-height: 1.3; }
.field { width: 220px; border: 1px solid var(--rule); border-radius: 6px; }
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --card: #1a2028; --ink: #e8ecf1; --muted: #9aa6b5; --rule: #2c3540;
    --accent: #6ea1ff; --accent-2: #ff8a4c; --good: 96 150 255; --bad: 255 128 64;
  }
  .ink { filter: invert(1); }
  .samples img { border-color: #d3cabf; }
}
@media print { body { background: none; } section { break-inside: avoid; } }
`)

/** One card of the page. */
export const section = (title: string, content: Content, wide = false): Html =>
  html`<section class="${wide ? 'wide' : ''}"><h2>${title}</h2>${content}</section>\n`

/** A page that needs nothing from elsewhere; its policy forbids it to ask. */
export const page = (title: string, header: Content, sections: readonly Content[]): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>${header}</header>
<div class="cards">
${sections}</div>
</main>
</body>
</html>
`.text
