/** The coordinator, with a planner that answers when the test says so, on a clock of the test's own. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ChoiceAnswer, PlanAnswer, PlannerLink } from '../../../kernel/cluster/planner/link.ts'
import { why } from '../../../kernel/cluster/why.ts'
import type { Plan, Problem } from '../../../kernel/planning/index.ts'
import type { ChoiceProblem } from '../../../kernel/simulator/choose.ts'
import type { ForecastProblem } from '../../../kernel/simulator/forecast.ts'
import { forecast } from '../../../kernel/simulator/forecast.ts'
import { declaration, here, local, number, running } from './fake-cluster.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], now: 1000 }))
afterEach(() => void vi.useRealTimers())

class Answering implements PlannerLink {
  readonly asked: { subject: string; problem: Problem; on: (answer: PlanAnswer) => void }[] = []
  readonly choices: { input: ChoiceProblem; favourite: string | undefined; on: (answer: ChoiceAnswer) => void }[] = []
  readonly forecasts: ForecastProblem[] = []
  readonly dropped: string[] = []
  stopped = false
  plan(subject: string, _planner: string, problem: Problem, _seed: number, on: (answer: PlanAnswer) => void): void {
    this.asked.push({ subject, problem, on })
  }
  choose(_subject: string, input: ChoiceProblem, favourite: string | undefined, _seed: number, on: (answer: ChoiceAnswer) => void): void {
    this.choices.push({ input, favourite, on })
  }
  async forecast(input: ForecastProblem) {
    this.forecasts.push(input)
    return forecast(input, 1)
  }
  drop(subject: string): void {
    this.dropped.push(subject)
  }
  stop(): void {
    this.stopped = true
  }
}

const last = (problem: Problem): Plan => ({
  node: new Int32Array(problem.count), start: Float64Array.from({ length: problem.count }, (_, i) => 1000 * (problem.count - i)), makespan: 1000 * problem.count, schedules: 1,
})

async function planned(name = 'a', policy = 'heft', count = 6) {
  const planner = new Answering()
  const all = await running({ planner })
  all.coordinator.declareNow(declaration(name, Array.from({ length: count }, (_, i) => i), { options: { policy } }))
  const run = all.coordinator.runs.get(number)!
  return { ...all, planner, run, why: (index: number) => why(all.coordinator, run, index) }
}

describe('a run whose policy plans', () => {
  test('is planned for once it was declared, and its tasks start in the plan\'s order', async () => {
    const { planner, backend, why } = await planned()
    expect([planner.asked.length, backend.started.length]).toEqual([0, 0])
    await vi.advanceTimersByTimeAsync(20)
    expect([planner.asked.map(({ subject, problem }) => [subject, problem.count]), backend.started.length]).toEqual([[['heft', 6]], 0])
    expect(why(0)).toMatch(/a plan of heft is being made, as its runs were declared/)
    planner.asked[0]!.on({ plan: last(planner.asked[0]!.problem), by: 'heft', took: 3, last: true })
    await vi.advanceTimersByTimeAsync(2000)
    expect(backend.started.flatMap(({ tasks }) => tasks)).toEqual([5, 4])
    expect(why(5)).toMatch(/placed on local by heft: .*\n(.*\n)*latest plan of heft: made .* ago, as its runs were declared; 6 tasks in 6\.0 s, found in 3\.0 ms\n/)
  })

  test('says who made a plan that came first, and takes the better one', async () => {
    const { planner, backend, why } = await planned('a', 'genetic')
    await vi.advanceTimersByTimeAsync(20)
    const { problem, on } = planner.asked[0]!
    on({ plan: last(problem), by: 'heft', took: 1, last: false })
    expect(why(0)).toMatch(/latest plan of genetic: made by heft, until genetic has its own/)
    on({ plan: { ...last(problem), start: Float64Array.from([3, 2, 0, 0, 4, 5], (start) => start * 1000), makespan: 6000 }, by: 'genetic', took: 120, last: true })
    backend.finish(0, () => here(1))
    backend.finish(1, () => here(1))
    await vi.advanceTimersByTimeAsync(100)
    expect(backend.started.flatMap(({ tasks }) => tasks)).toEqual([5, 4, 2, 3])
    expect(why(0)).toMatch(/latest plan of genetic: made .* found in 120 ms/)
  })

  test('says that there was too much for the planner that was asked', async () => {
    const { planner, why } = await planned('a', 'genetic')
    await vi.advanceTimersByTimeAsync(20)
    planner.asked[0]!.on({ plan: last(planner.asked[0]!.problem), by: 'heft', took: 1, last: true })
    expect(why(0)).toMatch(/latest plan of genetic: made by heft, as this is too much for genetic/)
  })

  test('of more tasks than are planned asks nobody, says so, and goes on', async () => {
    const { planner, backend, why } = await planned('a', 'heft', 60_000)
    await vi.advanceTimersByTimeAsync(400)
    expect([planner.asked.length, backend.started.length]).toEqual([0, 2])
    expect(why(59_999)).toMatch(/no plan of heft .*60,000 tasks are left, more than the 50,000 that are planned; its tasks are placed as by critical-path/)
  })

  test('goes on without a plan when there is none, or its planner died; then it is asked again', async () => {
    const { planner, backend, why, coordinator, run } = await planned()
    await vi.advanceTimersByTimeAsync(20)
    planner.asked[0]!.on({ none: 'its process ended (SIGKILL)', died: true })
    expect(why(0)).toMatch(/no plan of heft .*its process ended \(SIGKILL\); its tasks are placed as by critical-path/)
    await vi.advanceTimersByTimeAsync(300)
    expect(backend.started.flatMap(({ tasks }) => tasks)).toEqual([0, 1])
    await vi.advanceTimersByTimeAsync(1000)
    expect(planner.asked).toHaveLength(2)
    planner.asked[1]!.on({ none: 'the planner failed', died: false })
    await vi.advanceTimersByTimeAsync(100_000)
    expect([planner.asked.length, coordinator.state.unfinished(run.spec.id)]).toEqual([2, 6])
  })

  test('is planned for anew when a node joins, and no more once it has ended', async () => {
    const { planner, backend, coordinator, run } = await planned('a', 'heft', 2)
    await vi.advanceTimersByTimeAsync(20)
    planner.asked[0]!.on({ plan: last(planner.asked[0]!.problem), by: 'heft', took: 1, last: true })
    await vi.advanceTimersByTimeAsync(4000)
    backend.tell([{ type: 'node-joined', node: { ...local, id: 'second' } }])
    await vi.advanceTimersByTimeAsync(100)
    expect(planner.asked.map(({ problem }) => problem.nodes.length)).toEqual([1, 2])
    for (let i = 0; i < backend.started.length; i++) backend.finish(i, () => here(1))
    planner.asked[1]!.on({ plan: last(planner.asked[1]!.problem), by: 'heft', took: 1, last: false })
    expect([coordinator.state.unfinished(run.spec.id), planner.dropped]).toEqual([0, ['heft']])
    backend.tell([{ type: 'node-joined', node: { ...local, id: 'third' } }])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(planner.asked).toHaveLength(2)
  })

  test('waits for nodes to plan for', async () => {
    const { planner, backend, why } = await planned()
    backend.tell([{ type: 'node-lost', node: 'local', reason: 'gone' }])
    await vi.advanceTimersByTimeAsync(50)
    expect([planner.asked.length, why(0)]).toEqual([0, expect.stringContaining('there is no node')])
    backend.tell([{ type: 'node-joined', node: local }])
    await vi.advanceTimersByTimeAsync(50)
    expect(planner.asked).toHaveLength(1)
  })
})

describe('a run whose policy leaves the choice to others', () => {
  async function chosen() {
    const all = await planned('a', 'learned', 8)
    const { backend, coordinator, run } = all
    const finish = (): void => {
      const { node, slot, tasks, attempts } = backend.started.shift()!
      const now = performance.now()
      backend.tell([{ type: 'finished', node, slot, outcomes: tasks.map((task, i) => ({ task, attempt: attempts[i]!, began: now - 1000, ended: now, ...here(1) }) as never) }])
    }
    return { ...all, finish, placedBy: () => coordinator.state.run(run.spec.id).placedBy }
  }
  const answer = (policy: string): ChoiceAnswer => ({ chosen: { policy, jobs: 1, makespans: [[policy, 3000], ['critical-path', 4500]] }, took: 80 })

  test('waits with that until something is known of durations, then is placed by what is chosen, which is planned for if it plans', async () => {
    const { planner, finish, placedBy, why } = await chosen()
    await vi.advanceTimersByTimeAsync(1000)
    expect([planner.choices.length, placedBy(), why(0)]).toEqual([0, 'learned', expect.stringMatching(/no plan of learned .*nothing is known yet of how long its tasks take/)])
    finish()
    await vi.advanceTimersByTimeAsync(100)
    expect(planner.choices.map(({ input, favourite }) => [input.problem.count, input.names, favourite])).toEqual([[7, ['a'], undefined]])
    planner.choices[0]!.on(answer('heft'))
    expect([placedBy(), planner.asked.length]).toEqual(['heft', 0])
    await vi.advanceTimersByTimeAsync(100)
    expect(planner.asked.map(({ subject }) => subject)).toEqual(['heft'])
    expect(why(0)).toMatch(/learned chose heft .* ago, as durations became known: rolled forward, what is left takes 3 s with it, and with critical-path, the next best of 2, 4\.5 s/)
  })

  test('is chosen for again when the cluster changes, with what won before on graphs of this shape tried early', async () => {
    const { planner, finish, placedBy, backend } = await chosen()
    await vi.advanceTimersByTimeAsync(1000)
    finish()
    await vi.advanceTimersByTimeAsync(100)
    planner.choices[0]!.on(answer('max-min'))
    await vi.advanceTimersByTimeAsync(1000)
    backend.tell([{ type: 'node-lost', node: 'local', reason: 'gone' }, { type: 'node-joined', node: local }])
    await vi.advanceTimersByTimeAsync(1000)
    expect(planner.choices.map(({ favourite }) => favourite)).toEqual([undefined, 'max-min'])
    planner.choices[1]!.on({ none: 'its process ended', died: true })
    expect(placedBy()).toBe('max-min')
    await vi.advanceTimersByTimeAsync(2000)
    expect(planner.choices).toHaveLength(3)
  })
})

describe('when a run will have ended', () => {
  async function watched() {
    const all = await planned('a', 'priority', 8)
    const { coordinator, backend, run } = all
    const look = async (ms: number): Promise<void> => {
      coordinator.foresight.forecasts.watched()
      await vi.advanceTimersByTimeAsync(ms)
    }
    const finish = (): void => {
      const { node, slot, tasks, attempts } = backend.started.shift()!
      const now = performance.now()
      backend.tell([{ type: 'finished', node, slot, outcomes: tasks.map((task, i) => ({ task, attempt: attempts[i]!, began: now - 1000, ended: now, ...here(1) }) as never) }])
    }
    return { ...all, look, finish, expected: () => coordinator.expected(run) }
  }

  test('is not known before anything is known of its tasks', async () => {
    const { look, expected, planner } = await watched()
    await look(1100)
    expect([planner.forecasts.length, expected()]).toEqual([0, undefined])
  })

  test('is worked out about once a second while somebody watches, put into the record, and gone at the end', async () => {
    const { look, finish, expected, planner, coordinator, run } = await watched()
    await vi.advanceTimersByTimeAsync(1000)
    finish()
    finish()
    await look(1100)
    const { early, middle, late } = expected()!
    const now = performance.now()
    // Six tasks of a second on two slots, about.
    expect([early <= middle && middle <= late, middle - now > 1500, middle - now < 6000]).toEqual([true, true, true])
    expect(coordinator.record(run).expected!.middle).toBeCloseTo(middle - run.declaredAt, 0)
    for (let i = 0; i < 5; i++) await look(1000)
    expect(planner.forecasts.length).toBeGreaterThanOrEqual(5)
    expect(planner.forecasts.length).toBeLessThanOrEqual(7)
    for (let i = 0; i < 6; i++) finish()
    expect([expected(), coordinator.record(run).expected, coordinator.record(run).final]).toEqual([undefined, undefined, true])
    const before = planner.forecasts.length
    for (let i = 0; i < 5; i++) await look(1000)
    expect(planner.forecasts.length).toBe(before)
  })

  test('is worked out for nobody when nobody watches', async () => {
    const { planner } = await watched()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(planner.forecasts).toEqual([])
  })

  test('of very many tasks is a closed form, and no question', async () => {
    const { coordinator, backend, planner } = await planned('first', 'priority', 2)
    await vi.advanceTimersByTimeAsync(1000)
    for (const { node, slot, tasks, attempts } of backend.started.splice(0)) {
      backend.tell([{ type: 'finished', node, slot, outcomes: tasks.map((task, i) => ({ task, attempt: attempts[i]!, began: 1000, ended: 2000, ...here(1) }) as never) }])
    }
    coordinator.declareNow(declaration('first', new Array<number>(30_000).fill(1)))
    const run = coordinator.runs.get(number)!
    await coordinator.foresight.forecasts.fresh(100)
    expect(planner.forecasts).toEqual([])
    const left = coordinator.expected(run)!.middle - performance.now()
    expect(left / 15_000_000).toBeGreaterThan(0.8)
    expect(left / 15_000_000).toBeLessThan(1.5)
  })

  test('is asked for no longer than %tasks would wait', async () => {
    const { coordinator, planner, finish } = await watched()
    await vi.advanceTimersByTimeAsync(1000)
    finish()
    planner.forecast = () => new Promise(() => undefined)
    let there = false
    void coordinator.foresight.forecasts.fresh(500).then(() => (there = true))
    await vi.advanceTimersByTimeAsync(400)
    expect(there).toBe(false)
    await vi.advanceTimersByTimeAsync(200)
    expect(there).toBe(true)
  })
})

test('the planner ends with the coordinator', async () => {
  const { coordinator, planner } = await planned()
  await coordinator.stop()
  expect(planner.stopped).toBe(true)
})
