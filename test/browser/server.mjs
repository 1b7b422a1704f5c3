// A real JupyterLab of .venv on a free loopback port, with kernel and extension installed as `sluice install` does it, in a
// folder of its own: nothing of the user's is read, and nothing is left.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execute, python, root } from '../../kernel/setup/environment.mjs'

/** What would look at other machines, or get in the way of a test. */
const quiet = {
  '@jupyterlab/apputils-extension:notification': { fetchNews: 'false', checkForUpdates: false, doNotDisturbMode: true },
  '@jupyterlab/docmanager-extension:plugin': { autosave: false },
  '@jupyterlab/notebook-extension:tracker': { recordTiming: false },
}

export class Server {
  #process
  #home = ''
  #token = randomBytes(16).toString('hex')
  /** The folder that JupyterLab shows. */
  folder = ''
  /** With a slash at its end. */
  address = ''
  /** What it printed. */
  log = ''

  /** @returns {Promise<Server>} once it answers */
  static async start() {
    const server = new Server()
    await server.#start()
    return server
  }

  async #start() {
    const results = join(root, 'test-results')
    mkdirSync(results, { recursive: true })
    // In the checkout, so that notebooks find its packages.
    this.#home = mkdtempSync(join(results, 'lab-'))
    this.folder = join(this.#home, 'notebooks')
    mkdirSync(this.folder)
    execute(process.execPath, [join(root, 'dist', 'sluice.js'), 'install', '--prefix', this.#home], { what: 'sluice install' })
    const port = await freePort()
    this.address = `http://127.0.0.1:${port}/`
    const place = (name) => join(this.#home, name)
    const env = {
      ...process.env,
      JUPYTER_TOKEN: this.#token,
      JUPYTER_PATH: place('share/jupyter'),
      JUPYTER_CONFIG_DIR: place('config'),
      JUPYTER_DATA_DIR: place('data'),
      JUPYTER_RUNTIME_DIR: place('runtime'),
      JUPYTERLAB_SETTINGS_DIR: place('settings'),
      JUPYTERLAB_WORKSPACES_DIR: place('workspaces'),
      IPYTHONDIR: place('ipython'),
    }
    for (const [plugin, settings] of Object.entries(quiet)) this.#writeSettings(plugin, settings)
    const words = [
      '--no-browser', '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`, '--ServerApp.port_retries=0', `--ServerApp.root_dir=${this.folder}`,
      // Tests look at the state of kernels and notebooks through it.
      '--LabApp.expose_app_in_browser=True', '--JupyterNotebookApp.expose_app_in_browser=True',
      ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
    ]
    this.#process = spawn(python, ['-m', 'jupyterlab', ...words], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.log += text))
    await this.#answering()
  }

  /** It prints its address a moment before it listens: asks until it answers. */
  async #answering() {
    for (;;) {
      if (this.#process.exitCode !== null) throw new Error(`JupyterLab ended early:\n${this.log}`)
      try {
        const response = await this.fetch('api/status')
        if (response.ok) return
      } catch (error) {
        if (error.cause?.code !== 'ECONNREFUSED') throw error
      }
      await setTimeout(20)
    }
  }

  /** @param {string} path without a slash at its beginning
   *  @param {RequestInit} [options] */
  fetch(path, options = {}) {
    return fetch(this.address + path, { ...options, headers: { authorization: `token ${this.#token}` } })
  }

  /** An address for a browser that has not been here before. */
  url(path) {
    return `${this.address}${path}${path.includes('?') ? '&' : '?'}token=${this.#token}`
  }

  /** Writes a notebook, or any other file, where JupyterLab shows it. */
  write(path, content) {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  }

  /** A plugin's settings from the next load of a page on: on top of those that keep it quiet. */
  async set(plugin, settings) {
    const raw = JSON.stringify({ ...quiet[plugin], ...settings })
    const response = await this.fetch(`lab/api/settings/${plugin}`, { method: 'PUT', body: JSON.stringify({ raw }) })
    if (!response.ok) throw new Error(`${plugin} does not take ${raw}: ${await response.text()}`)
  }

  #writeSettings(plugin, settings) {
    const [extension, name] = plugin.split(':')
    const folder = join(this.#home, 'settings', extension)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${name}.jupyterlab-settings`), JSON.stringify(settings))
  }

  async shutDownKernels() {
    const sessions = await (await this.fetch('api/sessions')).json()
    for (const { id } of sessions) await this.fetch(`api/sessions/${id}`, { method: 'DELETE' })
    const kernels = await (await this.fetch('api/kernels')).json()
    for (const { id } of kernels) await this.fetch(`api/kernels/${id}`, { method: 'DELETE' })
  }

  async stop() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit')
      this.#process.kill('SIGTERM')
      await ended
    }
    rmSync(this.#home, { recursive: true, force: true })
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
