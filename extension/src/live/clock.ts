/** Time, so that tests can have their own. */
export interface Clock {
  /** ms, since whenever. */
  now(): number
  /** Calls once, after `ms`; the function it returns calls that off. */
  after(ms: number, call: () => void): () => void
}

export const pageClock: Clock = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
