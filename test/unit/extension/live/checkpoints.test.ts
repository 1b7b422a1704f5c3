import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import type { Headline } from '../../../../kernel/cluster/live/types.ts'
import { Checkpoints } from '../../../../extension/src/live/checkpoints.ts'
import type { Held } from '../../../../extension/src/live/checkpoints.ts'
import { Stores } from '../../../../extension/src/run/stores.ts'
import { FakeClock, FakeKernel, newRecord } from './fake-kernel.ts'

const A = 'aaaaaaaaaaaaaaaa'
const settled = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
}

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined))
afterEach(() => void vi.restoreAllMocks())

function notebook(told: Omit<Held, 'counts'>) {
  const held: Held = { ...told, counts: {} }
  const clock = new FakeClock()
  const stores = new Stores()
  const kernel = new FakeKernel()
  kernel.declare(newRecord(A))
  let run: Headline = { ...kernel.headline(A), makespan: 0 }
  const state = { held: new Map([[A, held]]), asked: 0, written: [] as unknown[], looks: 0, refuses: false, kernelAsOf: 0, notebooks: [{}] }
  const checkpoints = new Checkpoints(() => [{
    get headlines() {
      return [run]
    },
    get notebooks() {
      return state.notebooks
    },
    ask: async () => {
      state.asked++
      if (state.refuses) throw new Error('no')
      return { what: 'checkpoint', data: { asOf: state.kernelAsOf, final: run.final } }
    },
    held: () => {
      state.looks++
      return state.held
    },
    keep: (uid, data) => {
      state.written.push(data)
      state.held = new Map([[uid, { ...(data as unknown as Held), counts: {} }]])
    },
  }], stores, clock)
  const tell = (change: Partial<Headline>): void => {
    run = { ...run, ...change }
    checkpoints.changed()
  }
  /** Time goes by, and the kernel tells of it. */
  const pass = async (seconds: number, change: (asOf: number) => void = () => undefined): Promise<void> => {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1000)
      change(clock.time)
      tell({})
      await settled()
    }
  }
  return { clock, stores, state, tell, pass, checkpoints }
}

test('a run whose end the notebook has heard of is not asked for, and no timer stays', async () => {
  const { state, tell, pass, clock } = notebook({ asOf: 5000, final: true })
  tell({ final: true, makespan: 4900 })
  await pass(30)
  expect([state.asked, state.looks]).toEqual([0, 1])
  expect(clock.timers.size).toBe(0)
})

test('a run whose end the notebook has not heard of is asked for once, and written', async () => {
  const { state, tell, pass, clock } = notebook({ asOf: 1000, final: false })
  state.kernelAsOf = 6000
  tell({ final: true, makespan: 4900 })
  await pass(30)
  expect(state.written).toEqual([{ asOf: 6000, final: true }])
  expect(state.asked).toBe(1)
  expect(clock.timers.size).toBe(0)
})

test('an update that arrives while the kernel is asked is not overwritten', async () => {
  const { state, tell, clock } = notebook({ asOf: 1000, final: false })
  state.kernelAsOf = 6000
  tell({ final: true, makespan: 4900 })
  clock.advance(3000)
  state.held = new Map([[A, { asOf: 5000, final: true, counts: {} }]])
  await settled()
  expect(state.asked).toBe(1)
  expect(state.written).toEqual([])
})

test('a running run is written about every ten seconds where the notebook is not updated, and at its end', async () => {
  const { state, stores, tell, pass } = notebook({ asOf: 0, final: false })
  const { store } = stores.acquire(RunTables.from(newRecord(A)), true)
  store.connect({ ask: () => Promise.reject(new Error('')), follow: () => undefined, behind: () => undefined })
  const running = (asOf: number): void => {
    state.kernelAsOf = asOf
    store.reset(RunTables.from({ ...newRecord(A), asOf }))
  }
  await pass(60, running)
  expect(state.written.length).toBeGreaterThanOrEqual(3)
  expect(state.written.length).toBeLessThanOrEqual(6)
  state.kernelAsOf = 70_000
  tell({ final: true, makespan: 61_000 })
  await pass(30)
  expect(state.written.at(-1)).toEqual({ asOf: 70_000, final: true })
})

test('a running run that the notebook is told of is not asked for', async () => {
  const { state, stores, pass } = notebook({ asOf: 0, final: false })
  const { store } = stores.acquire(RunTables.from(newRecord(A)), true)
  store.connect({ ask: () => Promise.reject(new Error('')), follow: () => undefined, behind: () => undefined })
  await pass(60, (asOf) => {
    state.held = new Map([[A, { asOf: asOf - 1000, final: false, counts: {} }]])
    store.reset(RunTables.from({ ...newRecord(A), asOf }))
  })
  expect(state.asked).toBe(0)
})

test('a running run in which nothing happens is not written', async () => {
  const { state, stores, pass } = notebook({ asOf: 0, final: false })
  const { store } = stores.acquire(RunTables.from(newRecord(A)), true)
  store.connect({ ask: () => Promise.reject(new Error('')), follow: () => undefined, behind: () => undefined })
  state.held = new Map([[A, { asOf: 0, final: false, counts: newRecord(A).counts }]])
  await pass(60, (asOf) => store.reset(RunTables.from({ ...newRecord(A), asOf })))
  expect(state.asked).toBe(0)
})

test('a run that ended and was run again is looked at again', async () => {
  const { state, tell, pass } = notebook({ asOf: 5000, final: true })
  tell({ final: true, makespan: 4900 })
  await pass(10)
  tell({ final: false })
  state.kernelAsOf = 20_000
  tell({ final: true, makespan: 19_000 })
  await pass(10)
  expect(state.written).toEqual([{ asOf: 20_000, final: true }])
})

test('a notebook that is opened again, or trusted only now, is looked at again', async () => {
  const { state, stores, tell, pass } = notebook({ asOf: 5000, final: true })
  state.kernelAsOf = 6000
  tell({ final: true, makespan: 4900 })
  await pass(10)
  expect(state.asked).toBe(0)
  const stale = (): void => void (state.held = new Map([[A, { asOf: 1000, final: false, counts: {} }]]))
  stale()
  state.notebooks = [{}]
  await pass(10)
  expect(state.asked).toBe(1)
  stale()
  stores.acquire(RunTables.from(newRecord(A)), true)
  await pass(10)
  expect(state.asked).toBe(2)
  expect(state.held.get(A)).toMatchObject({ asOf: 6000, final: true })
})

test('a kernel that refuses is asked three times', async () => {
  const { state, tell, pass, clock } = notebook({ asOf: 1000, final: false })
  state.refuses = true
  tell({ final: true, makespan: 4900 })
  await pass(120)
  expect(state.asked).toBe(3)
  expect(clock.timers.size).toBe(0)
})
