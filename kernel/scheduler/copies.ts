/** Several attempts of one task at a time, on different nodes: as the user asks, or because one takes too long. */
import { choose } from './choose.ts'
import { announce, noteDecision, occupy } from './feed.ts'
import { beginLease } from './lease.ts'
import type { Slot } from './node.ts'
import { activate } from './ready.ts'
import type { Run } from './run.ts'
import type { Shape } from './shape.ts'
import { copiesOfStragglers } from './speculate.ts'
import type { Copy, Machine } from './state.ts'
import type { TaskId } from './task.ts'
import { RUNNING } from './task-table.ts'

/** The first copy of a replicated task has been placed: it wants further ones, as far as there are nodes for them. */
export function beginCopies(m: Machine, run: Run, task: TaskId, slot: Slot): void {
  const { shape } = run
  m.copies.set(task, [{ slot, attempt: m.tasks.attempts[task]!, since: m.time }])
  const wanted = Math.min(run.spec.replicas, shape.capable) - 1
  if (wanted > 0) shape.copies.set(task, { run, wanted })
  activate(m, shape)
}

/** Places one copy, of the first task of this priority that finds a node without a copy of it. */
export function placeCopy(m: Machine, shape: Shape, priority: number): boolean {
  for (const [task, { run }] of shape.copies) {
    if (run.priority !== priority) continue
    const copies = m.copies.get(task)!
    const fitting = shape.without(copies.map(({ slot }) => slot.node))
    if (!fitting) continue
    const [node, reason] = choose(m, run, task, fitting, false)!
    startCopy(m, run, task, node.idle[node.idle.length - 1]!, copies, reason, fitting.size)
    return true
  }
  return false
}

export function copyStragglers(m: Machine): void {
  for (const { slot, node } of copiesOfStragglers(m)) {
    const run = slot.run!
    const task = slot.task(0)
    const copies: Copy[] = [{ slot, attempt: slot.attempt(0), since: m.tasks.since[task]! }]
    m.copies.set(task, copies)
    m.speculating.add(task)
    startCopy(m, run, task, node.idle[node.idle.length - 1]!, copies, 'a copy, as the other attempt takes far longer than such tasks do', run.shape.size)
  }
}

function startCopy(m: Machine, run: Run, task: TaskId, slot: Slot, copies: Copy[], reason: string, fitted: number): void {
  const { shape } = run
  beginLease(m, slot, run)
  const attempt = ++m.tasks.attempts[task]!
  m.tasks.at[task] = slot.number
  noteDecision(m, run, task, reason, fitted)
  m.log.add(task, RUNNING, m.time)
  slot.headSince = m.time
  occupy(m, slot, task)
  slot.push(task, attempt)
  copies.push({ slot, attempt, since: m.time })
  const more = shape.copies.get(task)
  if (more && --more.wanted === 0) shape.copies.delete(task)
  activate(m, shape)
  announce(m, slot, run, [task], [attempt])
}
