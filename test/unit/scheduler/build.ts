import {
  checkInvariants, createState, emptyEstimate, learned, nextDeadline, transition,
  type Command, type Dependencies, type Estimate, type Event, type NodeSpec, type Outcome, type RunSpec, type State, type StateOptions, type TaskId,
} from '../../../kernel/scheduler/index.ts'

export type Timeless<E> = E extends Event ? Omit<E, 'time'> : never

interface Entry {
  readonly task: TaskId
  readonly attempt: number
  cancelled: boolean
}

interface SlotModel {
  readonly node: string
  readonly slot: number
  queue: Entry[]
  /** Recalls that it has not answered. */
  recalls: TaskId[][]
}

export type RunOptions = Partial<Omit<RunSpec, 'id' | 'first'>> & {
  /** Inputs of each task, by task or by [run, index]. */
  inputs?: readonly (readonly TaskId[])[]
  after?: readonly RunSpec[]
  shared?: readonly TaskId[]
}

/** A scheduler, and slots that do what it commands when the test says so. Invariants are checked after every event. */
export class World {
  readonly state: State
  time = 0
  checked = true
  readonly slots: SlotModel[] = []
  /** Every command so far; tests look for what they care about. */
  commands: Command[] = []
  readonly settled: TaskId[] = []
  readonly released: TaskId[] = []
  readonly log: Event[] = []
  /** How long each body takes, ms. */
  duration = 20
  #task = 0
  #run = 1

  constructor(options: string | StateOptions = {}) {
    this.state = createState(typeof options === 'string' ? { policy: options } : options)
  }

  send(event: Timeless<Event>): Command[] {
    const timed = { ...event, time: this.time } as Event
    this.log.push(timed)
    const commands = transition(this.state, timed)
    for (const command of commands) this.#obey(command)
    this.commands.push(...commands)
    if (this.checked) checkInvariants(this.state)
    return commands
  }

  #obey(command: Command): void {
    switch (command.type) {
      case 'StartTasks': {
        const { queue } = this.slot(command.node, command.slot)
        command.tasks.forEach((task, i) => queue.push({ task, attempt: command.attempts[i]!, cancelled: false }))
        break
      }
      case 'RecallTasks':
        this.slot(command.node, command.slot).recalls.push([...command.tasks])
        break
      case 'CancelAttempt': {
        const entry = this.slot(command.node, command.slot).queue.find(({ task, attempt }) => task === command.task && attempt === command.attempt)
        if (!entry) throw new Error(`cancel of an attempt that the slot does not have: ${JSON.stringify(command)}`)
        entry.cancelled = true
        break
      }
      case 'TasksSettled':
        this.settled.push(...command.tasks)
        break
      case 'ReleaseValues':
        this.released.push(...command.tasks)
    }
  }

  slot(node: string, slot: number): SlotModel {
    const model = this.slots.find(each => each.node === node && each.slot === slot)
    if (!model) throw new Error(`a command for slot ${node}/${slot}, which is not there`)
    return model
  }

  /** `world.node('a', 2, { cpu: 4 })`; by default a cpu for each slot. */
  node(id: string, slots = 1, resources: Record<string, number> = { cpu: slots }, labels: Record<string, string> = {}, speed = 1): NodeSpec {
    const node: NodeSpec = { id, slots, resources: { memory: 1e9, ...resources }, labels, speed }
    for (let slot = 0; slot < slots; slot++) this.slots.push({ node: id, slot, queue: [], recalls: [] })
    this.send({ type: 'NodeJoined', node })
    return node
  }

  lose(node: string, expected = false): Command[] {
    for (let i = this.slots.length - 1; i >= 0; i--) if (this.slots[i]!.node === node) this.slots.splice(i, 1)
    return this.send({ type: 'NodeLost', node, reason: 'died', expected })
  }

  run(name: string, options: RunOptions = {}): RunSpec {
    const { inputs, after = [], shared = [], ...rest } = options
    const count = rest.count ?? inputs?.length ?? 1
    const spec: RunSpec = {
      id: this.#run++, name, first: this.#task, priority: 0, request: { cpu: 1 }, placement: {}, retries: 0, backoff: 0, replicas: 1, mode: 'async', ...rest, count,
    }
    const dependencies: Dependencies = { runs: after.map(({ id }) => id), shared, ...(inputs && { tasks: inputs }) }
    this.send({ type: 'RunDeclared', run: spec, dependencies })
    this.#task += count
    return spec
  }

  /** States of a run's tasks. */
  states(run: RunSpec): string[] {
    return Array.from({ length: run.count }, (_, i) => this.state.task(run.first + i).state)
  }

  /** Tasks in slots, in the order in which these would execute them. */
  queue(node: string, slot = 0): TaskId[] {
    return this.slot(node, slot).queue.map(({ task }) => task)
  }

  /** Every task at the head of a slot. */
  executing(): TaskId[] {
    return this.slots.flatMap(({ queue }) => (queue[0] ? [queue[0].task] : []))
  }

  slotOf(task: TaskId): SlotModel {
    const model = this.slots.find(({ queue }) => queue.some(entry => entry.task === task))
    if (!model) throw new Error(`task ${task} is on no slot`)
    return model
  }

  /** The slot finishes the first `count` of its queue. Each body took `duration`; time moves on by that. */
  finish(task: TaskId, result: Partial<Outcome> & { count?: number } = {}): Command[] {
    return this.finishSlot(this.slotOf(task), result.count ?? 1, result)
  }

  finishSlot(slot: SlotModel, count = 1, result: Partial<Outcome> = {}): Command[] {
    const outcomes = slot.queue.splice(0, count).map(({ task, attempt }): Outcome => {
      const began = this.time
      this.time += this.duration
      return { task, attempt, began, ended: this.time, ok: true, size: 8, inKernel: false, ...result } as Outcome
    })
    return this.send({ type: 'TasksFinished', node: slot.node, slot: slot.slot, outcomes })
  }

  fail(task: TaskId, error: unknown = 'oops', final = false): Command[] {
    return this.finish(task, { ok: false, error, final })
  }

  /** The slot answers its oldest recall with what it still has, but for its head. */
  answer(slot: SlotModel): Command[] {
    const asked = slot.recalls.shift()
    if (!asked) throw new Error('nothing was recalled')
    const returned = slot.queue.slice(1).filter(({ task }) => asked.includes(task)).map(({ task }) => task)
    slot.queue = slot.queue.filter((entry, i) => i === 0 || !returned.includes(entry.task))
    return this.send({ type: 'TasksReturned', node: slot.node, slot: slot.slot, tasks: returned })
  }

  /** The clock reaches the scheduler's next deadline. */
  wait(): Command[] {
    const deadline = nextDeadline(this.state)
    if (deadline === undefined) throw new Error('the scheduler waits for no time')
    this.time = Math.max(this.time, deadline)
    return this.send({ type: 'TimePassed' })
  }

  /** The clock reaches this time, by way of every deadline before it. */
  waitUntil(time: number): Command[] {
    const commands: Command[] = []
    for (let next = nextDeadline(this.state); next !== undefined && next <= time; next = nextDeadline(this.state)) commands.push(...this.wait())
    this.time = Math.max(this.time, time)
    return commands
  }

  /** The node that executes the task. */
  nodeOf(task: TaskId): string {
    return this.slotOf(task).node
  }

  cancel(...tasks: TaskId[]): Command[] {
    return this.send({ type: 'TasksCancelled', tasks })
  }

  rerun(...tasks: TaskId[]): Command[] {
    return this.send({ type: 'TasksRerun', tasks })
  }

  /** Lets everything run to its end. */
  drain(limit = 100_000): this {
    for (let i = 0; i < limit; i++) {
      const recalled = this.slots.find(({ recalls }) => recalls.length > 0)
      const busy = this.slots.find(({ queue }) => queue.length > 0)
      if (recalled) this.answer(recalled)
      else if (busy) this.finishSlot(busy)
      else if (nextDeadline(this.state) !== undefined) this.wait()
      else return this
    }
    throw new Error('it goes on for ever')
  }
}

/** A pairwise tree over `leaves` tasks, as inputs of `count - 1` tasks of one run that starts at `first`. */
export function tree(leaves: readonly TaskId[], first: TaskId): TaskId[][] {
  const inputs: TaskId[][] = []
  const level = [...leaves]
  while (level.length > 1) inputs.push([level.shift()!, level.shift()!]) && level.push(first + inputs.length - 1)
  return inputs
}

/** What runs of this name have taken so far: so many of this duration, ms, within a few hundredths. */
export function known(durations: Record<string, number>, count = 20): Map<string, Estimate> {
  return new Map(Object.entries(durations).map(([name, duration]) => {
    const estimate = emptyEstimate()
    for (let i = 0; i < count; i++) learned(estimate, 0, duration * (0.97 + (0.06 * i) / count), 8)
    return [name, estimate]
  }))
}

/** The commands of one type. */
export function only<T extends Command['type']>(commands: readonly Command[], type: T): Extract<Command, { type: T }>[] {
  return commands.filter((command): command is Extract<Command, { type: T }> => command.type === type)
}
