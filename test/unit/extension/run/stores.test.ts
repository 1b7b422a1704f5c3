import { expect, test } from 'vitest'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import type { RunConnection } from '../../../../extension/src/run/store.ts'
import { Stores } from '../../../../extension/src/run/stores.ts'
import { newRecord } from '../live/fake-kernel.ts'

const A = 'aaaaaaaaaaaaaaaa'
const tables = (change: { asOf?: number; final?: boolean } = {}) => RunTables.from({ ...newRecord(A), ...change })

function connection() {
  const behind: string[] = []
  const made: RunConnection = { ask: () => Promise.reject(new Error('no')), follow: () => undefined, behind: ({ uid }) => behind.push(uid) }
  return { made, behind }
}

test('views of the same run share a store, until the last of them goes', () => {
  const stores = new Stores()
  const one = stores.acquire(tables(), true)
  const two = stores.acquire(tables({ asOf: 500 }), true)
  expect(two.store).toBe(one.store)
  expect(one.store.record.asOf).toBe(500)
  one.dispose()
  one.dispose()
  expect(stores.get(A)).toBe(two.store)
  two.dispose()
  expect(stores.get(A)).toBeUndefined()
})

test('an untrusted output shares nothing with a trusted one of the same run', () => {
  const stores = new Stores()
  const untrusted = stores.acquire(tables({ asOf: 1e9, final: true }), false)
  expect(stores.get(A)).toBeUndefined()
  expect(stores.trusted).toEqual([])
  const trusted = stores.acquire(tables(), true)
  expect(trusted.store.record.final).toBe(false)
  expect(stores.trusted).toEqual([trusted.store])
  expect(untrusted.store).not.toBe(trusted.store)
})

test('a checkpoint counts only while no kernel is connected, and only if it tells more', () => {
  const { store } = new Stores().acquire(tables({ asOf: 100 }), true)
  store.offer(tables({ asOf: 50 }))
  expect(store.record.asOf).toBe(100)
  const { made, behind } = connection()
  store.connect(made)
  store.offer(tables({ asOf: 200 }))
  expect([store.record.asOf, behind]).toEqual([100, []])
  store.offer(tables({ asOf: 300, final: true }))
  expect([store.record.asOf, behind]).toEqual([100, [A]])
  store.disconnect()
  expect([store.live, store.lost]).toEqual([false, true])
  store.offer(tables({ asOf: 300, final: true }))
  expect([store.record.asOf, store.lost]).toEqual([300, false])
})

test('a run that had ended is not lost with its kernel', () => {
  const { store } = new Stores().acquire(tables({ final: true }), true)
  store.connect(connection().made)
  store.disconnect()
  expect(store.lost).toBe(false)
})

test('who subscribes hears of runs that come and go, and of changes, until it ends that', () => {
  const stores = new Stores()
  let heard = 0
  const end = stores.subscribe(() => heard++)
  const lease = stores.acquire(tables(), true)
  lease.dispose()
  expect(heard).toBe(2)
  end()
  stores.acquire(tables(), true)
  expect(heard).toBe(2)
})
