import { fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Result, Spec } from './spec.js'

/** What a process answers. */
export type Answer<T> = T | { readonly cannot: string } | { readonly error: string }

export interface Burst {
  readonly steps: number
  readonly ms: number
}

interface Commands {
  readonly start: (spec: Spec) => { readonly result: Result; readonly note?: string }
  readonly time: (milliseconds: number) => Burst
  readonly fresh: (spec: Spec | null) => Burst
}

/** A process that works for one library. */
export interface Peer {
  ask<C extends keyof Commands>(command: C, argument: Parameters<Commands[C]>[0]): Promise<Answer<ReturnType<Commands[C]>>>
  stop(): void
}

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Libraries, with their adaptors and where their packages are. */
const libraries = {
  cotangent: { adaptor: './adaptor.mjs', folder: '' },
  'jax-js': { adaptor: './others/jax-js.mjs', folder: 'node_modules/@jax-js/jax/' },
  tfjs: { adaptor: './others/tfjs.mjs', folder: 'node_modules/@tensorflow/tfjs-backend-wasm/' }
} as const

export type PeerName = keyof typeof libraries

export const peerNames = Object.keys(libraries) as readonly PeerName[] // its own keys

const manifestOf = (name: PeerName): string => place(`../../${libraries[name].folder}package.json`)

export const isInstalled = (name: PeerName): boolean => existsSync(manifestOf(name))

/** What tables call it: its package and version. */
export const titleOf = (name: PeerName): string => {
  const manifest = JSON.parse(readFileSync(manifestOf(name), 'utf8')) as { readonly name: string; readonly version: string } // as npm has it
  return `${manifest.name} ${manifest.version}`
}

/** What its adaptor makes before any process starts. */
export const prepare = async (name: PeerName): Promise<void> => {
  const adaptor = (await import(libraries[name].adaptor)) as { readonly prepare?: () => Promise<void> } // as worker.mjs says
  await adaptor.prepare?.()
}

const patience = 120_000

/** Starts a process. */
export const startPeer = (name: PeerName): Peer => {
  const child = fork(place('worker.mjs'), [libraries[name].adaptor], { execArgv: [], serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  return {
    ask: (command, argument) => new Promise((resolve) => {
      const settle = (answer: unknown): void => {
        clearTimeout(timer)
        child.off('message', settle).off('exit', ended)
        resolve(answer as Answer<never>) // as worker.mjs says
      }
      const ended = (code: number | null, signal: string | null): void => settle({ error: `has ended (${signal ?? code})` })
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        settle({ error: `has not answered within ${patience / 1000} s` })
      }, patience)
      child.once('message', settle).once('exit', ended)
      if (child.connected) child.send([command, argument])
      else settle({ error: 'has ended' })
    }),
    stop() {
      if (child.connected) child.disconnect()
    }
  }
}
