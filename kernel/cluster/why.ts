/** `%why NAME[3]`: a task's story in words, from what the scheduler recorded when it decided. */
import { duration, plural } from '../errors.ts'
import { explain, policyNames, type Explanation, type Resources, type Shortfall } from '../scheduler/index.ts'
import type { Coordinator } from './coordinator.ts'
import type { PlanReport } from './planner/planners.ts'
import { taskName, type Run } from './run.ts'

export function why(coordinator: Coordinator, run: Run, index: number): string {
  const told = explain(coordinator.state, run.spec.first + index)
  const name = (run: number, index: number) => nameOf(coordinator, run, index)
  const lines = [
    `${taskName(run, index)} is ${told.state.state}${endOf(coordinator, run, index, told)}.`,
    ...waiting(told, name, coordinator),
    ...asking(told),
    ...holding(told, coordinator.state.time),
    ...placing(told, run.declaredAt),
    ...pastAttempts(told),
    ...planOf(told, coordinator),
    `priority ${told.priority}, policy ${told.policy}, retries used: ${told.failures} of ${told.retries}`,
    ...[coordinator.policyProblem(told.policy) ?? []].flat(),
  ]
  return lines.join('\n') + '\n'
}

function endOf(coordinator: Coordinator, run: Run, index: number, { state, root }: Explanation): string {
  if (state.state === 'succeeded') return ` on ${state.node ?? 'a node that is gone'}${took(state)}, attempt ${state.attempt}; its result ${placeOf(state.value)}`
  if (state.state === 'cancelled') return ''
  if (root) return ` because ${nameOf(coordinator, root.run, root.index)} ${root.state.state === 'cancelled' ? 'was cancelled' : 'failed'}`
  if (state.state !== 'failed') return ''
  const error = run.errors.get(index)
  if (state.failure.kind === 'threw') return error ? `: its body threw ${error.name}: ${error.message}` : ': its body threw'
  if (state.failure.kind === 'timed-out') return `: it took longer than ${duration(state.failure.after)}`
  if (state.failure.kind === 'killed-nodes') return `: it was executing on ${state.failure.nodes.join(', ')} when each died`
  const of = coordinator.runOf(state.failure.task)
  return `: the result of ${taskName(of, state.failure.task - of.spec.first)} that it needs is lost`
}

function took({ began, ended }: Explanation['state']): string {
  return began === undefined || ended === undefined ? '' : ` in ${duration(ended - began)}`
}

function placeOf(value: { readonly size: number; readonly nodes: readonly string[]; readonly inKernel: boolean }): string {
  if (value.inKernel) return `(${plural(value.size, 'byte')}) is in the kernel`
  return value.nodes.length > 0 ? `(${plural(value.size, 'byte')}) is on ${value.nodes.join(', ')}` : 'has been dropped, as nothing needs it'
}

function waiting({ waitsFor }: Explanation, name: (run: number, index: number) => string, coordinator: Coordinator): string[] {
  if (!waitsFor) return []
  const lines = waitsFor.runs.map((one) => `waits for ${one.name}: ${plural(one.unfinished, 'task')} of ${one.count} unfinished`)
  for (const one of waitsFor.tasks) lines.push(`waits for ${name(one.run, one.index)}, which is ${one.state}`)
  if (waitsFor.count > waitsFor.tasks.length) lines.push(`and ${waitsFor.count - waitsFor.tasks.length} more inputs`)
  if (waitsFor.barrier > 0) lines.push(`--mode sync: ${plural(waitsFor.barrier, 'input')} of its run must be there before any of its tasks starts`)
  if (waitsFor.pause !== undefined) lines.push(`pauses for another ${duration(waitsFor.pause)} before it is tried again`)
  if (lines.length === 0 && coordinator.state.nodes.size === 0) lines.push('waits for the cluster to start')
  return lines
}

function asking({ asks }: Explanation): string[] {
  if (!asks) return []
  const placement = [asks.placement.node, ...Object.entries(asks.placement.labels ?? {}).map(([key, value]) => `${key}=${value}`)].filter((one) => one !== undefined)
  const where = placement.length > 0 ? ` on ${placement.join(', ')}` : ''
  const head = `asks for ${amounts(asks.request)}${where}; ${plural(asks.ahead, 'ready task')} may go before it; ${plural(asks.capable, 'node')} could take it when free`
  return [head, ...asks.shortfalls.map(shortfall), ...needed(asks.shortfalls)]
}

/** The least that would let it start. */
function needed(shortfalls: readonly Shortfall[]): string[] {
  const possible = shortfalls.filter(({ refused, lacks }) => !refused && lacks.every((lack) => lack.total >= lack.asked))
  const missing = ({ idleSlots, lacks }: Shortfall): number => lacks.length + (idleSlots === 0 ? 1 : 0)
  const [nearest] = possible.filter((one) => missing(one) > 0).sort((a, b) => missing(a) - missing(b))
  if (!nearest || possible.some((one) => missing(one) === 0)) return []
  const parts = nearest.lacks.map((lack) => `${Number((lack.asked - lack.free).toPrecision(6))} more ${lack.resource}`)
  if (nearest.idleSlots === 0) parts.push('a free slot')
  return [`it would start with ${parts.join(' and ')} on ${nearest.node}`]
}

function holding({ held }: Explanation, now: number): string[] {
  if (!held) return []
  const node = held.for === undefined ? '' : ` for ${held.for}`
  return [`held back by ${held.policy}${node}, ${duration(Math.max(0, held.until - now))} longer at most: ${held.reason}`]
}

function shortfall({ node, refused, idleSlots, lacks }: Shortfall): string {
  if (refused) return `  ${node}: not where it may run`
  const reasons = lacks.map((lack) => (lack.total < lack.asked ? `has only ${lack.total} ${lack.resource} in all` : `has ${lack.free} of ${lack.total} ${lack.resource} free`))
  if (idleSlots === 0) reasons.push('no slot is free')
  return `  ${node}: ${reasons.length > 0 ? reasons.join(', ') : 'has room'}`
}

function amounts(request: Resources): string {
  return Object.entries(request).map(([resource, amount]) => `${resource} ${amount}`).join(', ')
}

function placing({ runs, placed, decision }: Explanation, declared: number): string[] {
  const lines = (runs ?? []).map((one) => `attempt ${one.attempt} is on ${one.node}, slot ${one.slot}${one.ahead > 0 ? `, behind ${plural(one.ahead, 'task')}` : ''}`)
  if (!placed) return lines
  const by = decision?.by === undefined || decision.by === placed.policy ? placed.policy : `${placed.policy}, which left it to ${decision.by}`
  const fitted = decision && decision.fitted > 1 ? `; ${plural(decision.fitted, 'node')} fitted` : ''
  lines.push(`placed on ${placed.node} by ${by}: ${placed.reason}${fitted}`)
  // What a policy of the notebook's own answers has an order, but no times.
  if (decision?.planned && policyNames.includes(placed.policy)) lines.push(`the plan said: ${decision.planned.node ?? 'any node'}, ${duration(Math.max(0, decision.planned.start - declared))} after its run was declared`)
  return lines
}

/** What was planned by the policies that its run goes by: its own, and the one to which that leaves it. */
function planOf(told: Explanation, { state, foresight }: Coordinator): string[] {
  const { policy, placedBy } = state.run(told.run)
  return [...new Set([policy, placedBy])].flatMap((by) => {
    const report = foresight.planOf(by)
    return report ? [planWords(by, report, `${duration(foresight.age(report))} ago`)] : []
  })
}

function planWords(policy: string, report: PlanReport, ago: string): string {
  if ('asked' in report) return `a plan of ${policy} is being made, as ${report.reason}`
  if ('none' in report) return `no plan of ${policy} (${ago}): ${report.none}; its tasks are placed as by critical-path`
  if ('chosen' in report) return `${policy} chose ${report.chosen} ${ago}, as ${report.reason}: ${report.why}`
  const maker = report.by === policy ? '' : ` by ${report.by}, ${report.last ? `as this is too much for ${policy}` : `until ${policy} has its own`}`
  return `latest plan of ${policy}: made${maker} ${ago}, as ${report.reason}; ${plural(report.tasks, 'task')} in ${duration(report.makespan)}, found in ${duration(report.took)}`
}

function pastAttempts({ history }: Explanation): string[] {
  return history.map((one) => {
    const error = one.error as { name?: string; message?: string } | undefined
    const what = one.how === 'threw' && error?.message !== undefined ? `threw ${error.name}: ${error.message}` : one.how.replace('-', ' ')
    return `attempt ${one.attempt} on ${one.node}, slot ${one.slot}: ${what} after ${duration(one.ended - one.since)}`
  })
}

function nameOf(coordinator: Coordinator, run: number, index: number): string {
  const known = coordinator.runs.get(run)
  return known ? taskName(known, index) : `task ${index} of a run that is gone`
}
