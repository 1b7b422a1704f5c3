/** What the plot shows, as a table for those who do not see it; seen by all where the plot cannot be drawn. */
import { element } from './element.ts'

export class Table {
  readonly node = element('sl-Utilization-table')
  readonly #caption = document.createElement('caption')
  readonly #head = document.createElement('tr')
  readonly #body = document.createElement('tbody')

  constructor() {
    const table = document.createElement('table')
    const head = document.createElement('thead')
    head.append(this.#head)
    table.append(this.#caption, head, this.#body)
    this.node.append(table)
  }

  /** For all to see, and to scroll through with the keys. */
  show(shown: boolean, label: string): void {
    this.node.classList.toggle('sl-mod-shown', shown)
    if (!shown) {
      for (const name of ['tabindex', 'role', 'aria-label']) this.node.removeAttribute(name)
      return
    }
    this.node.tabIndex = 0
    this.node.setAttribute('role', 'region')
    this.node.setAttribute('aria-label', label)
  }

  write(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
    set(this.#caption, caption)
    cells(this.#head, head, () => 'col')
    while (this.#body.childElementCount > rows.length) this.#body.lastElementChild!.remove()
    while (this.#body.childElementCount < rows.length) this.#body.append(document.createElement('tr'))
    rows.forEach((row, i) => cells(this.#body.children[i]!, row, (column) => (column === 0 ? 'row' : undefined)))
  }
}

function cells(row: Element, texts: readonly string[], scope: (column: number) => string | undefined): void {
  texts.forEach((text, column) => {
    let cell = row.children[column]
    if (!cell) {
      const of = scope(column)
      cell = row.appendChild(document.createElement(of ? 'th' : 'td'))
      if (of) cell.setAttribute('scope', of)
    }
    set(cell, text)
  })
}

function set(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text
}
