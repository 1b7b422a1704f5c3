import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { Cursor } from '../../../../kernel/cluster/live/delta.ts'
import type { RunDelta } from '../../../../kernel/cluster/live/types.ts'
import { validateRecord } from '../../../../kernel/cluster/record/check.ts'
import { BadRecord } from '../../../../kernel/cluster/record/read.ts'
import { RunRecorder } from '../../../../kernel/cluster/record/recorder.ts'
import type { Sources } from '../../../../kernel/cluster/record/snapshot.ts'
import type { RunRecord } from '../../../../kernel/cluster/record/types.ts'
import type { StateName } from '../../../../kernel/scheduler/index.ts'
import { nodeSpecs, runFacts, statesOf, T0 } from '../sample-runs.ts'

const travelled = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const acts = [
  'start', 'start', 'start', 'start', 'succeed', 'succeed', 'throw', 'fail', 'cancel', 'skip', 'copy', 'return', 'reset slot',
  'lose node', 'join node', 'sample', 'ready', 'back off', 'run again', 'priority', 'policy', 'expect', 'learn places', 'frame', 'frame', 'watch',
] as const
interface Step { readonly act: (typeof acts)[number]; readonly task: number; readonly wait: number }
const steps = fc.array(fc.record({ act: fc.constantFrom(...acts), task: fc.nat(5), wait: fc.nat(400) }), { maxLength: 120, size: 'max' })

/** A run, what its scheduler would say, and those who watch it from different moments on. */
class Watched {
  readonly count: number
  now = T0
  readonly upstream = [new RunRecorder(runFacts({ id: 7, name: 'before', count: 3 })), new RunRecorder(runFacts({ id: 8, name: 'long before', count: 3 }))]
  readonly recorder: RunRecorder
  readonly states: StateName[]
  readonly watchers: { cursor: Cursor; tables: RunTables }[] = []
  readonly #running: Map<number, { node: string; slot: number; began: number }>[]
  readonly #attempts: Uint32Array
  readonly #alive = new Set(['node-1', 'node-2'])
  #placesKnown = false
  #bytes = 0

  constructor(count: number) {
    this.count = count
    this.recorder = new RunRecorder(runFacts({ id: 1, count, nodes: nodeSpecs(2, 2), dependencies: [{ how: 'all', on: 7 }] }))
    this.states = new Array<StateName>(count).fill('waiting')
    this.#running = Array.from({ length: count }, () => new Map())
    this.#attempts = new Uint32Array(count)
  }

  get sources(): Sources {
    const known = this.#placesKnown
    return {
      recorders: new Map([[1, this.recorder], ...this.upstream.map((one) => [one.facts.id, one] as const)]),
      states: statesOf(this.states),
      places: { count: known ? 1 : 0, map: (stack) => (known ? stack.replace('cell-1.js', 'Cell [1]') : stack) },
    }
  }

  watch(): void {
    const cursor = new Cursor(this.recorder)
    this.watchers.push({ cursor, tables: RunTables.from(travelled(cursor.snapshot(this.now, this.sources))) })
  }

  frame(thorough: boolean): void {
    for (const { cursor, tables } of this.watchers) {
      const delta = cursor.delta(this.now, this.sources, thorough)
      if (delta) tables.apply(travelled(delta))
      const fresh = this.recorder.snapshot(this.now, this.sources)
      expect(timeless(tables.toRecord(), thorough)).toEqual(timeless(travelled(fresh), thorough))
      expect(validateRecord(tables.toRecord())).toMatchObject({ ok: true })
    }
  }

  step({ act, task: number, wait }: Step): void {
    this.now += wait / 10
    const task = number % this.count
    const open = ['waiting', 'ready', 'backing-off'].includes(this.states[task]!)
    const node = [...this.#alive][number % Math.max(1, this.#alive.size)]
    const [attempt, one] = [...this.#running[task]!][0] ?? [0, undefined]
    const end = (state: StateName) => {
      this.states[task] = state
      for (const [other, { node, slot }] of this.#running[task]!) if (other !== attempt) this.recorder.attemptEnded(task, other, node, slot, this.now, 'overtaken')
      this.#running[task]!.clear()
    }
    switch (act) {
      case 'frame': return this.frame(number % 3 === 0)
      case 'watch': return this.watchers.length < 4 ? this.watch() : undefined
      case 'priority': return this.recorder.priority(task)
      case 'policy': return this.recorder.policy(`policy ${task}`)
      case 'expect': return this.recorder.expect(task === 0 ? undefined : { early: this.now + task, middle: this.now + 2 * task, late: this.now + 3 * task })
      case 'learn places': return void (this.#placesKnown = true)
      case 'join node': return this.#join(`node-${1 + (number % 4)}`)
      case 'lose node': return node === undefined ? undefined : this.#lose(node, undefined)
      case 'reset slot': return node === undefined ? undefined : this.#lose(node, task % 2)
      case 'sample': {
        if (node === undefined) return
        for (let i = 0; i <= (number === 5 ? 170 : 1); i++) this.recorder.sample({ node, cpu: task / 7, memory: 1e6 * task, bytesIn: (this.#bytes += 700), bytesOut: 3 }, this.now + i * 40, task % 3)
        return
      }
      case 'start':
      case 'copy': {
        if (node === undefined || !(act === 'copy' ? this.states[task] === 'running' : open)) return
        this.#running[task]!.set(++this.#attempts[task]!, { node, slot: task % 2, began: this.now })
        this.recorder.started([task], [this.#attempts[task]!], node, task % 2, this.now)
        return void (this.states[task] = 'running')
      }
      case 'return': {
        if (!one || this.#running[task]!.size > 1) return
        this.#running[task]!.clear()
        this.#attempts[task]!--
        this.recorder.returned([task])
        return void (this.states[task] = 'ready')
      }
      case 'succeed': {
        if (!one) return
        this.recorder.finished(task, attempt, one.node, one.slot, one.began + 0.3, this.now, true, 100)
        return end('succeeded')
      }
      case 'throw':
      case 'fail': {
        if (!one || (act === 'throw' && this.#running[task]!.size > 1)) return
        this.recorder.finished(task, attempt, one.node, one.slot, one.began, this.now, false)
        end(act === 'throw' ? 'backing-off' : 'failed')
        if (act === 'fail') this.recorder.settled(task, 'failed', this.now, { kind: 'threw', name: 'Error', message: `no ${number % 4}`, stack: 'Error: no\n at cell-1.js:1:2', log: `said ${task}` })
        return
      }
      case 'cancel': {
        if (!open && !one) return
        for (const [other, { node, slot }] of this.#running[task]!) this.recorder.attemptEnded(task, other, node, slot, this.now, 'cancelled')
        this.#running[task]!.clear()
        this.states[task] = 'cancelled'
        return this.recorder.settled(task, 'cancelled', this.now)
      }
      case 'skip': {
        if (!open) return
        this.states[task] = 'skipped'
        return this.recorder.settled(task, 'skipped', this.now, undefined, { run: [1, 7, 8, 9][number % 4]!, index: 1 })
      }
      case 'ready': return open ? void (this.states[task] = 'ready') : undefined
      case 'back off': return open ? void (this.states[task] = 'backing-off') : undefined
      case 'run again': return open || one ? undefined : void (this.states[task] = task % 2 ? 'ready' : 'waiting')
    }
  }

  #join(id: string): void {
    if (this.#alive.has(id)) return
    this.#alive.add(id)
    this.recorder.nodeJoined({ ...nodeSpecs(1, 1 + (id.length % 3))[0]!, id }, this.now)
  }

  #lose(node: string, slot: number | undefined): void {
    if (slot === undefined) {
      this.#alive.delete(node)
      this.recorder.nodeLost(node, this.now, 'gone')
    } else this.recorder.slotReset(node, slot, this.now)
    this.#running.forEach((copies, task) => {
      for (const [attempt, one] of copies) if (one.node === node && (slot === undefined || one.slot === slot)) copies.delete(attempt)
      if (this.states[task] === 'running' && copies.size === 0) this.states[task] = 'ready'
    })
  }
}

/** Without what is told once a second only, unless it is to be there, and without what is the time alone. */
function timeless(record: RunRecord, thorough: boolean): unknown {
  if (thorough) return record
  const { asOf: _1, makespan: _2, bytes: _3, upstream, criticalPath: _4, nodes, ...rest } = record
  return { ...rest, upstream: upstream.map(({ run }) => run), nodes: nodes.map(({ load: _, ...node }) => node) }
}

describe('deltas', () => {
  it('make of an earlier snapshot what a fresh one would be, whatever happens between', () => {
    fc.assert(fc.property(fc.constantFrom(1, 2, 6), steps, (count, all) => {
      const watched = new Watched(count)
      watched.watch()
      for (const step of all) watched.step(step)
      watched.frame(false)
      watched.frame(true)
    }), { numRuns: 150 })
  })

  it('are nothing when nothing has happened', () => {
    const recorder = new RunRecorder(runFacts())
    const cursor = new Cursor(recorder)
    cursor.snapshot(T0, {})
    expect(cursor.delta(T0 + 2000, {})).toBeUndefined()
    recorder.started([3], [1], 'node-1', 0, T0 + 2001)
    expect(cursor.delta(T0 + 2002, {})!.tasks!.rows.length).toBe(1)
    expect(cursor.delta(T0 + 2003, {})).toBeUndefined()
  })

  it('keep when a task was ready though an input is computed again', () => {
    const upstream = new RunRecorder(runFacts({ id: 7, count: 1 }))
    const end = (attempt: number, began: number, ended: number) => {
      upstream.started([0], [attempt], 'node-1', 0, began)
      upstream.finished(0, attempt, 'node-1', 0, began, ended, true)
    }
    end(1, T0, T0 + 10)
    const recorder = new RunRecorder(runFacts({ count: 1, dependencies: [{ how: 'each', on: 7, stride: 1, count: 1 }] }))
    const recorders = new Map([[7, upstream]])
    const first = recorder.snapshot(T0 + 11, { recorders, states: statesOf(['ready']) })
    end(2, T0 + 20, T0 + 30)
    expect(recorder.snapshot(T0 + 31, { recorders }).tasks).toEqual(first.tasks)
  })
})

describe('a delta that does not fit', () => {
  const recorder = new RunRecorder(runFacts())
  const cursor = new Cursor(recorder)
  const record = cursor.snapshot(T0, {})
  recorder.started([3], [1], 'node-1', 0, T0 + 1)
  recorder.attemptEnded(3, 1, 'node-1', 0, T0 + 2, 'threw')
  const good = cursor.delta(T0 + 2, {})!
  const bad: Record<string, Partial<RunDelta>> = {
    'is of another run': { uid: 'ffffffffffffffff' },
    'has rows that are not there': { tasks: { ...good.tasks!, index: 'd:yAE=' } },
    'has fewer rows than it says': { tasks: { ...good.tasks!, rows: { ...good.tasks!.rows, length: 2 } } },
    'has half a row': { tasks: { ...good.tasks!, rows: { ...good.tasks!.rows, length: 0.5 } } },
    'names a node that is not there': { attempts: { ...good.attempts!, node: 'd:yAE=' } },
    'leaves a gap between nodes': { nodes: [{ row: 3, node: record.nodes[0]! }] },
    'has a node of no kind': { nodes: [{ row: 2, node: { ...record.nodes[0]!, spec: 5 } }] },
    'has load of no node': { loads: [{ row: 2, from: 0, load: { step: 100, length: 0, period: 'r:', cpu: 'r:', memory: 'r:', busy: 'r:', in: 'r:', out: 'r:' } }] },
    'has a path through no task': { criticalPath: [12] },
    'places an error that is not there': { stacks: [{ row: 0, stack: '' }] },
  }

  it.each(Object.keys(bad))('because it %s changes nothing', (name) => {
    const tables = RunTables.from(record)
    const before = tables.toRecord()
    expect(() => tables.apply({ ...good, ...bad[name] })).toThrow(BadRecord)
    expect(tables.toRecord()).toEqual(before)
    tables.apply(good)
    expect(tables.toRecord()).toMatchObject({ attempts: { length: 1 } })
  })
})
