/** What JupyterLab activates: the connections to kernels, the panel, the commands, and what views take from the application. */
/* eslint-disable jupyter/prefer-lazy-imports -- connections and commands are there from the start, and small; views, checkers, the panel's contents and dialogs are loaded when they are needed */
import { ILayoutRestorer } from '@jupyterlab/application'
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ICommandPalette, IThemeManager, IToolbarWidgetRegistry } from '@jupyterlab/apputils'
import { IConsoleTracker } from '@jupyterlab/console'
import { INotebookTracker } from '@jupyterlab/notebook'
import type { NotebookPanel } from '@jupyterlab/notebook'
import { ISettingRegistry } from '@jupyterlab/settingregistry'
import { IStatusBar } from '@jupyterlab/statusbar'
import { ITranslator } from '@jupyterlab/translation'
import { Checkpoints } from './live/checkpoints.ts'
import { pageClock } from './live/clock.ts'
import { Kernels } from './live/kernels.ts'
import { heldIn, keepIn } from './live/outputs.ts'
import { ClusterButton } from './panel/cluster-button.tsx'
import { addCommands, SHOW_PANEL } from './panel/commands.ts'
import { SluicePanel } from './panel/panel.ts'
import { Reveal } from './panel/reveal.ts'
import { StatusItem } from './panel/status.ts'
import { checkedMessage } from './run/check.ts'
import { stores } from './run/stores.ts'
import { readSettings } from './settings.ts'
import { loadView } from './view/code.ts'
import { surroundings } from './view/surroundings.ts'

const ID = 'sluice-jupyterlab:plugin'

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Runs of tasks, live: connections to Sluice kernels, the side panel, commands and settings.',
  autoStart: true,
  optional: [INotebookTracker, IConsoleTracker, ITranslator, IThemeManager, ISettingRegistry, ICommandPalette, IStatusBar, IToolbarWidgetRegistry, ILayoutRestorer],
  activate,
}

function activate(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker | null,
  consoles: IConsoleTracker | null,
  translator: ITranslator | null,
  themes: IThemeManager | null,
  registry: ISettingRegistry | null,
  palette: ICommandPalette | null,
  statusBar: IStatusBar | null,
  toolbars: IToolbarWidgetRegistry | null,
  restorer: ILayoutRestorer | null,
): void {
  if (translator) surroundings.translation = translator.load('sluice')
  themes?.themeChanged.connect(() => surroundings.changed())

  const kernels = new Kernels({ stores, clock: pageClock, trans: surroundings.translation, check: checkedMessage })
  for (const tracker of [notebooks, consoles]) {
    tracker?.forEach((user) => kernels.add(user))
    tracker?.widgetAdded.connect((_, user) => kernels.add(user))
  }
  // Who has a Sluice kernel is going to see runs: their code is there by then. Should it not load, the first view says so.
  const end = kernels.subscribe(() => {
    if (kernels.used.length === 0) return
    end()
    loadView().catch(() => undefined)
  })
  keepCheckpoints(kernels, notebooks)

  const reveal = notebooks ? new Reveal(app, notebooks, surroundings) : undefined
  if (reveal) {
    surroundings.reveal = (node, line) => void reveal.line(node, line)
    surroundings.revealRun = (uid) => void reveal.run(uid)
  }

  const panel = new SluicePanel(kernels, surroundings)
  app.shell.add(panel, 'left', { rank: 450, type: 'Sluice' })
  restorer?.add(panel, panel.id)
  addCommands({ app, kernels, tracker: notebooks, palette, panel, reveal, surroundings })

  if (statusBar) {
    const item = new StatusItem(kernels, surroundings, () => void app.commands.execute(SHOW_PANEL))
    statusBar.registerStatusItem(ID, { item, align: 'left', rank: 5, isActive: () => item.active, activeStateChanged: item.activeChanged })
  }
  toolbars?.addFactory<NotebookPanel>('Notebook', 'sluice-cluster', (user) => {
    kernels.add(user)
    return new ClusterButton(kernels, user, surroundings, () => {
      void app.commands.execute(SHOW_PANEL)
      void panel.showCluster(kernels.connectionOf(user)?.kernel.id)
    })
  })
  void followSettings(registry, kernels)
  surroundings.changed()
}

function keepCheckpoints(kernels: Kernels, notebooks: INotebookTracker | null): void {
  const panelsOf = (users: readonly unknown[]): NotebookPanel[] => (notebooks?.filter((panel) => users.includes(panel)) ?? [])
  const checkpoints = new Checkpoints(
    () => kernels.used.filter(({ connection }) => connection.live).map(({ connection, users }) => ({
      headlines: connection.headlines,
      notebooks: panelsOf(users).filter(({ context }) => context.isReady),
      ask: (question) => connection.ask(question),
      held: () => heldIn(panelsOf(users)),
      keep: (uid, data) => keepIn(panelsOf(users), uid, data),
    })),
    stores,
    pageClock,
  )
  kernels.subscribe(() => checkpoints.changed())
}

async function followSettings(registry: ISettingRegistry | null, kernels: Kernels): Promise<void> {
  if (!registry) return
  try {
    const settings = await registry.load(ID)
    const changed = (): void => {
      surroundings.settings = readSettings(settings.composite)
      kernels.watching = surroundings.settings.live
      surroundings.changed()
    }
    settings.changed.connect(changed)
    changed()
  } catch (error) {
    console.warn('Sluice: its settings could not be read; the defaults hold.', error)
  }
}

export default [plugin]
