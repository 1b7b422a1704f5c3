/** The side panel. Its contents are loaded when it is first seen, and drawn at most twice a second while it is. */
import type { TranslationBundle } from '@jupyterlab/translation'
import { Widget } from '@lumino/widgets'
import type { Message } from '@lumino/messaging'
import { pageClock } from '../live/clock.ts'
import type { Kernels } from '../live/kernels.ts'
import type { Surroundings } from '../view/surroundings.ts'
import { Calm } from './calm.ts'
import { sluiceIcon } from './icon.ts'
import type { Contents } from './contents.tsx'

/** ms */
const PERIOD = 500

export class SluicePanel extends Widget {
  readonly #kernels: Kernels
  readonly #surroundings: Surroundings
  readonly #calm = new Calm(() => this.#contents?.draw(), PERIOD, pageClock)
  #contents: Contents | undefined
  #loading: Promise<void> | undefined
  #unsubscribe: (() => void)[] = []

  constructor(kernels: Kernels, surroundings: Surroundings) {
    super()
    this.#kernels = kernels
    this.#surroundings = surroundings
    this.id = 'sluice-panel'
    this.addClass('sl-Panel')
    this.title.icon = sluiceIcon
    this.title.caption = this.#trans.__('Sluice: clusters and runs')
  }

  get #trans(): TranslationBundle {
    return this.#surroundings.translation
  }

  /** Moves the focus to the form of the kernel's cluster. */
  async showCluster(kernel: string | undefined): Promise<void> {
    await this.#load()
    this.#contents?.focusCluster(kernel)
  }

  protected override onAfterShow(_message: Message): void {
    this.#resume()
  }

  protected override onAfterAttach(_message: Message): void {
    if (this.isVisible) this.#resume()
  }

  protected override onAfterHide(_message: Message): void {
    this.#pause()
  }

  protected override onBeforeDetach(_message: Message): void {
    this.#pause()
  }

  protected override onActivateRequest(_message: Message): void {
    void this.#load().then(() => this.#contents?.focus())
  }

  override dispose(): void {
    if (this.isDisposed) return
    this.#pause()
    this.#contents?.dispose()
    super.dispose()
  }

  #resume(): void {
    if (this.#unsubscribe.length === 0) this.#unsubscribe = [this.#kernels.subscribe(this.#calm.tell), this.#surroundings.subscribe(this.#calm.tell)]
    void this.#load()
    this.#calm.tell()
  }

  #pause(): void {
    this.#calm.stop()
    for (const end of this.#unsubscribe.splice(0)) end()
  }

  #load(): Promise<void> {
    return (this.#loading ??= this.#loaded())
  }

  async #loaded(): Promise<void> {
    try {
      const { Contents } = await import('./contents.tsx')
      if (!this.isDisposed) this.#contents = new Contents(this.node, this.#kernels, this.#surroundings)
    } catch (error) {
      // The server may be gone for a moment: the next time it is seen it is tried again.
      this.#loading = undefined
      console.error('Sluice: the panel could not be loaded.', error)
    }
  }
}
