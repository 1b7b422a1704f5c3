/** In the status bar: how many tasks run, of how many that have not all ended. */
import { Signal } from '@lumino/signaling'
import { Widget } from '@lumino/widgets'
import { count } from '../../../kernel/cluster/view/amounts.ts'
import type { Kernels } from '../live/kernels.ts'
import type { Surroundings } from '../view/surroundings.ts'
import { progressOf } from './facts.ts'
import { sluiceIcon } from './icon.ts'

export class StatusItem extends Widget {
  readonly activeChanged = new Signal<this, void>(this)
  /** There is a Sluice kernel. */
  active = false
  readonly #button = document.createElement('button')
  readonly #text = document.createElement('span')
  readonly #kernels: Kernels
  readonly #surroundings: Surroundings
  readonly #ends: (() => void)[]

  constructor(kernels: Kernels, surroundings: Surroundings, open: () => void) {
    super()
    this.addClass('sl-Status')
    this.#kernels = kernels
    this.#surroundings = surroundings
    this.#button.type = 'button'
    this.#button.addEventListener('click', open)
    sluiceIcon.element({ container: this.#button.appendChild(document.createElement('span')), stylesheet: 'statusBar' })
    this.#button.append(this.#text)
    this.node.append(this.#button)
    const draw = () => this.#draw()
    // The kernel tells of a run once a second: no calming of our own is needed.
    this.#ends = [kernels.subscribe(draw), surroundings.subscribe(draw)]
    this.#draw()
  }

  override dispose(): void {
    if (this.isDisposed) return
    for (const end of this.#ends.splice(0)) end()
    super.dispose()
  }

  #draw(): void {
    const { translation: trans } = this.#surroundings
    const live = this.#kernels.used.filter(({ connection }) => connection.live)
    const { running, total, ended } = progressOf(live.flatMap(({ connection }) => connection.headlines))
    const text = total === 0 ? trans.__('no tasks') : trans.__('%1/%2 tasks', count(running), count(total))
    const title = total === 0
      ? trans.__('Sluice: nothing to do. Opens the panel.')
      : trans.__('Sluice: of %2 tasks %1 run and %3 have ended. Opens the panel.', count(running), count(total), count(ended))
    if (this.#text.textContent !== text) this.#text.textContent = text
    if (this.#button.title !== title) this.#button.title = title
    if (this.active === live.length > 0) return
    this.active = live.length > 0
    this.activeChanged.emit()
  }
}
