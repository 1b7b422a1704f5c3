/// <reference lib="es2024.sharedmemory" />
/**
 * A thread beside the session's main thread. For each byte on file descriptor 4, it sees to it that the main thread
 * stops; and that what a busy cell has written does not wait for its end.
 */
import { Session } from 'node:inspector'
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import { cell, guardKey, termination, verdict } from './guard.ts'

/** ms for the main thread to deal with the interrupt itself: it is idle, or yields. */
const grace = 15
/** ms for the main thread to end after the kernel has. */
const farewell = 500
/** ms between two attempts. */
const pause = 2
/** ms after which the watcher looks at its own messages again while the main thread does not say whether it may be stopped. */
const longestStop = 20
/** ms that written text may wait. */
const longestDelay = 50

const memory = workerData as Int32Array
const inspector = new Session()
inspector.connectToMainThread()
let received = 0
let striking = false

const pipe = new Socket({ fd: 4 })
pipe.on('data', (bytes) => {
  received += bytes.length
  void strike()
})
pipe.on('error', () => pipe.destroy())
// The kernel is gone. The main thread ends by itself when it hears of that, unless a cell never lets it.
pipe.on('end', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), farewell))
void letGo()
void sendText()

/** Until the main thread has dealt with every interrupt; a storm of callbacks may need more than one blow. */
async function strike(): Promise<void> {
  if (striking) return
  striking = true
  for (let wait = grace; !(await handled(wait)); wait = pause) {
    Atomics.store(memory, cell.verdict, verdict.none)
    Atomics.store(memory, cell.termination, termination.none)
    await asked()
    if (Atomics.load(memory, cell.verdict) !== verdict.now) continue
    if (Atomics.compareExchange(memory, cell.termination, termination.none, termination.takenUp) !== termination.none) continue
    inspector.post('Runtime.terminateExecution', () => void Atomics.compareExchange(memory, cell.termination, termination.posted, termination.done))
    Atomics.store(memory, cell.termination, termination.posted)
  }
  striking = false
}

/**
 * Has the main thread say whether it may be stopped. It is asked once, however long the answer takes: a second question
 * would be answered in the same breath, or be what the termination strikes, which may also have struck the first.
 */
async function asked(): Promise<void> {
  let answered = false
  call('stop', () => (answered = true))
  while (!answered && Atomics.wait(memory, cell.verdict, verdict.none, longestStop) === 'timed-out') await new Promise(setImmediate)
}

async function handled(timeout: number): Promise<boolean> {
  const end = performance.now() + timeout
  for (;;) {
    const count = Atomics.load(memory, cell.handled)
    if (count >= received) return true
    const left = end - performance.now()
    if (left <= 0) return false
    await Atomics.waitAsync(memory, cell.handled, count, left).value
  }
}

function call(method: 'stop' | 'flush', answered = () => {}): void {
  inspector.post('Runtime.evaluate', { expression: `globalThis[Symbol.for('${guardKey}')].${method}()` }, answered)
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
