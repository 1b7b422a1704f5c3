/** Joins the parts behind the protocol's `Interpreter`: magics, the session, types, the cluster and its views. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { performance } from 'node:perf_hooks'
import { KernelClock } from './cluster/clock.ts'
import { Coordinator } from './cluster/coordinator.ts'
import { Experiments } from './cluster/experiment/experiments.ts'
import type { DurationStore } from './cluster/durations.ts'
import { LiveComms } from './cluster/live/live-comms.ts'
import { LiveViews } from './cluster/live-views.ts'
import type { Backend } from './cluster/backend.ts'
import { localBackend, type LocalNodeSpec } from './cluster/local/backend.ts'
import { nodeSpec } from './cluster/local/node-spec.ts'
import { Places } from './cluster/places.ts'
import type { DeclaringCell } from './cluster/recording.ts'
import { simulatedBackend } from './cluster/simulated/backend.ts'
import type { Run } from './cluster/run.ts'
import { PolicyProcess } from './cluster/user-policy-host.ts'
import { UserPolicies } from './cluster/user-policy.ts'
import { Comms } from './comms.ts'
import { clip, duration, notices, UserError } from './errors.ts'
import { isComplete } from './language/is-complete.ts'
import type { FromSession, RestoredHandle, ShownError, ToSession } from './language/messages.ts'
import { Session } from './language/session.ts'
import { Types } from './language/types/service.ts'
import { localNodes } from './local-nodes.ts'
import { simulatedCluster } from './simulated-nodes.ts'
import { doLineMagic, type LineMagicContext, type TypesMode } from './line-magics.ts'
import { completeMagic, inspectMagic, type Known } from './magics/complete.ts'
import { parseLine } from './magics/lines.ts'
import { magicLine, translate, type Translation } from './magics/translate.ts'
import { treeUsage } from './platform.ts'
import type {
  CommMessage, CompleteReply, ExecuteReply, ExecuteRequest, Frontend, InspectReply, Interpreter, Json, Output, Usage,
} from './protocol/interpreter.ts'
import { policies } from './scheduler/index.ts'
import type { Declaration, KnownPolicy, Settled } from './travel/declaration.ts'

/** `name?`: a question, not TypeScript. */
const asked = /^\s*([\p{ID_Start}$_%][\p{ID_Continue}$.%]*)\?{1,2}\s*$/u
/** Run numbers a session may use before its successor's begin. */
const RUNS_PER_SESSION = 1_000_000

export class SluiceInterpreter implements Interpreter {
  readonly #directory: string
  readonly #clock = () => performance.now()
  /** What tasks are timed by: that of a simulated cluster, while there is one. */
  readonly #taskClock = new KernelClock(this.#clock)
  readonly #coordinator: Coordinator
  readonly #policies: UserPolicies
  readonly #experiments = new Experiments((id, answer) => this.#send({ type: 'experimented', id, ...answer }))
  readonly #views: LiveViews
  readonly #live: LiveComms
  readonly #types: Types
  readonly #comms: Comms
  /** By execution id. */
  readonly #cells = new Map<string, DeclaringCell>()
  /** Line magics that are being done. */
  readonly #lines = new Set<AbortController>()
  readonly #watched = new Set<number>()
  readonly #countsDue = new Set<Run>()
  #countsTimer: NodeJS.Timeout | undefined
  #frontend!: Frontend
  #session!: Session
  #sessions = 0
  #sessionReady = false
  #running: ExecuteRequest | undefined
  #typesMode: TypesMode = 'warn'
  #stopped = false

  /**
   * @param directory the notebook's folder
   * @param durations of earlier kernels' runs; absent: none are known, and none kept
   */
  constructor(directory: string, version: string, durations?: DurationStore) {
    this.#directory = directory
    this.#types = new Types({ directory })
    this.#coordinator = new Coordinator({
      clock: this.#taskClock.now,
      timers: this.#taskClock,
      places: new Places((positions) => this.#session.places(positions)),
      environment: { node: process.versions.node, sluice: version, platform: `${process.platform}-${process.arch}` },
      cellOf: (execution) => this.#cells.get(execution) ?? {},
      defaultBackend: () => this.#localBackend(localNodes(1, undefined, [])),
      onSettled: (run, indices) => this.#settled(run, indices),
      onChange: (run) => this.#changed(run),
      onPlaced: (run) => this.#live.changed(run),
      onLog: (run, index) => this.#live.logged(run, index),
      onCluster: () => this.#live.clusterChanged(),
      ...(durations && { durations }),
      onDecided: () => this.#policies.changed(),
      policyProblem: (name) => this.#policies.problem(name),
    })
    this.#policies = new UserPolicies({
      state: this.#coordinator.state,
      runs: () => this.#coordinator.runs.values(),
      clock: this.#clock,
      add: (policy) => this.#coordinator.addPolicy(policy),
      removed: (name) => this.#coordinator.removePolicy(name),
      plan: (event) => this.#coordinator.plan(event),
      host: (policy, listener) => new PolicyProcess(policy, directory, listener),
      notebook: {
        say: (cell, text, name) => this.#frontend.output(this.#running?.execution ?? cell, { type: 'stream', name, text: `${text}\n` }),
        mapped: (text) => this.#coordinator.places.mapped(text),
      },
    })
    this.#views = new LiveViews(this.#coordinator, this.#clock, (cell, data, displayId, update) => {
      this.#display(cell, { type: 'display', data, metadata: {}, displayId, update })
    }, (text) => this.#notice(text))
    this.#live = new LiveComms({
      coordinator: this.#coordinator,
      clock: this.#clock,
      version,
      bundle: (run) => this.#views.bundle(run),
      startCluster: (nodes, slots) => this.#coordinator.open(this.#localBackend(localNodes(nodes, slots, []))),
      send: (id, data) => this.#frontend.comm(undefined, { type: 'message', id, data, metadata: {}, buffers: [] }),
      closed: (id) => this.#comms.ended(id),
    })
    this.#comms = new Comms({
      own: this.#live,
      toSession: (message) => this.#send({ type: 'comm', message }),
      toFrontend: (execution, message) => this.#frontend.comm(execution, message),
    })
  }

  get coordinator(): Coordinator {
    return this.#coordinator
  }

  async start(frontend: Frontend): Promise<void> {
    this.#frontend = frontend
    // Should it not start, the notice says why, and the first cell tries again.
    await this.#startSession().catch(() => undefined)
  }

  // ── cells ────────────────────────────────────────────────────────────────────────────────────────────────

  async execute(request: ExecuteRequest): Promise<ExecuteReply> {
    this.#running = request
    this.#cells.set(request.execution, { count: request.count, ...(request.cellId !== undefined && { id: request.cellId }) })
    try {
      const question = asked.exec(request.code)
      if (question) return await this.#explain(question[1]!)
      const cell = translate(request.code)
      if (this.#typesMode === 'error') await this.#refuseTypeErrors(request, cell)
      return await this.#run(request, cell)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      return failed({ name: error.name, message: error.message, traceback: [`${error.name}: ${error.message}`] })
    } finally {
      this.#running = undefined
    }
  }

  /** `name?`, as in IPython: what inspection says, in the pager. */
  async #explain(name: string): Promise<ExecuteReply> {
    const { found, data } = await this.inspect(name, name.length, 1)
    const page = found ? data : { 'text/plain': `Nothing is known of ${name}.` }
    return { status: 'ok', userExpressions: {}, payload: [{ source: 'page', data: page as Record<string, Json>, start: 0 }] }
  }

  async #run(request: ExecuteRequest, cell: Translation): Promise<ExecuteReply> {
    const began = this.#clock()
    const { execution, count, silent, userExpressions, allowStdin } = request
    if (this.#session.dead) await this.#startSession()
    const session = this.#session
    const done = await session.execute({ type: 'execute', execution, code: cell.code, count, silent, userExpressions, allowStdin })
    await this.#views.cellEnded(execution)
    if (cell.timed) this.#frontend.output(execution, { type: 'stream', name: 'stdout', text: `Wall time: ${duration(this.#clock() - began)}\n` })
    if (!silent) this.#warnOfTypes(request, cell, done.error)
    if (done.error) return failed(done.interrupted ? this.#interruptedBy(done.error, execution) : done.error)
    return { status: 'ok', userExpressions: done.userExpressions as Record<string, Json>, payload: [] }
  }

  /** Tasks that the interrupted cell declared are cancelled, and the user is told how many. */
  #interruptedBy(error: ShownError, execution: string): ShownError {
    const declared = [...this.#coordinator.runs.values()].filter((run) => run.declaration.cell === execution)
    const cancelled = this.#coordinator.cancel(declared.map((run) => ({ run: run.spec.id })))
    if (cancelled === 0) return error
    const message = `${error.message} ${notices.cancelledWithCell(cancelled)}`
    return { ...error, message, traceback: [...error.traceback, notices.cancelledWithCell(cancelled)] }
  }

  async interrupt(): Promise<void> {
    for (const line of this.#lines) line.abort()
    const replaced = (await this.#session.interrupt()) === 'replaced'
    if (replaced) this.#notice(notices.sessionReplacedToInterrupt)
  }

  // ── types ────────────────────────────────────────────────────────────────────────────────────────────────

  async #refuseTypeErrors(request: ExecuteRequest, cell: Translation): Promise<void> {
    this.#types.ran({ id: cellOf(request), count: request.count, code: cell.code })
    const problems = await this.#typeProblems(request)
    if (problems.length > 0) throw new UserError('type-errors', `${problems.join('\n')}\nThe cell did not run (%types warn runs it all the same).`)
  }

  /** Runs first, warns beside: the warning comes when the checker has it, after the cell's own output. */
  #warnOfTypes(request: ExecuteRequest, cell: Translation, error: ShownError | undefined): void {
    if (this.#typesMode !== 'error') this.#types.ran({ id: cellOf(request), count: request.count, code: cell.code })
    const worthChecking = this.#types.started || /\b(?:const|let|var|function|class|import|interface|type|enum)\b/.test(cell.code)
    if (this.#typesMode !== 'warn' || !worthChecking || error?.name === 'SyntaxError') return
    void this.#typeProblems(request).then((problems) => {
      if (problems.length > 0 && !this.#stopped) this.#frontend.output(request.execution, { type: 'stream', name: 'stderr', text: `${problems.join('\n')}\n` })
    })
  }

  async #typeProblems(request: ExecuteRequest): Promise<string[]> {
    const problems = await this.#types.diagnostics(cellOf(request))
    return problems.filter((one) => one.category === 'error').map((one) => `Cell [${request.count}]:${one.line}:${one.column} type error TS${one.code}: ${clip(one.message, 1000)}`)
  }

  // ── completion and inspection ────────────────────────────────────────────────────────────────────────────

  async complete(code: string, cursor: number): Promise<CompleteReply> {
    const magic = completeMagic(code, cursor, this.#known())
    if (magic && 'expression' in magic) {
      const source = code.slice(magic.expression, cursor)
      return shifted(await this.#completeCode(source, source.length), magic.expression)
    }
    if (magic) {
      const { start, end, matches } = magic
      return { start, end, matches: matches.map((one) => one.text), types: matches.map((one) => ({ ...one, start, end })) }
    }
    const { code: translated, offset, shift } = this.#translated(code, cursor)
    return shifted(await this.#completeCode(translated, offset), -shift)
  }

  async #completeCode(code: string, offset: number): Promise<CompleteReply> {
    const types = await this.#types.complete(code, offset)
    if (types && types.matches.length > 0) return types
    return (await this.#completeLive(code, offset)) ?? { start: offset, end: offset, matches: [], types: [] }
  }

  /** Where types know nothing (`any`), the live value's own properties; no getter is run, and a busy session is not asked. */
  async #completeLive(code: string, offset: number): Promise<CompleteReply | undefined> {
    const before = this.#types.expressionBefore(code, offset)
    if (!before || this.#running) return undefined
    const seen = await this.#session.look(before.expression, 'properties')
    const properties = seen?.properties?.filter((one) => one.name.startsWith(before.prefix)) ?? []
    const [start, end] = [offset - before.prefix.length, offset]
    return { start, end, matches: properties.map((one) => one.name), types: properties.map((one) => ({ text: one.name, type: one.kind, start, end })) }
  }

  async inspect(code: string, cursor: number, detail: 0 | 1): Promise<InspectReply> {
    const magic = inspectMagic(code, cursor)
    if (magic !== undefined) return { found: true, data: { 'text/markdown': magic, 'text/plain': magic } }
    const { code: translated, offset } = this.#translated(code, cursor)
    const types = await this.#types.inspect(translated, offset, detail)
    const name = /[\p{ID_Continue}$.]*$/u.exec(code.slice(0, cursor))![0] + /^[\p{ID_Continue}$]*/u.exec(code.slice(cursor))![0]
    const live = name === '' || this.#running ? undefined : await this.#session.look(name, 'description')
    if (!types && !live?.found) return { found: false, data: {} }
    const value = live?.description === undefined ? '' : live.description
    const text = [types?.text, value && `value: ${value}`].filter(Boolean).join('\n\n')
    const markdown = [types?.markdown, value && `value:\n\`\`\`js\n${value}\n\`\`\``].filter(Boolean).join('\n\n')
    return { found: true, data: { 'text/plain': text, 'text/markdown': markdown } }
  }

  async isComplete(code: string): Promise<{ status: 'complete' | 'incomplete' | 'invalid' | 'unknown'; indent?: string }> {
    if (/^\s*(?:\/\/)?%%\w/.test(code)) return /\n\s*$/.test(code) ? { status: 'complete' } : { status: 'incomplete', indent: '' }
    if (asked.test(code)) return { status: 'complete' }
    try {
      return isComplete(translate(code).code)
    } catch {
      return { status: 'invalid' }
    }
  }

  /** The code as TypeScript and the cursor in it; a cell whose magics are still being typed is taken as it stands. */
  #translated(code: string, cursor: number): { code: string; offset: number; shift: number } {
    try {
      const translation = translate(code).code
      const line = magicLine(code)
      const shift = line === undefined || cursor <= line.end ? 0 : translation.indexOf('\n', line.start) - line.end
      return { code: translation, offset: cursor + shift, shift }
    } catch {
      return { code, offset: cursor, shift: 0 }
    }
  }

  #known(): Known {
    return { handles: this.#names(), nodes: [...this.#coordinator.state.nodes.keys()], policies: this.#knownPolicies().filter(({ name }) => this.#coordinator.policyNames.includes(name)) }
  }

  /** Names of the runs that still have a handle, latest declaration of each. */
  #names(): string[] {
    return [...new Set([...this.#coordinator.runs.values()].map((run) => run.name))]
  }

  // ── the session's messages ───────────────────────────────────────────────────────────────────────────────

  async #startSession(): Promise<void> {
    const session = new Session({
      directory: this.#directory,
      firstRun: ++this.#sessions * RUNS_PER_SESSION,
      handles: this.#restorable(),
      policies: this.#knownPolicies(),
      onMessage: (message) => this.#hear(message),
      onExit: (reason) => this.#sessionEnded(session, reason),
    })
    this.#session = session
    this.#sessionReady = false
    await session.start()
    this.#sessionReady = true
  }

  /** The variables are gone, the kernel and its tasks are not: the next session gets the handles back. */
  #sessionEnded(session: Session, reason: string): void {
    if (this.#stopped || session !== this.#session) return
    this.#comms.sessionEnded()
    this.#experiments.stop()
    const restored = this.#restorable().map((one) => one.name)
    this.#notice(notices.sessionEnded(reason, restored))
    // One that did not even start would not do so at once again: the next cell tries.
    if (this.#sessionReady) this.#startSession().catch(() => undefined)
    this.#sessionReady = false
  }

  /** Policies outlive sessions: they hold copies of all that they use. */
  #knownPolicies(): KnownPolicy[] {
    return [...policies.map(({ name, meaning }) => ({ name, about: meaning, own: false })), ...this.#policies.all]
  }

  #restorable(): RestoredHandle[] {
    const latest = new Map<string, Run>()
    for (const run of this.#coordinator.runs.values()) if (!run.released) latest.set(run.name, run)
    return [...latest.values()].map((run) => ({ run: run.spec.id, name: run.name, count: run.spec.count, shape: run.declaration.shape }))
  }

  #notice(text: string): void {
    this.#frontend.output(this.#running?.execution, { type: 'stream', name: 'stderr', text: `${text}\n` })
  }

  #hear(message: FromSession): void {
    const frontend = this.#frontend
    switch (message.type) {
      case 'stream':
        return frontend.output(message.execution, { type: 'stream', name: message.name, text: message.text })
      case 'display': {
        const { data, metadata, displayId, update } = message
        return this.#display(message.execution, { type: 'display', data, metadata, update, ...(displayId !== undefined && { displayId }) })
      }
      case 'clear':
        return frontend.output(message.execution, { type: 'clear', wait: message.wait })
      case 'result':
        return frontend.output(message.execution, { type: 'result', data: message.data, metadata: message.metadata, count: this.#running?.count ?? 0 })
      case 'uncaught':
        return frontend.output(message.execution, { type: 'stream', name: 'stderr', text: `Uncaught ${message.error.traceback.join('\n')}\n` })
      case 'ask':
        return this.#ask(message.id, message.execution, message.prompt, message.password)
      case 'line':
        return void this.#line(message.id, message.execution, message.text)
      case 'declare':
        return this.#declare(message.declaration, message.wait || message.declaration.view === true)
      case 'want':
        return void this.#want(message.id, message.run, message.indices, message.failFast ?? false)
      case 'watch':
        return this.#watch(message.run, message.on)
      case 'tasks':
        return this.#send({ type: 'tasks', id: message.id, tasks: this.#coordinator.tasks(message.run) })
      case 'cancel':
        return void this.#coordinator.cancel(message.handles)
      case 'prioritize':
        return this.#coordinator.prioritize(message.run, message.priority)
      case 'release':
        return this.#coordinator.release(message.runs)
      case 'policy':
        return this.#policies.register(message.policy)
      case 'policy-removed':
        return this.#policies.remove(message.name)
      case 'experiment':
        return this.#experiments.ask(message.id, message.question)
      case 'experiments-dropped':
        return this.#experiments.drop(message.ids)
      case 'comm':
        return this.#comms.fromSession(message.execution, message.message as CommMessage)
      case 'interrupted':
      case 'looked':
      case 'placed':
      case 'ready':
      case 'done':
        return // the Session's own
    }
  }

  /**
   * An update finds its display by id, whatever cell it is said to come from. It is said of the running one, since clients
   * that follow one cell at a time (nbclient) hear nothing else.
   */
  #display(execution: string | undefined, output: Extract<Output, { type: 'display' }>): void {
    this.#frontend.output(output.update ? (this.#running?.execution ?? execution) : execution, output)
  }

  #send(message: ToSession): void {
    this.#session.send(message)
  }

  #ask(id: number, execution: string, question: string, password: boolean): void {
    this.#frontend.input(execution, question, password).then(
      (text) => this.#send({ type: 'input', id, text }),
      (error: unknown) => this.#send({ type: 'input', id, error: (error as Error).message }),
    )
  }

  async #line(id: number, execution: string, text: string): Promise<void> {
    const interruption = new AbortController()
    this.#lines.add(interruption)
    try {
      await doLineMagic(parseLine(text), this.#lineContext(execution, interruption.signal))
      this.#send({ type: 'line-done', id })
    } catch (error) {
      this.#send({ type: 'line-done', id, error: described(error) })
    } finally {
      this.#lines.delete(interruption)
    }
  }

  #lineContext(execution: string, signal: AbortSignal): LineMagicContext {
    return {
      coordinator: this.#coordinator,
      directory: this.#directory,
      print: (text, name = 'stdout') => this.#frontend.output(execution, { type: 'stream', name, text }),
      show: (data) => this.#frontend.output(execution, { type: 'display', data, metadata: {}, update: false }),
      makeLocal: (nodes, slots, extra) => this.#localBackend(localNodes(nodes, slots, extra)),
      makeSimulated: (words) => simulatedBackend({ ...simulatedCluster(words), clock: this.#taskClock, estimates: this.#coordinator.state.estimates }),
      simulating: () => ({ coordinator: this.#coordinator, signal, show: this.#renewed(execution), usualNodes: () => localNodes(1, undefined, []).map(nodeSpec) }),
      policies: () => this.#knownPolicies(),
      typesMode: (mode) => (this.#typesMode = mode ?? this.#typesMode),
    }
  }

  /** Shows an output, and from then on others in its place. */
  #renewed(execution: string): (data: Record<string, unknown>) => void {
    const displayId = randomUUID()
    let update = false
    return (data) => {
      this.#display(execution, { type: 'display', data, metadata: {}, displayId, update })
      update = true
    }
  }

  #localBackend(nodes: LocalNodeSpec[]): Backend {
    return localBackend({ nodes, clock: this.#taskClock.now, directory: this.#directory, respawn: true })
  }

  // ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────

  /** @param awaited the cell goes on when it hears that the run was taken */
  #declare(declaration: Declaration, awaited: boolean): void {
    const { run } = declaration
    const taken = () => (awaited ? this.#send({ type: 'declared', run }) : this.#session.sendLater({ type: 'declared', run }))
    const refused = (error: unknown) => this.#send({ type: 'declared', run, error: described(error) })
    try {
      const declared = this.#coordinator.declareNow(declaration)
      if (declared instanceof Promise) declared.then(taken, refused)
      else taken()
    } catch (error) {
      refused(error)
    }
  }

  async #want(id: number, run: number, indices: readonly number[] | undefined, failFast: boolean): Promise<void> {
    try {
      this.#send({ type: 'results', id, results: await this.#coordinator.want(run, indices, failFast) })
    } catch (error) {
      this.#send({ type: 'results', id, results: [this.#unfetched(run, error as Error)] })
    }
  }

  #unfetched(run: number, { name, message }: Error): Settled {
    const task = { run, name: this.#coordinator.runs.get(run)?.name ?? '', index: 0, attempt: 0 }
    return { status: 'failed', kind: 'lost', error: { name, message, stack: '' }, task }
  }

  #watch(run: number, on: boolean): void {
    if (!on) return void this.#watched.delete(run)
    this.#watched.add(run)
    this.#send({ type: 'settled', run, indices: this.#coordinator.settledSoFar(run) })
  }

  #settled(run: Run, indices: readonly number[]): void {
    // Whoever awaited the run sees its end in `status` too.
    if (this.#coordinator.state.unfinished(run.spec.id) === 0) this.#sendCountsOf(run)
    if (this.#watched.has(run.spec.id)) this.#send({ type: 'settled', run: run.spec.id, indices })
  }

  #changed(run: Run): void {
    this.#views.changed(run)
    this.#live.changed(run)
    this.#countsDue.add(run)
    this.#countsTimer ??= setTimeout(() => this.#sendCounts(), 100).unref()
  }

  #sendCounts(): void {
    this.#countsTimer = undefined
    for (const run of this.#countsDue) this.#sendCountsOf(run)
  }

  #sendCountsOf(run: Run): void {
    this.#countsDue.delete(run)
    if (!run.released) this.#send({ type: 'counts', run: run.spec.id, counts: this.#coordinator.counts(run) })
  }

  // ── comms, usage, the end ────────────────────────────────────────────────────────────────────────────────

  comm(message: CommMessage): void {
    this.#comms.fromFrontend(message)
  }

  quiet(comm: string): boolean {
    return this.#live.has(comm)
  }

  comms(): ReadonlyMap<string, string> {
    return this.#comms.open
  }

  async usage(): Promise<Usage> {
    return { hostname: hostname(), pid: process.pid, ...(await treeUsage(process.pid)) }
  }

  /** Resolves when the views of all runs that have ended show their last state. */
  settleViews(): Promise<void> {
    return this.#views.settle()
  }

  async shutdown(): Promise<void> {
    this.#stopped = true
    for (const line of this.#lines) line.abort()
    clearTimeout(this.#countsTimer)
    this.#live.stop()
    this.#policies.stop()
    this.#experiments.stop()
    await Promise.all([this.#session.stop(), this.#coordinator.stop(), this.#types.stop(), this.#views.close()])
  }
}

function failed(error: ShownError): ExecuteReply {
  return { status: 'error', ...error }
}

function described(error: unknown): { code: string; message: string } {
  if (error instanceof UserError) return { code: error.code, message: error.message }
  const bug = error as Error
  return { code: 'bug', message: `Sluice failed inside: ${bug.stack ?? bug.message}. Please report it.` }
}

function shifted(reply: CompleteReply, by: number): CompleteReply {
  if (by === 0) return reply
  return { ...reply, start: reply.start + by, end: reply.end + by, types: reply.types.map((one) => ({ ...one, start: one.start + by, end: one.end + by })) }
}

/** What the language service knows a cell by: run again, it takes the place of what it was. */
function cellOf({ cellId, execution }: ExecuteRequest): string {
  return cellId ?? execution
}
