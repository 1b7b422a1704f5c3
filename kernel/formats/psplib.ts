import { checkDuration, instanceOf, Lines, MAX_TASKS, type Instance, type Row } from './instance.ts'

const MAX_RESOURCES = 100

/**
 * Reads a single-mode instance of the Project Scheduling Problem Library (Kolisch and Sprecher, "PSPLIB: a project scheduling problem
 * library", European Journal of Operational Research, 1996): one node with the project's renewable resources and no limit of slots. The
 * empty jobs that only begin and end the project are left out.
 */
export function readPsplib(text: string, path: string): Instance {
  const lines = new Lines(path, text)
  const jobs = countAfter(lines, /^\s*jobs\b/i, 'a line "jobs (incl. supersource/sink ): N"', MAX_TASKS)
  const renewable = countAfter(lines, /^\s*-\s*renewable\b/i, 'a line "- renewable : N R"', MAX_RESOURCES)
  for (const kind of ['nonrenewable', 'doubly constrained']) {
    if (countAfter(lines, new RegExp(`^\\s*-\\s*${kind}\\b`, 'i'), `a line "- ${kind} : N"`, MAX_RESOURCES) > 0) lines.fail(`no ${kind} resources: only renewable ones can be planned for`)
  }
  const outputs = readOutputs(lines, jobs)
  const { durations, requests } = readRequests(lines, jobs, renewable)
  const capacity = readCapacities(lines, renewable)
  const inputs: number[][] = Array.from({ length: jobs }, () => [])
  for (const [job, list] of outputs.entries()) for (const output of list) inputs[output]!.push(job)
  const rows = durations.map((duration, job): Row => ({ name: String(job + 1), duration, request: requests[job]!, inputs: inputs[job]! }))
  const node = { name: 'project', slots: Infinity, capacity, speed: 1 }
  const resources = capacity.map((_, r) => `R${r + 1}`)
  const empty = (row: Row): boolean => {
    const job = Number(row.name) - 1
    return row.duration === 0 && (row.inputs.length === 0 || outputs[job]!.length === 0)
  }
  const tooMuch = rows.find((row) => row.duration > 0 && row.request.some((amount, r) => amount > capacity[r]!))
  if (tooMuch !== undefined) lines.fail(`no job that needs more than there is of a resource (${capacity.join(', ')})`, `job ${tooMuch.name} needs ${tooMuch.request.join(', ')}`)
  return instanceOf(path, rows, resources, node, empty)
}

/** The number behind the colon of the next line that matches. */
function countAfter(lines: Lines, pattern: RegExp, expected: string, most: number): number {
  const line = lines.skipTo(pattern, expected)
  const count = /:\s*(\d{1,9})\b/.exec(line)?.[1]
  if (count === undefined || Number(count) > most) lines.fail(`${expected} of at most ${most}`, line.trim())
  return Number(count)
}

function readOutputs(lines: Lines, jobs: number): number[][] {
  lines.skipTo(/^\s*PRECEDENCE RELATIONS/i, 'a section "PRECEDENCE RELATIONS:"')
  lines.next()
  return Array.from({ length: jobs }, (_, job) => {
    const expected = `job ${job + 1} of ${jobs}: "jobnr. #modes #successors successors…"`
    const [number, modes, count, ...outputs] = lines.numbers(lines.next(), 3, expected)
    if (number !== job + 1 || outputs.length !== count) lines.fail(expected, [number, modes, count, ...outputs].join(' '))
    if (modes !== 1) lines.fail(`one mode for job ${job + 1}: only single-mode instances can be planned for`, String(modes))
    const stranger = outputs.find((output) => output < 1 || output > jobs)
    if (stranger !== undefined) lines.fail(`successors between 1 and ${jobs}`, String(stranger))
    return outputs.map((output) => output - 1)
  })
}

function readRequests(lines: Lines, jobs: number, renewable: number): { durations: number[], requests: number[][] } {
  lines.skipTo(/^\s*REQUESTS\/DURATIONS/i, 'a section "REQUESTS/DURATIONS:"')
  lines.next()
  const durations: number[] = []
  const requests: number[][] = []
  for (let job = 0; job < jobs; job++) {
    const expected = `job ${job + 1} of ${jobs}: "jobnr. mode duration" and ${renewable} requests`
    const [number, , duration, ...request] = lines.numbers(lines.next(/^-+$/), 3, expected)
    if (number !== job + 1 || request.length !== renewable) lines.fail(expected, String(number))
    durations.push(checkDuration(lines, duration!))
    requests.push(request)
  }
  return { durations, requests }
}

function readCapacities(lines: Lines, renewable: number): number[] {
  lines.skipTo(/^\s*RESOURCE\s*AVAILABILITIES/i, 'a section "RESOURCEAVAILABILITIES:"')
  lines.next()
  const capacity = lines.numbers(lines.next(), renewable, `the capacities of ${renewable} resources`)
  return capacity.length === renewable ? capacity : lines.fail(`the capacities of ${renewable} resources`, capacity.join(' '))
}
