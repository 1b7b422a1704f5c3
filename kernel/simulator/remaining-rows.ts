/** The columns of a problem of what is left, filled from the scheduler's state. */
import type { RunView, State, TaskId, Time } from '../scheduler/index.ts'
import { expectedLeft, type Spread } from './spread.ts'

export class Rows {
  readonly duration: Float64Array
  readonly request: Float64Array
  /** Infinity: of what hinders nothing. */
  readonly priority: Float64Array
  readonly release: Float64Array
  readonly running: Int32Array
  readonly whole: Float64Array
  readonly elapsed: Float64Array
  /** Numbers of tasks that wait in a node's queue, and that node's: they start nowhere else. */
  readonly pinned = new Map<number, number>()
  readonly #state: State
  readonly #now: Time
  readonly #requests: readonly (readonly number[])[]
  readonly #nodes: ReadonlyMap<string, { readonly number: number; readonly speed: number }>
  /** The tasks that slots execute; others have been handed over, and wait. */
  readonly #heads: ReadonlySet<TaskId>

  constructor(state: State, now: Time, runs: readonly RunView[], resources: readonly string[], count: number) {
    const nodes = [...state.nodes.values()]
    this.#state = state
    this.#now = now
    this.#requests = runs.map((run) => resources.map((name) => run.spec.request[name] ?? 0))
    this.#nodes = new Map(nodes.map(({ spec }, number) => [spec.id, { number, speed: spec.speed }]))
    this.#heads = new Set(nodes.flatMap(({ queues }) => queues.flatMap((queue) => queue.slice(0, 1))))
    this.duration = new Float64Array(count)
    this.request = new Float64Array(count * resources.length)
    this.priority = new Float64Array(count).fill(Infinity)
    this.release = new Float64Array(count)
    this.running = new Int32Array(count).fill(-1)
    this.whole = new Float64Array(count)
    this.elapsed = new Float64Array(count)
  }

  /** @param i its number. @param row of its run */
  enter(i: number, task: TaskId, row: number, run: RunView, spread: Spread): void {
    this.priority[i] = run.priority
    this.duration[i] = this.#state.expected(task)
    this.request.set(this.#requests[row]!, i * this.#requests[row]!.length)
    const name = this.#state.stateName(task)
    if (name === 'running' || name === 'backing-off') this.#begun(i, task, spread)
  }

  /** A result that this node holds. */
  hold(i: number, node: string): void {
    this.running[i] = this.#nodes.get(node)!.number
  }

  #begun(i: number, task: TaskId, spread: Spread): void {
    const view = this.#state.task(task)
    if (view.state === 'backing-off') this.release[i] = Math.max(0, view.until - this.#now)
    const attempt = view.state === 'running' ? view.attempts[0] : undefined
    const node = attempt && this.#nodes.get(attempt.node)
    if (!attempt || !node) return
    if (!this.#heads.has(task)) return void this.pinned.set(i, node.number)
    this.running[i] = node.number
    this.whole[i] = this.duration[i]!
    this.elapsed[i] = Math.max(0, this.#now - attempt.since) * node.speed
    this.duration[i] = expectedLeft(spread, this.whole[i]!, this.elapsed[i]!)
  }
}
