import type { Clock } from '../live/clock.ts'

/** Calls at once, and then at most once in `period` ms, however often it is told to; the last time is never dropped. */
export class Calm {
  readonly #call: () => void
  readonly #period: number
  readonly #clock: Clock
  #last = -Infinity
  #stop: (() => void) | undefined

  constructor(call: () => void, period: number, clock: Clock) {
    this.#call = call
    this.#period = period
    this.#clock = clock
  }

  readonly tell = (): void => {
    if (this.#stop) return
    const wait = this.#last + this.#period - this.#clock.now()
    if (wait <= 0) this.#now()
    else this.#stop = this.#clock.after(wait, () => this.#now())
  }

  stop(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  #now(): void {
    this.stop()
    this.#last = this.#clock.now()
    this.#call()
  }
}
