import { readFileSync } from 'node:fs'
import { expect, notebookOfRuns, sample, test } from './fixtures.ts'

test('a saved run is taken away as SVG, PNG and JSON, and JupyterLab opens the JSON as a run', async ({ notebook, page, server }) => {
  const record = await sample('a failed run with skipped followers')
  server.write('export.ipynb', notebookOfRuns([record]))
  await notebook.open('export.ipynb')
  const view = notebook.runs.first()
  await expect(view).toContainText(/\d succeeded/)
  const taken = async (kind: string): Promise<{ readonly name: string; readonly content: Buffer }> => {
    await view.getByRole('button', { name: 'More about this run' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: `Export ${kind}` }).click()])
    return { name: download.suggestedFilename(), content: readFileSync(await download.path()) }
  }

  const json = await taken('JSON')
  expect(json.name).toBe(`${record.run.name}.sluice.json`)
  const written = JSON.parse(json.content.toString()) as typeof record
  expect({ ...written.run, counts: written.counts, tasks: written.tasks }).toEqual({ ...record.run, counts: record.counts, tasks: record.tasks })

  const svg = (await taken('SVG')).content.toString()
  expect(svg).toContain('<svg')
  for (const text of [record.run.name, ...record.nodes.map(({ name }) => name), record.errors[0]!.name]) expect(svg).toContain(text)
  expect(svg).not.toContain('<script')

  const { content } = await taken('PNG')
  expect(content.subarray(1, 4).toString()).toBe('PNG')
  // Width and height, which stand at the beginning: twice what the view has.
  expect(content.readUInt32BE(16)).toBeGreaterThan(1200)
  expect(content.readUInt32BE(20)).toBeGreaterThan(600)

  server.write(json.name, json.content.toString())
  await notebook.command('docmanager:open', { path: json.name })
  await expect(page.locator('.jp-MimeDocument .sl-Run')).toContainText(record.run.name)
})
