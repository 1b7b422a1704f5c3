/** A session as the kernel has it, with everything that its cells put out kept in order. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FromSession, RestoredHandle } from '../../kernel/language/messages.ts'
import { Session, type Done } from '../../kernel/language/session.ts'

type Of<T extends FromSession['type']> = Extract<FromSession, { type: T }>

export class SessionNotebook {
  readonly directory = mkdtempSync(join(tmpdir(), 'sluice-session-'))
  readonly messages: FromSession[] = []
  session!: Session
  #cells = 0
  readonly #watchers = new Set<() => void>()
  #exit: string | undefined

  async start(handles: readonly RestoredHandle[] = []): Promise<void> {
    this.session = new Session({
      directory: this.directory,
      firstRun: 1000,
      handles,
      policies: [],
      onMessage: (message) => {
        this.messages.push(message)
        this.#wake()
      },
      onExit: (reason) => {
        this.#exit = reason
        this.#wake()
      },
    })
    await this.session.start()
  }

  /** Runs a cell and gives what it put out; a cell's execution is named `cell-N`. */
  async run(code: string, more: { silent?: boolean; userExpressions?: Record<string, string>; allowStdin?: boolean } = {}): Promise<Ran> {
    const from = this.messages.length
    const count = ++this.#cells
    const done = await this.session.execute({ type: 'execute', execution: `cell-${count}`, code, count, silent: false, userExpressions: {}, allowStdin: true, ...more })
    return new Ran(done, this.messages.slice(from))
  }

  /** Starts a cell, waits until it says `begun`, interrupts it. Gives the cell's end. */
  async interrupt(code: string): Promise<{ how: string; ran: Ran }> {
    const running = this.run(`console.log('begun');\n${code}`)
    const from = this.messages.length
    await this.until(() => this.messages.slice(from).some((one) => one.type === 'stream' && one.text.includes('begun')))
    const how = await this.session.interrupt()
    const ran = await running
    return { how, ran }
  }

  /** The reason that onExit is told. */
  async exit(): Promise<string> {
    await this.until(() => this.#exit !== undefined)
    return this.#exit!
  }

  /** Resolves when a message, or the exit, makes it true; rejects when the session ends first. */
  until(fact: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = fact()
        if (!found && this.#exit === undefined) return
        this.#watchers.delete(check)
        if (found) resolve()
        else reject(new Error(`the session ${this.#exit}; the last it said: ${JSON.stringify(this.messages.at(-1)).slice(0, 2000)}`))
      }
      this.#watchers.add(check)
      check()
    })
  }

  write(name: string, content: string): void {
    const path = join(this.directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }

  async stop(): Promise<void> {
    await this.session.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  #wake(): void {
    for (const check of [...this.#watchers]) check()
  }
}

/** A cell that has ended. */
export class Ran {
  readonly done: Done
  readonly messages: readonly FromSession[]

  constructor(done: Done, messages: readonly FromSession[]) {
    this.done = done
    this.messages = messages
  }

  all<T extends FromSession['type']>(type: T): Of<T>[] {
    return this.messages.filter((one): one is Of<T> => one.type === type)
  }

  /** text/plain of the result. */
  get result(): unknown {
    return this.all('result')[0]?.data['text/plain']
  }

  get stdout(): string {
    return this.#text('stdout')
  }

  get stderr(): string {
    return this.#text('stderr')
  }

  /** `Name: message`, and the traceback without colours. */
  get error(): string | undefined {
    const { error } = this.done
    return error && `${error.name}: ${error.message}`
  }

  get traceback(): string {
    return (this.done.error?.traceback ?? []).join('\n').replace(/\x1b\[\d+m/g, '')
  }

  #text(name: 'stdout' | 'stderr'): string {
    return this.all('stream').filter((one) => one.name === name).map((one) => one.text).join('')
  }
}
