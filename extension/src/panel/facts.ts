/** What the panel, the status bar and the toolbar say, as numbers. */
import type { ClusterNode, ClusterState, Headline } from '../../../kernel/cluster/live/types.ts'

/** Of a cluster that is started from here, as the messages' schema has it. */
export const MOST_NODES = 64
export const MOST_SLOTS = 1024

export interface Progress {
  readonly running: number
  /** Tasks of unfinished runs. */
  readonly total: number
  readonly ended: number
}

/** Over all runs that have not ended. */
export function progressOf(runs: Iterable<Headline>): Progress {
  let [running, total, ended] = [0, 0, 0]
  for (const { final, count, counts } of runs) {
    if (final) continue
    running += counts.running
    total += count
    ended += counts.succeeded + counts.failed + counts.cancelled + counts.skipped
  }
  return { running, total, ended }
}

/** ms since the declaration, or until the end. Clocks of the kernel's and of the browser's machine may differ. */
export function elapsed({ final, makespan, declared }: Headline, now: number): number {
  return final ? (makespan ?? 0) : Math.max(0, now - declared)
}

export interface ClusterFacts {
  readonly nodes: number
  readonly slots: number
  readonly busy: number
}

export function clusterFacts({ nodes, omitted }: ClusterState): ClusterFacts {
  const sum = (amount: (node: ClusterNode) => number): number => nodes.reduce((total, node) => total + amount(node), 0)
  return { nodes: nodes.length + omitted, slots: sum(({ slots }) => slots), busy: sum(({ busy }) => busy) }
}

/** From 0 to 1; 0 of nothing. */
export function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0
}

/** A number that somebody typed, if it is one of those. */
export function typed(text: string, least: number, most: number): number | undefined {
  const value = Number(text)
  return text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most ? value : undefined
}

/** `delays.ipynb` of `work/delays.ipynb` */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
