/** What follows from a run's attempts for the times between them, worked out once for each change of the run. */
import { CANCELLED, endings, READY, WAITING } from '../../../kernel/cluster/record/read.ts'
import { reductionTree } from '../../../kernel/cluster/reduction.ts'
import type { RunStore } from './store.ts'

const THREW = endings.indexOf('threw')
const TIMED_OUT = endings.indexOf('timed-out')
const ENDED_BY_USER = endings.indexOf('cancelled')

export interface Past {
  /** Since when all tasks of the run had their inputs; NaN: not all since the same time. */
  readonly inputs: number
  /** By task: how many of its attempts gave no result, as far as they are told. */
  readonly again: Uint8Array
  /** By row of the attempts: since when the task had its inputs; NaN: nobody knows. */
  readonly inputsOf: Float64Array
  /** By row: until when the task was kept back after it. */
  readonly resumed: Float64Array
  /** By row: the state that followed it. */
  readonly after: Uint8Array
}

type Facts = Pick<RunStore, 'record' | 'tasks' | 'attempts'>

const known = new WeakMap<object, { readonly record: object; readonly past: Past }>()

/** The same object until the run changes: it has another record then. */
export function pastOf(facts: Facts): Past {
  const before = known.get(facts.tasks)
  if (before?.record === facts.record) return before.past
  const past = makePast(facts)
  known.set(facts.tasks, { record: facts.record, past })
  return past
}

function makePast({ record, tasks, attempts }: Facts): Past {
  const { length } = attempts
  const again = new Uint8Array(tasks.length)
  const failures = new Uint8Array(tasks.length)
  const resumed = new Float64Array(length)
  const after = new Uint8Array(length)
  const inputs = commonInputs(record, tasks)
  const inputsOf = inputsByTask({ record, tasks }, inputs)
  const { backoff } = record.run.options
  for (let row = 0; row < length; row++) {
    const task = attempts.task[row]!
    if (!(task < tasks.length)) continue
    if (again[task]! < 255) again[task]!++
    const ending = attempts.ending[row]!
    // The kernel waits twice as long after each failure; a lost node is no fault of the task.
    if (ending === THREW || ending === TIMED_OUT) {
      resumed[row] = attempts.ended[row]! + backoff * 2 ** failures[task]!
      if (failures[task]! < 255) failures[task]!++
    }
    after[row] = ending === ENDED_BY_USER ? CANCELLED : tasks.state[task] === WAITING ? WAITING : READY
  }
  return { inputs, again, inputsOf: Float64Array.from(attempts.task, inputsOf), resumed, after }
}

/** Tasks that wait for whole runs have their inputs all at once: the first time that is told for any holds for all. */
function commonInputs(record: Facts['record'], { length, ready }: Facts['tasks']): number {
  if (record.dependencies.length === 0) return 0
  if (record.dependencies.some(({ how }) => how !== 'all' && how !== 'tasks')) return NaN
  let first = Infinity
  for (let i = 0; i < length; i++) if (ready[i]! < first) first = ready[i]!
  return first === Infinity ? NaN : first
}

/** Within a tree that is listed whole, a task has its inputs when both operands have ended. */
function inputsByTask({ record, tasks }: Omit<Facts, 'attempts'>, inputs: number): (task: number) => number {
  const [dependency, ...others] = record.dependencies
  if (dependency?.how !== 'tree' || others.length > 0 || dependency.leaves - 1 !== tasks.length) return () => inputs
  const { operands } = reductionTree(dependency.leaves)
  const had = (operand: number): number => (operand < 0 ? tasks.ended[-1 - operand]! : dependency.on === undefined ? 0 : NaN)
  return (task) => (task < tasks.length ? Math.max(had(operands[2 * task]!), had(operands[2 * task + 1]!)) : NaN)
}
