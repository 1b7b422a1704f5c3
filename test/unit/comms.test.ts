/** Comms between front end, cells and the kernel's own views. */
import { expect, test } from 'vitest'
import { Comms } from '../../kernel/comms.ts'
import type { CommMessage } from '../../kernel/protocol/interpreter.ts'

function desk() {
  const told: string[] = []
  const views = new Set<string>()
  const note = (whom: string) => ({ type, id }: CommMessage) => void told.push(`${whom}: ${type} ${id}`)
  const own = {
    target: 'views',
    has: (id: string) => views.has(id),
    open: (id: string) => void (views.add(id), told.push(`views: open ${id}`)),
    receive: (id: string, data: unknown) => void told.push(`views: ${String(data)} on ${id}`),
    close: (id: string) => void (views.delete(id), told.push(`views: close ${id}`)),
  }
  const comms = new Comms({ own, toSession: note('session'), toFrontend: (_, message) => note('front end')(message) })
  const rest = { data: 'hi', metadata: {}, buffers: [] }
  const open = (id: string, target: string): CommMessage => ({ type: 'open', id, target, ...rest })
  const say = (id: string): CommMessage => ({ type: 'message', id, ...rest })
  const close = (id: string): CommMessage => ({ type: 'close', id, ...rest })
  return { comms, views, open, say, close, since: () => told.splice(0) }
}

test('comms of views are the kernel’s, all others the session’s', () => {
  const { comms, open, say, close, since } = desk()
  for (const message of [open('v', 'views'), open('w', 'widget'), say('v'), say('w')]) comms.fromFrontend(message)
  expect(since()).toEqual(['views: open v', 'session: open w', 'views: hi on v', 'session: message w'])
  expect([...comms.open]).toEqual([['v', 'views'], ['w', 'widget']])
  for (const message of [close('v'), close('w')]) comms.fromFrontend(message)
  expect(since()).toEqual(['views: close v', 'session: close w'])
  expect(comms.open.size).toBe(0)
})

test('who speaks on a comm that is not open is told that it is closed, and the session hears nothing of it', () => {
  const { comms, open, say, close, since } = desk()
  comms.fromFrontend(say('gone'))
  expect(since()).toEqual(['front end: close gone'])
  comms.fromFrontend(close('gone'))
  expect(since()).toEqual([])
  // One that a cell has opened is open for the front end, too, until the cell closes it.
  comms.fromSession('cell', open('c', 'widget'))
  comms.fromFrontend(say('c'))
  comms.fromSession('cell', close('c'))
  comms.fromFrontend(say('c'))
  expect(since()).toEqual(['front end: open c', 'session: message c', 'front end: close c', 'front end: close c'])
})

test('cells cannot pass for views, nor close theirs', () => {
  const { comms, open, say, close, since } = desk()
  comms.fromSession('cell', open('forged', 'views'))
  comms.fromFrontend(open('v', 'views'))
  since()
  for (const message of [say('v'), close('v')]) comms.fromSession('cell', message)
  expect(since()).toEqual([])
  expect([...comms.open.keys()]).toEqual(['v'])
})

test('a session that ends takes its comms with it, and leaves those of views', () => {
  const { comms, open, since } = desk()
  for (const message of [open('v', 'views'), open('w', 'widget')]) comms.fromFrontend(message)
  comms.fromSession('cell', open('c', 'widget'))
  since()
  comms.sessionEnded()
  expect(since()).toEqual(['front end: close w', 'front end: close c'])
  expect([...comms.open.keys()]).toEqual(['v'])
})

test('one that the kernel closes is closed for the front end', () => {
  const { comms, views, open, since } = desk()
  comms.fromFrontend(open('v', 'views'))
  since()
  views.delete('v')
  comms.ended('v')
  expect(since()).toEqual(['front end: close v'])
  expect(comms.open.size).toBe(0)
})
