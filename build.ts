/**
 * Bundles the library for Node, into the folder given or `dist/node`: what the index reaches is one file, and the other
 * subpaths import it. Names stay, for the stack traces of users.
 */
import { readFileSync } from 'node:fs'
import { transform } from 'esbuild'
import ts from 'typescript'
import { build } from 'vite'

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly node: string }>>
}

const root = import.meta.dirname
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as Manifest // our own file, whose form the compiler cannot see
const names = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'string' ? [] : [target.node.replace('./dist/node/', '').replace(/\.js$/, '')])
const source = (name: string): string => `${root}/src/${name}.ts`

/** Whether the arrow function takes something from around it that a function would have of its own. */
const inherits = (node: ts.Node): boolean =>
  node.kind === ts.SyntaxKind.ThisKeyword || node.kind === ts.SyntaxKind.SuperKeyword ||
  (ts.isIdentifier(node) && node.text === 'arguments') || (ts.forEachChild(node, inherits) ?? false)

/**
 * The code with functions in place of arrow functions: V8 parses every arrow function of a module in full at import, and
 * a function only when it is called.
 */
const withoutArrows = (code: string): string => {
  const edits: { readonly at: number; readonly drop: number; readonly text: string }[] = []
  const edit = (at: number, text: string, drop = 0): void => void edits.push({ at, drop, text })
  const visit = (node: ts.Node): void => {
    if (ts.isArrowFunction(node) && !inherits(node)) {
      const { body, parameters, equalsGreaterThanToken: arrow } = node
      const bare = code[arrow.getStart(file) - 1] !== ')'
      const start = bare ? parameters[0].getStart(file) : code.indexOf('(', node.getStart(file))
      edit(start, `${/[\w$]/.test(code[start - 1]) ? ' ' : ''}function${bare ? '(' : ''}`)
      edit(arrow.getStart(file), bare ? ')' : '', 2)
      if (!ts.isBlock(body)) edit(body.getStart(file), '{return ')
      ts.forEachChild(node, visit)
      if (!ts.isBlock(body)) edit(body.end, '}')
    } else {
      ts.forEachChild(node, visit)
    }
  }
  const file = ts.createSourceFile('chunk.js', code, ts.ScriptTarget.ES2022)
  visit(file)
  let [text, done] = ['', 0]
  for (const { at, drop, text: inserted } of edits.sort((a, b) => a.at - b.at)) {
    text += code.slice(done, at) + inserted
    done = at + drop
  }
  return text + code.slice(done)
}

/** The modules that the index reaches. */
const core = new Set<string>()

await build({
  configFile: false,
  root,
  logLevel: 'warn',
  build: {
    outDir: process.argv[2] ?? 'dist/node',
    emptyOutDir: true,
    minify: false,
    target: 'es2022',
    lib: { entry: Object.fromEntries(names.map((name) => [name, source(name)])), formats: ['es'] },
    rolldownOptions: {
      external: /^[a-z]/,
      output: { chunkFileNames: '[name].js', codeSplitting: { groups: [{ name: 'core', test: (id: string) => core.has(id) }] } }
    }
  },
  plugins: [{
    name: 'core',
    buildEnd() {
      const reach = (id: string): void => {
        if (core.has(id)) return
        core.add(id)
        this.getModuleInfo(id)?.importedIds.forEach(reach)
      }
      reach(source('index'))
    },
    async generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        const { code } = await transform(chunk.code, { target: 'es2022', minifyWhitespace: true, minifySyntax: true, lineLimit: 140 })
        chunk.code = withoutArrows(code)
      }
    }
  }]
})
