/** A local cluster under test: what it says is recorded, and waited for. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Backend, BackendEvent, Finished, Input } from '../../kernel/cluster/backend.ts'
import { localBackend, type LocalNodeSpec, type LocalOptions } from '../../kernel/cluster/local/backend.ts'
import { Definitions, fromWire } from '../../kernel/travel/value.ts'
import type { Wire } from '../../kernel/travel/declaration.ts'

export function node(name: string, slots = 1, memory = 2 ** 30): LocalNodeSpec {
  return { name, slots, cpu: slots, memory }
}

export interface Handed {
  readonly run?: number
  readonly node?: string
  readonly slot?: number
  readonly attempt?: number
  readonly inputs?: readonly (readonly Input[])[]
}

export class LocalCluster {
  readonly backend: Backend
  readonly events: BackendEvent[] = []
  #waiting: (() => void)[] = []

  constructor(nodes: readonly LocalNodeSpec[], more: Partial<LocalOptions> = {}) {
    this.backend = localBackend({ nodes, clock: () => performance.now(), directory: process.cwd(), respawn: true, ...more })
  }

  open(): Promise<void> {
    return this.backend.open((events) => {
      this.events.push(...events)
      for (const look of this.#waiting.splice(0)) look()
    })
  }

  /** Hands tasks to a slot of a node (`a`, slot 0 unless told); their indices are their ids. */
  start(tasks: readonly number[], { run = 1, node = 'a', slot = 0, attempt = 1, inputs }: Handed = {}): void {
    this.backend.start([{ run, node, slot, tasks, attempts: tasks.map(() => attempt), indices: tasks, inputs: inputs ?? tasks.map(() => []) }])
  }

  /** Resolves with what `find` finds in the events, as soon as it does. */
  async until<T>(find: (events: readonly BackendEvent[]) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this.events)
      if (found !== undefined && found !== false) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** How each of these tasks ended, in their order. */
  outcomes(tasks: readonly number[], attempt = 1): Promise<Finished[]> {
    return this.until(() => {
      const ended = new Map(this.finished.filter((outcome) => outcome.attempt === attempt).map((outcome) => [outcome.task, outcome]))
      const all = tasks.flatMap((task) => ended.get(task) ?? [])
      return all.length === tasks.length ? all : undefined
    })
  }

  async outcome(task: number, attempt = 1): Promise<Finished> {
    return (await this.outcomes([task], attempt))[0]!
  }

  event<T extends BackendEvent['type']>(type: T, matches: (event: Extract<BackendEvent, { type: T }>) => boolean = () => true): Promise<Extract<BackendEvent, { type: T }>> {
    return this.until(() => this.all(type).find(matches))
  }

  all<T extends BackendEvent['type']>(type: T): Extract<BackendEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<BackendEvent, { type: T }> => event.type === type)
  }

  get finished(): Finished[] {
    return this.all('finished').flatMap(({ outcomes }) => outcomes)
  }

  logOf(task: number): string {
    return this.all('log').filter((log) => log.task === task).map((log) => log.text).join('')
  }
}

/** The value that a task's outcome carries. */
export function valueOf(outcome: Finished): unknown {
  if (!outcome.ok) throw new Error(`task ${outcome.task} failed: ${JSON.stringify(outcome.taskError)}`)
  return decoded(outcome.value)
}

export function decoded(wire: Wire): unknown {
  return fromWire(wire, { definitions: new Definitions(), namespace: () => undefined, provided: {} })
}

/** Whether a process exists and is not just waiting for its parent to notice its end. */
export function isRunning(pid: number): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]![0]
    return state !== 'Z' && state !== 'X'
  } catch {
    return false
  }
}

/** Every file and folder below. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true }).map(String)
}

/** Waits until something outside says so; polls, since nothing announces it. */
export async function eventually(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => setTimeout(resolve, 10))
}
