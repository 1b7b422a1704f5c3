import { expect, test } from 'vitest'
import { Broadcast } from '../../../kernel/protocol/broadcast.ts'
import type { Frame } from '../../../kernel/protocol/message.ts'

/** A socket with one subscriber that has room for so many messages. */
class Subscriber {
  noDrop = false
  room: number
  readonly got: string[] = []
  lost = 0
  refused = 0

  constructor(room: number) {
    this.room = room
  }

  async send(frames: Frame[]): Promise<void> {
    if (this.room > 0) {
      this.room--
      this.got.push(String(frames[0]))
    } else if (this.noDrop) {
      this.refused++
      throw Object.assign(new Error('no room'), { code: 'EAGAIN' })
    } else this.lost++
  }
}

const never = { stuck: 60_000, bytes: 2 ** 30, lossy: 60_000 }
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('messages arrive in order, also when more are sent meanwhile', async () => {
  const subscriber = new Subscriber(Infinity)
  const broadcast = new Broadcast(subscriber, never)
  for (let i = 0; i < 1_000; i++) broadcast.send([`${i}`])
  await turn()
  for (let i = 1_000; i < 2_000; i++) broadcast.send([`${i}`])
  await broadcast.sent()
  expect(subscriber.got).toEqual(Array.from({ length: 2_000 }, (_, i) => `${i}`))
})

test('a subscriber that reads slowly loses nothing', async () => {
  const subscriber = new Subscriber(2)
  const broadcast = new Broadcast(subscriber, never)
  for (let i = 0; i < 5; i++) broadcast.send([`${i}`])
  while (subscriber.refused === 0) await turn()
  expect(subscriber.got).toEqual(['0', '1'])
  subscriber.room = 3
  await broadcast.sent()
  expect(subscriber).toMatchObject({ got: ['0', '1', '2', '3', '4'], lost: 0 })
})

test('a stuck subscriber is given up, and later waited for again', async () => {
  const subscriber = new Subscriber(0)
  const broadcast = new Broadcast(subscriber, { stuck: 5, bytes: 2 ** 30, lossy: 20 })
  broadcast.send(['a'])
  await broadcast.sent()
  expect(subscriber).toMatchObject({ lost: 1, noDrop: false })
  const refused = subscriber.refused
  broadcast.send(['b'])
  await broadcast.sent()
  expect(subscriber).toMatchObject({ lost: 2, refused })
  const before = performance.now()
  while (performance.now() < before + 25) await turn()
  broadcast.send(['c'])
  await turn()
  expect(subscriber.noDrop).toBe(true)
  expect(subscriber.refused).toBeGreaterThan(refused)
  await broadcast.sent()
})

test('no more than so many bytes wait', async () => {
  const subscriber = new Subscriber(0)
  const broadcast = new Broadcast(subscriber, { ...never, bytes: 1_000 })
  for (let i = 0; i < 20; i++) broadcast.send(['x'.repeat(100)])
  await broadcast.sent()
  expect(subscriber.lost).toBe(20)
})

test('a message that cannot be sent at all does not hold up the next', async () => {
  const sent: string[] = []
  const broken = { noDrop: false, send: async ([frame]: Frame[]) => { if (frame === 'a') throw new Error('closed'); sent.push(String(frame)) } }
  const broadcast = new Broadcast(broken, never)
  broadcast.send(['a'])
  broadcast.send(['b'])
  await broadcast.sent()
  expect(sent).toEqual(['b'])
})
