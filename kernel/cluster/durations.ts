/**
 * How long tasks of each name take, kept on disk beside the history, so that the first run in a new kernel knows. Kernels that
 * run side by side write the same file: each under a lock, and what another has learned meanwhile is kept.
 */
import { randomInt } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { faded, merged, type Estimate } from '../scheduler/index.ts'
import { Bad, readDurations, writtenDurations, type Entry, type Kept, type Wins } from './durations-file.ts'

/** Written so long after something was learned, ms, with what else is learned by then. */
const SOON = 5000
/** A lock as old as this, ms, belongs to a kernel that is gone; so long one waits for another's, and so often it is tried. */
const STALE = 10_000
const PATIENCE = 2000
const AGAIN = 25
/** Nothing that Sluice writes is longer, bytes. */
const LONGEST = 16 * 2 ** 20

/**
 * Where they are kept; nothing: nowhere. `SLUICE_DURATIONS` may say `off`, or name another file.
 */
export function durationsFile(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const said = environment['SLUICE_DURATIONS']
  if (said === 'off') return undefined
  return said || join(environment['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'sluice', 'durations.json')
}

export class DurationStore {
  /** As they were when the file was read. */
  readonly estimates: ReadonlyMap<string, Estimate>
  /** Which policies won on which graphs: whoever chooses writes here, and says that it did. */
  readonly wins: Wins
  readonly #path: string
  readonly #log: (text: string) => void
  readonly #delay: number
  /** By name: what this kernel has written or read last, and what others had learned by then that it does not know itself. */
  readonly #mine = new Map<string, { revision: number; weight: number; middle: number; foreign: Estimate | undefined }>()
  #source: ReadonlyMap<string, Estimate> = new Map()
  #timer: NodeJS.Timeout | undefined
  #saving: Promise<void> = Promise.resolve()
  #told = false
  #won = false

  private constructor(path: string, { entries, wins }: Kept, log: (text: string) => void, delay: number) {
    this.#path = path
    this.wins = wins
    this.#log = log
    this.#delay = delay
    this.estimates = new Map([...entries].map(([name, { estimate }]) => [name, estimate]))
    for (const [name, { revision, estimate }] of entries) this.#mine.set(name, { revision, weight: estimate.weight, middle: estimate.y, foreign: undefined })
  }

  /** Reads the file, if there is one. One that is no good is set aside, and `log` is told. */
  static async open(path: string, log: (text: string) => void, delay = SOON): Promise<DurationStore> {
    return new DurationStore(path, await keptIn(path, log), log, delay)
  }

  /** From here on it writes what this map knows. */
  follow(source: ReadonlyMap<string, Estimate>): void {
    this.#source = source
  }

  /** Something was learned. Cheap: called for every batch of tasks. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#save()
    }, this.#delay).unref()
  }

  /** Another policy has won. */
  won(): void {
    this.#won = true
    this.changed()
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    if (this.#timer) {
      clearTimeout(this.#timer)
      this.#timer = undefined
      void this.#save()
    }
    await this.#saving
  }

  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#merge()).catch((error: Error) => {
      if (!this.#told) this.#log(`durations are not kept on disk: ${error.message}`)
      this.#told = true
    })
    return this.#saving
  }

  async #merge(): Promise<void> {
    const learned = [...this.#source].filter(([name, { weight, y }]) => {
      const mine = this.#mine.get(name)
      return weight > 0 && (mine?.weight !== weight || mine.middle !== y)
    })
    if (learned.length === 0 && !this.#won) return
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const unlock = await locked(`${this.#path}.lock`)
    try {
      const kept = await keptIn(this.#path, this.#log)
      const entries = new Map(kept.entries)
      for (const [name, estimate] of learned) this.#enter(entries, name, estimate)
      const temporary = `${this.#path}.${process.pid}.tmp`
      await writeFile(temporary, writtenDurations(entries, most(kept.wins, this.wins)), { mode: 0o600 })
      this.#won = false
      await rename(temporary, this.#path)
    } finally {
      await unlock()
    }
  }

  #enter(entries: Map<string, Entry>, name: string, estimate: Estimate): void {
    const there = entries.get(name)
    const before = this.#mine.get(name)
    // Another kernel has written there.
    const foreign = there && there.revision !== before?.revision ? there.estimate : before?.foreign
    const revision = randomInt(2 ** 32)
    entries.set(name, { revision, used: Date.now(), estimate: foreign ? average(foreign, estimate) : estimate })
    this.#mine.set(name, { revision, weight: estimate.weight, middle: estimate.y, foreign })
  }
}

/** What both learned from the same tasks, before they parted, does not count twice: so each counts half. */
function average(a: Estimate, b: Estimate): Estimate {
  return merged(faded(copied(a)), faded(copied(b)))
}

function copied(estimate: Estimate): Estimate {
  return { ...estimate, residuals: [...estimate.residuals] }
}

/** Kernels count on from what they read, so the larger count has the other in it, as far as anybody can tell. */
function most(there: Wins, mine: Wins): Wins {
  const all: Wins = new Map(there)
  for (const [shape, policies] of mine) {
    const counts = new Map(all.get(shape))
    for (const [policy, count] of policies) counts.set(policy, Math.max(count, counts.get(policy) ?? 0))
    all.delete(shape)
    all.set(shape, counts)
  }
  return all
}

async function keptIn(path: string, log: (text: string) => void): Promise<Kept> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new Bad('it is no file')
    if (found.size > LONGEST) throw new Bad(`it has ${found.size} bytes`)
    return readDurations(await readFile(path, 'utf8'))
  } catch (error) {
    const nothing = { entries: new Map<string, Entry>(), wins: new Map() }
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nothing
    const aside = `${path}.bad`
    const moved = error instanceof Bad && (await rename(path, aside).then(() => true, () => false))
    const consequence = moved ? `. It is now ${aside}, and durations are learned anew` : ''
    log(`durations of earlier runs cannot be read from ${path}: ${(error as Error).message}${consequence}`)
    return nothing
  }
}

/** Holds the lock until the function it answers is called. @throws Error when another kernel does not give it up */
async function locked(path: string): Promise<() => Promise<void>> {
  const began = performance.now()
  for (;;) {
    try {
      await (await open(path, 'wx', 0o600)).close()
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const age = await stat(path).then((found) => Date.now() - found.mtimeMs, () => 0)
      if (age > STALE) await rm(path, { force: true })
      else if (performance.now() - began > PATIENCE) throw new Error(`${path} has been there for ${Math.round(age / 1000)} s`, { cause: error })
      else await new Promise((resolve) => setTimeout(resolve, AGAIN * (0.5 + Math.random())))
    }
  }
}
