/** What is shown and goes again leaves nothing behind. */
import type { CDPSession, Page } from '@playwright/test'
import { expect, notebookOf, test } from './fixtures.ts'

interface Usage {
  readonly heap: number
  readonly listeners: number
  readonly nodes: number
  readonly workers: number
}

/** What the page holds when nothing that could go is there any more. */
async function usage(page: Page, session: CDPSession): Promise<Usage> {
  // Twice: what the first finds to be finalized goes with the second.
  for (let round = 0; round < 2; round++) await session.send('HeapProfiler.collectGarbage')
  const { metrics } = await session.send('Performance.getMetrics')
  const value = (name: string): number => metrics.find((metric) => metric.name === name)!.value
  return { heap: value('JSHeapUsedSize'), listeners: value('JSEventListeners'), nodes: value('Nodes'), workers: page.workers().length }
}

test('a cell that runs fifty times over leaves no memory, listeners, nodes, workers or comms behind', async ({ notebook, server }) => {
  const [opened, closed] = [notebook.sent('comm_open'), notebook.sent('comm_close')]
  const { page } = notebook
  server.write('again.ipynb', notebookOf(['%%distribute again --each n of Array.from({ length: 20 }, (_, i) => i)\nreturn n']))
  await notebook.open('again.ipynb')
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const again = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      await notebook.run(0)
      await expect(notebook.view('again')).toContainText(/20\s*succeeded/)
    }
  }
  await again(15)
  const before = await usage(page, session)
  await again(50)
  const after = await usage(page, session)
  const growth = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name as keyof Usage]])) as unknown as Usage
  test.info().annotations.push({ type: 'growth', description: JSON.stringify({ before, growth }) })
  expect(growth.workers).toBe(0)
  expect(opened.length - closed.length).toBeLessThanOrEqual(1)
  // JupyterLab itself keeps a little of each execution; a view that stayed would have hundreds of nodes and dozens of listeners.
  expect(growth.listeners / 50).toBeLessThan(5)
  expect(growth.nodes / 50).toBeLessThan(20)
  expect(growth.heap / 50).toBeLessThan(100_000)
})
