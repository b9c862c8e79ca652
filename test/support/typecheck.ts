import { join } from 'node:path'
import ts from 'typescript'
import type { Runnable } from './examples.js'
import { root } from './source.js'

const options = (): ts.CompilerOptions => {
  const path = join(root, 'tsconfig.json')
  const { options: house } = ts.parseJsonConfigFileContent(ts.readConfigFile(path, (file) => ts.sys.readFile(file)).config, ts.sys, root)
  return { ...house, noUnusedLocals: false, noUnusedParameters: false, erasableSyntaxOnly: false }
}

/** The names that a text declares or imports at its top. */
const declared = (text: string): ReadonlySet<string> => {
  const names = new Set<string>()
  const binding = (name: ts.BindingName): void => {
    if (ts.isIdentifier(name)) names.add(name.text)
    else for (const element of name.elements) if (ts.isBindingElement(element)) binding(element.name)
  }
  for (const node of ts.createSourceFile('example.ts', text, ts.ScriptTarget.ES2022, true).statements) {
    if (ts.isVariableStatement(node)) for (const d of node.declarationList.declarations) binding(d.name)
    else if (ts.isImportDeclaration(node)) {
      const clause = node.importClause
      if (clause?.name !== undefined) names.add(clause.name.text)
      const bindings = clause?.namedBindings
      if (bindings !== undefined && ts.isNamespaceImport(bindings)) names.add(bindings.name.text)
      if (bindings !== undefined && ts.isNamedImports(bindings)) for (const e of bindings.elements) names.add(e.name.text)
    } else if (ts.isDeclarationStatement(node) && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text)
  }
  return names
}

const bare = (entry: string): string => entry.replace(/^type /, '')

/** One line that imports what an example uses and does not declare. */
const preamble = (code: string, modules: readonly (readonly [string, readonly string[]])[]): string => {
  const own = declared(code)
  const words = new Set(code.match(/[A-Za-z_$][\w$]*/g))
  const taken = new Set<string>()
  return modules.map(([from, names]) => {
    const wanted = names.filter((entry) => {
      const name = bare(entry)
      return words.has(name) && !own.has(name) && !taken.has(name)
    })
    for (const entry of wanted) taken.add(bare(entry))
    if (from.startsWith('* ')) return wanted.map((name) => `import * as ${name} from '${from.slice(2)}';`).join('')
    return wanted.length === 0 ? '' : `import { ${wanted.join(', ')} } from '${from}';`
  }).join('')
}

/** What every example sees besides: the names that fp-ts code has by custom, and the whole library. */
const ambient: readonly (readonly [string, readonly string[]])[] = [
  ['fp-ts/lib/function.js', ['pipe']], ['* fp-ts/lib/Either.js', ['E']], ['* fp-ts/lib/Option.js', ['O']],
  ['* ./src/index.js', ['ct']],
  ...['data', 'io', 'linalg', 'train'].map((name) => [`* ./src/${name}/index.js`, [name]] as const)
]

/**
 * What the compiler, as strict as the house, says against examples: `file:line: message` each. The modules of an
 * example, by their paths from the root and the earlier the nearer, lend it their exports.
 */
export const complaints = (examples: readonly Runnable[], modulesOf: (file: string) => readonly string[]): readonly string[] => {
  const settings = options()
  const sources = [...new Set(examples.flatMap((example) => modulesOf(example.file)))]
  const library = ts.createProgram(sources.map((file) => join(root, file)), settings)
  const checker = library.getTypeChecker()
  const entry = (symbol: ts.Symbol): string => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return target.flags & ts.SymbolFlags.Value ? symbol.name : `type ${symbol.name}`
  }
  const exported = new Map(sources.map((file) => {
    const source = library.getSourceFile(join(root, file))
    const symbol = source === undefined ? undefined : checker.getSymbolAtLocation(source)
    return [file, symbol === undefined ? [] : checker.getExportsOfModule(symbol).map(entry)] as const
  }))

  const texts = new Map(examples.map((example, index) => {
    const code = example.before + example.code
    const lent = modulesOf(example.file).map((file) => [`./${file.replace(/\.ts$/, '.js')}`, exported.get(file) ?? []] as const)
    return [join(root, `example${index}.ts`), `${preamble(code, [...lent, ...ambient])}export {};\n${code}`] as const
  }))
  const host = ts.createCompilerHost(settings)
  const read = host.readFile.bind(host)
  const exists = host.fileExists.bind(host)
  const get = host.getSourceFile.bind(host)
  host.fileExists = (file) => texts.has(file) || exists(file)
  host.readFile = (file) => texts.get(file) ?? read(file)
  host.getSourceFile = (file, language, ...rest) => {
    const text = texts.get(file)
    return text === undefined ? get(file, language, ...rest) : ts.createSourceFile(file, text, language, true)
  }
  const program = ts.createProgram([...texts.keys()], settings, host, library)
  return [...texts.keys()].flatMap((name, index) => {
    const source = program.getSourceFile(name)
    const { file, line, before } = examples[index]
    return program.getSemanticDiagnostics(source).map(({ start, messageText }) => {
      const at = source?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0
      const shift = before.split('\n').length - 1
      return `${file}:${line + at - 1 - shift}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  })
}
