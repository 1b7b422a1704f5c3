/** What a user's policy is shown, and what its answer means. Pure; runs where the policy runs. */
import type { PolicyAnswer, View } from './user-policy-messages.ts'

/** What the function is given: the view, frozen all through, and a seeded generator. */
export type ShownView = View & { random(): number }

export function shownView(view: View, random: () => number): ShownView {
  return Object.freeze({ ...frozen(view), random })
}

/** An answer that is none. */
export class Senseless extends Error {
  override name = 'BadAnswer'
}

/**
 * The assignments in the order given. A task may stand for itself (its object or its id, any node), or be `{ task, node }`,
 * where the node is one of the view's or its name. Of a task that is named twice the first counts.
 * @throws Senseless that says what is wrong with which element
 */
export function answerOf(returned: unknown, view: View): PolicyAnswer {
  if (returned === null || typeof returned !== 'object' || !(Symbol.iterator in returned)) {
    throw new Senseless(`it returned ${said(returned)}, not an array of assignments such as [{ task, node }]`)
  }
  const known = new Set(view.tasks.map((task) => task.id))
  const numbers = new Map(view.nodes.map((node, number) => [node.name, number]))
  const tasks: number[] = []
  const nodes: number[] = []
  const seen = new Set<number>()
  let index = -1
  for (const one of returned as Iterable<unknown>) {
    index++
    // No sensible answer is longer: an endless generator ends here.
    if (index > 4 * known.size) throw new Senseless(`it returned more than ${4 * known.size} assignments for ${known.size} tasks`)
    const { task, node } = parts(one)
    const id = typeof task === 'object' && task !== null ? (task as { id?: unknown }).id : task
    if (typeof id !== 'number' || !known.has(id)) throw new Senseless(`element ${index} of what it returned names ${said(task)}, which is not among view.tasks`)
    const number = numberOf(node, numbers, index)
    if (seen.has(id)) continue
    seen.add(id)
    tasks.push(id)
    nodes.push(number)
  }
  return { tasks, nodes }
}

function parts(one: unknown): { task: unknown; node: unknown } {
  if (typeof one === 'object' && one !== null && 'task' in one) return { task: one.task, node: 'node' in one ? one.node : undefined }
  return { task: one, node: undefined }
}

function numberOf(node: unknown, numbers: ReadonlyMap<string, number>, index: number): number {
  if (node === undefined || node === null) return -1
  const name = typeof node === 'object' ? (node as { name?: unknown }).name : node
  const number = typeof name === 'string' ? numbers.get(name) : undefined
  if (number === undefined) throw new Senseless(`element ${index} of what it returned names the node ${said(node)}; there are ${[...numbers.keys()].slice(0, 20).join(', ') || 'none'}`)
  return number
}

/** In a few words, without running anything of the value's own. */
function said(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined || value === null) return String(value)
  if (typeof value === 'object') {
    const name = Object.getOwnPropertyDescriptor(value, 'name')?.value as unknown
    return typeof name === 'string' ? JSON.stringify(name.slice(0, 40)) : 'an object'
  }
  return `a ${typeof value}`
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}
