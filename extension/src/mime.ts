/** The renderer of saved and live runs. JupyterLab asks for it by MIME type; it stays small, as all pages load it. */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces'
import { RUN_MIME } from './mime-type.ts'
import { RunRenderer } from './renderer.ts'

const extension: IRenderMime.IExtension = {
  id: 'sluice-jupyterlab:renderer',
  description: 'Shows runs of tasks: graph, timeline, utilization.',
  rendererFactory: {
    // It shows what has been checked, as text, and evaluates nothing: untrusted notebooks may use it.
    safe: true,
    mimeTypes: [RUN_MIME],
    createRenderer: (options) => new RunRenderer(options),
  },
  rank: 0,
  dataType: 'json',
  fileTypes: [{ name: 'sluice-run', displayName: 'Sluice run', extensions: ['.sluice.json'], mimeTypes: [RUN_MIME], fileFormat: 'text' }],
  documentWidgetFactoryOptions: {
    name: 'Sluice run',
    modelName: 'text',
    primaryFileType: 'sluice-run',
    fileTypes: ['sluice-run', 'json'],
    defaultFor: ['sluice-run'],
  },
}

export default extension
