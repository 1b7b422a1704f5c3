/**
 * The placement policies that cells have registered. Each lives in a process of its own; it is asked when ready tasks or
 * nodes change, one question at a time, and what it answers becomes a plan for the scheduler. Where it gives no answer, its
 * tasks go by the default policy, and the notebook is told why.
 */
import { builtInPolicy, notices } from '../errors.ts'
import { policyNames, type Event, type Policy, type State, type TaskId } from '../scheduler/index.ts'
import type { KnownPolicy, PolicyDeclaration } from '../travel/declaration.ts'
import type { Run } from './run.ts'
import type { HostListener, HostedPolicy, PolicyHost } from './user-policy-host.ts'
import type { PolicyAnswer, PolicyProblem, View } from './user-policy-messages.ts'
import { LATER, LEFT, userPolicy } from './user-policy-place.ts'
import { PolicyReport, type Notebook } from './user-policy-report.ts'
import { Told, type News } from './user-policy-told.ts'
import { readyIn, viewOf } from './user-policy-view.ts'

export interface UserPoliciesOptions {
  readonly state: State
  readonly runs: () => Iterable<Run>
  readonly clock: () => number
  /** Makes the scheduler know a policy; it takes the place of one of that name. */
  readonly add: (policy: Policy) => void
  /** Nobody may ask for it any more. */
  readonly removed: (name: string) => void
  readonly plan: (event: Extract<Event, { readonly type: 'Planned' }>) => void
  /** Starts what the function is to live in. */
  readonly host: (policy: HostedPolicy, listener: HostListener) => PolicyHost
  readonly notebook: Notebook
}

/** ms for an answer. */
const LIMIT = 1000
/** ms from one question to the next at least; and not more of the kernel's time than one part in so many. */
const GAP = 5
const SHARE = 6
/** ms between looks at ready tasks for which there was no room in a question. */
const REST = 100
/** ms that a task of which an answer said nothing waits for another answer while a slot is idle. */
const PATIENCE = 250
/** So often in a row it may be cut off, or end its process, before it is asked no more. */
const STRIKES = 3
export const MOST_POLICIES = 16

interface Entry {
  readonly declaration: PolicyDeclaration
  readonly host: PolicyHost
  readonly since: number
  readonly report: PolicyReport
  /** `idle`: it is not asked any more; its tasks go by the default policy. */
  mode: 'loading' | 'asked' | 'idle'
  asking: boolean
  strikes: number
  /** What the latest question was about. */
  latest: string
  restAt: number
  /** Ready tasks of which the latest answers said nothing, and since when. */
  silent: Map<TaskId, number>
  /** Since when a slot is idle, as far as was seen. */
  idleSince: number | undefined
}

export class UserPolicies {
  readonly #options: UserPoliciesOptions
  readonly #entries = new Map<string, Entry>()
  /** By name of each that the scheduler knows, registered now or not. */
  readonly #told = new Map<string, Told>()
  /** When each may be looked at again, by the clock. */
  readonly #next = new Map<string, number>()
  #soon: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity

  constructor(options: UserPoliciesOptions) {
    this.#options = options
  }

  get all(): KnownPolicy[] {
    return [...this.#entries].map(([name, { declaration }]) => ({ name, about: declaration.about ?? '', own: true }))
  }

  /** What is amiss with the policy of that name, for %why and %policy. */
  problem(name: string): string | undefined {
    const entry = this.#entries.get(name)
    return entry ? entry.report.problem : this.#told.has(name) ? notices.policyGone(name) : undefined
  }

  /** Takes the place of an earlier one of that name, also for runs that are under way. */
  register(declaration: PolicyDeclaration): void {
    const { name, cell, bundle, about, seed = 0, timeout: limit = LIMIT } = declaration
    const report = new PolicyReport(name, cell, this.#options.notebook)
    if (policyNames.includes(name)) return report.warn(builtInPolicy(name).message)
    if (!this.#entries.has(name) && this.#entries.size >= MOST_POLICIES) return report.warn(notices.tooManyPolicies(MOST_POLICIES, name))
    this.#entries.get(name)?.host.stop()
    this.#options.add(userPolicy(name, about ?? 'a policy of this notebook'))
    const host = this.#options.host({ name, bundle, seed, limit }, {
      onLoaded: (problem) => this.#entries.get(name) === entry && this.#loaded(entry, problem),
      onSaid: (text) => report.said(text),
    })
    const entry: Entry = { declaration, host, report, since: this.#options.clock(), mode: 'loading', asking: false, strikes: 0, latest: '', restAt: 0, silent: new Map(), idleSince: undefined }
    this.#entries.set(name, entry)
    this.#told.set(name, new Told())
    this.changed()
  }

  remove(name: string): void {
    const entry = this.#entries.get(name)
    if (!entry) return
    entry.host.stop()
    this.#entries.delete(name)
    if (this.#runsOf(name).length > 0) entry.report.warn(notices.policyGone(name))
    this.#options.removed(name)
    this.changed()
  }

  stop(): void {
    this.#clearTimer()
    for (const { host } of this.#entries.values()) host.stop()
    this.#entries.clear()
    this.#told.clear()
  }

  /** Something about tasks or nodes has changed. Called for every batch of facts. */
  changed(): void {
    if (this.#told.size > 0) this.#lookAt(0)
  }

  // ── when to ask ──────────────────────────────────────────────────────────────────────────────────────────

  /** @param wait ms from now; 0: as soon as what is going on has been heard */
  #lookAt(wait: number): void {
    const at = wait === 0 ? 0 : this.#options.clock() + wait
    if (at >= this.#timerAt) return
    this.#clearTimer()
    this.#timerAt = at
    if (wait === 0) this.#soon = setImmediate(() => this.#look())
    else this.#timer = setTimeout(() => this.#look(), Math.ceil(wait)).unref()
  }

  #clearTimer(): void {
    // Neither takes what the other made.
    clearImmediate(this.#soon)
    clearTimeout(this.#timer)
    this.#soon = this.#timer = undefined
    this.#timerAt = Infinity
  }

  #look(): void {
    this.#clearTimer()
    for (const name of this.#told.keys()) {
      const wait = (this.#next.get(name) ?? 0) - this.#options.clock()
      if (wait > 0) this.#lookAt(wait)
      else if (this.#entries.get(name)?.asking !== true) this.#spending(name, () => this.#lookInto(name, this.#entries.get(name)))
    }
  }

  /** What it costs the kernel is made up for by a pause. */
  #spending(name: string, act: () => void): void {
    const began = this.#options.clock()
    act()
    const ended = this.#options.clock()
    this.#next.set(name, ended + Math.max(GAP, SHARE * (ended - began)))
  }

  #lookInto(name: string, entry: Entry | undefined): void {
    const runs = this.#runsOf(name)
    if (runs.length === 0) return
    const told = this.#told.get(name)!
    told.prune((task) => ['waiting', 'ready', 'backing-off'].includes(this.#options.state.stateName(task)))
    if (!entry || entry.mode === 'idle') return this.#send(name, told.mark(readyIn(this.#options.state, runs), LEFT))
    if (entry.mode === 'loading') return this.#send(name, told.mark(readyIn(this.#options.state, runs), LATER))
    this.#leaveSilent(entry)
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
    const { name } = entry.declaration
    const { view, ready } = viewOf(this.#options.state, runs, entry.since)
    const about = `${ready.join(' ')} / ${view.nodes.map((node) => `${node.name} ${node.idle}`).join(' ')}`
    if (ready.length === 0 || about === entry.latest) return
    entry.latest = about
    entry.asking = true
    if (view.more > 0) this.#announce(entry, runs)
    const answered = await entry.host.ask(view)
    entry.asking = false
    if (this.#entries.get(name) !== entry) return
    this.#spending(name, () => {
      if ('problem' in answered) this.#failed(entry, answered.problem, ready)
      else this.#answered(entry, view, ready, answered.answer)
    })
    this.changed()
  }

  /** Tasks that there was no room for in the question are asked about when their turn comes. */
  #announce(entry: Entry, runs: readonly Run[]): void {
    const now = this.#options.clock()
    if (now < entry.restAt) return
    entry.restAt = now + REST
    const { name } = entry.declaration
    const told = this.#told.get(name)!
    this.#send(name, told.mark(readyIn(this.#options.state, runs).filter((task) => told.of(task) === undefined), LATER))
  }

  #answered(entry: Entry, view: View, ready: readonly TaskId[], answer: PolicyAnswer): void {
    entry.strikes = 0
    entry.report.problem = undefined
    const { name } = entry.declaration
    const told = this.#told.get(name)!
    const shown = new Set(view.tasks.map((task) => task.id))
    const kept = answer.tasks.flatMap((task, i) => (shown.delete(task) ? [i] : []))
    this.#send(name, told.order(kept.map((i) => answer.tasks[i]!), kept.map((i) => view.nodes[answer.nodes[i]!]?.name)))
    const unsaid = ready.filter((task) => shown.has(task))
    const now = this.#options.clock()
    entry.silent = new Map(unsaid.map((task) => [task, entry.silent.get(task) ?? now]))
    this.#send(name, told.mark(unsaid.filter((task) => told.of(task) !== LEFT), LATER))
    if (unsaid.length > 0) this.#lookAt(PATIENCE)
  }

  /** Nothing waits for long for a policy that says nothing of it, while a slot is idle. */
  #leaveSilent(entry: Entry): void {
    const now = this.#options.clock()
    const { name } = entry.declaration
    const idle = [...this.#options.state.nodes.values()].some((node) => node.idleSlots > 0)
    const idleSince = (entry.idleSince = idle ? (entry.idleSince ?? now) : undefined)
    if (idleSince === undefined || entry.silent.size === 0) return
    const due = [...entry.silent].filter(([, since]) => now - Math.max(since, idleSince) >= PATIENCE).map(([task]) => task)
    for (const task of due) entry.silent.delete(task)
    this.#send(name, this.#told.get(name)!.mark(due.filter((task) => this.#options.state.stateName(task) === 'ready'), LEFT))
    if (entry.silent.size > 0) this.#lookAt(PATIENCE)
  }

  #failed(entry: Entry, problem: PolicyProblem, ready: readonly TaskId[]): void {
    const hard = problem.kind === 'late' || problem.kind === 'died'
    entry.strikes = hard ? entry.strikes + 1 : 0
    if (entry.strikes >= STRIKES) entry.mode = 'idle'
    entry.report.failed(problem, entry.mode === 'idle')
    const { name } = entry.declaration
    this.#send(name, this.#told.get(name)!.mark(ready, LEFT))
  }

  #loaded(entry: Entry, problem: PolicyProblem | undefined): void {
    entry.mode = problem ? 'idle' : 'asked'
    if (problem) entry.report.failed(problem, true)
    this.changed()
  }

  #send(policy: string, { tasks, nodes: names, start }: News): void {
    if (tasks.length === 0) return
    const nodes = [...new Set(names)].filter((name) => name !== undefined)
    const numbers = new Map(nodes.map((name, number) => [name, number]))
    this.#options.plan({ type: 'Planned', time: this.#options.clock(), policy, tasks, nodes, node: names.map((name) => numbers.get(name ?? '') ?? -1), start })
  }
}
