import { writePorts, type ConnectionInfo } from './connection.ts'
import { Dispatcher, type KernelOptions } from './dispatch.ts'
import type { Interpreter } from './interpreter.ts'
import { Sockets } from './sockets.ts'
import { Wire } from './wire.ts'

/** How long the interpreter may take to end its processes before the kernel closes without it, ms. Jupyter itself kills after 5 s. */
const shutdownTime = 4_000

export interface KernelServer {
  /** Where the kernel listens, also where the connection file left the ports open. */
  readonly ports: ConnectionInfo['ports']
  /** Resolves when the kernel has shut down, the interpreter with it, and the sockets are closed. */
  readonly closed: Promise<void>
  /** How many messages were thrown away, by reason. */
  readonly dropped: ReadonlyMap<string, number>
  /** As an interrupt_request; for SIGINT. */
  interrupt(): Promise<void>
  /** As a shutdown_request; for SIGTERM. */
  shutdown(restart?: boolean): Promise<void>
}

/**
 * Serves Jupyter clients until one of them asks for shutdown. Resolves when the sockets are bound; the interpreter
 * starts meanwhile. Throws a UserError when the kernel cannot listen where the connection says.
 */
export async function serveKernel(connection: ConnectionInfo, interpreter: Interpreter, options: KernelOptions): Promise<KernelServer> {
  const wire = new Wire(connection.key, connection.algorithm)
  if (isExposed(connection)) options.log?.(`listening on ${connection.ip} without encryption: whoever sees the network sees code and output`)
  const sockets = await Sockets.open(connection)
  let closing: Promise<void> | undefined
  let closed: () => void
  const whenClosed = new Promise<void>((resolve) => (closed = resolve))
  const shutdown = (restart = false) => (closing ??= close(restart))
  const close = async (restart: boolean) => {
    await inTime(interpreter.shutdown(restart), options)
    dispatcher.iopub.flush()
    await sockets.published()
    await options.history.close()
    sockets.close()
    if (wire.dropped.size > 0) options.log?.(`messages that were not taken: ${[...wire.dropped].map(([reason, count]) => `${count} ${reason}`).join(', ')}`)
    closed()
  }
  const dispatcher = new Dispatcher(sockets, wire, interpreter, options, (restart) => void shutdown(restart))
  sockets.listen({
    request: (channel, frames) => dispatcher.receive(channel, frames),
    subscribed: (topic) => dispatcher.iopub.welcome(topic),
  })
  const portsWereOpen = Object.values(connection.ports).includes(0)
  if (portsWereOpen && connection.file !== undefined) await writePorts(connection.file, sockets.ports)
  return { ports: sockets.ports, closed: whenClosed, dropped: wire.dropped, interrupt: () => dispatcher.interrupt(), shutdown }
}

function isExposed({ transport, ip, curveSecretKey }: ConnectionInfo): boolean {
  return transport === 'tcp' && curveSecretKey === undefined && !/^(127\.|::1$|localhost$)/.test(ip)
}

/** Waits for `work`, but not beyond the time that a shutdown may take; a failure is logged. */
async function inTime(work: Promise<void>, { log }: KernelOptions): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, shutdownTime)))
  await Promise.race([work, late]).catch((error: unknown) => log?.(`shutdown failed: ${String(error)}`))
  clearTimeout(timer)
}
