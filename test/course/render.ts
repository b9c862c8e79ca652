import type { CourseRow, CourseSection } from './row.js'

const head = `# The course

A first course on deep networks, row by row: what it asks for, the names that answer it, the numbers it is checked by and the
tests that check them. Each row links to code that shows it. This page is written by \`npm run course\` from the table in
\`test/course/\`, and both the table and the code are run as tests.

The code below has these names at hand:

\`\`\`ts
import * as ct from 'cotangent' // and its names by themselves: grad, vmap, jit, np, nn, optim, random, lax, tree, ir, …
import * as data from 'cotangent/data'
import * as linalg from 'cotangent/linalg'
import * as train from 'cotangent/train'
\`\`\`
`

const cell = (text: string): string => (text === '' ? '—' : text.replaceAll('|', '\\|'))

const anchor = (section: number, row: number): string => `row-${section}-${row}`

const line = ({ what, names, check, tests }: CourseRow, id: string): string => {
  const shown = [`[${what}](#${id})`, names.map((name) => `\`${name}\``).join(', '), check, Object.keys(tests).join('; ')]
  return `| ${shown.map(cell).join(' | ')} |`
}

const example = ({ what, snippet }: CourseRow, id: string, number: string): string =>
  `<a id="${id}"></a>\n\n### ${number} ${what}\n\n\`\`\`ts\n${snippet.trim()}\n\`\`\`\n`

const part = ({ title, rows }: CourseSection, section: number): string => [
  `## ${section}. ${title}\n`,
  '| what | names | numbers | tests |\n|---|---|---|---|',
  ...rows.map((row, i) => line(row, anchor(section, i + 1))),
  '',
  ...rows.map((row, i) => example(row, anchor(section, i + 1), `${section}.${i + 1}`))
].join('\n')

/** The course as a document. */
export const render = (course: readonly CourseSection[]): string =>
  [head, ...course.map((section, i) => part(section, i + 1))].join('\n')
