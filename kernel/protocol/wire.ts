import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { userInfo } from 'node:os'
import { notJson } from '../errors.ts'
import { isObject, protocolVersion, type Content, type Frame, type Request } from './message.ts'

/** Why a message was thrown away. */
export type DropReason =
  | 'no delimiter'
  | 'too few frames'
  | 'bad signature'
  | 'not JSON'
  | 'bad header'
  | 'replayed'
  | 'unexpected type'
  | 'late input'

const delimiter = Buffer.from('<IDS|MSG>')
/** Longest `msg_id`, `session` or `msg_type` accepted; clients use some 70 characters. */
const longestName = 512

export interface EncodeOptions {
  /** The parent's header as JSON. */
  readonly parent?: string | undefined
  readonly metadata?: Content | undefined
  readonly buffers?: readonly Uint8Array[] | undefined
}

/**
 * Frames ⇄ messages of one kernel: `identities… <IDS|MSG> signature header parent metadata content buffers…`, signed
 * over the four middle parts. What cannot be trusted or read is dropped and counted, never fatal.
 */
export class Wire {
  /** How many messages were thrown away, by reason. */
  readonly dropped = new Map<DropReason, number>()
  readonly #key: string
  readonly #algorithm: string
  readonly #remembered: number
  readonly #session: string = randomUUID()
  readonly #username = username()
  #sent = 0
  #recent = new Set<string>()
  #older = new Set<string>()

  /**
   * @param key of the connection file; empty: messages are neither signed nor checked
   * @param algorithm that HMAC is built on, e.g. `sha256`
   * @param remembered a replay is recognised among at least this many messages, at most twice as many
   */
  constructor(key: string, algorithm: string, remembered = 65_536) {
    this.#key = key
    this.#algorithm = algorithm
    this.#remembered = remembered
  }

  decode(frames: readonly Buffer[]): Request | undefined {
    const at = frames.findIndex((frame) => frame.length === delimiter.length && frame.equals(delimiter))
    if (at < 0) return this.drop('no delimiter')
    const [signature, ...parts] = frames.slice(at + 1, at + 6)
    if (signature === undefined || parts.length < 4) return this.drop('too few frames')
    if (!this.#authentic(signature, parts)) return this.drop('bad signature')
    if (this.#key !== '' && this.#replayed(signature.toString())) return this.drop('replayed')

    const headerText = parts[0]!.toString()
    const [header, parent, metadata, content] = [headerText, ...parts.slice(1).map(String)].map(parse)
    if (!header || !parent || !metadata || !content) return this.drop('not JSON')
    const { msg_id: id, msg_type: type, session = '' } = header
    if (!isName(id) || !isName(type) || (session !== '' && !isName(session))) return this.drop('bad header')

    return {
      identities: frames.slice(0, at),
      id,
      type,
      session,
      header: Object.values(header).some((value) => typeof value === 'object' && value !== null) ? flat(header) : headerText,
      parentId: typeof parent['msg_id'] === 'string' ? parent['msg_id'] : undefined,
      metadata,
      content,
      buffers: frames.slice(at + 6),
    }
  }

  /** The frames from the delimiter on. Throws a UserError when JSON cannot hold `content` (cycles, BigInts, too deep). */
  encode(type: string, content: Content, { parent = '{}', metadata, buffers = [] }: EncodeOptions = {}): Frame[] {
    const header = this.#header(type)
    let contentText: string
    let metadataText: string
    try {
      contentText = JSON.stringify(content)
      metadataText = metadata === undefined ? '{}' : JSON.stringify(metadata)
    } catch (error) {
      throw notJson(type, (error as Error).message.split('\n')[0]!)
    }
    const signature = this.#key === '' ? '' : this.#sign([header, parent, metadataText, contentText])
    return [delimiter, signature, header, parent, metadataText, contentText, ...buffers]
  }

  /** Counts a message that is thrown away. */
  drop(reason: DropReason): undefined {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1)
  }

  /** The id of the message encoded last. */
  get lastId(): string {
    return `${this.#session}_${this.#sent}`
  }

  #header(type: string): string {
    this.#sent++
    return JSON.stringify({
      msg_id: this.lastId,
      msg_type: type,
      session: this.#session,
      username: this.#username,
      date: new Date().toISOString(),
      version: protocolVersion,
    })
  }

  #sign(parts: readonly Frame[]): string {
    const hmac = createHmac(this.#algorithm, this.#key)
    for (const part of parts) hmac.update(part)
    return hmac.digest('hex')
  }

  #authentic(signature: Buffer, parts: readonly Buffer[]): boolean {
    if (this.#key === '') return true
    const expected = Buffer.from(this.#sign(parts))
    return signature.length === expected.length && timingSafeEqual(signature, expected)
  }

  /** Message ids would not tell: jupyter_client's manager and client share a session, and number their messages each for itself. */
  #replayed(signature: string): boolean {
    if (this.#recent.has(signature) || this.#older.has(signature)) return true
    if (this.#recent.size >= this.#remembered) {
      this.#older = this.#recent
      this.#recent = new Set()
    }
    this.#recent.add(signature)
    return false
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longestName
}

/** Clients parse the header they sent again as a parent header: leave out what could be nested without end. */
function flat(header: Record<string, unknown>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(header).filter(([, value]) => typeof value !== 'object')))
}

function username(): string {
  try {
    return userInfo().username
  } catch {
    return 'kernel' // A user id without a name, as in many containers.
  }
}
