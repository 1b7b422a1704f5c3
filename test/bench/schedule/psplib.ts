// PSPLIB .sm: --best rows are instance,lb,ub.
import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { readPsplib } from '../../../kernel/formats/psplib.ts'
import { bestKnown, instanceName, instancesOf, mean, round, serve, solveAll, writeCsv, type Figures, type Options } from './instances.ts'
import { solved, type Limits, type Solved } from './solve.ts'

interface Job {
  readonly path: string
  readonly limits: Limits
}

function solve({ path, limits }: Job): Promise<Solved> {
  return solved(readPsplib(readFileSync(path, 'utf8'), path).problem, limits)
}

if (!isMainThread) serve(solve)

export async function measure(options: Options): Promise<Record<string, Figures>> {
  const paths = instancesOf(options, '.sm')
  const known = new Map(bestKnown(options).map(([name, lower, upper]) => [name!.replace(/\.sm$/, ''), { lower: Number(lower), upper: Number(upper) }]))
  const { schedules, seconds, seed } = options
  const results = await solveAll(paths.map((path): Job => ({ path, limits: { schedules, seconds, seed } })), solve, options.threads)
  const rows = results.map((result, at) => ({ ...result, name: instanceName(paths[at]!), best: known.get(instanceName(paths[at]!).replace(/\.sm$/, '')) }))
  writeCsv(options.out, [['instance', 'makespan'], ...rows.map((row) => [row.name, row.makespan])])
  const broken = rows.filter((row) => row.violation !== undefined)
  for (const row of broken) console.error(`${row.name}: ${row.violation}`)
  const rated = rows.filter((row) => row.best !== undefined && Number.isFinite(row.best.upper))
  const above = (pick: (row: (typeof rows)[number]) => number, among = rows): number[] => among.map((row) => 100 * (row.makespan / pick(row) - 1))
  const aboveBest = above((row) => row.best!.upper, rated)
  return {
    psplib: {
      instances: rows.length,
      '% above the critical path': round(mean(above((row) => row.criticalPath))),
      ...(rated.length === 0 ? {} : {
        'the same, of the best known': round(mean(rated.map((row) => 100 * (row.best!.upper / row.criticalPath - 1)))),
        '% above the best known': round(mean(aboveBest)),
        'most % above the best known': round(Math.max(...aboveBest)),
        'known optimal': rated.filter((row) => row.makespan <= row.best!.lower).length,
        'as good as the best known': rated.filter((row) => row.makespan <= row.best!.upper).length,
        'better than the best known': rated.filter((row) => row.makespan < row.best!.upper).length,
      }),
      'schedules an instance': round(mean(rows.map((row) => row.schedules)), 1),
      'schedules/s': Math.round(rows.reduce((sum, row) => sum + row.schedules, 0) / (rows.reduce((sum, row) => sum + row.ms, 0) / 1000)),
      'ms an instance': round(mean(rows.map((row) => row.ms)), 1),
      'most ms': round(Math.max(...rows.map((row) => row.ms)), 1),
      ...(broken.length === 0 ? {} : { failed: `${broken.length} schedules break the rules; the first, of ${broken[0]!.name}: ${broken[0]!.violation}` }),
    },
  }
}
