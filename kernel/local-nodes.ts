import { availableParallelism, totalmem } from 'node:os'
import type { LocalNodeSpec } from './cluster/local/backend.ts'
import type { NodeWords } from './magics/lines.ts'

/** What of the machine's memory the nodes may use together. */
const MEMORY_SHARE = 0.8

/**
 * The nodes of a local cluster as `%cluster local` words them: `count` alike (by default sharing the machine's cores),
 * and the extra ones. What is not said: a core per slot, and an equal share of memory.
 */
export function localNodes(count: number, slots: number | undefined, extra: readonly NodeWords[]): LocalNodeSpec[] {
  const memory = Math.floor((totalmem() * MEMORY_SHARE) / Math.max(1, count + extra.length))
  const each = slots ?? Math.max(1, Math.floor(availableParallelism() / Math.max(1, count)))
  const alike = Array.from({ length: count }, (_, i) => ({ name: count === 1 ? 'local' : `node-${i + 1}`, slots: each, cpu: each, memory }))
  const named = extra.map(({ slots: own, cpu, ...words }) => {
    const threads = own ?? Math.max(1, Math.floor(cpu ?? each))
    return { memory, ...words, slots: threads, cpu: cpu ?? threads }
  })
  return [...alike, ...named]
}
