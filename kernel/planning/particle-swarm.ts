import { positions, Search, type Encoding } from './list/search.ts'
import type { Budget, Plan, Problem } from './problem.ts'

const PARTICLES = 16
/** Inertia and the two accelerations, as M. Clerc and J. Kennedy recommend (IEEE TEC 2002). */
const INERTIA = 0.7298
const ACCELERATION = 1.49618

interface Particle {
  /** Keys in 0 … 1, then nodes in -1 … nodes. */
  readonly position: Float64Array
  readonly velocity: Float64Array
  best: Float64Array
  makespan: number
}

/**
 * A particle swarm over random keys (J. Kennedy, R. Eberhart, ICNN 1995; keys as in J. C. Bean, ORSA J. Computing 1994): half
 * of the coordinates order the tasks, half choose their nodes. Two particles begin as HEFT and PEFT, the others near them.
 */
export function particleSwarm(problem: Problem, budget: Budget): Plan {
  const search = new Search(problem, budget)
  const seeds = search.seeds()
  const swarm = Array.from({ length: PARTICLES }, (_, i) => particle(search, seeds[i % seeds.length]!, i < seeds.length ? 0 : 0.1))
  for (const each of swarm) if (!search.over) each.makespan = search.evaluate(encodingOf(search, each.position))
  while (!search.over) {
    const leader = swarm.reduce((a, b) => (b.makespan < a.makespan ? b : a)).best
    for (const each of swarm) {
      if (search.over) break
      move(search, each, leader)
      const makespan = search.evaluate(encodingOf(search, each.position))
      if (makespan >= each.makespan) continue
      each.makespan = makespan
      each.best = each.position.slice()
    }
  }
  return search.best.plan
}

function particle({ graph, random }: Search, { keys, choice }: Encoding, spread: number): Particle {
  const { count, nodes } = graph
  const places = positions(graph, keys)
  const noise = () => spread * (random.unit() - 0.5)
  const position = Float64Array.from({ length: 2 * count }, (_, at) => (at < count ? places[at]! / count + noise() : choice[at - count]! + 0.5 + noise() * nodes * 2))
  return { position, velocity: new Float64Array(2 * count), best: position.slice(), makespan: Infinity }
}

function move({ graph: { count, nodes }, random }: Search, { position, velocity, best }: Particle, leader: Float64Array): void {
  for (let at = 0; at < 2 * count; at++) {
    const pull = ACCELERATION * random.unit() * (best[at]! - position[at]!) + ACCELERATION * random.unit() * (leader[at]! - position[at]!)
    velocity[at] = INERTIA * velocity[at]! + pull
    const [low, high] = at < count ? [0, 1] : [-1, nodes]
    const moved = position[at]! + velocity[at]!
    position[at] = Math.min(high, Math.max(low, moved))
    if (moved < low || moved > high) velocity[at] = 0
  }
}

/** What names no node on which the task may run leaves the choice open. */
function encodingOf({ graph }: Search, position: Float64Array): Encoding {
  const choice = Int32Array.from({ length: graph.count }, (_, i) => {
    const node = Math.min(graph.nodes - 1, Math.floor(position[graph.count + i]!))
    return node >= 0 && graph.canRun(i, node) ? node : -1
  })
  return { keys: position.slice(0, graph.count), choice }
}
