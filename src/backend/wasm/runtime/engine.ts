/** The memory of modules, in pages of 64 KiB. */
export interface Memory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer
  grow(pages: number): number
}

/** What modules are given: memory and functions, by module and name. */
export type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>

interface Engine {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number; readonly shared?: boolean }) => Memory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object, imports: Imports) => Instance
  validate(bytes: Uint8Array<ArrayBuffer>): boolean
  instantiate(bytes: Uint8Array<ArrayBuffer>, imports: Imports): Promise<{ readonly instance: Instance }>
}

interface Instance {
  readonly exports: Readonly<Record<string, unknown>>
}

const { WebAssembly: found } = globalThis as unknown as { readonly WebAssembly?: Engine } // TypeScript knows it of browsers only

/** What Node and browsers run modules with. */
const engine = (): Engine => {
  if (found === undefined) throw new Error('there is no WebAssembly')
  return found
}

/** A module with a function that makes a vector. */
const probe = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 0x41, 0, 0xfd, 0x0f, 0x1a, 0x0b
)

let refusal: string | null | undefined

/** What the engine says against modules such as ours: it has no WebAssembly, or no vectors, or is not allowed to run any. */
export const refused = (): string | null => {
  if (refusal !== undefined) return refusal
  refusal = null
  try {
    instantiate(probe, {})
  } catch (error) {
    refusal = error instanceof Error ? error.message : String(error)
  }
  return refusal
}

/** The most pages that a memory can have: 4 GiB. */
export const mostPages = 65536

/** Shared where that is allowed: it grows without its views being lost. */
export const newMemory = (maximum = mostPages): Memory => {
  const { Memory } = engine()
  try {
    return new Memory({ initial: 16, maximum, shared: true })
  } catch {
    return new Memory({ initial: 16, maximum })
  }
}

/** Whether the engine takes a module. */
export const isValid = (bytes: Uint8Array<ArrayBuffer>): boolean => found?.validate(bytes) === true

/** A module's exports. */
export const instantiate = (bytes: Uint8Array<ArrayBuffer>, imports: Imports): Readonly<Record<string, unknown>> => {
  const { Instance, Module } = engine()
  return new Instance(new Module(bytes), imports).exports
}

/** The same, compiled in the background: browsers refuse large modules on their main thread otherwise. */
export const instantiateAsync = async (bytes: Uint8Array<ArrayBuffer>, imports: Imports): Promise<Readonly<Record<string, unknown>>> =>
  (await engine().instantiate(bytes, imports)).instance.exports
