/**
 * What the scheduler alone costs, per task, for its whole life inside `transition`. Slots answer at once, with
 * outcomes prepared in bulk. Run by test/bench/scheduler.mjs.
 */
import { createState, nextDeadline, transition, type Command, type Event, type RunSpec, type State } from '../../kernel/scheduler/index.ts'
import { tree } from '../unit/scheduler/build.ts'

class Clock {
  spent = 0
  events = 0
  readonly state: State
  time = 0
  readonly duration: number
  /** Queues of slots by `node/slot`, in the order in which they got something to do. */
  #queue: { node: string; slot: number; tasks: readonly number[]; attempts: readonly number[] }[] = []
  #next = 0
  settled = 0

  constructor(duration: number) {
    this.state = createState({})
    this.duration = duration
  }

  send(event: Event): void {
    const began = performance.now()
    const commands = transition(this.state, event)
    nextDeadline(this.state)
    this.spent += performance.now() - began
    this.events++
    for (const command of commands) this.#obey(command)
  }

  #obey(command: Command): void {
    if (command.type === 'StartTasks') this.#queue.push(command)
    else if (command.type === 'TasksSettled') this.settled += command.tasks.length
    else if (command.type === 'RecallTasks') this.#recalls.push({ node: command.node, slot: command.slot })
  }

  #recalls: { node: string; slot: number }[] = []

  nodes(count: number, slots: number): this {
    for (let i = 0; i < count; i++) {
      this.send({ type: 'NodeJoined', time: 0, node: { id: `n${i}`, slots, resources: { cpu: slots, memory: 1e9 }, labels: {}, speed: 1 } })
    }
    this.spent = this.events = 0
    return this
  }

  run(id: number, first: number, count: number, inputs?: number[][]): this {
    const run: RunSpec = {
      id, name: `run${id}`, first, count, priority: 0, request: { cpu: 1 }, placement: {}, retries: 0, backoff: 0, replicas: 1, mode: 'async',
    }
    this.send({ type: 'RunDeclared', time: this.time, run, dependencies: { runs: [], shared: [], ...(inputs && { tasks: inputs }) } })
    return this
  }

  /** Slots finish what they have, the one that was fed first first. Recalls come too late. */
  drain(): this {
    while (this.#next < this.#queue.length) {
      for (const { node, slot } of this.#recalls.splice(0)) this.send({ type: 'TasksReturned', time: this.time, node, slot, tasks: [] })
      const { node, slot, tasks, attempts } = this.#queue[this.#next++]!
      this.time += this.duration
      const outcomes = tasks.map((task, i) => ({
        task, attempt: attempts[i]!, began: this.time, ended: this.time + this.duration, ok: true as const, size: 8, inKernel: true,
      }))
      this.send({ type: 'TasksFinished', time: this.time + this.duration, node, slot, outcomes })
      if (this.#next > 4096) this.#queue.splice(0, this.#next), (this.#next = 0)
    }
    return this
  }
}

function report(what: string, tasks: number, make: () => Clock): void {
  let best: Clock | undefined
  for (let i = 0; i < 7; i++) {
    const clock = make()
    if (clock.settled !== tasks) throw new Error(`${what}: ${clock.settled} of ${tasks} tasks settled`)
    if (!best || clock.spent < best.spent) best = clock
  }
  const each = (best!.spent / tasks) * 1000
  console.log(`${what.padEnd(64)} ${each.toFixed(2)} µs a task, ${Math.round(1e6 / each).toLocaleString('en')} tasks/s, ${best!.events} events`)
}

const list = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i)
report('100,000 no-op tasks, 2 slots, in batches', 100_000, () => new Clock(0.003).nodes(2, 1).run(1, 0, 100_000).drain())
report('pairwise tree over 4,096 leaves, 2 slots', 8191, () => new Clock(0.003).nodes(2, 1).run(1, 0, 4096).run(2, 4096, 4095, tree(list(0, 4096), 4096)).drain())
report('100,000 tasks of 100 ms, 1,000 nodes of 1 slot, one at a time', 100_000, () => new Clock(100).nodes(1000, 1).run(1, 0, 100_000).drain())
report('100,000 tasks of 100 ms, 10,000 nodes of 1 slot, one at a time', 100_000, () => new Clock(100).nodes(10_000, 1).run(1, 0, 100_000).drain())
report('4 element-wise runs of 25,000, 100 nodes of 4 slots', 100_000, () => {
  const clock = new Clock(0.05).nodes(100, 4)
  for (let r = 0; r < 4; r++) clock.run(r + 1, r * 25_000, 25_000, r === 0 ? undefined : list((r - 1) * 25_000, 25_000).map(task => [task]))
  return clock.drain()
})
report('20,000 single-task runs in a chain, 1,000 nodes', 20_000, () => {
  const clock = new Clock(1).nodes(1000, 1)
  for (let r = 0; r < 20_000; r++) clock.run(r + 1, r, 1, r === 0 ? undefined : [[r - 1]])
  return clock.drain()
})

const memory = (): number => {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
if (globalThis.gc) {
  const before = memory()
  const held = new Clock(1).nodes(10, 1).run(1, 0, 1_000_000)
  const ready = memory() - before
  held.run(2, 1_000_000, 1_000_000, list(0, 1_000_000).map(task => [task]))
  const both = memory() - before
  console.log(`memory: ${Math.round(ready / 1e6)} bytes a ready task; ${Math.round((both - ready) / 1e6)} bytes a waiting one with one input (${held.state.readyLength} ready)`)
}
