/** What the side panel shows: the kernels of open notebooks, each with its cluster and its runs. */
import { Notification } from '@jupyterlab/apputils'
import type { TranslationBundle } from '@jupyterlab/translation'
import * as React from 'react'
import { createRoot } from 'react-dom/client'
import type { Root } from 'react-dom/client'
import { plain } from '../../../kernel/cluster/view/amounts.ts'
import type { Kernels, UsedKernel } from '../live/kernels.ts'
import type { Surroundings } from '../view/surroundings.ts'
import { Cluster } from './cluster.tsx'
import { fileName } from './facts.ts'
import { Runs } from './runs.tsx'

export class Contents {
  readonly #node: HTMLElement
  readonly #place = document.createElement('div')
  /** Tells people who do not see what has changed. */
  readonly #live = document.createElement('div')
  readonly #root: Root
  readonly #kernels: Kernels
  readonly #surroundings: Surroundings

  constructor(node: HTMLElement, kernels: Kernels, surroundings: Surroundings) {
    this.#node = node
    this.#kernels = kernels
    this.#surroundings = surroundings
    this.#place.className = 'sl-PanelContents'
    this.#live.className = 'sl-Announcement'
    this.#live.setAttribute('role', 'status')
    node.append(this.#place, this.#live)
    this.#root = createRoot(this.#place)
    this.draw()
  }

  draw(): void {
    const { translation: trans, settings, revealRun } = this.#surroundings
    const context: PanelContext = { trans, mostRuns: settings.panelRuns, now: Date.now(), revealRun, act: (action) => this.#act(action) }
    this.#root.render(<Kernelled context={context} used={this.#kernels.used} />)
  }

  focus(): void {
    ;(this.#place.querySelector<HTMLElement>('button, input') ?? this.#node).focus()
  }

  focusCluster(kernel: string | undefined): void {
    const section = kernel === undefined ? undefined : [...this.#place.querySelectorAll<HTMLElement>('.sl-PanelKernel')].find(({ dataset }) => dataset['kernel'] === kernel)
    const cluster = (section ?? this.#place).querySelector<HTMLElement>('.sl-PanelCluster')
    cluster?.scrollIntoView({ block: 'nearest' })
    cluster?.querySelector<HTMLElement>('input, button')?.focus()
  }

  dispose(): void {
    // React warns when a root is unmounted while it renders another.
    queueMicrotask(() => this.#root.unmount())
  }

  /** Says what came of it: errors where all of JupyterLab's are. */
  async #act(action: () => Promise<string>): Promise<void> {
    try {
      this.#live.textContent = await action()
    } catch (error) {
      Notification.error((error as Error).message, { autoClose: false })
    }
  }
}

export interface PanelContext {
  readonly trans: TranslationBundle
  readonly mostRuns: number
  /** ms since 1970. */
  readonly now: number
  readonly revealRun: ((uid: string) => void) | undefined
  /** Does it, and tells what came of it. */
  act(action: () => Promise<string>): Promise<void>
}

function Kernelled({ context, used }: { readonly context: PanelContext; readonly used: readonly UsedKernel[] }): React.ReactElement {
  const { trans } = context
  if (used.length === 0) {
    return (
      <div className="sl-PanelEmpty">
        <h2>{trans.__('No Sluice kernel is open')}</h2>
        <p>{trans.__('Open a notebook with the kernel “TypeScript (Sluice)”. Its cluster and its runs are listed here.')}</p>
      </div>
    )
  }
  return <>{used.map((kernel) => <OneKernel key={kernel.connection.kernel.id} context={context} kernel={kernel} />)}</>
}

function OneKernel({ context, kernel: { connection, users } }: { readonly context: PanelContext; readonly kernel: UsedKernel }): React.ReactElement {
  const { trans } = context
  const names = users.map(({ sessionContext: { path, name } }) => plain(fileName(path) || name, 80))
  const heading = React.useId()
  return (
    <section className="sl-PanelKernel" aria-labelledby={heading} data-kernel={connection.kernel.id}>
      <h2 id={heading} title={users.map(({ sessionContext }) => plain(sessionContext.path)).join('\n')}>{[...new Set(names)].join(', ')}</h2>
      {connection.failure !== undefined && (
        <div className="sl-PanelFailure">
          <p>{trans.__('Live views have ended: %1', connection.failure)}</p>
          <button type="button" className="sl-Button" onClick={() => connection.retry()}>{trans.__('Try again')}</button>
        </div>
      )}
      {connection.failure === undefined && !connection.live && <p className="sl-Quiet">{trans.__('The kernel is not connected yet.')}</p>}
      {connection.live && connection.cluster && (
        <>
          <Cluster context={context} connection={connection} cluster={connection.cluster} />
          <Runs context={context} connection={connection} />
        </>
      )}
    </section>
  )
}
