/** A run in words: what is seen of it where not even pictures are shown. */
import { bytes, count, counted, duration, percent, plain, rate, timeLeft, timeLeftWords } from './amounts.ts'
import { forEachBar } from './picture-bars.ts'
import { shownStates, stateWords } from './picture-style.ts'
import { readAttempts, readLoad, readTasks, stateNames } from '../record/read.ts'
import type { AttemptTable, TaskTable } from '../record/read.ts'
import type { RunRecord } from '../record/types.ts'

const MOST_NODES = 8
const MOST_FAILURES = 3
const MOST_UPSTREAM = 3
const WIDTH = 110

/**
 * At most 25 lines of at most 110 letters.
 * @throws BadRecord
 */
export function summarize(record: RunRecord): string {
  const tasks = readTasks(record)
  const attempts = readAttempts(record)
  const lines = [...headline(record), ...origins(record), ...nodeTable(record, tasks, attempts), ...failures(record, tasks), ...advice(record)]
  return lines.map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line).trimEnd()).join('\n')
}

function headline(record: RunRecord): string[] {
  const { run, counts, makespan, asOf, final, nodes, attempts, bytes: moved } = record
  const ended = counts.succeeded + counts.failed + counts.cancelled + counts.skipped
  const states = shownStates.filter((state) => counts[state] > 0).map((state) => `${count(counts[state])} ${stateWords[state]}`)
  const time = final ? `makespan ${duration(makespan)}` : `${percent(run.count === 0 ? 1 : ended / run.count)} done after ${duration(asOf)}${left(record)}`
  const done = counts.succeeded + counts.failed
  const again = attempts.length + attempts.omitted
  return [
    `${plain(run.name, 40)}: ${[counted(run.count, 'task'), ...states].join(', ')}`,
    `  ${[
      `${time} on ${counted(nodes.length, 'node')}`,
      ...(done > 1 && makespan > 0 ? [`${rate((done / makespan) * 1000)} tasks/s`] : []),
      ...(again > 0 ? [`${counted(again, 'attempt')} retried or lost`] : []),
      ...(moved.results > 0 ? [`results ${bytes(moved.results)}`] : []),
      ...(run.options.policy === undefined ? [] : [`policy ${plain(run.options.policy, 30)}`]),
    ].join(', ')}`,
  ]
}

/** What was expected then. */
function left({ expected, asOf }: RunRecord): string {
  return expected ? `, ${timeLeftWords(timeLeft(expected.early - asOf, expected.middle - asOf, expected.late - asOf))}` : ''
}

function origins({ upstream }: RunRecord): string[] {
  if (upstream.length === 0) return []
  const shown = upstream.slice(0, MOST_UPSTREAM).map((group) => {
    const states = shownStates.filter((state) => group.counts[state] > 0).map((state) => `${count(group.counts[state])} ${stateWords[state]}`)
    return `${plain(group.name, 30)} (${states.join(', ') || 'no tasks'})`
  })
  const more = upstream.length > MOST_UPSTREAM ? [`and ${counted(upstream.length - MOST_UPSTREAM, 'other run')}`] : []
  return [`  after ${[...shown, ...more].join(', ')}`]
}

function nodeTable(record: RunRecord, tasks: TaskTable, attempts: AttemptTable): string[] {
  const { nodes, specs } = record
  if (nodes.length === 0) return ['  no node has joined yet']
  const busy = new Float64Array(nodes.length)
  const done = new Float64Array(nodes.length)
  forEachBar(tasks, attempts, record.asOf, (kind, node, _slot, from, to) => {
    busy[node]! += to - from
    if (kind === 'succeeded') done[node]!++
  })
  const end = record.makespan
  const life = ({ joined = 0, lost = end }: (typeof nodes)[number]) => Math.max(0, lost - joined)
  // Those that were lost are what one looks for among many.
  const order = nodes.map((_, row) => row).sort((a, b) => Number(nodes[a]!.lost === undefined) - Number(nodes[b]!.lost === undefined) || a - b)
  const shown = nodes.length > MOST_NODES ? order.slice(0, MOST_NODES - 1).sort((a, b) => a - b) : nodes.map((_, row) => row)
  const rows = shown.map((row) => {
    const node = nodes[row]!
    const { slots } = specs[node.spec]!
    const time = slots * life(node)
    const note = node.lost === undefined ? '' : `lost at ${duration(node.lost)}${node.reason === undefined ? '' : `: ${plain(node.reason, 60)}`}`
    return [plain(node.name, 24), String(slots), count(done[row]!), time > 0 ? percent(Math.min(1, busy[row]! / time)) : '', meanCpu(record, row), note]
  })
  const table = align([['node', 'slots', 'done', 'busy', 'cpu', ''], ...rows])
  return ['', ...table, ...(nodes.length > shown.length ? [`  and ${count(nodes.length - shown.length)} more nodes`] : [])]
}

function meanCpu({ nodes, specs }: RunRecord, row: number): string {
  const { load, spec } = nodes[row]!
  const cores = specs[spec]!.resources['cpu'] ?? 0
  if (!load || !(cores > 0)) return ''
  const { cpu } = readLoad(load)
  return cpu.length === 0 ? '' : percent(Math.min(1, cpu.reduce((sum, used) => sum + used, 0) / cpu.length / cores))
}

/** The first and last columns to the left, numbers to the right. */
function align(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => `  ${row.map((cell, column) => (column === 0 || column === row.length - 1 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')}`)
}

function failures(record: RunRecord, tasks: TaskTable): string[] {
  const { errors, counts, nodes } = record
  const lines: string[] = []
  for (const error of errors.slice(0, MOST_FAILURES)) {
    const node = nodes[tasks.node[error.task] ?? -1]
    const attempt = tasks.attempts[error.task] ?? 0
    const where = node ? ` on ${plain(node.name, 24)}${attempt > 1 ? `, attempt ${attempt}` : ''}` : ''
    lines.push(`  ${taskName(record, error.task)} failed${where}: ${plain(`${error.name}: ${error.message}`, 90)}`)
    const frame = error.stack.split('\n').find((line) => /^\s+at /.test(line))
    if (frame !== undefined) lines.push(`    ${plain(frame, 90)}`)
  }
  if (errors.length > MOST_FAILURES) lines.push(`  and ${counted(errors.length - MOST_FAILURES, 'other kind')} of failure, ${count(counts.failed)} tasks in all`)
  else if (counts.failed > errors.length && errors.length > 0) lines.push(`  ${count(counts.failed)} tasks failed in all, of ${errors.length === 1 ? 'this error' : 'these errors'}`)
  if (counts.skipped > 0) lines.push(`  ${counted(counts.skipped, 'task')} skipped${rootWords(record, tasks)}`)
  return lines.length > 0 ? ['', ...lines] : []
}

/** ` because X[3] failed`, for the first that was skipped. */
function rootWords(record: RunRecord, tasks: TaskTable): string {
  const first = tasks.state.findIndex((state, task) => stateNames[state] === 'skipped' && tasks.rootRun[task]! >= 0)
  if (first < 0) return ''
  const group = tasks.rootRun[first]! === 0 ? record.run : record.upstream[tasks.rootRun[first]! - 1]
  return group ? ` because ${named(group.name, group.count, tasks.root[first]!)} has no result` : ''
}

function advice(record: RunRecord): string[] {
  const { counts, errors, run, final, nodes } = record
  const name = plain(run.name, 40)
  const first = errors[0]
  if (first) return [`  %why ${taskName(record, first.task)} tells more; %rerun ${name} --failed tries again what has no result`]
  if (final && counts.skipped + counts.cancelled > 0) return [`  %rerun ${name} --failed runs what has no result`]
  if (!final && counts.running === 0 && nodes.length === 0 && counts.ready > 0) return [`  %cluster shows which cluster the notebook uses; %why ${name} tells what it waits for`]
  return []
}

function taskName({ run }: RunRecord, task: number): string {
  return named(run.name, run.count, task)
}

function named(name: string, tasks: number, index: number): string {
  return tasks === 1 ? plain(name, 40) : `${plain(name, 40)}[${index}]`
}
