/**
 * The placement policies that cells have registered. Each lives in a process of its own; it is asked when ready tasks or
 * nodes change, one question at a time, and what it answers becomes a plan for the scheduler. Where it gives no answer, its
 * tasks go by the default policy, and the notebook is told why.
 */
import { builtInPolicy, notices } from '../errors.ts'
import { policyNames, type Event, type Policy, type RunId, type State, type TaskId } from '../scheduler/index.ts'
import type { KnownPolicy, PolicyDeclaration } from '../travel/declaration.ts'
import type { Run } from './run.ts'
import type { Answered, HostListener, PolicyHost } from './user-policy-host.ts'
import type { PolicyProblem, View } from './user-policy-messages.ts'
import { LATER, LEFT, userPolicy } from './user-policy-place.ts'
import { tasksIn, viewOf } from './user-policy-view.ts'

type Planned = Extract<Event, { readonly type: 'Planned' }>

export interface UserPoliciesOptions {
  readonly state: State
  readonly runs: () => Iterable<Run>
  readonly clock: () => number
  /** Makes the scheduler know a policy. */
  readonly add: (policy: Policy) => void
  /** Nobody may ask for it any more. */
  readonly removed: (name: string) => void
  readonly plan: (event: Planned) => void
  /** Starts the process that the function is to live in. */
  readonly host: (policy: { readonly name: string; readonly bundle: Uint8Array; readonly seed: number; readonly limit: number }, listener: HostListener) => PolicyHost
  /** Tells the notebook, beside the cell that registered the policy. */
  readonly say: (cell: string, text: string, stream: 'stdout' | 'stderr') => void
  /** Positions in the text in the user's own lines, once they are known. */
  readonly mapped: (text: string) => Promise<string>
}

/** ms for an answer. */
const LIMIT = 1000
/** ms from one question to the next at least; and not more of the kernel's time than one part in so many. */
const GAP = 5
const SHARE = 20
/** So often in a row it may be cut off, or end its process, before it is asked no more. */
const STRIKES = 3
/** Problems that are told of one registration; characters of what it prints. */
const TOLD = 5
const PRINTED = 4000
export const MOST_POLICIES = 16

const READY = 1

interface Entry {
  readonly declaration: PolicyDeclaration
  readonly host: PolicyHost
  readonly since: number
  /** `idle`: it is not asked any more; its tasks go by the default policy. */
  mode: 'loading' | 'asked' | 'idle'
  asking: boolean
  strikes: number
  /** What the latest question was about. */
  latest: string
  /** What went wrong last; absent since it has answered again. */
  problem?: string
  /** Causes, and what was said of each. */
  readonly told: Map<string, string>
  printed: number
}

export class UserPolicies {
  readonly #options: UserPoliciesOptions
  readonly #entries = new Map<string, Entry>()
  /** Those that the scheduler knows, whether they are registered now or not. */
  readonly #added = new Map<string, { about: string }>()
  /** What the scheduler was told last of each task, by run: 0 nothing, else a `Told`. */
  readonly #told = new Map<RunId, Uint8Array>()
  /** When each may be looked at again, by the clock. */
  readonly #next = new Map<string, number>()
  #planned: NodeJS.Immediate | NodeJS.Timeout | undefined

  constructor(options: UserPoliciesOptions) {
    this.#options = options
  }

  get names(): string[] {
    return [...this.#entries.keys()]
  }

  get all(): KnownPolicy[] {
    return [...this.#entries].map(([name, { declaration }]) => ({ name, about: declaration.about ?? '', own: true }))
  }

  /** What is amiss with the policy of that name, for %why and %policy. */
  problem(name: string): string | undefined {
    if (!this.#entries.has(name)) return this.#added.has(name) ? notices.policyGone(name) : undefined
    return this.#entries.get(name)!.problem
  }

  /** Takes the place of an earlier one of that name, also for runs that are under way. */
  register(declaration: PolicyDeclaration): void {
    const { name, bundle, seed = 0, timeout: limit = LIMIT } = declaration
    if (policyNames.includes(name)) return this.#warn(declaration.cell, builtInPolicy(name).message)
    if (!this.#entries.has(name) && this.#entries.size >= MOST_POLICIES) return this.#warn(declaration.cell, notices.tooManyPolicies(MOST_POLICIES, name))
    this.#entries.get(name)?.host.stop()
    this.#entries.delete(name)
    this.#makeKnown(name, declaration.about ?? '')
    const host = this.#options.host({ name, bundle, seed, limit }, {
      onLoaded: (problem) => this.#entries.get(name) === entry && this.#loaded(entry, problem),
      onSaid: (text) => this.#said(entry, text),
    })
    const entry: Entry = { declaration, host, since: this.#options.clock(), mode: 'loading', asking: false, strikes: 0, latest: '', told: new Map(), printed: 0 }
    this.#entries.set(name, entry)
    this.#told.clear()
    this.changed()
  }

  remove(name: string): void {
    const entry = this.#entries.get(name)
    if (!entry) return
    entry.host.stop()
    this.#entries.delete(name)
    this.#told.clear()
    if (this.#runsOf(name).length > 0) this.#warn(entry.declaration.cell, notices.policyGone(name))
    this.#options.removed(name)
    this.changed()
  }

  stop(): void {
    clearImmediate(this.#planned as NodeJS.Immediate)
    clearTimeout(this.#planned as NodeJS.Timeout)
    for (const { host } of this.#entries.values()) host.stop()
    this.#entries.clear()
    this.#added.clear()
  }

  /** Something about tasks or nodes has changed. Called for every event. */
  changed(): void {
    if (this.#added.size === 0) return
    this.#planned ??= setImmediate(() => this.#look())
  }

  #makeKnown(name: string, about: string): void {
    const known = this.#added.get(name)
    if (known) known.about = about
    else this.#added.set(name, { about })
    const described = this.#added.get(name)!
    this.#options.add(userPolicy(name, () => described.about || 'a policy of this notebook'))
  }

  #look(): void {
    this.#planned = undefined
    const { clock } = this.#options
    let soonest = Infinity
    for (const name of this.#added.keys()) {
      const entry = this.#entries.get(name)
      if (entry?.asking) continue
      const began = clock()
      const next = this.#next.get(name) ?? 0
      if (next > began) {
        soonest = Math.min(soonest, next - began)
        continue
      }
      this.#lookAt(name, entry)
      const ended = clock()
      this.#next.set(name, ended + Math.max(GAP, SHARE * (ended - began)))
    }
    if (soonest < Infinity) this.#planned ??= setTimeout(() => this.#look(), soonest).unref()
  }

  #lookAt(name: string, entry: Entry | undefined): void {
    const runs = this.#runsOf(name)
    if (runs.length === 0) return
    if (!entry || entry.mode === 'idle') return this.#tell(name, runs, LEFT)
    if (entry.mode === 'loading') return this.#tell(name, runs, LATER)
    void this.#ask(entry, runs)
  }

  #runsOf(name: string): Run[] {
    const { state } = this.#options
    const runs: Run[] = []
    for (const run of this.#options.runs()) if (run.submitted && (run.spec.policy ?? state.policy) === name && state.unfinished(run.spec.id) > 0) runs.push(run)
    return runs
  }

  // ── a question, and its answer ───────────────────────────────────────────────────────────────────────────

  async #ask(entry: Entry, runs: readonly Run[]): Promise<void> {
    const { view, ready } = viewOf(this.#options.state, runs, entry.since)
    const about = ready.length === 0 ? '' : `${ready.join(' ')} / ${view.nodes.map(({ name, idle }) => `${name} ${idle}`).join(' ')}`
    if (about === '' || about === entry.latest) return
    entry.latest = about
    entry.asking = true
    const { name } = entry.declaration
    // Those that there was no room for in the question are asked about when their turn comes.
    if (view.more > 0) this.#tell(name, runs, LATER, new Set(ready))
    const answered = await entry.host.ask(view)
    entry.asking = false
    if (this.#entries.get(name) !== entry) return
    if ('problem' in answered) this.#failed(entry, answered.problem, ready)
    else this.#answered(entry, view, ready, answered)
    this.changed()
  }

  #answered(entry: Entry, view: View, ready: readonly TaskId[], { answer }: Extract<Answered, { answer: unknown }>): void {
    entry.strikes = 0
    delete entry.problem
    const shown = new Set(view.tasks.map((task) => task.id))
    const count = view.nodes.length
    const kept = answer.tasks.flatMap((task, i) => (shown.has(task) && answer.nodes[i]! < count ? [i] : []))
    const now = this.#options.clock()
    const tasks = kept.map((i) => answer.tasks[i]!)
    const start = tasks.map(() => now)
    const node = kept.map((i) => answer.nodes[i]!)
    // Of what it was shown and says nothing, what has been waiting for its turn waits no more.
    const mentioned = new Set(tasks)
    for (const task of ready) {
      if (mentioned.has(task) || this.#latestOf(task) !== LATER) continue
      tasks.push(task)
      node.push(-1)
      start.push(LEFT)
    }
    this.#send(entry.declaration.name, tasks, view.nodes.map(({ name }) => name), node, start)
  }

  #failed(entry: Entry, problem: PolicyProblem, ready: readonly TaskId[]): void {
    const hard = problem.kind === 'late' || problem.kind === 'died'
    entry.strikes = hard ? entry.strikes + 1 : 0
    if (entry.strikes >= STRIKES) entry.mode = 'idle'
    this.#report(entry, problem)
    this.#send(entry.declaration.name, [...ready], [], ready.map(() => -1), ready.map(() => LEFT))
  }

  #loaded(entry: Entry, problem: PolicyProblem | undefined): void {
    entry.mode = problem ? 'idle' : 'asked'
    if (problem) this.#report(entry, problem)
    this.changed()
  }

  // ── what the scheduler is told ───────────────────────────────────────────────────────────────────────────

  /** Tells of every ready task of the runs, but for these, that it is left to the default policy or has to wait for its turn; of each once. */
  #tell(name: string, runs: readonly Run[], start: typeof LEFT | typeof LATER, besides?: ReadonlySet<TaskId>): void {
    const { shown } = tasksIn(this.#options.state, runs, READY, Infinity)
    const tasks = shown.flatMap(([, task]) => (besides?.has(task) === true || this.#latestOf(task) === start || (start === LATER && this.#latestOf(task) !== undefined) ? [] : [task]))
    this.#send(name, tasks, [], tasks.map(() => -1), tasks.map(() => start))
  }

  #send(policy: string, tasks: readonly TaskId[], nodes: readonly string[], node: readonly number[], start: readonly number[]): void {
    if (tasks.length === 0) return
    tasks.forEach((task, i) => this.#remember(task, start[i]!))
    this.#options.plan({ type: 'Planned', time: this.#options.clock(), policy, tasks, nodes, node, start })
  }

  #remember(task: TaskId, start: number): void {
    const { spec } = this.#options.state.run(this.#options.state.task(task).run)
    let told = this.#told.get(spec.id)
    if (!told) {
      // Runs that have ended are of no interest any more.
      for (const id of this.#told.keys()) if (this.#options.state.unfinished(id) === 0) this.#told.delete(id)
      this.#told.set(spec.id, (told = new Uint8Array(spec.count)))
    }
    told[task - spec.first] = start === LATER ? 1 : start === LEFT ? 2 : 3
  }

  /** What the scheduler was told last of the task; undefined: nothing, 1: where it goes. */
  #latestOf(task: TaskId): typeof LEFT | typeof LATER | 1 | undefined {
    const { run, index } = this.#options.state.task(task)
    const told = this.#told.get(run)?.[index] ?? 0
    return told === 0 ? undefined : told === 1 ? LATER : told === 2 ? LEFT : 1
  }

  // ── what the notebook is told ────────────────────────────────────────────────────────────────────────────

  /** Once for each cause, and only so many of them. */
  #report(entry: Entry, { kind, error }: PolicyProblem): void {
    const { name, cell } = entry.declaration
    const idle = entry.mode === 'idle'
    const what = error.stack === '' ? `${error.name === 'Error' || kind !== 'threw' ? '' : `${error.name}: `}${error.message}` : error.stack
    const cause = `${kind} ${idle} ${error.name} ${error.stack.split('\n').find((line) => /^\s+at /.test(line)) ?? error.message.replace(/\d+/g, '#')}`
    const told = entry.told.get(cause)
    entry.problem = told ?? notices.policyFailed(name, brief(what), idle)
    if (told !== undefined || entry.told.size > TOLD) return
    entry.told.set(cause, entry.problem)
    if (entry.told.size > TOLD) return this.#warn(cell, notices.policyFailsOn(name))
    void this.#options.mapped(what).then((text) => {
      const said = notices.policyFailed(name, brief(text), idle)
      entry.told.set(cause, said)
      entry.problem &&= said
      this.#warn(cell, notices.policyFailed(name, text, idle))
    })
  }

  #warn(cell: string, text: string): void {
    this.#options.say(cell, text, 'stderr')
  }

  #said(entry: Entry, text: string): void {
    const room = PRINTED - entry.printed
    if (room <= 0) return
    entry.printed += text.length
    this.#options.say(entry.declaration.cell, text.length <= room ? text.replace(/\n$/, '') : `${text.slice(0, room)}…\n${notices.policyPrints(entry.declaration.name)}`, 'stdout')
  }
}

/** An error and where it was, in one line. */
function brief(text: string): string {
  const lines = text.split('\n')
  const place = lines.find((line) => /Cell \[/.test(line))
  return place === undefined ? lines[0]! : `${lines[0]!} (${/Cell \[[^\s)]*/.exec(place)![0]})`
}
