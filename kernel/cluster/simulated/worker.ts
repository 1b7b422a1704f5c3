/** Thread that carries out a graph under several policies and draws what became of it. Built to dist/simulator.js; `compareInThread` starts it. */
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { UserError } from '../../errors.ts'
import { NoPlan } from '../../planning/index.ts'
import { compare, rowsOf, type Comparison } from '../../simulator/index.ts'
import { duration } from '../view/amounts.ts'
import { ComparisonPicture } from './comparison-picture.ts'
import type { ComparisonQuestion, FromComparison } from './messages.ts'

/** Between two words of progress, ms. */
const SOMETIMES = 250

function say(message: FromComparison): void {
  parentPort!.postMessage(message)
}

async function answer(question: ComparisonQuestion): Promise<void> {
  const { graph, policies, nodes, link, failures, seed, planning } = question
  let told = performance.now()
  const comparison = await compare(graph, {
    policies, nodes, link, seed, ...(failures && { failures }),
    budget: { time: planning, clock: () => performance.now() },
    explain: (error) => (error instanceof NoPlan ? error.message : undefined),
    onProgress(policy, number, ended, count) {
      if (performance.now() - told < SOMETIMES) return
      told = performance.now()
      say({ type: 'progress', policy, number, ended, count })
    },
  })
  say({ type: 'done', rows: rowsOf(comparison, duration), lowerBound: comparison.lowerBound, png: await drawn(question, comparison) })
}

/** Without what draws, the table has to do. */
async function drawn({ title, graph }: ComparisonQuestion, comparison: Comparison): Promise<Uint8Array | undefined> {
  try {
    const { pngOf } = await import('../view/picture-canvas.ts')
    const picture = new ComparisonPicture({ title, graph, comparison })
    return pngOf(picture.size, (pen) => picture.draw(pen))
  } catch {
    return undefined
  }
}

answer(workerData as ComparisonQuestion).catch((error: unknown) => {
  const { code, message } = error instanceof UserError ? error : { code: 'simulation-failed', message: (error as Error).stack ?? String(error) }
  say({ type: 'failed', code, message })
})
