/** The panes' own pictures: each a complete `<svg>`. */
import { graphSvg } from '../graph/svg.ts'
import type { PaneContext } from '../view/pane.ts'

export const pictures: readonly ((context: PaneContext) => string)[] = [graphSvg]
