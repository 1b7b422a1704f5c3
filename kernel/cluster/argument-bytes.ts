/** How large what each task of a run is given is: durations often grow with it. */
import type { Declaration, Wire } from '../travel/declaration.ts'

/** Arguments smaller than this say nothing of how long a task takes. */
const LEAST = 256

/** By task, without results of other runs; nothing where all are small. */
export function argumentBytes({ count, parameters }: Pick<Declaration, 'count' | 'parameters'>): Float64Array | undefined {
  const sets = parameters.flatMap((parameter) => (parameter.from === 'items' ? [{ stride: parameter.stride, sizes: parameter.items.map(sizeOf) }] : []))
  if (!sets.some(({ sizes }) => sizes.some((size) => size >= LEAST))) return undefined
  const bytes = new Float64Array(Math.max(0, count))
  for (const { stride, sizes } of sets) for (let task = 0; task < bytes.length; task++) bytes[task]! += sizes[Math.floor(task / stride) % sizes.length]!
  return bytes
}

function sizeOf(wire: Wire): number {
  if (wire instanceof Uint8Array) return wire.length
  return typeof wire === 'string' ? wire.length : 8
}
