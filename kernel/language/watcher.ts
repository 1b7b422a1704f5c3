/// <reference lib="es2024.sharedmemory" />
/**
 * A thread beside the session's main thread. For each byte on file descriptor 4, it sees to it that the main thread
 * stops; and that what a busy cell has written does not wait for its end.
 */
import { Session } from 'node:inspector'
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import { cell, guardKey, verdict } from './guard.ts'

/** ms for the main thread to deal with the interrupt itself: it is idle, or yields. */
const grace = 15
/** ms for the main thread to end after the kernel has. */
const farewell = 500
/** ms between two attempts. */
const pause = 2
/** ms that the main thread is given to say whether it may be stopped. */
const longestStop = 20
/** ms that written text may wait. */
const longestDelay = 50

const memory = workerData as Int32Array
const inspector = new Session()
inspector.connectToMainThread()
let received = 0

const pipe = new Socket({ fd: 4 })
pipe.on('data', (bytes) => {
  received += bytes.length
  void interrupt(received)
})
pipe.on('error', () => pipe.destroy())
// The kernel is gone. The main thread ends by itself when it hears of that, unless a cell never lets it.
pipe.on('end', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), farewell))
void letGo()
void sendText()

/** Ends when the main thread has dealt with interrupt number `number`; a storm of callbacks may need more than one blow. */
async function interrupt(number: number): Promise<void> {
  for (let wait = grace; !(await handled(number, wait)); wait = pause) {
    Atomics.store(memory, cell.verdict, verdict.none)
    Atomics.store(memory, cell.posted, 0)
    call('stop')
    Atomics.wait(memory, cell.verdict, verdict.none, longestStop)
    if (Atomics.load(memory, cell.verdict) !== verdict.now) continue
    inspector.post('Runtime.terminateExecution', () => void Atomics.compareExchange(memory, cell.posted, 1, 2))
    Atomics.store(memory, cell.posted, 1)
  }
}

async function handled(number: number, timeout: number): Promise<boolean> {
  const end = performance.now() + timeout
  for (;;) {
    const count = Atomics.load(memory, cell.handled)
    if (count >= number) return true
    const left = end - performance.now()
    if (left <= 0) return false
    await Atomics.waitAsync(memory, cell.handled, count, left).value
  }
}

function call(method: 'stop' | 'flush'): void {
  inspector.post('Runtime.evaluate', { expression: `globalThis[Symbol.for('${guardKey}')].${method}()` }, () => undefined)
}

async function sendText(): Promise<void> {
  for (;;) {
    await Atomics.waitAsync(memory, cell.text, 0).value
    await new Promise((resolve) => setTimeout(resolve, longestDelay))
    if (Atomics.load(memory, cell.text) === 1) call('flush')
  }
}

/** A process does not exit while an inspector session is connected. */
async function letGo(): Promise<void> {
  await Atomics.waitAsync(memory, cell.exit, 0).value
  inspector.disconnect()
  pipe.destroy()
  Atomics.store(memory, cell.exit, 2)
  Atomics.notify(memory, cell.exit)
}
