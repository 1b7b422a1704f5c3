import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseConnection, readConnection, writePorts } from '../../../kernel/protocol/connection.ts'

const usual = {
  shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5,
  ip: '127.0.0.1', key: 'k', transport: 'tcp', signature_scheme: 'hmac-sha256', kernel_name: 'sluice',
}
const parse = (changes: object) => parseConnection(JSON.stringify({ ...usual, ...changes }), 'c.json')

test('a usual connection file is read', () => {
  expect(parse({})).toEqual({ transport: 'tcp', ip: '127.0.0.1', ports: { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 }, key: 'k', algorithm: 'sha256' })
})

test('keys for encryption are read', () => {
  const key = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'
  expect(parse({ curve_publickey: key, curve_secretkey: key })).toMatchObject({ curveSecretKey: key })
})

test.each([
  ['is not JSON', '{'],
  ['does not hold a JSON object', '[]'],
  ['has transport "udp"', JSON.stringify({ ...usual, transport: 'udp' })],
  ['has no ip', JSON.stringify({ ...usual, ip: '' })],
  ['has no valid hb_port', JSON.stringify({ ...usual, hb_port: undefined })],
  ['has no valid hb_port', JSON.stringify({ ...usual, hb_port: 70_000 })],
  ['has no valid shell_port', JSON.stringify({ ...usual, shell_port: '1' })],
  ['has a key', JSON.stringify({ ...usual, key: 1 })],
  ['has signature_scheme "hmac-nonsense"', JSON.stringify({ ...usual, signature_scheme: 'hmac-nonsense' })],
  ['has signature_scheme "rot13"', JSON.stringify({ ...usual, signature_scheme: 'rot13' })],
  ['has curve_publickey', JSON.stringify({ ...usual, curve_publickey: 'short', curve_secretkey: 'short' })],
  ['has curve_publickey', JSON.stringify({ ...usual, curve_secretkey: 'x'.repeat(40) })],
])('a connection file that %s is refused by name', (problem, text) => {
  expect(() => parseConnection(text, 'c.json')).toThrow(`The connection file c.json ${problem}`)
})

test('a connection file that is not there is told', async () => {
  await expect(readConnection('/nowhere/c.json')).rejects.toThrow('/nowhere/c.json cannot be read (ENOENT)')
})

test('chosen ports are written back, the rest is kept, and nobody else may read it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'connection-'))
  const file = join(directory, 'c.json')
  await writeFile(file, JSON.stringify({ ...usual, shell_port: 0 }))
  const { ports } = await readConnection(file)
  await writePorts(file, { ...ports, shell: 4242 })
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ ...usual, shell_port: 4242 })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await rm(directory, { recursive: true })
})
