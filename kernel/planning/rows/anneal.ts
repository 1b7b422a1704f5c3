import type { Search } from '../list/search.ts'
import { Effort } from './effort.ts'
import { Rows } from './rows.ts'

/** Of the makespan: how much longer a schedule is that is taken with a chance of 1/e, at the beginning and at the end. */
const HOT = 0.02
const COLD = 1e-4
/** Chance that a task is drawn from a critical path, and not from all. */
const CRITICAL = 0.5
/** What is so many temperatures longer than the best place is not drawn for. */
const FAR = 8

/**
 * Simulated annealing in a heat bath: a task goes to one of all its places, the likelier the shorter the schedule is with it there
 * (S. Geman, D. Geman, IEEE PAMI 1984; S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, Science 1983), and stays where it was if the
 * place is refused.
 */
export function annealRows(search: Search): void {
  const { graph, random } = search
  const rows = new Rows(graph)
  const effort = new Effort(search, rows)
  rows.load(search.best.plan)
  if (effort.over || !rows.pass()) return
  effort.pass(true)
  let path = rows.critical(random)
  while (!effort.over) {
    const temperature = rows.makespan * HOT * (COLD / HOT) ** search.phaseProgress
    const task = random.unit() < CRITICAL ? path[random.below(path.length)]! : random.below(graph.count)
    if (rows.isRunning(task)) {
      effort.look(1)
      continue
    }
    const to = drawn(effort, task, temperature)
    if (!to || random.unit() >= Math.exp((rows.makespan - to.makespan) / temperature)) continue
    effort.pass(rows.move(task, to.node, to.row, to.at))
    path = rows.critical(random)
    search.found(rows)
  }
}

interface Place {
  readonly node: number
  readonly row: number
  readonly at: number
  readonly makespan: number
}

/** The least of makespans with Gumbel noise is drawn with Boltzmann's chances (E. J. Gumbel 1954). */
function drawn(effort: Effort, task: number, temperature: number): Place | undefined {
  let place: Place | undefined
  let least = Infinity
  effort.moves(task, (node, row, at, makespan) => {
    if (makespan - FAR * temperature > least) return
    const noisy = makespan + temperature * Math.log(-Math.log(effort.random.unit() || Number.MIN_VALUE))
    if (noisy >= least) return
    least = noisy
    place = { node, row, at, makespan }
  })
  return place
}
