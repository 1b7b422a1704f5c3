/**
 * Plans of the jobs of a name, tried out: those more often that did well (UCB1: P. Auer, N. Cesa-Bianchi, P. Fischer, Finite-time analysis of the
 * multiarmed bandit problem, Machine Learning 2002).
 */
import type { KnownJob } from './agent.ts'

export interface Plan extends KnownJob {
  readonly limit: number
}

interface Trial {
  readonly plan: Plan
  /** How many jobs followed it, and their mean time, ms. */
  weight: number
  mean: number
}

/** Times scatter by about this part of their mean. */
const SCATTER = 0.05
/** A plan must have been followed so often before it is relied on. */
const LEAST = 2

export class Trials {
  readonly #trials: Trial[] = []
  /** See Levels. */
  readonly #rent: number

  constructor(rent: number) {
    this.#rent = rent
  }

  add(plan: Plan): void {
    this.#trials.push({ plan, weight: 0, mean: 0 })
  }

  took(plan: Plan, time: number): void {
    const trial = this.#trials.find((one) => one.plan === plan)
    if (!trial) return
    trial.weight++
    trial.mean += (time - trial.mean) / trial.weight
  }

  /** From which most is to be learned: one that is hardly known yet, else the one that may be best. */
  next(): Plan | undefined {
    const total = this.#trials.reduce((sum, { weight }) => sum + weight, 0)
    return this.#least(({ weight }) => (weight < LEAST ? -Infinity : 1 - SCATTER * Math.sqrt((2 * Math.log(total)) / weight)))
  }

  /** The one with which jobs took least. What was seen seldom may have been luck. */
  best(): Plan | undefined {
    return this.#least(({ weight }) => (weight < LEAST ? Infinity : 1 + SCATTER / Math.sqrt(weight))) ?? this.#trials.at(-1)?.plan
  }

  #least(factor: (trial: Trial) => number): Plan | undefined {
    let best: Plan | undefined
    let least = Infinity
    for (const trial of this.#trials) {
      const by = factor(trial)
      const time = Number.isFinite(by) ? trial.mean * by * (1 + this.#rent * trial.plan.limit) : by
      if (time < least) [best, least] = [trial.plan, time]
    }
    return best
  }
}
