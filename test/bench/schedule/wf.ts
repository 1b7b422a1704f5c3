// WfFormat .json: workflows on eight nodes of one slot, speed 1, 1, 1, 1, 2, 2, 4, 4, with 125 MB/s between any two.
import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { readWf } from '../../../kernel/formats/wf.ts'
import { lowerBound, planNamed, type Plan, type PlanNode, type Problem } from '../../../kernel/planning/index.ts'
import { instanceName, instancesOf, mean, round, serve, solveAll, writeCsv, type Figures, type Options } from './instances.ts'
import { violation } from './validate.ts'

const nodes: readonly PlanNode[] = [1, 1, 1, 1, 2, 2, 4, 4].map((speed, n) => ({ name: `node-${n + 1}`, slots: 1, capacity: [], speed }))
/** Bytes a ms. */
const link = { bandwidth: 125_000, latency: 0 }
/** Of the searches, when neither --schedules nor --seconds is given. */
const SECONDS = 5
/** `first-end` is no planner of Sluice's: each task where it ends first, in topological order; `portfolio` is what counts. */
const contenders = ['portfolio', 'heft', 'peft', 'first-end', 'min-min', 'max-min', 'assignment', 'lp', 'genetic', 'annealing', 'particle-swarm', 'ant-colony']

interface Job {
  readonly path: string
  readonly contender: string
  readonly schedules: number | undefined
  readonly seconds: number | undefined
  readonly seed: number
}

interface Solved {
  readonly makespan: number
  readonly bound: number
  readonly ms: number
  readonly violation: string | undefined
}

async function solve({ path, contender, schedules, seconds, seed }: Job): Promise<Solved> {
  const { problem } = readWf(readFileSync(path, 'utf8'), path, nodes, link)
  const clock = (): number => performance.now()
  const time = seconds ?? (schedules === undefined ? SECONDS : undefined)
  const began = clock()
  const plan = contender === 'first-end'
    ? firstEnd(problem)
    : await planNamed(contender, problem, { seed, clock, ...(schedules !== undefined && { schedules }), ...(time !== undefined && { time: time * 1000 }) })
  const ms = clock() - began
  return { makespan: plan.makespan, bound: lowerBound(problem), ms, violation: violation(problem, plan) }
}

if (!isMainThread) serve(solve)

export async function measure(options: Options): Promise<Record<string, Figures>> {
  const paths = instancesOf(options, '.json')
  const { schedules, seconds, seed } = options
  const jobs = paths.flatMap((path) => contenders.map((contender): Job => ({ path, contender, schedules, seconds, seed })))
  const results = await solveAll(jobs, solve, options.threads)
  const of = (contender: string): Solved[] => results.filter((_, at) => jobs[at]!.contender === contender)
  const best = of('portfolio')
  writeCsv(options.out, [['instance', 'makespan'], ...paths.map((path, at) => [instanceName(path), best[at]!.makespan / 1000])])
  for (const [at, path] of paths.entries()) {
    const ratios = contenders.map((contender) => `${contender} ${(of(contender)[at]!.makespan / best[at]!.bound).toFixed(4)}`)
    console.error(`${instanceName(path)}: ${ratios.join(', ')}`)
  }
  return Object.fromEntries(contenders.map((contender) => [contender, figuresOf(of(contender), of('heft'), paths)]))
}

function figuresOf(results: readonly Solved[], heft: readonly Solved[], paths: readonly string[]): Figures {
  const ratio = mean(results.map(({ makespan, bound }) => makespan / bound))
  const broken = results.findIndex((result) => result.violation !== undefined)
  return {
    instances: results.length,
    'makespan / lower bound': round(ratio, 4),
    'below HEFT by': round(mean(heft.map(({ makespan, bound }) => makespan / bound)) - ratio, 4),
    'worse than HEFT': results.filter(({ makespan }, at) => makespan > heft[at]!.makespan * (1 + 1e-9)).length,
    'ms an instance': round(mean(results.map(({ ms }) => ms)), 1),
    'most ms': round(Math.max(...results.map(({ ms }) => ms)), 1),
    ...(broken >= 0 && { failed: `${instanceName(paths[broken]!)}: ${results[broken]!.violation}` }),
  }
}

/** Written here, apart from the planners, so that the reference does not change with them: no gaps are filled. */
function firstEnd(problem: Problem): Plan {
  const plan = { node: new Int32Array(problem.count), start: new Float64Array(problem.count), makespan: 0, schedules: 1 }
  const free = nodes.map(() => 0)
  const end = (task: number): number => plan.start[task]! + problem.duration[task]! / nodes[plan.node[task]!]!.speed
  for (let task = 0; task < problem.count; task++) {
    const starts = nodes.map((_, node) => {
      let start = free[node]!
      for (let at = problem.starts[task]!; at < problem.starts[task + 1]!; at++) {
        const input = problem.inputs[at]!
        start = Math.max(start, end(input) + (plan.node[input] === node ? 0 : problem.bytes[at]! / link.bandwidth))
      }
      return start
    })
    const ends = starts.map((start, node) => start + problem.duration[task]! / nodes[node]!.speed)
    const node = ends.indexOf(Math.min(...ends))
    plan.node[task] = node
    plan.start[task] = starts[node]!
    free[node] = ends[node]!
    plan.makespan = Math.max(plan.makespan, ends[node]!)
  }
  return plan
}
