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

interface Room {
  readonly holds: RegExp
  /** The room that its modules import from as if they were in it. */
  readonly within?: string
}

/**
 * What Node need not parse before it is used, the modules of each room: the compiler alone is a third of the library. Others may import
 * functions of a room, but nothing else: the first call loads it.
 */
const rooms: Readonly<Record<string, Room>> = {
  checks: { holds: /^control\/checkify\/(automatic|functional)$/ },
  compiler: { holds: /^backend\/(outline|passes|plan|schedule|wasm(?!\/kernels\/))\b/ },
  drafts: { holds: /^tree\/drafts$/ },
  jets: { holds: /^transform\/jet\/(?!jet$)/ },
  kernels: { holds: /^(backend\/wasm|linalg)\/kernels\/(?!writer$)/, within: 'compiler' }
}

/** Whether a module imports those of a room as they are. */
const isWithin = (module: string, room: string): boolean =>
  Object.entries(rooms).some(([name, { holds, within }]) => (name === room || within === room) && holds.test(module))

const sources = join(root, 'src')
const source = (name: string): string => join(sources, `${name}.ts`)
const nameOf = (path: string): string => relative(sources, path).replace(/\.[jt]s$/, '')

/** Whether a module exports something that is written as a function, or whose type is. */
const isFunction = (module: string, exported: string): boolean =>
  ts.createSourceFile(module, readFileSync(source(module), 'utf8'), ts.ScriptTarget.ES2022).statements.some((statement) =>
    ts.isVariableStatement(statement) && statement.declarationList.declarations.some(({ name, type, initializer }) =>
      ts.isIdentifier(name) && name.text === exported &&
      ((initializer !== undefined && ts.isArrowFunction(initializer)) || (type !== undefined && ts.isFunctionTypeNode(type)))))

/** The functions of a room that modules outside of it import, by its modules. */
const callsOf = (room: string): Readonly<Record<string, readonly string[]>> => {
  const calls: Record<string, string[]> = {}
  for (const path of ts.sys.readDirectory(sources, ['.ts']).filter((each) => !isWithin(nameOf(each), room))) {
    for (const statement of ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022).statements) {
      if (!ts.isImportDeclaration(statement) || statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) continue
      const module = nameOf(join(path, '..', (statement.moduleSpecifier as ts.StringLiteral).text)) // it is one
      if (!rooms[room].holds.test(module)) continue
      const { elements } = statement.importClause?.namedBindings as ts.NamedImports // as everywhere in this house
      for (const { name, propertyName, isTypeOnly } of elements) {
        const { text } = propertyName ?? name
        if (isTypeOnly || calls[module]?.includes(text)) continue
        if (!isFunction(module, text)) throw new Error(`${text} of ${module}, which is loaded later, is no function, but imported`)
        calls[module] = [...(calls[module] ?? []), text]
      }
    }
  }
  return calls
}

/**
 * Gives each room a file. Modules outside of it import functions that load it, modules within import each other. It is loaded by
 * `require`, which is done when it returns.
 */
const roomed = (): Plugin => {
  const calls = Object.fromEntries(Object.keys(rooms).map((room) => [room, callsOf(room)]))
  return {
    name: 'roomed',
    enforce: 'pre',
    buildStart() {
      for (const name of Object.keys(rooms)) {
        this.emitFile({ type: 'chunk', id: `room:${name}`, name, preserveSignature: 'allow-extension' })
      }
    },
    resolveId(id, importer) {
      if (id === 'core:') return { id: './core.js', external: true }
      if (/^(room|calls|load):/.test(id)) return id
      if (importer === undefined || !id.startsWith('.')) return null
      const [from, to] = [nameOf(importer), nameOf(join(importer, '..', id))]
      const entered = Object.keys(rooms).find((name) => rooms[name].holds.test(to) && !isWithin(from, name))
      return entered === undefined ? null : `calls:${entered}`
    },
    load(id) {
      const [kind, name] = id.split(':')
      if (kind === 'room') {
        return Object.entries(calls[name])
          .map(([module, functions]) => `export { ${functions.join()} } from ${JSON.stringify(source(module))}`).join('\n')
      }
      if (kind === 'load') {
        return `
          import { createRequire } from 'node:module'
          import * as core from 'core:'
          const require = createRequire(import.meta.url)
          const files = { ${Object.keys(rooms).map((room) => `${room}: () => require('./${room}.cjs')`).join()} }
          const loaded = {}
          export const load = (room) => (loaded[room] ??= files[room]()(core, load))
        `
      }
      if (kind !== 'calls') return null
      const functions = Object.values(calls[name]).flat()
      const called = functions.map((f) => `export const ${f} = (...args) => load('${name}').${f}(...args)`)
      return [`import { load } from 'load:'`, ...called].join('\n')
    }
  }
}

/**
 * A room's code as a function of the core and of what loads other rooms, in parentheses: V8 compiles it at once rather than parsing it
 * twice.
 */
const asFunction = (code: string): string => {
  const source = ts.createSourceFile('room.js', code, ts.ScriptTarget.ES2022)
  const properties = (names: readonly (readonly [key: ts.Identifier, value: ts.Identifier])[]): string =>
    `{${names.map(([key, value]) => `${key.text}:${value.text}`).join()}}`
  const parts = source.statements.map((statement) => {
    if (ts.isImportDeclaration(statement)) {
      const { text } = statement.moduleSpecifier as ts.StringLiteral // it is one
      const file = /^\.\/(.*)\.js$/.exec(text)?.[1]
      if (file !== undefined && file !== 'core' && !Object.hasOwn(rooms, file)) throw new Error(`a room imports ${text}`)
      const from = file === undefined ? `require("${text}")` : file === 'core' ? 'core' : `load("${file}")`
      const { elements } = statement.importClause?.namedBindings as ts.NamedImports // bundlers write no other
      const taken = properties(elements.map(({ propertyName, name }) => [(propertyName ?? name) as ts.Identifier, name]))
      return `var${taken}=${from};`
    }
    if (!ts.isExportDeclaration(statement)) return code.slice(statement.getStart(source), statement.end)
    const { elements } = statement.exportClause as ts.NamedExports // as above
    return `return${properties(elements.map(({ propertyName, name }) => [name as ts.Identifier, (propertyName ?? name) as ts.Identifier]))}`
  })
  return `'use strict';module.exports=(function(core,load){${parts.join('')}})\n`
}

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly node: string }>>
}

/** For Node: what the index reaches is one file, and the other subpaths import it. Names stay, for the stack traces of users. */
const bundles = async (): Promise<void> => {
  const manifest = readFileSync(join(root, 'package.json'), 'utf8')
  const { exports } = JSON.parse(manifest) as Manifest // our own file, whose form the compiler cannot see
  const names = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target.node.replace('./dist/node/', '').replace(/\.js$/, '')])

  /** The file that modules are in: that of the index, or the compiler's, from which its kernels import. */
  const files = new Map<string, string>()
  const shaped: Plugin = {
    name: 'shaped',
    buildEnd() {
      const reach = (file: string, id: string): void => {
        if (files.has(id)) return
        files.set(id, file)
        this.getModuleInfo(id)?.importedIds.forEach((imported) => reach(file, imported))
      }
      reach('core', source('index'))
      reach('compiler', 'room:compiler')
    },
    async generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        const { code } = await transform(chunk.code, { target: 'es2022', minifyWhitespace: true, minifySyntax: true, lineLimit: 140 })
        const shaped = withoutArrows(code)
        if (!Object.hasOwn(rooms, chunk.name)) chunk.code = shaped
        else {
          chunk.code = asFunction(shaped)
          chunk.fileName = chunk.fileName.replace(/\.js$/, '.cjs')
        }
      }
    }
  }
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    plugins: [roomed(), shaped],
    build: {
      outDir: join(folder, 'node'),
      emptyOutDir: true,
      minify: false,
      target: 'es2022',
      lib: { entry: Object.fromEntries(names.map((name) => [name, source(name)])), formats: ['es'] },
      rolldownOptions: {
        external: /^(?!(room|calls|core|load):)[a-z]/,
        output: {
          chunkFileNames: '[name].js',
          codeSplitting: {
            groups: ['core', 'compiler'].map((name, i) => ({ name, priority: 2 - i, test: (id: string) => files.get(id) === name }))
          }
        }
      }
    }
  })
}

modules()
await bundles()
