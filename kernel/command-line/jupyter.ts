/** Where Jupyter looks for things: its own rules (jupyter_core.paths), without asking Python where that can be avoided. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import * as errors from '../errors.ts'

/** What decides where Jupyter looks; an argument, so that tests can be other machines. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly home: string
}

/** The user's own data folder, where `--user` installs. */
export function userDataFolder({ env, platform, home }: Surroundings): string {
  if (env['JUPYTER_DATA_DIR']) return env['JUPYTER_DATA_DIR']
  const byPlatform = /^(1|true|yes|on)$/i.test(env['JUPYTER_PLATFORM_DIRS'] ?? '')
  if (platform === 'darwin') return byPlatform ? join(home, 'Library', 'Application Support', 'Jupyter') : join(home, 'Library', 'Jupyter')
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'jupyter')
}

export function prefixDataFolder(prefix: string): string {
  return join(prefix, 'share', 'jupyter')
}

/** Every data folder that Jupyter searches, the first wins. `prefix` is that of the Python it runs in, if known. */
export function dataFolders(surroundings: Surroundings, prefix: string | undefined): string[] {
  const listed = (surroundings.env['JUPYTER_PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const user = userDataFolder(surroundings)
  // Inside a virtual environment, what is installed there comes before what the user has elsewhere.
  const own = prefix === undefined ? [user] : [prefixDataFolder(prefix), user]
  return [...new Set([...listed, ...own, '/usr/local/share/jupyter', '/usr/share/jupyter'])]
}

/** Folder of the active Python environment. Throws a UserError when there is none. */
export function activePrefix({ env }: Surroundings): string {
  const active = env['VIRTUAL_ENV'] || env['CONDA_PREFIX']
  if (active) return active
  const python = spawnSync('python3', ['-c', 'import sys; print(sys.prefix)'], { encoding: 'utf8', env: env as NodeJS.ProcessEnv })
  const prefix = python.stdout?.trim()
  if (python.status === 0 && prefix) return prefix
  throw errors.noPrefix(python.error === undefined ? `python3 failed (${python.stderr.trim()})` : 'python3 is not on PATH')
}

/** Programs called `name`, in the order in which they would be preferred: active environment, `.venv` here, PATH. */
export function candidates(name: string, { env }: Surroundings, folder: string): string[] {
  const environments = [env['VIRTUAL_ENV'], env['CONDA_PREFIX'], join(folder, '.venv')].filter((prefix) => prefix !== undefined && prefix !== '')
  const places = [...environments.map((prefix) => join(prefix!, 'bin')), ...(env['PATH'] ?? '').split(delimiter)]
  return [...new Set(places.filter((place) => place !== '').map((place) => join(place, name)))].filter(executable)
}

export interface JupyterLab {
  readonly path: string
  readonly version: string
}

/** The JupyterLab that `sluice lab` starts. Throws a UserError when there is none, or only one too old. */
export function findJupyterLab(surroundings: Surroundings, folder: string): JupyterLab {
  const [path] = candidates('jupyter-lab', surroundings, folder)
  if (path === undefined) throw errors.noJupyterLab(['VIRTUAL_ENV', 'CONDA_PREFIX', join(folder, '.venv'), 'PATH'])
  const { status, stdout, stderr, error } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw errors.jupyterLabDoesNotAnswer(path, error?.message ?? lastLine(stderr))
  const version = lastLine(stdout)
  if (Number.parseInt(version, 10) < 4) throw errors.oldJupyterLab(path, version)
  return { path, version }
}

/** The prefix of the environment that a program in `PREFIX/bin` belongs to, if it is a virtual environment. */
export function environmentOf(path: string): string | undefined {
  const prefix = join(path, '..', '..')
  return existsSync(join(prefix, 'pyvenv.cfg')) || existsSync(join(prefix, 'conda-meta')) ? prefix : undefined
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
