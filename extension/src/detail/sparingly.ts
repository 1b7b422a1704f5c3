/** What takes long is not made anew for every frame. */
import * as React from 'react'

/** Share of the time that may go into it while a run is moving. */
const SHARE = 1 / 20

/**
 * The value of `make` for what `of` is now; while the run moves, sometimes for what it was.
 * @param of another object after each change
 * @param settled it must be up to date
 */
export function useSparingly<T>(make: () => T, of: object, settled: boolean): T {
  const kept = React.useRef<{ value: T; of: object; notBefore: number }>()
  const before = kept.current
  const now = performance.now()
  if (before && (before.of === of || (!settled && now < before.notBefore))) return before.value
  const value = make()
  kept.current = { value, of, notBefore: now + (performance.now() - now) / SHARE }
  return value
}
