/**
 * Unix sockets between the processes of one cluster. Whoever connects proves first that it holds the token and says what it
 * is, in a preface of fixed size: nothing a stranger sends is ever parsed.
 */
import { timingSafeEqual } from 'node:crypto'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import type { Hello } from './messages.ts'

const TOKEN_BYTES = 32
const PREFACE_BYTES = TOKEN_BYTES + 5 * 4
/** A connection that has not shown the token by then is dropped, ms. */
const PATIENCE = 5000
/** Connections that may be waiting to show it at once. */
const STRANGERS = 64

/** Listens at `path`; `onPeer` gets each connection that has shown `token` (hex). All others are dropped, and do no harm. */
export function listen(path: string, token: string, onPeer: (socket: Socket, hello: Hello) => void): Promise<Server> {
  const expected = Buffer.from(token, 'hex')
  let strangers = 0
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    if (strangers >= STRANGERS) {
      socket.destroy()
      return
    }
    strangers++
    authenticate(socket, expected, (hello) => {
      strangers--
      if (hello !== undefined) onPeer(socket, hello)
      else socket.destroy()
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      // A failed accept (too many open files) concerns one connection, not the server.
      server.on('error', () => {})
      resolve(server)
    })
  })
}

function authenticate(socket: Socket, expected: Buffer, done: (hello: Hello | undefined) => void): void {
  const finish = (hello: Hello | undefined) => {
    clearTimeout(timer)
    socket.off('readable', read)
    socket.off('close', refuse)
    done(hello)
  }
  const refuse = () => finish(undefined)
  const read = () => {
    const preface = socket.read(PREFACE_BYTES) as Buffer | null
    if (preface === null) return
    const whole = preface.length === PREFACE_BYTES
    finish(whole && timingSafeEqual(preface.subarray(0, TOKEN_BYTES), expected) ? unpackHello(preface.subarray(TOKEN_BYTES)) : undefined)
  }
  const timer = setTimeout(refuse, PATIENCE)
  socket.on('readable', read)
  socket.once('close', refuse)
}

const roles = ['node', 'slot', 'reader'] as const

function packHello(hello: Hello): Buffer {
  const { number = 0, incarnation = 0, slot = 0, generation = 0 } = hello as Partial<Extract<Hello, { role: 'slot' }>>
  const bytes = Buffer.alloc(PREFACE_BYTES - TOKEN_BYTES)
  for (const [i, value] of [roles.indexOf(hello.role), number, incarnation, slot, generation].entries()) bytes.writeUInt32LE(value, i * 4)
  return bytes
}

function unpackHello(bytes: Buffer): Hello | undefined {
  const role = roles[bytes.readUInt32LE(0)]
  const [number, incarnation, slot, generation] = [bytes.readUInt32LE(4), bytes.readUInt32LE(8), bytes.readUInt32LE(12), bytes.readUInt32LE(16)]
  if (role === 'slot') return { role, number, incarnation, slot, generation }
  if (role === 'node') return { role, number, incarnation }
  return role === 'reader' ? { role } : undefined
}

/** Connects to `path`, shows the token and says what this side is. */
export function connect(path: string, token: string, hello: Hello): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.write(Buffer.concat([Buffer.from(token, 'hex'), packHello(hello)]))
      resolve(socket)
    })
  })
}

/** ms since an arbitrary moment that is the same for all processes and threads of this machine. */
export const systemClock = (() => {
  const [seconds, nanoseconds] = process.hrtime()
  const base = seconds * 1e3 + nanoseconds / 1e6 - performance.now()
  return () => base + performance.now()
})()
