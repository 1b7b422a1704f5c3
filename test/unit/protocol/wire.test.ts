import fc from 'fast-check'
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Wire } from '../../../kernel/protocol/wire.ts'

const header = { msg_id: 'm1', msg_type: 'execute_request', session: 's', username: 'u', date: '2026-01-01T00:00:00Z', version: '5.4' }

function frames(parts: readonly unknown[] = [header, {}, {}, {}], key = 'key', algorithm = 'sha256'): Buffer[] {
  const texts = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
  const hmac = createHmac(algorithm, key)
  for (const text of texts) hmac.update(text)
  return ['id', '<IDS|MSG>', key === '' ? '' : hmac.digest('hex'), ...texts].map((text) => Buffer.from(text))
}

function buffers(message: readonly (string | Uint8Array)[]): Buffer[] {
  return message.map((frame) => Buffer.from(frame as string))
}

describe('reading', () => {
  test('a signed message is read, with its identity and buffers', () => {
    const message = new Wire('key', 'sha256').decode([...frames([header, { msg_id: 'p' }, { a: 1 }, { code: '1' }]), Buffer.from([7])])
    expect(message).toMatchObject({ id: 'm1', type: 'execute_request', session: 's', parentId: 'p', metadata: { a: 1 }, content: { code: '1' } })
    expect(message!.identities.map(String)).toEqual(['id'])
    expect(message!.buffers).toEqual([Buffer.from([7])])
  })

  test('an empty key means that nothing is checked, nor taken for a replay', () => {
    const wire = new Wire('', 'sha256')
    expect(wire.decode(frames(undefined, ''))).toBeDefined()
    expect(wire.decode(frames(undefined, ''))).toBeDefined()
  })

  test('the hash that the connection names is the one used', () => {
    expect(new Wire('key', 'sha512').decode(frames(undefined, 'key', 'sha512'))).toBeDefined()
    expect(new Wire('key', 'sha512').decode(frames())).toBeUndefined()
  })

  test('a header keeps the fields this kernel does not know, unless they are nested', () => {
    const read = (more: object) => JSON.parse(new Wire('', 'sha256').decode(frames([{ ...header, ...more }, {}, {}, {}], ''))!.header)
    expect(read({ future: 1 })).toEqual({ ...header, future: 1 })
    expect(read({ future: [[[]]] })).toEqual(header)
  })

  test.each([
    ['no delimiter', [Buffer.from('x')]],
    ['no delimiter', []],
    ['too few frames', frames().slice(0, 5)],
    ['bad signature', frames(undefined, 'other key')],
    ['bad signature', frames(undefined, '')],
    ['not JSON', frames([header, {}, {}, '{'])],
    ['not JSON', frames([header, {}, {}, '[]'])],
    ['not JSON', frames([header, 'null', {}, {}])],
    ['not JSON', frames([header, {}, {}, '[' .repeat(200_000)])],
    ['bad header', frames([{ ...header, msg_id: undefined }, {}, {}, {}])],
    ['bad header', frames([{ ...header, msg_type: 3 }, {}, {}, {}])],
    ['bad header', frames([{ ...header, msg_id: 'x'.repeat(10_000) }, {}, {}, {}])],
    ['bad header', frames([{ ...header, session: {} }, {}, {}, {}])],
  ])('%s: dropped and counted', (reason, message) => {
    const wire = new Wire('key', 'sha256')
    expect(wire.decode(message)).toBeUndefined()
    expect(wire.dropped).toEqual(new Map([[reason, 1]]))
  })

  test('a replay is dropped, also after many other messages; what is remembered is bounded', () => {
    const wire = new Wire('key', 'sha256', 100)
    const first = frames()
    expect(wire.decode(first)).toBeDefined()
    const others = Array.from({ length: 199 }, (_, at) => frames([{ ...header, msg_id: `n${at}` }, {}, {}, {}]))
    for (const other of others.slice(0, 100)) wire.decode(other)
    expect(wire.decode(first)).toBeUndefined()
    expect(wire.dropped).toEqual(new Map([['replayed', 1]]))
    for (const other of others.slice(100)) wire.decode(other)
    wire.decode(frames([{ ...header, msg_id: 'last' }, {}, {}, {}]))
    expect(wire.decode(first)).toBeDefined()
  })

  test('messages that share an id but not their content are both read', () => {
    const wire = new Wire('key', 'sha256')
    expect(wire.decode(frames())).toBeDefined()
    expect(wire.decode(frames([header, {}, {}, { other: 1 }]))).toBeDefined()
  })

  test('deeply nested content is read', () => {
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(new Wire('', 'sha256').decode(frames([header, {}, {}, deep], ''))).toBeDefined()
  })

  test('no sequence of frames makes reading throw', () => {
    const part = fc.oneof(fc.uint8Array(), fc.json(), fc.constantFrom('<IDS|MSG>', '{}', '', JSON.stringify(header)))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.constantFrom('', 'key'), (message, key) => {
        const wire = new Wire(key, 'sha256')
        const read = wire.decode(buffers(message))
        expect(read === undefined ? 1 : 0).toBe([...wire.dropped.values()].reduce((sum, count) => sum + count, 0))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('writing', () => {
  test('what is written is read again as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.uint8Array()), (content, metadata, attached) => {
        const message = new Wire('key', 'sha256').encode('comm_msg', content, { metadata, buffers: attached })
        const read = new Wire('key', 'sha256').decode(buffers(message))!
        // The message as JSON tells it: -0 is 0.
        expect(read.content).toEqual(JSON.parse(JSON.stringify(content)))
        expect(read.metadata).toEqual(JSON.parse(JSON.stringify(metadata)))
        expect(read.buffers.map((buffer) => [...buffer])).toEqual(attached.map((buffer) => [...buffer]))
        expect(read.type).toBe('comm_msg')
      }),
      { numRuns: 200 },
    )
  })

  test('lone surrogates are written as JSON escapes, so that the signature holds', () => {
    const message = new Wire('key', 'sha256').encode('stream', { text: '\ud83e' })
    expect(new Wire('key', 'sha256').decode(buffers(message))!.content).toEqual({ text: '\ud83e' })
  })

  test('every message has an id of its own', () => {
    const wire = new Wire('', 'sha256')
    const ids = [wire.encode('a', {}), wire.encode('a', {})].map((message) => JSON.parse(String(message[2])).msg_id)
    expect(new Set(ids).size).toBe(2)
    expect(wire.lastId).toBe(ids[1])
  })

  test('content that JSON cannot hold is refused with the reason', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(() => new Wire('', 'sha256').encode('display_data', cycle)).toThrow(/display_data.*circular/i)
    expect(() => new Wire('', 'sha256').encode('display_data', { n: 1n })).toThrow(/BigInt/)
  })
})
