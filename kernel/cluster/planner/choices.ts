/** For policies that leave the choice to others: which one is to place their runs, and which won before on graphs of the same shape. */
import type { Event, State } from '../../scheduler/index.ts'
import type { ChoiceProblem } from '../../simulator/choose.ts'
import { shapeOf } from '../../simulator/graph-shape.ts'
import type { Remaining } from '../../simulator/remaining.ts'
import type { PlannerLink } from './link.ts'

/** Rollouts of more tasks than this take too long to be worth it. */
const MOST_TASKS = 5000
/** Shapes that are remembered: those seen last. */
const MOST_SHAPES = 500

export interface ChoiceMade {
  readonly chosen: string
  /** What speaks for it, in a clause. */
  readonly why: string
  readonly took: number
}

export interface ChoicesOptions {
  readonly state: State
  readonly link: PlannerLink
  /** Tells the scheduler. */
  readonly apply: (event: Event) => void
  readonly clock: () => number
  /** What won before, and who is told when it grows; absent: it is forgotten with the kernel. */
  readonly memory?: { readonly wins: Map<string, Map<string, number>>; won(): void }
}

export class Choices {
  readonly #state: State
  readonly #link: PlannerLink
  readonly #apply: (event: Event) => void
  readonly #clock: () => number
  /** How often each policy won, by shape. */
  readonly #wins: Map<string, Map<string, number>>
  readonly #memory: ChoicesOptions['memory']

  constructor({ state, link, apply, clock, memory }: ChoicesOptions) {
    this.#memory = memory
    this.#wins = memory?.wins ?? new Map<string, Map<string, number>>()
    this.#state = state
    this.#link = link
    this.#apply = apply
    this.#clock = clock
  }

  /** Chooses for the unfinished runs of `policy`, and tells the scheduler. `on` is called once, unless a later question comes first. */
  ask(policy: string, remaining: Remaining, seed: number, on: (answer: ChoiceMade | { readonly none: string; readonly died: boolean }) => void): void {
    const { problem, runs } = remaining
    const shape = shapeOf(problem)
    const favourite = this.#favourite(shape)
    if (problem.count > MOST_TASKS || !runs.some((run) => run.spread.known)) {
      const none = problem.count > MOST_TASKS ? 'there are too many tasks to try policies on' : 'nothing is known yet of how long its tasks take'
      if (favourite === undefined) return on({ none, died: false })
      return on(this.#tell(policy, remaining, favourite, `${none}, and it won before on graphs of this shape`, 0))
    }
    const { of, whole, elapsed } = remaining
    const input: ChoiceProblem = { problem, of, whole, elapsed, spreads: runs.map((run) => run.spread), names: runs.map((run) => run.name) }
    this.#link.choose(policy, input, favourite, seed, (answer) => {
      if ('none' in answer) return on(answer)
      const { chosen, took } = answer
      this.#won(shape, chosen.policy)
      const [best, second] = chosen.makespans
      const beside = second ? `, and with ${second[0]}, the next best of ${chosen.makespans.length}, ${seconds(second[1])}` : ''
      on(this.#tell(policy, remaining, chosen.policy, `rolled forward, ${chosen.jobs > 1 ? `each of ${chosen.jobs} jobs on average` : 'what is left'} takes ${seconds(best![1])} with it${beside}`, took))
    })
  }

  #tell(policy: string, remaining: Remaining, chosen: string, why: string, took: number): ChoiceMade {
    const others = remaining.runs.filter(({ id, policy: own }) => own === policy && this.#state.unfinished(id) > 0 && this.#state.run(id).placedBy !== chosen)
    const runs = others.map(({ id }) => id)
    if (runs.length > 0) this.#apply({ type: 'PolicyChosen', time: this.#clock(), runs, policy: chosen, reason: why })
    return { chosen, why, took }
  }

  #favourite(shape: string): string | undefined {
    return [...(this.#wins.get(shape) ?? [])].sort(([, a], [, b]) => b - a)[0]?.[0]
  }

  #won(shape: string, policy: string): void {
    const wins = this.#wins.get(shape) ?? new Map<string, number>()
    wins.set(policy, (wins.get(policy) ?? 0) + 1)
    this.#wins.delete(shape)
    this.#wins.set(shape, wins)
    const [oldest] = this.#wins.keys()
    if (this.#wins.size > MOST_SHAPES) this.#wins.delete(oldest!)
    this.#memory?.won()
  }
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toPrecision(3))} s`
}
