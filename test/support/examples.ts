import { inspect } from 'node:util'
import ts from 'typescript'
import { print, shows } from './print.js'
import { parse, textOf } from './source.js'

/** A piece of code that a reader sees: an `@example` of a doc comment, or a block of a document. */
export interface Example {
  readonly file: string
  /** The line of its first line of code. */
  readonly line: number
  readonly code: string
  /** `no-run`: it only has to compile. `continues`: it goes on where the previous block of its document ended. */
  readonly mode: 'run' | 'no-run' | 'continues'
}

const modeOf = (info: string): Example['mode'] =>
  /\bno-run\b/.test(info) ? 'no-run' : /\bcontinues\b/.test(info) ? 'continues' : 'run'

/** The ts blocks of a text whose first line has the given number. */
export const blocksOf = (file: string, text: string, first = 1): readonly Example[] => {
  const found: Example[] = []
  let open: { readonly info: string; readonly line: number; readonly indent: number } | undefined
  let code: string[] = []
  text.split('\n').forEach((line, index) => {
    const fence = /^(\s*)```(.*)$/.exec(line)
    if (fence === null) {
      if (open !== undefined) code.push(line.slice(Math.min(open.indent, line.search(/\S|$/))))
    } else if (open === undefined) {
      open = { info: fence[2].trim(), line: first + index + 1, indent: fence[1].length }
      code = []
    } else {
      if (/^(ts|typescript)\b/.test(open.info)) {
        found.push({ file, line: open.line, code: code.join('\n'), mode: modeOf(open.info) })
      }
      open = undefined
    }
  })
  return found
}

/** The examples within one doc comment that begins on the given line. */
const examplesOfComment = (file: string, comment: string, first: number): readonly Example[] => {
  const lines = comment.replace(/^\/\*\*/, '   ').replace(/\*\/$/, '').split('\n').map((line) => line.replace(/^\s*\* ?/, ''))
  const starts = lines.flatMap((line, index) => /^\s*@example\b/.test(line) ? [index] : [])
  return starts.flatMap((start) => {
    const length = lines.slice(start + 1).findIndex((line) => /^@[a-z]/i.test(line))
    const body = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length)
    const text = body.join('\n').trimEnd()
    const line = first + start + 1
    return text.includes('```') ? blocksOf(file, text, line) : [{ file, line, code: text, mode: 'run' as const }]
  })
}

/** The examples in the doc comments of a source text. */
export const examplesOf = (file: string, text: string = textOf(file)): readonly Example[] => {
  const source = parse(file, text)
  const comments = new Map<number, string>()
  const visit = (node: ts.Node): void => {
    for (const doc of ts.getJSDocCommentsAndTags(node)) if (ts.isJSDoc(doc)) comments.set(doc.pos, text.slice(doc.pos, doc.end))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...comments].sort(([a], [b]) => a - b).flatMap(([position, comment]) =>
    examplesOfComment(file, comment, source.getLineAndCharacterOfPosition(position).line + 1))
}

/** The examples of one document, those that continue others with all code before them in front. */
export interface Runnable extends Example {
  readonly before: string
}

export const threaded = (examples: readonly Example[]): readonly Runnable[] => {
  let before = ''
  return examples.map((example) => {
    if (example.mode !== 'continues') before = ''
    const runnable = { ...example, before }
    if (example.mode !== 'no-run') before = `${before}${example.code}\n`
    return runnable
  })
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** An import declaration as the declaration of a constant. */
const importEdit = (node: ts.ImportDeclaration): Edit => {
  const clause = node.importClause
  const from = `await __import(${node.moduleSpecifier.getText()})`
  const edit = (text: string): Edit => ({ start: node.getStart(), end: node.end, text: `${text};` })
  if (clause === undefined) return edit(from)
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return edit('')
  const bindings = clause.namedBindings
  if (bindings !== undefined && ts.isNamespaceImport(bindings)) return edit(`const ${bindings.name.text} = ${from}`)
  const named = bindings === undefined ? [] : bindings.elements.filter((e) => !e.isTypeOnly)
    .map((e) => e.propertyName === undefined ? e.name.text : `${e.propertyName.text}: ${e.name.text}`)
  const all = clause.name === undefined ? named : [`default: ${clause.name.text}`, ...named]
  return edit(`const { ${all.join(', ')} } = ${from}`)
}

/** The comment that follows a statement on its line, with the indented (or, after a bare `//`, all) comment lines below it. */
const shownAfter = (code: string, end: number): string | undefined => {
  const [here, ...below] = code.slice(end).split('\n')
  const comment = /^\s*;?\s*\/\/(.*)$/.exec(here)?.[1]
  if (comment === undefined) return undefined
  const more = comment.trim() === '' ? /^\s*\/\/(.*)$/ : /^\s*\/\/( {2}.*)$/
  const value = [comment]
  for (const line of below) {
    const text = more.exec(line)?.[1]
    if (text === undefined) break
    value.push(text)
  }
  return value.join('\n')
}

/** The code of an example as the body of an async function, in which `expression // value` is a check. */
const instrument = (code: string, checks: boolean): string => {
  const source = parse('example.ts', code)
  const edits = source.statements.flatMap((node): readonly Edit[] => {
    if (ts.isImportDeclaration(node)) return [importEdit(node)]
    if (ts.isExpressionStatement(node)) {
      const { expression } = node
      const start = expression.getStart(source)
      const value = shownAfter(code, node.end)
      if (value === undefined || !checks) return [{ start, end: start, text: ';' }]
      const line = source.getLineAndCharacterOfPosition(start).line
      return [
        { start, end: start, text: `;await __check(${line}, async () => (` },
        { start: expression.end, end: expression.end, text: `), ${JSON.stringify(value)});` }
      ]
    }
    if (!ts.canHaveModifiers(node)) return []
    return (ts.getModifiers(node) ?? []).filter((m) => m.kind === ts.SyntaxKind.ExportKeyword)
      .map((m) => ({ start: m.getStart(source), end: m.end, text: '' }))
  })
  return [...edits].reverse().reduce((text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end), code)
}

/** The JavaScript of some TypeScript; throws with its first mistake in syntax. */
export const transpile = (code: string): string => {
  const { outputText, diagnostics } = ts.transpileModule(code, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
  })
  const [first] = diagnostics ?? []
  if (first !== undefined) throw new SyntaxError(ts.flattenDiagnosticMessageText(first.messageText, '\n'))
  return outputText
}

const check = async (where: string, run: () => Promise<unknown>, comment: string): Promise<void> => {
  const error = /^\s*throws ([A-Z]\w*)(?::([^]*))?$/.exec(comment)
  let value: unknown
  try {
    value = await run()
  } catch (thrown) {
    if (error === null || !(thrown instanceof Error)) throw thrown
    if (thrown.name !== error[1]) throw new Error(`${where}: expected ${error[1]}, got ${String(thrown)}`, { cause: thrown })
    if (error[2] !== undefined && !shows(error[2], thrown.message)) {
      throw new Error(`${where}: expected the message ${error[2].trim()}, got ${thrown.message}`, { cause: thrown })
    }
    return
  }
  const printed = print(value)
  if (error !== null) throw new Error(`${where}: expected ${error[1]}, got ${printed}`)
  const texts = [printed, inspect(value, { depth: null, breakLength: Infinity })]
  if (!texts.some((text) => shows(comment, text))) throw new Error(`${where}: expected ${comment.trim()}, got ${printed}`)
}

/** `console.log(x) // value` shows x, and says nothing. */
const quiet = { log: (...values: readonly unknown[]): unknown => values.length === 1 ? values[0] : values.map(print).join(' ') }

type Run = (...values: readonly unknown[]) => Promise<void>

interface Maker {
  readonly constructor: new (...text: string[]) => Run
}

// The constructor of async functions has no name of its own, and its prototype no type.
const AsyncFunction = (Object.getPrototypeOf(async () => { /* nothing */ }) as Maker).constructor

/** Whether a parameter may have this name: namespaces may export reserved words. */
const usable = (name: string): boolean => {
  try {
    return new AsyncFunction(name, '"use strict"') instanceof Function
  } catch {
    return false
  }
}

/** Runs an example with the names of `scope` at hand, and compares what its comments show with what it does. */
export const runExample = async (
  example: Runnable, scope: Readonly<Record<string, unknown>>, load: (specifier: string) => Promise<unknown>
): Promise<void> => {
  const code = transpile(`export {};${instrument(example.before, false)}\n${instrument(example.code, true)}`)
    .replace(/^export \{\};$/m, '')
  const words = new Set(code.match(/[A-Za-z_$][\w$]*/g))
  const names = Object.keys(scope).filter((name) => words.has(name) && usable(name))
  const checked = (line: number, run: () => Promise<unknown>, comment: string): Promise<void> =>
    check(`${example.file}:${example.line + line}`, run, comment)
  const body = new AsyncFunction('__import', '__check', 'console', ...names, `"use strict"; {${code}\n}`)
  await body(load, checked, quiet, ...names.map((name) => scope[name]))
}
