/**
 * A run's record is what its scheduler was told: here every fact is kept as the scheduler hears it, and a second scheduler hears the
 * same. A real cluster, with failures, retries, cancels, reruns and a node that is killed.
 */
import { expect, onTestFinished, test } from 'vitest'
import { Coordinator } from '../../kernel/cluster/coordinator.ts'
import { localBackend } from '../../kernel/cluster/local/backend.ts'
import { Places } from '../../kernel/cluster/places.ts'
import { Cursor } from '../../kernel/cluster/live/delta.ts'
import { RunTables } from '../../kernel/cluster/live/apply.ts'
import { expandRecord, stateNames, type AttemptRow } from '../../kernel/cluster/record/read.ts'
import { createState, transition, type Event, type State } from '../../kernel/scheduler/index.ts'
import type { Declaration } from '../../kernel/travel/declaration.ts'
import type { Run } from '../../kernel/cluster/run.ts'
import { encodedBody } from './body.ts'
import { decoded, node } from './local-cluster.ts'

interface Attempt {
  readonly task: number
  readonly attempt: number
  readonly node: string
  readonly slot: number
  readonly began: number
  readonly ended?: number
  /** Absent: with a result, or it has not ended. */
  readonly ending?: AttemptRow['ending']
}

/** What became of every attempt, from nothing but the facts and what a scheduler of its own makes of them. */
class Story {
  readonly state: State = createState({})
  readonly ended: Attempt[] = []
  readonly settled = new Map<number, number>()
  readonly #open = new Map<string, Attempt>()

  hear(event: Event): void {
    if (event.type === 'TasksFinished') {
      for (const one of event.outcomes) this.#end(one.task, one.attempt, one.ended, one.ok ? {} : { ending: 'threw' }, one.began)
    } else if (event.type === 'TasksReturned') {
      for (const [key, one] of this.#open) if (event.tasks.includes(one.task) && one.node === event.node && one.slot === event.slot) this.#open.delete(key)
    } else if (event.type === 'NodeLost' || event.type === 'SlotReset') this.#lose(event)
    for (const command of transition(this.state, event)) {
      if (command.type === 'StartTasks') {
        command.tasks.forEach((task, i) => this.#open.set(`${task}/${command.attempts[i]}`, { task, attempt: command.attempts[i]!, node: command.node, slot: command.slot, began: event.time }))
      } else if (command.type === 'CancelAttempt') this.#end(command.task, command.attempt, event.time, { ending: command.reason === 'superseded' ? 'overtaken' : command.reason })
      else if (command.type === 'TasksSettled') for (const task of command.tasks) this.settled.set(task, event.time)
    }
  }

  /** Of what waits in a slot's queue only the head was being executed. */
  #lose(event: Extract<Event, { type: 'NodeLost' | 'SlotReset' }>): void {
    this.state.nodes.get(event.node)?.queues.forEach((queue, slot) => {
      if (event.type === 'SlotReset' && event.slot !== slot) return
      for (const [key, one] of [...this.#open]) {
        if (one.node !== event.node || one.slot !== slot) continue
        if (one.task === queue[0]) this.#end(one.task, one.attempt, event.time, { ending: event.type === 'NodeLost' ? 'node-lost' : 'slot-reset' })
        this.#open.delete(key)
      }
    })
  }

  #end(task: number, attempt: number, ended: number, how: Pick<Attempt, 'ending'>, began?: number): void {
    const one = this.#open.get(`${task}/${attempt}`)
    if (one) this.ended.push({ ...one, ended, ...how, ...(began !== undefined && { began }) })
    this.#open.delete(`${task}/${attempt}`)
  }
}

function cluster() {
  const story = new Story()
  let check: (() => void) | undefined
  const coordinator = new Coordinator({
    clock: () => performance.now(),
    places: new Places(async (positions) => positions.map(() => undefined)),
    environment: { node: '20', sluice: '0', platform: 'test' },
    cellOf: () => ({ count: 1 }),
    defaultBackend: () => localBackend({ nodes: [node('a', 2), node('b', 2), node('c', 1)], clock: () => performance.now(), directory: process.cwd(), respawn: true }),
    onSettled: () => check?.(),
    onChange: () => check?.(),
    onEvent: (event) => story.hear(event),
  })
  onTestFinished(() => coordinator.stop())
  /** Resolves as soon as `fact` holds. */
  const until = (fact: () => boolean) => new Promise<void>((resolve) => {
    check = () => fact() && resolve()
    check()
  })
  return { story, coordinator, until }
}

let declared = 0
function declaration(name: string, source: string, more: Partial<Declaration>): Declaration {
  return { run: ++declared, cell: 'cell', name, ...encodedBody(source), count: 1, parameters: [], handles: [], after: [], shape: 'array', options: {}, ...more }
}

/** A time as records have it: tenths of a millisecond since the declaration, none before it. */
const recorded = (time: number, run: Run) => Math.max(0, Math.round((time - run.declaredAt) * 10)) / 10

function compare(run: Run, coordinator: Coordinator, story: Story): void {
  const record = coordinator.record(run)
  const { tasks, attempts } = expandRecord(record)
  const { counts, unfinished } = story.state.run(run.spec.id)
  expect(record.counts).toEqual(counts)
  expect(record.final).toBe(unfinished === 0)
  const first = run.spec.first
  const ofRun = story.ended.filter(({ task }) => task >= first && task < first + run.spec.count)
  const ends: number[] = []
  for (const row of tasks) {
    const told = story.state.task(first + row.index)
    const mine = ofRun.filter(({ task }) => task === first + row.index)
    const shown = told.state === 'succeeded' ? mine.findLast(({ ending }) => ending === undefined) : told.state === 'failed' || (told.state === 'cancelled' && mine.at(-1)?.ending === 'cancelled') ? mine.at(-1) : undefined
    const ended = shown?.ended ?? story.settled.get(first + row.index)!
    ends.push(told.state === 'succeeded' ? ended : story.settled.get(first + row.index)!)
    expect(row, `${run.name}[${row.index}]`).toMatchObject({
      state: told.state,
      attempts: told.attemptCount,
      ended: recorded(ended, run),
      ...(shown && { attempt: shown.attempt, node: shown.node, slot: shown.slot, started: recorded(shown.began, run) }),
    })
    if (told.state === 'skipped') expect(coordinator.runs.get(row.root!.run)!.spec.first + row.root!.index).toBe(told.root)
    // Every other attempt stands among the attempts, in the order in which they ended.
    const others = mine.filter((one) => one !== shown && one.ending !== undefined)
    expect(attempts.filter(({ task }) => task === row.index), `attempts of ${run.name}[${row.index}]`).toEqual(others.map((one) => ({
      task: row.index, attempt: one.attempt, node: one.node, slot: one.slot, began: recorded(one.began, run), ended: recorded(one.ended!, run), ending: one.ending,
    })))
  }
  expect(record.makespan).toBe(recorded(Math.max(...ends), run))
}

test('the record equals what the scheduler was told: states, times and attempts of every task', async () => {
  const { coordinator, story, until } = cluster()
  const succeeded = (run: Run) => coordinator.counts(run).succeeded ?? 0
  const unfinished = (run: Run) => coordinator.state.unfinished(run.spec.id)
  const pids = await coordinator.declareNow(declaration('pids', 'async () => process.pid', { options: { node: 'b' } }))
  const [pid] = await coordinator.want(pids.spec.id, undefined, true)
  const work = await coordinator.declareNow(declaration('work', `async (n, task) => {
    await new Promise((resolve) => setTimeout(resolve, 4 + n % 9))
    if (n % 10 === 3 || (n % 10 === 4 && task.attempt < 2)) throw new Error('no ' + n)
    return n
  }`, { count: 200, parameters: [{ from: 'items', items: Array.from({ length: 200 }, (_, i) => i), stride: 1 }], options: { retries: 1, backoff: 3 } }))
  const slow = await coordinator.declareNow(declaration('slow', `async (n) => { if (n < 3) while (true); return n }`, {
    count: 8, parameters: [{ from: 'items', items: [0, 1, 2, 3, 4, 5, 6, 7], stride: 1 }], options: { timeout: 60, priority: 5 },
  }))
  const after = await coordinator.declareNow(declaration('after', 'async (n) => n + 1', { count: 200, parameters: [{ from: 'results', of: work.spec.id, count: 200, stride: 1 }] }))
  const stays = await coordinator.declareNow(declaration('stays', 'async (n, task) => { if (task.attempt < 2) await new Promise(() => {}) }', {
    count: 1, parameters: [{ from: 'items', items: [0], stride: 1 }], options: { node: 'b', priority: 10 },
  }))
  const cursor = new Cursor(work.recorder!)
  const tables = RunTables.from(cursor.snapshot(performance.now(), coordinator.sources(work)))
  const follow = () => {
    const delta = cursor.delta(performance.now(), coordinator.sources(work))
    if (delta) tables.apply(delta)
  }

  await until(() => succeeded(work) > 20)
  follow()
  const running = coordinator.tasks(work.spec.id).filter(({ state }) => state === 'running').slice(0, 2).map(({ index }) => index)
  expect(coordinator.cancelTasks(work.spec.id, [...running, ...Array.from({ length: 20 }, (_, i) => 199 - i)])).toBeGreaterThanOrEqual(21)
  await until(() => succeeded(work) > 40 && coordinator.tasks(stays.spec.id)[0]!.state === 'running')
  follow()
  process.kill(decoded((pid as { value: Uint8Array }).value) as number, 'SIGKILL')
  await until(() => unfinished(work) + unfinished(after) + unfinished(slow) + unfinished(stays) === 0)
  for (const run of [work, after, slow, stays]) compare(run, coordinator, story)
  expect(coordinator.record(slow).counts).toMatchObject({ failed: 3, succeeded: 5 })
  expect(expandRecord(coordinator.record(stays)).attempts.map(({ ending }) => ending)).toEqual(['node-lost'])
  expect(new Set(story.ended.map(({ ending }) => ending))).toEqual(new Set([undefined, 'threw', 'cancelled', 'node-lost', 'timed-out']))
  follow()

  // And once more, when what had ended starts over.
  expect(coordinator.rerun({ run: work.spec.id }, true)).toBeGreaterThan(20)
  expect(coordinator.rerun({ run: after.spec.id }, true)).toBeGreaterThanOrEqual(0)
  await until(() => unfinished(work) + unfinished(after) === 0)
  for (const run of [work, after, slow]) compare(run, coordinator, story)
  follow()
  const { asOf: _, ...saved } = coordinator.record(work)
  expect(tables.toRecord()).toMatchObject({ tasks: saved.tasks, attempts: saved.attempts, counts: saved.counts, errors: saved.errors, makespan: saved.makespan })
  expect(stateNames.map((name) => saved.counts[name]).reduce((a, b) => a + b)).toBe(200)
})
