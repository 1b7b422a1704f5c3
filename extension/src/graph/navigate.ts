/** Where keys move the selection: along edges, along rows, and between a group and its tasks. */
import type { Item } from '../view/view-state.ts'
import { blockOf } from './arrangement.ts'
import type { Arrangement } from './arrangement.ts'
import { neighbours, rowOfRun } from './layout.ts'
import type { Layout } from './layout.ts'

export type Direction = 'left' | 'right' | 'up' | 'down' | 'home' | 'end' | 'page-up' | 'page-down'

const PAGE = 10

/** @returns the same item where there is nothing further in that direction */
export function moved(layout: Layout, item: Item | undefined, direction: Direction): Item {
  const own = groupItem(layout, 0)
  if (!item) return own
  if (item.kind === 'task') return layout.tasks && item.task < layout.tasks.length ? movedTask(layout, layout.tasks, item.task, direction) : own
  const row = rowOfRun(layout, item.run)
  return row === undefined ? own : movedGroup(layout, row, direction)
}

function groupItem(layout: Layout, row: number): Item {
  return { kind: 'group', run: layout.graph.groups[row]!.run }
}

function movedGroup(layout: Layout, row: number, direction: Direction): Item {
  const enters = row === 0 && layout.tasks !== undefined && layout.tasks.length > 0
  const task = (index: number): Item => ({ kind: 'task', task: index })
  if (enters && (direction === 'right' || direction === 'down' || direction === 'home')) return task(0)
  if (enters && direction === 'end') return task(layout.tasks.length - 1)
  const { before, after } = neighbours(layout, row)
  switch (direction) {
    case 'left':
      return groupItem(layout, nearest(layout, row, before) ?? row)
    case 'right':
      return groupItem(layout, nearest(layout, row, after) ?? row)
    case 'home':
    case 'end': {
      const layers = [...layout.layer]
      const wanted = direction === 'home' ? Math.min(...layers) : Math.max(...layers)
      return groupItem(layout, nearest(layout, row, layers.flatMap((layer, at) => (layer === wanted ? [at] : []))) ?? row)
    }
    default: {
      const steps = { up: -1, down: 1, 'page-up': -PAGE, 'page-down': PAGE }[direction]
      const column = [...layout.y.keys()].filter((at) => layout.layer[at] === layout.layer[row]).sort((a, b) => layout.y[a]! - layout.y[b]!)
      const at = column.indexOf(row) + steps
      return groupItem(layout, column[Math.min(column.length - 1, Math.max(0, at))]!)
    }
  }
}

function nearest({ y, heights }: Layout, row: number, others: readonly number[]): number | undefined {
  const middle = (at: number): number => y[at]! + heights[at]! / 2
  let best: number | undefined
  for (const at of others) if (best === undefined || Math.abs(middle(at) - middle(row)) < Math.abs(middle(best) - middle(row))) best = at
  return best
}

function movedTask(layout: Layout, arrangement: Arrangement, task: number, direction: Direction): Item {
  const to = target(arrangement, task, direction)
  return to === undefined ? groupItem(layout, 0) : { kind: 'task', task: to }
}

/** @returns undefined: out of the tasks, to their group */
function target(arrangement: Arrangement, task: number, direction: Direction): number | undefined {
  const last = arrangement.length - 1
  if (direction === 'home') return 0
  if (direction === 'end') return last
  return arrangement.tree ? treeTarget(arrangement, task, direction) : gridTarget(arrangement, task, direction)
}

function gridTarget(arrangement: Arrangement, task: number, direction: Exclude<Direction, 'home' | 'end'>): number | undefined {
  const { columns } = arrangement.blocks[0]!
  const last = arrangement.length - 1
  const pages = Math.max(0, Math.min(PAGE, Math.floor((direction === 'page-up' ? task : last - task) / columns)))
  switch (direction) {
    case 'left':
      return columns === 1 || task === 0 ? undefined : task - 1
    case 'right':
      return columns === 1 ? task : Math.min(last, task + 1)
    case 'up':
      return task < columns ? undefined : task - columns
    case 'down':
      // From the last full row down to the end of the one that is not full.
      return task + columns <= last ? task + columns : Math.floor(task / columns) < Math.floor(last / columns) ? last : task
    case 'page-up':
      return task - pages * columns
    case 'page-down':
      return task + pages * columns
  }
}

/** Right to what takes the result, left to the first operand; up and down within a level. */
function treeTarget(arrangement: Arrangement, task: number, direction: Exclude<Direction, 'home' | 'end'>): number | undefined {
  const { first, length } = blockOf(arrangement, task)
  const tree = arrangement.tree!
  const within = (at: number): number => Math.min(first + length - 1, Math.max(first, at))
  switch (direction) {
    case 'left': {
      const operand = tree.operands(task).find((at) => at < 0)
      return operand === undefined ? undefined : -1 - operand
    }
    case 'right':
      return tree.consumer(task) ?? task
    case 'up':
      return task === first ? undefined : task - 1
    case 'down':
      return within(task + 1)
    case 'page-up':
      return within(task - PAGE)
    case 'page-down':
      return within(task + PAGE)
  }
}
