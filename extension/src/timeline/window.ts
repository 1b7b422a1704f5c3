/** The part of a run's time that a timeline shows, and where its times stand. No DOM. */

/** ms since the declaration. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Records keep tenths of a ms: nothing is to be seen closer. */
const SHORTEST = 0.5

/** Within the run: never longer than it, never shorter than what can be told apart. */
export function clamped({ from, to }: Span, end: number): Span {
  const length = Math.min(end, Math.max(Math.min(SHORTEST, end), to - from))
  const start = Math.min(end - length, Math.max(0, from))
  return Number.isFinite(start) ? { from: start, to: start + length } : { from: 0, to: end }
}

/** @param factor above 1: closer */
export function zoomed({ from, to }: Span, about: number, factor: number, end: number): Span {
  const length = Math.min(end, Math.max(Math.min(SHORTEST, end), (to - from) / factor))
  const part = to > from ? (about - from) / (to - from) : 0.5
  return clamped({ from: about - part * length, to: about + (1 - part) * length }, end)
}

export function panned({ from, to }: Span, by: number, end: number): Span {
  return clamped({ from: from + by, to: to + by }, end)
}

/** Moved, and widened only as far as needed, so that a segment is to be seen. */
export function showing(span: Span, start: number, until: number, end: number): Span {
  const length = span.to - span.from
  if (until - start > length) return clamped({ from: start - 0.05 * (until - start), to: until + 0.05 * (until - start) }, end)
  const margin = Math.min(0.1 * length, (length - (until - start)) / 2)
  if (start - margin < span.from) return panned(span, start - margin - span.from, end)
  if (until + margin > span.to) return panned(span, until + margin - span.to, end)
  return span
}

/** A span that shows the end of a run goes on showing it while the run does. */
export function followed(span: Span, endBefore: number, end: number): Span {
  return span.to >= endBefore && end > endBefore ? panned(span, end - endBefore, end) : clamped(span, end)
}
