import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addPolicy, checkInvariants, createState, nextDeadline, policyNames, transition, type Command, type Event, type NodeView, type Outcome, type Policy, type RunSpec, type TaskId,
} from '../../../kernel/scheduler/index.ts'
import { machineOf } from '../../../kernel/scheduler/transition.ts'
import { only, tree, type Timeless, World } from './build.ts'

/** SLUICE_SEQUENCES=10000 for a long run (npm test makes 2000); SLUICE_SEED to repeat one that failed, SLUICE_SHRINK=0 to have it as it was found. */
const sequences = Number(process.env['SLUICE_SEQUENCES'] ?? 120)
const seed = process.env['SLUICE_SEED'] === undefined ? undefined : Number(process.env['SLUICE_SEED'])

const final = new Set(['succeeded', 'failed', 'cancelled', 'skipped'])
/** What users might register: answers that make no sense, and none at all. */
const strange: readonly Policy[] = [
  {
    name: 'nonsense', source: 'a test', meaning: 'answers what it should not', holds: true,
    rankTask: (_view, task) => [NaN, Infinity, -task, 'high' as unknown as number][task % 4]!,
    rankRun: view => (view.random() < 0.5 ? -Infinity : view.random()),
    place(view, task, fitting) {
      const any = [...view.nodes.values()][task % view.nodes.size]!
      const answers: readonly unknown[] = [
        undefined, null, 'a', {}, { node: any, reason: 'any' }, { node: { spec: any.spec }, reason: 1 }, { hold: NaN, reason: 'never' }, { hold: Infinity, reason: 'for ever' },
        { hold: view.time + 5, for: any, reason: 'for any' }, { hold: view.time + 9, for: {} as NodeView, reason: 'for none' }, { hold: view.time + 3, reason: 'so' },
        { hold: view.time + 7, for: any, stealable: true, reason: 'until stolen' }, { node: fitting.leastLoaded(), reason: 'well' },
      ]
      return answers[Math.floor(view.random() * answers.length)] as never
    },
  },
  {
    name: 'broken', source: 'a test', meaning: 'throws', holds: true, ranksJobs: true,
    rankTask: () => { throw new Error('no rank') },
    rankRun: () => { throw new TypeError('no rank either') },
    place: () => { throw new Error('no place') },
  },
  {
    name: 'waiter', source: 'a test', meaning: 'waits as long as it may', holds: true,
    place: (view, task, fitting) => (view.mayHold(task) ? { hold: Infinity, reason: 'for ever' } : { node: fitting.fastest(), reason: 'the fastest' }),
  },
]
const policies = [...policyNames, ...strange.map(({ name }) => name)]
const plannings = ['heft', 'adaptive']

/** One thing that happens; the numbers pick, modulo what there is, whom it happens to. */
const step = fc.record({ what: fc.nat(99), a: fc.nat(9999), b: fc.nat(9999), c: fc.nat(9999) })
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A world in which anything may happen, in any order. */
class Chaos extends World {
  readonly runs: RunSpec[] = []
  readonly stale: { node: string; slot: number; outcome: Outcome }[] = []
  nodesMade = 0
  tiny = true

  constructor(policy?: string) {
    super()
    for (const each of strange) addPolicy(this.state, each)
    if (policy !== undefined) this.send({ type: 'PolicyChanged', policy })
  }

  /** After each event: what it started was not to be preceded by what still waits. */
  override send(event: Timeless<Event>): Command[] {
    const machine = machineOf(this.state)
    const heldBefore = machine.heldBy.all.filter(held => held !== undefined)
    const commands = super.send(event)
    this.seen.holds += machine.holdOrder.size
    this.seen.speculated += machine.speculating.size
    this.seen.reserved += machine.reservation ? 1 : 0
    this.seen.plans += event.type === 'Planned' ? 1 : 0
    for (const { node, slot, tasks } of only(commands, 'StartTasks')) {
      const run = machine.runOf(tasks[0]!)
      for (const shape of machine.active) {
        const first = machine.runs[shape.runs.top]
        const preceded = first && first.priority > run.priority && shape.fitsAfter(machine.nodes.get(node)!.slots[slot]!)
        if (preceded) throw new Error(`task ${tasks[0]} (priority ${run.priority}) was started before ${first.spec.name} (priority ${first.priority})`)
      }
      for (const held of heldBefore) {
        if (held.number >= 0 && held.priority > run.priority) throw new Error(`task ${tasks[0]} (priority ${run.priority}) was started while ${held.task} (priority ${held.priority}) is held`)
      }
      for (const held of machine.heldBy.all) {
        const preceded = held && held.priority > run.priority && held.run.open && held.run.shape.fitsAfter(machine.nodes.get(node)!.slots[slot]!)
        if (preceded) throw new Error(`task ${tasks[0]} (priority ${run.priority}) was started where ${held.task} (priority ${held.priority}), which is held, fits`)
      }
      this.seen.batches += tasks.length > 1 ? 1 : 0
    }
    this.seen.recalls += only(commands, 'RecallTasks').length
    this.seen.copies += only(commands, 'CancelAttempt').filter(({ reason }) => reason === 'superseded').length
    this.seen.timeouts += only(commands, 'CancelAttempt').filter(({ reason }) => reason === 'timed-out').length
    return commands
  }

  readonly seen = { batches: 0, recalls: 0, copies: 0, timeouts: 0, holds: 0, plans: 0, speculated: 0, reserved: 0 }

  take(step: Step): void {
    const { what, a, b } = step
    this.time += a % 3 === 0 ? b % 7 : 0
    if (what < 14) this.declare(step)
    else if (what < 20) this.join(step)
    else if (what < 24) this.loseSome(step)
    else if (what < 60) this.finishSome(step)
    else if (what < 66) this.answerSome(step)
    else if (what < 72) this.passTime(step)
    else if (what < 75) this.cancelSome(step)
    else if (what < 78) this.rerunSome(step)
    else if (what < 81) this.resetSome(step)
    else if (what < 84) this.prioritize(step)
    else if (what < 85) this.send({ type: 'PolicyChanged', policy: policies[a % policies.length]! })
    else if (what < 87) this.plan(step)
    else if (what < 88) this.releaseSome(step)
    else if (what < 91) this.valueNews(step)
    else if (what < 94) this.want(step)
    else if (what < 97) this.repeatStale(step)
    else this.giveBack(step)
  }

  get tasks(): number {
    const last = this.runs[this.runs.length - 1]
    return last ? last.first + last.count : 0
  }

  pick<T>(list: readonly T[], n: number): T | undefined {
    return list[n % Math.max(list.length, 1)]
  }

  declare({ a, b, c }: Step): void {
    const known = this.tasks
    const count = a % 11 === 0 ? 0 : 1 + (a % 6) * (b % 5 === 0 ? 8 : 1)
    const shape = known === 0 ? 0 : c % 5
    const leaves = this.pick(this.runs.filter(run => run.count >= 2 && run.count <= 12), b)
    const inputs = shape === 1 ? Array.from({ length: count }, (_, i) => [(b + i * 3) % known, (c + i) % known])
      : shape === 2 && leaves ? tree(Array.from({ length: leaves.count }, (_, i) => leaves.first + i), known) : undefined
    const after = shape === 3 ? [this.pick(this.runs, b)!, this.pick(this.runs, c)!] : []
    this.runs.push(this.run(`r${a % 4}`, {
      count: inputs?.length ?? count, after, ...(inputs && { inputs }),
      shared: shape === 4 ? [b % known] : [],
      priority: (c % 3) * 10 - 10,
      request: b % 3 === 0 ? { cpu: 1 } : b % 3 === 1 ? { cpu: 2 } : { cpu: 0.5, gpu: b % 2 },
      placement: c % 13 === 0 ? { labels: { zone: 'x' } } : {},
      retries: a % 3, backoff: (b % 3) * 5,
      ...(c % 4 === 0 && { timeout: 1 + (b % 30) }),
      replicas: a % 7 === 0 ? 2 : 1,
      mode: b % 6 === 0 ? 'sync' : 'async',
      ...(c % 4 === 1 && { policy: policies[a % policies.length]! }),
      ...(a % 5 === 0 && { speculate: true, bytes: Array.from({ length: count }, (_, i) => (i * c) % 7 === 3 ? [NaN, -1, Infinity][i % 3]! : (i * c) % 1e6) }),
    }))
  }

  join({ a, b, c }: Step): void {
    if (this.state.nodes.size >= 5) return
    // Sometimes a node comes back under its old name.
    const id = a % 3 === 0 && this.nodesMade > 0 ? `n${b % this.nodesMade}` : `n${this.nodesMade++}`
    if (this.state.nodes.has(id)) return
    this.node(id, 1 + (b % 3), { cpu: 1 + (c % 3), gpu: c % 2 }, a % 2 ? { zone: 'x' } : {}, 1 + (c % 2))
  }

  loseSome({ a, b }: Step): void {
    const node = this.pick([...this.state.nodes.keys()], a)
    if (node !== undefined) this.lose(node, b % 4 === 0)
  }

  finishSome({ a, b, c }: Step): void {
    const busy = this.slots.filter(({ queue }) => queue.length > 0)
    const slot = this.pick(busy, a)
    if (!slot) return
    this.duration = this.tiny ? 0.05 : c % 40
    const ok = b % 6 !== 0
    const result = ok ? { inKernel: c % 2 === 0, size: c % 50 === 0 ? -c : c } : { ok: false as const, error: 'oops', final: c % 9 === 0 }
    const { task, attempt } = slot.queue[0]!
    this.stale.push({ node: slot.node, slot: slot.slot, outcome: { task, attempt, began: 0, ended: this.time, ok: true, size: 1, inKernel: true } })
    this.finishSlot(slot, 1 + (c % slot.queue.length), result as Partial<Outcome>)
  }

  answerSome({ a }: Step): void {
    const slot = this.pick(this.slots.filter(({ recalls }) => recalls.length > 0), a)
    if (slot) this.answer(slot)
  }

  passTime({ a }: Step): void {
    if (a % 4 === 1) this.time += 1500
    else if (nextDeadline(this.state) === undefined || a % 4 === 0) this.time += a % 20
    else this.time = Math.max(this.time, nextDeadline(this.state)!)
    this.send({ type: 'TimePassed' })
    const next = nextDeadline(this.state)
    if (next !== undefined && next <= this.time) throw new Error(`after TimePassed at ${this.time} the next deadline is ${next}`)
  }

  someTasks({ a, b, c }: Step): TaskId[] {
    const known = this.tasks
    return known === 0 ? [] : Array.from({ length: 1 + (a % 4) }, (_, i) => (b + c * i) % known)
  }

  cancelSome(step: Step): void {
    this.cancel(...this.someTasks(step))
  }

  rerunSome(step: Step): void {
    this.rerun(...this.someTasks(step))
  }

  resetSome({ a, b }: Step): void {
    const slot = this.pick(this.slots, a)
    if (!slot) return
    slot.queue = []
    slot.recalls = []
    this.time += b % 2
    this.send({ type: 'SlotReset', node: slot.node, slot: slot.slot, reason: 'out of memory' })
  }

  prioritize({ a, b }: Step): void {
    const run = this.pick(this.runs, a)
    if (run) this.send({ type: 'PriorityChanged', run: run.id, priority: (b % 5) * 5 - 10 })
  }

  releaseSome({ a }: Step): void {
    const run = this.pick(this.runs, a)
    if (run) this.send({ type: 'RunsReleased', runs: [run.id] })
  }

  /** A plan for some tasks, not all of them there, on nodes of which some are gone; or a policy is chosen for runs that leave the choice. */
  plan({ a, b, c }: Step): void {
    const runs = this.runs.filter((_, i) => (i + a) % 3 > 0).map(({ id }) => id)
    if (a % 3 === 0) return void this.send({ type: 'PolicyChosen', runs, policy: policies[b % policies.length]!, reason: 'a test' })
    const tasks = Array.from({ length: this.tasks + 2 }, (_, i) => i).filter(task => (task * 7 + b) % 5 > 0)
    const nodes = [...this.state.nodes.keys(), 'gone']
    const node = tasks.map(task => ((task + c) % (nodes.length + 1)) - 1)
    const start = tasks.map(task => (b % 11 === 0 && task % 3 === 0 ? NaN : this.time + ((task * c) % 50) - 5))
    this.send({ type: 'Planned', policy: plannings[b % plannings.length]!, tasks, nodes, node, start })
  }

  valueNews(step: Step): void {
    const node = this.pick([...this.state.nodes.keys(), 'gone', 'kernel'], step.c)!
    for (const task of this.someTasks(step)) {
      if (step.a % 2) this.send({ type: 'ValueLost', task })
      else this.send({ type: 'ValueCopied', task, node })
    }
  }

  want(step: Step): void {
    this.send({ type: 'ResultsWanted', tasks: this.someTasks(step) })
  }

  /** An outcome is reported a second time, late, or by a slot that is gone; if it is still in the queue it would be no repetition. */
  repeatStale({ a }: Step): void {
    const late = this.pick(this.stale, a)
    const slot = late && this.slots.find(each => each.node === late.node && each.slot === late.slot)
    if (!late || slot?.queue.some(({ task, attempt }) => task === late.outcome.task && attempt === late.outcome.attempt)) return
    const before = this.settled.length
    this.send({ type: 'TasksFinished', node: late.node, slot: late.slot, outcomes: [late.outcome] })
    expect(this.settled.length).toBe(before)
  }

  /** A slot gives back cancelled tasks that it had not begun, or, unasked, one that it had not. */
  giveBack({ a, b }: Step): void {
    const slot = this.pick(this.slots.filter(({ queue }) => queue.length > 1), a)
    if (!slot) return
    const returned = slot.queue.filter((entry, i) => i > 0 && (entry.cancelled || b % 5 === 0))
    slot.queue = slot.queue.filter(entry => !returned.includes(entry))
    this.send({ type: 'TasksReturned', node: slot.node, slot: slot.slot, tasks: returned.map(({ task }) => task) })
  }

  /** Gives everything that can run somewhere to run, and lets it. */
  finishAll(): void {
    for (const n of [0, 1]) this.node(`last${n}`, 3, { cpu: 8, gpu: 2 }, { zone: 'x' })
    this.duration = 1
    this.drain(20_000)
  }
}

/** The same events give the same commands. */
function repeat(world: Chaos, policy: string | undefined): void {
  const again = createState({})
  for (const each of strange) addPolicy(again, each)
  const commands = world.log.flatMap(event => transition(again, event))
  if (policy !== undefined && world.log[0]?.type !== 'PolicyChanged') throw new Error('the log begins with the first event')
  expect(JSON.stringify(commands)).toBe(JSON.stringify(world.commands))
}

const what = ['batches', 'recalls', 'copies', 'timeouts', 'holds', 'plans', 'speculated', 'reserved'] as const

/** Takes random sequences of steps to their end, and looks at what came of them; how many of them met what. */
function assertSequences(parameters: fc.Parameters<[Step[], boolean, string | undefined]>): Record<(typeof what)[number], number> {
  const met = Object.fromEntries(what.map(each => [each, 0])) as Record<(typeof what)[number], number>
  const clusterPolicy = fc.option(fc.constantFrom(...policies), { nil: undefined })
  fc.assert(fc.property(fc.array(step, { minLength: 10, maxLength: 120, size: 'max' }), fc.boolean(), clusterPolicy, (steps, tiny, policy) => {
    const world = new Chaos(policy)
    world.tiny = tiny
    for (const each of steps) world.take(each)
    world.finishAll()
    for (let task = 0; task < world.tasks; task++) {
      const { state } = world.state.task(task)
      if (!final.has(state)) throw new Error(`task ${task} is ${state} in the end`)
      if (!world.settled.includes(task)) throw new Error(`task ${task} is ${state}, but was never reported`)
    }
    for (const node of world.state.nodes.values()) if (node.load > 0) throw new Error(`a slot of ${node.spec.id} is not free in the end`)
    checkInvariants(world.state)
    if (steps.length % 8 === 0) repeat(world, policy)
    for (const each of what) met[each] += world.seen[each] > 0 ? 1 : 0
  }), parameters)
  return met
}

test('whatever happens, in whatever order, every invariant holds and every task ends in one final state', () => {
  const met = assertSequences({ numRuns: sequences, ...(seed !== undefined && { seed }), endOnFailure: process.env['SLUICE_SHRINK'] === '0' })
  if (process.env['SLUICE_SEQUENCES'] !== undefined) console.log(met)
}, 600_000)

test('such sequences meet all that may happen', () => {
  // Always the same ones, for what is rare may be missing by chance: if a change to the scheduler has them meet less, take another seed.
  const met = assertSequences({ numRuns: 50, seed: 10 })
  for (const each of what) expect([each, met[each] > 0]).toEqual([each, true])
}, 600_000)
