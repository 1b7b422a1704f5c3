/**
 * Every error a user can meet, and all its wording. Each says what happened, where, and what to do next.
 * Expected failures are UserErrors; anything else that is thrown is a bug.
 */

export class UserError extends Error {
  override name = 'SluiceError'
  /** Stable, for programs and tests: `unknown-option`, `cannot-travel`, … */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** `word` from `known` that is most like what was typed, if any is near (at most a third of its letters differ). */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best !== undefined && bestDistance <= Math.max(1, Math.floor(best.length / 3)) ? best : undefined
}

/** Optimal string alignment (Damerau–Levenshtein without repeated edits of one substring). */
function editDistance(a: string, b: string): number {
  let previous: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) next[j] = Math.min(next[j]!, previous[j - 2]! + 1)
    }
    previous = row
    row = next
  }
  return row[b.length]!
}

// Each layer's errors stand in a section of their own below.

// ── protocol ─────────────────────────────────────────────────────────────────────────────────────────────────

export function badConnectionFile(path: string, problem: string): UserError {
  return new UserError('bad-connection-file', `The connection file ${path} ${problem}. Jupyter writes this file when it starts a kernel; start the kernel from Jupyter again.`)
}

export function cannotListen(address: string, reason: string): UserError {
  return new UserError('cannot-listen', `The kernel cannot listen on ${address}: ${reason}. Start the kernel again so that other ports are chosen.`)
}

export function noEncryption(): UserError {
  return new UserError(
    'no-encryption',
    'The connection file asks for CurveZMQ encryption, but the installed zeromq was built without it. Install the prebuilt zeromq package again (npm install zeromq).',
  )
}

/** `found` is the value that the client sent. */
export function badField(messageType: string, field: string, expected: string, found: unknown): UserError {
  const kind = found === undefined ? 'it is missing' : `got ${found === null ? 'null' : Array.isArray(found) ? 'an array' : `a ${typeof found}`}`
  return new UserError('bad-field', `${messageType}: content.${field} must be ${expected}, but ${kind}.`)
}

export function unknownRequest(messageType: string): UserError {
  return new UserError('unknown-request', `This kernel does not answer ${messageType} messages.`)
}

export function noDebugger(): UserError {
  return new UserError('no-debugger', 'This kernel has no debugger; its kernel_info_reply says so (debugger: false).')
}

export function tooManyQueued(limit: number): UserError {
  return new UserError('too-many-queued', `${limit} cells are waiting already. Interrupt the kernel or wait before running more.`)
}

export function inputRefused(): UserError {
  return new UserError('input-refused', 'This front end does not take input: prompt() works where the cell is run with allow_stdin, as in JupyterLab.')
}

export function inputOutsideCell(): UserError {
  return new UserError('input-refused', 'The cell that asks for input has ended, so there is no place to ask. Call prompt() while the cell runs and await it.')
}

export function inputInterrupted(): UserError {
  return new UserError('input-interrupted', 'The cell was interrupted while it waited for input.')
}

/** `kind` of message whose content JSON cannot hold. */
export function notJson(kind: string, reason: string): UserError {
  return new UserError('not-json', `A ${kind} message was not sent, because its content is not JSON: ${reason}. Show a plain object, a string or a number instead.`)
}

export function interpreterFault(method: string, error: unknown): UserError {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new UserError('interpreter-fault', `The kernel failed inside (${method}): ${reason}. Notebook state is kept; please report this with the kernel's log.`)
}

// ── language ─────────────────────────────────────────────────────────────────────────────────────────────────

export function notABundle(): UserError {
  return new UserError('not-a-bundle', "display(value, { raw: true }) takes a MIME bundle: an object whose keys are MIME types, e.g. { 'text/html': '<b>hi</b>' }.")
}

export function sessionDidNotStart(reason: string): UserError {
  return new UserError('session-failed', `The session that cells run in did not start: it ${reason}. Check that Node can be run here (sluice doctor), then restart the kernel.`)
}

/** Name and message of the error that a cell ends with when its session does. */
export const sessionEnded = (reason: string) => ({ name: 'SessionEnded', message: `The session ended while the cell ran: it ${reason}. Its variables are gone; the next cell runs in a new session.` })

/** What was given for the tasks to go through. `given` says what it is, with its article. */
export function badItems(run: string, given: string, instead: string): UserError {
  return new UserError('bad-items', `${run} cannot go through ${given}: ${instead}.`)
}

export function badDeclaration(reason: string): UserError {
  return new UserError('bad-declaration', reason)
}

export function notAHandle(run: string, given: string): UserError {
  return new UserError('not-a-handle', `${run} is to wait for handles of runs and tasks, but after holds ${given}. Give what distribute() or %%distribute returned, not its results.`)
}

export function runForgotten(run: string): UserError {
  return new UserError('run-forgotten', `${run} is no longer known to the kernel. Run its cell again.`)
}

/** `cluster.plan()` or `cluster.simulate()` was given what is no graph, nodes or options. `problem` says where and what. */
export function badGraph(problem: string): UserError {
  return new UserError('bad-graph', `${problem}.`)
}

export function badPolicyName(given: string): UserError {
  return new UserError('bad-policy', `cluster.policy() takes the policy's name first: a word of letters, digits, - and _ (at most 60), not ${clip(given, 80)}.`)
}

export function builtInPolicy(name: string): UserError {
  return new UserError('bad-policy', `${name} is one of Sluice's own policies, which stay what they are. Give yours another name.`)
}

export function policyWithoutFunction(name: string, given: string): UserError {
  return new UserError('bad-policy', `cluster.policy('${name}', …) takes a function of the view, not ${given}: cluster.policy('${name}', (view) => view.tasks.map((task) => ({ task, node: view.nodes[0] }))).`)
}

/** A policy is asked while tasks run: it cannot wait for their results. */
export function policyTakesResults(name: string): UserError {
  return new UserError('bad-policy', `the policy ${name} uses the handle of a run. Await its results in the cell, and use these.`)
}

/** What planning or simulating in a process of its own came to, when that broke. */
export function experimentFailed(reason: string): UserError {
  return new UserError('experiment-failed', `The plan could not be made: ${reason}. Try a smaller graph, or another policy.`)
}

export function plansNothing(policy: string, planners: readonly string[]): UserError {
  return new UserError('unknown-policy', `cluster.plan() does not plan as ${policy} places tasks; it plans by ${planners.join(', ')}. cluster.simulate() takes every policy.`)
}

export function durationsDiffer(): UserError {
  return badGraph('cluster.simulate() knows a task’s duration and the speed of nodes, not `durations` by node. Give duration and speed; cluster.plan() takes both')
}

export function tooManyExperiments(limit: number): UserError {
  return new UserError('too-many-questions', `${limit} plans and simulations are waiting to be made already. Await some of them before asking for more.`)
}

/** Shown when a declaration made in code was refused and nobody awaited its handle. */
export function refusedUnawaited(run: string, reason: string): string {
  return `${run} was not declared: ${reason}`
}

// ── travel ───────────────────────────────────────────────────────────────────────────────────────────────────

/** `folder`: of the notebook or file that imports. Programs know the code from Node. */
export function packageNotFound(specifier: string, folder: string): UserError {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier
  return new UserError('ERR_MODULE_NOT_FOUND', `Cannot find package ${clip(name, 214)}, imported from ${folder}. Run %npm install ${clip(name, 214)} in a cell, then import it again.`)
}

/** `near`: names of files beside it. */
export function fileNotFound(specifier: string, folder: string, near: readonly string[]): UserError {
  const base = specifier.split('/').at(-1)!
  return new UserError('ERR_MODULE_NOT_FOUND', `Cannot find ${clip(specifier, 400)}, imported from ${folder}${suggestion(base, near)}.`)
}

export function cannotResolve(specifier: string, folder: string, reason: string): UserError {
  return new UserError('ERR_MODULE_NOT_FOUND', `Cannot import ${clip(specifier, 400)} from ${folder}: ${reason}.`)
}

export function missingExport(specifier: string, name: string, known: readonly string[]): SyntaxError {
  const list = known.length === 0 ? ' It exports nothing.' : known.length <= 20 ? ` It exports ${clip(known.join(', '), 300)}.` : ''
  return new SyntaxError(`${specifier} has no export named ${name}${suggestion(name, known)}.${list}`)
}

/** `path` leads to the culprit (`config.db.socket`); `what` it is, with its article; `instead`: why, and what to do. */
export function cannotTravel(path: string, what: string, instead: string): UserError {
  return new UserError('cannot-travel', `${path} is ${what}: ${instead}.`)
}

/** A function assigns a variable of the notebook, which on a worker is a copy. */
export function assignsCaptured(name: string, by: string, place: string): UserError {
  return new UserError(
    'assigns-captured',
    `${by} assigns the captured variable ${name} (${place}): a task has a copy, so the notebook would never see it. Return the value instead, or declare ${name} inside.`,
  )
}

export function usesUninitialized(name: string, by: string): UserError {
  return new UserError('cannot-travel', `${by} uses ${name}, which is declared but has no value yet: initialize it before declaring the tasks.`)
}

/** A result or captured value is of a class, or names an export, that this process cannot find. */
export function cannotRevive(what: string, instead: string): UserError {
  return new UserError('cannot-travel', `${what} cannot be rebuilt here: ${instead}.`)
}

export function garbledValue(reason: string): UserError {
  return new UserError('garbled-value', `An encoded value could not be read: ${reason}. It was written by another version of Sluice, or damaged on disk; run its task again.`)
}

// ── magics ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Words are not what a magic takes. `usage` is its one-line form. */
export function badMagic(what: string, usage: string): UserError {
  return new UserError('bad-magic', `${what}\n  usage: ${usage}`)
}

export function unknownMagic(name: string, known: readonly string[]): UserError {
  return new UserError('unknown-magic', `there is no magic ${name}${suggestion(name, known)}. %lsmagic lists them all.`)
}

export function unknownOption(option: string, magic: string, known: readonly string[]): UserError {
  return new UserError('unknown-option', `${magic} has no option ${option}${suggestion(option, known)}. Accepted: ${known.join(' ')}. %help ${magic.replace(/^%+/, '')} explains them.`)
}

/** `accepted` says what the option takes, e.g. `a whole number, 0 or more`. */
export function badOption(option: string, given: string, accepted: string): UserError {
  const said = given === '' ? 'nothing was given' : `${JSON.stringify(clip(given, 80))} was given`
  return new UserError('bad-option', `${option} takes ${accepted}; ${said}.`)
}

export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? '' : ` (did you mean ${near}?)`
}

/** Foreign text cut to a length that fits a message. */
export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

// ── cluster ──────────────────────────────────────────────────────────────────────────────────────────────────

/** A declaration is refused at submission. `reason`: what was asked, and what the largest node has. */
export function cannotEverRun(run: string, reason: string): UserError {
  return new UserError('cannot-ever-run', `${run} can never run on this cluster: ${reason}. Ask for less, or start a larger cluster (%help cluster).`)
}

/** Answered by the session, which sends the code again. */
export function codeMissing(run: string): UserError {
  return new UserError('code-missing', `the code of ${run} is not here any more; run its cell again.`)
}

export function unknownPolicy(name: string, known: readonly string[]): UserError {
  return new UserError('unknown-policy', `there is no policy ${clip(name, 60)}${suggestion(name, known)}. Known: ${known.join(', ')}.`)
}

export function unknownRun(name: string, known: readonly string[]): UserError {
  const list = known.length > 0 ? `Declared so far: ${known.join(', ')}.` : 'None has been declared yet.'
  return new UserError('unknown-run', `there is no run named ${clip(name, 60)}${suggestion(name, known)}. ${list}`)
}

export function noSuchTask(run: string, index: number, count: number): UserError {
  return new UserError('no-such-task', `${run} has ${plural(count, 'task')}; there is no ${run}[${index}].`)
}

/** What a view said to the kernel is not what views say. `where` is a path within its message. */
export function badViewMessage(where: string, problem: string): UserError {
  return new UserError('bad-message', `The kernel did not understand the view: ${where === '' ? 'the message' : where} ${problem}. Reload the page, so that the view is that of the kernel's version.`)
}

/** A view asks for a run by its uid. */
export function runNotHere(): UserError {
  return new UserError('run-not-here', 'This kernel does not know the run: it was declared before the kernel was restarted, or is long forgotten. Run its cell again.')
}

export function tooManyQuestions(limit: number): UserError {
  return new UserError('too-many-questions', `${limit} questions of this view are waiting for their answer already. Wait for some of them, then try again.`)
}

export function nothingToReduce(run: string): UserError {
  return new UserError('nothing-to-reduce', `${run} has nothing to combine: --reduce needs at least one result.`)
}

export function lengthsDiffer(run: string, other: string, count: number): UserError {
  return new UserError('lengths-differ', `${run} takes one element of ${other} per task, but ${other} has ${plural(count, 'task')} now: it was declared anew. Run the cell again.`)
}

export function clusterStopped(): UserError {
  return new UserError('cluster-stopped', 'the cluster that held this result was stopped; the next declaration, or %cluster local, starts one, and awaiting it again computes it anew.')
}

/** Somebody else stopped it, or started another, before it was up. */
export function clusterReplaced(): UserError {
  return new UserError('cluster-replaced', 'the cluster was stopped, or another one started in its place, before it was ready. %cluster shows what runs now; %cluster local starts one.')
}

export function unreadableResult(task: string): UserError {
  return new UserError('unreadable-result', `the result of ${task} could not be fetched: each node that held it died before it was read. Await it again, or %rerun ${task}.`)
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}

/** Milliseconds as people write them: `850 ms`, `3.2 s`, `4 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`
}

/** What a task that ended without a result says to whoever awaits it: an error's name and message. */
export const taskFailure = {
  timedOut: (task: string, after: number) => ({ name: 'TaskTimeout', message: `${task} took longer than its --timeout of ${duration(after)} and was ended.` }),
  killedNodes: (task: string, nodes: readonly string[]) => ({
    name: 'TaskKilledNodes',
    message: `${task} was executing on ${plural(nodes.length, 'node')} that died (${nodes.join(', ')}); it is not tried again. Look for a native crash or for more memory than the node has.`,
  }),
  lost: (task: string, of: string) => ({ name: 'TaskLost', message: `${task} cannot go on: the result of ${of} was lost with its node and cannot be computed again.` }),
  cancelled: (task: string) => ({ name: 'TaskCancelled', message: `${task} was cancelled.` }),
  skipped: (task: string, root: string, why: string) => ({ name: 'TaskSkipped', message: `${task} was skipped because ${root} failed: ${why}` }),
}

/** What the user is told about the kernel's own doings. */
export const notices = {
  cancelledWithCell: (tasks: number) => `${plural(tasks, 'task')} that this cell had declared ${tasks === 1 ? 'was' : 'were'} cancelled.`,
  policyFailed: (name: string, reason: string, idle: boolean) =>
    `The policy ${name} gave no answer: ${reason}\n${idle ? 'It is asked no more, and its tasks are placed by the default policy. Run the cell that registers it again to try anew.' : 'Where it gives none, its tasks are placed by the default policy.'}`,
  policyFailsOn: (name: string) => `The policy ${name} fails in more ways than are told here.`,
  policyGone: (name: string) => `The policy ${name} is gone, so its tasks are placed by the default policy.`,
  policyPrints: (name: string) => `What else the policy ${name} prints is not shown.`,
  tooManyPolicies: (most: number, name: string) => `${name} was not registered: there are ${most} policies of this notebook already. cluster.policy(NAME).remove() removes one.`,
  sessionReplacedToInterrupt: 'The cell was blocked in native code and could not be interrupted, so its session was replaced.',
  sessionEnded: (reason: string, handles: readonly string[]) => {
    const kept = handles.length > 0 ? ` Tasks are not: ${handles.join(', ')} ${handles.length === 1 ? 'is' : 'are'} bound again.` : ''
    return `The session ${reason}; its variables are gone, so run the cells you need again.${kept}`
  },
}

export function badProgress(fraction: unknown): UserError {
  return new UserError('bad-progress', `task.progress(fraction, text) takes a number from 0 to 1, not ${clip(String(fraction), 60)}.`)
}

export function notInTask(name: string): UserError {
  return new UserError('not-in-task', `${clip(name, 60)} works in cells only, not in a task's body: magics and %%distribute need the notebook. Declare the tasks in a cell and return values instead.`)
}

export function badLocalNode(node: string, what: string): UserError {
  return new UserError('bad-node', `node ${clip(node, 60)}: ${what}.`)
}

export function nodeDidNotStart(node: string, reason: string): UserError {
  return new UserError('node-did-not-start', `node ${clip(node, 60)} did not start: ${reason}. Start the cluster again (%cluster local); sluice doctor checks the installation.`)
}

/** No node holds the value of `task` any more. */
export function valueGone(nodes: readonly string[]): UserError {
  const where = nodes.length > 0 ? `it was on ${nodes.join(', ')}` : 'no node holds it'
  return new UserError('value-gone', `this result is no longer there: ${where}. It is computed again when it is awaited.`)
}

/** What ends a task from outside its body, as name and message. */
export function outOfMemory(own: boolean, used: number, limit: number): { readonly name: string; readonly message: string } {
  const what = own
    ? `the task needed more than the ${mebibytes(limit)} of memory that it may use`
    : `the task was ended because its node used ${mebibytes(used)} of ${mebibytes(limit)}, and it used most as far as can be told`
  return { name: 'OutOfMemory', message: `${what}. Ask for more with --memory, e.g. --memory ${mebibytes(limit * 2).replace(' ', '')}, or use nodes with more memory.` }
}

export function exitedInTask(code: number): { readonly name: string; readonly message: string } {
  return { name: 'TaskExited', message: `the task called process.exit(${code}). Return from the body, or throw, instead.` }
}

function mebibytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 2 ** 20))} MiB`
}

/** The run itself is not touched by this; said once in a kernel's life. */
export function pictureUnavailable(reason: string): UserError {
  const first = reason.split('\n', 1)[0]!
  return new UserError(
    'picture-unavailable',
    `Runs are shown as text only, because their picture could not be drawn: ${first}. Reinstalling sluice brings back what drawing needs (@napi-rs/canvas and roboto-fontface).`,
  )
}

// ── command line ─────────────────────────────────────────────────────────────────────────────────────────────

export function noConnectionFile(): UserError {
  return new UserError('no-connection-file', 'The kernel is started by Jupyter, with the path of a connection file. To register it: sluice install. To run a notebook: sluice run NOTEBOOK.ipynb')
}

export function noNotebook(): UserError {
  return new UserError('no-notebook', 'sluice run needs a notebook: sluice run NOTEBOOK.ipynb')
}

export function badNotebook(file: string, problem: string): UserError {
  return new UserError('bad-notebook', `${file} ${problem}.`)
}

export function cannotAnswer(prompt: string): UserError {
  return new UserError('no-stdin', `the cell asks ${JSON.stringify(clip(prompt, 100))}, but there is no terminal to answer on; run the notebook in Jupyter, or give the value in its code.`)
}

export function unknownCommand(word: string, known: readonly string[]): UserError {
  return new UserError('unknown-command', `sluice has no command ${JSON.stringify(word)}${suggestion(word, known)}. Commands: ${known.join(', ')}.`)
}

export function unknownFlag(command: string, flag: string, known: readonly string[]): UserError {
  const accepted = known.length > 0 ? `It takes ${known.join(', ')}.` : 'It takes no options.'
  return new UserError('unknown-option', `sluice ${command} has no option ${flag}${suggestion(flag, known)}. ${accepted}`)
}

export function flagWithoutValue(command: string, flag: string): UserError {
  return new UserError('bad-option', `sluice ${command}: ${flag} needs a value, as in ${flag}=VALUE.`)
}

export function flagWithValue(command: string, flag: string): UserError {
  return new UserError('bad-option', `sluice ${command}: ${flag} takes no value.`)
}

export function unexpectedArgument(command: string, argument: string): UserError {
  return new UserError('bad-option', `sluice ${command} does not know what to do with ${JSON.stringify(argument)}. See: sluice help ${command}`)
}

export function conflictingFlags(command: string, flags: readonly string[]): UserError {
  return new UserError('bad-option', `sluice ${command}: ${flags.join(' and ')} exclude each other; give one of them.`)
}

export function badKernelName(name: string): UserError {
  return new UserError('bad-option', `${JSON.stringify(name)} cannot name a kernel: use ASCII letters, digits, "-", "_" and "." only.`)
}

export function vanishingProgram(folder: string): UserError {
  return new UserError(
    'vanishing-program',
    `Sluice runs from npx's cache (${folder}), which npm may empty at any time; a kernel registered from there would stop working.\n` +
      'Install the package first (npm install sluice-VERSION.tgz, in a project or with --global), then run sluice install from there.',
  )
}

export function programMissing(path: string): UserError {
  return new UserError('program-missing', `${path} is missing, so Jupyter could not start the kernel. In a clone, run: npm run build. Otherwise install the package again.`)
}

export function cannotWrite(what: 'kernel' | 'extension', folder: string, reason: string): UserError {
  return new UserError(
    'cannot-write',
    `The ${what} could not be written to ${folder}: ${reason}.\nChoose a place that you may write to: --user, or --prefix DIR.`,
  )
}

export function notInstalled(kernel: string, extension: string): UserError {
  return new UserError('not-installed', `There is no kernel at ${kernel}, nor the extension at ${extension}. sluice doctor lists where Jupyter finds them.`)
}

export function extensionMissing(path: string): UserError {
  return new UserError('extension-missing', `${path} is missing, so JupyterLab could not show runs. In a clone, run: npm run build. Otherwise install the package again.`)
}

export function noPrefix(tried: string): UserError {
  return new UserError(
    'no-python',
    `--sys-prefix means the active Python environment, but there is none: VIRTUAL_ENV and CONDA_PREFIX are not set, and ${tried}.\n` +
      'Activate an environment first, or name its folder with --prefix DIR.',
  )
}

export function noJupyterLab(searched: readonly string[]): UserError {
  return new UserError(
    'no-jupyterlab',
    `JupyterLab was not found (looked in ${searched.join(', ')}).\nInstall it, for example:\n` +
      "  python3 -m venv .venv && .venv/bin/pip install 'jupyterlab>=4'\nand run sluice lab again in this folder.",
  )
}

export function oldJupyterLab(path: string, version: string): UserError {
  return new UserError(
    'old-jupyterlab',
    `${path} is JupyterLab ${version}; Sluice needs 4 or newer.\nUpgrade it in its own environment:\n  pip install --upgrade 'jupyterlab>=4'`,
  )
}

export function jupyterLabDoesNotAnswer(path: string, reason: string): UserError {
  return new UserError('no-jupyterlab', `${path} is there but does not run: ${reason}.\nInstall it again in its own environment: pip install --force-reinstall 'jupyterlab>=4'`)
}

// ── simulator ────────────────────────────────────────────────────────────────────────────────────────────────

/** Nothing can happen any more, and tasks are left. */
export function simulationStuck(unfinished: number, run: string): UserError {
  return new UserError('simulation-stuck', `The simulation came to a halt with ${plural(unfinished, 'unfinished task')}, of ${clip(run, 60)} first: nothing that they wait for can happen. Give the simulated nodes what these tasks ask for.`)
}

/** `limit` says which, e.g. `10 years of virtual time`. */
export function simulationTooLong(limit: string, ended: number, count: number): UserError {
  return new UserError('simulation-too-long', `The simulation was given up after ${limit}, with ${ended} of ${count} tasks ended. Are failures so frequent that no task gets through? Simulate more nodes, or a longer time between failures.`)
}

// ── formats ──────────────────────────────────────────────────────────────────────────────────────────────────

/** `line` counts from 1; 0: the file as a whole. */
export function badInstance(path: string, line: number, expected: string, found?: string): UserError {
  const shown = found === undefined ? '' : `, but found ${found === '' ? 'nothing' : `"${found.length > 60 ? `${found.slice(0, 60)}…` : found}"`}`
  return new UserError('bad-instance', `${path}${line > 0 ? `, line ${line}` : ''}: expected ${expected}${shown}. Correct the file, or name one of this format.`)
}

export function nothingToSimulate(): UserError {
  return new UserError('nothing-to-simulate', 'There is nothing to simulate: no cell has declared tasks yet. A cell that begins with %%distribute NAME declares some (%help distribute).')
}

export function simulationInterrupted(): UserError {
  return new UserError('simulation-interrupted', 'The simulation was interrupted.')
}

export function simulationFailed(reason: string): UserError {
  return new UserError('simulation-failed', `The simulation failed inside: ${clip(reason, 2000)}. Simulate fewer tasks or nodes if memory ran out; else please report it.`)
}

export function noInstance(): UserError {
  return new UserError('no-instance', 'Say which file is to be simulated, e.g. sluice simulate workflow.json (sluice help simulate).')
}

export function unknownInstance(file: string): UserError {
  return new UserError('unknown-instance', `${clip(file, 200)} is of no known format: a workflow in WfFormat ends in .json, a project of PSPLIB in .sm, a standard task graph in .stg.`)
}

export function unreadableInstance(file: string, reason: string): UserError {
  return new UserError('unreadable-instance', `${clip(file, 200)} cannot be read: ${reason}. Check the name and that you may read it.`)
}

export function cannotWritePicture(file: string, reason: string): UserError {
  return new UserError('cannot-write-picture', `The picture cannot be written to ${clip(file, 200)}: ${reason}. Give --out another file.`)
}
