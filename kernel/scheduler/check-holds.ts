/** What must hold of tasks that are held back, and of jobs: a part of the invariants. */
import { jobOf, type Job } from './job.ts'
import { plannedStart } from './plan.ts'
import type { Machine } from './state.ts'
import { FIRST_FINAL, READY, RUNNING } from './task-table.ts'

type Broken = (invariant: string) => never

/** Held tasks are ready, wait for a stated time that is still to come, for a living node if for any, and are known to it. */
export function checkHolds(m: Machine, broken: Broken): void {
  let held = 0
  const waiting = new Map(m.allNodes.map(node => [node, { size: 0, stealable: 0 }]))
  for (const [task, hold] of m.holds) {
    if (m.tasks.status[task] !== READY) broken(`task ${task} was held and is not ready any more: forgotten`)
    if (hold.number < 0) continue
    held++
    if (m.heldBy.all[hold.number] !== hold) broken(`held task ${task} is known by its number`)
    if (!(hold.until > m.time) || hold.until > hold.latest(plannedStart(m, hold.run, task))) broken(`task ${task} is held until a time to come, and within bounds: ${hold.until}`)
    if (m.holdTimers.firstOf(hold.number) !== hold.until) broken(`held task ${task} has a timer`)
    if (hold.priority !== hold.run.priority || m.holdOrder.firstOf(hold.number) !== -hold.priority) broken(`held task ${task} has the priority of its run`)
    if (!hold.node) continue
    if (!hold.node.alive) broken(`task ${task} is held for a node that is there`)
    const counts = waiting.get(hold.node)!
    counts.size++
    if (hold.stealable) counts.stealable++
  }
  if (held !== m.holdOrder.size || held !== m.holdTimers.size) broken(`${held} tasks are held, ${m.holdOrder.size} in order, ${m.holdTimers.size} with timers`)
  for (const [node, { size, stealable }] of waiting) {
    if (node.queue.size !== size || node.stealable !== stealable) broken(`tasks held for ${node.spec.id}: kept ${node.queue.size}, counted ${size}`)
    if (m.victims.has(node.number) !== stealable > 0) broken(`${node.spec.id} can be stolen from if and only if something that waits for it may be`)
  }
  checkThieves(m, broken)
}

/** Nothing that any node may take waits while one that fits is idle. */
function checkThieves(m: Machine, broken: Broken): void {
  if (m.resumeAt < Infinity || m.victims.size > 8) return
  for (const hold of m.heldBy.all) {
    if (!hold?.stealable || hold.node!.queue.size > 8 || !hold.run.open) continue
    for (const node of m.nodes.values()) if (hold.run.shape.fits(node)) broken(`task ${hold.task} is stolen by ${node.spec.id}, which is idle`)
  }
}

/** A node is kept for one shape, that waits and cannot have another, for a stated time; not from anything of higher priority. */
export function checkReservation(m: Machine, broken: Broken): void {
  for (const node of m.allNodes) if (node.reservedFor && m.reservation?.node !== node) broken(`${node.spec.id} is kept for something`)
  if (!m.reservation) return
  const { node, shape, priority, until } = m.reservation
  if (!node.alive || node.reservedFor !== shape || !(until > m.time)) broken(`${node.spec.id}, which is kept for a task, is there, and for a time to come`)
  if (-shape.runs.topFirst < priority && m.resumeAt === Infinity) broken(`${node.spec.id} is kept for something that waits`)
  for (const other of m.active) {
    if (other !== shape && -other.runs.topFirst > priority && other.hasRoom(node)) broken(`${node.spec.id} is not kept from what has a higher priority`)
  }
}

/** What is counted for each job is what counting afresh gives. */
export function checkJobs(m: Machine, broken: Broken): void {
  const jobs = new Map<Job, { running: number; unfinished: number; work: number }>()
  for (const run of m.runs) {
    const job = jobOf(run)
    const counts = jobs.get(job) ?? { running: 0, unfinished: 0, work: 0 }
    jobs.set(job, counts)
    counts.running += run.counts[RUNNING]!
    counts.unfinished += run.counts.slice(0, FIRST_FINAL).reduce((a, b) => a + b, 0)
    counts.work += run.unfinished * run.unit
    if (run.policy.ranksJobs === true && run.shape.runs.has(run.number) && !job.ranked.has(run)) broken(`run ${run.spec.name} is put in order when its job changes`)
  }
  for (const [job, { running, unfinished, work }] of jobs) {
    if (job.running !== running || job.unfinished !== unfinished) broken(`job ${job.id}: kept ${job.running} running, ${job.unfinished} unfinished; counted ${running}, ${unfinished}`)
    if (Math.abs(job.work - work) > 1e-6 * Math.max(1, work)) broken(`work of job ${job.id}: kept ${job.work}, counted ${work}`)
  }
}
