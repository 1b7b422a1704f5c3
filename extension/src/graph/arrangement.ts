/**
 * Where the tasks of one group stand, relative to the group's corner. Everything is computed from a task's index when it is
 * asked for: a layout costs the same for ten tasks and for a million.
 */

export interface Place {
  x: number
  y: number
  width: number
  height: number
}

/** Tasks `first` to `first + length - 1`, row by row. */
export interface Block {
  readonly first: number
  readonly length: number
  readonly columns: number
  readonly x: number
  readonly y: number
  readonly pitchX: number
  readonly pitchY: number
  readonly cellWidth: number
  readonly cellHeight: number
  /** Where the last one stands if it is out of line: its two operands are unequally large. */
  readonly lastY?: number
}

export interface Arrangement {
  readonly form: 'labels' | 'grid' | 'tree'
  readonly length: number
  readonly width: number
  readonly height: number
  readonly blocks: readonly Block[]
  readonly tree?: Tree
}

/** Up to so many tasks have their names beside each other's. */
export const MOST_LABELS = 12
const LABEL = { width: 196, height: 24, pitch: 29 }
/** A labelled task of a tree stands in a column of its level. */
const TREE_LABEL = { width: 148, pitch: 190 }
const CELL = 24
/** Cells fill this part of their pitch. */
const FILLED = 5 / 6
/** Many tasks share this room: their cells get smaller, not the picture larger. */
const MOST_WIDTH = 640
const MOST_HEIGHT = 240

export function arrange(length: number, reduces: boolean): Arrangement {
  if (length === 0) return { form: 'labels', length, width: LABEL.width, height: LABEL.height, blocks: [] }
  if (reduces) return treeOf(length)
  if (length <= MOST_LABELS) {
    const block = { first: 0, length, columns: 1, x: 0, y: 0, pitchX: LABEL.width, pitchY: LABEL.pitch, cellWidth: LABEL.width, cellHeight: LABEL.height }
    return { form: 'labels', length, width: LABEL.width, height: (length - 1) * LABEL.pitch + LABEL.height, blocks: [block] }
  }
  const columns = columnsFor(length)
  const rows = Math.ceil(length / columns)
  const pitch = Math.min(CELL, MOST_WIDTH / columns, MOST_HEIGHT / rows)
  const cell = pitch * FILLED
  const block = { first: 0, length, columns, x: 0, y: 0, pitchX: pitch, pitchY: pitch, cellWidth: cell, cellHeight: cell }
  return { form: 'grid', length, width: (columns - 1) * pitch + cell, height: (rows - 1) * pitch + cell, blocks: [block] }
}

/** About 2.6 times as wide as high; rows of many begin at round indices. */
function columnsFor(length: number): number {
  const wished = Math.sqrt(2.6 * length)
  if (length <= 60) return Math.max(1, Math.round(wished))
  const unit = wished < 30 ? 5 : wished < 300 ? 10 : 50
  return Math.round(wished / unit) * unit
}

/** A reduction as it is numbered: level by level. An item of a level is a task, or the odd one that goes up as it is. */
export class Tree {
  readonly leaves: number
  /** By level; 0 are the leaves. */
  readonly #items: number[]
  readonly #first: number[] = [0, 0]

  /** @param tasks one less than there are leaves */
  constructor(tasks: number) {
    this.leaves = tasks + 1
    this.#items = [this.leaves]
    for (let items = this.leaves; items > 1; ) {
      this.#first[this.#items.length + 1] = this.#first[this.#items.length]! + Math.floor(items / 2)
      items = Math.ceil(items / 2)
      this.#items.push(items)
    }
  }

  /** The root's. */
  get levels(): number {
    return this.#items.length - 1
  }

  items(level: number): number {
    return this.#items[level]!
  }

  tasks(level: number): number {
    return Math.floor(this.#items[level - 1]! / 2)
  }

  /** The first task of a level ≥ 1. */
  first(level: number): number {
    return this.#first[level]!
  }

  levelOf(task: number): number {
    let level = 1
    while (level < this.levels && task >= this.#first[level + 1]!) level++
    return level
  }

  /** Two of: leaf v ≥ 0, or -1 - v a task, as in `reductionTree`. */
  operands(task: number): readonly [number, number] {
    const level = this.levelOf(task)
    const item = task - this.#first[level]!
    return [this.#operand(level - 1, 2 * item), this.#operand(level - 1, 2 * item + 1)]
  }

  #operand(level: number, item: number): number {
    while (level > 0 && item >= this.tasks(level)) item = this.#items[--level]! - 1
    return level === 0 ? item : -1 - (this.#first[level]! + item)
  }

  /** The task that takes this one's result; none for the root. */
  consumer(task: number): number | undefined {
    let level = this.levelOf(task)
    let item = task - this.#first[level]!
    while (level < this.levels) {
      item = item >> 1
      level++
      if (item < this.tasks(level)) return this.#first[level]! + item
    }
    return undefined
  }
}

/**
 * Levels from left to right, each task at the height of the middle of its operands. The first levels of a large tree are
 * folded: each row holds a subtree, its levels half as wide from block to block, until a row is one task.
 */
function treeOf(length: number): Arrangement {
  const tree = new Tree(length)
  const leafTasks = tree.tasks(1)
  const columns = leafTasks <= 16 ? 1 : 2 ** Math.round(Math.log2(Math.sqrt(1.1 * leafTasks)))
  const folded = Math.min(tree.levels, 1 + Math.log2(columns))
  const rows = Math.ceil(tree.items(1) / columns)
  const labels = length <= MOST_LABELS
  const gap = labels ? 0 : 1.6
  const wide = 2 * columns - 1 + gap * (tree.levels - 1) + 2 * (tree.levels - folded)
  const pitch = labels ? LABEL.pitch : Math.min(CELL, MOST_WIDTH / wide, MOST_HEIGHT / rows)
  const cellHeight = labels ? LABEL.height : pitch * FILLED
  const cellWidth = labels ? TREE_LABEL.width : cellHeight
  const blocks: Block[] = []
  let x = 0
  // Of the last item of the level: the only one that can be out of line.
  let lastCentre = (rows - 0.5) * pitch
  for (let level = 1; level <= tree.levels; level++) {
    const across = Math.max(1, columns >> (level - 1))
    const high = pitch * 2 ** Math.max(0, level - folded)
    const tasks = tree.tasks(level)
    const middle = (item: number): number => (Math.floor(item / across) + 0.5) * high
    if (level > folded && tree.items(level - 1) % 2 === 0) {
      const before = (tree.items(level - 1) - 1.5) * (high / 2)
      lastCentre = (before + lastCentre) / 2
    } else if (level <= folded) lastCentre = middle(tree.items(level) - 1)
    const outOfLine = level > folded && tasks === tree.items(level)
    blocks.push({
      first: tree.first(level), length: tasks, columns: across, x, y: high / 2 - cellHeight / 2, pitchX: labels ? TREE_LABEL.pitch : pitch, pitchY: high, cellWidth, cellHeight,
      ...(outOfLine && { lastY: lastCentre - cellHeight / 2 }),
    })
    x += labels ? TREE_LABEL.pitch : (across + gap + (level >= folded ? 1 : 0)) * pitch
  }
  const last = blocks.at(-1)!
  const top = (pitch - cellHeight) / 2
  return {
    form: labels ? 'labels' : 'tree', length, width: last.x + (last.columns - 1) * last.pitchX + cellWidth, height: rows * pitch - 2 * top,
    blocks: blocks.map((block) => ({ ...block, y: block.y - top, ...(block.lastY !== undefined && { lastY: block.lastY - top }) })), tree,
  }
}

/** @param place is written to, and returned */
export function placeOf(arrangement: Arrangement, task: number, place: Place): Place {
  const block = blockOf(arrangement, task)
  const at = task - block.first
  const row = Math.floor(at / block.columns)
  place.x = block.x + (at - row * block.columns) * block.pitchX
  place.y = at === block.length - 1 && block.lastY !== undefined ? block.lastY : block.y + row * block.pitchY
  place.width = block.cellWidth
  place.height = block.cellHeight
  return place
}

export function blockOf({ blocks }: Arrangement, task: number): Block {
  let found = blocks[0]!
  for (const block of blocks) if (block.first <= task && block.length > 0) found = block
  return found
}

/** The task at a point; gaps between tasks belong to the one before, so that a pointer finds small ones. */
export function taskAt({ blocks }: Arrangement, x: number, y: number): number | undefined {
  for (const block of blocks) {
    const column = Math.floor((x - block.x) / block.pitchX)
    if (column < 0 || column >= block.columns) continue
    const last = block.length - 1
    if (block.lastY !== undefined && y >= block.lastY && y < block.lastY + block.cellHeight) return block.first + last
    const row = Math.floor((y - block.y) / block.pitchY)
    const at = row * block.columns + column
    // In the late levels of a tree there is much room between tasks; it is nobody's.
    const inRow = y - block.y - row * block.pitchY < Math.max(block.cellHeight, block.cellHeight * 1.2)
    const isLast = at === last && block.lastY !== undefined
    if (row >= 0 && at < block.length && inRow && !isLast && x - block.x - column * block.pitchX <= block.cellWidth * 1.2) return block.first + at
  }
  return undefined
}
