import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { momentOf } from '../../../../extension/src/run/moment.ts'
import type { StateName } from '../../../../kernel/scheduler/index.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { stateNames } from '../../../../kernel/cluster/record/read.ts'
import type { RunRecord } from '../../../../kernel/cluster/record/types.ts'
import type { RunFacts } from '../../../../kernel/cluster/record/facts.ts'
import { RunRecorder } from '../../../../kernel/cluster/record/recorder.ts'
import { reductionTree } from '../../../../kernel/cluster/reduction.ts'
import { nodeSpecs, randomNumbers, runFacts, samples, statesOf, T0 } from '../../cluster/sample-runs.ts'

const statesAt = (record: RunRecord, time: number | undefined) => Array.from(momentOf(RunTables.from(record), time).states, (state) => stateNames[state]!)

interface Fact {
  readonly time: number
  readonly states: readonly (readonly [task: number, state: StateName])[]
  tell?(recorder: RunRecorder): void
}

/**
 * What happens in a run whose tasks fail now and then and whose second node is lost, in order of time: unlike the player of
 * sample runs this one goes through time step by step, so that a snapshot in mid-run knows nothing of what is to come.
 */
function happenings(facts: RunFacts, seed: number, inputs?: Int32Array): Fact[] {
  const random = randomNumbers(seed)
  const happened: Fact[] = []
  const queue: { readonly time: number; readonly step: () => void }[] = []
  const at = (time: number, step: () => void) => queue.splice(queue.findLastIndex((other) => other.time <= time) + 1, 0, { time, step })
  const state = new Array<StateName>(facts.count).fill('waiting')
  const failures = new Array<number>(facts.count).fill(0)
  const attempts = new Array<number>(facts.count).fill(0)
  let slots = facts.nodes.flatMap((node) => Array.from({ length: node.slots }, (_, slot) => ({ node: node.id, slot, task: -1 })))
  let now = T0
  const become = (task: number, to: StateName, tell?: Fact['tell']) => {
    state[task] = to
    happened.push({ time: now, states: [[task, to]], ...(tell && { tell }) })
  }
  const hasInputs = (task: number) => !inputs || [inputs[2 * task]!, inputs[2 * task + 1]!].every((input) => input >= 0 || state[-1 - input] === 'succeeded')
  const skipBehind = (root: number) => {
    for (let again = true; again; ) {
      again = false
      for (let task = 0; task < facts.count; task++) {
        const broken = [inputs?.[2 * task] ?? 0, inputs?.[2 * task + 1] ?? 0].some((input) => input < 0 && ['failed', 'skipped'].includes(state[-1 - input]!))
        if (!broken || state[task] !== 'waiting') continue
        again = true
        const time = now
        become(task, 'skipped', (recorder) => recorder.settled(task, 'skipped', time, undefined, { run: facts.id, index: root }))
      }
    }
  }
  const end = (task: number, attempt: number, place: { node: string; slot: number; task: number }, began: number) => {
    if (place.task !== task || attempts[task] !== attempt) return
    place.task = -1
    const time = now
    const { node, slot } = place
    if (random() > 0.2) return become(task, 'succeeded', (recorder) => recorder.finished(task, attempt, node, slot, began, time, true))
    const final = ++failures[task]! > facts.options.retries
    become(task, final ? 'failed' : 'backing-off', (recorder) => {
      recorder.finished(task, attempt, node, slot, began, time, false)
      if (final) recorder.settled(task, 'failed', time, { kind: 'threw', name: 'Error', message: 'no', stack: '' })
    })
    if (final) return skipBehind(task)
    at(time + facts.options.backoff * 2 ** (failures[task]! - 1), () => become(task, 'ready'))
  }
  at(T0 + 35, () => {
    const time = now
    const lost = slots.filter(({ node, task }) => node === 'node-2' && task >= 0).map(({ task }) => [task, 'ready'] as const)
    for (const place of slots) if (place.node === 'node-2') place.task = -1
    slots = slots.filter(({ node }) => node !== 'node-2')
    for (const [task] of lost) state[task] = 'ready'
    happened.push({ time, states: lost, tell: (recorder) => recorder.nodeLost('node-2', time, 'killed') })
  })
  at(T0, () => undefined)
  for (let next = queue.shift(); next; next = queue.shift()) {
    now = next.time
    next.step()
    for (let task = 0; task < facts.count; task++) if (state[task] === 'waiting' && hasInputs(task)) become(task, 'ready')
    for (const place of slots.filter(({ task }) => task < 0)) {
      const task = state.indexOf('ready')
      if (task < 0) break
      const [time, attempt] = [now, ++attempts[task]!]
      place.task = task
      become(task, 'running', (recorder) => recorder.started([task], [attempt], place.node, place.slot, time))
      at(time + 2 + Math.round(random() * 300) / 10, () => end(task, attempt, place, time))
    }
  }
  return happened
}

describe('a replay', () => {
  test.each(['each', 'reduce'] as const)('shows the states that a snapshot of that time shows: %s', (kind) => {
    const tree = kind === 'reduce' ? { kind: 'reduce' as const, count: 39, dependencies: [{ how: 'tree' as const, leaves: 40 }] } : { kind: 'each' as const, count: 40 }
    const facts = runFacts({ ...tree, nodes: nodeSpecs(3, 2), options: { ...runFacts().options, retries: 2, backoff: 20 } })
    const recordOf = (happened: readonly Fact[], time: number) => {
      const recorder = new RunRecorder(facts)
      const states = new Array<StateName>(facts.count).fill('waiting')
      for (const fact of happened) {
        if (fact.time > T0 + time) break
        fact.tell?.(recorder)
        for (const [task, state] of fact.states) states[task] = state
      }
      return recorder.snapshot(T0 + time, { states: statesOf(states) })
    }
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 4000 }), (seed, tenths, more) => {
        const happened = happenings(facts, seed, kind === 'reduce' ? reductionTree(40).operands : undefined)
        // Between two ticks, so that what is rounded to a tick does not matter.
        const time = tenths / 10 + 0.05
        const then = statesAt(recordOf(happened, time), undefined)
        expect(statesAt(recordOf(happened, 1e6), time)).toEqual(then)
        expect(statesAt(recordOf(happened, time + more / 10), time)).toEqual(then)
      }),
      { numRuns: 60 },
    )
  })

  test.each(Object.keys(samples))('of the end shows the end, and counts what it shows: %s', (name) => {
    const record = samples[name]!()
    const tables = RunTables.from(record)
    const { states, counts } = momentOf(tables, Math.max(record.asOf, record.makespan) + 1e6)
    if (record.final) expect(Array.from(states)).toEqual(Array.from(tables.tasks.state))
    const counted = Object.fromEntries(stateNames.map((state, number) => [state, Array.from(states).filter((s) => s === number).length]))
    expect(counts).toEqual(counted)
  })

  test('keeps a task back after a failure, for longer after each', () => {
    const recorder = new RunRecorder(runFacts({ count: 1 }))
    recorder.started([0], [1], 'node-1', 0, T0 + 10)
    recorder.finished(0, 1, 'node-1', 0, T0 + 10, T0 + 20, false)
    recorder.started([0], [2], 'node-1', 0, T0 + 150)
    recorder.finished(0, 2, 'node-1', 0, T0 + 150, T0 + 160, false)
    recorder.started([0], [3], 'node-1', 0, T0 + 400)
    recorder.finished(0, 3, 'node-1', 0, T0 + 400, T0 + 420, true)
    const record = recorder.snapshot(T0 + 500)
    const at = (time: number) => statesAt(record, time)[0]
    expect([0, 15, 25, 125, 155, 165, 355, 365, 410, 430].map(at)).toEqual([
      'ready', 'running', 'backing-off', 'ready', 'running', 'backing-off', 'backing-off', 'ready', 'running', 'succeeded',
    ])
  })

  test('shows tasks that were cancelled before they began, and those skipped', () => {
    const recorder = new RunRecorder(runFacts({ count: 3 }))
    recorder.started([0], [1], 'node-1', 0, T0 + 10)
    recorder.attemptEnded(0, 1, 'node-1', 0, T0 + 30, 'cancelled')
    for (const task of [0, 1]) recorder.settled(task, 'cancelled', T0 + 30)
    recorder.settled(2, 'skipped', T0 + 30, undefined, { run: 1, index: 0 })
    const record = recorder.snapshot(T0 + 50)
    expect(statesAt(record, 5)).toEqual(['ready', 'ready', 'waiting'])
    expect(statesAt(record, 20)).toEqual(['running', 'ready', 'waiting'])
    expect(statesAt(record, 31)).toEqual(['cancelled', 'cancelled', 'skipped'])
  })

  test('takes a task as running while any copy of it is', () => {
    const recorder = new RunRecorder(runFacts({ count: 1 }))
    recorder.started([0], [1], 'node-1', 0, T0 + 10)
    recorder.started([0], [2], 'node-2', 0, T0 + 20)
    recorder.attemptEnded(0, 1, 'node-1', 0, T0 + 40, 'threw')
    recorder.finished(0, 2, 'node-2', 0, T0 + 20, T0 + 60, true)
    const record = recorder.snapshot(T0 + 100)
    expect([15, 30, 50, 70].map((time) => statesAt(record, time)[0])).toEqual(['running', 'running', 'running', 'succeeded'])
  })

  test('does not trip over rows that are not listed, nor over any time', () => {
    const record = samples['a thousand tasks that lose a node']!()
    const tables = RunTables.from(record)
    const attempts = { ...tables.attempts, task: tables.attempts.task.map((task, row) => (row % 2 === 0 ? 1e12 : task)), began: tables.attempts.began.map((time, row) => (row % 3 === 0 ? NaN : time)) }
    for (const time of [NaN, -1, 0, 1500, Infinity, -Infinity]) expect(momentOf({ record, tasks: tables.tasks, attempts }, time).states.length).toBe(1000)
  })
})
