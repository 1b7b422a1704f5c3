import type { Pane, PaneContext } from '../view/pane.ts'

export function createGraph(context: PaneContext): Pane {
  const node = document.createElement('div')
  return {
    node,
    draw: () => void (node.textContent = `graph: ${context.store.record.run.name}, ${context.store.tasks.length} tasks`),
    dispose: () => node.remove(),
  }
}
