/** What a cell shows of a run where the extension is not installed, and what the notebook keeps of it. */
import { Worker } from 'node:worker_threads'
import { program } from '../../entry.ts'
import { pictureUnavailable } from '../../errors.ts'
import type { UserError } from '../../errors.ts'
import type { PictureReply, PictureRequest } from './picture-worker.ts'
import type { RunRecord } from '../record/types.ts'
import { summarize } from './summary.ts'

export const RUN_MIME = 'application/vnd.sluice.run.v1+json'

/**
 * The output of a declaring cell. There is no text/html in it, which other tools would prefer to the picture.
 * @param png nothing: text only
 */
export function runBundle(record: RunRecord, png?: Uint8Array): Record<string, unknown> {
  return {
    [RUN_MIME]: record,
    ...(png && { 'image/png': Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64') }),
    'text/plain': summarize(record),
  }
}

export interface PicturesOptions {
  /** Told once, when pictures cannot be drawn: the first time that happens. */
  readonly onUnavailable?: (error: UserError) => void
  /** Ms without work after which the thread ends; 30 s. */
  readonly idle?: number
  /** Ms after which a picture is given up; 15 s. */
  readonly patience?: number
  /** The thread's program. */
  readonly program?: string
}

interface Waiting {
  readonly resolve: (png: Uint8Array | undefined) => void
  readonly timer: NodeJS.Timeout
}

/** Draws pictures of runs in a thread of its own, which is started for the first and ends when there are none to draw. */
export class Pictures {
  readonly #options: PicturesOptions
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  /** The thread cannot run here: do not try again. */
  #broken = false
  #told = false

  constructor(options: PicturesOptions = {}) {
    this.#options = options
  }

  /** The thread is there. */
  get running(): boolean {
    return this.#worker !== undefined
  }

  /** The run as a PNG; nothing when pictures cannot be drawn, which costs the notebook no more than the picture. */
  render(record: RunRecord): Promise<Uint8Array | undefined> {
    if (this.#broken) return Promise.resolve(undefined)
    clearTimeout(this.#idle)
    this.#worker ??= this.#start()
    const worker = this.#worker
    const id = ++this.#lastId
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#giveUp(id), this.#options.patience ?? 15_000)
      this.#waiting.set(id, { resolve, timer })
      worker.ref()
      worker.postMessage({ id, record } satisfies PictureRequest)
    })
  }

  /** Ends the thread; what it was drawing comes to nothing. */
  async close(): Promise<void> {
    this.#broken = true
    await this.#stop()
  }

  #start(): Worker {
    const worker = new Worker(this.#options.program ?? program('picture'), { stdout: true, stderr: true })
    // Whatever native code prints belongs to no cell.
    worker.stdout.resume()
    worker.stderr.resume()
    worker.on('message', (reply: PictureReply) => {
      if ('error' in reply) this.#tell(reply.error)
      this.#settle(reply.id, 'png' in reply ? reply.png : undefined)
    })
    // The thread's program is not there, or what it needs is not.
    worker.on('error', (error) => {
      this.#broken = true
      this.#tell((error as Error).message)
    })
    worker.on('exit', () => {
      if (worker === this.#worker) this.#worker = undefined
      else return
      for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined)
    })
    return worker
  }

  #settle(id: number, png: Uint8Array | undefined): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    waiting.resolve(png)
    if (this.#waiting.size > 0) return
    // An idle thread keeps no process alive.
    this.#worker?.unref()
    this.#idle = setTimeout(() => void this.#stop(), this.#options.idle ?? 30_000)
    this.#idle.unref()
  }

  #giveUp(id: number): void {
    this.#tell('it took too long')
    this.#settle(id, undefined)
    void this.#stop()
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined)
    clearTimeout(this.#idle)
    await worker?.terminate()
  }

  #tell(reason: string): void {
    if (this.#told) return
    this.#told = true
    this.#options.onUnavailable?.(pictureUnavailable(reason))
  }
}
