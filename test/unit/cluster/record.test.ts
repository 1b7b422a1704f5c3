import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { StateName } from '../../../kernel/scheduler/index.ts'
import { validateRecord } from '../../../kernel/cluster/record/check.ts'
import { encodeColumn } from '../../../kernel/cluster/record/column.ts'
import { factsOf } from '../../../kernel/cluster/record/facts.ts'
import { BadRecord, decodeColumn, expandRecord, readLoad } from '../../../kernel/cluster/record/read.ts'
import type { AttemptRow, Ending, TaskRow } from '../../../kernel/cluster/record/read.ts'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'
import { RunRecorder } from '../../../kernel/cluster/record/recorder.ts'
import { nodeSpecs, play, randomNumbers, runFacts, samples, statesOf, T0 } from './sample-runs.ts'

const copy = (record: RunRecord) => JSON.parse(JSON.stringify(record)) as RunRecord

describe('columns', () => {
  it('come back as they went in', () => {
    const numbers = fc.oneof(fc.nat(3), fc.nat(), fc.integer({ min: 0, max: 2 ** 51 }))
    const steady = fc.tuple(fc.nat(9), fc.nat(500)).map(([value, length]) => new Array<number>(length).fill(value))
    fc.assert(fc.property(fc.oneof(fc.array(numbers), steady), (values) => {
      expect([...decodeColumn(encodeColumn(values), values.length, Number.MAX_SAFE_INTEGER)]).toEqual(values)
    }))
  })

  it('are refused when they say more, less or other than announced', () => {
    const column = encodeColumn([1, 2, 300, 4])
    expect(() => decodeColumn(column, 3, 1000)).toThrow(BadRecord)
    expect(() => decodeColumn(column, 5, 1000)).toThrow(BadRecord)
    expect(() => decodeColumn(column, 4, 200)).toThrow('300 in row 2 is not from 0 to 200')
    expect(() => decodeColumn('d:!!', 1, 1)).toThrow('not base64')
    expect(() => decodeColumn(`d:${btoa('\xff'.repeat(9))}`, 1, 1)).toThrow('too large')
    expect(() => decodeColumn(`d:${btoa('\xff')}`, 1, 1)).toThrow('ends within a number')
    expect(() => decodeColumn(`r:${btoa('\x01\x00')}`, 1, 1)).toThrow('do not add up')
  })

  it('do not make a few letters into a gigabyte', () => {
    const billion = encodeColumn(new Uint8Array(1000)).replace(/.*/, `r:${btoa('\x00\x80\x94\xeb\xdc\x03')}`)
    expect(() => decodeColumn(billion, 1_000_000_000, 1)).toThrow('too short')
    expect(() => decodeColumn('d:AA==', 900_000, 1)).toThrow('too short')
  })
})

/** The first attempt of a task, from its start to its result. */
function succeed(recorder: RunRecorder, index: number, node: string, slot: number, began: number, ended: number): void {
  recorder.started([index], [1], node, slot, began)
  recorder.finished(index, 1, node, slot, began, ended, true)
}

/** What is expected of a recorder, kept row by row. */
class Model {
  readonly tasks: { state: StateName; attempts: number; current: { attempt: number; node: string; slot: number; started: number; ended?: number } | undefined; ready: number; end?: number; error: boolean; root?: number }[]
  readonly lost: AttemptRow[] = []
  constructor(count: number) {
    this.tasks = Array.from({ length: count }, () => ({ state: 'waiting', attempts: 0, current: undefined, ready: 0, error: false }))
  }

  lose(task: number, ended: number, ending: Ending): void {
    const row = this.tasks[task]!
    const { attempt, node, slot, started } = row.current!
    this.lost.push({ task, attempt, node, slot, began: started / 10, ended: ended / 10, ending })
    Object.assign(row, { current: undefined, ready: ended, state: 'ready' })
  }

  rows(): TaskRow[] {
    return this.tasks.map(({ state, attempts, current, ready, end, error, root }, index) => ({
      index, state, attempts,
      ...(current && { attempt: current.attempt, node: current.node, slot: current.slot, started: current.started / 10 }),
      ...((current || state === 'ready') && { ready: ready / 10 }),
      ...(current?.ended !== undefined ? { ended: current.ended / 10 } : end !== undefined ? { ended: end / 10 } : {}),
      ...(error && { error: 0 }),
      ...(root !== undefined && { root: { run: 1, name: 'delays', index: root } }),
    }))
  }
}

type Step = { readonly act: 'start' | 'succeed' | 'throw' | 'fail' | 'cancel' | 'skip' | 'lose node'; readonly task: number; readonly wait: number }

/** Applies the step to both, if it makes sense in this state. */
function apply(recorder: RunRecorder, model: Model, { act, task }: Step, now: number): void {
  const row = model.tasks[task]!
  const time = T0 + now / 10
  const node = `node-${1 + (task % 3)}`
  const open = row.state === 'waiting' || row.state === 'ready'
  if (act === 'start' && open) {
    recorder.started([task], [row.attempts + 1], node, task, time)
    Object.assign(row, { state: 'running', attempts: row.attempts + 1, current: { attempt: row.attempts + 1, node, slot: task, started: now } })
  } else if (act === 'succeed' && row.current && row.state === 'running') {
    recorder.finished(task, row.attempts, node, task, T0 + row.current.started / 10, time, true, 1)
    recorder.settled(task, 'succeeded', time)
    row.current.ended = now
    row.state = 'succeeded'
  } else if ((act === 'throw' || act === 'fail') && row.current && row.state === 'running') {
    recorder.finished(task, row.attempts, node, task, T0 + row.current.started / 10, time, false)
    if (act === 'throw') return model.lose(task, now, 'threw')
    recorder.settled(task, 'failed', time, { kind: 'threw', name: 'Error', message: 'no', stack: '' })
    row.current.ended = now
    Object.assign(row, { state: 'failed', error: true })
  } else if (act === 'cancel' && (open || row.state === 'running')) {
    if (row.current) recorder.attemptEnded(task, row.attempts, node, task, time, 'cancelled')
    recorder.settled(task, 'cancelled', time)
    if (row.current) row.current.ended = now
    else row.end = now
    row.state = 'cancelled'
  } else if (act === 'skip' && open) {
    recorder.settled(task, 'skipped', time, undefined, { run: 1, index: (task + 1) % model.tasks.length })
    Object.assign(row, { state: 'skipped', end: now, root: (task + 1) % model.tasks.length })
  } else if (act === 'lose node') {
    recorder.nodeLost(node, time, 'gone')
    for (const [index, other] of model.tasks.entries()) if (other.state === 'running' && other.current?.node === node) model.lose(index, now, 'node-lost')
    recorder.nodeJoined({ ...nodeSpecs(3, 9)[task % 3]! }, time)
  }
}

const order = (a: AttemptRow, b: AttemptRow) => a.task - b.task || a.attempt - b.attempt
/** Whether a task is ready is the scheduler's to say; whether it knew its inputs before, too. */
const settledRows = (rows: readonly TaskRow[]) => rows.map(({ ready, ...row }) => (row.attempt === undefined ? row : { ...row, ready }))

describe('a recorder', () => {
  it('gives back the facts that it was told, whatever they are', () => {
    const count = 8
    const act = fc.constantFrom<Step['act']>('start', 'start', 'start', 'succeed', 'succeed', 'throw', 'fail', 'cancel', 'skip', 'lose node')
    fc.assert(fc.property(fc.array(fc.record({ act, task: fc.nat(count - 1), wait: fc.nat(300) }), { maxLength: 60 }), (steps) => {
      const recorder = new RunRecorder(runFacts({ count, nodes: nodeSpecs(3, 9) }))
      const model = new Model(count)
      let now = 0
      for (const step of steps) apply(recorder, model, step, (now += step.wait))
      const record = recorder.snapshot(T0 + now / 10, { states: statesOf(model.tasks.map(({ state }) => state)) })
      const { tasks, attempts } = expandRecord(copy(record))
      expect(settledRows(tasks)).toEqual(settledRows(model.rows()))
      expect([...attempts].sort(order)).toEqual([...model.lost].sort(order))
      for (const [state, n] of Object.entries(record.counts)) expect(n, state).toBe(model.tasks.filter((task) => task.state === state).length)
      expect(validateRecord(copy(record))).toMatchObject({ ok: true })
    }), { numRuns: 200 })
  })

  it('finds out when a task was ready from the ends of what it waited for', () => {
    const upstream = new RunRecorder(runFacts({ id: 1, count: 2 }))
    succeed(upstream, 0, 'node-1', 0, T0, T0 + 30)
    succeed(upstream, 1, 'node-1', 1, T0, T0 + 50)
    const recorder = new RunRecorder(runFacts({ id: 2, count: 2, dependencies: [{ how: 'each', on: 1, stride: 1, count: 2 }] }))
    succeed(recorder, 0, 'node-1', 0, T0 + 70, T0 + 90)
    succeed(recorder, 1, 'node-1', 0, T0 + 90, T0 + 95)
    const { tasks } = expandRecord(recorder.snapshot(T0 + 100, { recorders: new Map([[1, upstream]]) }))
    expect(tasks.map(({ ready, started, ended }) => ({ ready, started, ended }))).toEqual([
      { ready: 30, started: 70, ended: 90 },
      { ready: 50, started: 90, ended: 95 },
    ])
  })

  it('says when a task was ready for its next attempt whether or not somebody looked meanwhile', () => {
    const readyAfter = (looks: boolean) => {
      const recorder = new RunRecorder(runFacts({ count: 1 }))
      const look = (state: StateName) => looks && recorder.snapshot(T0 + 35, { states: statesOf([state]) })
      recorder.started([0], [1], 'node-1', 0, T0 + 10)
      recorder.finished(0, 1, 'node-1', 0, T0 + 10, T0 + 30, false)
      look('backing-off')
      look('ready')
      recorder.started([0], [2], 'node-1', 0, T0 + 50)
      recorder.returned([0])
      look('ready')
      recorder.started([0], [2], 'node-2', 0, T0 + 60)
      return expandRecord(recorder.snapshot(T0 + 70)).tasks[0]!.ready
    }
    expect([readyAfter(false), readyAfter(true)]).toEqual([30, 30])
  })

  it('says of tasks queued in a lost node only that the first of each slot was executing', () => {
    const recorder = new RunRecorder(runFacts({ count: 3 }))
    recorder.started([0, 1, 2], [1, 1, 1], 'node-1', 0, T0 + 10)
    recorder.nodeLost('node-1', T0 + 40, 'gone')
    const record = recorder.snapshot(T0 + 50)
    expect(expandRecord(record).attempts).toEqual([{ task: 0, attempt: 1, node: 'node-1', slot: 0, began: 10, ended: 40, ending: 'node-lost' }])
    expect(record.nodes[0]).toMatchObject({ name: 'node-1', lost: 40, reason: 'gone' })
    expect(record.counts.ready).toBe(3)
  })

  it('leaves out what became of the cluster after the run had ended', () => {
    const recorder = new RunRecorder(runFacts({ count: 1, nodes: nodeSpecs(1, 1) }))
    succeed(recorder, 0, 'node-1', 0, T0, T0 + 10)
    recorder.nodeLost('node-1', T0 + 500, 'the cluster was stopped')
    recorder.nodeJoined({ ...nodeSpecs(1, 1)[0]!, id: 'later' }, T0 + 600)
    expect(recorder.snapshot(T0 + 900).nodes).toEqual([{ name: 'node-1', spec: 0 }])
    expect(recorder.snapshot(T0 + 900, { states: statesOf(['ready']) }).nodes).toEqual([
      { name: 'node-1', spec: 0, lost: 500, reason: 'the cluster was stopped' }, { name: 'later', spec: 0, joined: 600 },
    ])
  })

  it('keeps the copy that was first, and tells the others as overtaken', () => {
    const recorder = new RunRecorder(runFacts({ count: 1 }))
    recorder.started([0], [1], 'node-1', 0, T0 + 1)
    recorder.started([0], [2], 'node-2', 1, T0 + 2)
    recorder.finished(0, 1, 'node-1', 0, T0 + 1, T0 + 8, true)
    recorder.attemptEnded(0, 2, 'node-2', 1, T0 + 9, 'overtaken')
    const { tasks, attempts } = expandRecord(recorder.snapshot(T0 + 10))
    expect(tasks[0]).toMatchObject({ state: 'succeeded', attempts: 2, attempt: 1, node: 'node-1', started: 1, ended: 8 })
    expect(attempts).toEqual([{ task: 0, attempt: 2, node: 'node-2', slot: 1, began: 2, ended: 9, ending: 'overtaken' }])
  })

  it('ignores what comes late from attempts that are over', () => {
    const recorder = new RunRecorder(runFacts({ count: 2 }))
    recorder.started([0, 1], [1, 1], 'node-1', 0, T0)
    recorder.attemptEnded(0, 1, 'node-1', 0, T0 + 10, 'timed-out')
    recorder.started([0], [2], 'node-2', 0, T0 + 20)
    recorder.finished(0, 1, 'node-1', 0, T0, T0 + 25, true, 99)
    recorder.finished(0, 1, 'node-1', 0, T0, T0 + 25, false)
    recorder.nodeLost('node-1', T0 + 30, 'gone')
    recorder.finished(1, 1, 'node-1', 0, T0 + 10, T0 + 29, true, 99)
    const record = recorder.snapshot(T0 + 40)
    expect(record).toMatchObject({ counts: { running: 1, ready: 1 }, bytes: { results: 0 } })
    expect(expandRecord(record).attempts.map(({ task, attempt, ending }) => [task, attempt, ending])).toEqual([[0, 1, 'timed-out'], [1, 1, 'node-lost']])
  })

  it('loses a copy with its node while another goes on', () => {
    const recorder = new RunRecorder(runFacts({ count: 1 }))
    recorder.started([0], [1], 'node-1', 0, T0 + 1)
    recorder.started([0], [2], 'node-2', 1, T0 + 2)
    recorder.nodeLost('node-1', T0 + 5, 'gone')
    recorder.finished(0, 2, 'node-2', 1, T0 + 2, T0 + 9, true)
    const { tasks, attempts } = expandRecord(recorder.snapshot(T0 + 10))
    expect(tasks[0]).toMatchObject({ state: 'succeeded', attempt: 2 })
    expect(attempts).toEqual([{ task: 0, attempt: 1, node: 'node-1', slot: 0, began: 1, ended: 5, ending: 'node-lost' }])
  })

  it('forgets how a task ended when it is run again', () => {
    const recorder = new RunRecorder(runFacts({ count: 1 }))
    recorder.started([0], [1], 'node-1', 0, T0)
    recorder.finished(0, 1, 'node-1', 0, T0, T0 + 5, false)
    recorder.settled(0, 'failed', T0 + 5, { kind: 'threw', name: 'Error', message: 'no', stack: '' })
    expect(recorder.snapshot(T0 + 6)).toMatchObject({ final: true, makespan: 5, counts: { failed: 1 } })
    const again = recorder.snapshot(T0 + 7, { states: statesOf(['ready']) })
    expect(again).toMatchObject({ final: false, counts: { failed: 0, ready: 1 } })
    expect(expandRecord(again)).toEqual({
      tasks: [{ index: 0, state: 'ready', attempts: 1, ready: 0 }],
      attempts: [{ task: 0, attempt: 1, node: 'node-1', slot: 0, began: 0, ended: 5, ending: 'threw' }],
    })
  })

  it('tells of a task that is run again only how it ended last, though nobody looked meanwhile', () => {
    const recorder = new RunRecorder(runFacts({ count: 2 }))
    const error = { kind: 'threw', name: 'Error', message: 'no', stack: '' }
    recorder.started([0], [1], 'node-1', 0, T0)
    recorder.finished(0, 1, 'node-1', 0, T0, T0 + 5, false)
    recorder.settled(0, 'failed', T0 + 5, error)
    recorder.settled(1, 'skipped', T0 + 5, undefined, { run: 1, index: 0 })
    // Both run again, and so does the second once more, but in vain.
    recorder.started([0], [2], 'node-1', 0, T0 + 20)
    recorder.finished(0, 2, 'node-1', 0, T0 + 20, T0 + 25, true)
    recorder.settled(1, 'skipped', T0 + 30, undefined, { run: 1, index: 0 })
    expect(expandRecord(recorder.snapshot(T0 + 40)).tasks).toEqual([
      { index: 0, state: 'succeeded', attempts: 2, attempt: 2, node: 'node-1', slot: 0, ready: 0, started: 20, ended: 25 },
      { index: 1, state: 'skipped', attempts: 0, ended: 30, root: { run: 1, name: 'delays', index: 0 } },
    ])
    recorder.started([1], [1], 'node-1', 0, T0 + 50)
    expect(expandRecord(recorder.snapshot(T0 + 60)).tasks[1]).toEqual({ index: 1, state: 'running', attempts: 1, attempt: 1, node: 'node-1', slot: 0, ready: 0, started: 50 })
  })

  it('keeps fifty different errors, and says of the rest that they are not kept', () => {
    const recorder = new RunRecorder(runFacts({ count: 80 }))
    for (let i = 0; i < 80; i++) recorder.settled(i, 'failed', T0 + i, { kind: 'threw', name: 'Error', message: `bad item ${i}`, stack: 'x'.repeat(9000), log: 'y'.repeat(9000) })
    const record = recorder.snapshot(T0 + 100)
    expect(record.errors).toHaveLength(51)
    expect(record.errors[50]!.message).toContain('more than 50 different errors')
    expect(expandRecord(record).tasks.map(({ error }) => error)).toEqual(Array.from({ length: 80 }, (_, i) => Math.min(i, 50)))
    expect(record.logs).toHaveLength(20)
    expect(validateRecord(copy(record))).toMatchObject({ ok: true })
  })

  it('describes upstream runs as far as they go back, once each', () => {
    const run = (id: number, ...on: number[]) => new RunRecorder(runFacts({ id, name: `r${id}`, dependencies: on.map((other) => ({ how: 'all', on: other })) }))
    const recorders = new Map([run(1), run(2, 1), run(3, 1, 2), run(4, 3, 9)].map((recorder) => [recorder.facts.id, recorder]))
    const { upstream } = recorders.get(4)!.snapshot(T0, { recorders })
    expect(upstream.map(({ name }) => name)).toEqual(['r3', 'run 9', 'r1', 'r2'])
  })

  it('follows a reduction from its last task to the leaf it waited for', () => {
    const record = samples['a reduction of 8,192 leaves']!()
    const { tasks } = expandRecord(record)
    expect(record.criticalPath).toHaveLength(13)
    expect(record.criticalPath.at(-1)).toBe(8190)
    for (const [i, task] of record.criticalPath.entries()) if (i > 0) expect(tasks[task]!.started).toBeGreaterThanOrEqual(tasks[record.criticalPath[i - 1]!]!.ended!)
  })

  it('thins what a node reports to three hundred points, and keeps their mean, their peak and their total', () => {
    const recorder = new RunRecorder(runFacts())
    const random = randomNumbers(9)
    let most = 0
    for (let i = 0; i < 10_000; i++) {
      const memory = Math.floor(random() * 1e6) * 1024
      most = Math.max(most, memory)
      recorder.sample({ node: 'node-1', cpu: 1 + (i % 2), memory, bytesIn: 5000 + 1024 * i, bytesOut: 0 }, T0 + i * 250, 2)
    }
    const load = recorder.snapshot(T0 + 2_500_000).nodes[0]!.load!
    const series = readLoad(load)
    expect(load.length).toBeLessThanOrEqual(300)
    expect(load.length).toBeGreaterThan(150)
    for (const cpu of series.cpu) expect(cpu).toBeCloseTo(1.5, 1)
    expect(Math.max(...series.memory)).toBe(most)
    expect(series.bytesIn.at(-1)).toBe(1024 * 9999)
    expect(series.times.every((time, i) => i === 0 || time > series.times[i - 1]!)).toBe(true)
  })

  it('survives samples that are no numbers, and nodes that nobody knows', () => {
    const recorder = new RunRecorder(runFacts())
    recorder.sample({ node: 'node-1', cpu: NaN, memory: Infinity, bytesIn: -1, bytesOut: 1e300 }, T0 + 1, NaN)
    recorder.sample({ node: 'stranger', cpu: 1, memory: 1, bytesIn: 1, bytesOut: 1 }, T0 + 1, 1)
    recorder.nodeLost('stranger', T0, 'never joined')
    succeed(recorder, 0, 'stranger', 0, T0 - 5, T0 + 5)
    const record = recorder.snapshot(T0 + 9)
    expect(validateRecord(copy(record))).toMatchObject({ ok: true })
    expect(expandRecord(record).tasks[0]).toEqual({ index: 0, state: 'succeeded', attempts: 1, attempt: 1, ready: 0, started: 0, ended: 5 })
  })
})

describe('a record', () => {
  it.each([[10_000, 4], [100_000, 8]])('of %i tasks takes at most 30 bytes a task', (count, nodes) => {
    const random = randomNumbers(count)
    const { recorder } = play({
      facts: runFacts({ count, nodes: nodeSpecs(nodes, 8) }),
      duration: () => 20 + 400 * random() ** 4,
      throws: (index, attempt) => attempt === 1 && index % 41 === 3,
      loses: { node: 'node-2', at: 9000 },
    })
    const text = JSON.stringify(recorder.snapshot(T0 + 1e6))
    expect(text.length / count).toBeLessThan(20)
    expect(validateRecord(JSON.parse(text))).toMatchObject({ ok: true })
  })

  it.each(Object.keys(samples))('of %s is what the schema says', (name) => {
    expect(validateRecord(copy(samples[name]!()))).toMatchObject({ ok: true })
  })

  it('may hold fields that this version does not know', () => {
    const record = copy(samples['a single task']!())
    Object.assign(record, { digests: { bytes: 12, data: 'AAAA' } })
    Object.assign(record.run, { colour: 'blue' })
    expect(validateRecord(record)).toMatchObject({ ok: true })
  })

  it('is refused, never fatal, when something in it is not what it should be', () => {
    const names = ['a failed run with skipped followers', 'twelve tasks in progress', 'a thousand tasks that lose a node']
    const texts = names.map((name) => JSON.stringify(samples[name]!()))
    const value = fc.oneof(
      fc.constantFrom<unknown>(null, -1, 0.5, 1e300, '', 'd:', 'r:AAAA', [], {}, [null], true, 2 ** 31, 1_000_000, '__proto__', 'd://///////////w=='),
      fc.string(), fc.integer(), fc.double({ noNaN: true }),
    )
    fc.assert(fc.property(fc.constantFrom(...texts), fc.array(fc.nat()), value, (text, path, replacement) => {
      const record = JSON.parse(text) as Record<string, unknown>
      replaceAt(record, path, replacement)
      const checked = validateRecord(record)
      if (checked.ok) expandRecord(checked.record)
      else expect(checked.problems.length).toBeGreaterThan(0)
    }), { numRuns: 1000 })
  })

  it('is refused without any one of its parts', () => {
    const text = JSON.stringify(samples['a single task']!())
    for (const part of Object.keys(JSON.parse(text) as object)) {
      const record = JSON.parse(text) as Record<string, unknown>
      delete record[part]
      expect(validateRecord(record), part).toMatchObject({ ok: false })
    }
    expect(validateRecord(JSON.parse(text.replace('"version":1', '"version":2')))).toMatchObject({ ok: false })
  })

  it('cannot reach the prototype of anything', () => {
    const text = JSON.stringify(samples['a single task']!())
    const evil = JSON.parse(text.replace('"labels":{}', '"labels":{"__proto__":{"polluted":true},"constructor":"x"}').replace('{"version"', '{"__proto__":{"polluted":true},"version"')) as unknown
    validateRecord(evil)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it.each([undefined, null, 1, 'text', [], {}, () => 1])('is not %s', (value) => {
    expect(validateRecord(value)).toMatchObject({ ok: false })
  })
})

/** Follows `path` (each step counted around) to some value and replaces it. */
function replaceAt(record: Record<string, unknown>, path: readonly number[], replacement: unknown): void {
  let at = record
  for (const [i, step] of [...path, 0].entries()) {
    const keys = Object.keys(at)
    const key = keys[step % Math.max(1, keys.length)]
    if (key === undefined) return
    const next = at[key]
    if (i >= path.length || typeof next !== 'object' || next === null) {
      at[key] = replacement
      return
    }
    at = next as Record<string, unknown>
  }
}

describe('facts of a declaration', () => {
  it('say what waits for what', () => {
    const spec = { id: 5, name: 'x', first: 0, count: 6, priority: 10, request: { cpu: 2 }, placement: { node: 'big' }, retries: 1, backoff: 5, replicas: 1, mode: 'sync' as const }
    const declaration = {
      run: 5, cell: 'c', name: 'x', code: 'abc', count: 6, shape: 'array' as const, options: {}, bundle: new Uint8Array(),
      parameters: [{ from: 'items' as const, items: [1, 2], stride: 1 }, { from: 'results' as const, of: 2, count: 3, stride: 2 }],
      handles: [{ run: 3 }, { run: 4, index: 7 }, { run: 4, index: 2 }], after: [{ run: 3, index: 1 }],
    }
    expect(factsOf(spec, declaration)).toEqual({
      id: 5, name: 'x', kind: 'each', count: 6,
      options: { priority: 10, request: { cpu: 2 }, node: 'big', retries: 1, backoff: 5, replicas: 1, mode: 'sync' },
      dependencies: [{ how: 'each', on: 2, stride: 2, count: 3 }, { how: 'all', on: 3 }, { how: 'tasks', on: 4, tasks: [7, 2] }],
    })
    expect(factsOf(spec, { ...declaration, parameters: [], handles: [], after: [], shape: 'single', reduction: { leaves: 'results', of: 2 } })).toMatchObject({
      kind: 'reduce', dependencies: [{ how: 'tree', on: 2, leaves: 7 }],
    })
  })
})

describe('the types of records', () => {
  it('are those of the schema as it stands', async () => {
    const generator = (await import(new URL('../../../kernel/setup/schema-types.mjs', import.meta.url).href)) as { generated: Record<string, string>; typesOf(file: string): Promise<string> }
    for (const [schema, file] of Object.entries(generator.generated)) {
      expect(await generator.typesOf(schema), `run node kernel/setup/schema-types.mjs to renew ${file}`).toBe(await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8'))
    }
  })
})
