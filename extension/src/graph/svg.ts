/** The graph as a picture of its own: all of it, as it stands in the view, without what was only pointed at. */
import type { PaneContext } from '../view/pane.ts'
import { fit } from './camera.ts'
import { groupsOf } from './groups.ts'
import { layoutOf } from './layout.ts'
import { sceneOf } from './scene.ts'
import { estimate } from './steps.ts'
import { svgOf } from './svg-text.ts'

const MARGIN = 28
const MOST_WIDTH = 1400

export function graphSvg({ store, state, trans, moment, theme }: PaneContext): string {
  const { record, tasks } = store
  const layout = layoutOf(groupsOf(record), state.expanded.has(record.run.id), tasks.length)
  const width = Math.min(MOST_WIDTH, layout.width + MARGIN)
  const height = Math.max(1, (layout.height * (width - MARGIN)) / Math.max(1, layout.width)) + MARGIN
  const look = theme()
  const subject = { layout, record, tasks, moment: moment(), matches: undefined, selection: undefined, hover: undefined, critical: true, trans }
  const steps = sceneOf(subject, { camera: fit(layout, { width, height }), width, height, theme: look, measure: estimate })
  return svgOf(steps, width, height, look.font, look.background)
}
