/** Results as those who await them get them: from the kernel, from the nodes, or computed again. */
import { unreadableResult } from '../errors.ts'
import type { State, StateName, TaskId } from '../scheduler/index.ts'
import type { Settled, Wire } from '../travel/declaration.ts'
import type { Input, ValueRef } from './backend.ts'
import { failureOf, type WithoutResult } from './failure.ts'
import { taskName, type Run, type Source } from './run.ts'
import { Wants, type Standing } from './wants.ts'

/** How often a result that is lost again while it is fetched is computed anew before that is given up. */
const PATIENCE = 20

interface Surroundings {
  readonly state: State
  runOf(task: TaskId): Run
  /** From a node that holds it; rejects when none does. */
  read(reference: ValueRef): Promise<Wire>
  /** Nobody holds this result any more, and it is wanted. */
  recompute(task: TaskId): void
}

export class Results {
  readonly #around: Surroundings
  readonly #wants = new Wants()

  constructor(around: Surroundings) {
    this.#around = around
  }

  /** Somebody's waiting may be over. */
  settled(task: TaskId, succeeded: boolean): void {
    this.#wants.settled(task, succeeded)
  }

  /**
   * Resolves with these results when all of their tasks have settled. With `failFast`, with the first that has no result
   * alone, as soon as that is known.
   */
  async want(sources: readonly Source[], failFast: boolean): Promise<Settled[]> {
    const tasks = sources.flatMap((source) => ('task' in source ? [source.task] : []))
    const failed = await this.#wants.add(tasks, failFast, (task) => this.standing(task))
    if (failed !== undefined) return [this.failure(failed)]
    return Promise.all(sources.map((source) => this.#settledNow(source)))
  }

  /** Resolves when the tasks have settled, with those that ended without a result. Nothing is computed anew. */
  async ended(tasks: readonly TaskId[]): Promise<WithoutResult[]> {
    await this.#wants.add(tasks, false, (task) => this.standing(task))
    return tasks.filter((task) => this.standing(task) === 'without-result').map((task) => this.failure(task))
  }

  standing(task: TaskId): Standing {
    if (!this.#around.runOf(task).submitted) return 'unsettled'
    const state = this.#around.state.stateName(task)
    if (state === 'succeeded') return 'succeeded'
    return isFinal(state) ? 'without-result' : 'unsettled'
  }

  failure(task: TaskId): WithoutResult {
    return failureOf(task, this.#around.state, (one) => this.#around.runOf(one))
  }

  /** The value itself if the kernel holds it, else where it is. */
  input(source: Source): Input {
    if (!('task' in source)) return source.wire
    const run = this.#around.runOf(source.task)
    const index = source.task - run.spec.first
    return index in run.values ? run.values[index] : (this.#reference(source.task) ?? undefined)
  }

  #reference(task: TaskId): ValueRef | undefined {
    const state = this.#around.state.task(task)
    if (state.state !== 'succeeded' || state.value.inKernel) return undefined
    return { task, size: state.value.size, nodes: state.value.nodes }
  }

  #settledNow(source: Source): Settled | Promise<Settled> {
    if (!('task' in source)) return { status: 'succeeded', value: source.wire }
    const standing = this.standing(source.task)
    if (standing === 'without-result') return this.failure(source.task)
    // It was lost with its nodes, and wanting it has had it computed again.
    if (standing === 'unsettled') return this.#onceSettled(source)
    const run = this.#around.runOf(source.task)
    const index = source.task - run.spec.first
    return index in run.values ? { status: 'succeeded', value: run.values[index] } : this.#fetch(source.task)
  }

  async #onceSettled(source: { readonly task: TaskId }): Promise<Settled> {
    await this.#wants.add([source.task], false, (task) => this.standing(task))
    return this.#settledNow(source)
  }

  /** Reads a result from the nodes; when they have lost it meanwhile, it is computed again first. */
  async #fetch(task: TaskId): Promise<Settled> {
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      if (this.standing(task) === 'without-result') return this.failure(task)
      const reference = this.#reference(task)
      if (!reference) return { status: 'succeeded', value: this.input({ task }) as Wire }
      try {
        return { status: 'succeeded', value: await this.#around.read(reference) }
      } catch {
        this.#around.recompute(task)
        await this.#wants.add([task], false, (one) => this.standing(one))
      }
    }
    const run = this.#around.runOf(task)
    throw unreadableResult(taskName(run, task - run.spec.first))
  }
}

function isFinal(state: StateName): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled' || state === 'skipped'
}
