/**
 * The kernel's clock. It shows real time, but while a simulated cluster is there it shows that one's virtual time, which goes on
 * from where the clock stood, in leaps. When that cluster goes, real time passes from there. So the clock never goes back, and
 * of whatever is measured with it, each part is of one kind of time.
 */
import type { Time } from '../scheduler/index.ts'

/** What wants to be woken, whichever time it is that passes. */
export interface Timers {
  /** Calls `ring` once the clock shows `time`; returns how to call that off. */
  at(time: Time, ring: () => void): () => void
  /** Virtual time stands still until what this returns is called: what takes real time to work out takes no virtual time. */
  hold(): () => void
}

export interface VirtualTime {
  now(): Time
  /** Another alarm was set, or nothing holds it any more. */
  changed(): void
}

interface Alarm {
  readonly time: Time
  readonly ring: () => void
  timer: NodeJS.Timeout | undefined
}

/** Timers by a clock that shows real time, wherever that begins. */
export function realTimers(now: () => Time): Timers {
  return {
    at(time, ring) {
      const timer = setTimeout(ring, Math.max(0, Math.ceil(time - now()))).unref()
      return () => clearTimeout(timer)
    },
    hold: () => () => {},
  }
}

export class KernelClock implements Timers {
  readonly #real: () => Time
  #offset = 0
  #virtual: VirtualTime | undefined
  #latest = -Infinity
  readonly #alarms = new Set<Alarm>()
  readonly #holds = new Set<symbol>()

  /** @param real ms, monotonic */
  constructor(real: () => Time) {
    this.#real = real
  }

  readonly now = (): Time => (this.#latest = Math.max(this.#latest, this.#virtual ? this.#virtual.now() : this.#real() + this.#offset))

  at(time: Time, ring: () => void): () => void {
    const alarm: Alarm = { time, ring, timer: undefined }
    this.#alarms.add(alarm)
    this.#arm(alarm)
    this.#virtual?.changed()
    return () => {
      clearTimeout(alarm.timer)
      this.#alarms.delete(alarm)
    }
  }

  hold(): () => void {
    const hold = Symbol('hold')
    this.#holds.add(hold)
    return () => {
      if (this.#holds.delete(hold) && this.#holds.size === 0) this.#virtual?.changed()
    }
  }

  // ── for a simulated cluster ──────────────────────────────────────────────────────────────────────────────

  /** From now on it shows this time, which begins at what `now` says. Returns how to end that. */
  follow(virtual: VirtualTime): () => void {
    this.#virtual = virtual
    this.#rearm()
    return () => {
      if (this.#virtual !== virtual) return
      const last = this.now()
      this.#virtual = undefined
      this.#offset = last - this.#real()
      this.#rearm()
    }
  }

  get held(): boolean {
    return this.#holds.size > 0
  }

  /** When the first alarm goes off; Infinity: none is set. */
  get nextAlarm(): Time {
    let first = Infinity
    for (const { time } of this.#alarms) first = Math.min(first, time)
    return first
  }

  /** Virtual time has come to where these go off. */
  ring(): void {
    const now = this.now()
    for (const alarm of [...this.#alarms]) if (alarm.time <= now && this.#alarms.delete(alarm)) alarm.ring()
  }

  #rearm(): void {
    for (const alarm of this.#alarms) {
      clearTimeout(alarm.timer)
      this.#arm(alarm)
    }
  }

  #arm(alarm: Alarm): void {
    if (this.#virtual) return
    alarm.timer = setTimeout(() => {
      // Timers may be a little early.
      if (this.now() < alarm.time) return this.#arm(alarm)
      this.#alarms.delete(alarm)
      alarm.ring()
    }, Math.max(0, Math.ceil(alarm.time - this.now()))).unref()
  }
}
