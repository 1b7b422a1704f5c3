/** The comm to one kernel: opens it, and again after restarts, lost connections and a kernel that closed it. */
import type { Kernel } from '@jupyterlab/services'
import type { TranslationBundle } from '@jupyterlab/translation'
import type { JSONObject } from '@lumino/coreutils'
import type { AnswerData, ClusterState, FromKernel, FromView, Headline, Question } from '../../../kernel/cluster/live/types.ts'
import type { Checked } from '../run/check.ts'
import type { Stores } from '../run/stores.ts'
import type { Clock } from './clock.ts'
import { Dialogue } from './dialogue.ts'

const TARGET = 'sluice.live.v1'
/** A comm that the kernel closes is opened again after so long, then after twice as long, and so on, ms. */
const FIRST_PAUSE = 500
const MOST_CLOSES = 5
/** A comm that lasted so long was a good one, ms. */
const LASTING = 60_000

export interface ConnectionOptions {
  readonly stores: Stores
  readonly clock: Clock
  readonly trans: TranslationBundle
  readonly check: (message: unknown) => Promise<Checked<FromKernel>>
  readonly watching: boolean
  readonly changed: () => void
}

export class Connection {
  readonly kernel: Kernel.IKernelConnection
  /** Why it was given up; undefined: it was not. */
  failure: string | undefined
  readonly #options: ConnectionOptions
  #watching: boolean
  #comm: Kernel.IComm | undefined
  #dialogue: Dialogue | undefined
  #openedAt = 0
  #closes = 0
  #stopPause: (() => void) | undefined
  /** The websocket was down: what was said meanwhile may be lost. */
  #interrupted = false
  #disposed = false

  constructor(kernel: Kernel.IKernelConnection, options: ConnectionOptions) {
    this.kernel = kernel
    this.#options = options
    this.#watching = options.watching
    kernel.statusChanged.connect(this.#statusChanged, this)
    kernel.connectionStatusChanged.connect(this.#statusChanged, this)
    this.#statusChanged()
  }

  /** The kernel has said hello, and has not gone. */
  get live(): boolean {
    return this.#dialogue?.sluice !== undefined
  }

  get cluster(): ClusterState | undefined {
    return this.#dialogue?.cluster
  }

  /** The kernel's runs, newest first. */
  get headlines(): Headline[] {
    return [...(this.#dialogue?.headlines.values() ?? [])].sort((a, b) => b.id - a.id)
  }

  /** Rejects with an Error whose message is for the user. */
  ask(question: Question): Promise<AnswerData> {
    return this.#dialogue?.ask(question) ?? Promise.reject(new Error(this.#options.trans.__('The kernel is not connected. Wait until it is, or start it from the Kernel menu.')))
  }

  set watching(on: boolean) {
    this.#watching = on
    if (this.#dialogue) this.#dialogue.watching = on
  }

  /** Tries once more what was given up. */
  retry(): void {
    this.failure = undefined
    this.#closes = 0
    this.#statusChanged()
    this.#options.changed()
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.kernel.statusChanged.disconnect(this.#statusChanged, this)
    this.kernel.connectionStatusChanged.disconnect(this.#statusChanged, this)
    this.#drop(false)
  }

  #statusChanged(): void {
    const { status, connectionStatus } = this.kernel
    const restarting = status === 'restarting' || status === 'autorestarting'
    if (restarting || status === 'dead' || status === 'terminating' || connectionStatus === 'disconnected') {
      // The next kernel starts with a clean slate.
      this.#closes = 0
      this.failure = undefined
      this.#drop(true)
    } else if (connectionStatus === 'connecting') this.#interrupted = true
    else if (status === 'idle' || status === 'busy') this.#ready()
  }

  #ready(): void {
    const interrupted = this.#interrupted
    this.#interrupted = false
    if (!this.#dialogue) this.#open()
    // A kernel that does not know the comm any more closes it in answer, and another one is opened.
    else if (interrupted) this.#dialogue.resync()
  }

  #open(): void {
    if (this.#disposed || this.#stopPause || this.failure !== undefined) return
    const { stores, clock, trans, check, changed } = this.#options
    const comm = this.kernel.createComm(TARGET)
    const send = (message: FromView): void => this.#send(comm, message)
    const failed = (reason: string): void => this.#failed(reason)
    this.#comm = comm
    this.#openedAt = clock.now()
    // Nothing else of the kernel waits until a message has been checked: it has a queue of its own.
    comm.onMsg = ({ content }) => void this.#dialogue?.receive(content.data)
    comm.onClose = () => this.#closedByKernel(comm)
    comm.open({}).dispose()
    this.#dialogue = new Dialogue({ partner: { send, failed, changed }, stores, clock, trans, check, watching: this.#watching })
    changed()
  }

  #send(comm: Kernel.IComm, message: FromView): void {
    if (comm.isDisposed || this.kernel.isDisposed || this.kernel.status === 'dead') return
    // No reply is expected: JupyterLab need not keep the message.
    comm.send(message as unknown as JSONObject).dispose()
  }

  #closedByKernel(comm: Kernel.IComm): void {
    if (comm !== this.#comm) return
    const { clock, trans } = this.#options
    this.#closes = clock.now() - this.#openedAt > LASTING ? 1 : this.#closes + 1
    this.#comm = undefined
    this.#drop(true)
    if (this.#closes > MOST_CLOSES) return this.#failed(trans.__('The kernel does not offer live views. Restart it; if that does not help, see that kernel and extension are of the same version.'))
    this.#stopPause = clock.after(FIRST_PAUSE * 2 ** (this.#closes - 1), () => {
      this.#stopPause = undefined
      this.#statusChanged()
    })
  }

  #failed(reason: string): void {
    this.failure = reason
    this.#drop(true)
    this.#options.changed()
  }

  #drop(gone: boolean): void {
    this.#stopPause?.()
    this.#stopPause = undefined
    const comm = this.#comm
    const dialogue = this.#dialogue
    this.#comm = undefined
    this.#dialogue = undefined
    this.#interrupted = false
    dialogue?.end(gone)
    if (comm) this.#close(comm)
    if (dialogue) this.#options.changed()
  }

  #close(comm: Kernel.IComm): void {
    if (comm.isDisposed) return
    const { status, isDisposed, connectionStatus } = this.kernel
    if (!isDisposed && (status === 'idle' || status === 'busy') && connectionStatus === 'connected') comm.close().dispose()
    else comm.dispose()
  }
}
