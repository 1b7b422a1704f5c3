/** Notebooks that somebody else saved: they are shown, and nothing in them is carried out, nor any kernel asked. */
import { expect, notebookOfRuns, sample, test } from './fixtures.ts'

/** Sets a global where markup is taken for more than text. */
const markup = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script><a href="javascript:window.hacked=3">x</a><b>'

test('an untrusted notebook shows its runs, of which no kernel hears, and its names are only text', async ({ notebook, server }) => {
  const failed = await sample('a failed run with skipped followers')
  const told = notebook.sent(failed.run.uid)
  const asked: string[] = []
  notebook.page.on('request', (request) => asked.push(request.url()))
  const hostile = {
    ...failed,
    run: { ...failed.run, name: markup },
    nodes: failed.nodes.map((node, i) => ({ ...node, name: `${i}${markup}` })),
    errors: failed.errors.map((error) => ({ ...error, name: markup, message: markup, stack: `${markup}\n    at ${markup}` })),
    upstream: failed.upstream.map((run) => ({ ...run, name: markup })),
  }
  server.write('untrusted.ipynb', notebookOfRuns([hostile, await sample('twelve tasks in progress')]))
  await notebook.open('untrusted.ipynb')
  expect(await notebook.page.evaluate(() => window.jupyterapp.shell.currentWidget.content.model.cells.get(0).trusted)).toBe(false)
  await expect(notebook.runs).toHaveCount(2)
  await expect(notebook.runs.first()).toContainText('<img src=x onerror')
  await expect(notebook.standing('delays')).toContainText('saved')

  // Wherever names and errors are shown: panes, tips, details.
  for (const role of ['tree', 'grid']) {
    const stage = notebook.runs.first().locator(`.sl-Pane [role="${role}"][tabindex="0"]`)
    await stage.hover()
    await stage.focus()
    await notebook.page.keyboard.press('Home')
    await notebook.page.keyboard.press('Enter')
  }
  await expect(notebook.runs.first().getByRole('complementary')).toBeVisible()
  expect(await notebook.page.evaluate(() => 'hacked' in window)).toBe(false)
  expect(await notebook.runs.locator('img, script, iframe, a[href^="javascript"]').count()).toBe(0)
  expect(told.length).toBe(0)
  expect(asked.filter((url) => !url.startsWith(server.address) && !/^(data|blob):/.test(url))).toEqual([])
})

test('where there is no kernel, an untrusted notebook opens no connection to one', async ({ notebook, server }) => {
  const opened = notebook.sent('comm_open')
  const file = notebookOfRuns([await sample('twelve tasks in progress')])
  server.write('kernelless.ipynb', { ...file, metadata: { kernelspec: { name: '', display_name: 'No Kernel' } } })
  await notebook.open('kernelless.ipynb', { kernel: false })
  await expect(notebook.standing('delays')).toContainText('saved')
  expect(opened.length).toBe(0)
})

test('once the user trusts the notebook, its runs are asked of the kernel', async ({ notebook, server }) => {
  const record = await sample('twelve tasks in progress')
  const told = notebook.sent(record.run.uid)
  server.write('trusted.ipynb', notebookOfRuns([record]))
  await notebook.open('trusted.ipynb')
  await expect(notebook.runs).toHaveCount(1)
  expect(told.length).toBe(0)
  await notebook.page.evaluate(() => {
    for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells) cell.trusted = true
  })
  await expect.poll(() => told.length).toBeGreaterThan(0)
  await expect(notebook.runs).toHaveCount(1)
  await expect(notebook.standing('delays')).toContainText('saved')
})
