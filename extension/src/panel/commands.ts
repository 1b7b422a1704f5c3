/** What the command palette and menus offer. */
import { Notification } from '@jupyterlab/apputils'
import type { ICommandPalette } from '@jupyterlab/apputils'
import type { JupyterFrontEnd } from '@jupyterlab/application'
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook'
import type { Connection } from '../live/connection.ts'
import type { Kernels } from '../live/kernels.ts'
import type { Surroundings } from '../view/surroundings.ts'
import { cancelAll, hasFailures, rerunAllFailed, startCluster, stopCluster } from './actions.ts'
import type { SluicePanel } from './panel.ts'
import type { Reveal } from './reveal.ts'

export const SHOW_PANEL = 'sluice:show-panel'

export interface CommandsOptions {
  readonly app: JupyterFrontEnd
  readonly kernels: Kernels
  readonly tracker: INotebookTracker | null
  readonly palette: ICommandPalette | null
  readonly panel: SluicePanel
  readonly reveal: Reveal | undefined
  readonly surroundings: Surroundings
}

export function addCommands({ app, kernels, tracker, palette, panel, reveal, surroundings }: CommandsOptions): void {
  const trans = surroundings.translation
  const { commands } = app
  const notebook = (): NotebookPanel | undefined => tracker?.currentWidget ?? undefined
  const connection = (): Connection | undefined => {
    const current = notebook()
    const found = current && kernels.connectionOf(current)
    return found?.live ? found : undefined
  }
  const tell = async (action: (kernel: Connection) => Promise<string>): Promise<void> => {
    const kernel = connection()
    if (!kernel) return
    try {
      Notification.info(await action(kernel), { autoClose: 4000 })
    } catch (error) {
      Notification.error((error as Error).message, { autoClose: false })
    }
  }
  const add = (id: string, label: string, caption: string, isEnabled: () => boolean, execute: () => unknown): void => {
    const describedBy = { args: { type: 'object', properties: {} } } as const
    commands.addCommand(id, { label, caption, isEnabled, describedBy, execute })
    palette?.addItem({ command: id, category: trans.__('Sluice') })
  }

  add(SHOW_PANEL, trans.__('Sluice: Clusters and Runs'), trans.__('Show the side panel with the clusters and runs of open notebooks'), () => true, () => app.shell.activateById(panel.id))
  add('sluice:start-cluster', trans.__('Start Cluster…'), trans.__('Start a local cluster for this notebook, or another in place of the one that runs'), () => connection() !== undefined, async () => {
    const { askShape } = await import('./start-dialog.ts')
    const shape = await askShape(trans)
    if (shape) await tell((kernel) => startCluster(kernel, shape.nodes, shape.slots, trans))
  })
  add('sluice:stop-cluster', trans.__('Stop Cluster'), trans.__('Stop the cluster of this notebook'), () => connection()?.cluster?.backend !== undefined, () => tell((kernel) => stopCluster(kernel, trans)))
  add('sluice:cancel-all', trans.__('Cancel All Runs'), trans.__('Cancel the tasks of all runs of this notebook that have not ended'), () => connection()?.headlines.some(({ final }) => !final) ?? false, () =>
    tell((kernel) => cancelAll(kernel, kernel.headlines, trans)))
  add('sluice:rerun-failed', trans.__('Rerun Failed Tasks'), trans.__('Run again what has no result in the runs of this notebook that have failed'), () => connection()?.headlines.some(hasFailures) ?? false, () =>
    tell((kernel) => rerunAllFailed(kernel, kernel.headlines, trans)))
  add('sluice:first-failure', trans.__('Go to the First Failure'), trans.__('Show the first run of this notebook that has failed tasks'), () => notebook() !== undefined, () => {
    const current = notebook()
    return current && reveal?.firstFailure(current)
  })
  add('sluice:expand-graphs', trans.__('Expand All Graphs'), trans.__('Show each task in the graphs of all runs'), () => true, () => surroundings.expandGraphs(true))
  add('sluice:collapse-graphs', trans.__('Collapse All Graphs'), trans.__('Show the tasks of each run as one group in all graphs'), () => true, () => surroundings.expandGraphs(false))

  // What is enabled changes far more rarely than what kernels tell.
  let before = ''
  const changed = (): void => {
    const enabled = commands.listCommands().filter((id) => id.startsWith('sluice:') && commands.isEnabled(id)).join()
    if (enabled === before) return
    before = enabled
    commands.notifyCommandChanged()
  }
  tracker?.currentChanged.connect(changed)
  kernels.subscribe(changed)
}
