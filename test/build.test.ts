import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from './support/source.js'

describe('the bundle for Node', () => {
  let folder: string

  /** What a program prints that stands beside the bundle and imports it. */
  const printed = (program: string): unknown => {
    const file = join(folder, 'program.mjs')
    writeFileSync(file, program)
    return JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }))
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cotangent-build-'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    execFileSync(process.execPath, ['--import', 'tsx', 'build.ts', join(folder, 'node')], { cwd: root })
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  test('compiles a gradient', () => {
    expect(printed(`
      import { grad, jit, np } from './node/index.js'
      const f = jit(grad((x) => np.sum(np.square(x))))
      console.log(JSON.stringify([f(np.array([1, 2, 3])).toList(), f.lower(np.zeros([3])).schedule().toString() !== '']))
    `)).toEqual([[2, 4, 6], true])
  })

  test('subpaths share one copy of the core with the index', () => {
    expect(printed(`
      import * as index from './node/index.js'
      import * as lax from './node/control/index.js'
      import * as data from './node/data/index.js'
      import * as ir from './node/ir/index.js'
      import * as linalg from './node/linalg/index.js'
      import * as nn from './node/nn/index.js'
      import * as np from './node/numpy/index.js'
      import * as optim from './node/optim/index.js'
      import * as random from './node/random/index.js'
      import { getEq } from './node/tree/instances.js'
      import * as tree from './node/tree/index.js'
      import { update } from './node/tree/update.js'
      const same = Object.entries({ ir, lax, nn, np, optim, random, tree: { ...tree, update } }).flatMap(([name, subpath]) =>
        Object.keys(index[name]).filter((key) => !Object.is(index[name][key], subpath[key])).map((key) => name + '.' + key))
      const slope = index.jit(index.grad((x) => linalg.det(np.multiply(x, x))))(np.array([[2, 1], [0, 2]]))
      console.log(JSON.stringify([same, slope.toList()]))
    `)).toEqual([[], [[16, 0], [0, 16]]])
  })

  test('errors name the line of the user', () => {
    expect(printed(`
      import { jit } from './node/index.js'
      try { jit((x) => x.item())(1) } catch (error) { console.log(JSON.stringify(error.message)) }
    `)).toMatch(/program\.mjs:3:/)
  })

  test('the index is one file, and what bundling adds', () => {
    const imported = (file: string): readonly string[] =>
      ts.preProcessFile(readFileSync(join(folder, 'node', file), 'utf8')).importedFiles.map(({ fileName }) => fileName)
    expect(imported('index.js')).toEqual(['./core.js'])
    expect(imported('core.js')).toEqual(['./rolldown-runtime.js', 'immer'])
  })
})
