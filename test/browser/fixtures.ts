/** What every test in a browser has: the server, which the worker starts once, and a page with a notebook. */
import { test as base, expect } from '@playwright/test'
import { NotebookPage } from './notebook.mjs'
import { Server } from './server.mjs'

export { expect } from '@playwright/test'
export { NotebookPage, notebookOf, notebookOfRuns, outputOf } from './notebook.mjs'
export { sample } from './samples.mjs'

declare global {
  interface Window {
    /** JupyterLab's own application, as far as tests look at it. */
    readonly jupyterapp: {
      readonly shell: { readonly currentWidget: { readonly content: { readonly model: { readonly cells: Iterable<{ trusted: boolean }> & { get(index: number): { trusted: boolean } } } } } }
    }
  }
}

interface OfTest {
  readonly notebook: NotebookPage
}

interface OfWorker {
  readonly server: Server
}

export const test = base.extend<OfTest, OfWorker>({
  server: [
    async ({}, use) => {
      const server = await Server.start()
      await use(server)
      await server.stop()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  notebook: async ({ page, server }, use) => {
    const notebook = new NotebookPage(page, server)
    await use(notebook)
    expect(notebook.errors, 'nothing goes wrong in the page').toEqual([])
    await server.shutDownKernels()
  },
})
