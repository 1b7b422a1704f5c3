/** What must hold after every event. The checks look at everything: for tests, never for the running kernel. */
import { checkHolds, checkJobs, checkReservation } from './check-holds.ts'
import { STUCK_AFTER } from './deadline.ts'
import { missingInputs, pending } from './ready.ts'
import { brokenRoot, isLost, lostCommonInputs, lostSingleInputs } from './reenter.ts'
import type { Run } from './run.ts'
import type { Shape } from './shape.ts'
import type { Machine } from './state.ts'
import type { State } from './view.ts'
import type { TaskId } from './task.ts'
import { BACKING_OFF, CANCELLED, FAILED, FIRST_FINAL, READY, RUNNING, SKIPPED, stateNames, SUCCEEDED, WAITING, WANTED } from './task-table.ts'
import { machineOf } from './transition.ts'

/** @throws Error naming the broken invariant and, where one task is concerned, its story */
export function checkInvariants(state: State): void {
  const m = machineOf(state)
  for (const run of m.runs) {
    checkRun(m, run)
    for (let i = 0; i < run.spec.count; i++) checkTask(m, run.spec.first + i, run)
  }
  checkHolds(m, invariant => broken(m, invariant))
  checkReservation(m, invariant => broken(m, invariant))
  checkJobs(m, invariant => broken(m, invariant))
  checkNodes(m)
  checkQueues(m)
  checkOrder(m)
  checkBacklogs(m)
}

function broken(m: Machine, invariant: string, task?: TaskId): never {
  const story = task === undefined ? '' : `\n${describe(m, task)}`
  throw new Error(`broken invariant: ${invariant}${story}`)
}

function describe(m: Machine, task: TaskId): string {
  const past = m.story(task).map(({ time, state }) => `  ${time} ${state}`)
  return [`task ${task} at ${m.time}: ${JSON.stringify(m.task(task))}`, ...past, ...m.history(task).map(entry => `  ${JSON.stringify(entry)}`)].join('\n')
}

/** Counters kept as events come must be what counting afresh gives. */
function checkRun(m: Machine, run: Run): void {
  const { first, count, mode } = run.spec
  const counts = stateNames.map(() => 0)
  let absent = 0
  let barrier = 0
  for (let task = first; task < first + count; task++) {
    const status = m.tasks.status[task]!
    counts[status]!++
    if (isLost(m, task)) absent++
    if (mode === 'sync' && pending(status)) barrier += missingInputs(m, task, run, true)
  }
  const who = `of run ${run.spec.name}`
  const same = (what: string, kept: number, counted: number) => kept === counted || broken(m, `${what} ${who}: kept ${kept}, counted ${counted}`)
  counts.forEach((counted, status) => same(stateNames[status]!, run.counts[status]!, counted))
  same('unfinished', run.unfinished, counts.slice(0, FIRST_FINAL).reduce((a, b) => a + b, 0))
  same('absent results', run.absent, absent)
  same('barrier', run.barrier, barrier)
  const blockers = run.needs.filter(need => !need.complete).length + run.shared.filter(input => m.tasks.status[input] !== SUCCEEDED).length
  if (count > 0) same('blockers', run.blockers, blockers)
  same('needers', run.needers, run.dependents.filter(other => other.unfinished > 0).length)
  same('ready tasks', run.ready.size + run.held, counts[READY]!)
  same('a root, if and only if tasks ended without a result', run.root >= 0 ? 1 : 0, run.broken > 0 ? 1 : 0)
  const queued = run.ready.size > 0 && run.open
  if (run.shape.runs.has(run.number) !== queued) broken(m, `run ${run.spec.name} ${queued ? 'has' : 'has no'} tasks to start, and is${queued ? ' not' : ''} queued`)
}

function checkTask(m: Machine, task: TaskId, run: Run): void {
  const { tasks } = m
  const status = tasks.status[task]!
  const missing = missingInputs(m, task, run)
  if (pending(status)) {
    if (tasks.missing[task] !== missing) broken(m, `missing inputs: kept ${tasks.missing[task]}, counted ${missing}`, task)
    if (brokenRoot(m, task, run) >= 0) broken(m, 'a task that cannot have its inputs is skipped', task)
    const lost = [...lostSingleInputs(m, task, run), ...lostCommonInputs(m, run)]
    if (lost.length > 0) broken(m, `a lost result (${lost[0]}) that a task waits for is computed again`, task)
  }
  if (status === WAITING && missing === 0) broken(m, 'a task that misses nothing is ready', task)
  if (status === READY && missing > 0) broken(m, 'a ready task has its inputs', task)
  const held = (m.holds.get(task)?.number ?? -1) >= 0
  if (held && run.ready.has(task - run.spec.first)) broken(m, 'what is held is not queued', task)
  if ((status === READY) !== (held || run.ready.has(task - run.spec.first))) broken(m, 'the ready tasks are those queued or held', task)
  if ((status === BACKING_OFF) !== m.backoffs.has(task)) broken(m, 'the tasks that back off have a timer', task)
  if (status === RUNNING) checkAttempts(m, task, run)
  else if (m.copies.has(task) || run.shape.copies.has(task)) broken(m, 'only running tasks have copies', task)
  if ((status === FAILED) !== m.failures.has(task)) broken(m, 'failed tasks, and only they, have a failure', task)
  if (status === SKIPPED) checkRoot(m, task)
  checkNeeded(m, task, run)
}

function checkAttempts(m: Machine, task: TaskId, run: Run): void {
  const attempts = m.attemptsOf(task)
  if (attempts.length === 0) broken(m, 'a running task has an attempt', task)
  if (attempts.length > run.spec.replicas + (m.speculating.has(task) ? 1 : 0)) broken(m, 'no more copies than asked for', task)
  if (new Set(attempts.map(({ node }) => node)).size < attempts.length) broken(m, 'copies are on different nodes', task)
  for (const { node, slot, attempt } of attempts) {
    const place = m.nodes.get(node)?.slots[slot]?.find(task, attempt) ?? -1
    if (place < 0) broken(m, `attempt ${attempt} is in the queue of its slot (${node}/${slot})`, task)
  }
}

function checkRoot(m: Machine, task: TaskId): void {
  const status = m.tasks.status[m.tasks.at[task]!]
  // The root may be running again while nobody asked for those skipped behind it; never skipped itself.
  if (status === undefined || status === SKIPPED) broken(m, 'what is skipped names its root failure', task)
  if (status !== FAILED && status !== CANCELLED) broken(m, `the root of what is skipped is failed or cancelled, not ${stateNames[status]}`, task)
}

function checkNeeded(m: Machine, task: TaskId, run: Run): void {
  const { tasks } = m
  let needed = 0
  for (let edge = tasks.firstEdge[task]!; edge >= 0; edge = tasks.edgeNext[edge]!) if (tasks.status[tasks.edgeTask[edge]!]! < FIRST_FINAL) needed++
  if (tasks.needed[task] !== needed) broken(m, `unfinished dependents: kept ${tasks.needed[task]}, counted ${needed}`, task)
  const sharers = (m.sharedBy.get(task) ?? []).filter(other => other.unfinished > 0).length
  if ((m.sharedNeeders.get(task) ?? 0) !== sharers) broken(m, 'unfinished runs that share the result are counted', task)
  const copies = m.hasCopy(task)
  if (copies && tasks.status[task] !== SUCCEEDED) broken(m, 'only tasks that succeeded have results', task)
  for (const holder of m.holders(task)) if (!holder.alive && !m.inKernel(task)) broken(m, 'holders are alive', task)
  const unneeded = run.released && copies && needed === 0 && sharers === 0 && run.needers === 0 && (tasks.flags[task]! & WANTED) === 0
  if (unneeded) broken(m, 'results that nobody needs are dropped', task)
}

/** No node is over-committed, and leases are those of slots with tasks. */
function checkNodes(m: Machine): void {
  for (const node of m.nodes.values()) {
    const free = [...node.total]
    for (const slot of node.slots) {
      if ((slot.run === undefined) !== (slot.length === 0)) broken(m, `slot ${node.spec.id}/${slot.index} has a lease if and only if it has tasks`)
      if (slot.run) for (const { resource, amount } of slot.run.shape.request) free[resource]! -= amount
      for (let at = 0; at < slot.length; at++) if (!slot.run!.has(slot.task(at))) broken(m, 'all tasks of a slot are of one run', slot.task(at))
    }
    free.forEach((amount, resource) => {
      const name = m.resources.names[resource]
      if (amount < 0) broken(m, `node ${node.spec.id} is over-committed in ${name}`)
      if (amount !== node.free[resource]) broken(m, `free ${name} of node ${node.spec.id}: kept ${node.free[resource]}, counted ${amount}`)
    })
    if (node.idle.length !== node.slots.filter(slot => !slot.run).length) broken(m, `idle slots of node ${node.spec.id} are those without a lease`)
    for (const slot of node.idle) if (slot.run) broken(m, `slot ${node.spec.id}/${slot.index} is idle, and leased`)
  }
}

/** Active shapes are those with something to start; what they count is true. */
function checkQueues(m: Machine): void {
  for (const shape of m.shapes.values()) {
    if (m.active.has(shape) !== (shape.runs.size > 0 || shape.copies.size > 0)) broken(m, 'shapes with something to start are active')
    const rooms = [...m.nodes.values()].map(node => shape.room(node))
    if (shape.capacity !== rooms.reduce((a, b) => a + b, 0)) broken(m, 'the capacity of a shape is what its nodes have')
    if (shape.capable !== rooms.filter(room => room > 0).length) broken(m, 'the capable nodes of a shape are counted')
  }
}

/**
 * No task that can start waits while a node that fits is idle, but for those that their policy holds, and while a search for
 * placements is to be resumed at once; copies likewise. A node that is kept for a task that asks for much fits no other.
 */
function checkOrder(m: Machine): void {
  if (m.resumeAt < Infinity) return
  for (const shape of m.active) {
    for (const node of m.nodes.values()) {
      if (!shape.fits(node)) continue
      const run = m.runs[shape.runs.top]
      if (run) broken(m, `no ready task waits while a fitting node (${node.spec.id}) is idle`, run.spec.first + run.ready.top)
      for (const task of shape.copies.keys()) {
        if (!m.attemptsOf(task).some(attempt => attempt.node === node.spec.id)) broken(m, `no copy waits while a fitting node (${node.spec.id}) is idle`, task)
      }
    }
  }
}

/**
 * A task queued behind a head (and not recalled) is there only while all of this holds: a
 * timer stands for when its head will have been stuck; no node is idle that could take it, unless a recall of its run is under way;
 * no task of higher priority waits that the slot could take. Slots that kept what was recalled are exempt.
 */
function checkBacklogs(m: Machine): void {
  for (const slot of m.slots) {
    if (!slot.run || slot.backlog === 0) continue
    const { run } = slot
    const task = slot.task(1)
    if (!slot.tracked || !run.backlogged.has(slot) || !m.backlogged.has(run)) broken(m, 'slots with a backlog are known', task)
    if (slot.refused) continue
    if (m.timers.firstOf(slot.number) > slot.headSince + STUCK_AFTER) broken(m, 'a head before others is looked at in time', task)
    if (run.open && run.recalling.size === 0 && idleFor(m, run.shape)) broken(m, 'nothing is queued behind a head while a fitting node is idle, but during a recall', task)
    for (const shape of m.active) {
      if (-shape.runs.topFirst > run.priority && shape.fitsAfter(slot)) broken(m, 'nothing is queued before a waiting task of higher priority', task)
    }
  }
}

function idleFor(m: Machine, shape: Shape): boolean {
  for (const node of m.nodes.values()) if (shape.fits(node)) return true
  return false
}
