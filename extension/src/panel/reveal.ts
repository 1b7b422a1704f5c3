/** Shows a line or an output of a notebook that is open. */
import { Notification } from '@jupyterlab/apputils'
import type { CodeCell, CodeCellModel } from '@jupyterlab/cells'
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook'
import type { JupyterFrontEnd } from '@jupyterlab/application'
import { runOutputs } from '../live/outputs.ts'
import type { CellLine, Surroundings } from '../view/surroundings.ts'

export class Reveal {
  readonly #app: JupyterFrontEnd
  readonly #tracker: INotebookTracker
  readonly #surroundings: Surroundings

  constructor(app: JupyterFrontEnd, tracker: INotebookTracker, surroundings: Surroundings) {
    this.#app = app
    this.#tracker = tracker
    this.#surroundings = surroundings
  }

  /** Shows the output of a run. */
  async run(uid: string): Promise<void> {
    const trans = this.#trans
    for (const panel of this.#panels()) {
      for (const output of runOutputs(panel)) if (output.uid === uid) return this.#output(panel, output.cell)
    }
    Notification.info(trans.__('No open notebook shows this run: open the notebook that declared it.'), { autoClose: 5000 })
  }

  /** Shows the first run of a notebook, from above, that has failed tasks. */
  async firstFailure(panel: NotebookPanel): Promise<void> {
    for (const { record, cell } of runOutputs(panel)) if (record.counts?.failed > 0) return this.#output(panel, cell)
    Notification.info(this.#trans.__('No run of this notebook has failed tasks.'), { autoClose: 5000 })
  }

  /** @param node of a view: the line is one of the notebook that holds its run */
  async line(node: HTMLElement, { execution, line }: CellLine): Promise<void> {
    const panel = this.#holding(node)
    const cells = [...(panel?.content.model?.cells ?? [])]
    const index = cells.findLastIndex((cell) => cell.type === 'code' && (cell as CodeCellModel).executionCount === execution)
    if (!panel || index < 0) {
      Notification.info(this.#trans.__('No open notebook has the cell [%1] any more: it has been run again, changed or removed.', execution), { autoClose: 5000 })
      return
    }
    const cell = await this.#cell(panel, index)
    // Code may be hidden.
    if (cell?.inputHidden) cell.inputHidden = false
    await cell?.ready
    cell?.editor?.setCursorPosition({ line: Math.max(0, line - 1), column: 0 })
    cell?.editor?.focus()
  }

  get #trans(): Surroundings['translation'] {
    return this.#surroundings.translation
  }

  #panels(): NotebookPanel[] {
    const panels: NotebookPanel[] = []
    this.#tracker.forEach((panel) => panels.push(panel))
    // What the user looks at comes first: a copy of a notebook has the same runs.
    return panels.sort((a, b) => Number(b === this.#tracker.currentWidget) - Number(a === this.#tracker.currentWidget))
  }

  #holding(node: HTMLElement): NotebookPanel | undefined {
    const panels = this.#panels()
    const around = panels.find((panel) => panel.node.contains(node))
    if (around) return around
    // A view of an output beside the notebook.
    const uid = node.closest<HTMLElement>('.sl-Output')?.dataset['slRun']
    return panels.find((panel) => [...runOutputs(panel)].some((output) => output.uid === uid))
  }

  async #output(panel: NotebookPanel, index: number): Promise<void> {
    const cell = await this.#cell(panel, index)
    if (cell?.outputHidden) cell.outputHidden = false
    const view = cell?.node.querySelector<HTMLElement>('.sl-Output') ?? (cell as CodeCell | undefined)?.outputArea?.node
    view?.scrollIntoView({ block: 'nearest' })
  }

  async #cell(panel: NotebookPanel, index: number): Promise<CodeCell | undefined> {
    const { content } = panel
    this.#app.shell.activateById(panel.id)
    content.activeCellIndex = index
    content.deselectAll()
    await content.scrollToItem(index, 'smart')
    return content.widgets[index] as CodeCell | undefined
  }
}
