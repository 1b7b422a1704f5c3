/** The kernel's side of a comparison: a thread that works on nothing else, and ends with it. */
import { Worker } from 'node:worker_threads'
import { program } from '../../entry.ts'
import { simulationFailed, simulationInterrupted, UserError } from '../../errors.ts'
import type { ComparisonQuestion, FromComparison } from './messages.ts'

/** V8's limit, MiB. */
const HEAP = 4096

export type Compared = Extract<FromComparison, { type: 'done' }>

export interface ComparingOptions {
  /** Ends it at once. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Extract<FromComparison, { type: 'progress' }>) => void
  /** The thread's program. */
  readonly program?: string
}

/** @throws UserError */
export async function compareInThread(question: ComparisonQuestion, { signal, onProgress, program: file = program('simulator') }: ComparingOptions = {}): Promise<Compared> {
  if (signal?.aborted) throw simulationInterrupted()
  const worker = new Worker(file, { workerData: question, stdout: true, stderr: true, resourceLimits: { maxOldGenerationSizeMb: HEAP } })
  // Whatever native code prints belongs to no cell.
  worker.stdout.resume()
  worker.stderr.resume()
  try {
    return await new Promise<Compared>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(simulationInterrupted()), { once: true })
      worker.on('message', (message: FromComparison) => {
        if (message.type === 'progress') onProgress?.(message)
        else if (message.type === 'done') resolve(message)
        else reject(message.code === 'simulation-failed' ? simulationFailed(message.message) : new UserError(message.code, message.message))
      })
      worker.on('error', (error: Error) => reject(simulationFailed(error.message)))
      worker.on('exit', (code) => reject(simulationFailed(`its thread ended with code ${code}`)))
    })
  } finally {
    void worker.terminate()
  }
}
