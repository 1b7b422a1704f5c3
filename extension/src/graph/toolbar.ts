/** The buttons in the corner of the graph. */
import type { PaneContext } from '../view/pane.ts'

export interface Acts {
  zoom(factor: number): void
  fit(): void
  toggleTasks(): void
  toggleCritical(): void
}

export interface ToolbarState {
  readonly expandable: boolean
  readonly expanded: boolean
  readonly critical: boolean
  /** There is a path to show. */
  readonly hasPath: boolean
}

/** Paths within 16 × 16, drawn with lines. */
const icons = {
  out: 'M3.5 8h9',
  in: 'M3.5 8h9M8 3.5v9',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  tasks: 'M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z',
  critical: 'M2 12l4-5 3.5 3L14 4M14 8V4h-4',
}

export class Toolbar {
  readonly node = document.createElement('div')
  readonly #trans: PaneContext['trans']
  readonly #tasks: HTMLButtonElement
  readonly #critical: HTMLButtonElement

  constructor(trans: PaneContext['trans'], acts: Acts) {
    this.#trans = trans
    this.node.className = 'sl-GraphTools'
    this.node.setAttribute('role', 'group')
    this.node.setAttribute('aria-label', trans.__('Graph'))
    this.#critical = this.#button('critical', trans.__('Critical path'), () => acts.toggleCritical())
    this.#tasks = this.#button('tasks', '', () => acts.toggleTasks())
    this.#button('out', trans.__('Zoom out'), () => acts.zoom(1 / 1.5))
    this.#button('in', trans.__('Zoom in'), () => acts.zoom(1.5))
    this.#button('fit', trans.__('Show all'), () => acts.fit())
  }

  update({ expandable, expanded, critical, hasPath }: ToolbarState): void {
    set(this.#critical, 'aria-pressed', String(critical))
    this.#critical.hidden = !hasPath
    this.#tasks.hidden = !expandable
    const label = expanded ? this.#trans.__('Show the group as one') : this.#trans.__('Show each task')
    set(this.#tasks, 'aria-label', label)
    set(this.#tasks, 'title', label)
    set(this.#tasks, 'aria-expanded', String(expanded))
  }

  #button(icon: keyof typeof icons, label: string, act: () => void): HTMLButtonElement {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'sl-GraphTool'
    button.title = label
    button.setAttribute('aria-label', label)
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    svg.setAttribute('viewBox', '0 0 16 16')
    svg.setAttribute('aria-hidden', 'true')
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('d', icons[icon])
    svg.append(path)
    button.append(svg)
    button.addEventListener('click', act)
    this.node.append(button)
    return button
  }
}

function set(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value)
}
