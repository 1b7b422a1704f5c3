// Standard Task Graph Set: --best rows are folder/instance.stg,processors,optimum or …,processors,lower,upper while the optimum is open.
// Every graph is solved for each number of processors that the rows name.
import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { UserError } from '../../../kernel/errors.ts'
import { readStg } from '../../../kernel/formats/stg.ts'
import { bestKnown, instanceName, instancesOf, mean, round, serve, solveAll, writeCsv, type Figures, type Options } from './instances.ts'
import { solved, type Limits, type Solved } from './solve.ts'

interface Job {
  readonly path: string
  readonly processors: number
  readonly lower: number
  readonly upper: number
  readonly limits: Limits
}

type Row = Job & Solved

function solve({ path, processors, limits }: Job): Promise<Solved> {
  return solved(readStg(readFileSync(path, 'utf8'), path, processors).problem, limits)
}

if (!isMainThread) serve(solve)

export async function measure(options: Options): Promise<Record<string, Figures>> {
  const jobs = jobsOf(options)
  const results = await solveAll(jobs, solve, options.threads)
  const rows = results.map((result, at): Row => ({ ...jobs[at]!, ...result }))
  writeCsv(options.out, [['instance', 'processors', 'makespan'], ...rows.map((row) => [instanceName(row.path), row.processors, row.makespan])])
  for (const row of rows) if (row.violation !== undefined) console.error(`${instanceName(row.path)} on ${row.processors}: ${row.violation}`)
  const processors = [...new Set(rows.map((row) => row.processors))].sort((a, b) => a - b)
  const each = processors.map((count) => [`${count} processors`, figuresOf(rows.filter((row) => row.processors === count))] as const)
  return Object.fromEntries(each.length > 1 ? [...each, ['all', figuresOf(rows)]] : each)
}

function jobsOf(options: Options): Job[] {
  const { schedules, seconds, seed } = options
  const known = bestKnown(options)
  if (known.length === 0) throw new UserError('missing-option', 'On how many processors? The rows of --best CSV say so: instance,processors,optimum')
  const jobs = instancesOf(options, '.stg').flatMap((path) => {
    const rows = known.filter(([name]) => name === instanceName(path) || name!.endsWith(`/${instanceName(path)}`))
    return rows.map(([, processors, lower, upper]): Job => ({
      path, processors: Number(processors), lower: Number(lower), upper: Number(upper || lower), limits: { schedules, seconds, seed },
    }))
  })
  if (jobs.length === 0) throw new UserError('no-instances', 'None of the rows of --best is of an instance in --data.')
  return jobs
}

/** An open optimum is somewhere in its interval: a schedule is sure to be optimal at its lower end, and at most so far from it. */
function figuresOf(rows: readonly Row[]): Figures {
  const broken = rows.filter((row) => row.violation !== undefined)
  const closed = rows.filter((row) => row.lower === row.upper)
  const percent = (part: number, whole: number): number => round((100 * part) / Math.max(1, whole), 2)
  const deviation = (pick: (row: Row) => number, among: readonly Row[]): number => round(mean(among.map((row) => 100 * (row.makespan / pick(row) - 1))), 4)
  return {
    graphs: rows.length,
    '% optimal, or as good as the best known': percent(rows.filter((row) => row.makespan <= row.upper).length, rows.length),
    'of known optimum': closed.length,
    '% optimal of these': percent(closed.filter((row) => row.makespan <= row.upper).length, closed.length),
    'mean % above the optimum of these': deviation((row) => row.lower, closed),
    'mean % above the best known': deviation((row) => row.upper, rows),
    'most % above the best known': round(Math.max(...rows.map((row) => 100 * (row.makespan / row.upper - 1)))),
    'ms a graph': round(mean(rows.map((row) => row.ms)), 2),
    'most ms': round(Math.max(...rows.map((row) => row.ms)), 1),
    'schedules a graph': round(mean(rows.map((row) => row.schedules)), 1),
    ...(broken.length === 0 ? {} : { failed: `${broken.length} schedules break the rules; the first, of ${instanceName(broken[0]!.path)}: ${broken[0]!.violation}` }),
  }
}
