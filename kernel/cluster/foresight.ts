/** What lies ahead: plans for the policies that follow one, and when runs will have ended. The kernel only asks; the planner's process works it out. */
import type { Event, State } from '../scheduler/index.ts'
import { Replanner, type PlanRequest } from '../simulator/replan.ts'
import type { Timers } from './clock.ts'
import type { DurationStore } from './durations.ts'
import { Forecasts, type ForecastsOptions } from './forecasts.ts'
import { PlannerProcess, type PlannerLink } from './planner/link.ts'
import { Planners, type PlanReport } from './planner/planners.ts'

export interface ForesightOptions extends Pick<ForecastsOptions, 'onExpected'> {
  readonly state: State
  /** ms, monotonic */
  readonly clock: () => number
  readonly timers: Timers
  /** Tells the scheduler. */
  readonly apply: (event: Event) => void
  /** Told when something was learned. */
  readonly durations?: DurationStore
  /** In tests, not a process. */
  readonly link?: PlannerLink
}

export class Foresight {
  readonly #state: State
  readonly #clock: () => number
  readonly #link: PlannerLink
  readonly #replanner: Replanner
  readonly #planners: Planners
  readonly forecasts: Forecasts
  readonly #durations: DurationStore | undefined
  readonly #timers: Timers
  /** By policy: time that must not leap while its plan is made. */
  readonly #holds = new Map<string, () => void>()
  #alarm: (() => void) | undefined
  #alarmAt = Infinity
  #stopped = false

  constructor({ state, clock, timers, apply, onExpected, durations, link = new PlannerProcess() }: ForesightOptions) {
    this.#state = state
    this.#clock = clock
    this.#timers = timers
    this.#link = link
    this.#durations = durations
    this.#planners = new Planners({ state, clock, apply, link, ...(durations && { memory: durations }) })
    this.#replanner = new Replanner({ plans: (policy) => this.#planners.has(policy), adapts: (policy) => this.#planners.adapts(policy) })
    this.forecasts = new Forecasts({ state, clock, link, onExpected })
  }

  /** After the scheduler was told. Cheap: called for every event. */
  told(event: Event): void {
    this.#replanner.told(this.#state, event)
    this.#schedule()
    this.forecasts.told(event)
    if (event.type === 'TasksFinished') this.#durations?.changed()
  }

  /** What became of the latest question for a plan of this policy. */
  planOf(policy: string): PlanReport | undefined {
    return this.#planners.report(policy)
  }

  /** ms since then. */
  age(report: PlanReport): number {
    return this.#clock() - report.at
  }

  stop(): void {
    this.#stopped = true
    this.#alarm?.()
    this.forecasts.stop()
    this.#link.stop()
  }

  #schedule(): void {
    if (this.#stopped) return
    const at = this.#replanner.nextTime
    if (at === this.#alarmAt || (at > this.#alarmAt && this.#alarm)) return
    this.#alarm?.()
    this.#alarm = undefined
    this.#alarmAt = at
    if (at < Infinity) this.#alarm = this.#timers.at(at, () => this.#look())
  }

  #look(): void {
    this.#alarm = undefined
    this.#alarmAt = Infinity
    for (const request of this.#replanner.due(this.#state, this.#clock())) this.#ask(request)
    this.#schedule()
  }

  #ask({ policy, reason }: PlanRequest): void {
    // An earlier question is answered no more.
    this.#holds.get(policy)?.()
    const release = this.#timers.hold()
    this.#holds.set(policy, release)
    this.#planners.ask(policy, reason, {
      planned: (remaining, plan, took, kept) => {
        release()
        this.#replanner.planned(policy, remaining, plan, remaining.time, this.#clock(), took, kept)
        this.#schedule()
      },
      failed: (final) => {
        release()
        this.#replanner.failed(policy, this.#clock(), final)
        this.#schedule()
      },
    })
    this.#schedule()
  }
}
