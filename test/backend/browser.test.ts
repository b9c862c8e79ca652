import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { root } from '../support/source.js'

/*
 * The library in a browser, from one bundled file: Chromium, where it is installed, runs smoke.ts and sends what it found.
 */

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (chromium === undefined) console.warn('no Chromium in /usr/bin: the browser is not tested')

const bundle = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'test/backend/smoke.ts')], bundle: true, minify: true, write: false, format: 'esm', platform: 'browser', target: 'es2022'
  })
  return outputFiles[0].text
}

/** Pages that share memory between threads have to say so. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

/** Serves the script, and hands on what a page reports. */
const served = (script: string, headers: Readonly<Record<string, string>>, report: (found: unknown) => void): Server =>
  createServer((request, response) => {
    if (request.url === '/report') {
      let text = ''
      request.on('data', (part) => (text += String(part)))
      request.on('end', () => {
        response.end()
        report(JSON.parse(text))
      })
      return
    }
    const isScript = request.url === '/smoke.js'
    response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html', ...headers })
    response.end(isScript ? script : '<!doctype html><script type="module" src="/smoke.js"></script>')
  })

/** What the script reports when a page runs it. */
const run = async (script: string, headers: Readonly<Record<string, string>>): Promise<unknown> => {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'))
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage', `--user-data-dir=${profile}`]
  let stop = (): void => undefined
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const server = served(script, headers, resolve)
      const timer = setTimeout(() => reject(new Error('the browser sends no report')), 30_000)
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { readonly port: number } // it listens
        const browser = spawn(String(chromium), [...flags, `http://127.0.0.1:${port}/`], { stdio: 'ignore', detached: true })
        stop = () => {
          clearTimeout(timer)
          if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL') // with the processes that it has started
          server.closeAllConnections()
          server.close()
        }
      })
    })
  } finally {
    stop()
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

describe.skipIf(chromium === undefined)('in Chromium', () => {
  test('programs give what the reference gives, with shared memory and without', { timeout: 150_000, retry: 1 }, async () => {
    const script = await bundle()
    for (const [headers, shared] of [[isolation, true], [{}, false]] as const) {
      const { isolated, warnings, ...results } = await run(script, headers) as Readonly<Record<string, unknown>> // flags by name
      expect([isolated, warnings]).toEqual([shared, []])
      expect(Object.keys(results).length).toBeGreaterThan(10)
      expect(Object.entries(results).filter(([, right]) => right !== true)).toEqual([])
    }
  })

  test('where WebAssembly is not allowed, they give the same, with a warning', { timeout: 150_000, retry: 1 }, async () => {
    const refusing = { 'Content-Security-Policy': "script-src 'self'" }
    const { isolated, warnings, ...results } = await run(await bundle(), refusing) as Readonly<Record<string, unknown>> // flags by name
    expect([isolated, warnings]).toEqual([false, [expect.stringMatching(/^jit: programs are not compiled here .*'wasm-unsafe-eval'/)]])
    expect(Object.entries(results).filter(([, right]) => right !== true)).toEqual([['profiles', false]]) // there are no kernels
  })
})
