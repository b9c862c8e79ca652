import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { filesOf, parse, root, textOf } from './support/source.js'

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly sideEffects: readonly string[]
  readonly scripts: Readonly<Record<string, string>>
}

interface Config {
  readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> }
}

const manifest = JSON.parse(textOf('package.json')) as Manifest // our own file, whose form the compiler cannot see
const config = JSON.parse(textOf('tsconfig.json')) as Config // likewise
const made = new Set(['node_modules', 'dist', 'coverage'])

/** The source behind every subpath that has code. */
const subpaths = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [{ name, target, source: target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts') }])

/** What the `paths` of tsconfig.json make of a subpath: the exact entry, else the one with a star. */
const resolved = (name: string): string | undefined => {
  const specifier = name.replace('.', 'cotangent')
  const { paths } = config.compilerOptions
  const [target] = paths[specifier] ?? paths['cotangent/*']
  return target.replace('./', '').replace('*', specifier.replace('cotangent/', ''))
}

describe('house', () => {
  test('the top-level folders are src, docs, test and examples', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !made.has(entry.name))
      .map((entry) => entry.name)
    expect(folders.sort()).toEqual(['docs', 'examples', 'src', 'test'])
  })

  test.each(subpaths)('export $name comes from $source', ({ name, target, source }) => {
    expect(existsSync(join(root, source))).toBe(true)
    expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'))
    expect(resolved(name)).toBe(source)
  })

  test('the index alone has side effects, in each of its forms', () => {
    expect(manifest.sideEffects).toEqual(['./dist/index.js', './dist/node/core.js', './dist/node/index.js', './src/index.ts'])
  })

  test('other modules only declare: what is at module level of them has no effect on anything else', () => {
    const acting = filesOf('src', '.ts').filter((file) => file !== 'src/index.ts').flatMap((file) =>
      parse(file).statements.filter((statement) => !ts.isDeclarationStatement(statement) && !ts.isVariableStatement(statement))
        .map((statement) => `${file}: ${statement.getText()}`))
    expect(acting).toEqual([])
  })

  test('every script that runs a file has its file', () => {
    const files = Object.values(manifest.scripts).flatMap((line) => line.match(/\b\S+\.ts\b/g) ?? []).filter((file) => !file.includes('*'))
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })

  test('the lock file names no host', () => {
    expect(textOf('package-lock.json')).not.toContain('"resolved"')
  })
})
