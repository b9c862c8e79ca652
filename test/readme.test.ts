import { describe, expect, test } from 'vitest'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, textOf } from './support/source.js'

/*
 * The front page leads to everything: every subpath, guide and example has its line, and every link its file.
 */

const readme = textOf('README.md')
const { exports } = JSON.parse(textOf('package.json')) as { readonly exports: Readonly<Record<string, unknown>> } // as it is written
const inFolder = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(root, folder)).filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`)

const subpaths = Object.keys(exports).filter((path) => path !== '.' && path !== './package.json')

describe('README.md', () => {
  test.each(subpaths)('shows the subpath %s', (path) => {
    expect(readme).toContain(`\`cotangent/${path.slice(2)}\``)
  })

  test.each([...inFolder('docs', '.md'), ...inFolder('examples', '.ts').filter((file) => file !== 'examples/demo.ts')])('leads to %s', (file) => {
    expect(readme).toContain(`](${file})`)
  })

  test('has no dead link', () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, file]) => file)
    expect(links.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})
