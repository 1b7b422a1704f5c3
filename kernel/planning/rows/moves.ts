import type { Rows } from './rows.ts'

/**
 * A task to a place of a row, or, row -1, to a node on which it takes no time: how long the schedule will be, and the longest chain
 * through the task.
 */
export type Each = (node: number, row: number, at: number, makespan: number, through: number) => void

/**
 * Takes a task out of its row and looks at every place where it could stand instead: what the makespan would be there, exactly, and
 * without a circle, from the times of the others (M. Mastrolilli, L. M. Gambardella, Effective neighbourhood functions for the flexible job
 * shop problem, J. Scheduling 2000; with transfers between nodes and any graph of inputs). Only times that change are computed.
 */
export class Moves {
  readonly #rows: Rows
  readonly #sinks: readonly number[]
  readonly #marked: Int32Array
  #mark = 0
  /** Times that were computed so far, each of one task: `count` of them are as much work as a schedule. */
  computed = 0
  /** What was changed, to be restored. */
  readonly #tasks: number[] = []
  readonly #times: number[] = []

  constructor(rows: Rows) {
    this.#rows = rows
    const { count, outStarts } = rows.graph
    this.#sinks = Array.from({ length: count }, (_, i) => i).filter(i => outStarts[i] === outStarts[i + 1])
    this.#marked = new Int32Array(count)
  }

  /** Calls `each` with every move of the task but that to where it stands. */
  of(task: number, each: Each): void {
    const rows = this.#rows
    const row = rows.row[task]!
    const node = rows.node[task]!
    const after = rows.after[task]!
    const before = rows.before[task]!
    const at = rows.remove(task)
    const restore = this.#without(task, before, after)
    const rest = this.#sinks.reduce((latest, sink) => Math.max(latest, rows.end[sink]!), 0)
    this.#consider(task, rest, row < 0 ? -1 - node : row, at, each)
    restore()
    if (row >= 0) rows.insert(task, row, at)
    else rows.node[task] = node
  }

  /** Times as if the task took no time, and nothing to and from it travelled. */
  #without(task: number, before: number, after: number): () => void {
    const { start, end, tail, order, place, graph } = this.#rows
    const { outStarts, outputs, count, problem: { starts, inputs } } = graph
    const [tasks, times, marked] = [this.#tasks, this.#times, this.#marked]
    tasks.length = times.length = 0
    let mark = ++this.#mark
    let pending = 0
    const spread = (other: number): void => {
      if (other < 0 || marked[other] === mark) return
      marked[other] = mark
      pending++
    }
    spread(task)
    spread(after)
    for (let out = outStarts[task]!; out < outStarts[task + 1]!; out++) spread(outputs[out]!)
    for (let at = place[task]!; pending > 0 && at < count; at++) {
      const each = order[at]!
      if (marked[each] !== mark) continue
      pending--
      this.computed++
      const time = this.#rows.startOf(each)
      const ends = time + this.#rows.duration[each]!
      if (ends === end[each]) continue
      tasks.push(each)
      times.push(start[each]!, end[each]!)
      start[each] = time
      end[each] = ends
      for (let out = outStarts[each]!; out < outStarts[each + 1]!; out++) spread(outputs[out]!)
      spread(this.#rows.after[each]!)
    }
    const forward = tasks.length
    mark = ++this.#mark
    pending = 0
    spread(task)
    spread(before)
    for (let input = starts[task]!; input < starts[task + 1]!; input++) spread(inputs[input]!)
    for (let at = place[task]!; pending > 0 && at >= 0; at--) {
      const each = order[at]!
      if (marked[each] !== mark) continue
      pending--
      this.computed++
      const behind = this.#rows.tailOf(each)
      if (behind === tail[each]) continue
      tasks.push(each)
      times.push(tail[each]!)
      tail[each] = behind
      for (let input = starts[each]!; input < starts[each + 1]!; input++) spread(inputs[input]!)
      spread(this.#rows.before[each]!)
    }
    return () => {
      for (let k = 0; k < tasks.length; k++) {
        if (k >= forward) tail[tasks[k]!] = times[forward + k]!
        else {
          start[tasks[k]!] = times[2 * k]!
          end[tasks[k]!] = times[2 * k + 1]!
        }
      }
    }
  }

  /** @param from the task's row, or -1 - its node if it stands in none */
  #consider(task: number, rest: number, from: number, was: number, each: Each): void {
    const { graph, nodeOf, tasks, end, tail, duration } = this.#rows
    // Inputs end, and outputs begin, at these times at least, wherever the task is: what is later, or before them, cannot be part of a circle.
    const ended = end[task]!
    const behind = tail[task]!
    let last = -1
    let ready = 0
    let left = 0
    for (let row = 0; row < tasks.length; row++) {
      const node = nodeOf[row]!
      if (!graph.canRun(task, node)) continue
      const cost = graph.cost(task, node)
      if (node !== last) {
        ready = this.#readyOn(task, node)
        left = this.#leftOn(task, node)
      }
      if (cost === 0) {
        const through = ready + left
        if (node !== last && from !== -1 - node) each(node, -1, -1, Math.max(rest, through), through)
        last = node
        continue
      }
      last = node
      const list = tasks[row]!
      const a = firstAfter(list, end, ended)
      const b = firstWithout(list, duration, tail, behind)
      for (let at = Math.max(this.#rows.isRunning(list[0] ?? task) ? 1 : 0, Math.min(a, b)), until = Math.max(a, b); at <= until; at++) {
        if (row === from && at === was) continue
        const start = at > 0 ? Math.max(ready, end[list[at - 1]!]!) : ready
        const rear = at < list.length ? Math.max(left, duration[list[at]!]! + tail[list[at]!]!) : left
        const through = start + cost + rear
        each(node, row, at, through > rest ? through : rest, through)
      }
    }
  }

  #readyOn(task: number, node: number): number {
    const { end, node: nodes, graph: { transfer, problem: { starts, inputs, release } } } = this.#rows
    let ready = release ? release[task]! : 0
    for (let at = starts[task]!; at < starts[task + 1]!; at++) {
      const input = inputs[at]!
      ready = Math.max(ready, end[input]! + (nodes[input] === node ? 0 : transfer[at]!))
    }
    return ready
  }

  #leftOn(task: number, node: number): number {
    const { duration, tail, node: nodes, graph: { transfer, outStarts, outputs, outEdges } } = this.#rows
    let left = 0
    for (let at = outStarts[task]!; at < outStarts[task + 1]!; at++) {
      const output = outputs[at]!
      left = Math.max(left, duration[output]! + tail[output]! + (nodes[output] === node ? 0 : transfer[outEdges[at]!]!))
    }
    return left
  }
}

/** Number of the first task that ends after the moment: along a row ends only grow. */
function firstAfter(list: readonly number[], end: Float64Array, moment: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (end[list[middle]!]! > moment) high = middle
    else low = middle + 1
  }
  return low
}

/** Number of the first task that, with what comes after it, takes no longer than `behind`: along a row that only shrinks. */
function firstWithout(list: readonly number[], duration: Float64Array, tail: Float64Array, behind: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (duration[list[middle]!]! + tail[list[middle]!]! > behind) low = middle + 1
    else high = middle
  }
  return low
}
