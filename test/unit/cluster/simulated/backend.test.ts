/** The simulated cluster behind the real coordinator. */
import { afterEach, describe, expect, test } from 'vitest'
import { KernelClock } from '../../../../kernel/cluster/clock.ts'
import type { Coordinator } from '../../../../kernel/cluster/coordinator.ts'
import { simulatedBackend, type SimulatedOptions } from '../../../../kernel/cluster/simulated/backend.ts'
import type { PlannerLink } from '../../../../kernel/cluster/planner/link.ts'
import { emptyEstimate, learned } from '../../../../kernel/scheduler/index.ts'
import { nodes } from '../../simulator/graphs.ts'
import { declaration, FakeBackend, here, made, nobody, number } from '../fake-cluster.ts'

const open: Coordinator[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})

async function simulated(more: Partial<SimulatedOptions> = {}, planner: PlannerLink = nobody) {
  const real = { time: 5000 }
  const clock = new KernelClock(() => real.time)
  const all = made({ clock: clock.now, timers: clock, planner })
  open.push(all.coordinator)
  const start = (other: Partial<SimulatedOptions> = {}) =>
    all.coordinator.open(simulatedBackend({ nodes: nodes(2), clock, estimates: all.coordinator.state.estimates, duration: 1000, link: { bandwidth: 125_000, latency: 0 }, seed: 1, ...more, ...other }))
  await start()
  return { ...all, clock, real, start }
}

const items = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('a simulated cluster', () => {
  test('ends every task without executing one, in virtual time that leaps ahead of the real', async () => {
    const { coordinator, clock, real } = await simulated({ nodes: nodes(10) })
    const run = await coordinator.declareNow(declaration('a', items(500)))
    expect(await coordinator.want(run.spec.id, undefined, true)).toEqual(items(500).map(() => ({ status: 'succeeded', value: undefined })))
    const passed = clock.now() - real.time
    expect(passed).toBeGreaterThan(20_000)
    expect(passed).toBeLessThan(60_000)
    const record = coordinator.record(run)
    expect(record).toMatchObject({ final: true, counts: { succeeded: 500 } })
    expect(record.makespan).toBeGreaterThan(20_000)
    expect(record.environment.backend).toBe('simulated')
  })

  test('stands still while nothing is to do, and goes on from where it stood', async () => {
    const { coordinator, clock, real } = await simulated()
    const run = await coordinator.declareNow(declaration('a', items(4)))
    await coordinator.want(run.spec.id, undefined, true)
    const then = clock.now()
    real.time += 1e6
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(clock.now()).toBe(then)
    const next = await coordinator.declareNow(declaration('b', items(4)))
    await coordinator.want(next.spec.id, undefined, true)
    expect(coordinator.record(next).declared).toBeGreaterThan(0)
    expect(coordinator.state.run(next.spec.id).declared).toBe(then)
  })

  test('takes the durations of a name as they were learned, and learns nothing from those that it drew', async () => {
    const estimate = emptyEstimate()
    for (let i = 0; i < 50; i++) learned(estimate, 8, 60_000 + i, 1000)
    const { coordinator } = await simulated({ estimates: new Map([['a', estimate]]) })
    const run = await coordinator.declareNow(declaration('a', items(4)))
    await coordinator.want(run.spec.id, undefined, true)
    const { began, ended } = coordinator.state.task(run.spec.first)
    expect(ended! - began!).toBeGreaterThan(50_000)
    expect(ended! - began!).toBeLessThan(75_000)
    expect(coordinator.state.known(run.spec.id)).toBe(false)
    expect(coordinator.state.task(run.spec.first)).toMatchObject({ state: 'succeeded', value: { size: 1000, inKernel: false } })
  })

  test('has pauses and limits in virtual time', async () => {
    const { coordinator, clock, real } = await simulated()
    const run = await coordinator.declareNow(declaration('slow', items(1), { options: { timeout: 10, retries: 1, backoff: 60_000 } }))
    expect(await coordinator.want(run.spec.id, undefined, false)).toMatchObject([{ status: 'failed', kind: 'timed-out' }])
    expect(clock.now() - real.time).toBeGreaterThanOrEqual(60_020)
    expect(clock.now() - real.time).toBeLessThan(61_000)
  })

  test('cancels, runs again, and obeys priorities', async () => {
    const { coordinator } = await simulated({ nodes: nodes(1, 1) })
    const low = await coordinator.declareNow(declaration('low', items(20)))
    const high = await coordinator.declareNow(declaration('high', items(20)))
    coordinator.prioritize(high.spec.id, 10)
    expect(coordinator.cancelTasks(low.spec.id, [19])).toBe(1)
    await coordinator.ended(low)
    await coordinator.ended(high)
    expect(coordinator.counts(low)).toMatchObject({ succeeded: 19, cancelled: 1 })
    const end = (task: number) => coordinator.state.task(task).ended!
    expect(Math.max(...items(20).map((i) => end(high.spec.first + i)))).toBeLessThan(end(low.spec.first + 18))
    expect(coordinator.rerun({ run: low.spec.id }, true)).toBe(1)
    await coordinator.ended(low)
    expect(coordinator.counts(low)).toMatchObject({ succeeded: 20, cancelled: 0 })
  })

  test('loses nodes and gets them back, and all is done in the end', async () => {
    const lost: string[] = []
    const { coordinator } = await simulated({ nodes: nodes(3), failures: { mtbf: 20_000, repair: 5000 } })
    const run = await coordinator.declareNow(declaration('a', items(100)))
    const results = await coordinator.want(run.spec.id, undefined, false)
    for (const { how } of items(100).flatMap((i) => coordinator.state.history(run.spec.first + i))) lost.push(how)
    expect(lost).toContain('node-lost')
    expect(results.filter((one) => one.status === 'succeeded').length).toBeGreaterThan(95)
  })

  test('waits for a plan: making it takes no virtual time', async () => {
    const passed: number[] = []
    const answered = (count: number) => ({ by: 'heft', took: 40, last: true, plan: { node: new Int32Array(count).fill(1), start: new Float64Array(count), makespan: 1, schedules: 1 } })
    const planner: PlannerLink = {
      ...nobody,
      plan(_subject, _by, { count }, _seed, on) {
        const asked = clock.now()
        setTimeout(() => {
          passed.push(clock.now() - asked)
          on(answered(count))
        }, 15)
      },
    }
    const { coordinator, clock } = await simulated({ nodes: nodes(2, 4) }, planner)
    const run = await coordinator.declareNow(declaration('a', items(4), { options: { policy: 'heft' } }))
    await coordinator.want(run.spec.id, undefined, true)
    expect(passed.every((time) => time === 0)).toBe(true)
    expect(passed.length).toBeGreaterThan(0)
    expect(items(4).map((i) => coordinator.state.task(run.spec.first + i).node)).toEqual(['n1', 'n1', 'n1', 'n1'])
  })
})

describe('between a simulated and a real cluster', () => {
  test('unfinished tasks go on where they are taken, simulated results are computed again, and the clock never goes back', async () => {
    const { coordinator, clock, real, start } = await simulated()
    const times = [clock.now()]
    const done = await coordinator.declareNow(declaration('done', items(3)))
    const id = number
    await coordinator.want(id, undefined, true)
    times.push(clock.now())
    const left = await coordinator.declareNow(declaration('left', items(3)))
    const fake = new FakeBackend()
    const opened = coordinator.open(fake)
    await new Promise(setImmediate)
    fake.joined()
    await opened
    times.push(clock.now())
    expect(coordinator.counts(left)).toMatchObject({ running: 2 })
    expect(coordinator.state.task(left.spec.first)).toMatchObject({ state: 'running', attempts: [{ node: 'local' }] })
    const finishAll = (value: number) => {
      for (let nth = 0; nth < fake.started.length; nth++) fake.finish(nth, () => here(value))
    }
    finishAll(1)
    expect(coordinator.counts(left).succeeded).toBe(3)
    // What was simulated is `undefined` to nobody any more.
    const wanted = coordinator.want(id, undefined, true)
    await new Promise(setImmediate)
    expect(coordinator.counts(done).succeeded).toBe(0)
    finishAll(7)
    expect(await wanted).toEqual(items(3).map(() => ({ status: 'succeeded', value: 7 })))
    real.time += 100
    times.push(clock.now())
    await start()
    const again = await coordinator.declareNow(declaration('again', items(3)))
    await coordinator.want(again.spec.id, undefined, true)
    times.push(clock.now())
    expect(times.toSorted((a, b) => a - b)).toEqual(times)
    expect(times[3]! - times[2]!).toBe(100)
  })
})
