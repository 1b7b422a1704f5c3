/** Sees to it that no task uses more memory than it may, and that the one that does is the one that is ended. */
import type { SlotHost } from './slot-host.ts'
import { ThreadMemory } from './thread-memory.ts'

/** A slot's garbage is collected for the sake of measuring it this often at most, ms. */
const COLLECT = 500
/** A thread that is asked and does not answer for this long is in the midst of something large, or in native code, ms … */
const SILENT = 3000
/** … or for this long, when the node is this far over its limit (ms, bytes). */
const SILENT_WHEN_FAR = 1000
const FAR = 2 ** 30

/**
 * V8's own limit is set well above a task's: one allocation that goes beyond it can abort the whole process, neighbours and
 * all. So threads are asked what they use, and a task is ended on evidence only: its thread uses more than it may, or
 * holds more shared memory than that, or does not answer while the node as a whole is over its limit. Memory
 * of native code that no thread answers for cannot be told; nobody is ended for it.
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
    for (const slot of this.#slots) if (slot.running !== undefined && used > slot.limit) void this.#ask(slot, used)
    // What a thread holds that is being ended is given back when it has ended.
    if (used > this.#limit && !this.#slots.some((slot) => slot.ending)) this.#endSilent(used)
  }

  /** Ends the slot's task if it uses too much even when all garbage is gone. */
  async #ask(slot: SlotHost, nodeUsed: number): Promise<void> {
    const { running, thread, limit } = slot
    const now = performance.now()
    if (this.#asking.has(slot) || now - (this.#collectedAt.get(slot) ?? -Infinity) < COLLECT) return
    this.#asking.set(slot, now)
    let usage = await this.#threads.measure(thread, true)
    if (usage !== undefined && usage.all > limit) {
      this.#collectedAt.set(slot, now)
      usage = await this.#threads.measure(thread, false)
    }
    this.#asking.delete(slot)
    if (usage === undefined || running === undefined || slot.thread !== thread) return
    if (usage.own > limit) slot.endForMemory(running, true, usage.own, limit)
    else if (usage.all > limit && nodeUsed > this.#limit) slot.endForMemory(running, false, nodeUsed, this.#limit)
  }

  #endSilent(used: number): void {
    const patience = used > this.#limit + FAR ? SILENT_WHEN_FAR : SILENT
    const [longest] = [...this.#asking].sort(([, a], [, b]) => a - b)
    if (longest === undefined || performance.now() - longest[1] < patience) return
    const [slot] = longest
    if (slot.running !== undefined) slot.endForMemory(slot.running, false, used, this.#limit)
  }
}
