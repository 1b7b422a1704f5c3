/** Asks for the shape of a cluster. */
import { Dialog, showDialog } from '@jupyterlab/apputils'
import type { TranslationBundle } from '@jupyterlab/translation'
import { Widget } from '@lumino/widgets'
import { MOST_NODES, MOST_SLOTS, typed } from './facts.ts'

export interface Shape {
  readonly nodes: number
  /** Of each node. */
  readonly slots: number | undefined
}

/** Resolves with undefined when the user thinks better of it. */
export async function askShape(trans: TranslationBundle): Promise<Shape | undefined> {
  const body = new ShapeForm(trans)
  const { button, value } = await showDialog({
    title: trans.__('Start a cluster'),
    body,
    buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.okButton({ label: trans.__('Start') })],
    focusNodeSelector: 'input',
  })
  return button.accept ? (value ?? undefined) : undefined
}

class ShapeForm extends Widget implements Dialog.IBodyWidget<Shape> {
  readonly #nodes: HTMLInputElement
  readonly #slots: HTMLInputElement

  constructor(trans: TranslationBundle) {
    super()
    this.addClass('sl-StartDialog')
    const text = document.createElement('p')
    text.textContent = trans.__('Nodes are processes on the kernel’s machine, slots are threads in them. A cluster that runs is replaced: results it holds are computed anew when they are needed.')
    this.node.append(text)
    this.#nodes = this.#field(trans.__('Nodes'), MOST_NODES, '2', '')
    this.#slots = this.#field(trans.__('Slots of each'), MOST_SLOTS, '', trans.__('auto'))
  }

  getValue(): Shape {
    return { nodes: typed(this.#nodes.value, 1, MOST_NODES) ?? 1, slots: typed(this.#slots.value, 1, MOST_SLOTS) }
  }

  #field(label: string, max: number, value: string, placeholder: string): HTMLInputElement {
    const place = document.createElement('label')
    const input = document.createElement('input')
    Object.assign(input, { type: 'number', min: '1', max: String(max), value, placeholder, className: 'jp-mod-styled' })
    place.append(label, input)
    this.node.append(place)
    return input
  }
}
