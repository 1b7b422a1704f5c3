/** A run is declared: its tasks, what they wait for, and what they lengthen. */
import { estimateOf, usual } from './expect.ts'
import { skip } from './finish.ts'
import { joinJobs } from './job.ts'
import { carryPaths, pathsOfNewRun } from './path.ts'
import { enlist, makeReady, missingInputs, rankOf, shiftBarrier } from './ready.ts'
import { brokenRoot, isLost, lostCommonInputs, reenter, reopenRun } from './reenter.ts'
import { type Inputs, Run } from './run.ts'
import type { Machine } from './state.ts'
import type { Dependencies, RunSpec, TaskId } from './task.ts'
import { READY, SUCCEEDED, WAITING } from './task-table.ts'

/** @throws Error, leaving the state as it was, when the declaration makes no sense: a bug of the caller */
export function declareRun(m: Machine, spec: RunSpec, dependencies: Dependencies): void {
  checkSpec(m, spec)
  const inputs = inputsOf(m, spec, dependencies)
  const policy = spec.policy === undefined ? m.defaultPolicy : m.policyNamed(spec.policy)
  const shape = m.shapeOf(spec.request, spec.placement)
  const estimate = estimateOf(m, spec.name, spec.count)
  const run = new Run(m.runs.length, spec, shape, policy, m.time, estimate, usual(m, estimate), inputs)
  m.runs.push(run)
  m.runById.set(spec.id, run)
  m.tasks.extend(spec.first + spec.count)
  m.tasks.run.fill(run.number, spec.first, spec.first + spec.count)
  m.tasks.since.fill(m.time, spec.first, spec.first + spec.count)
  if (spec.count === 0) return
  connect(m, run)
  joinJobs(m, run)
  carryPaths(m, 4 * pathsOfNewRun(m, run))
  admitAll(m, run)
}

function checkSpec(m: Machine, spec: RunSpec): void {
  const { id, first, count, replicas, retries, backoff, timeout } = spec
  const bug = (what: string) => new Error(`run ${id} (${spec.name}): ${what}`)
  if (m.runById.has(id)) throw bug('declared twice')
  if (!Number.isSafeInteger(first) || first < 0 || !Number.isSafeInteger(count) || count < 0) throw bug(`tasks ${first} … + ${count}`)
  if (first < m.tasks.size && count > 0) throw bug(`tasks from ${first} on, but ${m.tasks.size} are taken`)
  if (!(replicas >= 1) || !(retries >= 0) || !(backoff >= 0) || Number.isNaN(spec.priority)) throw bug('replicas, retries, backoff or priority out of range')
  if (timeout !== undefined && !(timeout > 0)) throw bug(`timeout ${timeout}`)
  for (const [name, amount] of Object.entries(spec.request)) if (!(amount >= 0 && amount < Infinity)) throw bug(`asks for ${amount} ${name}`)
}

function inputsOf(m: Machine, spec: RunSpec, { tasks, runs, shared }: Dependencies): Inputs {
  const needs = [...new Set(runs)].map(id => {
    const run = m.runById.get(id)
    if (!run) throw new Error(`run ${spec.id} (${spec.name}) waits for run ${id}, which was never declared`)
    return run
  })
  const known = (input: TaskId) => {
    if ((m.tasks.run[input] ?? -1) < 0) throw new Error(`run ${spec.id} (${spec.name}) waits for task ${input}, which was never declared`)
  }
  shared.forEach(known)
  const common = { needs, shared: [...new Set(shared)] }
  if (!tasks || tasks.every(list => list.length === 0)) return { starts: undefined, inputs: undefined, ...common }
  if (tasks.length !== spec.count) throw new Error(`run ${spec.id} (${spec.name}) has ${spec.count} tasks, but inputs for ${tasks.length}`)
  return { ...singleInputs(spec, tasks, known), ...common }
}

function singleInputs(spec: RunSpec, tasks: readonly (readonly TaskId[])[], known: (input: TaskId) => void) {
  const starts = new Int32Array(spec.count + 1)
  for (let i = 0; i < spec.count; i++) starts[i + 1] = starts[i]! + tasks[i]!.length
  const inputs = new Int32Array(starts[spec.count]!)
  let forward = false
  for (let i = 0, at = 0; i < spec.count; i++) {
    for (const input of tasks[i]!) {
      inputs[at++] = input
      if (input < spec.first || input >= spec.first + spec.count) known(input)
      else if (input >= spec.first + i) forward = true
    }
  }
  if (forward) refuseCycle(spec, starts, inputs)
  return { starts, inputs }
}

/** Kahn's algorithm over the edges within the run. */
function refuseCycle({ id, name, first, count }: RunSpec, starts: Int32Array, inputs: Int32Array): void {
  const inside = (task: TaskId) => task >= first && task < first + count
  const dependents: number[][] = Array.from({ length: count }, () => [])
  const missing = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      if (!inside(inputs[at]!)) continue
      dependents[inputs[at]! - first]!.push(i)
      missing[i]!++
    }
  }
  const ready: number[] = []
  missing.forEach((n, i) => n === 0 && ready.push(i))
  for (const i of ready) for (const dependent of dependents[i]!) if (--missing[dependent]! === 0) ready.push(dependent)
  if (ready.length < count) throw new Error(`run ${id} (${name}): task ${first + missing.findIndex(n => n > 0)} waits for itself`)
}

/** Has results computed again that are gone, and notes who takes whose result. */
function connect(m: Machine, run: Run): void {
  const { tasks } = m
  const { first, count } = run.spec
  const lost = new Set(lostCommonInputs(m, run))
  if (run.inputs) for (const input of run.inputs) if (isLost(m, input)) lost.add(input)
  if (lost.size > 0) reenter(m, [...lost])
  if (run.starts) {
    for (let i = 0; i < count; i++) {
      for (let at = run.starts[i]!; at < run.starts[i + 1]!; at++) {
        tasks.link(run.inputs![at]!, first + i)
        tasks.needed[run.inputs![at]!]!++
      }
    }
  }
  reopenRun(m, run)
  for (const need of run.needs) need.dependents.push(run)
  for (const input of run.shared) {
    const others = m.sharedBy.get(input)
    if (others) others.push(run)
    else m.sharedBy.set(input, [run])
  }
  run.blockers = run.needs.filter(need => !need.complete).length + run.shared.filter(input => tasks.status[input] !== SUCCEEDED).length
}

function admitAll(m: Machine, run: Run): void {
  const { tasks } = m
  const { first, count, mode } = run.spec
  if (!run.starts && brokenRoot(m, first, run) < 0) return admitAlike(m, run)
  for (let task = first; task < first + count; task++) tasks.missing[task] = missingInputs(m, task, run)
  if (mode === 'sync') for (let task = first; task < first + count; task++) shiftBarrier(m, run, missingInputs(m, task, run, true))
  for (let task = first; task < first + count; task++) {
    // It may have been skipped for one before it.
    if (tasks.status[task] !== WAITING) continue
    const root = brokenRoot(m, task, run)
    if (root >= 0) skip(m, task, root)
    else if (tasks.missing[task] === 0) makeReady(m, task, run)
  }
}

/** All tasks are ready together; usually none goes before another. */
function admitAlike(m: Machine, run: Run): void {
  const { first, count } = run.spec
  m.tasks.status.fill(READY, first, first + count)
  run.counts[WAITING] = 0
  run.counts[READY] = count
  let rank = 0
  let alike = true
  if (run.policy.rankTask) {
    rank = rankOf(m, run, first)
    for (let task = first + 1; task < first + count && alike; task++) alike = rankOf(m, run, task) === rank
  }
  if (alike) run.ready.fill(count, -rank, 0)
  else for (let i = 0; i < count; i++) run.ready.set(i, -rankOf(m, run, first + i), 0)
  enlist(m, run)
}
