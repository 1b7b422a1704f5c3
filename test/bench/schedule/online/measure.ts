// TPC-H jobs that arrive over time: mean time in system under `learned`, and under what it must beat.
//   --seeds N      workloads; their numbers start at --seed
//   --jobs N       jobs that arrive in each; all are drained, and all count
//   --interval S   mean gap between arrivals, s
//   --executors N
//   --training N   workloads, of other seeds, by which `learned` got to know the jobs (minutes, if not 0: plans are made)
//   --straight     durations between two measured numbers of executors lean to the nearer one: see readJobs
import { UserError } from '../../../../kernel/errors.ts'
import { LearnedAgent } from './agent.ts'
import { HeuristicAgent, type Heuristic } from './baselines.ts'
import { Cluster, type Agent, type Result } from './cluster.ts'
import { arrivals, readJobs, type MeasuredJob } from './tpch.ts'
import { levelsFor, trained } from './training.ts'

export const options = {
  seeds: { type: 'string', default: '10' },
  jobs: { type: 'string', default: '200' },
  interval: { type: 'string', default: '25' },
  executors: { type: 'string', default: '50' },
  training: { type: 'string', default: '120' },
  straight: { type: 'boolean', default: false },
} as const

interface Options extends Record<Exclude<keyof typeof options, 'straight'>, string> {
  readonly data?: string
  readonly seed: number
  readonly straight: boolean
}

interface Setting {
  readonly seeds: readonly number[]
  readonly jobs: number
  readonly interval: number
  readonly executors: number
  readonly training: number
}

/** What is measured against: as decima-sim's agents (idle executors wait in their job); the same, but idle executors go where there is work; and asked after every task. */
const manners = {
  '': { keeps: true, stays: true },
  ', releasing': { keeps: false, stays: true },
  ', by task': { keeps: false, stays: false },
} as const
/** Of weighted fair sharing: executors in proportion to (work)^power. The best counts. */
const POWERS = [-2, -1.5, -1, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.5, 2]

type Figures = Record<string, number | string>

export function measure(given: Options): Record<string, Figures> {
  const setting = settingOf(given)
  const jobs = readJobs(given.data!, given.straight)
  const results: Record<string, readonly Result[]> = {}
  const told: Record<string, Figures> = {}
  const run = (agent: () => Agent<MeasuredJob>, stays: boolean) => setting.seeds.map((seed) => new Cluster(workload(jobs, setting, seed), { ...setting, seed, stays }).run(agent()))
  for (const [manner, { keeps, stays }] of Object.entries(manners)) {
    const heuristic = (order: Heuristic['order']) => run(() => new HeuristicAgent({ order, keeps }), stays)
    results[`fifo${manner}`] = heuristic('arrival')
    results[`sjf${manner}`] = heuristic('work')
    const [power, best] = POWERS.map((power) => [power, heuristic({ power })] as const).reduce((a, b) => (jobTime(b[1]) < jobTime(a[1]) ? b : a))
    results[`fair${manner}`] = best
    told[`fair${manner}`] = { 'best power of work': power }
    process.stderr.write(`fifo, sjf, fair${manner}: done\n`)
  }
  const { executors, training } = setting
  const known = trained(jobs, executors, training)
  process.stderr.write(`learned: ${training} training workloads played\n`)
  const learned = run(() => new LearnedAgent({ executors, known, levels: levelsFor(executors) }), true)
  return { ...report(results, told), learned: { ...figures(setting, learned), ...margins(results, learned) } }

  function report(all: Record<string, readonly Result[]>, extra: Record<string, Figures>): Record<string, Figures> {
    return Object.fromEntries(Object.entries(all).map(([name, each]) => [name, { ...figures(setting, each), ...extra[name] }]))
  }
}

function settingOf(given: Options): Setting {
  if (given.data === undefined) throw new UserError('bad-option', '--data DIR is missing: the folder with tpch_jobs.json.')
  const number = (name: keyof typeof options, least: number, most: number, whole = true): number => {
    const value = Number(given[name])
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) throw new UserError('bad-option', `--${name} must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${given[name]}.`)
    return value
  }
  const seeds = number('seeds', 1, 1000)
  return {
    seeds: Array.from({ length: seeds }, (_, i) => given.seed + i), jobs: number('jobs', 1, 100_000), interval: number('interval', 0.001, 1e6, false),
    executors: number('executors', 1, 100), training: number('training', 0, 1000),
  }
}

function workload(jobs: readonly MeasuredJob[], { jobs: count, interval }: Setting, seed: number) {
  return arrivals(jobs, seed, count, interval * 1000)
}

function jobTime(results: readonly Result[]): number {
  return results.reduce((sum, result) => sum + result.jobTime, 0) / results.length
}

function figures({ seeds }: Setting, results: readonly Result[]): Figures {
  return {
    'job time, s': rounded(jobTime(results)),
    utilization: rounded(results.reduce((sum, { utilization }) => sum + utilization, 0) / results.length),
    ...Object.fromEntries(results.map((result, i) => [`seed ${seeds[i]}`, rounded(result.jobTime)])),
  }
}

/** By how much less the mean job time is than the best of fifo, sjf and fair, in each manner. */
function margins(results: Record<string, readonly Result[]>, learned: readonly Result[]): Figures {
  return Object.fromEntries(Object.keys(manners).map((manner) => {
    const best = Math.min(...['fifo', 'sjf', 'fair'].map((name) => jobTime(results[`${name}${manner}`]!)))
    return [`below the best of fifo, sjf, fair${manner}, %`, rounded(100 * (1 - jobTime(learned) / best))]
  }))
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
