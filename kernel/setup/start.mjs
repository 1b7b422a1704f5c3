// npm start: from a fresh clone to a notebook that runs. Arguments go to jupyter lab.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SetupError, buildAll, checkNode, installPackages, installPython, python, installSluice, root, step } from './environment.mjs'

try {
  checkNode()
  await step('Packages, as package-lock.json pins them', installPackages)
  await step('Building kernel and extension into dist/', buildAll)
  await step('A Python environment with JupyterLab in .venv/, so that nothing outside this folder changes', () =>
    installPython('kernel/setup/requirements.txt'),
  )
  await step('Telling that JupyterLab of both', () => installSluice())
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`\n\n${error.message}`)
  process.exit(1)
}

const words = process.argv.slice(2)
// Unless a word names something to open, it is the quick start; as the default address, so that it is also what
// --no-browser prints.
const named = words.find((word) => existsSync(resolve(root, word)))
if (named === undefined) words.unshift(`--ServerApp.root_dir=${join(root, 'notebooks')}`, '--LabApp.default_url=/lab/tree/quickstart.ipynb')
// A container's root has no other user to be; JupyterLab asks that this be said.
if (process.getuid?.() === 0) words.push('--allow-root')
console.log(`• JupyterLab opens ${named ?? 'notebooks/quickstart.ipynb'}; its address is printed below. Ctrl-C stops it.\n`)

// In a process group of its own, so that Ctrl-C reaches it once, through us, and as the signal at which it ends its
// kernels in good order and asks no question.
const lab = spawn(python, ['-m', 'jupyterlab', ...words], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached: true })
let stopping
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (stopping === undefined) lab.kill('SIGTERM')
    // npm passes on a signal that we had ourselves; only one that comes later is somebody's impatience.
    else if (performance.now() - stopping > 1000) process.kill(-lab.pid, 'SIGKILL')
    stopping ??= performance.now()
  })
}
lab.on('exit', (code) => process.exit(stopping === undefined ? (code ?? 1) : 0))
