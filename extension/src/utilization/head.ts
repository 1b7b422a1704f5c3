/** Which measure is shown, and what its colours or heights mean. */
import type { TranslationBundle } from '@jupyterlab/translation'
import { count } from '../../../kernel/cluster/view/amounts.ts'
import { heatScale } from './colours.ts'
import { element } from './element.ts'
import { isHeat } from './figure.ts'
import type { Scene } from './figure.ts'
import { valueText } from './measure.ts'
import type { Measure } from './measure.ts'
import { measureName, measureTitle } from './words.ts'

export class Head {
  readonly node = element('sl-Utilization-head')
  readonly #choices = element('sl-Utilization-measures')
  readonly #scale = element('sl-Utilization-scale')
  readonly #choose: (measure: Measure) => void

  constructor(choose: (measure: Measure) => void) {
    this.#choose = choose
    this.#choices.setAttribute('role', 'group')
    this.node.append(this.#choices, this.#scale)
  }

  /** Buttons stay the same as long as the choice is, so that the focus does. */
  offer(measures: readonly Measure[], chosen: Measure, trans: TranslationBundle): void {
    this.#choices.setAttribute('aria-label', trans.__('Utilization of'))
    while (this.#choices.childElementCount > measures.length) this.#choices.lastElementChild!.remove()
    measures.forEach((measure, i) => {
      const button = (this.#choices.children[i] as HTMLButtonElement | undefined) ?? this.#choices.appendChild(document.createElement('button'))
      button.type = 'button'
      button.className = 'sl-Utilization-measure'
      button.textContent = measureName(measure, trans)
      button.title = measureTitle(measure, trans)
      button.setAttribute('aria-pressed', String(measure === chosen))
      button.onclick = () => this.#choose(measure)
    })
  }

  /** Says how far rows or colours reach; nothing while there is no plot. */
  explain(scene: Scene | undefined, trans: TranslationBundle): void {
    if (!scene) return this.#scale.replaceChildren()
    const { grid, top, palette } = scene
    const least = valueText(grid.unit, 0)
    const most = valueText(grid.unit, top)
    if (!isHeat(grid)) {
      this.#scale.textContent = trans.__('rows: 0 – %1', most)
      return
    }
    const strip = element('sl-Utilization-strip', 'span')
    strip.style.background = `linear-gradient(to right, ${heatScale(palette).map(([at, colour]) => `${colour} ${at * 100}%`).join(', ')})`
    const { nodes: each } = grid.rows[0]!
    const together = each > 1 ? [trans.__('%1 nodes a row', count(each))] : []
    this.#scale.replaceChildren(...together.map((text) => word(text)), word(least), strip, word(most))
  }
}

function word(text: string): HTMLElement {
  const node = document.createElement('span')
  node.textContent = text
  return node
}
