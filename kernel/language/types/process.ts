/**
 * The process that the compiler's thread lives in: a thread that runs out of memory may take its process with it (Node
 * 26 does at times), and that must not be the kernel. This main thread stays free to pass questions on, and to tell the
 * compiler, through memory that both see, that a later question has come.
 */
import { Worker } from 'node:worker_threads'
import { program } from '../../entry.ts'
import { LATEST_COMPLETION, URGENT, type FromTypes, type ToTypes, type TypesData } from './messages.ts'

const [directory, heap] = process.argv.slice(2)
const shared = new SharedArrayBuffer(8)
const control = new Int32Array(shared)

const worker = new Worker(program('compiler'), {
  workerData: { directory: directory!, shared } satisfies TypesData,
  resourceLimits: { maxOldGenerationSizeMb: Number(heap) },
})
// To a kernel that has just been killed nothing can be told.
worker.on('message', (message: FromTypes) => process.connected && process.send!(message, undefined, undefined, () => {}))
// Its end follows, and says all there is to do.
worker.on('error', () => {})
worker.on('exit', (code) => process.exit(code))

process.on('message', (message: ToTypes) => {
  if (message.type === 'ask' && message.question.type !== 'diagnostics') Atomics.add(control, URGENT, 1)
  if (message.type === 'ask' && message.question.type === 'complete') Atomics.store(control, LATEST_COMPLETION, message.id)
  worker.postMessage(message)
})
process.on('disconnect', () => process.exit())
// It may have been killed before this could be heard.
if (!process.connected) process.exit()
// These are meant for cells, and come to every process of the terminal.
process.on('SIGINT', () => {})
