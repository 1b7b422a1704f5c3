/** The timeline for people who do not see the canvas: a grid with a row for each slot, and the selected task in its row. */

export interface MirrorRow {
  readonly name: string
  readonly summary: string
  /** In words, if it is in this row. */
  readonly selected: string
}

/** Rows that are listed at most, around the one that is selected. */
export const MIRRORED = 200

let mirrors = 0

export class Mirror {
  readonly node = document.createElement('div')
  readonly #prefix = `sl-timeline-${++mirrors}`
  readonly #rows: HTMLElement[] = []

  constructor() {
    this.node.className = 'sl-TimelineMirror'
    this.node.setAttribute('role', 'rowgroup')
  }

  /**
   * Writes only where words have changed.
   * @returns the id of the cell that holds the selected task
   */
  update(rows: readonly MirrorRow[]): string | undefined {
    while (this.#rows.length > rows.length) this.#rows.pop()!.remove()
    let selected: string | undefined
    rows.forEach((row, i) => {
      const node = (this.#rows[i] ??= this.#add(i))
      const texts = [row.name, row.summary, row.selected]
      texts.forEach((text, column) => {
        const cell = node.children[column]!
        if (cell.textContent !== text) cell.textContent = text
      })
      const chosen = String(row.selected !== '')
      if (node.getAttribute('aria-selected') !== chosen) node.setAttribute('aria-selected', chosen)
      if (row.selected !== '') selected = node.lastElementChild!.id
    })
    return selected
  }

  #add(i: number): HTMLElement {
    const row = document.createElement('div')
    row.setAttribute('role', 'row')
    for (const role of ['rowheader', 'gridcell', 'gridcell']) {
      const cell = document.createElement('div')
      cell.setAttribute('role', role)
      row.append(cell)
    }
    row.lastElementChild!.id = `${this.#prefix}-${i}`
    this.node.append(row)
    return row
  }
}
