/** A node by name, through all the processes that have been it. */
import type { NodeSpec } from '../../scheduler/index.ts'
import type { BackendEvent, RunContext } from '../backend.ts'
import type { NodeConfiguration } from './messages.ts'
import { NodeLink } from './node-link.ts'

/** Pause before a node is started again: the first, and the longest, ms. It doubles while the node keeps dying young. */
const PAUSE = 100
const LONGEST_PAUSE = 5000
/** A node that lived this long was well, ms. */
const WELL = 10_000
/** Starts in a row that may fail before it is given up. */
const FAILED_STARTS = 5

interface Surroundings {
  emit(events: readonly BackendEvent[]): void
  locate(context: RunContext): RunContext
  now(): number
  kernelTime(systemTime: number): number
}

export class LocalNode {
  /** The process that is this node at present. */
  link: NodeLink | undefined
  readonly #spec: NodeSpec
  #configuration: NodeConfiguration
  #respawn: boolean
  #around: Surroundings
  #startedAt = 0
  #youngDeaths = 0
  #failedStarts = 0
  #timer: NodeJS.Timeout | undefined
  #stopping = false

  constructor(spec: NodeSpec, configuration: NodeConfiguration, respawn: boolean, around: Surroundings) {
    this.#spec = spec
    this.#configuration = configuration
    this.#respawn = respawn
    this.#around = around
  }

  /** Where it answers requests for values. */
  get socket(): string {
    return this.#configuration.nodes[this.#configuration.number]!.socket
  }

  /** Resolves when it has joined; rejects with a UserError. */
  start(): Promise<void> {
    this.#startedAt = performance.now()
    this.#configuration = { ...this.#configuration, incarnation: this.#configuration.incarnation + 1 }
    const link: NodeLink = new NodeLink({ ...this.#around, spec: this.#spec, configuration: this.#configuration, onLost: (reason, joined) => this.#lost(link, reason, joined) })
    this.link = link
    return link.joined()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    await this.link?.kill()
  }

  #lost(link: NodeLink, reason: string, joined: boolean): void {
    if (this.#stopping || this.link !== link) return
    this.link = undefined
    if (joined) this.#around.emit([{ type: 'node-lost', node: this.#spec.id, reason }])
    this.#failedStarts = joined ? 0 : this.#failedStarts + 1
    this.#youngDeaths = performance.now() - this.#startedAt > WELL ? 0 : this.#youngDeaths + 1
    if (!this.#respawn || this.#failedStarts >= FAILED_STARTS) return
    const pause = Math.min(LONGEST_PAUSE, PAUSE * 2 ** Math.max(0, this.#youngDeaths - 1))
    this.#timer = setTimeout(() => void this.start().catch(() => {}), pause)
  }
}
