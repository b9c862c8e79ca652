/** The memory of modules, in pages of 64 KiB. */
export interface Memory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer
  grow(pages: number): number
}

type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>

interface Engine {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number; readonly shared?: boolean }) => Memory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object, imports: Imports) => { readonly exports: Readonly<Record<string, unknown>> }
}

/** What Node and browsers run modules with. */
const { WebAssembly: engine } = globalThis as unknown as { readonly WebAssembly: Engine } // of both; TypeScript knows it of browsers only

/** Shared where that is allowed: it grows without its views being lost. */
export const newMemory = (): Memory => {
  try {
    return new engine.Memory({ initial: 16, maximum: 65536, shared: true })
  } catch {
    return new engine.Memory({ initial: 16, maximum: 65536 })
  }
}

/** A module's exports. */
export const instantiate = (bytes: Uint8Array<ArrayBuffer>, imports: Imports): Readonly<Record<string, unknown>> =>
  new engine.Instance(new engine.Module(bytes), imports).exports
