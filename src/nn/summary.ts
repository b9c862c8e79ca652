import { isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { byteSize, checkDType, shortName, type DType } from '../core/dtype.js'
import { ArgumentError, showPath, type Path } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { checkShape, sizeOf, type Shape } from '../core/shape.js'
import { layOut } from '../core/table.js'
import { evalShape, ShapeStruct } from '../transform/inspect.js'
import { flatten } from '../tree/pytree.js'
import { lift, type AnyStatefulLayer, type Part } from './stateful.js'

/** What a summary of a net shows besides its parameters. */
export interface SummaryOptions {
  /** The shape of an input, batch axes included: the shapes of all layers' outputs are shown. */
  readonly input?: Shape
  /** The dtype of that input; float32 by default. For a net that begins with an `embedding` it is `'int32'`. */
  readonly dtype?: DType
}

type Row = readonly string[]

/** An integer with commas between thousands. */
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',')

interface Entry {
  readonly path: Path
  readonly type: ShapeStruct
}

/** The types of a tree's arrays, and where they are. */
const entriesOf = (tree: unknown): readonly Entry[] => {
  const [leaves, treedef] = flatten<unknown>(tree)
  const paths = treedef.paths()
  return leaves.map((leaf, i) => {
    if (leaf instanceof ShapeStruct) return { path: paths[i], type: leaf }
    if (isArray(leaf)) return { path: paths[i], type: new ShapeStruct(leaf.shape, leaf.dtype) }
    throw new ArgumentError('summary', 'arrays as parameters', leaf, ['params', ...paths[i]])
  })
}

interface Total {
  readonly count: number
  readonly bytes: number
}

const totalOf = (entries: readonly Entry[]): Total => {
  let [count, bytes] = [0, 0]
  for (const { type: { shape, dtype } } of entries) {
    count += sizeOf(shape)
    bytes += sizeOf(shape) * byteSize(dtype)
  }
  return { count, bytes }
}

const show = ({ shape }: ShapeStruct): string => `[${shape.join(', ')}]`

const ofParams = (params: unknown): string => {
  const entries = entriesOf(params)
  const { count, bytes } = totalOf(entries)
  const rows = entries.map(({ path, type }) => [showPath(path), show(type), type.dtype, grouped(sizeOf(type.shape))])
  return `${layOut([['parameter', 'shape', 'dtype', 'count'], ...rows, ['total', '', '', grouped(count)]], true)}\n${grouped(bytes)} bytes`
}

/** Chains have parts, one after the other. */
const partsOf = (part: Part): readonly Part[] | undefined => {
  if (typeof part === 'function' || !('parts' in part)) return undefined
  return Array.isArray(part.parts) ? part.parts as readonly Part[] : undefined // as chain and stateful make them
}

const keyType = new ShapeStruct([2], 'uint32')

/** What a part makes of an input, by types alone. */
const outputOf = (part: Part, params: unknown, input: ShapeStruct): ShapeStruct => {
  const { apply, state } = lift(part) as AnyStatefulLayer
  const run = (p: unknown, x: NdArray): NdArray =>
    apply(p as never, { mode: 'evaluate', state: state as never })(x)[0] // drawn by its own init
  const output: unknown = evalShape(run)(params, input)
  if (output instanceof ShapeStruct) return output
  throw new ArgumentError('summary', 'layers whose outputs are arrays (nn.outputs makes one of a recurrent network)', output)
}

/** Texts with commas between, in lines of about 60 characters. */
const wrapped = (texts: readonly string[]): readonly string[] =>
  texts.reduce<readonly string[]>((lines, text) => {
    const last = lines[lines.length - 1] ?? ''
    if (last !== '' && last.length + text.length > 58) return [...lines, text]
    return [...lines.slice(0, -1), last === '' ? text : `${last}, ${text}`]
  }, [''])

const ofNet = (net: Part, input: ShapeStruct | undefined): string => {
  const rows: Row[] = []
  const row = (layer: string, output: ShapeStruct | undefined, parameters: string, count: string): void => {
    rows.push(input === undefined ? [layer, parameters, count] : [layer, output === undefined ? '' : show(output), parameters, count])
  }
  /** Adds the rows of a part and gives the type of its output. */
  const walk = (part: Part, params: unknown, path: Path, x: ShapeStruct | undefined): ShapeStruct | undefined => {
    const parts = partsOf(part)
    if (parts !== undefined) {
      return parts.reduce<ShapeStruct | undefined>((y, each, i) => walk(each, (params as readonly unknown[])[i], [...path, i], y), x)
    }
    const output = x === undefined ? undefined : outputOf(part, params, x)
    const entries = entriesOf(params)
    const name = typeof part === 'function' ? part.name : ''
    const shown = entries.map((each) => `${showPath(each.path)} ${shortName(each.type.dtype)}[${each.type.shape.join(',')}]`.trim())
    const [first, ...more] = wrapped(shown)
    row([showPath(path), name].filter((text) => text !== '').join(' '), output, first, grouped(totalOf(entries).count))
    for (const line of more) row('', undefined, line, '')
    return output
  }
  row('layer', undefined, 'parameters', 'count')
  if (input !== undefined) {
    rows[0] = ['layer', 'output', 'parameters', 'count']
    row('input', input, '', '')
  }
  const params = typeof net === 'function' ? null : evalShape(net.init)(keyType)
  walk(net, params, [], input)
  const all = totalOf(entriesOf(params))
  row('total', undefined, '', grouped(all.count))
  const state = totalOf(entriesOf(lift(net).state))
  const kept = state.count === 0 ? '' : `, and ${grouped(state.count)} numbers of state, ${grouped(state.bytes)} bytes`
  return `${layOut(rows, true)}\n${grouped(all.bytes)} bytes${kept}`
}

const isNet = (x: unknown): x is Part =>
  typeof x === 'function' || (typeof x === 'object' && x !== null && 'init' in x && 'apply' in x && typeof x.apply === 'function')

/**
 * A table, as text: of parameters, with path, shape, dtype and number of elements of each; or of a net, with the parameters of each
 * layer of its chains and, if the shape of an input is given, the shape of each layer's output. Nothing is drawn and nothing
 * computed, so a net of any size will do. Throws ArgumentError for leaves that are no arrays, and what the layers throw for the
 * input.
 *
 * @example
 * const net = nn.chain(nn.linear(784, 128), nn.relu, nn.linear(128, 10))
 * summary(net, { input: [32, 784] })
 * //
 * // layer     output     parameters                          count
 * // input     [32, 784]
 * // [0]       [32, 128]  bias f32[128], weight f32[784,128]  100,480
 * // [1] relu  [32, 128]                                            0
 * // [2]       [32, 10]   bias f32[10], weight f32[128,10]      1,290
 * // total                                                    101,770
 * // 407,080 bytes
 */
export const summary = (net: unknown, options: SummaryOptions = {}): string => {
  checkOptions('summary', options, ['input', 'dtype'])
  const { input, dtype = 'float32' } = options
  checkDType('summary', dtype)
  if (isNet(net)) return ofNet(net, input === undefined ? undefined : new ShapeStruct(checkShape('summary', input), dtype))
  if (input !== undefined) throw new ArgumentError('summary', 'a layer, for the shape of an input', net)
  return ofParams(net)
}
