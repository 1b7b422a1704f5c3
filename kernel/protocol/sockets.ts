/** The kernel's five ZeroMQ sockets. The only file that imports zeromq. */
import { existsSync } from 'node:fs'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { capability, Router, XPublisher, type MessageLike, type Socket } from 'zeromq'
import { Broadcast, type Publisher } from './broadcast.ts'
import { cannotListen, noEncryption } from '../errors.ts'
import { socketNames, type ConnectionInfo, type SocketName } from './connection.ts'
import type { Channel, Frame } from './message.ts'

/** Messages kept in a socket for one client that does not read them. */
const highWaterMark = 2_000
/** Largest message accepted, bytes; a client that announces more is disconnected. */
const largestMessage = 0x2000_0000
/** How long closing waits for the last messages to reach the clients, ms. */
const linger = 1_000

export interface Listener {
  request(channel: Channel, frames: readonly Buffer[]): void
  /** A client subscribed to the outputs whose topic begins with `topic`. */
  subscribed(topic: string): void
}

export class Sockets {
  /** The ports in use, also where the connection file left the choice open. */
  readonly ports: Record<SocketName, number>
  readonly #shell: Router
  readonly #control: Router
  readonly #stdin: Router
  readonly #iopub: XPublisher
  readonly #broadcast: Broadcast
  readonly #heartbeat: Router
  #requests = 0

  /** Binds all five; throws a UserError that names the address that could not be had. */
  static async open(connection: ConnectionInfo): Promise<Sockets> {
    const sockets = new Sockets(connection)
    try {
      await sockets.#bind(connection)
    } catch (error) {
      sockets.close()
      throw error
    }
    return sockets
  }

  private constructor(connection: ConnectionInfo) {
    this.ports = { ...connection.ports }
    const { curveSecretKey } = connection
    if (curveSecretKey !== undefined && capability.curve !== true) throw noEncryption()
    const options = {
      linger,
      maxMessageSize: largestMessage,
      sendHighWaterMark: highWaterMark,
      // Sending never waits inside zeromq.js: replies to a client that does not read are dropped, see Broadcast for outputs.
      sendTimeout: 0,
      ipv6: connection.ip.includes(':'),
      ...(curveSecretKey === undefined ? {} : { curveServer: true, curveSecretKey }),
    }
    // A client that reconnects under its old identity takes its connection over.
    const router = () => new Router({ ...options, handover: true })
    this.#shell = router()
    this.#control = router()
    this.#stdin = router()
    this.#heartbeat = router()
    // Every subscription is seen, also a client's to the topic that another has: each is to be welcomed.
    this.#iopub = new XPublisher({ ...options, verbosity: 'allSubs' })
    this.#broadcast = new Broadcast(new Subscribers(this.#iopub))
  }

  /** Starts to hand over what arrives. */
  listen(listener: Listener): void {
    void receive(this.#shell, (frames) => {
      this.#requests++
      listener.request('shell', frames)
    })
    void receive(this.#control, (frames) => listener.request('control', frames))
    void receive(this.#stdin, (frames) => listener.request('stdin', frames))
    void receive(this.#heartbeat, (frames) => void transmit(this.#heartbeat, frames))
    void receive(this.#iopub, ([subscription]) => {
      if (subscription?.[0] !== 1) return
      const topic = subscription.subarray(1).toString()
      // Topics are UTF-8; others get no welcome (JEP 65).
      if (Buffer.from(topic).equals(subscription.subarray(1))) listener.subscribed(topic)
    })
  }

  send(channel: Channel, frames: Frame[]): void {
    const socket = channel === 'shell' ? this.#shell : channel === 'control' ? this.#control : this.#stdin
    void transmit(socket, frames)
  }

  publish(frames: Frame[]): void {
    this.#broadcast.send(frames)
  }

  /** Resolves when every request that has arrived on the shell socket by now has been handed over. */
  async settle(): Promise<void> {
    let before: number
    do {
      before = this.#requests
      // Sending makes zeromq.js look for arrivals. This one is routed to nobody, so nothing leaves.
      await transmit(this.#shell, ['nobody', ''])
      await new Promise(setImmediate)
    } while (this.#requests > before)
  }

  /** Resolves when everything published has been handed to ZeroMQ. */
  published(): Promise<void> {
    return this.#broadcast.sent()
  }

  close(): void {
    for (const [, socket] of this.#all()) socket.close()
  }

  #all(): [SocketName, Socket][] {
    return [['shell', this.#shell], ['iopub', this.#iopub], ['stdin', this.#stdin], ['control', this.#control], ['hb', this.#heartbeat]]
  }

  async #bind(connection: ConnectionInfo): Promise<void> {
    const host = connection.transport === 'tcp' ? await tcpHost(connection.ip) : connection.ip
    for (const [name, socket] of this.#all()) {
      if (connection.transport === 'ipc') this.ports[name] ||= this.#freePath(host)
      const port = this.ports[name]
      const address = connection.transport === 'ipc' ? `ipc://${host}-${port}` : `tcp://${host}:${port === 0 ? '*' : port}`
      try {
        await socket.bind(address)
      } catch (error) {
        throw cannotListen(address, (error as Error).message)
      }
      if (port === 0) this.ports[name] = Number(/:(\d+)$/.exec(socket.lastEndpoint ?? '')?.[1])
    }
  }

  #freePath(prefix: string): number {
    const taken = new Set(socketNames.map((name) => this.ports[name]))
    let number = 1
    while (taken.has(number) || existsSync(`${prefix}-${number}`)) number++
    return number
  }
}

class Subscribers implements Publisher {
  readonly #socket: XPublisher
  #noDrop = false

  constructor(socket: XPublisher) {
    this.#socket = socket
  }

  get noDrop(): boolean {
    return this.#noDrop
  }

  set noDrop(on: boolean) {
    this.#noDrop = on
    if (!this.#socket.closed) this.#socket.noDrop = on
  }

  async send(frames: Frame[]): Promise<void> {
    if (!this.#socket.closed) await this.#socket.send(frames as MessageLike[])
  }
}

async function receive(socket: Router | XPublisher, take: (frames: Buffer[]) => void): Promise<void> {
  while (!socket.closed) {
    let frames: Buffer[]
    try {
      frames = await socket.receive()
    } catch {
      continue // Closed while waiting, or a peer broke off in the middle.
    }
    take(frames)
  }
}

async function transmit(socket: Router, frames: readonly Frame[]): Promise<void> {
  if (socket.closed) return
  try {
    await socket.send(frames as MessageLike[])
  } catch {
    // The one peer that this was for does not read or has gone.
  }
}

/** An address that can be bound: ZeroMQ takes addresses and interface names there, but no host names. */
async function tcpHost(ip: string): Promise<string> {
  if (ip === '*' || isIP(ip) === 4) return ip
  if (isIP(ip) === 6) return `[${ip}]`
  try {
    return (await lookup(ip, 4)).address
  } catch {
    return ip
  }
}
