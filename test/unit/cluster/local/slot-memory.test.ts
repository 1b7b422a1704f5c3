import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RING, SlotMemory } from '../../../../kernel/cluster/local/slot-memory.ts'

describe('claims', () => {
  it('are given once for each position, over many laps of the ring', () => {
    const memory = new SlotMemory()
    for (const position of [0, 1, RING - 1, RING, RING + 1, 5 * RING, 5 * RING + 1, 200 * RING]) {
      expect(memory.claim(position)).toBe(true)
      expect(memory.claim(position)).toBe(false)
    }
  })

  it('go to the slot or to the main thread, never to both or neither', async () => {
    const memory = new SlotMemory()
    const positions = 20_000
    // The other thread claims from the end, as a recall does, with the same algorithm as the class's.
    const rival = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads')
       const claims = new Int32Array(workerData.shared, 16, ${RING})
       parentPort.postMessage('ready')
       parentPort.once('message', () => {
         const won = []
         for (let p = ${positions - 1}; p >= 0; p--) if (Atomics.compareExchange(claims, p, 0, 1) === 0) won.push(p)
         parentPort.postMessage(won)
       })`,
      { eval: true, workerData: { shared: memory.shared } },
    )
    await new Promise((resolve) => rival.once('message', resolve))
    const theirs = new Promise<number[]>((resolve) => rival.once('message', resolve))
    rival.postMessage('go')
    const ours: number[] = []
    for (let position = 0; position < positions; position++) if (memory.begin(position) && memory.end(position)) ours.push(position)
    const all = [...ours, ...(await theirs)].sort((a, b) => a - b)
    expect(all).toEqual(Array.from({ length: positions }, (_, position) => position))
    await rival.terminate()
  })

  it('show the running task; one that is condemned cannot end any more', () => {
    const memory = new SlotMemory()
    expect(memory.begin(0)).toBe(true)
    expect(memory.current).toBe(0)
    expect(memory.condemn(1)).toBe(false)
    expect(memory.condemn(0)).toBe(true)
    expect(memory.end(0)).toBe(false)
    const other = new SlotMemory()
    other.begin(3)
    expect(other.end(3)).toBe(true)
    expect(other.condemn(3)).toBe(false)
    expect(other.current).toBe(undefined)
  })
})

describe('the outbox', () => {
  it('gives what was put in, in order, in numbered frames', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (records, every) => {
        const memory = new SlotMemory()
        const frames: Buffer[] = []
        for (const [i, record] of records.entries()) {
          if (!memory.append(record)) frames.push(memory.take(record))
          else if (i % every === 0) frames.push(memory.tryTake()!)
        }
        const last = memory.takeFromDead()
        if (last !== undefined) frames.push(last)
        expect(frames.map((frame) => frame.readUInt32LE(0))).toEqual(frames.map((_, number) => number))
        expect(Buffer.concat(frames.map((frame) => frame.subarray(4)))).toEqual(Buffer.concat(records))
      }),
    )
  })
})
