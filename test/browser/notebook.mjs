// A notebook in a page of JupyterLab or Notebook 7, as tests, measurements and screenshots use it.

/** A notebook file with TypeScript cells. */
export function notebookOf(sources, outputs = []) {
  return {
    cells: sources.map((source, i) => ({ cell_type: 'code', id: `cell-${i}`, metadata: {}, source, outputs: outputs[i] ?? [], execution_count: null })),
    metadata: { kernelspec: { name: 'sluice', display_name: 'TypeScript (Sluice)', language: 'typescript' } },
    nbformat: 4,
    nbformat_minor: 5,
  }
}

/** The output that keeps a run in a notebook. */
export function outputOf(record) {
  return { output_type: 'display_data', data: { 'application/vnd.sluice.run.v1+json': record, 'text/plain': 'the run as text' }, metadata: {} }
}

/** A notebook that holds runs and nothing that made them. */
export function notebookOfRuns(records) {
  return notebookOf(records.map(({ run }) => `// ${run.count} tasks`), records.map((record) => [outputOf(record)]))
}

let workspaces = 0

export class NotebookPage {
  /** What went wrong in the page: exceptions that nothing caught, and what our extension said as an error.
   *  @type {string[]} */
  errors = []
  #server
  #path

  /** @param {import('@playwright/test').Page} page
   *  @param {import('./server.mjs').Server} server */
  constructor(page, server) {
    this.page = page
    this.#server = server
    page.on('pageerror', (error) => {
      // Notebook 7.6 throws at its start, with or without extensions of others: settings and commands that it lacks.
      if (error.stack?.includes('/static/notebook/') && !error.stack.includes('sluice')) return
      this.errors.push(error.stack ?? String(error))
    })
    page.on('console', (message) => {
      const where = `${message.text()} ${message.location().url}`
      if (message.type() === 'error' && where.includes('sluice')) this.errors.push(where)
    })
  }

  /** Opens a notebook that is in the server's folder, in a workspace of its own. */
  async open(path, { app = 'lab', kernel = true } = {}) {
    this.#path = path
    const address = app === 'lab' ? `lab/workspaces/test-${process.pid}-${++workspaces}/tree/${path}` : `notebooks/${path}`
    await this.page.goto(this.#server.url(address))
    await this.ready(kernel)
  }

  /** The same page again, as a user reloads it. */
  async reload() {
    await this.page.reload()
    await this.ready()
  }

  /** Until the notebook is there, with its kernel if it has one. */
  async ready(kernel = true) {
    await this.page.locator('.jp-Notebook .jp-Cell').first().waitFor()
    if (kernel) await this.page.waitForFunction(() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady === true)
  }

  /** Runs a command of JupyterLab, to its end. */
  command(id, args = {}) {
    return this.page.evaluate(([id, args]) => window.jupyterapp.commands.execute(id, args).then(() => undefined), [id, args])
  }

  /** Runs all cells; resolves when the last has ended. */
  runAll() {
    return this.command('notebook:run-all-cells')
  }

  /** Runs one cell; resolves when it has ended. */
  async run(index) {
    await this.page.evaluate(async (index) => {
      const { content } = window.jupyterapp.shell.currentWidget
      content.deselectAll()
      content.activeCellIndex = index
      await window.jupyterapp.commands.execute('notebook:run-cell')
    }, index)
  }

  /** Scrolls to a cell, as the notebook's own commands do; in no windowing mode are all cells in the page. */
  async show(index) {
    await this.page.evaluate((index) => window.jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start'), index)
  }

  /** Restarts the kernel without asking. */
  restart() {
    return this.page.evaluate(() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart())
  }

  async save() {
    await this.page.evaluate(() => window.jupyterapp.shell.currentWidget.context.save())
  }

  /** The file as it is on the disk.
   *  @returns {Promise<{ cells: { outputs?: { data?: Record<string, unknown> }[] }[] }>} */
  async saved() {
    const response = await this.#server.fetch(`api/contents/${this.#path}?content=1`)
    return (await response.json()).content
  }

  /** Records of runs in what is saved, in order.
   *  @returns {Promise<import('../../kernel/cluster/record/types.ts').RunRecord[]>} */
  async savedRecords() {
    const { cells } = await this.saved()
    const records = cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ data }) => data?.['application/vnd.sluice.run.v1+json'] ?? []))
    return /** @type {import('../../kernel/cluster/record/types.ts').RunRecord[]} */ (records)
  }

  cell(index) {
    return this.page.locator(`.jp-Notebook .jp-Cell[data-windowed-list-index="${index}"]`)
  }

  /** Views of runs, in order. */
  get runs() {
    return this.page.locator('.sl-Run')
  }

  /** How a run stands, in the words of its view: live, saved … */
  standing(name) {
    return this.view(name).locator('.sl-Standing')
  }

  /** Frames that the page sent over websockets which hold `text`, from now on. */
  sent(text) {
    const frames = []
    this.page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => payload.includes(text) && frames.push(payload)))
    return frames
  }

  /** The view of a run by its name. */
  view(name) {
    return this.page.getByRole('region', { name: `Run ${name}` }).first()
  }
}
