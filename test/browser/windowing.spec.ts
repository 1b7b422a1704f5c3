/** JupyterLab keeps cells in the page, or out of it, in several ways: in each a run is drawn when it is scrolled to. */
import { expect, notebookOf, outputOf, sample, test } from './fixtures.ts'

for (const mode of ['full', 'defer', 'none', 'contentVisibility']) {
  test(`in windowing mode ${mode} a run far below is drawn when it is scrolled to, and again after coming back`, async ({ notebook, server }) => {
    await server.set('@jupyterlab/notebook-extension:tracker', { windowingMode: mode })
    const record = await sample('a thousand tasks that lose a node')
    const sources = Array.from({ length: 60 }, (_, i) => `${i}\n\n\n\n\n\n`)
    const far = 50
    server.write('far.ipynb', notebookOf(sources, sources.map((_, i) => (i === far ? [outputOf(record)] : []))))
    await notebook.open('far.ipynb')
    for (let round = 0; round < 2; round++) {
      await notebook.show(far)
      const view = notebook.cell(far).locator('.sl-Run')
      await expect(view).toBeInViewport()
      await expect(view).toContainText('delays by airport')
      await expect.poll(() => painted(view.locator('.sl-Pane-graph canvas').first())).toBe(true)
      await notebook.show(0)
      await expect(view).not.toBeInViewport()
    }
  })
}

/** Whether anything is drawn on a canvas: pixels of more than one colour. */
async function painted(canvas: import('@playwright/test').Locator): Promise<boolean> {
  return canvas.evaluate((node: HTMLCanvasElement) => {
    if (node.width === 0 || node.height === 0) return false
    const { data } = node.getContext('2d')!.getImageData(0, 0, node.width, node.height)
    const first = new Uint32Array(data.buffer)[0]
    return new Uint32Array(data.buffer).some((pixel) => pixel !== first)
  })
}
