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

/** What Node and browsers run modules with. */
const { WebAssembly: engine } = globalThis as unknown as { readonly WebAssembly: Engine } // of both; TypeScript knows it of browsers only

/** The most pages that a memory can have: 4 GiB. */
export const mostPages = 65536

/** Shared where that is allowed: it grows without its views being lost. */
export const newMemory = (maximum = mostPages): Memory => {
  try {
    return new engine.Memory({ initial: 16, maximum, shared: true })
  } catch {
    return new engine.Memory({ initial: 16, maximum })
  }
}

/** Whether the engine takes a module. */
export const isValid = (bytes: Uint8Array<ArrayBuffer>): boolean => engine.validate(bytes)

/** A module's exports. */
export const instantiate = (bytes: Uint8Array<ArrayBuffer>, imports: Imports): Readonly<Record<string, unknown>> =>
  new engine.Instance(new engine.Module(bytes), imports).exports

/** The same, compiled in the background: browsers refuse large modules on their main thread otherwise. */
export const instantiateAsync = async (bytes: Uint8Array<ArrayBuffer>, imports: Imports): Promise<Readonly<Record<string, unknown>>> =>
  (await engine.instantiate(bytes, imports)).instance.exports
