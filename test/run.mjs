// npm test: everything, from a fresh clone. Ends with one line, `N passed, N failed`, over all runners.
// `node test/run.mjs lint unit` runs only the steps named (after setting up).
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  SetupError, buildAll, cachedPackage, checkNode, installChromium, installPackages, installPython, python, installSluice, root, step, venv,
} from '../kernel/setup/environment.mjs'

const results = join(root, 'test-results')
/** The newest Node, from the npm package that holds its binary for this one platform. */
const newest = { version: '26.10.0', platform: 'linux-x64' }
/** No single step takes longer, ms: one that hangs fails, and the rest still runs. */
const LIMIT = 8 * 60_000

const steps = {
  lint: { title: 'Lint: the rules, and the architecture', run: () => check(tool('eslint'), ['-c', 'kernel/setup/eslint.config.mjs', 'kernel', 'extension', 'test']) },
  types: { title: 'Types', run: types },
  unit: { title: 'Unit, property and contract tests', run: () => vitest('unit', process.execPath, [], { SLUICE_SEQUENCES: process.env.SLUICE_SEQUENCES ?? '2000' }) },
  system: { title: `System tests on Node ${process.versions.node}`, run: () => vitest('system', process.execPath) },
  browser: { title: 'JupyterLab and Notebook in Chromium', run: browser },
  kernel: { title: `Jupyter's own test of kernels on Node ${process.versions.node}`, run: () => kernelTest(process.execPath) },
  newest: { title: `System tests and Jupyter's own on Node ${newest.version}`, run: onNewestNode },
}

process.exitCode = await main(process.argv.slice(2))

async function main(words) {
  const unknown = words.find((word) => !Object.hasOwn(steps, word))
  if (unknown !== undefined) {
    console.error(`There is no step ${unknown}. Steps: ${Object.keys(steps).join(', ')}`)
    return 2
  }
  const began = performance.now()
  const total = { passed: 0, failed: 0 }
  const failures = []
  try {
    const wanted = words.length > 0 ? words : Object.keys(steps)
    await setUp(wanted)
    for (const name of wanted) {
      const { passed, failed } = await timed(steps[name])
      total.passed += passed
      total.failed += failed
      if (failed > 0) failures.push(`${name} (${failed})`)
    }
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    console.error(`\n\n${error.message}`)
    total.failed += 1
    failures.push('setting up')
  }
  console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all.${failures.length > 0 ? ` Failed: ${failures.join(', ')}.` : ''}`)
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return total.failed > 0 ? 1 : 0
}

async function setUp(wanted) {
  checkNode()
  rmSync(results, { recursive: true, force: true })
  await step('Packages, as package-lock.json pins them', installPackages)
  mkdirSync(results, { recursive: true })
  await step('Building kernel and extension', buildAll)
  await step('Python with Jupyter and its test suite in .venv/', () => installPython('test/requirements.txt'))
  await step('Installing both in .venv/', () => installSluice())
  if (wanted.includes('browser')) await step('Chromium', installChromium)
}

async function timed({ title, run }) {
  console.log(`\n━━ ${title}`)
  const began = performance.now()
  const { passed, failed } = await run()
  console.log(`━━ ${title}: ${passed} passed, ${failed} failed (${((performance.now() - began) / 1000).toFixed(1)} s)`)
  return { passed, failed }
}

function sum(results) {
  return results.reduce((total, { passed, failed }) => ({ passed: total.passed + passed, failed: total.failed + failed }))
}

/** A checker that either finds nothing or fails: counts as one test. */
async function check(script, words) {
  const { code } = await execute(process.execPath, [script, ...words])
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** The kernel is checked without a browser's names, the extension without Node's. */
async function types() {
  const results = []
  for (const project of ['.', 'extension', 'test/tsconfig.page.json']) results.push(await check(tool('typescript', 'tsc'), ['--noEmit', '-p', project]))
  return sum(results)
}

async function vitest(project, node, more = [], env = {}) {
  const report = join(results, `${project}-${node === process.execPath ? 'own' : 'newest'}.json`)
  const words = ['run', '--config', 'test/vitest.config.ts', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { code } = await execute(node, [tool('vitest'), ...words, ...more], env)
  if (!existsSync(report)) return { passed: 0, failed: 1 }
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
  // A file that cannot be loaded has no tests to count, but is a failure.
  const unloaded = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed')).length
  const failed = numFailedTests + unloaded
  return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed }
}

async function browser() {
  const report = join(results, 'browser.json')
  const { code } = await execute(process.execPath, [tool('@playwright/test', 'playwright'), 'test', '-c', 'test/browser'])
  if (!existsSync(report)) return { passed: 0, failed: 1 }
  const { stats, errors } = JSON.parse(readFileSync(report, 'utf8'))
  // What could not be loaded, or was interrupted before its turn, has not passed.
  const failed = stats.unexpected + stats.flaky + stats.skipped + errors.length
  return { passed: stats.expected, failed: failed === 0 && (code !== 0 || stats.expected === 0) ? 1 : failed }
}

/** jupyter_kernel_test and our additions to it; the kernel that it finds in .venv runs on `node`. */
async function kernelTest(node) {
  installSluice(node)
  const { code, output } = await execute(python, [join('test', 'system', 'kernel_test.py'), '-v'])
  const count = (what) => Number(new RegExp(`^FAILED \\(.*?\\b${what}=(\\d+)`, 'm').exec(output)?.[1] ?? 0)
  const failed = count('failures') + count('errors') + count('unexpected successes')
  // Counted one by one, since a test that goes through several cases may fail in more than one of them.
  const passed = output.match(/^(.*\.\.\. )?ok$/gm)?.length ?? 0
  return { passed, failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed }
}

async function onNewestNode() {
  if (`${process.platform}-${process.arch}` !== newest.platform || process.versions.node === newest.version) {
    console.log(`Left out: Node ${newest.version} is at hand as an npm package on ${newest.platform} only, or runs already.`)
    return { passed: 0, failed: 0 }
  }
  const node = join(cachedPackage(`node-${newest.platform}`, newest.version), 'bin', 'node')
  try {
    installSluice(node)
    // What is in the packages does not depend on the Node that looks.
    const system = await vitest('system', node, ['--exclude', '**/{pack,wheel}.test.ts'])
    const kernel = await kernelTest(node)
    return sum([system, kernel])
  } finally {
    installSluice()
  }
}

/** The script behind a package's command, to be run by the Node of our choice. */
function tool(name, command = name) {
  const { bin } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
  return join(root, 'node_modules', name, typeof bin === 'string' ? bin : bin[command])
}

/** Runs to the end, shows what is written and returns it. A process group of its own, so that nothing of it is left. */
function execute(program, words, more = {}) {
  return new Promise((resolve, reject) => {
    // What tests take is nothing to be learned from.
    const env = { ...process.env, PATH: `${join(venv, 'bin')}:${process.env.PATH}`, VIRTUAL_ENV: venv, SLUICE_DURATIONS: 'off', ...more }
    const child = spawn(program, words, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const end = () => {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // Nothing of it is left.
      }
    }
    const timer = setTimeout(() => {
      console.log(`\nStopped: it took longer than ${LIMIT / 60_000} minutes.`)
      end()
    }, LIMIT)
    const stop = () => {
      end()
      process.exit(1)
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
    let output = ''
    const keep = (chunk) => {
      output += chunk
      process.stdout.write(chunk)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      process.off('SIGINT', stop).off('SIGTERM', stop)
      end()
      resolve({ code: code ?? 1, output })
    })
  })
}
