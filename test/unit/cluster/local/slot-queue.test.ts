import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BackendEvent, RunContext } from '../../../../kernel/cluster/backend.ts'
import { packRecord, unpackStart, type QueuedTask } from '../../../../kernel/cluster/local/frames.ts'
import type { SlotEnd, ToNode } from '../../../../kernel/cluster/local/messages.ts'
import { Packer } from '../../../../kernel/cluster/local/packing.ts'
import { SlotQueue, type SlotChannel } from '../../../../kernel/cluster/local/slot-queue.ts'

/** A queue with a slot played by the test. */
class Played {
  readonly events: BackendEvent[] = []
  readonly posted: ToNode[] = []
  readonly got: QueuedTask[] = []
  readonly queue: SlotQueue
  channel: SlotChannel
  generation = 0
  #frame = 0

  constructor() {
    this.queue = new SlotQueue({
      node: 'a', slot: 0, memory: 100,
      nodeNumber: () => 0,
      tell: ({ run }) => run,
      post: (message) => this.posted.push(message),
      emit: (events) => this.events.push(...events),
      now: () => 1000,
      kernelTime: (time) => time + 1,
    })
    this.channel = this.connect()
  }

  connect(): SlotChannel {
    const channel = { send: (bytes: Uint8Array) => this.got.push(...unpackStart(bytes)), close: () => {} } as unknown as SlotChannel
    this.channel = channel
    this.#frame = 0
    this.queue.attach(this.generation, channel)
    return channel
  }

  start(tasks: readonly number[], run: Partial<RunContext> = {}): void {
    this.queue.start({ run: 1, node: 'a', slot: 0, tasks, attempts: tasks.map(() => 1), indices: tasks, inputs: [] }, { run: 1, ...run } as RunContext)
  }

  frame(positions: readonly number[], number = this.#frame++): Uint8Array {
    const packer = new Packer()
    packer.uint(number)
    for (const position of positions) packRecord(packer, { kind: 'succeeded', position, began: 1, ended: 2, size: 8, inline: true, value: position })
    return packer.take()
  }

  finish(positions: readonly number[]): void {
    this.queue.receive(this.generation, this.frame(positions))
  }

  end(end: SlotEnd, position?: number): void {
    this.queue.end({ type: 'slot-ended', slot: 0, generation: this.generation++, position, end, frame: undefined, abandoned: false })
    this.queue.detach(this.channel)
  }

  get finished(): number[] {
    return this.events.flatMap((event) => (event.type === 'finished' ? event.outcomes.map(({ task }) => task) : []))
  }
}

describe('a slot queue', () => {
  it('puts frames that overtook each other in order, and counts none twice', () => {
    const slot = new Played()
    slot.start([10, 11, 12])
    const [first, second] = [slot.frame([0]), slot.frame([1, 2])]
    slot.queue.receive(0, second)
    expect(slot.finished).toEqual([])
    slot.queue.receive(0, first)
    expect(slot.finished).toEqual([10, 11, 12])
    slot.finish([1])
    expect(slot.finished).toEqual([10, 11, 12])
  })

  it('says at its end which task failed, resets, and ignores the thread that is gone', () => {
    const slot = new Played()
    slot.start([10, 11, 12])
    slot.finish([0])
    slot.end({ kind: 'exited', code: 3 }, 1)
    expect(slot.events.at(-2)).toMatchObject({ type: 'finished', outcomes: [{ task: 11, ok: false, began: 1000 }] })
    expect(slot.events.at(-1)).toMatchObject({ type: 'slot-reset', node: 'a', slot: 0 })
    const before = slot.events.length
    slot.queue.receive(0, slot.frame([2], 1))
    expect(slot.events.length).toBe(before)
    slot.start([20])
    expect(slot.got.length).toBe(3)
    slot.connect()
    expect(slot.got.at(-1)).toMatchObject({ task: 20, position: 0 })
  })

  it('waits until it is idle to change the memory of its thread, and loses nothing on the way', () => {
    const slot = new Played()
    slot.start([10])
    slot.start([11], { run: 2, memory: 500 })
    slot.start([12])
    expect(slot.posted).toEqual([])
    slot.finish([0])
    expect(slot.posted).toEqual([{ type: 'resize', slot: 0, generation: 0, memory: 500 }])
    slot.end({ kind: 'resized' })
    slot.connect()
    expect(slot.got.map(({ task }) => task)).toEqual([10, 11])
    slot.finish([0])
    expect(slot.posted.at(-1)).toEqual({ type: 'resize', slot: 0, generation: 1, memory: 100 })
    slot.end({ kind: 'resized' })
    slot.connect()
    expect(slot.got.map(({ task }) => task)).toEqual([10, 11, 12])
    expect(slot.events.filter(({ type }) => type === 'slot-reset')).toEqual([])
  })

  it('accounts for every task exactly once, whatever is finished, recalled or cancelled in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('start', 'finish', 'recall', 'cancel', 'answer', 'connect'), fc.nat(20)), { maxLength: 60 }), (steps) => {
        const slot = new Played()
        let next = 0
        let done = 0
        const asked: { positions: readonly number[]; recalled: boolean }[] = []
        const dropped = new Set<number>()
        const taken = new Set<number>()
        for (const [step, n] of steps) {
          if (step === 'start') {
            slot.start(Array.from({ length: n + 1 }, () => next++))
          } else if (step === 'finish') {
            const from = done
            done = Math.min(slot.got.length, done + n)
            slot.finish(Array.from({ length: done - from }, (_, k) => from + k).filter((position) => !taken.has(position)))
          } else if (step === 'recall' || step === 'cancel') {
            const task = next > 0 ? n % next : 0
            const before = slot.posted.length
            if (step === 'recall') slot.queue.recall([task])
            else slot.queue.cancel([{ task, attempt: 1 }], false)
            const message = slot.posted[before]
            if (message?.type === 'recall' || message?.type === 'cancel') asked.push({ positions: message.positions, recalled: step === 'recall' })
          } else if (step === 'answer') {
            const message = asked.shift()
            if (message === undefined) continue
            const positions = message.positions.filter((position) => position >= done && !taken.has(position))
            for (const position of positions) {
              taken.add(position)
              if (!message.recalled) dropped.add(slot.got[position]!.task)
            }
            slot.queue.taken({ type: 'taken', slot: 0, generation: 0, positions, recalled: message.recalled })
          }
        }
        slot.finish(Array.from({ length: slot.got.length - done }, (_, k) => done + k).filter((position) => !taken.has(position)))
        const returned = slot.events.flatMap((event) => (event.type === 'returned' ? event.tasks : []))
        expect([...slot.finished, ...returned, ...dropped].sort((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, task) => task))
      }),
    )
  })
})
