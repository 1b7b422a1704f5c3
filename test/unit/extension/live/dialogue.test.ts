import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import type { FromKernel } from '../../../../kernel/cluster/live/types.ts'
import { Dialogue } from '../../../../extension/src/live/dialogue.ts'
import type { Checked } from '../../../../extension/src/run/check.ts'
import { Stores } from '../../../../extension/src/run/stores.ts'
import { randomNumbers } from '../../cluster/sample-runs.ts'
import { messageChecker } from './message-checker.ts'
import { FakeClock, FakeKernel, newRecord, randomDelta } from './fake-kernel.ts'
import { trans } from './trans.ts'

const A = 'aaaaaaaaaaaaaaaa'
const B = 'bbbbbbbbbbbbbbbb'
const check = async (message: unknown): Promise<Checked<FromKernel>> => messageChecker(message)

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined))
afterEach(() => void vi.restoreAllMocks())

function meet({ kernel = new FakeKernel(), stores = new Stores(), clock = new FakeClock() } = {}) {
  const failures: string[] = []
  let last: Promise<void> = Promise.resolve()
  const dialogue: { current?: Dialogue } = {}
  kernel.deliver = (message) => void (last = dialogue.current!.receive(structuredClone(message)))
  dialogue.current = new Dialogue({
    partner: { send: (message) => queueMicrotask(() => kernel.receive(message)), failed: (reason) => failures.push(reason), changed: () => undefined },
    stores, clock, trans, check, watching: true,
  })
  kernel.opened()
  /** When all that was said has been heard, and all that this led to. */
  const settled = async (): Promise<void> => {
    for (let before: unknown; before !== last; ) {
      before = last
      await last
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { kernel, stores, clock, dialogue: dialogue.current, failures, settled }
}

const show = (stores: Stores, uid: string, trusted = true) => stores.acquire(RunTables.from(newRecord(uid)), trusted)

test('a run on the page follows the kernel, from its snapshot on', async () => {
  const { kernel, stores, settled } = meet()
  const { store } = show(stores, A)
  kernel.declare(newRecord(A))
  await settled()
  expect(store.live).toBe(true)
  const random = randomNumbers(1)
  for (let i = 0; i < 20; i++) kernel.step(A, random)
  await settled()
  expect(store.toRecord()).toEqual(kernel.runs.get(A)!.toRecord())
  expect(kernel.heard.filter(({ type }) => type === 'resync')).toEqual([])
})

test('runs of untrusted notebooks are not asked for', async () => {
  const { kernel, stores, settled } = meet()
  const { store } = show(stores, A, false)
  kernel.declare(newRecord(A))
  await settled()
  expect(kernel.watched.size).toBe(0)
  expect(store.live).toBe(false)
  const trusted = show(stores, A)
  await settled()
  expect([...kernel.watched]).toEqual([A])
  expect(trusted.store.live).toBe(true)
  expect(store.live).toBe(false)
})

test('a lost message is noticed by the next, and everything is told again', async () => {
  const { kernel, stores, settled } = meet()
  const { store } = show(stores, A)
  kernel.declare(newRecord(A))
  await settled()
  kernel.seq++
  kernel.step(A, randomNumbers(2))
  await settled()
  expect(kernel.heard.filter(({ type }) => type === 'resync')).toHaveLength(1)
  expect(store.toRecord()).toEqual(kernel.runs.get(A)!.toRecord())
})

test('a message that comes twice counts once', async () => {
  const { kernel, stores, settled } = meet()
  const { store } = show(stores, A)
  kernel.declare(newRecord(A))
  await settled()
  const { deliver } = kernel
  kernel.deliver = (message) => {
    deliver(message)
    deliver(message)
  }
  const random = randomNumbers(3)
  for (let i = 0; i < 20; i++) kernel.step(A, random)
  await settled()
  expect(store.toRecord()).toEqual(kernel.runs.get(A)!.toRecord())
  expect(kernel.heard.filter(({ type }) => type === 'resync')).toEqual([])
})

test('messages that make no sense are asked for again ever more rarely, and in the end no more', async () => {
  const { kernel, stores, clock, failures, settled } = meet()
  const { store } = show(stores, A)
  kernel.declare(newRecord(A))
  await settled()
  const { deliver } = kernel
  kernel.deliver = (message) => deliver(message.type === 'hello' ? message : ({ ...message, type: 'nonsense' } as unknown as FromKernel))
  kernel.frame()
  const times: number[] = []
  for (let second = 0; second < 120; second++) {
    await settled()
    times.push(...Array<number>(kernel.heard.filter(({ type }) => type === 'resync').length - times.length).fill(second))
    clock.advance(1000)
  }
  expect(times).toEqual([0, 1, 3, 7, 15, 31])
  expect(failures).toHaveLength(1)
  expect(failures[0]).toContain('different versions')
  expect(store.live).toBe(false)
  expect(store.lost).toBe(true)
  expect(clock.timers.size).toBe(0)
})

test('a kernel that never says hello is given up', async () => {
  const { kernel, clock, failures, settled } = meet({ kernel: Object.assign(new FakeKernel(), { hello: () => undefined }) })
  for (let second = 0; second < 200; second++) {
    clock.advance(1000)
    await settled()
  }
  expect(failures).toEqual(['The kernel does not answer.'])
  expect(kernel.heard.filter(({ type }) => type === 'resync').length).toBeLessThan(8)
})

test('a run whose changes do not fit is told anew, and left alone when that does not help; others go on', async () => {
  const { kernel, stores, settled, failures } = meet()
  const a = show(stores, A)
  const b = show(stores, B)
  kernel.declare(newRecord(A))
  kernel.declare(newRecord(B))
  await settled()
  const misfit = { ...randomDelta(kernel.runs.get(A)!, randomNumbers(4)), criticalPath: [1_000_000] }
  for (let i = 0; i < 3; i++) {
    kernel.frame([misfit])
    await settled()
    expect(a.store.live).toBe(true)
    expect(a.store.toRecord()).toEqual(kernel.runs.get(A)!.toRecord())
  }
  kernel.frame([misfit])
  kernel.step(B, randomNumbers(5))
  await settled()
  expect([...kernel.watched]).toEqual([B])
  expect(a.store.live).toBe(false)
  expect(b.store.toRecord()).toEqual(kernel.runs.get(B)!.toRecord())
  expect(failures).toEqual([])
})

test('a run that leaves the page and comes back starts from a snapshot', async () => {
  const { kernel, stores, settled } = meet()
  const first = show(stores, A)
  kernel.declare(newRecord(A))
  kernel.step(A, randomNumbers(6))
  await settled()
  first.dispose()
  const { store } = show(stores, A)
  await settled()
  expect(first.store.live).toBe(false)
  expect(first.store.lost).toBe(false)
  expect(store.toRecord()).toEqual(kernel.runs.get(A)!.toRecord())
  expect(store.live).toBe(true)
})

test('a run that the kernel comes to know later is followed from then on', async () => {
  const { kernel, stores, settled } = meet()
  const { store } = show(stores, B)
  await settled()
  expect(store.live).toBe(false)
  kernel.declare(newRecord(B))
  await settled()
  expect(store.live).toBe(true)
})

test('of two kernels each tells its own runs, and the end of one is not that of the other', async () => {
  const stores = new Stores()
  const one = meet({ stores })
  const two = meet({ stores })
  const a = show(stores, A)
  const b = show(stores, B)
  one.kernel.declare(newRecord(A))
  two.kernel.declare(newRecord(B))
  await one.settled()
  await two.settled()
  // One kernel claims the other's run.
  two.kernel.declare(newRecord(A, 5))
  await two.settled()
  expect(a.store.connection).toBe(one.dialogue)
  expect(a.store.tasks.length).toBe(20)
  one.dialogue.end(true)
  expect([a.store.live, a.store.lost, b.store.live]).toEqual([false, true, true])
})

test('an answer, a refusal, and none', async () => {
  const { kernel, dialogue, clock, settled } = meet()
  await settled()
  const answered = dialogue.ask({ what: 'cancel', uid: A })
  const refused = dialogue.ask({ what: 'cluster-stop' })
  const unanswered = dialogue.ask({ what: 'detail', uid: A, task: 1 })
  const lost = dialogue.ask({ what: 'cluster-stop' })
  const outcomes = Promise.allSettled([answered, refused, unanswered, lost])
  await settled()
  kernel.send({ type: 'answer', id: 1, answer: { what: 'tasks', count: 3 } })
  kernel.send({ type: 'refusal', id: 2, message: 'No cluster runs.' })
  await settled()
  clock.advance(10_000)
  dialogue.end(true)
  const [one, two, three, four] = await outcomes
  expect(one).toEqual({ status: 'fulfilled', value: { what: 'tasks', count: 3 } })
  expect((two as PromiseRejectedResult).reason.message).toBe('No cluster runs.')
  expect((three as PromiseRejectedResult).reason.message).toContain('10 seconds')
  expect((four as PromiseRejectedResult).reason.message).toContain('went away')
  await expect(dialogue.ask({ what: 'cluster-stop' })).rejects.toThrow('The kernel is gone')
  expect(clock.timers.size).toBe(0)
})

test('what has been taken in is acknowledged some two times a second, without a timer, and before the kernel has to wait', async () => {
  const { kernel, clock, settled } = meet()
  await settled()
  for (let i = 0; i < 40; i++) {
    kernel.frame()
    await settled()
    clock.advance(100)
  }
  const acks = kernel.heard.flatMap((message) => (message.type === 'ack' ? [message.seq] : []))
  expect(acks.length).toBeGreaterThanOrEqual(8)
  expect(acks.length).toBeLessThanOrEqual(11)
  expect(clock.timers.size).toBe(0)
  for (let i = 0; i < 12; i++) kernel.frame()
  await settled()
  const last = kernel.heard.findLast((message) => message.type === 'ack')!
  expect(kernel.seq - 1 - (last as { seq: number }).seq).toBeLessThan(4)
})

test('when the notebook hears of the end and the kernel’s message of it was lost, it is asked for', async () => {
  const { kernel, stores, clock, settled } = meet()
  const { store } = show(stores, A)
  kernel.declare(newRecord(A))
  await settled()
  const { deliver } = kernel
  kernel.deliver = () => undefined
  kernel.frame([{ ...randomDelta(kernel.runs.get(A)!, randomNumbers(7)), final: true }])
  kernel.runs.get(A)!.apply({ ...randomDelta(kernel.runs.get(A)!, randomNumbers(7)), final: true })
  kernel.deliver = deliver
  store.offer(RunTables.from(kernel.runs.get(A)!.toRecord()))
  expect(store.record.final).toBe(false)
  clock.advance(2000)
  await settled()
  expect(store.record.final).toBe(true)
})

test('the log of the task that is followed arrives', async () => {
  const { kernel, stores, dialogue, settled } = meet()
  const { store } = show(stores, A)
  kernel.declare(newRecord(A))
  dialogue.follow(A, 3)
  await settled()
  expect(kernel.heard).toContainEqual({ type: 'follow', uid: A, task: 3 })
  kernel.send({ type: 'frame', log: { uid: A, task: 3, text: 'line 1', progress: { fraction: 0.5 } } })
  await settled()
  expect(store.log).toEqual({ task: 3, text: 'line 1', progress: { fraction: 0.5 } })
})

test('when one view stops following, the kernel follows what another wants', async () => {
  const { kernel, dialogue, settled } = meet()
  dialogue.follow(A, 3)
  dialogue.follow(B, 1)
  dialogue.follow(B, undefined)
  dialogue.follow(A, undefined)
  await settled()
  expect(kernel.heard.filter(({ type }) => type === 'follow')).toEqual([
    { type: 'follow', uid: A, task: 3 }, { type: 'follow', uid: B, task: 1 }, { type: 'follow', uid: A, task: 3 }, { type: 'follow' },
  ])
})

test('live updates can be turned off and on', async () => {
  const { kernel, stores, dialogue, settled } = meet()
  const { store } = show(stores, A)
  kernel.declare(newRecord(A))
  await settled()
  dialogue.watching = false
  await settled()
  expect([store.live, store.lost, kernel.watched.size]).toEqual([false, false, 0])
  dialogue.watching = true
  await settled()
  expect(store.live).toBe(true)
})

test('whatever is lost, repeated or damaged, a view ends up with what the kernel has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(fc.constantFrom('step', 'step', 'step', 'lose', 'repeat', 'damage', 'misfit', 'declare', 'hide', 'wait'), { maxLength: 40 }), async (seed, actions) => {
      const random = randomNumbers(seed)
      const { kernel, stores, clock, settled, failures } = meet()
      const deliver = kernel.deliver
      const leases = new Map([[A, show(stores, A)], [B, show(stores, B)]])
      kernel.declare(newRecord(A))
      for (const action of actions) {
        const uid = kernel.runs.has(B) && random() < 0.5 ? B : A
        kernel.deliver = deliver
        if (action === 'lose') kernel.deliver = () => undefined
        else if (action === 'repeat') kernel.deliver = (message) => [deliver(message), deliver(message)]
        else if (action === 'damage') kernel.deliver = (message) => deliver({ ...message, seq: -1 })
        if (action === 'declare') kernel.declare(newRecord(B, 7, 2))
        else if (action === 'misfit' && uid === A) kernel.frame([{ ...randomDelta(kernel.runs.get(A)!, random), stacks: [{ row: 63, stack: '' }] }])
        else if (action === 'hide') {
          leases.get(uid)!.dispose()
          leases.set(uid, show(stores, uid))
        } else if (action === 'wait') await settled()
        else kernel.step(uid, random)
        kernel.deliver = deliver
        if (random() < 0.5) continue
        await settled()
        // Trouble is rare enough to be forgiven.
        clock.advance(61_000)
      }
      await settled()
      for (let i = 0; i < 3; i++) {
        kernel.frame()
        await settled()
        clock.advance(20_000)
        await settled()
      }
      expect(failures).toEqual([])
      const givenUp = actions.filter((action) => action === 'misfit').length > 3
      for (const [uid, run] of kernel.runs) {
        if (uid === A && givenUp) continue
        expect(stores.get(uid)!.live).toBe(true)
        expect(stores.get(uid)!.toRecord()).toEqual(run.toRecord())
      }
    }),
    { numRuns: 60 },
  )
})
