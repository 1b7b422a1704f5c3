import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packRecord, packStart, unpackRecords, unpackStart, type SlotRecord } from '../../../../kernel/cluster/local/frames.ts'
import { Packer, RemoteInput, Unpacker } from '../../../../kernel/cluster/local/packing.ts'

const wire = fc.oneof(
  fc.constantFrom(null, undefined, true, false, -0, NaN, 2 ** 31, -(2 ** 31)),
  fc.integer(),
  fc.double(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.uint8Array({ maxLength: 300 }),
)
const uint = fc.nat(2 ** 32 - 1)
const text = fc.string({ unit: 'binary' })
const record: fc.Arbitrary<SlotRecord> = fc.oneof(
  fc.record({ kind: fc.constant('succeeded' as const), position: uint, began: fc.double(), ended: fc.double(), size: fc.nat(), inline: fc.constant(true), value: wire }),
  fc.record({ kind: fc.constant('succeeded' as const), position: uint, began: fc.double(), ended: fc.double(), size: fc.nat(), inline: fc.constant(false), value: fc.constant(undefined) }),
  fc.record({ kind: fc.constant('failed' as const), position: uint, began: fc.double(), ended: fc.double(), final: fc.boolean(), error: fc.record({ name: text, message: text, stack: text, value: wire }, { requiredKeys: ['name', 'message', 'stack'] }) }),
  fc.record({ kind: fc.constant('input-lost' as const), position: uint, inputs: fc.array(uint, { maxLength: 255 }) }),
  fc.record({ kind: fc.constant('log' as const), task: uint, attempt: uint, stream: fc.constantFrom('stdout' as const, 'stderr' as const), text }),
  fc.record({ kind: fc.constant('progress' as const), task: uint, fraction: fc.double(), text: fc.option(text, { nil: undefined }) }),
)

function frameOf(records: readonly SlotRecord[]): Buffer {
  const packer = new Packer(1)
  packer.uint(7)
  for (const one of records) packRecord(packer, one)
  return packer.take()
}

describe('what is packed', () => {
  it('is the same when it is unpacked: values', () => {
    fc.assert(
      fc.property(fc.array(wire), (values) => {
        const packer = new Packer(1)
        for (const value of values) packer.input(value)
        const from = new Unpacker(packer.take())
        for (const value of values) expect(from.input()).toStrictEqual(value)
        expect(from.done).toBe(true)
      }),
    )
  })

  it('is the same when it is unpacked: records', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (records) => {
        expect(unpackRecords(frameOf(records))).toEqual(records)
      }),
    )
  })

  it('is the same when it is unpacked: tasks, with references by node number', () => {
    const nodes = ['a', 'b', 'c']
    const inputs = [[1, { task: 9, size: 5, nodes: ['c', 'unknown', 'a'] }], [], ['x']]
    const bytes = packStart({ context: 4, first: 70, tasks: [5, 6, 7], attempts: [1, 2, 3], indices: [0, 1, 2] }, inputs, 0, 3, (name) => (nodes.includes(name) ? nodes.indexOf(name) : undefined))
    expect(unpackStart(bytes)).toEqual([
      { context: 4, position: 70, task: 5, attempt: 1, index: 0, inputs: [1, new RemoteInput(9, [2, 0])] },
      { context: 4, position: 71, task: 6, attempt: 2, index: 1, inputs: [] },
      { context: 4, position: 72, task: 7, attempt: 3, index: 2, inputs: ['x'] },
    ])
  })

  it('is refused with a RangeError when it is cut short or garbled, and never hangs', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(255), (records, at, byte) => {
        const frame = frameOf(records)
        const garbled = Buffer.from(frame.subarray(0, 4 + (at % (frame.length - 4))))
        if (garbled.length > 4) garbled[4 + (at % (garbled.length - 4))] = byte
        try {
          unpackRecords(garbled)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
  })
})
