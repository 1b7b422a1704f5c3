import { expect, test } from 'vitest'
import { KernelClock } from '../../../kernel/cluster/clock.ts'

test('the clock goes on from where it stood, whichever time passes, and alarms go with it', async () => {
  const real = { time: 100 }
  const clock = new KernelClock(() => real.time)
  const rung: string[] = []
  clock.at(1e6, () => rung.push('far'))
  const off = clock.at(2e6, () => rung.push('never'))
  const virtual = { time: clock.now(), changes: 0 }
  const unfollow = clock.follow({ now: () => virtual.time, changed: () => virtual.changes++ })
  real.time = 5000
  expect([clock.now(), clock.nextAlarm]).toEqual([100, 1e6])
  virtual.time = 1e6
  clock.ring()
  off()
  expect([rung, clock.nextAlarm]).toEqual([['far'], Infinity])
  const release = [clock.hold(), clock.hold()]
  release[0]!()
  expect([clock.held, virtual.changes]).toEqual([true, 0])
  release[1]!()
  expect([clock.held, virtual.changes]).toEqual([false, 1])
  const woken = new Promise<void>((resolve) => clock.at(1e6 + 5, resolve))
  unfollow()
  expect(clock.now()).toBe(1e6)
  real.time += 10
  expect(clock.now()).toBe(1e6 + 10)
  real.time -= 50
  expect(clock.now()).toBe(1e6 + 10)
  await woken
})
