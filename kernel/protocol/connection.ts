import { getHashes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { badConnectionFile } from '../errors.ts'
import { isObject } from './message.ts'

export const socketNames = ['shell', 'iopub', 'stdin', 'control', 'hb'] as const
export type SocketName = (typeof socketNames)[number]

/** What Jupyter tells a kernel about where to listen. */
export interface ConnectionInfo {
  readonly transport: 'tcp' | 'ipc'
  /** For `ipc`, the path that each socket's own path begins with. */
  readonly ip: string
  /** 0: the kernel chooses, and writes its choice into `file`. For `ipc`, the number that ends the path. */
  readonly ports: Readonly<Record<SocketName, number>>
  /** Empty: messages are not signed. */
  readonly key: string
  /** The hash that HMAC is built on, e.g. `sha256`. */
  readonly algorithm: string
  /** Z85; present when the sockets are to be encrypted. */
  readonly curveSecretKey?: string
  /** Where this was read. */
  readonly file?: string
}

/** Reads and checks a connection file; throws a UserError that says what is wrong with it. */
export async function readConnection(file: string): Promise<ConnectionInfo> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw badConnectionFile(file, `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
  }
  return { ...parseConnection(text, file), file }
}

/** @param file named in errors only */
export function parseConnection(text: string, file: string): ConnectionInfo {
  const fail = (problem: string): never => {
    throw badConnectionFile(file, problem)
  }
  let fields: unknown
  try {
    fields = JSON.parse(text)
  } catch {
    fail('is not JSON')
  }
  if (!isObject(fields)) return fail('does not hold a JSON object')
  const { transport = 'tcp', ip = '127.0.0.1', key = '', signature_scheme: scheme = 'hmac-sha256' } = fields
  if (transport !== 'tcp' && transport !== 'ipc') return fail(`has transport ${JSON.stringify(transport)}; this kernel knows "tcp" and "ipc"`)
  if (typeof ip !== 'string' || ip === '') return fail('has no ip to listen on')
  if (typeof key !== 'string') return fail('has a key that is not a string')
  const port = (name: SocketName) => {
    const value = fields[`${name}_port`]
    const valid = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535
    return valid ? value : fail(`has no valid ${name}_port (0 to 65535)`)
  }
  const secret = curveSecret(fields, fail)
  return {
    transport,
    ip,
    ports: { shell: port('shell'), iopub: port('iopub'), stdin: port('stdin'), control: port('control'), hb: port('hb') },
    key,
    algorithm: hash(scheme, fail),
    ...(secret === undefined ? {} : { curveSecretKey: secret }),
  }
}

/** Writes the ports that were chosen into the connection file, where the client that left them open finds them. */
export async function writePorts(file: string, ports: ConnectionInfo['ports']): Promise<void> {
  const fields = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  for (const name of socketNames) fields[`${name}_port`] = ports[name]
  // The file holds the key: nobody else may read it. Renamed into place, so that no reader sees half of it.
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, JSON.stringify(fields, null, 2), { mode: 0o600 })
  await rename(fresh, file)
}

function hash(scheme: unknown, fail: (problem: string) => never): string {
  const algorithm = typeof scheme === 'string' && scheme.startsWith('hmac-') ? scheme.slice('hmac-'.length) : ''
  if (getHashes().includes(algorithm)) return algorithm
  return fail(`has signature_scheme ${JSON.stringify(scheme)}; "hmac-sha256" is the usual one`)
}

function curveSecret(fields: Record<string, unknown>, fail: (problem: string) => never): string | undefined {
  const { curve_publickey: publicKey, curve_secretkey: secret } = fields
  if ((publicKey ?? secret ?? undefined) === undefined) return undefined
  if (isZ85Key(publicKey) && isZ85Key(secret)) return secret
  return fail('has curve_publickey and curve_secretkey that are not two keys of 40 Z85 characters')
}

function isZ85Key(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/.test(value)
}
