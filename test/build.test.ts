import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root, textOf } from './support/source.js'

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(textOf('package.json')) as Manifest // our own file, whose form the compiler cannot see

/** A project that has the package among its dependencies. */
let project: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'cotangent-build-'))
  const installed = join(project, 'node_modules', 'cotangent')
  mkdirSync(installed, { recursive: true })
  for (const name of Object.keys(manifest.dependencies)) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
  }
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'))
  execFileSync(process.execPath, ['--import', 'tsx', 'build.ts', join(installed, 'dist')], { cwd: root })
}, 120_000)

afterAll(() => {
  rmSync(project, { recursive: true })
})

describe('in Node', () => {
  /** The JSON that a program of the project prints. */
  const printed = (program: string): unknown => {
    const file = join(project, 'program.mjs')
    writeFileSync(file, program)
    return JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }))
  }

  test('a gradient compiles', () => {
    expect(printed(`
      import { grad, jit, np } from 'cotangent'
      const f = jit(grad((x) => np.sum(np.square(x))))
      console.log(JSON.stringify([f(np.array([1, 2, 3])).toList(), f.lower(np.zeros([3])).schedule().toString() !== '']))
    `)).toEqual([[2, 4, 6], true])
  })

  test('subpaths share one copy of the core with the index', () => {
    expect(printed(`
      import * as index from 'cotangent'
      import * as data from 'cotangent/data'
      import * as io from 'cotangent/io'
      import * as ir from 'cotangent/ir'
      import * as lax from 'cotangent/lax'
      import * as linalg from 'cotangent/linalg'
      import * as nn from 'cotangent/nn'
      import * as np from 'cotangent/numpy'
      import * as optim from 'cotangent/optim'
      import * as random from 'cotangent/random'
      import * as train from 'cotangent/train'
      import * as tree from 'cotangent/tree'
      import { toTree, fromTree } from 'cotangent/tree/instances'
      import { update } from 'cotangent/tree/update'
      const other = Object.entries({ ir, lax, nn, np, optim, random, tree: { ...tree, update } }).flatMap(([name, subpath]) =>
        Object.keys(index[name]).filter((key) => !Object.is(index[name][key], subpath[key])).map((key) => name + '.' + key))
      const slope = index.jit(index.grad((x) => linalg.det(np.multiply(x, x))))(np.array([[2, 1], [0, 2]]))
      const copy = index.jit((p) => toTree(fromTree(p)))({ a: np.ones([2]) })
      console.log(JSON.stringify([other, slope.toList(), copy.a.toList(), data !== io && io !== train]))
    `)).toEqual([[], [[16, 0], [0, 16]], [1, 1], true])
  })

  test('errors name the line of the user', () => {
    expect(printed(`
      import { jit } from 'cotangent'
      try { jit((x) => x.item())(1) } catch (error) { console.log(JSON.stringify(error.message)) }
    `)).toMatch(/program\.mjs:3:/)
  })

  test('rooms are loaded when they are needed', () => {
    expect(printed(`
      import { createRequire } from 'node:module'
      import { basename } from 'node:path'
      import { check, checkify, grad, jet, jit, np, profile, tree } from 'cotangent'
      const known = new Set()
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).map((file) => basename(file))
        .filter((file) => /^(checks|compiler|drafts|jets|kernels)/.test(file) && !known.has(file) && known.add(file))
      const square = jit((x) => np.square(x))
      const steps = {
        eager: () => grad((x) => np.sum(np.square(x)))(np.array([1, 2])).toList(),
        update: () => tree.update((draft) => { draft.a = 1 })({ a: 0, b: 2 }),
        jet: () => jet(np.square)([3], [[1, 0]]).flat().map(Number),
        checkify: () => checkify((x) => { check(np.greater(x, 0), 'negative'); return x })(-1)[0].map(({ failed }) => failed.item()),
        jit: () => square(np.array([1, 2])).toList(),
        lower: () => [square.lower(3).jaxpr('compiled').toString() !== '', square.lower(3).cost().kernels],
        sort: () => jit((x) => np.sort(x))(np.array([2, 1])).toList(),
        profile: () => profile(square)(3).lines.map(({ kind }) => kind),
        fma: () => jit.with({ fma: true })(np.square)(3).item()
      }
      console.log(JSON.stringify(Object.entries(steps).map(([name, step]) => [name, step(), ...loaded()])))
    `)).toEqual([
      ['eager', [2, 4]],
      ['update', { a: 1, b: 2 }, 'drafts.cjs'],
      ['jet', [9, 6, 2], 'jets.cjs'],
      ['checkify', [1], 'checks.cjs'],
      ['jit', [1, 4], 'compiler.cjs'],
      ['lower', [true, 1]],
      ['sort', [1, 2], 'kernels.cjs'],
      ['profile', ['program', 'kernel']],
      ['fma', 9]
    ])
  })

  test('programs that bundlers make for Node are whole', async () => {
    const { outputFiles: [file] } = await build({
      stdin: { contents: 'import { jit, np } from "cotangent"; console.log(JSON.stringify(jit(np.square)(3).item()))', resolveDir: project },
      bundle: true, write: false, format: 'esm', platform: 'node', logLevel: 'silent'
    })
    expect(printed(file.text)).toBe(9)
  })

  test('the index is one file, and what bundling adds', () => {
    const imported = (file: string): readonly string[] =>
      ts.preProcessFile(readFileSync(join(project, 'node_modules', 'cotangent', 'dist', 'node', file), 'utf8'))
        .importedFiles.map(({ fileName }) => fileName)
    expect(imported('index.js')).toEqual(['./core.js'])
    expect(imported('core.js')).toEqual(['./rolldown-runtime.js', 'node:module', './core.js'])
  })
})

describe('in a browser', () => {
  /** A program of the project as one minified file: its size after gzip, and the files of the package that are part of it. */
  const bundled = async (program: string): Promise<{ readonly size: number; readonly files: readonly string[] }> => {
    const { outputFiles: [file], metafile } = await build({
      stdin: { contents: program, resolveDir: project },
      bundle: true, minify: true, metafile: true, write: false, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'silent'
    })
    const [{ inputs, imports }] = Object.values(metafile.outputs)
    expect(imports).toEqual([])
    const files = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    return { size: gzipSync(file.contents, { level: 9 }).length, files: files.map(([path]) => path.replace(/^.*\/dist\//, '')) }
  }

  const subpaths = Object.keys(manifest.exports).filter((name) => !name.endsWith('.json')).map((name) => name.replace('.', 'cotangent'))

  test.each(subpaths)('%s needs nothing of Node', async (name) => {
    const { size } = await bundled(`export * from '${name}'`)
    expect(size).toBeGreaterThan(0)
  })

  // The budgets lie a little above the sizes: whoever passes one has made every user download more, and either meant to or did not.
  test('the index, all of it', async () => {
    const { size, files } = await bundled('export * from "cotangent"')
    expect(size).toBeLessThan(235_000)
    expect(files.filter((file) => /^(data|io|train)\//.test(file))).toEqual([])
    // what a QR decomposition is made of, for nn.initializers.orthogonal
    expect(files.filter((file) => file.startsWith('linalg/')).sort())
      .toEqual([
        'dense', 'householder', 'kernels/triangular', 'kernels/wide', 'qr', 'square', 'stack', 'triangular'
      ].map((name) => `linalg/${name}.js`))
  })

  test('a primitive brings its loops along, and nobody else does', async () => {
    const loopsOf = async (functions: string): Promise<readonly string[]> => {
      const { files } = await bundled(`
        import { jit } from 'cotangent'
        import { ${functions} } from 'cotangent/linalg'
        export const fs = [${functions}].map((f) => jit(f))
      `)
      return files.flatMap((file) => /^linalg\/kernels\/(.*)\.js$/.exec(file)?.slice(1) ?? []).sort()
    }
    expect(await loopsOf('multiDot')).toEqual([])
    expect(await loopsOf('cholesky')).toEqual(['cholesky', 'triangular', 'wide'])
    expect(await loopsOf('lu')).toEqual(['lu', 'triangular', 'wide'])
  })

  test('a compiled derivative', async () => {
    const { size, files } = await bundled(`
      import { grad, jit } from 'cotangent'
      import * as np from 'cotangent/numpy'
      export const slope = jit(grad(np.sin))
    `)
    expect(size).toBeLessThan(120_000)
    expect(files.filter((file) => /^(nn|optim|random|linalg)\//.test(file))).toEqual([])
  })

  test('a network of dense layers and how it learns', async () => {
    const { size, files } = await bundled(`
      import { jit, valueAndGrad } from 'cotangent'
      import * as nn from 'cotangent/nn'
      import * as optim from 'cotangent/optim'
      import * as random from 'cotangent/random'
      const net = nn.chain(nn.linear(784, 512), nn.relu, nn.linear(512, 10))
      const loss = (p, x, y) => nn.loss.softmaxCrossEntropy(net.apply(p)(x), y)
      const adam = optim.adam(1e-3)
      export const start = optim.init(adam)(net.init(random.key(0)))
      export const step = jit((s, x, y) => optim.step(adam)(s, valueAndGrad(loss)(s.params, x, y)[1]))
    `)
    expect(size).toBeLessThan(134_000)
    expect(files.filter((file) => /^(nn\/conv|linalg)\//.test(file))).toEqual([])
  })
})
