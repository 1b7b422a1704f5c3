/** What JupyterLab activates. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ITranslator } from '@jupyterlab/translation'
import { IThemeManager } from '@jupyterlab/apputils'
import { surroundings } from './view/surroundings.ts'

const views: JupyterFrontEndPlugin<void> = {
  id: 'sluice-jupyterlab:views',
  description: 'Language and theme of the views of runs.',
  autoStart: true,
  optional: [ITranslator, IThemeManager],
  activate: (_app: JupyterFrontEnd, translator: ITranslator | null, themes: IThemeManager | null) => {
    if (translator) surroundings.translation = translator.load('sluice')
    themes?.themeChanged.connect(() => surroundings.changed())
    surroundings.changed()
  },
}

export default [views]
