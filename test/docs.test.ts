import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { blocksOf, examplesOf, runExample, threaded, transpile, type Runnable } from './support/examples.js'
import { print, shows } from './support/print.js'
import { filesOf, root, textOf } from './support/source.js'
import { complaints } from './support/typecheck.js'

type Scope = Readonly<Record<string, unknown>>

/** The namespaces that the index shows, by their names, and the folders of their index files. */
const namespaces: Readonly<Record<string, string>> = {
  tree: 'tree', lax: 'control', np: 'numpy', random: 'random', nn: 'nn', optim: 'optim', linalg: 'linalg', data: 'data', io: 'io', train: 'train'
}

/** A file of the project as a module; nothing if it does not exist. */
const moduleAt = async (file: string): Promise<Scope> =>
  existsSync(join(root, file)) ? await import(/* @vite-ignore */ join(root, file)) as Scope : {} // import() gives any

/** What the specifier of an example's import leads to: the library's own source, or a package. */
const load = async (specifier: string): Promise<unknown> => {
  if (specifier === 'cotangent') return moduleAt('src/index.ts')
  const subpath = /^cotangent\/(.+)$/.exec(specifier)?.[1]
  if (subpath === undefined) return import(/* @vite-ignore */ specifier)
  const folder = namespaces[subpath] ?? subpath
  return moduleAt(existsSync(join(root, `src/${folder}.ts`)) ? `src/${folder}.ts` : `src/${folder}/index.ts`)
}

const isScope = (x: unknown): x is Scope => typeof x === 'object' && x !== null

/** The names at hand in every example: the index's exports, `ct` for all of it, the namespaces, and fp-ts's customary ones. */
const publicNames = async (): Promise<Scope> => {
  const ct = await moduleAt('src/index.ts')
  const spaces = await Promise.all(Object.entries(namespaces).map(async ([name, folder]) =>
    [name, ct[name] ?? await moduleAt(`src/${folder}/index.ts`)] as const))
  return { pipe, E, O, ...Object.fromEntries(spaces), ...ct, ct }
}

/** The folder whose index lends an example its names: control/ shows those of lax/ too. */
const folderOf = (file: string): string => file.split('/')[1] === 'lax' ? 'control' : file.split('/')[1]

/** An example of a source file also sees, bare, its own namespace and its own file. */
const scopeOf = async (file: string): Promise<Scope> => {
  const everywhere = await publicNames()
  if (!file.startsWith('src/')) return everywhere
  const name = Object.keys(namespaces).find((key) => namespaces[key] === folderOf(file))
  const space = name === undefined ? {} : everywhere[name]
  return { ...everywhere, ...(isScope(space) ? space : {}), ...await moduleAt(file) }
}

const holds = async (example: Runnable): Promise<void> => {
  if (example.mode === 'no-run') {
    transpile(example.code)
    return
  }
  const { default: _, ...scope } = await scopeOf(example.file)
  await runExample(example, scope, load)
}

const documents = [
  ...(existsSync(join(root, 'README.md')) ? ['README.md'] : []),
  ...(existsSync(join(root, 'docs')) ? filesOf('docs', '.md') : [])
]
const inDocuments = documents.flatMap((file) => threaded(blocksOf(file, textOf(file))))
const inComments = filesOf('src', '.ts').flatMap((file) => threaded(examplesOf(file)))
const named = (examples: readonly Runnable[]): readonly (readonly [string, Runnable])[] =>
  examples.map((example) => [`${example.file}:${example.line}`, example])

describe('examples in documents', () => {
  test('README.md has some', () => {
    expect(documents).toContain('README.md')
    expect(inDocuments.some((example) => example.file === 'README.md' && example.mode !== 'no-run')).toBe(true)
  })

  test.for(named(inDocuments))('%s', ([, example]) => holds(example))
})

describe('examples in doc comments', () => {
  test.for(named(inComments))('%s', ([, example]) => holds(example))
})

/** The files whose exports an example sees bare, the nearest first. */
const modulesOf = (file: string): readonly string[] => {
  const near = file.startsWith('src/') ? [file, `src/${folderOf(file)}/index.ts`] : []
  return [...near, 'src/index.ts'].filter((path) => existsSync(join(root, path)))
}

describe('examples are well typed', () => {
  test('in documents and doc comments', { timeout: 120_000 }, () => {
    const run = [...inDocuments, ...inComments].filter((example) => example.mode !== 'no-run')
    expect(complaints(run, modulesOf)).toEqual([])
  })
})

describe('the runner itself', () => {
  const run = (code: string, scope: Scope = {}): Promise<void> =>
    runExample({ file: 'fixture.md', line: 10, code, mode: 'run', before: '' }, scope, load)

  test('finds the examples of doc comments', () => {
    const text = [
      '/**', ' * Twice.', ' *', ' * @example', ' * twice(2) // 4', ' * twice(3) // 6', ' *', ' * @see nothing', ' */',
      'export const twice = (x: number): number => 2 * x', '/** @example', ' * ```ts no-run', ' * a', ' * ```', ' */', 'const a = 1'
    ].join('\n')
    expect(examplesOf('fixture.ts', text)).toEqual([
      { file: 'fixture.ts', line: 5, code: 'twice(2) // 4\ntwice(3) // 6', mode: 'run' },
      { file: 'fixture.ts', line: 13, code: 'a', mode: 'no-run' }
    ])
  })

  test('finds the blocks of documents', () => {
    const text = 'Text\n```ts\na\n```\n```sh\nb\n```\n  ```ts continues\n  c\n    d\n  ```\n'
    expect(blocksOf('fixture.md', text)).toEqual([
      { file: 'fixture.md', line: 3, code: 'a', mode: 'run' },
      { file: 'fixture.md', line: 9, code: 'c\n  d', mode: 'continues' }
    ])
    expect(threaded(blocksOf('fixture.md', text))[1].before).toBe('a\n')
  })

  test('runs code with its imports, types and names in scope', async () => {
    await run([
      "import { pipe as through, type Lazy } from 'fp-ts/lib/function.js'",
      "import type { Option } from 'fp-ts/lib/Option.js'",
      "import * as E from 'fp-ts/lib/Either.js'",
      'interface Pair { readonly a: number }',
      'export const pair: Pair = { a: seed }',
      'through(pair, (p) => p.a + 1) // 3',
      'E.right([1, "two"]) // { _tag: \'Right\', right: [1, \'two\'] }',
      'await Promise.resolve(-0) // -0',
      'Array.of(1, 2)',
      '  .map((x) => x * 2) // [2, 4]',
      'np.delete(3) // 3',
      'Uint8Array.of(1, 2) // [1, 2]',
      'Uint8Array.of(1, 2) // Uint8Array(2) [ 1, 2 ]',
      'console.log(pair) // { a: 2 }',
      'const seedling = seed + 1 // prose',
      '"one\\ntwo" // one',
      '//   two'
    ].join('\n'), { seed: 2, delete: 0, np: { delete: (x: number) => x } })
  })

  test('a block that continues another sees its constants', async () => {
    const blocks = threaded(blocksOf('fixture.md', '```ts\nconst a = 1\na // 2\n```\n```ts continues\na // 1\n```\n'))
    await runExample(blocks[1], {}, load)
    await expect(runExample(blocks[0], {}, load)).rejects.toThrow('fixture.md:3: expected 2, got 1')
  })

  test.for([
    ['1 + 1 // 3', 'fixture.md:10: expected 3, got 2'],
    ['const a = 1\na // throws RangeError', 'fixture.md:11: expected RangeError, got 1'],
    ['[].reduce(f) // throws RangeError', 'expected RangeError, got TypeError'],
    ['nowhere()', 'nowhere is not defined'],
    ['const = 1', 'expected']
  ])('fails on %s', async ([code, message]) => {
    await expect(run(code, { f: () => 0 })).rejects.toThrow(message)
  })

  test('expects exceptions', async () => {
    await run('new Array(-1) // throws RangeError\nnew Array(-1) // throws RangeError: Invalid array length')
  })

  test('prints values as examples show them', () => {
    const custom: object = Object.setPrototypeOf({}, { toString: () => '[1 2]' })
    expect(print([1.5, -0, 'a', null, undefined, true, 3n])).toBe("[1.5, -0, 'a', null, undefined, true, 3n]")
    expect(print({ a: [custom], 'b c': {} })).toBe("{ a: [[1 2]], 'b c': {} }")
    expect(print(Float32Array.of(0.5, 2))).toBe('[0.5, 2]')
    expect(print('bare')).toBe('bare')
  })

  test('compares texts but for their layout and decimals after the third', () => {
    expect(shows(' [[1, 2], [3, 4]]', '[[1, 2],\n [3, 4]]')).toBe(true)
    expect(shows('{a: 1}', '{ a: 1 }')).toBe(true)
    expect(shows('[0.849, 1.131]', '[0.8485281, 1.1313709]')).toBe(true)
    expect(shows('[0.85, 1.13]', '[0.8485281, 1.1313709]')).toBe(false)
    expect(shows('0.848', '0.8485281')).toBe(false)
    expect(shows('0.5000', '0.5')).toBe(false)
    expect(shows('1 2', '12')).toBe(false)
  })
})
