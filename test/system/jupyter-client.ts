/** A Jupyter client that can also misbehave: it signs and reads messages by itself, with nothing of the kernel's code. */
import { createHmac, randomUUID } from 'node:crypto'
import { Dealer, Request, Subscriber, type Socket } from 'zeromq'

export type Channel = 'shell' | 'control' | 'stdin'

export interface Connection {
  readonly transport: 'tcp' | 'ipc'
  readonly ip: string
  readonly key: string
  readonly shell_port: number
  readonly iopub_port: number
  readonly stdin_port: number
  readonly control_port: number
  readonly hb_port: number
  readonly curve_publickey?: string
  readonly curve_secretkey?: string
}

export interface Received {
  readonly channel: Channel | 'iopub'
  readonly type: string
  readonly id: string
  readonly parent: string | undefined
  readonly content: Record<string, any>
  readonly buffers: Buffer[]
}

export class Client {
  readonly session = randomUUID()
  /** In the order of their arrival, over all channels. */
  readonly received: Received[] = []
  readonly iopub: Subscriber
  readonly #sockets: Record<Channel, Dealer>
  readonly #heartbeat: Request
  readonly #connection: Connection
  readonly #waiting = new Set<() => void>()
  #sent = 0

  /** @param options `reads: false`: subscribes to everything and then takes nothing */
  constructor(connection: Connection, options: { topic?: string; reads?: boolean } = {}) {
    const { topic = '', reads = true } = options
    this.#connection = connection
    const { curve_publickey: publicKey, curve_secretkey: secretKey } = connection
    const curve = publicKey === undefined ? {} : { curvePublicKey: publicKey, curveSecretKey: secretKey!, curveServerKey: publicKey }
    const shared = { linger: 0, ...curve }
    const dealer = () => new Dealer({ ...shared, routingId: this.session })
    this.#sockets = { shell: dealer(), control: dealer(), stdin: dealer() }
    this.#heartbeat = new Request(shared)
    this.iopub = new Subscriber({ ...shared, ...(reads ? {} : { receiveHighWaterMark: 1, receiveBufferSize: 4_096 }) })
    this.iopub.subscribe(topic)
    for (const channel of ['shell', 'control', 'stdin'] as const) {
      this.#sockets[channel].connect(this.#address(`${channel}_port`))
      void this.#read(channel, this.#sockets[channel])
    }
    this.#heartbeat.connect(this.#address('hb_port'))
    this.iopub.connect(this.#address('iopub_port'))
    if (reads) void this.#read('iopub', this.iopub)
  }

  /** Sends a request and gives its id. */
  async send(type: string, content: unknown = {}, { channel = 'shell' as Channel, parent = {} as object, buffers = [] as Buffer[], metadata = {} as object, id = `${this.session}-${++this.#sent}` } = {}): Promise<string> {
    await this.sendFrames(channel, [...this.frames(type, content, id, parent, metadata), ...buffers])
    return id
  }

  frames(type: string, content: unknown, id: string, parent: object = {}, metadata: object = {}): string[] {
    const header = { msg_id: id, msg_type: type, session: this.session, username: 'test', date: new Date().toISOString(), version: '5.4' }
    const parts = [header, parent, metadata, content].map((part) => JSON.stringify(part))
    return ['<IDS|MSG>', this.#sign(parts), ...parts]
  }

  sendFrames(channel: Channel, frames: (string | Buffer)[]): Promise<void> {
    return this.#sockets[channel].send(frames)
  }

  /** Waits for the first message, received already or to come, that passes. */
  async until(passes: (message: Received) => boolean): Promise<Received> {
    for (let seen = 0; ; ) {
      while (seen < this.received.length) {
        const message = this.received[seen++]!
        if (passes(message)) return message
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  reply(id: string): Promise<Received> {
    return this.until(({ channel, parent }) => channel !== 'iopub' && channel !== 'stdin' && parent === id)
  }

  published(id: string, type: string): Promise<Received> {
    return this.until((message) => message.channel === 'iopub' && message.parent === id && message.type === type)
  }

  /** What was published because of the request `id`, once it is idle; states by their names. */
  async story(id: string): Promise<string[]> {
    await this.until(({ type, parent, content }) => type === 'status' && parent === id && content['execution_state'] === 'idle')
    const mine = this.received.filter(({ channel, parent }) => channel === 'iopub' && parent === id)
    return mine.map(({ type, content }) => (type === 'status' ? content['execution_state'] : type))
  }

  async execute(code: string, content: object = {}): Promise<Received> {
    return this.reply(await this.send('execute_request', { code, silent: false, store_history: true, allow_stdin: false, ...content }))
  }

  async beat(text: string): Promise<string> {
    await this.#heartbeat.send(text)
    return String((await this.#heartbeat.receive())[0])
  }

  close(): void {
    const all: Socket[] = [...Object.values(this.#sockets), this.#heartbeat, this.iopub]
    for (const socket of all) socket.close()
  }

  #address(port: keyof Connection): string {
    const { transport, ip } = this.#connection
    return `${transport}://${ip}${transport === 'ipc' ? '-' : ':'}${this.#connection[port]}`
  }

  #sign(parts: readonly (string | Buffer)[]): string {
    if (this.#connection.key === '') return ''
    const hmac = createHmac('sha256', this.#connection.key)
    for (const part of parts) hmac.update(part)
    return hmac.digest('hex')
  }

  async #read(channel: Channel | 'iopub', socket: Dealer | Subscriber): Promise<void> {
    try {
      for await (const frames of socket) this.#take(channel, frames)
    } catch (error) {
      // One that is closed while it is being read may say so by an error.
      if (!socket.closed) throw error
    }
  }

  #take(channel: Channel | 'iopub', frames: readonly Buffer[]): void {
    const at = frames.findIndex((frame) => frame.toString() === '<IDS|MSG>')
    const parts = frames.slice(at + 2, at + 6)
    if (frames[at + 1]!.toString() !== this.#sign(parts)) throw new Error(`a message on ${channel} has a wrong signature`)
    const [header, parent, , content] = parts.map((part) => JSON.parse(part.toString()))
    this.received.push({ channel, type: header.msg_type, id: header.msg_id, parent: parent.msg_id, content, buffers: frames.slice(at + 6) })
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}
