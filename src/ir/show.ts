import { showAval } from '../core/aval.js'
import { JaxprError } from '../core/errors.js'
import type { Atom, Eqn, Jaxpr, Literal, Var } from '../core/primitive.js'
import { subjaxprs } from './jaxpr.js'

/** `a`, `b`, … `z`, `ba`, `bb`, …: the n-th name. */
export const letters = (n: number): string => (n < 26 ? '' : letters(Math.floor(n / 26))) + String.fromCharCode(97 + (n % 26))

/** Names for the variables of a jaxpr, in order of appearance; `_` for outputs that nobody reads. */
export const namesOf = (jaxpr: Jaxpr): ((v: Var) => string) => {
  if (!isJaxpr(jaxpr)) throw new JaxprError('show', 'a jaxpr', jaxpr)
  const read = new Set<Atom>(jaxpr.outputs)
  for (const eqn of jaxpr.eqns) for (const atom of eqn.inputs) read.add(atom)
  const names = new Map<Var, string>()
  let count = 0
  for (const v of jaxpr.inputs) names.set(v, letters(count++))
  for (const eqn of jaxpr.eqns) for (const v of eqn.outputs) names.set(v, read.has(v) ? letters(count++) : '_')
  return (v) => names.get(v) ?? '?'
}

/** A literal as jaxprs show it: `2.0:f32[]`. */
export const showLiteral = ({ value, aval }: Literal): string => {
  if (aval.dtype === 'bool') return value === 0 ? 'False:bool[]' : 'True:bool[]'
  const float = aval.dtype === 'float32' || aval.dtype === 'float64'
  const number = aval.dtype === 'float32' ? shortest(value) : String(value)
  const text = Number.isNaN(value) ? 'nan' : Number.isFinite(value) ? number : value > 0 ? 'inf' : '-inf'
  const zero = Object.is(value, -0) ? '-0' : text
  return `${float && /^-?\d+$/.test(zero) ? `${zero}.0` : zero}:${showAval(aval)}`
}

/** The shortest decimal that rounds to the float32. */
const shortest = (value: number): string => {
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits))
    if (Math.fround(text) === value) return String(text)
  }
  return String(value)
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)

const isPlain = (x: unknown): x is object => typeof x === 'object' && Object.getPrototypeOf(x) === Object.prototype

/** A parameter: lists as tuples, objects by their fields. */
const showParam = (x: unknown): string => {
  if (Array.isArray(x)) return x.length === 1 ? `(${showParam(x[0])},)` : `(${x.map(showParam).join(', ')})`
  if (x === null || x === undefined) return 'None'
  if (typeof x === 'boolean') return x ? 'True' : 'False'
  if (typeof x === 'function') return x.name === '' ? 'function' : x.name
  if (isPlain(x)) return `{${Object.entries(x).map(([name, value]) => `${snake(name)}: ${showParam(value)}`).join(', ')}}`
  return `${x as string | number}` // or an instance of a class, which has a text
}

const isJaxpr = (x: unknown): x is Jaxpr => typeof x === 'object' && x !== null && 'eqns' in x

/** The params of an equation by name, as JAX lists them. */
const paramsOf = (eqn: Eqn): readonly (readonly [name: string, value: unknown])[] =>
  Object.entries(eqn.params)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))

/** A primitive and its params, on one line, without the nested jaxprs: `reduce_sum[axes=(0,)]`. */
export const showOperation = (eqn: Eqn): string => {
  const params = paramsOf(eqn).filter(([, value]) => !isJaxpr(value) && !(Array.isArray(value) && value.some(isJaxpr)))
  const text = params.map(([name, value]) => `${snake(name)}=${showParam(value)}`).join(' ')
  return text === '' ? eqn.primitive.name : `${eqn.primitive.name}[${text}]`
}

const indent = (text: string, by: number): string => text.replaceAll('\n', `\n${' '.repeat(by)}`)

const showEqn = (eqn: Eqn, name: (v: Var) => string): string => {
  const left = eqn.outputs.map((v) => `${name(v)}:${showAval(v.aval)}`).join(' ')
  const right = eqn.inputs.map((atom) => (atom.kind === 'var' ? name(atom) : showLiteral(atom))).join(' ')
  const operation = subjaxprs(eqn).length === 0 ? showOperation(eqn) : showNested(eqn)
  return `${left === '' ? '' : `${left} = `}${operation}${right === '' ? '' : ` ${right}`}`
}

const showNested = (eqn: Eqn): string => {
  const lines = paramsOf(eqn).map(([name, value]) => {
    if (isJaxpr(value)) return `${snake(name)}=${indent(showJaxpr(value), 2)}`
    if (!Array.isArray(value) || !value.some(isJaxpr)) return `${snake(name)}=${showParam(value)}`
    const items = value.map((each) => (isJaxpr(each) ? indent(showJaxpr(each), 4) : showParam(each)))
    return `${snake(name)}=(\n    ${items.join(',\n    ')}\n  )`
  })
  return `${eqn.primitive.name}[\n  ${lines.join('\n  ')}\n]`
}

/** One equation of a jaxpr, as the jaxpr prints it. */
export const showEquation = (jaxpr: Jaxpr, index: number): string => showEqn(jaxpr.eqns[index], namesOf(jaxpr))

/**
 * A jaxpr as JAX prints them: inputs, a `let` of equations, outputs. On one line if it is short.
 */
export const showJaxpr = (jaxpr: Jaxpr): string => {
  const name = namesOf(jaxpr)
  const inputs = jaxpr.inputs.map((v) => `${name(v)}:${showAval(v.aval)}`).join(' ')
  const head = inputs === '' ? '{ lambda ; . let' : `{ lambda ; ${inputs}. let`
  const outputs = jaxpr.outputs.map((atom) => (atom.kind === 'var' ? name(atom) : showLiteral(atom)))
  const tail = `in (${outputs.join(', ')}${outputs.length === 1 ? ',' : ''}) }`
  const lines = jaxpr.eqns.map((eqn) => showEqn(eqn, name))
  const short = `${head} ${lines.length === 0 ? '' : `${lines.join('; ')} `}${tail}`
  if (short.length <= 80 && !short.includes('\n')) return short
  return [head, ...lines.map((line) => `    ${indent(line, 4)}`), `  ${tail}`].join('\n')
}
