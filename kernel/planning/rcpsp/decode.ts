import type { Direction, Project } from './project.ts'

/**
 * Schedule generation schemes (Kolisch, "Serial and parallel resource-constrained project scheduling methods revisited", European Journal
 * of Operational Research, 1996). Each call is one schedule. Everything is allocated once.
 */
export class Decoder {
  readonly project: Project
  /** What is free at each instant; all full before and after a call. */
  readonly #free: Int32Array
  readonly #ends: Int32Array
  readonly #waiting: Int32Array
  readonly #eligible: Int32Array
  readonly #running: Int32Array

  constructor(project: Project) {
    this.project = project
    const { words, full } = project.resources
    this.#free = new Int32Array((project.horizon + 1) * words)
    for (let at = 0; at < this.#free.length; at++) this.#free[at] = full[at % words]!
    this.#ends = new Int32Array(project.count)
    this.#waiting = new Int32Array(project.count)
    this.#eligible = new Int32Array(project.count)
    this.#running = new Int32Array(project.count)
  }

  /** Serial scheme: each task of the list as early as it fits. `list` holds every task behind those before it. Gives the makespan. */
  serial(direction: Direction, list: Int32Array, start: Int32Array): number {
    const makespan = this.project.resources.words === 1 ? this.#serial(direction, list, start) : this.#serialWide(direction, list, start)
    this.#clear(makespan)
    return makespan
  }

  #serial(direction: Direction, list: Int32Array, start: Int32Array): number {
    const { duration, resources, count } = this.project
    const { beforeStarts, before } = direction
    const need = resources.need
    const guard = resources.guard[0]!
    const free = this.#free
    const ends = this.#ends
    let makespan = 0
    for (let k = 0; k < count; k++) {
      const task = list[k]!
      let from = 0
      for (let e = beforeStarts[task]!, last = beforeStarts[task + 1]!; e < last; e++) {
        const end = ends[before[e]!]!
        if (end > from) from = end
      }
      const length = duration[task]!
      const wanted = need[task]!
      if (wanted !== 0) {
        let at = from
        let end = from + length
        while (at < end) {
          if (((free[at]! - wanted) & guard) !== guard) end = at + 1 + length
          at++
        }
        from = end - length
        for (at = from; at < end; at++) free[at] = (free[at]! - wanted) | 0
      }
      start[task] = from
      const end = from + length
      ends[task] = end
      if (end > makespan) makespan = end
    }
    return makespan
  }

  #serialWide(direction: Direction, list: Int32Array, start: Int32Array): number {
    const { duration, resources, count } = this.project
    const { beforeStarts, before } = direction
    const { need, guard, words } = resources
    const free = this.#free
    const ends = this.#ends
    let makespan = 0
    for (let k = 0; k < count; k++) {
      const task = list[k]!
      let from = 0
      for (let e = beforeStarts[task]!; e < beforeStarts[task + 1]!; e++) from = Math.max(from, ends[before[e]!]!)
      const length = duration[task]!
      let end = from + length
      for (let at = from; at < end; at++) {
        for (let w = 0; w < words; w++) {
          if (((free[at * words + w]! - need[task * words + w]!) & guard[w]!) !== guard[w]!) end = at + 1 + length
        }
      }
      from = end - length
      for (let at = from; at < end; at++) for (let w = 0; w < words; w++) free[at * words + w] = (free[at * words + w]! - need[task * words + w]!) | 0
      start[task] = from
      ends[task] = end
      if (end > makespan) makespan = end
    }
    return makespan
  }

  /** All that the schedule took is free again. */
  #clear(makespan: number): void {
    const { words, full } = this.project.resources
    if (words === 1) this.#free.fill(full[0]!, 0, makespan)
    else for (let at = 0; at < makespan * words; at++) this.#free[at] = full[at % words]!
  }

  /** Parallel scheme: at every instant at which something ends, what can start does, the lowest rank first. Gives the makespan. */
  parallel(direction: Direction, rank: ArrayLike<number>, start: Int32Array): number {
    const { duration, resources, count } = this.project
    const { beforeStarts, afterStarts, after } = direction
    const { words, need, guard, full } = resources
    const waiting = this.#waiting
    const eligible = this.#eligible
    const running = this.#running
    const ends = this.#ends
    const free = this.#free
    let candidates = 0
    let active = 0
    let time = 0
    for (let task = 0; task < count; task++) {
      waiting[task] = beforeStarts[task + 1]! - beforeStarts[task]!
      if (waiting[task] === 0) candidates = insert(eligible, candidates, task, rank)
    }
    // The first cells hold what is free at this instant.
    for (let started = 0; started < count;) {
      let kept = 0
      for (let k = 0; k < candidates; k++) {
        const task = eligible[k]!
        let fits = true
        for (let w = 0; w < words; w++) if (((free[w]! - need[task * words + w]!) & guard[w]!) !== guard[w]!) fits = false
        if (!fits) {
          eligible[kept++] = task
          continue
        }
        for (let w = 0; w < words; w++) free[w] = (free[w]! - need[task * words + w]!) | 0
        start[task] = time
        ends[task] = time + duration[task]!
        running[active++] = task
        started++
      }
      candidates = kept
      let next = 0x7fffffff
      for (let k = 0; k < active; k++) if (ends[running[k]!]! < next) next = ends[running[k]!]!
      time = next
      let still = 0
      for (let k = 0; k < active; k++) {
        const task = running[k]!
        if (ends[task]! > time) {
          running[still++] = task
          continue
        }
        for (let w = 0; w < words; w++) free[w] = (free[w]! + need[task * words + w]!) | 0
        for (let e = afterStarts[task]!; e < afterStarts[task + 1]!; e++) {
          const next = after[e]!
          if (--waiting[next]! === 0) candidates = insert(eligible, candidates, next, rank)
        }
      }
      active = still
    }
    for (let w = 0; w < words; w++) free[w] = full[w]!
    let makespan = 0
    for (let task = 0; task < count; task++) if (ends[task]! > makespan) makespan = ends[task]!
    return makespan
  }
}

/** Into a list that is sorted by rank; gives its new length. */
function insert(list: Int32Array, length: number, task: number, rank: ArrayLike<number>): number {
  const own = rank[task]!
  let at = length
  while (at > 0 && rank[list[at - 1]!]! > own) {
    list[at] = list[at - 1]!
    at--
  }
  list[at] = task
  return length + 1
}
