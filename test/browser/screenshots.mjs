// node test/browser/screenshots.mjs FOLDER: how runs look in a real JupyterLab and Notebook 7, as PNG files. `npm run build` first.
import { chromium } from '@playwright/test'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findChromium } from '../../kernel/setup/environment.mjs'
import { NotebookPage, notebookOf, notebookOfRuns } from './notebook.mjs'
import { eachRun, sample } from './samples.mjs'
import { Server } from './server.mjs'

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('usage: node test/browser/screenshots.mjs FOLDER')
  process.exit(2)
}
mkdirSync(resolve(folder), { recursive: true })
const themes = '@jupyterlab/apputils-extension:themes'
const wide = { width: 1400, height: 900 }

const server = await Server.start()
const browser = await chromium.launch({ executablePath: findChromium(), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
try {
  await live()
  const thousand = await sample('a thousand tasks that lose a node')
  const failed = await sample('a failed run with skipped followers')
  await saved('map-reduce-1000', [thousand])
  await saved('failed', [failed])
  await saved('tasks-100000', [await eachRun(100_000)])
  await saved('dark', [thousand], { theme: 'JupyterLab Dark' })
  await saved('high-contrast', [failed], { theme: 'JupyterLab Dark High Contrast' })
  await saved('narrow', [thousand], { viewport: { width: 640, height: 900 } })
  await saved('notebook-7', [thousand], { app: 'notebook' })
  await saved('details', [failed], { act: (notebook) => openDetails(notebook) })
} finally {
  await browser.close()
  await server.stop()
}

async function page(viewport) {
  return new NotebookPage(await browser.newPage({ viewport, deviceScaleFactor: 1 }), server)
}

async function take(notebook, name) {
  // Plots and transitions come to rest.
  await notebook.page.waitForTimeout(1500)
  await notebook.page.screenshot({ path: join(resolve(folder), `${name}.png`) })
  for (const error of notebook.errors) console.error(`${name}: ${error}`)
  await notebook.page.close()
}

async function saved(name, records, { theme = 'JupyterLab Light', viewport = wide, app = 'lab', act } = {}) {
  await server.set(themes, { theme })
  server.write(`${name}.ipynb`, notebookOfRuns(records))
  const notebook = await page(viewport)
  await notebook.open(`${name}.ipynb`, { app })
  if (viewport.width < 800) await notebook.command('application:toggle-left-area')
  await notebook.runs.locator('canvas').first().waitFor()
  await act?.(notebook)
  await take(notebook, name)
}

async function openDetails(notebook) {
  const graph = notebook.page.locator('.sl-Pane-graph [role="tree"]')
  await graph.focus()
  await notebook.page.keyboard.press('End')
  await notebook.page.keyboard.press('Enter')
}

/** Twelve tasks, of which some have ended, some run and some wait. */
async function live() {
  await server.set(themes, { theme: 'JupyterLab Light' })
  const body = `const { existsSync } = await import('node:fs')
console.log(\`month \${month}\`)
while (!existsSync(\`ended-\${month}\`)) await new Promise((resolve) => setTimeout(resolve, 20))
return month`
  server.write('live.ipynb', notebookOf(['%cluster local --nodes 2 --slots 2', `%%distribute delays --each month of Array.from({ length: 12 }, (_, i) => i)\n${body}`]))
  const notebook = await page(wide)
  await notebook.open('live.ipynb')
  await notebook.run(0)
  await notebook.run(1)
  for (let month = 0; month < 5; month++) {
    await notebook.page.waitForTimeout(300)
    server.write(`ended-${month}`, '')
  }
  await take(notebook, 'live-12')
  await server.shutDownKernels()
}
