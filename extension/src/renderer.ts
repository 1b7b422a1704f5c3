/** One output cell's place for a run: checks the record, keeps the run's store, and loads the view when it is first needed. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces'
import type { Message } from '@lumino/messaging'
import { Widget } from '@lumino/widgets'
import { checkedRecord } from './run/check.ts'
import { stores } from './run/stores.ts'
import type { Lease } from './run/stores.ts'
import { loadView } from './view/code.ts'
import { surroundings } from './view/surroundings.ts'
import type { RunView } from './view/run-view.tsx'

export class RunRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #mime: string
  #lease: Lease | undefined
  #view: RunView | undefined
  #notice: HTMLElement | undefined

  constructor(options: IRenderMime.IRendererOptions) {
    super()
    this.#mime = options.mimeType
    this.addClass('sl-Output')
  }

  /** Called for the saved output, and again for each checkpoint that comes while the run lasts. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    if (this.#tellsNothing(model)) return
    // The view's code is on its way while the record is checked.
    const code = loadView()
    // Should it fail to load, that is said below, unless the record is no good anyway.
    code.catch(() => undefined)
    const checked = await checkedRecord(model.data[this.#mime])
    if (this.isDisposed) return
    if (!checked.ok) return this.#explain(checked.problems)
    const tables = checked.value
    const { uid } = tables.record.run
    // Another run; or the user has trusted the notebook, and the kernel may be asked from now on.
    if (this.#lease?.store.uid !== uid || this.#lease.trusted !== model.trusted) this.#release()
    if (this.#lease) this.#lease.store.offer(tables)
    else this.#lease = stores.acquire(tables, model.trusted)
    this.node.dataset['slRun'] = uid
    await this.#show(code)
  }

  /** A checkpoint of a run that a kernel tells of: the store knows what is in it, unless it is the end, and a large one takes long to unpack. */
  #tellsNothing({ data, trusted }: IRenderMime.IMimeModel): boolean {
    if (!this.#lease?.store.live || this.#lease.trusted !== trusted) return false
    const { store } = this.#lease
    const record = data[this.#mime] as { readonly run?: { readonly uid?: unknown }; readonly final?: unknown } | null | undefined
    return record?.run?.uid === store.uid && (record.final !== true || store.record.final)
  }

  async #show(code: ReturnType<typeof loadView>): Promise<void> {
    if (this.#view || !this.#lease) return
    const { RunView } = await code
    if (this.isDisposed || this.#view || !this.#lease) return
    this.#notice?.remove()
    this.#notice = undefined
    this.#view = new RunView(this.#lease.store, surroundings)
    this.node.append(this.#view.node)
    if (this.node.isConnected) this.#view.attached()
  }

  /** What cannot be shown is said, with where it is wrong: the picture and the text beside the record are still in the notebook. */
  #explain(problems: readonly string[]): void {
    this.#release()
    this.#notice ??= document.createElement('pre')
    this.#notice.className = 'sl-Notice'
    this.#notice.textContent = ['This run record cannot be shown:', ...problems.slice(0, 5).map((problem) => `  ${problem}`), 'The cell can be run again, or its notebook opened with the version of Sluice that saved it.'].join('\n')
    this.node.append(this.#notice)
  }

  #release(): void {
    this.#view?.dispose()
    this.#view = undefined
    this.#lease?.dispose()
    this.#lease = undefined
  }

  protected override onAfterAttach(_message: Message): void {
    this.#view?.attached()
  }

  override dispose(): void {
    if (this.isDisposed) return
    this.#release()
    super.dispose()
  }
}
