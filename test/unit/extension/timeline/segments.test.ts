import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstFrom, lastBefore } from '../../../../extension/src/timeline/lane.ts'
import { lanesOf } from '../../../../extension/src/timeline/lanes.ts'
import { CALLED_OFF, FAILED, LOST, RUNNING, Segments, SUCCEEDED, THREW } from '../../../../extension/src/timeline/segments.ts'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { RunRecorder } from '../../../../kernel/cluster/record/recorder.ts'
import type { RunRecord } from '../../../../kernel/cluster/record/types.ts'
import { nodeSpecs, play, randomNumbers, runFacts, samples, T0 } from '../../cluster/sample-runs.ts'

function segmentsOf(record: RunRecord): Segments {
  const segments = new Segments()
  segments.update(RunTables.from(record), lanesOf(record))
  return segments
}

function written(segments: Segments, lanes: number): unknown[] {
  return Array.from({ length: lanes }, (_, number) => {
    const lane = segments.lane(number)
    return Array.from({ length: lane?.length ?? 0 }, (_, i) => [segments.taskOf(lane!.ids[i]!), lane!.starts[i], lane!.ends[i], lane!.kinds[i], lane!.reach[i]])
  })
}

describe('the segments of a run', () => {
  test.each(Object.keys(samples))('hold every attempt that executed, each lane in order: %s', (name) => {
    const record = samples[name]!()
    const tables = RunTables.from(record)
    const lanes = lanesOf(record)
    const segments = segmentsOf(record)
    let total = 0
    for (let number = 0; number < lanes.count; number++) {
      const lane = segments.lane(number)
      if (!lane) continue
      total += lane.length
      const disordered = Array.from({ length: lane.length - 1 }, (_, i) => i + 1).find((i) => lane.starts[i]! < lane.starts[i - 1]! || lane.reach[i]! < lane.reach[i - 1]!)
      expect(disordered).toBeUndefined()
    }
    const executed = tables.tasks.started.filter((start, i) => start >= 0 && tables.tasks.node[i]! >= 0)
    expect(total).toBe(executed.length + tables.attempts.length)
  })

  test('are the same when a run is followed as when it is read at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), (seed, steps) => {
        const recordAt = (until: number) => {
          const random = randomNumbers(seed)
          const scenario = { facts: runFacts({ count: 60, nodes: nodeSpecs(3, 2), options: { ...runFacts().options, retries: 1, backoff: 5 } }), duration: () => 4 + 10 * random(), throws: (index: number, attempt: number) => (index + seed) % (attempt === 1 ? 4 : 9) === 0 }
          return play({ ...scenario, ...(until > 40 && { loses: { node: 'node-2', at: 40 } }), until }).record(until)
        }
        const followed = new Segments()
        let until = 0
        for (const step of steps) {
          until += step
          const record = recordAt(until)
          const lanes = lanesOf(record)
          followed.update(RunTables.from(record), lanes)
          expect(written(followed, lanes.count)).toEqual(written(segmentsOf(record), lanes.count))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('show of the tasks that a slot was handed only the first as running, since the last one ended', () => {
    const recorder = new RunRecorder(runFacts({ count: 3, nodes: nodeSpecs(1, 1) }))
    recorder.started([0, 1, 2], [1, 1, 1], 'node-1', 0, T0)
    recorder.finished(0, 1, 'node-1', 0, T0, T0 + 40, true)
    const lane = segmentsOf(recorder.snapshot(T0 + 50)).lane(0)!
    expect([...lane.kinds.subarray(0, lane.length)]).toEqual([SUCCEEDED, RUNNING])
    expect(lane.starts[1]).toBe(40)
    expect(lane.ends[1]).toBe(Infinity)
  })

  test('tell how each attempt ended', () => {
    const recorder = new RunRecorder(runFacts({ count: 5, nodes: nodeSpecs(2, 5) }))
    for (const task of [0, 1, 2, 3]) recorder.started([task], [1], 'node-1', task, T0 + task)
    recorder.finished(0, 1, 'node-1', 0, T0, T0 + 10, false)
    recorder.settled(0, 'failed', T0 + 10, { kind: 'threw', name: 'Error', message: '', stack: '' })
    recorder.attemptEnded(1, 1, 'node-1', 1, T0 + 10, 'timed-out')
    recorder.attemptEnded(2, 1, 'node-1', 2, T0 + 10, 'overtaken')
    recorder.nodeLost('node-1', T0 + 12, '')
    const segments = segmentsOf(recorder.snapshot(T0 + 20))
    expect([0, 1, 2, 3].map((number) => segments.lane(number)?.kinds[0])).toEqual([FAILED, THREW, CALLED_OFF, LOST])
  })

  test('are found from any time on, however they overlap', () => {
    const recorder = new RunRecorder(runFacts({ count: 200, nodes: nodeSpecs(1, 1) }))
    const random = randomNumbers(8)
    for (let task = 0; task < 200; task++) {
      const began = T0 + Math.round(random() * 1000)
      recorder.started([task], [1], 'node-1', 0, began)
      recorder.finished(task, 1, 'node-1', 0, began, began + Math.round(random() * random() * 300), true)
    }
    const lane = segmentsOf(recorder.snapshot(T0 + 2000)).lane(0)!
    fc.assert(fc.property(fc.integer({ min: -10, max: 1400 }), (time) => {
      const first = firstFrom(lane, time)
      for (let i = 0; i < first; i++) expect(lane.ends[i]!).toBeLessThan(time)
      if (first < lane.length) expect(lane.ends[first]!).toBeGreaterThanOrEqual(time)
      const last = lastBefore(lane, time)
      expect(last + 1).toBe(Array.from(lane.starts.subarray(0, lane.length)).filter((start) => start <= time).length)
    }))
  })

  test('do not trip over what only claims to be a run', () => {
    const record = samples['a thousand tasks that lose a node']!()
    const tables = RunTables.from(record)
    const wild = (column: Float64Array) => column.map((value, i) => [value, NaN, 2 ** 53, -1, 1e300][i % 5]!)
    const tasks = { ...tables.tasks, started: wild(tables.tasks.started), ended: wild(tables.tasks.ended), slot: wild(tables.tasks.slot) }
    const attempts = { ...tables.attempts, task: wild(tables.attempts.task), began: wild(tables.attempts.began), node: wild(tables.attempts.node) }
    const claimed = { nodes: record.nodes, specs: record.specs.map((spec) => ({ ...spec, slots: 2 ** 53 })) }
    const lanes = lanesOf(claimed)
    expect(lanes.count).toBeLessThanOrEqual(100_000)
    const segments = new Segments()
    for (const given of [{ tasks, attempts }, tables, { tasks, attempts }]) segments.update(given, lanes)
    expect(segments.version).toBeGreaterThan(0)
  })
})
