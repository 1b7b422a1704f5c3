import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Plan } from '../../../kernel/planning/index.ts'
import type { Event } from '../../../kernel/scheduler/index.ts'
import { plannedEvent, problemOf } from '../../../kernel/simulator/remaining.ts'
import { Playing } from '../../../kernel/simulator/playing.ts'
import { Replanner } from '../../../kernel/simulator/replan.ts'
import { World, type Timeless } from '../scheduler/build.ts'

/** A scheduler whose replanner hears everything. */
class Planned extends World {
  readonly replanner = new Replanner({ plans: (policy) => ['heft', 'adaptive'].includes(policy), adapts: (policy) => policy === 'adaptive' })
  readonly asked: string[] = []

  override send(event: Timeless<Event>): ReturnType<World['send']> {
    const commands = super.send(event)
    this.replanner.told(this.state, { ...event, time: this.time } as Event)
    return commands
  }

  /** Lets time pass, and says what plans were due. */
  pass(ms: number): string[] {
    this.time += ms
    const due = this.replanner.due(this.state, this.time).map(({ policy, reason }) => `${policy}: ${reason}`)
    this.asked.push(...due)
    return due
  }

  /** A plan comes: as by list scheduling. */
  plan(policy = 'heft', took = 1): this {
    const remaining = problemOf(this.state, undefined, this.time)
    const { problem } = remaining
    const ends = new Playing(problem).play(problem.duration)
    const start = Float64Array.from(ends, (end, i) => end - problem.duration[i]!)
    const plan: Plan = { node: new Int32Array(problem.count), start, makespan: Math.max(0, ...ends), schedules: 1 }
    this.send(plannedEvent(remaining, plan, this.time, policy))
    this.replanner.planned(policy, remaining, plan, this.time, this.time, took)
    return this
  }
}

/** What `duration` ms tasks of the name take is known. */
function learnt(name = 'work', duration = 100, policy = 'adaptive'): Planned {
  const world = new Planned()
  world.node('x', 1)
  world.duration = duration
  world.run(name, { count: 10, policy: 'priority' })
  for (let i = 0; i < 10; i++) world.finish(world.executing()[0]!)
  world.run(name, { count: 20, policy })
  world.pass(10)
  return world.plan(policy)
}

/** Finishes this many tasks, and says whether a plan was asked for. */
function finish(world: Planned, count: number): string[] {
  for (let i = 0; i < count; i++) {
    world.finish(world.executing()[0]!)
    world.pass(0)
  }
  return world.asked.slice(1)
}

describe('a plan is due', () => {
  test('when runs that follow one were declared: once for all that come together', () => {
    const world = new Planned()
    world.node('x', 2)
    expect(world.replanner.nextTime).toBe(Infinity)
    world.run('other', { count: 2 })
    expect(world.replanner.nextTime).toBe(Infinity)
    world.run('a', { count: 2, policy: 'heft' })
    world.time += 3
    world.run('b', { count: 2, policy: 'heft' })
    expect(world.replanner.nextTime).toBe(10)
    expect([world.pass(2), world.pass(5), world.pass(100)]).toEqual([[], ['heft: its runs were declared'], []])
  })

  test('when nodes join or are lost, a priority changes, tasks start over or are tried again', () => {
    const world = new Planned()
    world.node('x', 1)
    const run = world.run('a', { count: 5, policy: 'heft', retries: 1, backoff: 10 })
    const replanned = (): string[] => [...world.pass(100), ...(world.plan(), [])]
    expect(replanned()).toEqual(['heft: its runs were declared'])
    world.node('y', 1)
    expect(replanned()).toEqual(['heft: a node joined'])
    world.lose('y')
    expect(replanned()).toEqual(['heft: a node was lost'])
    world.send({ type: 'PriorityChanged', run: run.id, priority: 3 })
    expect(replanned()).toEqual(['heft: a priority was changed'])
    world.fail(run.first)
    expect(replanned()).toEqual(['heft: a task is tried again'])
    world.cancel(run.first + 4)
    world.rerun(run.first + 4)
    expect(world.pass(100)).toEqual([])
    world.finish(world.executing()[0]!)
    world.pass(100)
    world.plan()
    const ended = [0, 1, 2, 3].map((i) => run.first + i).find((task) => world.state.stateName(task) === 'succeeded')!
    world.rerun(ended)
    expect(world.pass(100)).toEqual(['heft: tasks start over'])
  })

  test('when the policy becomes one that plans', () => {
    const world = new Planned()
    world.node('x', 1)
    world.run('a', { count: 2 })
    world.send({ type: 'PolicyChanged', policy: 'heft' })
    expect(world.pass(20)).toEqual(['heft: the policy was changed'])
    world.send({ type: 'PolicyChanged', policy: 'fifo' })
    expect([world.pass(2000), world.replanner.nextTime]).toEqual([[], Infinity])
  })

  test('for the policy that was chosen for a run whose own leaves the choice to others', () => {
    const world = new Planned()
    world.node('x', 1)
    const run = world.run('a', { count: 2, policy: 'learned' })
    expect(world.pass(20)).toEqual([])
    world.send({ type: 'PolicyChosen', runs: [run.id], policy: 'heft', reason: 'it was best' })
    expect(world.pass(20)).toEqual(['heft: the policy was changed'])
    world.send({ type: 'PolicyChosen', runs: [run.id], policy: 'fifo', reason: 'it was best' })
    world.node('y', 1)
    expect(world.pass(2000)).toEqual([])
  })

  test('when the durations of a run become known of which nothing was known', () => {
    const world = new Planned()
    world.node('x', 1)
    world.run('a', { count: 5, policy: 'heft' })
    world.pass(20)
    world.plan()
    finish(world, 1)
    expect(world.pass(100)).toEqual(['heft: durations became known'])
    world.plan()
    finish(world, 2)
    expect(world.pass(100)).toEqual([])
  })

  test('for nothing once all its runs have ended', () => {
    const world = learnt('work', 100, 'heft')
    world.drain()
    world.node('y', 1)
    expect([world.pass(1000), world.replanner.nextTime]).toEqual([[], Infinity])
  })

  test('not more often than plans take to make, and later and later after failures', () => {
    const world = new Planned()
    world.node('x', 1)
    world.run('a', { count: 5, policy: 'heft' })
    world.pass(10)
    world.plan('heft', 200)
    world.node('y', 1)
    expect([world.pass(700), world.pass(101)]).toEqual([[], ['heft: a node joined']])
    const waits: number[] = []
    for (let i = 0; i < 9; i++) {
      world.replanner.failed('heft', world.time)
      waits.push(world.replanner.nextTime - world.time)
      world.pass(waits.at(-1)!)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((s) => s * 1000))
    world.replanner.failed('heft', world.time, true)
    expect(world.pass(1e6)).toEqual([])
  })
})

describe('reality', () => {
  test('that is as expected asks for nothing', () => {
    expect(finish(learnt(), 18)).toEqual([])
  })

  test('that takes longer than expected asks for another plan after a few tasks', () => {
    const world = learnt()
    world.duration = 200
    expect(finish(world, 8)).toEqual([expect.stringMatching(/^adaptive: tasks (take longer than expected|end later than planned)$/)])
  })

  test('that takes less time does, too', () => {
    const world = learnt()
    world.duration = 40
    expect(finish(world, 15)).toContainEqual(expect.stringMatching(/tasks (take less time than expected|end earlier than planned)/))
  })

  test('asks nothing of policies that do not adapt', () => {
    const world = learnt('work', 100, 'heft')
    world.duration = 400
    expect(finish(world, 15)).toEqual([])
  })

  test('that lets a task run on and on is noticed without any event', () => {
    const world = learnt()
    expect(world.replanner.nextTime).toBeLessThan(Infinity)
    const told: string[] = []
    for (let i = 0; i < 10 && told.length === 0; i++) told.push(...world.pass(Math.max(0, world.replanner.nextTime - world.time)))
    expect(told).toEqual(['adaptive: a task is overdue'])
  })

  test('is left alone when everything runs already', () => {
    const world = learnt()
    finish(world, 19)
    world.pass(100)
    const before = world.asked.length
    for (let i = 0; i < 5; i++) world.pass(5000)
    expect(world.asked.length).toBe(before)
  })

  test('is not looked at again and again when everything runs, however far it has departed, nor while a plan is being made', () => {
    const ending = learnt().plan('adaptive', 1000)
    ending.duration = 400
    finish(ending, 19)
    expect([ending.pass(60_000), ending.replanner.nextTime]).toEqual([[], Infinity])
    const planning = learnt()
    planning.duration = 400
    finish(planning, 6)
    expect(planning.asked).toHaveLength(2)
    expect(planning.replanner.nextTime).toBe(Infinity)
  })

  test('is left in peace for longer and longer while going on with the old plan is best', () => {
    const world = learnt()
    const pauses = Array.from({ length: 4 }, () => {
      const remaining = problemOf(world.state, undefined, world.time)
      const plan: Plan = { node: new Int32Array(remaining.problem.count), start: new Float64Array(remaining.problem.count), makespan: 1e6, schedules: 1 }
      world.node(`n${world.time}`, 0)
      world.pass(20_000)
      world.replanner.planned('adaptive', remaining, plan, world.time, world.time, 1, true)
      return world.replanner.nextTime - world.time
    })
    expect(pauses.map((pause) => pause / pauses[0]!)).toEqual([1, 2, 4, 8].map((times) => expect.closeTo(times, 1)))
  })

  test('however it is, asks for plans at a bounded rate, and never while one is being made', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 5, maxLength: 19 }), fc.integer({ min: 1, max: 50 }), (durations, took) => {
      const world = learnt()
      let last = world.time
      for (const duration of durations) {
        world.duration = duration
        world.finish(world.executing()[0]!)
        if (world.pass(0).length === 0) continue
        expect(world.time - last).toBeGreaterThanOrEqual(500)
        expect(world.replanner.due(world.state, world.time)).toEqual([])
        world.plan('adaptive', took)
        last = world.time
      }
    }), { numRuns: 12 })
  })
})
