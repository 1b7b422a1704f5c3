import type { Pane, PaneContext } from '../view/pane.ts'

export function createUtilization(context: PaneContext): Pane {
  const node = document.createElement('div')
  return {
    node,
    draw: () => void (node.textContent = `utilization: ${context.store.record.run.name}, ${context.store.tasks.length} tasks`),
    dispose: () => node.remove(),
  }
}
