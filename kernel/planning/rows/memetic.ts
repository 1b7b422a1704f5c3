import { listOrder } from '../list/order.ts'
import { upwardRank } from '../list/rank.ts'
import type { Search } from '../list/search.ts'
import { joined, ruined, varied, type Timed } from './children.ts'
import { Effort } from './effort.ts'
import { Rows } from './rows.ts'
import { tabu } from './tabu.ts'

const SIZE = 8
/** Children in a row that were not taken in, until another population begins. */
const PATIENCE = 60
/** Chance that a child has one parent, and that this is the best. */
const ONE_PARENT = 0.3
const BEST = 0.5

/**
 * A memetic algorithm: every child is improved by tabu search before it takes the place of the worst (P. Moscato, Caltech report 826, 1989; for
 * rows of tasks: J. Gao, L. Sun, M. Gen, Computers & Operations Research 2008). No two are as long as each other, and when nothing is
 * taken in any more, others begin.
 */
export function breed(search: Search): void {
  const { graph, random, decoder } = search
  const rows = new Rows(graph)
  const effort = new Effort(search, rows)
  const ranks = upwardRank(graph)
  let population: Timed[] = [search.best.plan]
  for (let idle = 0; !effort.over; idle++) {
    const founding = population.length < SIZE
    const { keys, choice } = founding ? varied(search, ranks) : childOf(search, population)
    decoder.decode(listOrder(graph, keys), choice)
    rows.load(decoder)
    if (!rows.pass()) continue
    effort.pass(true)
    search.found(rows)
    const child = tabu(rows, effort)
    if (founding) population.push(child)
    else if (replaced(population, child)) idle = 0
    if (idle < PATIENCE) continue
    idle = 0
    population = random.below(2) === 0 ? [] : [search.best.plan]
  }
}

function childOf(search: Search, population: readonly Timed[]): ReturnType<typeof ruined> {
  const { random } = search
  const first = random.below(population.length)
  if (random.unit() >= ONE_PARENT) return joined(search, population[first]!, population[(first + 1 + random.below(SIZE - 1)) % SIZE]!)
  const best = population.reduce((least, each) => (each.makespan < least.makespan ? each : least))
  return ruined(search, random.unit() < BEST ? best : population[first]!)
}

/** Whether the child took the place of the worst. */
function replaced(population: Timed[], child: Timed): boolean {
  if (population.some(({ makespan }) => Math.abs(makespan - child.makespan) <= 1e-9 * makespan)) return false
  const worst = population.reduce((most, each, at) => (each.makespan > population[most]!.makespan ? at : most), 0)
  if (child.makespan >= population[worst]!.makespan) return false
  population[worst] = child
  return true
}
