/** English, as the extension's texts are written. */
import { nullTranslator } from '@jupyterlab/translation'

export const trans = nullTranslator.load('sluice')
