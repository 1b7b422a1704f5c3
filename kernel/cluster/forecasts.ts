/** When unfinished runs are expected to have ended: worked out about once a second, while something runs and somebody watches. */
import type { Event, RunId, State, Time } from '../scheduler/index.ts'
import { roughForecast, type Expected, type Forecast, type LargeRun } from '../simulator/forecast.ts'
import { problemOf } from '../simulator/remaining.ts'
import { spreadOf } from '../simulator/spread.ts'
import type { PlannerLink } from './planner/link.ts'

/** Between two forecasts, ms, at least; and so many times what gathering the last one's question took of the kernel's time. */
const INTERVAL = 1000
const SHARE = 50
/** So long after they last looked, ms, nobody watches. */
const WATCHED = 3000
/** With more tasks left than this, a closed form has to do. */
const MOST_TASKS = 20_000
const SOME = 16

export interface ForecastsOptions {
  readonly state: State
  /** ms, monotonic */
  readonly clock: () => number
  readonly link: PlannerLink
  /** The end of these runs is expected at another time, or (undefined) nobody knows. On the clock. */
  readonly onExpected: (expected: ReadonlyMap<RunId, Expected | undefined>) => void
}

export class Forecasts {
  readonly #options: ForecastsOptions
  /** On the clock. */
  readonly #expected = new Map<RunId, Expected>()
  #all: Expected | undefined
  #watchedAt = -Infinity
  #timer: NodeJS.Timeout | undefined
  #notBefore = -Infinity
  #asking: Promise<void> | undefined
  #stopped = false
  /** Tasks that were declared and have not ended are there, as far as events tell. */
  #running = false
  #seed = 0

  constructor(options: ForecastsOptions) {
    this.#options = options
  }

  /** When the run will have ended, on the clock; nothing: it has, or nobody knows. */
  of(run: RunId): Expected | undefined {
    return this.#options.state.unfinished(run) > 0 ? this.#expected.get(run) : undefined
  }

  /** The same of all that is unfinished. */
  get all(): Expected | undefined {
    return this.#running ? this.#all : undefined
  }

  /** Somebody looks at what runs. Cheap. */
  watched(): void {
    this.#watchedAt = this.#options.clock()
    this.#schedule()
  }

  told(event: Event): void {
    if (event.type !== 'RunDeclared' && event.type !== 'TasksRerun') return
    this.#running = true
    this.#schedule()
  }

  /** Resolves when there is a forecast as of now, or after `patience` ms. */
  async fresh(patience: number): Promise<void> {
    this.#watchedAt = this.#options.clock()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience).unref()))
    await Promise.race([this.#look(), late])
    clearTimeout(timer)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    const now = this.#options.clock()
    if (this.#timer || this.#stopped || !this.#running || now - this.#watchedAt > WATCHED) return
    // Not at once: what is over in a second needs no forecast.
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#look()
    }, Math.max(INTERVAL, this.#notBefore - now)).unref()
  }

  #look(): Promise<void> {
    this.#asking ??= this.#forecast().finally(() => {
      this.#asking = undefined
      this.#schedule()
    })
    return this.#asking
  }

  async #forecast(): Promise<void> {
    const { state, clock, link } = this.#options
    const began = clock()
    const unfinished = state.unfinishedRuns()
    this.#running = unfinished.length > 0
    if (!unfinished.some((run) => state.known(run)) || state.nodes.size === 0) return this.#take([], undefined, began)
    if (unfinished.reduce((sum, run) => sum + state.unfinished(run), 0) > MOST_TASKS) {
      this.#take(unfinished, roughForecast(unfinished.map((run) => largeRun(state, run))), began)
      this.#notBefore = began + SHARE * (clock() - began)
      return
    }
    const remaining = problemOf(state, undefined, began)
    const { problem, of, runs, whole, elapsed } = remaining
    this.#notBefore = began + SHARE * (clock() - began)
    // What can never start, as things are, has no end.
    const spreads = runs.map(({ spread, stuck }) => (stuck ? { ...spread, known: false } : spread))
    const made = await link.forecast({ problem, of, whole, elapsed, spreads }, ++this.#seed)
    if (!this.#stopped) this.#take(runs.map((run) => run.id), made, began)
  }

  #take(runs: readonly RunId[], forecast: Forecast | undefined, at: Time): void {
    const before = [...this.#expected.keys()]
    this.#expected.clear()
    runs.forEach((run, row) => {
      const expected = forecast?.runs[row]
      if (expected && Number.isFinite(expected.late)) this.#expected.set(run, on(expected, at))
    })
    this.#all = forecast?.all && Number.isFinite(forecast.all.late) ? on(forecast.all, at) : undefined
    this.#options.onExpected(new Map([...before, ...this.#expected.keys()].map((run) => [run, this.#expected.get(run)])))
  }
}

function on({ early, middle, late }: Expected, time: Time): Expected {
  return { early: time + early, middle: time + middle, late: time + late }
}

/** The run in a few numbers. */
function largeRun(state: State, id: RunId): LargeRun {
  const { spec, priority, unfinished } = state.run(id)
  const known = state.known(id)
  let capacity = 0
  for (const { spec: node } of state.nodes.values()) {
    let room = node.slots
    for (const [name, amount] of Object.entries(spec.request)) if (amount > 0) room = Math.min(room, Math.floor((node.resources[name] ?? 0) / amount))
    capacity += room * node.speed
  }
  // Durations depend on inputs: some tasks stand for all.
  const some = Math.min(SOME, spec.count)
  let duration = 0
  for (let i = 0; i < some; i++) duration += state.expected(spec.first + Math.floor((i * spec.count) / some)) / some
  return { tasks: unfinished, duration, spread: spreadOf(known ? state.estimates.get(spec.name) : undefined), priority, capacity }
}
