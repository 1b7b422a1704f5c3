import type { TaskId } from '../scheduler/index.ts'

/** How a task stands with those who wait for it. */
export type Standing = 'unsettled' | 'succeeded' | 'without-result'

interface Want {
  missing: number
  /** Answered already by the first task without a result. */
  answered: boolean
  readonly failFast: boolean
  readonly resolve: (failed: TaskId | undefined) => void
}

/** Who waits for which tasks to settle. */
export class Wants {
  readonly #waiting = new Map<TaskId, Want[]>()

  /**
   * Resolves when all of `tasks` have settled: with undefined, or, when `failFast`, with the first that ended
   * without a result, as soon as it has.
   */
  add(tasks: readonly TaskId[], failFast: boolean, standing: (task: TaskId) => Standing): Promise<TaskId | undefined> {
    return new Promise((resolve) => {
      const want: Want = { missing: 0, answered: false, failFast, resolve }
      for (const task of tasks) {
        const now = standing(task)
        if (now === 'without-result' && failFast) {
          want.answered = true
          return resolve(task)
        }
        if (now !== 'unsettled') continue
        want.missing++
        const others = this.#waiting.get(task)
        if (others) others.push(want)
        else this.#waiting.set(task, [want])
      }
      if (want.missing === 0) resolve(undefined)
    })
  }

  settled(task: TaskId, succeeded: boolean): void {
    const wants = this.#waiting.get(task)
    if (!wants) return
    this.#waiting.delete(task)
    for (const want of wants) {
      if (want.answered) continue
      want.missing--
      if (want.failFast && !succeeded) {
        want.answered = true
        want.resolve(task)
      } else if (want.missing === 0) want.resolve(undefined)
    }
  }
}
