/** In the toolbar of notebooks with a Sluice kernel: their cluster. */
import { addToolbarButtonClass, ReactWidget, ToolbarButtonComponent } from '@jupyterlab/ui-components'
import * as React from 'react'
import { count } from '../../../kernel/cluster/view/amounts.ts'
import type { Kernels, KernelUser } from '../live/kernels.ts'
import type { Surroundings } from '../view/surroundings.ts'
import { clusterFacts } from './facts.ts'
import { sluiceIcon } from './icon.ts'

export class ClusterButton extends ReactWidget {
  readonly #kernels: Kernels
  readonly #user: KernelUser
  readonly #surroundings: Surroundings
  readonly #open: () => void
  readonly #ends: (() => void)[]
  #text = ''

  constructor(kernels: Kernels, user: KernelUser, surroundings: Surroundings, open: () => void) {
    super()
    addToolbarButtonClass(this)
    this.addClass('sl-ClusterButton')
    this.#kernels = kernels
    this.#user = user
    this.#surroundings = surroundings
    this.#open = open
    const changed = () => this.#changed()
    this.#ends = [kernels.subscribe(changed), surroundings.subscribe(changed)]
    this.#changed()
  }

  override dispose(): void {
    if (this.isDisposed) return
    for (const end of this.#ends.splice(0)) end()
    super.dispose()
  }

  protected override render(): React.ReactElement {
    const tooltip = this.#surroundings.translation.__('The cluster and the runs of this notebook, in the side panel')
    return <ToolbarButtonComponent icon={sluiceIcon} label={this.#text} tooltip={tooltip} onClick={this.#open} />
  }

  #changed(): void {
    const connection = this.#kernels.connectionOf(this.#user)
    this.setHidden(!connection)
    if (!connection) return
    const { translation: trans } = this.#surroundings
    const { cluster } = connection
    const nodes = cluster?.backend === undefined ? 0 : clusterFacts(cluster).nodes
    const text = nodes === 0 ? trans.__('Cluster') : trans._n('Cluster: %2 node', 'Cluster: %2 nodes', nodes, count(nodes))
    if (text === this.#text) return
    this.#text = text
    this.update()
  }
}
