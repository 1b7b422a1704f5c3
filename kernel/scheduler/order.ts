/** Which of two shapes has the task that starts first. */
import type { Shape } from './shape.ts'

/** Whether the first task to start of shape `a` goes before that of `b`: by priority, rank, order of declaration. */
export function precedes(a: Shape, b: Shape, pass = -1): boolean {
  const priorityA = headPriority(a, pass)
  const priorityB = headPriority(b, pass)
  if (priorityA !== priorityB) return priorityA > priorityB
  if (a.runs.topSecond !== b.runs.topSecond) return a.runs.topSecond < b.runs.topSecond
  return a.runs.top < b.runs.top
}

export function headPriority(shape: Shape, pass: number): number {
  const ready = -shape.runs.topFirst
  return shape.copies.size > 0 && pass >= 0 ? Math.max(ready, shape.copiesPriority(pass)) : ready
}
