/** `sluice simulate FILE`: the graph of a published instance under several policies, compared. */
import { readFile, writeFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { ComparisonPicture } from '../cluster/simulated/comparison-picture.ts'
import { count, counted, duration } from '../cluster/view/amounts.ts'
import * as errors from '../errors.ts'
import { readPsplib } from '../formats/psplib.ts'
import { readStg } from '../formats/stg.ts'
import { readWf } from '../formats/wf.ts'
import { table } from '../line-magics-table.ts'
import { positive } from '../magics/node-words.ts'
import { listOf, simulatedWords, whole, type SimulatedWords } from '../magics/simulation.ts'
import { NoPlan, type Budget, type PlanNode, type Problem } from '../planning/index.ts'
import { policyNames } from '../scheduler/index.ts'
import { simulatedNodes, surroundingsOf } from '../simulated-nodes.ts'
import { bestOf, compare, graphOf, rowsOf, usualPolicies, type Comparison, type TaskGraph } from '../simulator/index.ts'

/** Nodes of a workflow, and processors of a graph, that nobody asked for. */
const USUAL_NODES = 8
const USUAL_PROCESSORS = 4
/** What a search may cost that nobody limited: schedules, so that the result is the same everywhere. */
const USUAL_SCHEDULES = 1000
/** ms */
const UNIT = 1000

export const help = `sluice simulate FILE [options]

Carries out the graph of FILE on a virtual clock under several policies, and compares what became of it. FILE is a workflow
in WfFormat (.json), a project of PSPLIB (.sm), which has resources of its own, or a standard task graph (.stg).

  --policy A,B,C          policies to be compared, or all; a choice of them unless said
  --nodes N               so many nodes of one slot (.json: ${USUAL_NODES}), or processors (.stg: ${USUAL_PROCESSORS})
  --slots N               slots of each node
  --node NAME:speed=2,…   one more node, its slots, cpu, memory, speed; can be given several times
  --bandwidth MB/s        how fast results travel between nodes; 125MB/s unless said
  --mtbf DURATION         mean time between failures of one node; never unless said
  --schedules N           what the plans of a policy may cost; ${USUAL_SCHEDULES} schedules unless said
  --seconds S             the same in seconds; then two runs may differ
  --seed K                all chance comes from it; 0 unless said
  --json                  print the figures as JSON
  --out FILE.svg|.png     write the picture

Planning policies know each task's own duration; the others what tasks of its name take on average. Ends with 2 when
the file or an option is no good.
`

const values = ['policy', 'nodes', 'slots', 'bandwidth', 'mtbf', 'schedules', 'seconds', 'seed', 'out'] as const
const known = [...values, 'node', 'json']

interface Asked {
  readonly file: string
  readonly policies: readonly string[] | undefined
  readonly words: SimulatedWords
  readonly budget: Budget
  readonly json: boolean
  readonly out: string | undefined
}

export async function run(words: string[]): Promise<number> {
  const asked = askedFor(words)
  const { problem, names, format } = await readInstance(asked)
  const graph = graphOf(problem, names)
  const policies = asked.policies ?? [...usualPolicies, ...(format === 'wf' ? [] : ['genetic'])].filter((name) => policyNames.includes(name))
  const { failures } = surroundingsOf(asked.words)
  const seed = asked.words.seed ?? 0
  const progress = new Progress(policies)
  const comparison = await compare(graph, {
    policies, seed, budget: asked.budget, ...(failures && { failures }), explain: (error) => (error instanceof NoPlan ? error.message : undefined),
    onProgress: (_policy, number) => progress.at(number),
  })
  progress.end()
  const unit = format === 'wf' ? 1 : UNIT
  const time = format === 'wf' ? duration : (ms: number) => String(Math.round((ms / unit) * 1000) / 1000)
  if (asked.out !== undefined) await writePicture(asked.out, graph, comparison, `${basename(asked.file)}, simulated`, time)
  process.stdout.write(asked.json ? `${JSON.stringify(figuresOf(asked.file, format, problem, comparison, seed, unit), undefined, 2)}\n` : textOf(asked.file, problem, comparison, time))
  return 0
}

function askedFor(words: readonly string[]): Asked {
  const options = { ...Object.fromEntries(values.map((name) => [name, { type: 'string' as const }])), node: { type: 'string' as const, multiple: true }, json: { type: 'boolean' as const } }
  const { tokens } = parseArgs({ args: [...words], options, strict: false, tokens: true })
  const given: Record<string, string | string[]> = {}
  const files: string[] = []
  let json = false
  for (const token of tokens) {
    if (token.kind === 'positional') files.push(token.value)
    if (token.kind !== 'option') continue
    if (!known.includes(token.name) || !token.rawName.startsWith('--')) throw errors.unknownFlag('simulate', token.rawName, known.map((name) => `--${name}`))
    if (token.name === 'json') {
      if (token.value !== undefined) throw errors.flagWithValue('simulate', token.rawName)
      json = true
    } else if (token.value === undefined || token.value === '') throw errors.flagWithoutValue('simulate', token.rawName)
    else if (token.name === 'node') given['node'] = [...(given['node'] ?? []), token.value]
    else given[token.name] = token.value
  }
  if (files.length === 0) throw errors.noInstance()
  if (files.length > 1) throw errors.unexpectedArgument('simulate', files[1]!)
  const one = (name: (typeof values)[number]) => given[name] as string | undefined
  return { file: files[0]!, policies: policiesOf(one('policy')), words: simulatedWords(given), budget: budgetOf(one('schedules'), one('seconds'), one('seed')), json, out: checkedPicture(one('out')) }
}

function policiesOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined
  const names = listOf('--policy', text)
  if (names.includes('all')) return policyNames
  const unknown = names.find((name) => !policyNames.includes(name))
  if (unknown !== undefined) throw errors.unknownPolicy(unknown, [...policyNames, 'all'])
  return names
}

function budgetOf(schedules: string | undefined, seconds: string | undefined, seed: string | undefined): Budget {
  return {
    seed: seed === undefined ? 0 : whole('--seed', seed),
    ...(seconds !== undefined && { time: 1000 * positive('--seconds', seconds), clock: () => performance.now() }),
    ...(schedules !== undefined ? { schedules: Math.max(1, whole('--schedules', schedules)) } : seconds === undefined ? { schedules: USUAL_SCHEDULES } : {}),
  }
}

function checkedPicture(file: string | undefined): string | undefined {
  if (file !== undefined && !['.svg', '.png'].includes(extname(file).toLowerCase())) throw errors.badOption('--out', file, 'a file that ends in .svg or .png')
  return file
}

async function readInstance({ file, words }: Asked): Promise<{ problem: Problem; names: string[]; format: 'wf' | 'psplib' | 'stg' }> {
  const extension = extname(file).toLowerCase()
  const shaped = ['--nodes', '--slots', '--node'].filter((_, i) => [words.nodes !== undefined, words.slots !== undefined, words.extra.length > 0][i])
  if (extension === '.json') {
    const nodes = simulatedNodes(words.nodes === undefined && words.extra.length === 0 ? { ...words, nodes: USUAL_NODES } : words)
    const planNodes = nodes.map(({ id, slots, speed }): PlanNode => ({ name: id, slots, speed, capacity: [] }))
    const { problem, names } = readWf(await textFrom(file), file, planNodes, surroundingsOf(words).link)
    return { problem, names: names.map(programOf), format: 'wf' }
  }
  if (extension === '.sm') {
    if (shaped.length > 0) throw errors.badOption(shaped[0]!, basename(file), 'no project of PSPLIB, which has resources of its own')
    const { problem, names } = readPsplib(await textFrom(file), file)
    return { problem: inUnits(problem), names: names.map((name) => `job ${name}`), format: 'psplib' }
  }
  if (extension === '.stg') {
    if (words.extra.length > 0) throw errors.badOption('--node', basename(file), 'no standard task graph, whose processors are alike: --nodes says how many')
    const { problem, names } = readStg(await textFrom(file), file, (words.nodes ?? USUAL_PROCESSORS) * (words.slots ?? 1))
    return { problem: inUnits(problem), names: names.map((name) => `task ${name}`), format: 'stg' }
  }
  throw errors.unknownInstance(file)
}

/** Files with units of time of their own: one is taken to be a second, in which a scheduler's milliseconds are small. */
function inUnits(problem: Problem): Problem {
  return { ...problem, duration: problem.duration.map((units) => units * UNIT) }
}

async function textFrom(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw errors.unreadableInstance(file, (error as Error).message)
  }
}

/** What a task of a workflow runs: its name without its number. */
function programOf(name: string): string {
  return name.replace(/[_.-]*(?:ID)?\d+$/i, '') || name
}

function textOf(file: string, problem: Problem, comparison: Comparison, time: (ms: number) => string): string {
  const nodes = problem.nodes.length === 1 && problem.nodes[0]!.slots === Infinity ? `resources of ${problem.nodes[0]!.capacity.join(', ')}` : counted(problem.nodes.length, 'node')
  return `${basename(file)}: ${counted(problem.count, 'task')}, ${nodes}; no schedule is shorter than ${time(comparison.lowerBound)}\n${table(rowsOf(comparison, time))}\n`
}

function figuresOf(file: string, format: string, problem: Problem, comparison: Comparison, seed: number, unit: number): object {
  const best = bestOf(comparison)
  return {
    file: basename(file), format, tasks: problem.count, nodes: problem.nodes.length, lowerBound: comparison.lowerBound / unit, seed,
    policies: comparison.policies.map(({ policy, result, error, utilization }) => {
      if (!result) return { policy, error }
      const { makespan, succeeded, failed, skipped, transfers, moved, losses, decisions, events, digest } = result
      const ratio = (to: number) => (to > 0 ? makespan / to : null)
      const ratios = { best: ratio(best), bound: ratio(comparison.lowerBound) }
      return { policy, makespan: makespan / unit, ...ratios, utilization, succeeded, failed, skipped, transfers, bytes: moved, losses, decisions, events, digest }
    }),
  }
}

async function writePicture(file: string, graph: TaskGraph, comparison: Comparison, title: string, time: (ms: number) => string): Promise<void> {
  const { pngOf, svgOf } = await import('../cluster/view/picture-canvas.ts')
  const picture = new ComparisonPicture({ graph, comparison, title, time })
  const made = extname(file).toLowerCase() === '.svg' ? svgOf : pngOf
  try {
    await writeFile(file, made(picture.size, (pen) => picture.draw(pen)))
  } catch (error) {
    throw errors.cannotWritePicture(file, (error as Error).message)
  }
}

/** On a terminal, which policy is at work; a second after the beginning at the earliest. */
class Progress {
  readonly #policies: readonly string[]
  readonly #began = performance.now()
  #shown = -1

  constructor(policies: readonly string[]) {
    this.#policies = policies
  }

  at(number: number): void {
    if (process.stderr.isTTY !== true || number === this.#shown || performance.now() - this.#began < 1000) return
    this.#shown = number
    process.stderr.write(`\r\x1b[K${this.#policies[number]} (${count(number + 1)} of ${count(this.#policies.length)})`)
  }

  end(): void {
    if (this.#shown >= 0) process.stderr.write('\r\x1b[K')
  }
}
