/**
 * The shell around the scheduler: declarations and backend events go in, its commands are carried out, and whoever
 * awaits results is told. The only writer of run state in the kernel.
 */
import { cannotEverRun, clusterReplaced, clusterStopped, unknownPolicy } from '../errors.ts'
import {
  addPolicy, createState, nextDeadline, policyNames, satisfiable, transition,
  type Command, type Event, type NodeId, type Policy, type RunId, type State, type StateName, type TaskId,
} from '../scheduler/index.ts'
import type { Declaration, HandleRef, Settled, TaskError, TaskInfo, Wire } from '../travel/declaration.ts'
import type { Expected } from '../simulator/forecast.ts'
import type { Assignment, Backend, BackendEvent, Input, NodeSample, ValueRef } from './backend.ts'
import { realTimers, type Timers } from './clock.ts'
import { contextOf, dependenciesOf } from './declare.ts'
import type { DurationStore } from './durations.ts'
import type { WithoutResult } from './failure.ts'
import { Foresight } from './foresight.ts'
import type { PlannerLink } from './planner/link.ts'
import type { RunRecorder } from './record/recorder.ts'
import type { Sources } from './record/snapshot.ts'
import type { RecordedEnvironment, RunRecord } from './record/types.ts'
import type { Places } from './places.ts'
import { recordCut, recordEnd, recorderFor, taskInfos, type DeclaringCell } from './recording.ts'
import { Results } from './results.ts'
import type { Run, Source } from './run.ts'
import { Runs } from './runs.ts'

export interface CoordinatorOptions {
  /** ms, monotonic */
  readonly clock: () => number
  /** What wakes it when that shows a time; absent: real time passes on it. */
  readonly timers?: Timers
  /** Where errors were, in the user's own lines. */
  readonly places: Places
  readonly environment: RecordedEnvironment
  /** What is known of the cell that an execution is of. */
  readonly cellOf: (execution: string) => DeclaringCell
  /** Makes the cluster that the first declaration starts, if none was started before. */
  readonly defaultBackend: () => Backend
  /** Tasks of a run have reached final states (indices in order of ending). */
  readonly onSettled: (run: Run, indices: readonly number[]) => void
  /** Something about a run changed that a view shows. Called often: mark, and look later. */
  readonly onChange: (run: Run) => void
  /** Where errors of the run were is known better. */
  readonly onPlaced?: (run: Run) => void
  /** Every fact that the scheduler is told, before it decides. */
  readonly onEvent?: (event: Event) => void
  /** A task wrote something. */
  readonly onLog?: (run: Run, index: number) => void
  /** Something about the cluster changed: its nodes, what they report, its policy. Called often, too. */
  readonly onCluster?: () => void
  /** Durations of earlier kernels' runs; absent: nothing is known, and nothing kept. */
  readonly durations?: DurationStore
  /** In tests, instead of the planner's process. */
  readonly planner?: PlannerLink
  /** The scheduler has been told something, and has decided. Called for every batch of facts. */
  readonly onDecided?: () => void
  /** What is amiss with a policy. */
  readonly policyProblem?: (policy: string) => string | undefined
}

export class Coordinator {
  readonly #options: CoordinatorOptions
  readonly #runs = new Runs()
  readonly #results: Results
  readonly #state: State
  readonly foresight: Foresight
  /** Policies that runs may ask for by name. */
  readonly #policies = new Set(policyNames)
  #backend: Backend | undefined
  #opening: Promise<void> | undefined
  readonly #timers: Timers
  #alarm: (() => void) | undefined
  #alarmAt = Infinity
  #starting: Assignment[] = []
  readonly samples = new Map<NodeId, NodeSample>()

  constructor(options: CoordinatorOptions) {
    this.#options = options
    const { durations, planner } = options
    this.#timers = options.timers ?? realTimers(options.clock)
    this.#state = createState(durations ? { estimates: durations.estimates } : {})
    durations?.follow(this.#state.estimates)
    this.foresight = new Foresight({
      state: this.#state,
      clock: options.clock,
      timers: this.#timers,
      apply: (event) => this.#act(() => this.#apply(event)),
      onExpected: (expected) => this.#expect(expected),
      ...(durations && { durations }),
      ...(planner && { link: planner }),
    })
    this.#results = new Results({
      state: this.#state,
      runOf: (task) => this.runOf(task),
      read: (reference) => this.read(reference),
      recompute: (task) =>
        this.#act(() => {
          this.#apply({ type: 'ValueLost', time: this.#now(), task })
          this.#apply({ type: 'ResultsWanted', time: this.#now(), tasks: [task] })
        }),
    })
  }

  get state(): State {
    return this.#state
  }

  get backend(): Backend | undefined {
    return this.#backend
  }

  get places(): Places {
    return this.#options.places
  }

  get runs(): ReadonlyMap<RunId, Run> {
    return this.#runs.byId
  }

  /** By what views call it. */
  byUid(uid: string): Run | undefined {
    return this.#runs.withUid(uid)
  }

  /** The run as the notebook keeps it, as of now. */
  record(run: Run): RunRecord {
    return run.recorder!.snapshot(this.#now(), this.sources(run))
  }

  /** What a record or delta of the run looks up beyond its recorder; good for this moment. */
  sources(run: Run): Sources {
    return {
      recorders: { get: (id) => this.runs.get(id)?.recorder },
      states: this.#state.states(run.spec.id),
      places: this.places,
    }
  }

  /** The clock's, ms. */
  get now(): number {
    return this.#now()
  }

  /** When the run is expected to have ended, on the clock; nothing: it has, or nobody knows. */
  expected(run: Run): Expected | undefined {
    return run.submitted ? this.foresight.forecasts.of(run.spec.id) : undefined
  }

  /** A value that a task is given, if it is there: itself, or where it is. */
  input(source: Source): Input {
    return this.#results.input(source)
  }

  /** Rejects when no node has it. */
  read(reference: ValueRef): Promise<Wire> {
    return this.#backend ? this.#backend.read(reference) : Promise.reject(clusterStopped())
  }

  // ── the cluster ──────────────────────────────────────────────────────────────────────────────────────────

  /** Starts `backend` in place of what runs now; unfinished tasks wait for its nodes. @throws UserError */
  open(backend: Backend): Promise<void> {
    const opening = this.#open(backend).finally(() => {
      if (this.#opening === opening) this.#opening = undefined
    })
    this.#opening = opening
    return opening
  }

  /** Several may be asked for at the same time: the latest takes the place of the others, however far these have come. */
  async #open(backend: Backend): Promise<void> {
    const closed = this.close()
    this.#backend = backend
    await closed
    try {
      if (this.#backend === backend) await backend.open((batch) => {
        if (this.#backend === backend) this.#hear(batch)
      })
    } catch (error) {
      // One that was closed while it was opening says so in its own way: that is not why.
      if (this.#backend === backend) {
        await this.close()
        throw error
      }
    }
    if (this.#backend !== backend) throw clusterReplaced()
    this.#options.onCluster?.()
  }

  /** Ends the cluster. Results that only its nodes held are lost until computed again. */
  async close(): Promise<void> {
    const backend = this.#backend
    this.#backend = undefined
    if (!backend) return
    this.samples.clear()
    for (const run of this.runs.values()) run.prepared = false
    for (const node of [...this.#state.nodes.keys()]) this.#lose(node, 'the cluster was stopped', true)
    this.#options.onCluster?.()
    await backend.close()
  }

  setPolicy(policy: string): void {
    if (!this.#policies.has(policy)) throw unknownPolicy(policy, this.policyNames)
    for (const run of this.runs.values()) if (this.#isRunning(run)) run.recorder?.policy(run.spec.policy ?? policy)
    this.#apply({ type: 'PolicyChanged', time: this.#now(), policy })
    this.#flush()
    this.#options.onCluster?.()
  }

  get policy(): string {
    return this.#state.policy
  }

  get policyNames(): readonly string[] {
    return [...this.#policies]
  }

  /** What is amiss with a policy, in a sentence. */
  policyProblem(policy: string): string | undefined {
    return this.#options.policyProblem?.(policy)
  }

  /** From now on runs may ask for it. */
  addPolicy(policy: Policy): void {
    addPolicy(this.#state, policy)
    this.#policies.add(policy.name)
  }

  /** No run may ask for it any more; those that have go on by it. */
  removePolicy(name: string): void {
    this.#policies.delete(name)
    if (this.policy === name) this.setPolicy(policyNames[0]!)
  }

  /** Tells the scheduler what has been planned. */
  plan(event: Extract<Event, { readonly type: 'Planned' }>): void {
    this.#act(() => this.#apply({ ...event, time: this.#now() }))
  }

  // ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes a declaration: at once when the cluster is up; the first one starts it. @throws UserError when it is refused */
  declareNow(declaration: Declaration): Run | Promise<Run> {
    const run = this.#runs.enter(declaration, this.#now(), this.#policies)
    return this.#backend && !this.#opening ? this.#submit(run) : this.#submitOnceOpen(run)
  }

  async #submitOnceOpen(run: Run): Promise<Run> {
    while (!this.#backend || this.#opening) {
      try {
        await (this.#opening ?? this.open(this.#options.defaultBackend()))
      } catch (error) {
        // Another one may be starting in its place.
        if (this.#opening) continue
        this.#runs.remove(run)
        throw error
      }
    }
    return this.#submit(run)
  }

  /** The results of a handle: of these tasks, or of all. See `Results.want`. */
  want(id: RunId, indices: readonly number[] | undefined, failFast: boolean): Promise<Settled[]> {
    const run = this.runs.get(id)
    if (!run) return Promise.resolve([])
    run.awaited = true
    const sources = run.declaration.shape === 'single' ? [run.result(0)] : this.#tasks(run, indices).map((task) => ({ task }))
    const answer = this.#results.want(sources, failFast)
    const tasks = sources.flatMap((source) => ('task' in source ? [source.task] : []))
    this.#whenSubmitted(run, () => this.#apply({ type: 'ResultsWanted', time: this.#now(), tasks }))
    return answer
  }

  /** Resolves when every task of the run has settled, with those that ended without a result. */
  ended(run: Run): Promise<WithoutResult[]> {
    return this.#results.ended(this.#tasks(run))
  }

  /** Cancels what has not ended. Returns how many tasks. */
  cancel(handles: readonly HandleRef[]): number {
    let cancelled = 0
    for (const { run, index } of handles) cancelled += this.cancelTasks(run, index === undefined ? undefined : [index])
    return cancelled
  }

  /** As `cancel`, for these tasks of a run, or for all. */
  cancelTasks(id: RunId, indices: readonly number[] | undefined): number {
    const run = this.runs.get(id)
    if (!run) return 0
    const tasks = this.#tasks(run, indices).filter((task) => this.#results.standing(task) === 'unsettled')
    if (tasks.length > 0) this.#whenSubmitted(run, () => this.#apply({ type: 'TasksCancelled', time: this.#now(), tasks }))
    return tasks.length
  }

  /**
   * Tasks that ended start over: those without a result, and unless `failedOnly` the others too. Returns how many.
   * @param indices absent: those that `ref` stands for
   */
  rerun(ref: HandleRef, failedOnly: boolean, indices = ref.index === undefined ? undefined : [ref.index]): number {
    const run = this.runs.get(ref.run)
    if (!run?.submitted) return 0
    const again: readonly StateName[] = failedOnly ? ['failed', 'cancelled', 'skipped'] : ['failed', 'cancelled', 'skipped', 'succeeded']
    const tasks = this.#tasks(run, indices).filter((task) => again.includes(this.#state.stateName(task)))
    for (const task of tasks) {
      run.errors.delete(task - run.spec.first)
      run.recorder?.ready(task - run.spec.first, this.#now())
    }
    if (tasks.length > 0) this.#runs.keep(run)
    this.#act(() => this.#apply({ type: 'TasksRerun', time: this.#now(), tasks }))
    this.#options.onChange(run)
    return tasks.length
  }

  /** Tasks of a run by state; all states are there. */
  counts(run: Run): Readonly<Partial<Record<StateName, number>>> {
    if (!run.submitted) return { waiting: run.spec.count }
    return this.#state.run(run.spec.id).counts
  }

  /** Indices of the tasks that have settled, in index order. */
  settledSoFar(id: RunId): number[] {
    const run = this.runs.get(id)
    return run ? this.#tasks(run).filter((task) => this.#results.standing(task) !== 'unsettled').map((task) => task - run.spec.first) : []
  }

  /** Every task of a run as `h.tasks` shows it. */
  tasks(id: RunId): TaskInfo[] {
    const run = this.runs.get(id)
    return run ? taskInfos(run, (task) => this.#state.stateName(task)) : []
  }

  prioritize(run: RunId, priority: number): void {
    const known = this.runs.get(run)
    if (!known) return
    this.#whenSubmitted(known, () => {
      known.recorder?.priority(priority)
      this.#apply({ type: 'PriorityChanged', time: this.#now(), run, priority })
      this.#options.onChange(known)
    })
  }

  release(runs: readonly RunId[]): void {
    for (const id of runs) {
      const run = this.runs.get(id)
      if (!run || run.released) continue
      run.released = true
      this.#whenSubmitted(run, () => {
        this.#apply({ type: 'RunsReleased', time: this.#now(), runs: [id] })
        this.#retire(run)
      })
    }
  }

  async stop(): Promise<void> {
    this.#alarm?.()
    this.#alarm = undefined
    this.foresight.stop()
    await Promise.all([this.close(), this.#options.durations?.close()])
  }

  /** The run a task belongs to; undefined for a run that was retired long ago. */
  find(task: TaskId): Run | undefined {
    return this.#runs.find(task)
  }

  /** The run of a task that is known to be there. */
  runOf(task: TaskId): Run {
    return this.#runs.of(task)
  }

  // ── declaring ────────────────────────────────────────────────────────────────────────────────────────────

  #submit(run: Run): Run {
    const refused = satisfiable(this.#state, run.spec)
    if (refused) {
      this.#runs.remove(run)
      throw cannotEverRun(run.name, refused.reason)
    }
    run.recorder = this.#makeRecorder(run)
    run.submitted = true
    this.#act(() => {
      this.#apply({ type: 'RunDeclared', time: this.#now(), run: run.spec, dependencies: dependenciesOf(run, this.runs) })
      for (const act of run.asked.splice(0)) act()
    })
    this.#options.onChange(run)
    return run
  }

  #retire(run: Run): void {
    if (run.released && run.held === 0 && !this.#isRunning(run)) this.#runs.retire(run)
  }

  #makeRecorder(run: Run): RunRecorder {
    return recorderFor(run, {
      cell: this.#options.cellOf(run.declaration.cell),
      nodes: [...this.#state.nodes.values()].map((node) => node.spec),
      samples: this.samples.values(),
      environment: { ...this.#options.environment, policy: this.policy, ...(this.#backend && { backend: this.#backend.kind }) },
    })
  }

  // ── events in, commands out ──────────────────────────────────────────────────────────────────────────────

  #now(): number {
    return this.#options.clock()
  }

  /** Applies events, then hands what they started to the backend in one go. */
  #act(act: () => void): void {
    act()
    this.#flush()
  }

  #whenSubmitted(run: Run, act: () => void): void {
    if (run.submitted) this.#act(act)
    else run.asked.push(act)
  }

  #apply(event: Event): void {
    this.#options.onEvent?.(event)
    for (const command of transition(this.#state, event)) this.#carryOut(command, event.time)
    this.foresight.told(event)
  }

  #flush(): void {
    if (this.#starting.length > 0) {
      const batch = this.#starting
      this.#starting = []
      this.#backend?.start(batch)
    }
    const deadline = nextDeadline(this.#state) ?? Infinity
    if (deadline < this.#alarmAt) this.#setAlarm(deadline)
    this.#options.onDecided?.()
  }

  #setAlarm(at: number): void {
    this.#alarm?.()
    this.#alarmAt = at
    this.#alarm = this.#timers.at(at, () => {
      this.#alarmAt = Infinity
      this.#act(() => this.#apply({ type: 'TimePassed', time: this.#now() }))
    })
  }

  #hear(batch: readonly BackendEvent[]): void {
    for (const event of batch) this.#hearOne(event)
    this.#flush()
  }

  #hearOne(event: BackendEvent): void {
    const time = this.#now()
    switch (event.type) {
      case 'finished': {
        const run = this.find(event.outcomes[0]?.task ?? -1)
        if (!run) return
        for (const outcome of event.outcomes) {
          const index = outcome.task - run.spec.first
          if (outcome.ok) {
            if (outcome.inKernel && this.#state.stateName(outcome.task) === 'running') run.values[index] = outcome.value
          } else if (outcome.taskError) this.#failed(run, index, outcome.taskError)
          run.recorder?.finished(index, outcome.attempt, event.node, event.slot, outcome.began, outcome.ended, outcome.ok, outcome.ok ? outcome.size : 0)
        }
        return this.#apply({ type: 'TasksFinished', time, node: event.node, slot: event.slot, outcomes: event.outcomes })
      }
      case 'returned': {
        const run = this.find(event.tasks[0] ?? -1)
        if (run) run.recorder?.returned(event.tasks.map((task) => task - run.spec.first))
        return this.#apply({ type: 'TasksReturned', time, node: event.node, slot: event.slot, tasks: event.tasks })
      }
      case 'slot-reset':
        for (const run of this.runs.values()) run.recorder?.slotReset(event.node, event.slot, time)
        return this.#apply({ type: 'SlotReset', time, node: event.node, slot: event.slot, reason: event.reason })
      case 'node-joined':
        for (const run of this.runs.values()) run.recorder?.nodeJoined(event.node, time)
        this.#apply({ type: 'NodeJoined', time, node: event.node })
        return this.#options.onCluster?.()
      case 'node-lost':
        this.samples.delete(event.node)
        this.#lose(event.node, event.reason, false)
        return this.#options.onCluster?.()
      case 'copied':
        return this.#apply({ type: 'ValueCopied', time, task: event.task, node: event.node })
      case 'value-lost':
        return this.#apply({ type: 'ValueLost', time, task: event.task })
      case 'log': {
        const run = this.find(event.task)
        if (!run) return
        run.addLog(event.task - run.spec.first, event.text)
        return this.#options.onLog?.(run, event.task - run.spec.first)
      }
      case 'progress': {
        const run = this.find(event.task)
        if (!run) return
        run.progress.set(event.task - run.spec.first, { fraction: event.fraction, ...(event.text !== undefined && { text: event.text }) })
        return this.#options.onChange(run)
      }
      case 'sample':
        this.samples.set(event.sample.node, event.sample)
        return this.#sampled(event.sample, time)
    }
  }

  /** @param expected taken away on purpose */
  #lose(node: NodeId, reason: string, expected: boolean): void {
    const time = this.#now()
    for (const run of this.runs.values()) run.recorder?.nodeLost(node, time, reason)
    this.#apply({ type: 'NodeLost', time, node, reason, ...(expected && { expected }) })
  }

  #failed(run: Run, index: number, error: TaskError): void {
    run.errors.set(index, error)
    void this.places.learn(error.stack)?.then(() => this.#options.onPlaced?.(run))
  }

  #expect(expected: ReadonlyMap<RunId, Expected | undefined>): void {
    // No change that has to be shown at once: who watches is told the time now and then, and this with it.
    for (const [id, end] of expected) this.runs.get(id)?.recorder?.expect(end)
  }

  #isRunning(run: Run): boolean {
    return run.submitted && this.#state.unfinished(run.spec.id) > 0
  }

  #sampled(sample: NodeSample, time: number): void {
    const node = this.#state.nodes.get(sample.node)
    const busy = node ? node.spec.slots - node.idleSlots : 0
    for (const run of this.runs.values()) {
      if (this.#isRunning(run)) run.recorder?.sample(sample, time, busy)
    }
    this.#options.onCluster?.()
  }

  #carryOut(command: Command, time: number): void {
    switch (command.type) {
      case 'StartTasks':
        return this.#start(command.node, command.slot, command.tasks, command.attempts, time)
      case 'RecallTasks':
        this.#flush()
        return this.#backend?.recall(command.node, command.slot, command.tasks)
      case 'CancelAttempt':
        this.#flush()
        recordCut(this.runOf(command.task), command, time)
        return this.#backend?.cancel([command], command.reason !== 'cancelled')
      case 'ReleaseValues':
        return this.#drop(command.tasks)
      case 'TasksSettled':
        return this.#settle(command.tasks, time)
    }
  }

  #start(node: NodeId, slot: number, tasks: readonly TaskId[], attempts: readonly number[], time: number): void {
    const run = this.runOf(tasks[0]!)
    if (!run.prepared) this.#backend?.prepare(contextOf(run, this.runs, (source) => this.#results.input(source)))
    run.prepared = true
    const indices = tasks.map((task) => task - run.spec.first)
    run.recorder?.started(indices, attempts, node, slot, time)
    this.#starting.push({ run: run.spec.id, node, slot, tasks, attempts, indices, inputs: indices.map((index) => run.inputs(index).map((source) => this.#results.input(source))) })
    this.#options.onChange(run)
  }

  /** Should a result have to be computed again, the backend is told anew. */
  #forget(run: Run): void {
    if (run.prepared) this.#backend?.forget(run.spec.id)
    run.prepared = false
  }

  #drop(tasks: readonly TaskId[]): void {
    const runs = new Set<Run>()
    for (const task of tasks) {
      const run = this.runOf(task)
      delete run.values[task - run.spec.first]
      run.held--
      runs.add(run)
    }
    this.#backend?.release(tasks)
    for (const run of runs) this.#retire(run)
  }

  #settle(tasks: readonly TaskId[], time: number): void {
    for (let from = 0; from < tasks.length; ) {
      const run = this.runOf(tasks[from]!)
      const end = run.spec.first + run.spec.count
      const indices: number[] = []
      for (; from < tasks.length && tasks[from]! >= run.spec.first && tasks[from]! < end; from++) indices.push(tasks[from]! - run.spec.first)
      for (const index of indices) {
        const task = run.spec.first + index
        const state = this.#state.stateName(task)
        if (state === 'succeeded') run.held++
        else recordEnd(run, index, state, this.#results.failure(task), time)
        this.#results.settled(task, state === 'succeeded')
      }
      if (!this.#isRunning(run)) {
        this.#forget(run)
        this.#retire(run)
      }
      this.#options.onChange(run)
      this.#options.onSettled(run, indices)
    }
  }

  #tasks(run: Run, indices?: readonly number[]): TaskId[] {
    return indices ? indices.map((index) => run.spec.first + index) : Array.from({ length: run.spec.count }, (_, i) => run.spec.first + i)
  }
}
