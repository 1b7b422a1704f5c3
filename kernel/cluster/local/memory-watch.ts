/** Sees to it that no task uses more memory than it may, and that the one that does is the one that is ended. */
import type { SlotHost } from './slot-host.ts'
import { ThreadMemory, type Usage } from './thread-memory.ts'

/** A slot's garbage is collected for the sake of measuring it this often at most, ms. */
const COLLECT = 500
/** A thread that is asked has this long to answer, or to collect its garbage, before the node's own limit is enforced, ms … */
const SILENT = 3000
/** … unless the node is this far over its limit already, bytes. */
const FAR = 2 ** 30
/** How many looks in a row find the node over its limit, no task being over its own, before the largest is ended. */
const PATIENCE = 20

/**
 * V8's own limit is set well above a task's: one allocation that goes beyond it can abort the whole process, neighbours and
 * all. So threads are asked what they use. What no thread answers for (native code's own memory) shows only
 * in the process as a whole; when that is too much, the task that uses most is taken to be the cause.
 */
export class MemoryWatch {
  #threads = new ThreadMemory()
  #limit: number
  #slots: readonly SlotHost[]
  /** Bytes that belong to no task: values that are kept. */
  #kept: () => number
  /** Resident bytes before any task ran. */
  #baseline = 0
  /** Since when. */
  #asking = new Map<SlotHost, number>()
  #collectedAt = new Map<SlotHost, number>()
  #lastMeasured = new Map<SlotHost, Usage>()
  /** Negative: a pause. */
  #looksOver = 0

  constructor(limit: number, slots: readonly SlotHost[], kept: () => number) {
    this.#limit = limit
    this.#slots = slots
    this.#kept = kept
  }

  /** To be called before the first task. */
  begin(): void {
    this.#baseline ||= process.memoryUsage.rss()
  }

  look(): void {
    const used = process.memoryUsage.rss() - this.#baseline - this.#kept()
    for (const slot of this.#slots) if (slot.running !== undefined && used > slot.limit) void this.#ask(slot)
    this.#looksOver = used > this.#limit ? this.#looksOver + 1 : Math.min(0, this.#looksOver)
    if (this.#looksOver < PATIENCE || (this.#anyoneAsked() && used < this.#limit + FAR)) return
    // What the ended thread held takes a moment to be given back.
    this.#looksOver = -2 * PATIENCE
    const [most] = this.#slots.filter((slot) => slot.running !== undefined).sort((a, b) => this.#suspicion(b) - this.#suspicion(a))
    if (most?.running === undefined) return
    const own = this.#lastMeasured.get(most)?.own ?? 0
    if (own > most.limit) most.endForMemory(most.running, true, own, most.limit)
    else most.endForMemory(most.running, false, used, this.#limit)
  }

  /** Ends the slot's task if it uses too much even when all garbage is gone. */
  async #ask(slot: SlotHost): Promise<void> {
    const { running, thread, limit } = slot
    const now = performance.now()
    if (this.#asking.has(slot) || now - (this.#collectedAt.get(slot) ?? -Infinity) < COLLECT) return
    this.#asking.set(slot, now)
    let used = await this.#threads.measure(thread, true)
    if (used !== undefined && used.own > limit) {
      this.#lastMeasured.set(slot, used)
      this.#collectedAt.set(slot, now)
      used = await this.#threads.measure(thread, false)
    }
    this.#asking.delete(slot)
    if (used === undefined) this.#lastMeasured.delete(slot)
    else this.#lastMeasured.set(slot, used)
    if (used !== undefined && used.own > limit && running !== undefined && slot.thread === thread) slot.endForMemory(running, true, used.own, limit)
  }

  #anyoneAsked(): boolean {
    const now = performance.now()
    return [...this.#asking.values()].some((since) => now - since < SILENT)
  }

  /** One that is long in answering is in the midst of something large, or in native code; else what it uses counts. */
  #suspicion(slot: SlotHost): number {
    const since = this.#asking.get(slot)
    const silent = since === undefined ? 0 : performance.now() - since
    return silent > COLLECT ? Number.MAX_SAFE_INTEGER + silent : (this.#lastMeasured.get(slot)?.all ?? 0)
  }
}
