/**
 * Writes the JavaScript of the package into the folder given or `dist`: its modules for bundlers and browsers, and bundles for Node.
 */
import { readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { transform } from 'esbuild'
import ts from 'typescript'
import { build, type Plugin } from 'vite'

const root = import.meta.dirname
const folder = resolve(process.argv[2] ?? join(root, 'dist'))

/**
 * Calls at module level are marked as pure, so that bundlers drop those whose results nobody uses. They are: package.json lists
 * the few modules with side effects, and those of the index are no part of a variable.
 */
const marked: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
  const mark = (node: ts.Node): ts.Node => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return node
    const walked = ts.visitEachChild(node, mark, context)
    const called = ts.isCallExpression(node) || ts.isNewExpression(node)
    return called ? ts.addSyntheticLeadingComment(walked, ts.SyntaxKind.MultiLineCommentTrivia, ' @__PURE__ ') : walked
  }
  return ts.visitEachChild(file, (statement) => (ts.isVariableStatement(statement) ? mark(statement) : statement), context)
}

/** The modules, one file each. Types were checked before, and modules compile one by one. */
const modules = (): void => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.build.json'), (file) => ts.sys.readFile(file)) as { readonly config: unknown }
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram(fileNames, {
    ...options, outDir: folder, emitDeclarationOnly: false, declaration: false, declarationMap: false,
    noCheck: true, noLib: true, noResolve: true, types: []
  })
  program.emit(undefined, undefined, undefined, false, { after: [marked] })
}

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
    if (!ts.isArrowFunction(node) || inherits(node)) {
      ts.forEachChild(node, visit)
      return
    }
    const { body, parameters, equalsGreaterThanToken: arrow } = node
    const bare = code[arrow.getStart(file) - 1] !== ')'
    const start = bare ? parameters[0].getStart(file) : code.indexOf('(', node.getStart(file))
    edit(start, `${/[\w$]/.test(code[start - 1]) ? ' ' : ''}function${bare ? '(' : ''}`)
    edit(arrow.getStart(file), bare ? ')' : '', 2)
    if (!ts.isBlock(body)) edit(body.getStart(file), '{return ')
    ts.forEachChild(node, visit)
    if (!ts.isBlock(body)) edit(body.end, '}')
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

/**
 * Functions whose modules, and what only these import, are a file of their own, which is loaded when the first of them is called: the
 * compiler is a third of the library, and who never calls it need not wait until it is parsed.
 */
const later: Readonly<Record<string, readonly string[]>> = {
  'backend/outline': ['outlineOf'],
  'backend/plan': ['donatedTo', 'planned'],
  'backend/schedule/lines': ['lineOf'],
  'backend/wasm/fma': ['hasFma'],
  'backend/wasm/runtime/engine': ['refused'],
  'backend/wasm/runtime/executable': ['compile', 'compileAsync'],
  'backend/wasm/runtime/heap': ['sharedHeap'],
  'backend/wasm/target': ['isOwn']
}

/** Whether a module is part of the compiler. */
const isCompiler = (name: string): boolean => /^backend\/(outline|passes|plan|schedule|wasm)\b/.test(name)

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly node: string }>>
}

/** For Node: what the index reaches is one file, and the other subpaths import it. Names stay, for the stack traces of users. */
const bundles = async (): Promise<void> => {
  const manifest = readFileSync(join(root, 'package.json'), 'utf8')
  const { exports } = JSON.parse(manifest) as Manifest // our own file, whose form the compiler cannot see
  const names = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target.node.replace('./dist/node/', '').replace(/\.js$/, '')])
  const source = (name: string): string => join(root, 'src', `${name}.ts`)

  const compiler = join(root, 'compiler')
  const nameOf = (id: string): string => relative(join(root, 'src'), id).replace(/\.ts$/, '')

  /** What the rest of the library imports of the compiler are functions that load it. */
  const deferred: Plugin = {
    name: 'deferred',
    enforce: 'pre',
    resolveId(id, importer) {
      if (id === compiler) return '\0compiler'
      if (id.startsWith('later:')) return `\0${id}`
      if (importer === undefined || !id.startsWith('.') || isCompiler(nameOf(importer)) || importer.startsWith('\0')) return null
      const name = nameOf(join(importer, '..', id.replace(/\.js$/, '')))
      return isCompiler(name) ? `\0later:${name}` : null
    },
    load(id) {
      if (id === '\0compiler') {
        return Object.entries(later).map(([name, functions]) =>
          `export { ${functions.join(', ')} } from ${JSON.stringify(source(name))}`).join('\n')
      }
      if (id === '\0later:') {
        return `
          import { createRequire } from 'node:module'
          let loaded
          export const compiler = () => (loaded ??= createRequire(import.meta.url)('./compiler.js'))
        `
      }
      if (!id.startsWith('\0later:')) return null
      const functions = later[id.slice('\0later:'.length)] ?? []
      return [`import { compiler } from 'later:'`, ...functions.map((name) =>
        `export const ${name} = (...args) => compiler().${name}(...args)`)].join('\n')
    }
  }

  /** The modules that the index reaches. */
  const core = new Set<string>()
  const shaped: Plugin = {
    name: 'shaped',
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
  }
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [deferred, shaped],
    build: {
      outDir: join(folder, 'node'),
      emptyOutDir: true,
      minify: false,
      target: 'es2022',
      lib: { entry: { ...Object.fromEntries(names.map((name) => [name, source(name)])), compiler }, formats: ['es'] },
      rolldownOptions: {
        external: /^(?!later:|compiler$)[a-z]/,
        output: { chunkFileNames: '[name].js', codeSplitting: { groups: [{ name: 'core', test: (id: string) => core.has(id) }] } }
      }
    }
  })
}

modules()
await bundles()
