/**
 * The graph for people who do not see the canvas: a tree of groups, and of the tasks around the one that is selected. It is
 * written only where its words have changed.
 */
import type { Item } from '../view/view-state.ts'

export interface MirrorRow {
  readonly item: Item
  readonly level: 1 | 2
  readonly text: string
  readonly position: number
  readonly size: number
  /** Of a group that can be. */
  readonly expanded?: boolean
  readonly selected: boolean
}

/** How many tasks around the selected one are listed. */
export const MIRRORED = 200
const MOST_GROUPS = 200

let mirrors = 0

export class Mirror {
  readonly node = document.createElement('div')
  readonly #prefix = `sl-graph-${++mirrors}`
  readonly #rows: HTMLElement[] = []

  constructor() {
    this.node.className = 'sl-GraphMirror'
    this.node.setAttribute('role', 'presentation')
  }

  /** @returns the id of the selected row's element */
  update(rows: readonly MirrorRow[]): string | undefined {
    while (this.#rows.length > rows.length) this.#rows.pop()!.remove()
    let selected: string | undefined
    rows.forEach((row, i) => {
      const node = (this.#rows[i] ??= this.#add(i))
      if (node.textContent !== row.text) node.textContent = row.text
      set(node, 'aria-level', String(row.level))
      set(node, 'aria-posinset', String(row.position))
      set(node, 'aria-setsize', String(row.size))
      set(node, 'aria-selected', String(row.selected))
      if (row.expanded === undefined) node.removeAttribute('aria-expanded')
      else set(node, 'aria-expanded', String(row.expanded))
      if (row.selected) selected = node.id
    })
    return selected
  }

  #add(i: number): HTMLElement {
    const node = document.createElement('div')
    node.id = `${this.#prefix}-${i}`
    node.setAttribute('role', 'treeitem')
    this.node.append(node)
    return node
  }
}

function set(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value)
}

/** Which tasks are listed, and which groups: around the selected ones. */
export function mirrored(length: number, selected: number | undefined, most = MIRRORED): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(length - most, (selected ?? 0) - most / 2))
  return { from, to: Math.min(length, from + most) }
}

export interface MirrorSubject {
  readonly groups: number
  readonly tasks: number | undefined
  readonly selection: Item | undefined
  readonly groupItem: (row: number) => Item & { readonly kind: 'group' }
  readonly groupText: (row: number) => string
  readonly taskText: (task: number) => string
}

/** Groups in the order of the record, the own one first, with its tasks below it. */
export function mirrorRows({ groups, tasks, selection, groupItem, groupText, taskText }: MirrorSubject): MirrorRow[] {
  const rows: MirrorRow[] = []
  const selectedRow = selection?.kind === 'group' ? Array.from({ length: groups }, (_, row) => row).find((row) => groupItem(row).run === selection.run) : undefined
  const listed = mirrored(groups, selectedRow, MOST_GROUPS)
  // The own group is always there, since its tasks stand below it.
  for (let row = 0; row < groups; row++) {
    if (row > 0 && (row < listed.from || row >= listed.to)) continue
    rows.push({ item: groupItem(row), level: 1, text: groupText(row), position: row + 1, size: groups, selected: row === selectedRow, ...(row === 0 && { expanded: tasks !== undefined }) })
    if (row > 0 || tasks === undefined) continue
    const { from, to } = mirrored(tasks, selection?.kind === 'task' ? selection.task : undefined)
    for (let task = from; task < to; task++) {
      rows.push({ item: { kind: 'task', task }, level: 2, text: taskText(task), position: task + 1, size: tasks, selected: selection?.kind === 'task' && selection.task === task })
    }
  }
  return rows
}
