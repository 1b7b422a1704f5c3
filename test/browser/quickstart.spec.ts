import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execute, python, root } from '../../kernel/setup/environment.mjs'
import { expect, test } from './fixtures.ts'

const RUN = 'application/vnd.sluice.run.v1+json'

test('the quick start runs, each of its runs is seen to its end, and the saved notebook holds all, also for others to show', async ({ notebook, server }) => {
  cpSync(join(root, 'notebooks'), server.folder, { recursive: true })
  await notebook.open('quickstart.ipynb')
  await notebook.command('notebook:clear-all-cell-outputs')
  await expect(notebook.runs).toHaveCount(0)
  await notebook.runAll()
  for (const name of ['delays', 'model', 'fits', 'curves', 'band']) {
    const view = notebook.view(name)
    await view.scrollIntoViewIfNeeded()
    await expect(view).toBeVisible()
    await expect(view).toContainText(/\d succeeded/)
    await expect(view.locator('canvas').first()).toBeVisible()
  }
  await notebook.save()
  const records = await notebook.savedRecords()
  expect(records.map(({ run, final, counts }) => [run.name, final, counts.succeeded === run.count])).toEqual(['delays', 'model', 'fits', 'curves', 'band'].map((name) => [name, true, true]))

  // Elsewhere the pictures are shown.
  execute(python, ['-m', 'nbconvert', '--to', 'html', '--log-level', 'ERROR', join(server.folder, 'quickstart.ipynb')])
  const html = readFileSync(join(server.folder, 'quickstart.html'), 'utf8')
  const { cells } = await notebook.saved()
  const pictures = cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ data }) => (data && RUN in data ? data['image/png'] : []))) as string[]
  expect(pictures.length).toBe(5)
  for (const picture of pictures) expect(html).toContain(`data:image/png;base64,${picture.trim()}`)
})
