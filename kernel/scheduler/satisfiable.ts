import type { Unsatisfiable } from './event.ts'
import type { Node } from './node.ts'
import type { Shape } from './shape.ts'
import type { Machine } from './state.ts'
import type { State } from './view.ts'
import type { RunSpec } from './task.ts'
import { machineOf } from './transition.ts'

/**
 * Why the run's tasks could never run on the cluster's nodes, even if these were empty; undefined when they can. Nodes
 * that died count, as they may join again; those that were taken away on purpose do not.
 */
export function satisfiable(state: State, run: RunSpec): Unsatisfiable | undefined {
  const m = machineOf(state)
  const shape = m.shapeOf(run.request, run.placement)
  const missed = [...m.missed.values()]
  if (shape.capable + missed.filter(node => shape.room(node) > 0).length >= run.replicas) return undefined
  const { node, labels } = run.placement
  const asked = { request: run.request, ...(node !== undefined && { node }), ...(labels && { labels }), replicas: run.replicas }
  const nodes = [...m.nodes.values(), ...missed]
  const admitted = nodes.filter(candidate => shape.admits(candidate))
  const largest = nearest(shape, admitted.length > 0 ? admitted : nodes)
  return { asked, ...(largest && { largest: largest.spec }), reason: reasonOf(m, shape, run, admitted, largest) }
}

/** The node that lacks fewest of the resources asked for; of equals, the one that has most of what it lacks. */
function nearest(shape: Shape, nodes: readonly Node[]): Node | undefined {
  const distance = (node: Node) => {
    let distance = node.slots.length > 0 ? 0 : 1
    for (const { resource, amount } of shape.request) {
      const share = (node.total[resource] ?? 0) / amount
      if (share < 1) distance += 2 - share
    }
    return distance
  }
  return nodes.reduce<Node | undefined>((best, node) => (best && distance(best) <= distance(node) ? best : node), undefined)
}

function reasonOf(m: Machine, shape: Shape, run: RunSpec, admitted: readonly Node[], largest: Node | undefined): string {
  const { node, labels } = run.placement
  if (!largest) return 'the cluster has no node'
  if (admitted.length === 0) {
    if (node !== undefined && !m.nodes.has(node)) return `no node is named ${node}; there are ${someOf([...m.nodes.keys()])}`
    const wanted = Object.entries(labels ?? {}).map(([name, value]) => `${name}=${value}`).join(', ')
    return node !== undefined ? `node ${node} is not labelled ${wanted}` : `no node is labelled ${wanted}`
  }
  if (shape.capable > 0) return `replicas: asked ${run.replicas}, ${shape.capable} ${shape.capable === 1 ? 'node fits' : 'nodes fit'}`
  const lacks = shape.request.filter(({ resource, amount }) => (largest.total[resource] ?? 0) < amount)
  if (lacks.length === 0) return `node ${largest.spec.id} has no slots`
  const which = admitted.length === 1 ? `node ${largest.spec.id}` : `the largest node (${largest.spec.id})`
  return lacks.map(({ resource, amount }) => {
    const name = m.resources.names[resource]!
    // No node has all of it at once: say so even where some node has enough of this one.
    return `${name}: asked ${run.request[name] ?? amount}, ${which} has ${largest.spec.resources[name] ?? 0}`
  }).join('; ')
}

function someOf(names: readonly string[]): string {
  return names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
}
