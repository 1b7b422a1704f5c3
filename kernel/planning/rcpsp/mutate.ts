import type { Direction } from './project.ts'
import type { Random } from '../random.ts'

/** Moves a random task of a list to a random place between what comes before and after it (Boctor, "Resource-constrained project scheduling by simulated annealing", International Journal of Production Research, 1996). */
export function moveOne(direction: Direction, list: Int32Array, place: Int32Array, random: Random): void {
  const { beforeStarts, before, afterStarts, after } = direction
  const count = list.length
  for (let at = 0; at < count; at++) place[list[at]!] = at
  const from = random.below(count)
  const task = list[from]!
  let first = 0
  let last = count - 1
  for (let e = beforeStarts[task]!; e < beforeStarts[task + 1]!; e++) first = Math.max(first, place[before[e]!]! + 1)
  for (let e = afterStarts[task]!; e < afterStarts[task + 1]!; e++) last = Math.min(last, place[after[e]!]! - 1)
  const to = first + random.below(last - first + 1)
  if (to < from) list.copyWithin(to + 1, to, from)
  else list.copyWithin(from, from + 1, to + 1)
  list[to] = task
}
