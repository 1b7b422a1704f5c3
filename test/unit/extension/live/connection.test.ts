import type { ISessionContext } from '@jupyterlab/apputils'
import type { Kernel } from '@jupyterlab/services'
import { Signal } from '@lumino/signaling'
import { expect, test } from 'vitest'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import type { FromView } from '../../../../kernel/cluster/live/types.ts'
import { Kernels } from '../../../../extension/src/live/kernels.ts'
import type { KernelUser } from '../../../../extension/src/live/kernels.ts'
import { Stores } from '../../../../extension/src/run/stores.ts'
import { randomNumbers } from '../../cluster/sample-runs.ts'
import { messageChecker } from './message-checker.ts'
import { FakeClock, FakeKernel, newRecord } from './fake-kernel.ts'
import { trans } from './trans.ts'

const A = 'aaaaaaaaaaaaaaaa'
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const settled = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await later()
}

/** JupyterLab's end of a kernel, as far as a connection uses it: what it sends goes to `program`. */
class FakeKernelConnection {
  status: Kernel.Status = 'unknown'
  connectionStatus: Kernel.ConnectionStatus = 'connecting'
  isDisposed = false
  handleComms = true
  readonly statusChanged = new Signal<this, Kernel.Status>(this)
  readonly connectionStatusChanged = new Signal<this, Kernel.ConnectionStatus>(this)
  readonly info: Promise<{ implementation: string }>
  program = new FakeKernel()
  /** Ids of comms that the program knows. */
  readonly open = new Set<number>()
  comms = 0
  readonly id: string

  constructor(id = 'kernel-1', implementation = 'sluice') {
    this.id = id
    this.info = Promise.resolve({ implementation })
  }

  /** The program this stands for starts anew: it knows nothing. */
  restarted(): void {
    this.program.deliver = () => undefined
    this.program = new FakeKernel()
    this.open.clear()
  }

  become(status: Kernel.Status, connectionStatus: Kernel.ConnectionStatus = this.connectionStatus): void {
    const [before, beforeConnection] = [this.status, this.connectionStatus]
    this.status = status
    this.connectionStatus = connectionStatus
    if (beforeConnection !== connectionStatus) this.connectionStatusChanged.emit(connectionStatus)
    if (before !== status) this.statusChanged.emit(status)
  }

  createComm(): unknown {
    const id = ++this.comms
    const sent = { dispose: () => undefined }
    const comm = {
      isDisposed: false,
      onMsg: undefined as ((message: unknown) => void) | undefined,
      onClose: undefined as (() => void) | undefined,
      open: () => {
        this.open.add(id)
        this.program.deliver = (message) => queueMicrotask(() => comm.onMsg?.({ content: { data: structuredClone(message) } }))
        this.program.opened()
        return sent
      },
      send: (message: FromView) => {
        if (this.open.has(id)) this.program.receive(message)
        else {
          queueMicrotask(() => {
            comm.isDisposed = true
            comm.onClose?.()
          })
        }
        return sent
      },
      close: () => {
        this.open.delete(id)
        comm.isDisposed = true
        return sent
      },
      dispose: () => void (comm.isDisposed = true),
    }
    return comm
  }
}

class FakeNotebook {
  readonly disposed = new Signal<this, undefined>(this)
  readonly #signals = { kernelChanged: new Signal<this, unknown>(this), statusChanged: new Signal<this, unknown>(this), propertyChanged: new Signal<this, unknown>(this) }
  kernel: FakeKernelConnection | null

  constructor(kernel: FakeKernelConnection | null) {
    this.kernel = kernel
  }

  get sessionContext(): ISessionContext {
    return { ...this.#signals, session: { kernel: this.kernel } } as unknown as ISessionContext
  }

  use(kernel: FakeKernelConnection | null): void {
    this.kernel = kernel
    this.#signals.kernelChanged.emit(undefined)
  }

  close(): void {
    this.disposed.emit(undefined)
  }
}

function page() {
  const stores = new Stores()
  const clock = new FakeClock()
  const kernels = new Kernels({ stores, clock, trans, check: async (message) => messageChecker(message) })
  const open = (kernel: FakeKernelConnection | null): FakeNotebook => {
    const notebook = new FakeNotebook(kernel)
    kernels.add(notebook as unknown as KernelUser)
    return notebook
  }
  const { store } = stores.acquire(RunTables.from(newRecord(A)), true)
  return { stores, clock, kernels, open, store }
}

/** A kernel in mid-run. */
function running(): FakeKernelConnection {
  const kernel = new FakeKernelConnection()
  kernel.program.declare(newRecord(A))
  kernel.program.step(A, randomNumbers(1))
  return kernel
}

test('a page that is loaded in mid-run is at the kernel’s state once the kernel is connected', async () => {
  const { open, store } = page()
  const kernel = running()
  open(kernel)
  await settled()
  expect(kernel.comms).toBe(0)
  kernel.become('busy', 'connected')
  await settled()
  expect(kernel.comms).toBe(1)
  expect(store.live).toBe(true)
  expect(store.toRecord()).toEqual(kernel.program.runs.get(A)!.toRecord())
})

test('a notebook whose kernel comes later is connected then', async () => {
  const { open, store } = page()
  const notebook = open(null)
  const kernel = running()
  kernel.become('idle', 'connected')
  notebook.use(kernel)
  await settled()
  expect(store.live).toBe(true)
})

test('other kernels are left alone, and so are connections without comms', async () => {
  const { open, kernels } = page()
  const python = new FakeKernelConnection('kernel-2', 'ipython')
  const second = Object.assign(new FakeKernelConnection('kernel-3'), { handleComms: false })
  for (const kernel of [python, second]) {
    kernel.become('idle', 'connected')
    open(kernel)
  }
  await settled()
  expect([python.comms, second.comms, kernels.used.length]).toEqual([0, 0, 0])
})

test('when the kernel is restarted the run is said to be lost, and the new kernel is connected', async () => {
  const { open, store } = page()
  const kernel = running()
  open(kernel)
  kernel.become('idle', 'connected')
  await settled()
  kernel.become('restarting')
  expect([store.live, store.lost]).toEqual([false, true])
  kernel.restarted()
  kernel.become('unknown', 'connecting')
  kernel.become('unknown', 'connected')
  await settled()
  expect(kernel.comms).toBe(1)
  kernel.become('idle')
  await settled()
  expect(kernel.comms).toBe(2)
  // The new kernel knows nothing of the run, whose output still stands in the notebook.
  expect([store.live, store.lost]).toEqual([false, true])
})

test('after a lost websocket everything is told anew over the same comm', async () => {
  const { open, store } = page()
  const kernel = running()
  open(kernel)
  kernel.become('idle', 'connected')
  await settled()
  kernel.become('unknown', 'connecting')
  const { deliver } = kernel.program
  kernel.program.deliver = () => undefined
  kernel.program.step(A, randomNumbers(2))
  kernel.program.deliver = deliver
  expect(store.live).toBe(true)
  kernel.become('unknown', 'connected')
  kernel.become('idle')
  await settled()
  expect(kernel.comms).toBe(1)
  expect(store.toRecord()).toEqual(kernel.program.runs.get(A)!.toRecord())
})

test('a kernel that does not know the comm any more gets another one', async () => {
  const { open, store, clock } = page()
  const kernel = running()
  open(kernel)
  kernel.become('idle', 'connected')
  await settled()
  kernel.open.clear()
  kernel.become('unknown', 'connecting')
  kernel.become('idle', 'connected')
  await settled()
  clock.advance(1000)
  await settled()
  expect(kernel.comms).toBe(2)
  expect(store.live).toBe(true)
})

test('a kernel that closes every comm is given up, until it is asked to be tried again', async () => {
  const { open, kernels, clock } = page()
  const kernel = running()
  const closing = kernel.createComm.bind(kernel)
  kernel.createComm = () => {
    const comm = closing() as { open(): unknown; onClose?: () => void; isDisposed: boolean }
    return Object.assign(comm, {
      open: () => {
        queueMicrotask(() => comm.onClose?.())
        return { dispose: () => undefined }
      },
    })
  }
  open(kernel)
  kernel.become('idle', 'connected')
  for (let second = 0; second < 60; second++) {
    await settled()
    clock.advance(1000)
  }
  expect(kernel.comms).toBe(6)
  const [used] = kernels.used
  expect(used!.connection.failure).toContain('does not offer live views')
  kernel.createComm = closing
  used!.connection.retry()
  await settled()
  expect(used!.connection.live).toBe(true)
})

test('two notebooks of one kernel share a connection, which ends with the last', async () => {
  const { open, kernels, store, clock } = page()
  const kernel = running()
  kernel.become('idle', 'connected')
  const one = open(kernel)
  const two = open(kernel)
  await settled()
  expect([kernel.comms, kernels.used.length, kernels.used[0]!.users.length]).toEqual([1, 1, 2])
  one.close()
  expect(store.live).toBe(true)
  two.close()
  expect([store.live, store.lost, kernel.open.size, kernels.used.length]).toEqual([false, false, 0, 0])
  clock.advance(500)
  expect(clock.timers.size).toBe(0)
})

test('a notebook that changes its kernel is connected to the new one only', async () => {
  const { open, kernels } = page()
  const first = running()
  first.become('idle', 'connected')
  const notebook = open(first)
  await settled()
  const second = new FakeKernelConnection('kernel-2')
  second.become('idle', 'connected')
  notebook.use(second)
  await settled()
  expect([first.open.size, second.open.size]).toEqual([0, 1])
  expect(kernels.used.map(({ connection }) => connection.kernel.id)).toEqual(['kernel-2'])
})
