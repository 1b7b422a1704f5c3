// Tasks through the whole system: 10,000 that do nothing, a pairwise tree over 4,096 leaves, one awaited at a time.
// The cells measure themselves; `sluice run` executes them without Jupyter. The same file gives them to a Jupyter client.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** @type {Readonly<Record<string, string>>} a cell's last value is its measurement */
export const cells = {
  start: `%cluster local --nodes 1 --slots 2`,
  warm: `await distribute('warm', Array.from({ length: 20_000 }, (_, i) => i), (i) => i); 0`,
  noop: `{
  globalThis.rates = []
  for (let round = 0; round < 5; round++) {
    const items = Array.from({ length: 10_000 }, (_, i) => i)
    const began = performance.now()
    const results = await distribute('noop', items, (i) => i)
    globalThis.rates.push(10_000 / (performance.now() - began) * 1000)
    if (results.length !== 10_000 || results[9_999] !== 9_999) throw new Error('wrong results')
  }
}
JSON.stringify(globalThis.rates)`,
  tree: `{
  globalThis.rates = []
  for (let round = 0; round < 5; round++) {
    const items = Array.from({ length: 4_096 }, (_, i) => i)
    const began = performance.now()
    const leaves = distribute('leaves', items, (i) => i)
    const sum = await reduce('sum', leaves, (a, b) => a + b)
    globalThis.rates.push(8_191 / (performance.now() - began) * 1000)
    if (sum !== 4_096 * 4_095 / 2) throw new Error('wrong sum ' + sum)
  }
}
JSON.stringify(globalThis.rates)`,
  latency: `{
  globalThis.times = []
  const body = (i) => i
  for (let i = 0; i < 4000; i++) {
    const began = performance.now()
    const [value] = await distribute('one', [i], body)
    globalThis.times.push(performance.now() - began)
    if (value !== i) throw new Error('wrong value')
  }
}
JSON.stringify(globalThis.times.slice(1000))`,
  many: `{
  const items = Array.from({ length: 100_000 }, (_, i) => i)
  const began = performance.now()
  const results = await distribute('many', items, (i) => i)
  globalThis.rates = [100_000 / (performance.now() - began) * 1000]
  if (results.length !== 100_000 || results[99_999] !== 99_999) throw new Error('wrong results')
}
JSON.stringify(globalThis.rates)`,
}

/** Figures from what the cells returned. */
export function figures(/** @type {Record<string, number[]>} */ values) {
  const round = (/** @type {number} */ value, digits = 0) => Number(value.toFixed(digits))
  return {
    noopPerSecond: round(quantile(values.noop ?? [], 0.5)),
    treePerSecond: round(quantile(values.tree ?? [], 0.5)),
    oneAtATimeP50Ms: round(quantile(values.latency ?? [], 0.5), 3),
    oneAtATimeP90Ms: round(quantile(values.latency ?? [], 0.9), 3),
    hundredThousandPerSecond: round(quantile(values.many ?? [], 0.5)),
  }
}

/** @param {number[]} values */
function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN
}

/** Executes the cells with `sluice run` and reads their values from the notebook it writes. */
export function withoutJupyter() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  try {
    const file = join(folder, 'tasks.ipynb')
    const names = Object.keys(cells)
    const notebook = {
      cells: names.map((id) => ({ cell_type: 'code', id, metadata: {}, source: cells[id], outputs: [], execution_count: null })),
      metadata: { kernelspec: { name: 'sluice', language: 'typescript', display_name: 'TypeScript (Sluice)' } },
      nbformat: 4,
      nbformat_minor: 5,
    }
    writeFileSync(file, JSON.stringify(notebook))
    execFileSync(process.execPath, [join(root, 'dist', 'sluice.js'), 'run', '--quiet', file], { stdio: ['ignore', 'ignore', 'inherit'] })
    const executed = JSON.parse(readFileSync(file, 'utf8'))
    return figures(Object.fromEntries(executed.cells.map((cell) => [cell.id, valueOf(cell)])))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a cell returned: a JSON array printed as Node prints a string. */
function valueOf(cell) {
  const result = cell.outputs.find((output) => output.output_type === 'execute_result')
  const text = result?.data?.['text/plain']
  return typeof text === 'string' && text.startsWith("'[") ? JSON.parse(text.slice(1, -1)) : []
}

/** The same cells through a Jupyter client, and the notebook under 100,000 tasks. */
export function throughJupyter(python) {
  const client = join(root, 'test', 'bench', 'tasks_client.py')
  const out = execFileSync(python, [client, 'sluice'], { input: JSON.stringify(cells), encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] })
  const { values, underLoad } = JSON.parse(out.trim().split('\n').at(-1) ?? '')
  return { ...figures(values), underLoad }
}

// With a Python that has jupyter_client: through it.
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(process.argv[2] ? throughJupyter(process.argv[2]) : withoutJupyter()))
