import { existsSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { filesOf, importsOf, parse, root, textOf, type Import } from './support/source.js'

/** Imports only point left: to a folder of an earlier row, or within the folder itself. */
const order: readonly (readonly string[])[] = [
  ['core'], ['tree'], ['array'], ['ir'], ['lax'], ['transform'], ['control'], ['backend'], ['jit'], ['numpy'], ['linalg'], ['random'],
  ['nn'], ['optim'], ['data', 'io'], ['train'], ['index.ts']
]

/** Folders whose code runs on every operation or trace: at run time they need nothing but `pipe` and its like. */
const hot = new Set(['core', 'tree', 'array', 'ir', 'lax', 'transform', 'control', 'backend', 'jit', 'numpy', 'linalg', 'random'])
const allowedInHot = new Set(['fp-ts/lib/function.js'])
const allowedElsewhere = /^(fp-ts\/lib\/.+\.js|immer|fflate|papaparse)$/

/** The parts of tree/ that import fp-ts instances or immer. */
const heavy = (file: string): boolean => /^src\/tree\/(drafts|instances|update)/.test(file)

const folder = (file: string): string => file.split('/')[1]
const rank = (file: string): number => order.findIndex((row) => row.includes(folder(file)))
const shown = (i: Import): string => `${i.from}:${i.line} imports ${i.to}`

const pointsLeft = (i: Import): boolean => folder(i.from) === folder(i.to) || rank(i.from) > rank(i.to)

/** Cycles among imports, each as the files along it; none only if there is none. */
const cycles = (imports: readonly Import[]): readonly string[] => {
  const next = new Map<string, string[]>()
  for (const i of imports) next.set(i.from, [...(next.get(i.from) ?? []), i.to])
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      found.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
      return
    }
    state.set(file, 'open')
    for (const to of next.get(file) ?? []) visit(to, [...trail, file])
    state.set(file, 'done')
  }
  for (const file of next.keys()) visit(file, [])
  return found
}

const declares = (statement: ts.Statement): boolean =>
  ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement) || ts.isVariableStatement(statement) ||
  ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement) ||
  ts.isTypeAliasDeclaration(statement) || ts.isModuleDeclaration(statement)

const files = filesOf('src', '.ts')
const imports = files.flatMap((file) => importsOf(file))
const local = imports.filter((i) => i.local)
const packages = imports.filter((i) => !i.local)

describe('architecture', () => {
  test('every file has its place in the order of folders', () => {
    expect(files.filter((file) => rank(file) < 0)).toEqual([])
  })

  test('every relative import ends in .js and finds its file', () => {
    expect(local.filter((i) => !i.to.endsWith('.ts') || !existsSync(join(root, i.to))).map(shown)).toEqual([])
  })

  test('imports point left, type-only ones included', () => {
    expect(local.filter((i) => !pointsLeft(i)).map(shown)).toEqual([])
  })

  test('no files import each other in a circle', () => {
    expect(cycles(local)).toEqual([])
  })

  test('the hot core needs only fp-ts/lib/function.js at run time', () => {
    const wrong = packages.filter((i) =>
      i.runtime && hot.has(folder(i.from)) && !heavy(i.from) && !allowedInHot.has(i.to))
    expect(wrong.map(shown)).toEqual([])
  })

  test('only index files reach the instances and immer', () => {
    const wrong = local.filter((i) =>
      i.runtime && heavy(i.to) && hot.has(folder(i.from)) && !heavy(i.from) && !i.from.endsWith('/index.ts'))
    expect(wrong.map(shown)).toEqual([])
  })

  test('packages are the dependencies, and none needs Node', () => {
    expect(packages.filter((i) => i.to !== 'fp-ts/HKT' && !allowedElsewhere.test(i.to)).map(shown)).toEqual([])
  })

  test('no file outgrows its idea: 450 lines at most', () => {
    expect(files.map((file) => [file, textOf(file).split('\n').length] as const).filter(([, lines]) => lines > 451)).toEqual([])
  })

  test('only index.ts does anything when it is imported', () => {
    const wrong = files.filter((file) => file !== 'src/index.ts' && !parse(file).statements.every(declares))
    expect(wrong).toEqual([])
  })
})

describe('the checks themselves', () => {
  const text = [
    "import type { A } from '../core/a.js'",
    "import { type B } from './b.js'",
    "export * as c from './c.js'",
    "export type { D } from '../nn/d.js'",
    "type E = import('../jit/e.js').E",
    "const f = await import('immer')"
  ].join('\n')
  const found = importsOf('src/lax/fixture.ts', text)

  test('see every form of import', () => {
    expect(found.map((i) => [i.to, i.runtime])).toEqual([
      ['src/core/a.ts', false], ['src/lax/b.ts', true], ['src/lax/c.ts', true], ['src/nn/d.ts', false],
      ['src/jit/e.ts', false], ['immer', true]
    ])
  })

  test('see an import that points right', () => {
    expect(found.filter((i) => i.local && !pointsLeft(i)).map((i) => i.to)).toEqual(['src/nn/d.ts', 'src/jit/e.ts'])
  })

  test('see a cycle', () => {
    const edge = (from: string, to: string): Import => ({ from, to, local: true, runtime: false, line: 1 })
    expect(cycles([edge('a', 'b'), edge('b', 'c'), edge('c', 'b'), edge('a', 'c')])).toEqual(['b → c → b'])
  })
})
