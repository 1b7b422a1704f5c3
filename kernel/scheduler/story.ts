import type { StateName, TaskId, Time } from './task.ts'
import { stateNames, type Status } from './task-table.ts'

/** Changes of state kept, of all tasks together. A power of two. */
const LENGTH = 1 << 16

export interface StoryEntry {
  readonly time: Time
  readonly state: StateName
}

/** The last changes of state, so that a broken invariant or a surprised user gets the story of the task. */
export class Story {
  readonly #tasks = new Int32Array(LENGTH).fill(-1)
  readonly #statuses = new Uint8Array(LENGTH)
  readonly #times = new Float64Array(LENGTH)
  #next = 0

  add(task: TaskId, status: Status, time: Time): void {
    const at = this.#next
    this.#tasks[at] = task
    this.#statuses[at] = status
    this.#times[at] = time
    this.#next = (at + 1) & (LENGTH - 1)
  }

  /** What is still known of one task, oldest first. */
  of(task: TaskId): StoryEntry[] {
    const entries: StoryEntry[] = []
    for (let i = 0; i < LENGTH; i++) {
      const at = (this.#next + i) & (LENGTH - 1)
      if (this.#tasks[at] === task) entries.push({ time: this.#times[at]!, state: stateNames[this.#statuses[at]!]! })
    }
    return entries
  }
}
