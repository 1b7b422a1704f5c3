import type { SimulatedOptions } from './cluster/simulated/backend.ts'
import type { SimulatedClusterWords, SimulatedWords } from './magics/simulation.ts'
import type { NodeSpec } from './scheduler/index.ts'
import { usualLink, type Failures } from './simulator/index.ts'

/** Nodes of a simulated cluster of which nobody said how many there are. */
const USUAL_NODES = 100
/** Bytes, where nothing is said. */
const MEMORY = 64 * 2 ** 30
/** Of tasks of which nothing is known, ms. */
const USUAL_DURATION = 1000

/** The nodes as they are worded; nothing when none are. What is not said: one slot, a core per slot, 64 GiB. */
export function simulatedNodes({ nodes, slots = 1, extra }: SimulatedWords): NodeSpec[] {
  const alike = Array.from({ length: nodes ?? 0 }, (_, i): NodeSpec => ({ id: `node-${i + 1}`, slots, resources: { cpu: slots, memory: MEMORY }, labels: {}, speed: 1 }))
  const named = extra.map(({ name, slots: own, cpu, gpu, memory = MEMORY, speed = 1, labels, resources }): NodeSpec => {
    const threads = own ?? Math.max(1, Math.floor(cpu ?? slots))
    return { id: name, slots: threads, resources: { ...resources, cpu: cpu ?? threads, memory, ...(gpu !== undefined && { gpu }) }, labels, speed }
  })
  return [...alike, ...named]
}

/** What `%cluster simulate` asks for. */
export function simulatedCluster(words: SimulatedClusterWords): Omit<SimulatedOptions, 'clock' | 'estimates'> {
  const shaped = words.nodes === undefined && words.extra.length === 0 ? { ...words, nodes: USUAL_NODES } : words
  return { nodes: simulatedNodes(shaped), duration: words.duration ?? USUAL_DURATION, seed: words.seed ?? 0, ...surroundingsOf(words) }
}

/** How results travel, and how nodes fail. */
export function surroundingsOf({ bandwidth, mtbf }: SimulatedWords): { readonly link: typeof usualLink; readonly failures?: Failures } {
  return { link: bandwidth === undefined ? usualLink : { ...usualLink, bandwidth }, ...(mtbf !== undefined && { failures: { mtbf } }) }
}
