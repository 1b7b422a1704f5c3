/**
 * Nodes die while a graph of 1,000 tasks runs, once it has begun and then at random: the result is exact every time, and
 * nothing is left behind. SLUICE_CHAOS_RUNS=100 npm test repeats it; SLUICE_CHAOS_SEED fixes whom it strikes, and when.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { startKernel } from './kernel-process.ts'

const RUNS = Number(process.env['SLUICE_CHAOS_RUNS'] ?? 3)
const SEED = Number(process.env['SLUICE_CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Mean time between strikes, ms. */
const MEAN = 500

const POLL = { timeout: 20_000, interval: 10 }

/** 250 + 250 + 250 + 249 + 1 tasks. Every tenth value is large, so that it stays with the node that made it. */
const graph = [
  `%%distribute base --each n of Array.from({ length: 250 }, (_, i) => i)
await new Promise((resolve) => setTimeout(resolve, 2 + (n * 7) % 17))
return { n, bulk: n % 10 === 0 ? new Uint8Array(50_000).fill(n % 256) : undefined }`,
  `%%distribute doubled --each one of base
await new Promise((resolve) => setTimeout(resolve, 2 + (one.n * 5) % 11))
return { n: one.n * 2, bulk: one.bulk }`,
  `%%distribute checked --each one of doubled
if (one.bulk && (one.bulk.length !== 50_000 || one.bulk[49_999] !== (one.n / 2) % 256)) throw new Error('a value was damaged on its way')
return one.n + (one.bulk?.length ?? 0)`,
  `%%distribute total --reduce a,b of checked
return a + b`,
  `%%distribute answer
return (await total) + 1`,
]
const EXPECTED = 2 * ((249 * 250) / 2) + 25 * 50_000 + 1

function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
}

/** Process ids of the kernel's living nodes. */
function nodes(kernel: number): number[] {
  const rows = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  return rows.filter((row) => row.includes('sluice node') && Number(row.trim().split(/\s+/)[1]) === kernel).map((row) => Number(row.trim().split(/\s+/)[0]))
}

/** False if it had died meanwhile. */
function killed(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

test(`${RUNS} runs of 1,000 tasks give the exact result while nodes are killed (seed ${SEED})`, async () => {
  const random = generator(SEED)
  const { cell, process: kernel, temporary } = await startKernel()
  expect((await cell('%cluster local --nodes 4 --slots 2')).error).toBeUndefined()
  const everyNode = new Set<number>()
  /** Kills one to three nodes and leaves at least one; how many it killed. */
  const strike = (): number => {
    const living = nodes(kernel.pid!)
    for (const pid of living) everyNode.add(pid)
    const victims = living.sort(() => random() - 0.5).slice(0, Math.min(living.length - 1, 1 + Math.floor(random() * 3)))
    return victims.filter(killed).length
  }
  const atRandom = () => {
    strike()
    timer = setTimeout(atRandom, -Math.log(1 - random()) * MEAN)
  }
  let timer = setTimeout(atRandom, -Math.log(1 - random()) * MEAN)
  onTestFinished(() => clearTimeout(timer))
  for (let run = 0; run < RUNS; run++) {
    const [first, ...others] = graph
    expect((await cell(first!)).error).toBeUndefined()
    // The run cannot end before the others are declared: this strike always hits one that is under way.
    await expect.poll(async () => (await cell('base.status.running + base.status.succeeded > 0')).result, POLL).toBe('true')
    await expect.poll(strike, POLL).toBeGreaterThan(0)
    for (const code of others) expect((await cell(code)).error).toBeUndefined()
    const { result, error } = await cell('await answer')
    expect({ run, result, error }).toEqual({ run, result: String(EXPECTED), error: undefined })
  }
  clearTimeout(timer)
  // Nobody is left executing: every task of every run is in a final state.
  expect((await cell('Object.entries(answer.status).filter(([, n]) => n > 0).join()')).result).toBe(`'succeeded,1'`)
  for (const pid of nodes(kernel.pid!)) everyNode.add(pid)

  kernel.kill('SIGTERM')
  await new Promise((resolve) => (kernel.exitCode === null ? kernel.once('exit', resolve) : resolve(undefined)))
  const left = () => [...everyNode].filter((pid) => existsSync(`/proc/${pid}/exe`) && readlinkSync(`/proc/${pid}/exe`).includes('node'))
  await expect.poll(left, { timeout: 10_000, interval: 50 }).toEqual([])
  expect(readdirSync(temporary)).toEqual([])
}, 60_000 + RUNS * 20_000)
