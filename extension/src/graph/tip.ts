/** A small note beside the pointer. Only text, line by line; the first is the name. */
export class Tip {
  readonly node = document.createElement('div')
  #shown = ''

  constructor() {
    this.node.className = 'sl-Tip'
    this.node.hidden = true
    // What it says is in the accessible mirror, too.
    this.node.setAttribute('aria-hidden', 'true')
  }

  /** @param x of the pointer, px from the left of `width` × `height` */
  show(lines: readonly string[], x: number, y: number, width: number, height: number, colour: string): void {
    const text = lines.join('\n')
    if (text !== this.#shown) {
      this.#shown = text
      this.node.replaceChildren(...lines.map((line) => Object.assign(document.createElement('div'), { textContent: line })))
    }
    this.node.style.borderLeftColor = colour
    this.node.hidden = false
    const { offsetWidth, offsetHeight } = this.node
    const left = x + 14 + offsetWidth > width ? x - offsetWidth - 10 : x + 14
    const top = y + 16 + offsetHeight > height ? y - offsetHeight - 8 : y + 16
    this.node.style.transform = `translate(${Math.max(0, Math.min(left, width - offsetWidth))}px, ${Math.max(-offsetHeight, top)}px)`
  }

  hide(): void {
    this.node.hidden = true
  }
}
