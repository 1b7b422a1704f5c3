/** Runs while they run: tasks wait for files that the test writes, so that it decides what has ended. */
import { expect, NotebookPage, notebookOf, test } from './fixtures.ts'
import type { Server } from './server.mjs'

/** A run of tasks of which each waits until its gate is open. */
const gated = (server: Server, name: string, count: number): string => `%%distribute ${name} --each n of Array.from({ length: ${count} }, (_, i) => i)
const { existsSync } = await import('node:fs')
while (!existsSync('${server.folder}/${name}-open') && !existsSync(\`${server.folder}/${name}-\${n}\`)) await new Promise((resolve) => setTimeout(resolve, 10))
return n`

const two = '%cluster local --nodes 1 --slots 2'

test('a page that is reloaded in mid-run goes on showing it, and the notebook saved afterwards holds its end', async ({ notebook, server }) => {
  server.write('reload.ipynb', notebookOf([two, gated(server, 'reloaded', 12), 'await reloaded']))
  await notebook.open('reload.ipynb')
  await notebook.run(0)
  await notebook.run(1)
  await expect(notebook.standing('reloaded')).toHaveText('live')
  await expect(notebook.view('reloaded')).toContainText(/2\s*running/)
  await notebook.save()
  await notebook.reload()
  await expect(notebook.standing('reloaded')).toHaveText('live')
  await expect(notebook.view('reloaded')).toContainText(/2\s*running/)

  server.write('reloaded-0', '')
  await expect(notebook.view('reloaded')).toContainText(/1\s*succeeded/)
  server.write('reloaded-open', '')
  await expect(notebook.view('reloaded')).toContainText(/12\s*succeeded/)
  await expect.poll(async () => {
    await notebook.save()
    return (await notebook.savedRecords()).map(({ final, counts }) => [final, counts.succeeded])
  }).toEqual([[true, 12]])
})

test('a restarted kernel leaves its runs as they were, and what runs next is drawn under its own cell', async ({ notebook, server }) => {
  server.write('restart.ipynb', notebookOf([two, gated(server, 'before', 4), gated(server, 'after', 3)]))
  await notebook.open('restart.ipynb')
  await notebook.run(0)
  await notebook.run(1)
  await expect(notebook.standing('before')).toHaveText('live')
  await expect(notebook.view('before')).toContainText(/2\s*running/)
  await notebook.restart()
  await expect(notebook.standing('before')).toContainText('kernel gone')

  server.write('after-open', '')
  await notebook.run(0)
  await notebook.run(2)
  await expect(notebook.view('after')).toContainText(/3\s*succeeded/)
  await expect(notebook.standing('before')).toContainText('kernel gone')
  await expect(notebook.cell(1).locator('.sl-Run')).toContainText('before')
  await expect(notebook.cell(2).locator('.sl-Run')).toContainText('after')
  await expect(notebook.runs).toHaveCount(2)
})

test('a second browser sees the run live, and one view of it ends no other', async ({ notebook, server, browser }) => {
  server.write('shared.ipynb', notebookOf([two, gated(server, 'shared', 4)]))
  await notebook.open('shared.ipynb')
  await notebook.run(0)
  await notebook.run(1)
  await expect(notebook.standing('shared')).toHaveText('live')
  await expect(notebook.view('shared')).toContainText(/2\s*running/)
  await notebook.save()

  const context = await browser.newContext()
  const other = new NotebookPage(await context.newPage(), server)
  await other.open('shared.ipynb')
  await expect(other.standing('shared')).toHaveText('live')
  server.write('shared-0', '')
  for (const each of [notebook, other]) await expect(each.view('shared')).toContainText(/1\s*succeeded/)
  expect(other.errors).toEqual([])
  await context.close()
  server.write('shared-open', '')
  await expect(notebook.view('shared')).toContainText(/4\s*succeeded/)
})

test('a second view of an output shows the same run, and is closed without harm to the first', async ({ notebook, server }) => {
  server.write('twice.ipynb', notebookOf([two, gated(server, 'twice', 4)]))
  await notebook.open('twice.ipynb')
  await notebook.run(0)
  await notebook.run(1)
  await notebook.cell(1).click()
  await notebook.command('notebook:create-output-view')
  const second = notebook.page.locator('.jp-LinkedOutputView .sl-Run')
  await expect(second).toContainText(/2\s*running/)
  server.write('twice-0', '')
  for (const view of [notebook.cell(1).locator('.sl-Run'), second]) await expect(view).toContainText(/1\s*succeeded/)
  await notebook.command('application:close')
  await expect(second).toHaveCount(0)
  server.write('twice-open', '')
  await expect(notebook.cell(1).locator('.sl-Run')).toContainText(/4\s*succeeded/)
})
