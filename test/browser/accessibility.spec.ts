/** What people need who do not use a mouse, or do not see as most do. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'
import type { AxeResults } from 'axe-core'
import { expect, notebookOf, notebookOfRuns, sample, test } from './fixtures.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong within what `selectors` name, in its words. */
async function problems(page: Page, ...selectors: string[]): Promise<string[]> {
  await page.evaluate(axe)
  const include = selectors.map((selector) => [selector])
  const { violations } = await page.evaluate((include) => (window as unknown as { axe: { run(context: object): Promise<AxeResults> } }).axe.run({ include }), include)
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`))
}

for (const theme of ['JupyterLab Light', 'JupyterLab Dark', 'JupyterLab Dark High Contrast']) {
  test(`axe finds nothing wrong in ${theme}`, async ({ notebook, server }) => {
    await server.set('@jupyterlab/apputils-extension:themes', { theme })
    const names = ['twelve tasks in progress', 'a failed run with skipped followers', 'a single task']
    server.write('themes.ipynb', notebookOfRuns(await Promise.all(names.map(sample))))
    await notebook.open('themes.ipynb')
    await expect(notebook.runs).toHaveCount(3)
    for (let i = 0; i < 3; i++) {
      const view = notebook.runs.nth(i)
      await view.scrollIntoViewIfNeeded()
      await expect(view.locator('canvas').first()).toBeVisible()
      await view.getByRole('button', { name: 'Details' }).click()
      await expect(view.getByRole('complementary')).toBeVisible()
    }
    await notebook.command('sluice:show-panel')
    await expect(notebook.page.locator('.sl-Panel')).toBeVisible()
    expect(await problems(notebook.page, '.sl-Run', '.sl-Panel')).toEqual([])
    await server.set('@jupyterlab/apputils-extension:themes', {})
  })
}

test('axe finds nothing wrong in the panel with a cluster and runs of a kernel', async ({ notebook, server }) => {
  server.write('panel.ipynb', notebookOf(['%cluster local --nodes 2 --slots 2', '%%distribute squares --each n of [1, 2, 3]\nreturn n * n', '%%distribute roots --each n of [1, -1]\nif (n < 0) throw new RangeError(`${n} is negative`)\nreturn Math.sqrt(n)']))
  await notebook.open('panel.ipynb')
  await notebook.runAll()
  await notebook.command('sluice:show-panel')
  const panel = notebook.page.locator('.sl-Panel')
  for (const text of ['squares', 'roots', 'node-1', 'node-2']) await expect(panel).toContainText(text)
  expect(await problems(notebook.page, '.sl-Panel')).toEqual([])
})

test('axe finds nothing wrong in forced colours', async ({ notebook, server }) => {
  await notebook.page.emulateMedia({ forcedColors: 'active' })
  server.write('forced.ipynb', notebookOfRuns([await sample('a failed run with skipped followers')]))
  await notebook.open('forced.ipynb')
  await expect(notebook.runs.locator('canvas').first()).toBeVisible()
  expect(await problems(notebook.page, '.sl-Run')).toEqual([])
})

test('the keyboard alone reaches every control, and each shows that it has the focus', async ({ notebook, server }) => {
  server.write('keyboard.ipynb', notebookOfRuns([await sample('a failed run with skipped followers')]))
  await notebook.open('keyboard.ipynb')
  const view = notebook.runs.first()
  await expect(view.locator('canvas').first()).toBeVisible()
  await view.getByRole('button', { name: 'Details' }).click()
  await expect(view.getByRole('complementary')).toBeVisible()
  const wanted = await view.evaluate((root) => {
    const controls = [...root.querySelectorAll<HTMLElement>('button, input, select, textarea, summary, a[href], [tabindex]')]
    const reachable = controls.filter((node) => node.tabIndex >= 0 && !(node as HTMLButtonElement).disabled && node.getClientRects().length > 0)
    reachable.forEach((node, i) => (node.dataset['test'] = String(i)))
    reachable[0]!.focus()
    return reachable.map((node) => node.getAttribute('aria-label') ?? node.textContent!.slice(0, 40))
  })
  // What a script has focused need not show it; what a key has, must.
  await notebook.page.keyboard.press('Shift+Tab')
  await notebook.page.keyboard.press('Tab')
  const visited = new Set<number>()
  const unseen: string[] = []
  for (let step = 0; step < wanted.length + 5; step++) {
    const at = await view.evaluate((root) => {
      const node = document.activeElement as HTMLElement
      if (!root.contains(node) || node.dataset['test'] === undefined) return undefined
      // On the control, or on what frames it.
      const seen = [node, node.parentElement!].some((part) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(part)
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none'
      })
      return { index: Number(node.dataset['test']), seen }
    })
    if (at) {
      visited.add(at.index)
      if (!at.seen) unseen.push(wanted[at.index]!)
    }
    await notebook.page.keyboard.press('Tab')
  }
  expect(wanted.filter((_, i) => !visited.has(i)), 'controls that Tab does not reach').toEqual([])
  expect(unseen, 'controls that do not show their focus').toEqual([])
})

test('in the graph, arrows go from task to task in words, Enter opens the details, Escape closes them', async ({ notebook, server }) => {
  server.write('arrows.ipynb', notebookOfRuns([await sample('a failed run with skipped followers')]))
  await notebook.open('arrows.ipynb')
  const view = notebook.runs.first()
  const graph = view.locator('.sl-Pane-graph [role="tree"]')
  await graph.focus()
  const told = () => graph.evaluate((node) => document.getElementById(node.getAttribute('aria-activedescendant') ?? '')?.textContent ?? '')
  await notebook.page.keyboard.press('Home')
  await expect.poll(told).not.toBe('')
  const first = await told()
  await notebook.page.keyboard.press('ArrowDown')
  await expect.poll(told).not.toBe(first)
  await notebook.page.keyboard.press('Enter')
  await expect(view.getByRole('complementary')).toBeVisible()
  await notebook.page.keyboard.press('Escape')
  await expect(view.getByRole('complementary')).toHaveCount(0)
})
