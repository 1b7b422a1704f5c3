/** What a user's policy is shown of the scheduler's state: bounded, whatever the state holds. */
import type { State, TaskId } from '../scheduler/index.ts'
import type { Run } from './run.ts'
import type { View, ViewedAttempt, ViewedInput, ViewedNode, ViewedTask } from './user-policy-messages.ts'

/** Tasks that may be started or will be; running ones; nodes; inputs of a task; nodes that hold an input. */
export const MOST_TASKS = 1000
const MOST_RUNNING = 500
const MOST_NODES = 500
const MOST_INPUTS = 16
const MOST_HOLDERS = 8

/** Numbers of states in the scheduler's table, as `State.states` gives them. */
const WAITING = 0
const READY = 1

export interface Shown {
  readonly view: View
  /** Ready ones among those shown. */
  readonly ready: readonly TaskId[]
}

/** @param runs those that go by the policy */
export function viewOf(state: State, runs: readonly Run[], since: number): Shown {
  const ordered = [...runs].sort((a, b) => state.run(b.spec.id).priority - state.run(a.spec.id).priority || a.spec.first - b.spec.first)
  const ready = tasksIn(state, ordered, READY, MOST_TASKS)
  const waiting = tasksIn(state, ordered, WAITING, MOST_TASKS - ready.shown.length)
  const shared = new Map(ordered.map((run) => [run, sharedOf(state, run)]))
  const tasks = [...ready.shown, ...waiting.shown].map(([run, task]) => taskView(state, run, shared.get(run)!, task))
  const nodes = [...state.nodes.values()].slice(0, MOST_NODES).map(({ spec, idleSlots, load, held }): ViewedNode => ({
    name: spec.id,
    slots: spec.slots,
    idle: idleSlots,
    load,
    speed: spec.speed,
    resources: Object.fromEntries(Object.entries(spec.resources).map(([name, total]) => [name, { total, free: total - (held[name] ?? 0) }])),
    labels: spec.labels,
  }))
  const view: View = { time: state.time - since, tasks, more: ready.more + waiting.more, nodes, running: runningIn(state, since) }
  return { view, ready: ready.shown.map(([, task]) => task) }
}

/** All ready tasks of the runs. */
export function readyIn(state: State, runs: readonly Run[]): TaskId[] {
  return tasksIn(state, runs, READY, Infinity).shown.map(([, task]) => task)
}

/** Tasks of a state in the order of runs; more than `most` are only counted. */
function tasksIn(state: State, runs: readonly Run[], wanted: number, most: number): { shown: [Run, TaskId][]; more: number } {
  const shown: [Run, TaskId][] = []
  let all = 0
  for (const run of runs) {
    const { counts } = state.run(run.spec.id)
    const count = wanted === READY ? counts.ready : counts.waiting
    all += count
    if (count === 0) continue
    const states = state.states(run.spec.id)
    for (let at = states.indexOf(wanted); at >= 0 && shown.length < most; at = states.indexOf(wanted, at + 1)) shown.push([run, run.spec.first + at])
  }
  return { shown, more: all - shown.length }
}

/** What all tasks of a run have in common. */
interface Shared {
  readonly priority: number
  readonly known: boolean
  readonly inputs: readonly TaskId[]
}

function sharedOf(state: State, { spec: { id } }: Run): Shared {
  return { priority: state.run(id).priority, known: state.known(id), inputs: state.commonInputsOf(id).tasks.slice(0, MOST_INPUTS) }
}

function taskView(state: State, run: Run, { priority, known, inputs }: Shared, task: TaskId): ViewedTask {
  const now = state.task(task)
  return {
    id: task,
    name: run.name,
    index: task - run.spec.first,
    priority,
    ...(known && { expected: state.expected(task) }),
    ready: now.state === 'ready',
    waitsFor: now.state === 'waiting' ? now.missing : 0,
    attempts: now.attemptCount,
    inputs: inputsOf(state, task, inputs),
    resources: run.spec.request,
  }
}

function inputsOf(state: State, task: TaskId, shared: readonly TaskId[]): ViewedInput[] {
  const inputs: TaskId[] = [...state.singleInputsOf(task).subarray(0, MOST_INPUTS), ...shared]
  return inputs.slice(0, MOST_INPUTS).map((input) => {
    const from = state.task(input)
    const nodes = from.state === 'succeeded' ? from.value.nodes.slice(0, MOST_HOLDERS) : []
    return { bytes: state.resultBytes(input), nodes }
  })
}

/** What runs now, whatever its policy. */
function runningIn(state: State, since: number): ViewedAttempt[] {
  const running: ViewedAttempt[] = []
  for (const { queues } of state.nodes.values()) {
    for (const [task] of queues) {
      if (running.length >= MOST_RUNNING) return running
      if (task === undefined) continue
      const now = state.task(task)
      const attempt = now.state === 'running' ? now.attempts[0] : undefined
      if (!attempt) continue
      const { spec } = state.run(now.run)
      running.push({ id: task, name: spec.name, index: now.index, node: attempt.node, since: attempt.since - since, ...(state.known(now.run) && { expected: state.expected(task) }) })
    }
  }
  return running
}
