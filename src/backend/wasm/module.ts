import { byte, sized, text, unsigned, vector, written, type Bytes } from './bytes.js'
import { hoisted } from './hoist.js'
import { bodyBytes, callAt, localAt, typeBytes, type Code, type Local, type ValueType } from './code.js'

/** What a function takes and leaves. */
export interface Signature<P extends readonly ValueType[] = readonly ValueType[], R extends ValueType | 'none' = ValueType | 'none'> {
  readonly params: P
  readonly result: R
}

/** Locals for the parameters. */
export type Params<P extends readonly ValueType[]> = { readonly [K in keyof P]: Local<P[K]> }

/** What the parameters are called with. */
export type Arguments<P extends readonly ValueType[]> = { readonly [K in keyof P]: Code<P[K]> }

/** A function that code can call. */
export type Callee<P extends readonly ValueType[], R extends ValueType | 'none'> = (...args: Arguments<P>) => Code<R>

/** The value of a function of vectors. */
export type VectorBody = (scope: Scope, ...args: Code<'v128'>[]) => Code<'v128'>

/** A function that is being written: its locals, and the functions of vectors that it may use. */
export interface Scope {
  /** Whether a multiplication and an addition may become one instruction. */
  readonly fma: boolean
  local<T extends ValueType>(type: T): Local<T>
  /** A function of vectors, known by its name: written in place where it is rare, else once, and called. */
  apply(name: string, args: readonly Code<'v128'>[], write: VectorBody): Code<'v128'>
}

/** How often a function of vectors is written in place before it is called. */
const inPlace = 8

const section = (id: number, items: readonly Bytes[]): Bytes => (items.length === 0 ? '' : byte(id) + sized(vector(items)))

/** A module that is being written: imports first, then functions, then its bytes. */
export class ModuleBuilder {
  /** Whether a multiplication and an addition may become one instruction. */
  readonly fma: boolean
  readonly #types = new Map<string, number>()
  readonly #typeList: Bytes[] = []
  readonly #imports: Bytes[] = []
  readonly #declared: Bytes[] = []
  readonly #bodies: Bytes[] = []
  readonly #exports: Bytes[] = []
  readonly #vectors = new Map<string, { uses: number; callee?: (...args: Code<'v128'>[]) => Code<'v128'> }>()
  #functions = 0

  constructor(fma = false) {
    this.fma = fma
  }

  #type({ params, result }: Signature): number {
    const key = `${params.join()}>${result}`
    const known = this.#types.get(key)
    if (known !== undefined) return known
    const index = this.#types.size
    this.#types.set(key, index)
    this.#typeList.push(`\x60${vector(params.map((p) => typeBytes[p]))}${vector(result === 'none' ? [] : [typeBytes[result]])}`)
    return index
  }

  /** The memory that the module works in, imported; `maximum` in pages where it is shared. */
  importMemory(module: string, name: string, minimum: number, maximum?: number): void {
    const limits = maximum === undefined ? `\x00${unsigned(minimum)}` : `\x03${unsigned(minimum)}${unsigned(maximum)}`
    this.#imports.push(`${text(module)}${text(name)}\x02${limits}`)
  }

  /** A function from outside. Imports come before functions. */
  importFunction<const P extends readonly ValueType[], R extends ValueType | 'none'>(
    module: string, name: string, signature: Signature<P, R>
  ): Callee<P, R> {
    if (this.#bodies.length > 0) throw new Error('imports come before functions')
    this.#imports.push(`${text(module)}${text(name)}\0${unsigned(this.#type(signature))}`)
    const index = this.#functions++
    return (...args) => callAt(signature.result, index, args as readonly Code[]) // a tuple of code
  }

  /** A function; `write` gives its body from its parameters. */
  define<const P extends readonly ValueType[], R extends ValueType | 'none'>(
    signature: Signature<P, R>, write: (scope: Scope, ...params: Params<P>) => Code<R>, exported?: string
  ): Callee<P, R> {
    const index = this.#functions++
    const locals: ValueType[] = []
    const { params, result } = signature
    const scope: Scope = {
      fma: this.fma,
      local: (type) => localAt(type, params.length + locals.push(type) - 1),
      apply: (name, args, body) => this.#apply(scope, name, args, body)
    }
    this.#declared.push(unsigned(this.#type(signature)))
    const at = this.#bodies.length
    this.#bodies.push('') // functions that `write` defines come behind
    const body = write(scope, ...(params.map((type, i) => localAt(type, i)) as unknown as Params<P>)) // one local per parameter
    const bytes = hoisted(body.bytes, () => params.length + locals.push('v128') - 1)
    this.#bodies[at] = bodyBytes(locals, bytes)
    if (exported !== undefined) this.#exports.push(`${text(exported)}\0${unsigned(index)}`)
    return (...args) => callAt(result, index, args as readonly Code[]) // a tuple of code
  }

  #apply(scope: Scope, name: string, args: readonly Code<'v128'>[], body: VectorBody): Code<'v128'> {
    const known = this.#vectors.get(name) ?? { uses: 0 }
    this.#vectors.set(name, known)
    if (known.uses++ < inPlace) return body(scope, ...args)
    known.callee ??= this.define({ params: args.map(() => 'v128' as const), result: 'v128' }, (own, ...locals) =>
      body(own, ...locals.map(({ get }) => get)))
    return known.callee(...args)
  }

  /** The module in the binary format. */
  bytes(): Uint8Array<ArrayBuffer> {
    const sections = [
      section(1, this.#typeList), section(2, this.#imports), section(3, this.#declared), section(7, this.#exports),
      section(10, this.#bodies)
    ]
    return written(`\0asm\x01\0\0\0${sections.join('')}`)
  }
}
