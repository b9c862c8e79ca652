import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** The folder that holds package.json. */
export const root: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The files below a folder of the project whose names end in `ending`, as paths from the root with `/`. */
export const filesOf = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()

export const textOf = (file: string): string => readFileSync(join(root, file), 'utf8')

export const parse = (file: string, text: string = textOf(file)): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)

/** One mention of another module: by an import, a re-export, a dynamic import or an `import()` type. */
export interface Import {
  readonly from: string
  /** A path from the root for a file of the project, else the package's specifier. */
  readonly to: string
  readonly local: boolean
  /** Whether anything of it is left at run time. */
  readonly runtime: boolean
  readonly line: number
}

const mentioned = (node: ts.Node): { readonly name: ts.Node; readonly runtime: boolean } | undefined => {
  if (ts.isImportDeclaration(node)) {
    return { name: node.moduleSpecifier, runtime: node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword }
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { name: node.moduleSpecifier, runtime: !node.isTypeOnly }
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return { name: node.argument.literal, runtime: false }
  if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) return { name: node.name, runtime: false }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { name: node.arguments[0], runtime: true }
  }
  return undefined
}

/** Every import of a source text, type-only ones included. */
export const importsOf = (file: string, text: string = textOf(file)): readonly Import[] => {
  const source = parse(file, text)
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    const mention = mentioned(node)
    if (mention !== undefined) {
      const specifier = ts.isStringLiteralLike(mention.name) ? mention.name.text : mention.name.getText(source)
      const local = specifier.startsWith('.')
      const to = local
        ? normalize(join(dirname(file), specifier)).split(sep).join('/').replace(/\.js$/, '.ts')
        : specifier
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
      found.push({ from: file, to, local, runtime: mention.runtime, line })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}
