/** What is around the notebook: Notebook 7, and what a page loads. */
import { gzipSync } from 'node:zlib'
import { expect, notebookOf, notebookOfRuns, outputOf, sample, test } from './fixtures.ts'

test('Notebook 7 shows saved runs, and new ones live', async ({ notebook, server }) => {
  const saved = await sample('a thousand tasks that lose a node')
  server.write('seven.ipynb', notebookOf(['1', '%%distribute squares --each n of [1, 2, 3]\nreturn n * n', 'await squares'], [[outputOf(saved)]]))
  await notebook.open('seven.ipynb', { app: 'notebook' })
  await expect(notebook.view('delays by airport')).toContainText(/1,000\s*succeeded/)
  await notebook.run(1)
  await expect(notebook.view('squares')).toContainText(/3\s*succeeded/)
})

test('a page without runs loads a little; a run its view; and Plotly comes alone, when utilization is seen', async ({ notebook, server }) => {
  const loaded: { name: string; bytes: number; plotly: boolean }[] = []
  notebook.page.on('response', async (response) => {
    const name = /extensions\/sluice-jupyterlab\/static\/([\w.-]+\.js)/.exec(response.url())?.[1]
    if (name === undefined) return
    const body = await response.body()
    loaded.push({ name, bytes: gzipSync(body).length, plotly: body.includes('hovertemplate') })
  })
  const sum = () => loaded.reduce((total, { bytes }) => total + bytes, 0)
  // With a kernel of Sluice's the view is on its way, whether there are runs or not.
  const python = { name: 'python3', display_name: 'Python 3', language: 'python' }
  server.write('none.ipynb', { ...notebookOf(['1']), metadata: { kernelspec: python } })
  await notebook.open('none.ipynb')
  expect(loaded.find(({ name }) => name.startsWith('remoteEntry'))?.bytes).toBeLessThan(10_000)
  const eager = sum()
  expect(loaded.some(({ plotly }) => plotly)).toBe(false)
  expect(eager).toBeLessThan(40_000)

  loaded.length = 0
  server.write('one.ipynb', notebookOfRuns([await sample('twelve tasks in progress')]))
  await server.set('@jupyterlab/apputils-extension:themes', {})
  await notebook.open('one.ipynb')
  await expect(notebook.runs.first().locator('.sl-Pane-graph canvas').first()).toBeVisible()
  await expect(notebook.runs.first().locator('.sl-Pane-utilization .js-plotly-plot')).toBeVisible()
  test.info().annotations.push({ type: 'gzipped bytes', description: JSON.stringify({ eager, loaded }) })
  const [plotly, own] = [true, false].map((which) => loaded.filter((chunk) => chunk.plotly === which).map(({ bytes }) => bytes))
  expect(plotly!.length).toBe(1)
  // The largest of ours is the view with its graph and timeline; then there are the checker of records, and what is eager.
  expect(Math.max(...own!)).toBeLessThan(60_000)
  expect(own!.reduce((total, bytes) => total + bytes, 0)).toBeLessThan(130_000)
})
