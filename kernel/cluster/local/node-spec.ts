import { badLocalNode } from '../../errors.ts'
import type { NodeSpec } from '../../scheduler/index.ts'

/** A node of this machine. */
export interface LocalNodeSpec {
  readonly name: string
  /** How many tasks it executes at once: threads. */
  readonly slots: number
  /** Cores. Counted by the scheduler; nothing holds a task to them. */
  readonly cpu: number
  readonly gpu?: number
  /** Bytes its tasks may use together; each slot an equal share, or what `--memory` says. */
  readonly memory: number
  /** Custom resources by name. */
  readonly resources?: Readonly<Record<string, number>>
  readonly labels?: Readonly<Record<string, string>>
  /** What the scheduler takes its speed to be, relative to this machine's (1). A label: nothing is slowed down. */
  readonly speed?: number
}

/** Threads of one node; nodes of one machine. */
const MOST = 1024

/** Throws a UserError that names the node and what is wrong with it. */
export function checkNodes(nodes: readonly LocalNodeSpec[]): void {
  if (nodes.length === 0 || nodes.length > MOST) throw badLocalNode('(none)', `a local cluster has from 1 to ${MOST} nodes, not ${nodes.length}`)
  const names = new Set<string>()
  for (const node of nodes) {
    const problem = names.has(node.name) ? 'another node has this name' : problemOf(node)
    if (problem !== undefined) throw badLocalNode(String(node.name), problem)
    names.add(node.name)
  }
}

function problemOf(node: LocalNodeSpec): string | undefined {
  if (typeof node.name !== 'string' || node.name === '') return 'a node needs a name'
  if (!Number.isInteger(node.slots) || node.slots < 1 || node.slots > MOST) return `slots must be a whole number from 1 to ${MOST}, not ${node.slots}`
  const amounts = { cpu: node.cpu, gpu: node.gpu ?? 0, memory: node.memory, ...node.resources }
  for (const [name, amount] of Object.entries(amounts)) if (!(Number.isFinite(amount) && amount >= 0)) return `${name} must be a number from 0, not ${amount}`
  if (node.memory < 1) return 'memory must be at least a byte'
  const speed = node.speed ?? 1
  return Number.isFinite(speed) && speed > 0 ? undefined : `speed must be above 0, not ${speed}`
}

/** The node as the scheduler knows it. */
export function nodeSpec(node: LocalNodeSpec): NodeSpec {
  return {
    id: node.name,
    slots: node.slots,
    resources: { ...node.resources, cpu: node.cpu, memory: node.memory, ...((node.gpu ?? 0) > 0 && { gpu: node.gpu! }) },
    labels: node.labels ?? {},
    speed: node.speed ?? 1,
  }
}
