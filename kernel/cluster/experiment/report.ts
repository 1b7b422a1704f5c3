/** What became of an experiment, to be read and to be looked at. */
import type { Problem } from '../../planning/index.ts'
import type { Compared, Experimented, Planned, Schedule } from '../../travel/experiment.ts'
import { duration } from '../view/amounts.ts'
import type { Question } from './messages.ts'
import type { Timeline } from './timelines-picture.ts'

const MOST_TASKS = 20

export function textOf(outcome: Experimented, question: Question): string {
  return outcome.kind === 'plan' ? planText(outcome, question) : comparisonText(outcome.schedules)
}

export function timelinesOf(outcome: Experimented, { problem, names }: Question): Timeline[] {
  return outcome.kind === 'plan' ? [timelineOf(outcome, problem, names)] : outcome.schedules.map((one) => timelineOf(one, problem, names))
}

function timelineOf({ policy, node, start, end, makespan, lowerBound }: Schedule, { nodes }: Problem, names: readonly string[]): Timeline {
  const note = `${time(makespan)}${makespan <= lowerBound * (1 + 1e-9) ? ', which no schedule can beat' : `; no schedule is shorter than ${time(lowerBound)}`}`
  return { title: policy, note, lanes: nodes.map(({ name }) => name), bars: names.map((name, i) => ({ name, lane: node[i]!, start: start[i]!, end: end[i]! })) }
}

function planText({ policy, makespan, lowerBound, utilization, node, start, end }: Planned, { problem, names }: Question): string {
  const head = `${policy}: makespan ${time(makespan)}, lower bound ${time(lowerBound)}, utilization ${percent(utilization)}`
  const order = names.map((_, i) => i).sort((a, b) => start[a]! - start[b]!).slice(0, MOST_TASKS)
  const rows = order.map((i) => [names[i]!, problem.nodes[node[i]!]?.name ?? '', milliseconds(start[i]!), milliseconds(end[i]!)])
  const rest = names.length > MOST_TASKS ? `\n… and ${names.length - MOST_TASKS} more` : ''
  return `${head}\n${columns([['task', 'node', 'start', 'end'], ...rows])}${rest}`
}

function comparisonText(all: readonly Compared[]): string {
  return columns([
    ['policy', 'makespan', 'of the best', 'utilization'],
    ...all.map(({ policy, makespan, relative, utilization }) => [policy, time(makespan), `${relative.toFixed(3)}×`, percent(utilization)]),
  ])
}

/** Short ones exactly, as in exercises on paper. */
export function time(ms: number): string {
  return ms < 1000 ? `${Number(ms.toPrecision(4))} ms` : duration(ms)
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!))).join('  ').trimEnd()).join('\n')
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(0)} %`
}

function milliseconds(at: number): string {
  return String(Math.round(at * 1000) / 1000)
}
