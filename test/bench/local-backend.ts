/**
 * How fast the local backend is by itself, without scheduler or journal: two slots, a body that does next to nothing.
 * After `npm run build`:
 *   npx esbuild test/bench/local-backend.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/bench.js
 *   node dist/bench.js [SECONDS]
 */
import { localBackend } from '../../kernel/cluster/local/backend.ts'
import type { Assignment, BackendEvent } from '../../kernel/cluster/backend.ts'
import { runOf } from '../system/body.ts'

const seconds = Number(process.argv[2] ?? 3)
const slots = [0, 1]
let onOutcomes: (slot: number, count: number) => void = () => {}
const backend = localBackend({ nodes: [{ name: 'a', slots: slots.length, cpu: 2, memory: 2 ** 30 }], clock: () => performance.now(), directory: process.cwd(), respawn: false })
await backend.open((events: readonly BackendEvent[]) => {
  for (const event of events) {
    if (event.type !== 'finished') continue
    for (const outcome of event.outcomes) if (!outcome.ok || outcome.value !== outcome.task) throw new Error(`task ${outcome.task}: ${JSON.stringify(outcome)}`)
    onOutcomes(event.slot, event.outcomes.length)
  }
})
backend.prepare(runOf(1, 'async (task) => task.index'))

let next = 0
function assignment(slot: number, count: number): Assignment {
  const tasks = Array.from({ length: count }, (_, k) => next + k)
  next += count
  const ones = tasks.map(() => 1)
  return { run: 1, node: 'a', slot, tasks, attempts: ones, indices: tasks, inputs: tasks.map(() => []) }
}

/** Tasks a second when each slot has two batches under way, or one when batches are of one task. */
async function rate(batch: number): Promise<number> {
  const ahead = batch === 1 ? 1 : 2
  let finished = 0
  const outstanding = slots.map(() => 0)
  let running = true
  const began = performance.now()
  await new Promise<void>((resolve) => {
    onOutcomes = (slot, count) => {
      finished += count
      outstanding[slot]! -= count
      if (running) while (outstanding[slot]! <= batch * (ahead - 1)) fill(slot)
      else if (outstanding.every((left) => left === 0)) resolve()
    }
    const fill = (slot: number) => {
      outstanding[slot]! += batch
      backend.start([assignment(slot, batch)])
    }
    for (const slot of slots) for (let k = 0; k < ahead; k++) fill(slot)
    setTimeout(() => {
      running = false
    }, seconds * 1000)
  })
  return (finished / (performance.now() - began)) * 1000
}

/** Milliseconds from start to outcome of one task at a time: median and 99th percentile. */
async function latency(): Promise<readonly [number, number]> {
  const times: number[] = []
  for (let k = 0; k < 5000; k++) {
    const began = performance.now()
    await new Promise<void>((resolve) => {
      onOutcomes = () => resolve()
      backend.start([assignment(0, 1)])
    })
    times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  return [times[times.length >> 1]!, times[Math.floor(times.length * 0.99)]!]
}

await rate(64) // warm
for (const batch of [1, 16, 256]) console.log(`batch ${batch}: ${Math.round(await rate(batch)).toLocaleString('en')} tasks/s`)
const [median, tail] = await latency()
console.log(`one task: p50 ${median.toFixed(3)} ms, p99 ${tail.toFixed(3)} ms`)
await backend.close()
