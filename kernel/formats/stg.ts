import { checkDuration, instanceOf, Lines, MAX_TASKS, type Instance, type Row } from './instance.ts'

/**
 * Reads a graph of the Standard Task Graph Set (Tobita and Kasahara, "A standard task graph set for fair evaluation of multiprocessor
 * scheduling algorithms", Journal of Scheduling, 2002): the number of tasks n, then rows "task time #predecessors predecessors…"; task 0
 * and task n + 1 are empty and left out. One node of `processors` slots.
 */
export function readStg(text: string, path: string, processors: number): Instance {
  const lines = new Lines(path, text)
  const [count] = lines.numbers(lines.next(/^#/), 1, 'the number of tasks')
  if (count! > MAX_TASKS) lines.fail(`at most ${MAX_TASKS} tasks`, String(count))
  const rows: Row[] = []
  for (let words = lines.next(/^#/); words !== undefined; words = lines.next(/^#/)) {
    const expected = `task ${rows.length}: "task time #predecessors predecessors…"`
    const [number, duration, length, ...inputs] = lines.numbers(words, 3, expected)
    if (rows.length > count! + 1) lines.fail(`the end of the file after ${count! + 2} tasks`, words.join(' '))
    if (number !== rows.length || inputs.length !== length) lines.fail(expected, words.join(' '))
    const stranger = inputs.find((input) => input > count! + 1)
    if (stranger !== undefined) lines.fail(`predecessors between 0 and ${count! + 1}`, String(stranger))
    rows.push({ name: String(number), duration: checkDuration(lines, duration!), request: [], inputs })
  }
  if (rows.length < count! + 2) lines.fail(`${count! + 2} tasks (${count} and the two empty ones that begin and end the graph)`, `${rows.length}`)
  const node = { name: 'processors', slots: processors, capacity: [], speed: 1 }
  const last = rows.length - 1
  const lastIsSink = rows.every((row) => !row.inputs.includes(last))
  const empty = (row: Row): boolean => row.duration === 0 && ((row.name === '0' && row.inputs.length === 0) || (row.name === String(last) && lastIsSink))
  return instanceOf(path, rows, [], node, empty)
}
