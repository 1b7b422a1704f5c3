/** Another thread with a realm of its own, as a slot is: it decodes what it is sent, and encodes what it made of it. */
import { buildSync } from 'esbuild'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Wire } from '../../../kernel/travel/declaration.ts'

const root = join(import.meta.dirname, '../../..')

const program = `
  import { parentPort } from 'node:worker_threads'
  import { isDeepStrictEqual, inspect, types } from 'node:util'
  import { Definitions, fromWire, toWire } from './kernel/travel/value.ts'
  import { decodeBody, loadImports } from './kernel/travel/capture.ts'
  const definitions = new Definitions()
  const provided = { __sluice: { import: (name) => import(name) } }
  const load = (ref) => import(ref.url)
  const context = { definitions, exportOf: () => undefined }
  parentPort.on('message', async ({ id, wire, bundle, inputs }) => {
    try {
      let result
      if (bundle) {
        const body = await decodeBody(bundle, { definitions, provided, load, handle: (ref) => 'handle ' + ref.run + ' ' + ref.index })
        const values = inputs.map((one) => fromWire(one, { definitions, provided, namespace: () => undefined }))
        result = await body(...values)
      } else {
        const namespaces = await loadImports(wire, load)
        result = fromWire(wire, { definitions, provided, namespace: (ref) => namespaces.get(ref.url) })
      }
      parentPort.postMessage({ id, result: toWire(result, context, 'the result') })
    } catch (error) {
      parentPort.postMessage({ id, error: { name: error?.name, code: error?.code, message: error?.message, stack: error?.stack } })
    }
  })
`

export interface Elsewhere {
  /** Decodes there, encodes again, and gives what comes back. */
  echo(wire: Wire): Promise<Wire>
  /** Decodes and calls a body there. */
  call(bundle: Uint8Array, ...inputs: Wire[]): Promise<Wire>
  close(): Promise<void>
}

export function openElsewhere(): Elsewhere {
  const folder = join(root, 'node_modules', '.cache', `travel-${process.pid}-${Math.random().toString(36).slice(2)}`)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'elsewhere.mjs')
  buildSync({ stdin: { contents: program, resolveDir: root, loader: 'ts' }, outfile: file, bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'error' })
  const worker = new Worker(file)
  const waiting = new Map<number, { resolve: (wire: Wire) => void; reject: (error: Error) => void }>()
  let id = 0
  worker.on('message', (answer: { id: number; result: Wire; error?: object }) => {
    const { resolve, reject } = waiting.get(answer.id)!
    if (answer.error) reject(Object.assign(new Error(), answer.error))
    else resolve(answer.result)
  })
  const ask = (message: object) =>
    new Promise<Wire>((resolve, reject) => {
      waiting.set(++id, { resolve, reject })
      worker.postMessage({ id, ...message })
    })
  return {
    echo: (wire) => ask({ wire }),
    call: (bundle, ...inputs) => ask({ bundle, inputs }),
    close: async () => {
      await worker.terminate()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
