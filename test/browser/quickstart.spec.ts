import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../kernel/setup/environment.mjs'
import { expect, test } from './fixtures.ts'

test('the quick start runs, each of its runs is seen to its end, and all are in the saved notebook', async ({ notebook, server }) => {
  cpSync(join(root, 'notebooks'), server.folder, { recursive: true })
  await notebook.open('quickstart.ipynb')
  await notebook.command('notebook:clear-all-cell-outputs')
  await expect(notebook.runs).toHaveCount(0)
  await notebook.runAll()
  for (const name of ['delays', 'model', 'fits', 'curves', 'band']) {
    const view = notebook.view(name)
    await view.scrollIntoViewIfNeeded()
    await expect(view).toBeVisible()
    await expect(view).toContainText(/\bsucceeded\b/)
    await expect(view.locator('canvas').first()).toBeVisible()
  }
  await notebook.save()
  const records = await notebook.savedRecords()
  expect(records.map(({ run, final, counts }) => [run.name, final, counts.succeeded === run.count])).toEqual(['delays', 'model', 'fits', 'curves', 'band'].map((name) => [name, true, true]))
})
