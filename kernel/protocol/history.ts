import { mkdir, open, readdir, readFile, stat, unlink, type FileHandle } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { matchesGlob } from './glob.ts'
import { isObject } from './message.ts'

/** The oldest sessions beyond so many, or so many bytes together, are deleted when a new one begins. */
const mostSessions = 1_000
const mostBytes = 64 * 2 ** 20
/** Beyond this a session is no longer written down, bytes; and of its entries only the last so many are kept in memory. */
const longestSession = 8 * 2 ** 20
const mostEntries = 10_000
/** Of a result, so many characters are kept. */
const longestOutput = 4_096

export interface Entry {
  readonly session: number
  readonly line: number
  readonly code: string
  output: string | null
}

/** Where the history of this user's kernels is kept. */
export function historyDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'sluice', 'history')
}

/**
 * What was run, across sessions. Each session is one file `NUMBER.jsonl` that only its own kernel appends to, so that
 * kernels running side by side need no lock: creating the file claims the number. Lines are `{n, code}` and `{n, output}`.
 */
export class HistoryStore {
  readonly #directory: string | undefined
  readonly #onFailure: (error: Error) => void
  readonly #corrupted = new Map<number, number>()
  readonly #own: Entry[] = []
  #session = 0
  #file: FileHandle | undefined
  #written = 0
  #writing: Promise<void> | undefined

  /**
   * @param directory absent: kept in memory only
   * @param onFailure called once when the directory cannot be written; history then stays in memory
   */
  constructor(directory?: string, onFailure: (error: Error) => void = () => {}) {
    this.#directory = directory
    this.#onFailure = onFailure
  }

  /** Lines of the files read so far that were no entries. */
  get corrupted(): number {
    return [...this.#corrupted.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Writes down that `code` is run as [`line`]. */
  add(line: number, code: string): void {
    this.#own.push({ session: 0, line, code, output: null })
    if (this.#own.length > mostEntries) this.#own.shift()
    this.#append({ n: line, code })
  }

  /** Adds the result of the line added last. */
  addOutput(line: number, output: string): void {
    const entry = this.#own.at(-1)
    if (entry?.line !== line) return
    entry.output = output.slice(0, longestOutput)
    this.#append({ n: line, output: entry.output })
  }

  /** The last `count` entries of all sessions, this one's last. */
  async tail(count: number): Promise<Entry[]> {
    const found: Entry[] = []
    for await (const entry of this.#newestFirst()) {
      if (found.length >= count) break
      found.push(entry)
    }
    return found.reverse()
  }

  /** Lines `start` to before `stop` of a session: 0 is this one, -1 the one before it, a positive number that session. */
  async range(session: number, start: number, stop: number | undefined): Promise<Entry[]> {
    await this.#writing
    const number = session > 0 ? session : await this.#ago(-session)
    const entries = session === 0 || number === this.#session ? this.#numbered() : await this.#read(number)
    return entries.filter(({ line }) => line >= start && (stop === undefined || line < stop))
  }

  /** Entries whose whole code matches the glob `pattern`, the last `count` of them; `unique` keeps the last of equal ones. */
  async search(pattern: string, count: number | undefined, unique: boolean): Promise<Entry[]> {
    const found: Entry[] = []
    const seen = new Set<string>()
    for await (const entry of this.#newestFirst()) {
      if (found.length >= (count ?? Infinity)) break
      if (!matchesGlob(entry.code, pattern) || (unique && seen.has(entry.code))) continue
      seen.add(entry.code)
      found.push(entry)
    }
    return found.reverse()
  }

  /** Resolves when everything has been written. */
  async close(): Promise<void> {
    await this.#writing
    await this.#file?.close()
    this.#file = undefined
  }

  #append(entry: object): void {
    if (this.#directory === undefined) return
    const before = this.#writing ?? this.#claim(this.#directory).catch(this.#onFailure)
    this.#writing = before.then(() => this.#write(`${JSON.stringify(entry)}\n`)).catch(this.#onFailure)
  }

  async #write(line: string): Promise<void> {
    const bytes = Buffer.from(line)
    if (this.#file === undefined || this.#written + bytes.length > longestSession) return
    this.#written += bytes.length
    // One write to a file opened for appending: whoever reads it meanwhile sees whole lines, or a last one cut short.
    await this.#file.write(bytes)
  }

  /** Takes the next session number by creating its file. */
  async #claim(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const sessions = await this.#sessions()
    let number = (sessions.at(-1) ?? 0) + 1
    for (;;) {
      try {
        this.#file = await open(join(directory, `${number}.jsonl`), 'ax', 0o600)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        number++
      }
    }
    this.#session = number
    await this.#prune(directory, sessions)
  }

  /** @param sessions earlier ones, oldest first */
  async #prune(directory: string, sessions: readonly number[]): Promise<void> {
    let bytes = 0
    for (const [age, number] of [...sessions].reverse().entries()) {
      const path = join(directory, `${number}.jsonl`)
      bytes += await stat(path).then((found) => found.size, () => 0)
      if (age + 1 >= mostSessions || bytes > mostBytes) await unlink(path).catch(() => {})
    }
  }

  /** Numbers of the sessions on disk, ascending. */
  async #sessions(): Promise<number[]> {
    if (this.#directory === undefined) return []
    const names = await readdir(this.#directory).catch(() => [])
    const numbers = names.map((name) => Number(/^(\d{1,15})\.jsonl$/.exec(name)?.[1]))
    return numbers.filter((number) => number > 0).sort((a, b) => a - b)
  }

  /** The number of the session that was `steps` before this one; 0 when there is none. */
  async #ago(steps: number): Promise<number> {
    const earlier = (await this.#sessions()).filter((number) => this.#session === 0 || number < this.#session)
    return steps === 0 ? this.#session : (earlier.at(-steps) ?? 0)
  }

  #numbered(): Entry[] {
    return this.#own.map((entry) => ({ ...entry, session: this.#session }))
  }

  async *#newestFirst(): AsyncGenerator<Entry> {
    await this.#writing
    yield* this.#numbered().reverse()
    for (const number of (await this.#sessions()).reverse()) {
      if (number !== this.#session) yield* (await this.#read(number)).reverse()
    }
  }

  async #read(session: number): Promise<Entry[]> {
    if (this.#directory === undefined || session <= 0) return []
    const text = await readFile(join(this.#directory, `${session}.jsonl`), 'utf8').catch(() => '')
    const entries: Entry[] = []
    let corrupted = 0
    for (const line of text.split('\n')) {
      if (line !== '' && !take(line, session, entries)) corrupted++
    }
    this.#corrupted.set(session, corrupted)
    return entries
  }
}

/** Adds what a line of a session's file says to `entries`; false when it says nothing. */
function take(line: string, session: number, entries: Entry[]): boolean {
  let fields: unknown
  try {
    fields = JSON.parse(line)
  } catch {
    return false
  }
  if (!isObject(fields) || typeof fields['n'] !== 'number') return false
  const { n, code, output } = fields
  if (typeof code === 'string') {
    entries.push({ session, line: n as number, code, output: null })
    return true
  }
  const last = entries.at(-1)
  if (typeof output !== 'string' || last?.line !== n) return false
  last.output = output
  return true
}
