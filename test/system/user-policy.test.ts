/** Placement policies that a cell registers, and plans that it asks for; in the real kernel. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { policyNames } from '../../kernel/scheduler/index.ts'
import { root } from './environment.ts'
import { startKernel, type RunningKernel } from './kernel-process.ts'

/** Two nodes of two slots, so that it shows where tasks went. */
async function withTwoNodes(): Promise<RunningKernel> {
  const kernel = await startKernel()
  await kernel.cell('%cluster local --nodes 2 --slots 2')
  return kernel
}

const nodesOf = (name: string) => `[...new Set((await ${name}.tasks).map((task) => task.node))].sort().join()`

describe('cluster.policy()', () => {
  test('places the tasks of runs that name it, with what it captured', async () => {
    const { cell } = await withTwoNodes()
    const { status, result } = await cell(`const chosen = 'node-2'\ncluster.policy('mine', (view) => view.tasks.map((task) => ({ task, node: chosen })), { about: 'all on one node' })`)
    expect(status).toBe('ok')
    expect(result).toMatch(/^policy mine: all on one node\n%policy mine/)
    const { error, stderr } = await cell(`%%distribute work --each n of [1, 2, 3, 4, 5, 6, 7, 8] --policy mine --wait\nreturn n`)
    expect({ error, stderr }).toEqual({ error: undefined, stderr: '' })
    expect((await cell(nodesOf('work'))).result).toBe(`'node-2'`)
    expect((await cell('%why work[3]')).stdout).toMatch(/placed on node-2 by mine: the policy chose it/)
  })

  test('is heeded however often it is asked, and when it speaks of idle slots only', async () => {
    const { cell } = await withTwoNodes()
    await cell(`cluster.policy('second', (view) => {
  const { idle } = view.nodes[1]
  return view.tasks.filter((task) => task.ready).slice(0, idle).map((task) => ({ task, node: view.nodes[1] }))
})`)
    // More tasks than it is shown at once, and longer than a task waits for a word of it.
    await cell(`%%distribute long --each n of Array.from({ length: 6 }, (_, i) => i) --policy second --wait\nawait new Promise((resolve) => setTimeout(resolve, 400))\nreturn n`)
    await cell(`cluster.policy('all-second', (view) => view.tasks.map((task) => ({ task, node: view.nodes[1] })))`)
    await cell(`%%distribute many --each n of Array.from({ length: 2500 }, (_, i) => i) --policy all-second --wait\nreturn n`)
    expect((await cell(nodesOf('many'))).result).toBe(`'node-2'`)
    // A slot of the first node is idle all the while: the policy said nothing of those that wait, and only so long do they wait for it.
    expect((await cell(`(await long.tasks).map((task) => task.node).filter((node) => node === 'node-2').length`)).result).toMatch(/^[2-6]$/)
  })

  test('answers while a cell computes, also in the cell that registers it', async () => {
    const { cell } = await withTwoNodes()
    const { result } = await cell(`cluster.policy('busy', (view) => view.tasks.map((task) => ({ task, node: 'node-2' })))
const run = distribute('work', [1, 2, 3, 4], (n, task) => [task.node, Date.now()], { policy: 'busy' })
await new Promise(setImmediate)
const until = Date.now() + 1500
while (Date.now() < until);
(await run).every(([node, at]) => node === 'node-2' && at < until)`)
    expect(result).toBe('true')
  })

  test('is listed, offered by completion, and can be the policy of the cluster', async () => {
    const { cell, client } = await withTwoNodes()
    await cell(`cluster.policy('first-node', (view) => view.tasks.map((task) => ({ task, node: view.nodes[0] })), { about: 'node-1 alone' })`)
    expect((await cell('%policy first-node')).stdout).toMatch(/^\* first-node\s+node-1 alone$/m)
    for (const code of ['%policy fir', '%%distribute x --policy fir']) {
      const reply = await client.reply(await client.send('complete_request', { code, cursor_pos: code.length }))
      expect(reply.content['matches']).toEqual(['first-node'])
    }
    await cell(`%%distribute work --each n of [1, 2, 3, 4, 5, 6] --wait\nreturn n`)
    expect((await cell(nodesOf('work'))).result).toBe(`'node-1'`)
    expect((await cell(`cluster.policy('first-node')`)).result).toMatch(/^policy first-node: node-1 alone/)
  })

  test('decides the order of tasks, but not against their priorities', async () => {
    const { cell } = await startKernel()
    await cell('%cluster local --nodes 1 --slots 1')
    await cell(`cluster.policy('backwards', (view) => [...view.tasks].sort((a, b) => b.index - a.index || a.priority - b.priority))`)
    // The only slot is busy until all have been declared, and the policy has been asked.
    await cell(`%%distribute first\nawait new Promise((resolve) => setTimeout(resolve, 700))`)
    await cell(`%%distribute low --each n of [0, 1, 2, 3] --policy backwards --priority low\nreturn ['low ' + n, performance.now()]`)
    await cell(`%%distribute high --each n of [0, 1, 2, 3] --policy backwards --priority high\nreturn ['high ' + n, performance.now()]`)
    const { result } = await cell(`[...(await low), ...(await high)].sort((a, b) => a[1] - b[1]).map(([name]) => name).join()`)
    expect(result).toBe(`'high 3,high 2,high 1,high 0,low 3,low 2,low 1,low 0'`)
  })

  test('that throws is told of once, with the line, and its tasks run all the same', async () => {
    const { cell } = await withTwoNodes()
    await cell(`cluster.policy('broken', (view) => {\n  const none = undefined\n  return none.length\n})`)
    const { status, stderr } = await cell(`%%distribute work --each n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] --policy broken --wait\nawait new Promise((resolve) => setTimeout(resolve, 20))\nreturn n`)
    expect(status).toBe('ok')
    expect(stderr).toMatch(/The policy broken gave no answer: TypeError: [\s\S]*Cell \[\d+\]:3:15/)
    expect(stderr.match(/gave no answer/g)).toHaveLength(1)
    expect((await cell('%why work[11]')).stdout).toMatch(/the policy placed it nowhere, so critical-path did[\s\S]*TypeError.*Cell \[2\]:3:15/)
    expect((await cell('(await work).length')).result).toBe('12')
  })

  test('that never ends is cut off, and is asked no more when that happens again and again', async () => {
    const { cell } = await withTwoNodes()
    await cell(`cluster.policy('endless', () => { for (;;) {} }, { timeout: 100 })`)
    const { status, stderr } = await cell(`%%distribute work --each n of Array.from({ length: 40 }, (_, i) => i) --policy endless --wait\nawait new Promise((resolve) => setTimeout(resolve, 60))\nreturn n`)
    expect(status).toBe('ok')
    expect(stderr).toMatch(/The policy endless gave no answer: it did not answer within 100 ms and was ended/)
    expect(stderr).toMatch(/It is asked no more/)
    expect((await cell('%policy')).stdout).toMatch(/The policy endless gave no answer: it did not answer/)
  })

  test('that answers nonsense is told what is wrong with it', async () => {
    const { cell } = await withTwoNodes()
    await cell(`cluster.policy('confused', (view) => view.tasks.map((task) => ({ task, node: 'node-9' })))`)
    const { status, stderr } = await cell(`%%distribute work --each n of [1, 2] --policy confused --wait\nreturn n`)
    expect(status).toBe('ok')
    expect(stderr).toMatch(/element 0 of what it returned names the node "node-9"; there are node-1, node-2/)
  })

  test('that ends its process, or cannot be loaded, takes nothing with it', async () => {
    const { cell } = await withTwoNodes()
    await cell(`cluster.policy('fatal', () => process.kill(process.pid, 'SIGKILL'))`)
    const { status, stderr } = await cell(`%%distribute work --each n of [1, 2] --policy fatal --wait\nreturn n`)
    expect(status).toBe('ok')
    expect(stderr).toMatch(/The policy fatal gave no answer: its process ended \(SIGKILL\)/)
    expect((await cell('1 + 1')).result).toBe('2')
  })

  test('outlives the session, and takes the place of its earlier self when its cell is run again', async () => {
    const { cell } = await withTwoNodes()
    await cell(`cluster.policy('mine', (view) => view.tasks.map((task) => ({ task, node: 'node-2' })))`)
    await cell('process.exit(3)')
    await cell(`%%distribute before --each n of [1, 2, 3, 4, 5, 6] --policy mine --wait\nreturn n`)
    expect((await cell(nodesOf('before'))).result).toBe(`'node-2'`)
    await cell(`cluster.policy('mine', (view) => view.tasks.map((task) => ({ task, node: 'node-1' })))`)
    await cell(`%%distribute after --each n of [1, 2, 3, 4, 5, 6] --policy mine --wait\nreturn n`)
    expect((await cell(nodesOf('after'))).result).toBe(`'node-1'`)
  })

  test('that is removed leaves its runs to the default policy, and says so', async () => {
    const { cell } = await withTwoNodes()
    await cell(`cluster.policy('mine', (view) => view.tasks.map((task) => ({ task, node: 'node-2' })))\n0`)
    await cell(`%%distribute work --each n of Array.from({ length: 30 }, (_, i) => i) --policy mine\nawait new Promise((resolve) => setTimeout(resolve, 50))\nreturn n`)
    const { stderr } = await cell(`await work[0]\ncluster.policy('mine').remove()\nawait work\n0`)
    expect(stderr).toBe('The policy mine is gone, so its tasks are placed by the default policy.\n')
    expect((await cell(nodesOf('work'))).result).toBe(`'node-1,node-2'`)
    expect((await cell(`%%distribute x --policy mine\nreturn 1`)).error).toMatch(/there is no policy mine/)
  })

  test('is refused where it cannot be, with what to do', async () => {
    const { cell } = await startKernel()
    await cell('const socket = new (await import("node:net")).Socket(); const config = { db: { socket } }; let turn = 0')
    expect((await cell(`cluster.policy('critical-path', () => [])`)).error).toMatch(/one of Sluice's own policies/)
    expect((await cell(`cluster.policy('mine', () => config.db)`)).error).toMatch(/config\.db\.socket is a Socket/)
    expect((await cell(`cluster.policy('mine', () => { turn++; return [] })`)).error).toMatch(/assigns the captured variable turn/)
    expect((await cell(`cluster.policy('not a word', () => [])`)).error).toMatch(/a word of letters/)
    expect((await cell(`cluster.policy('mine')`)).error).toMatch(/there is no policy mine/)
  })
})

describe('docs/scheduling.md', () => {
  const text = readFileSync(join(root, 'docs', 'scheduling.md'), 'utf8')

  test('names every policy', () => {
    expect(policyNames.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })

  test('has cells that do what they say', async () => {
    const { cell } = await startKernel()
    const cells = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!.trimEnd())
    expect(cells.length).toBeGreaterThan(8)
    for (const code of cells) {
      const { status, result, error, stderr } = await cell(code)
      expect({ code, status, error, stderr }).toEqual({ code, status: 'ok', error: undefined, stderr: '' })
      const said = /^[^\n]*?\s+\/\/ (.+)$/.exec(code)?.[1]
      if (said !== undefined && !code.startsWith('//')) expect({ code, result }).toEqual({ code, result: said })
    }
  })

  test('shows the policy of the README, which is the same', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const [example] = /^cluster\.policy\('second'.*(?=\)$)/m.exec(readme)!
    expect(text).toContain(example)
  })
})

describe('cluster.plan() and cluster.simulate()', () => {
  test('find the best plans of small graphs, and show them', async () => {
    const { cell, client } = await startKernel()
    // Two chains on two slots; and five tasks of an odd total on two machines: 3 + 3 + 2 and 4 + 3 at best.
    await cell(`const chains = { tasks: [{ name: 'a', duration: 3 }, { name: 'b', duration: 4, after: 'a' }, { name: 'c', duration: 5 }, { name: 'd', duration: 2, after: 'c' }] }`)
    expect((await cell(`const plan = await cluster.plan(chains, { nodes: 2 }); [plan.makespan, plan.lowerBound, plan.utilization]`)).result).toBe('[ 7, 7, 1 ]')
    expect((await cell(`(await cluster.plan({ tasks: [4, 3, 3, 3, 2].map((duration, i) => ({ name: 't' + i, duration })) }, { nodes: [{ slots: 2 }], seed: 5 })).makespan`)).result).toBe('8')
    expect((await cell(`(await cluster.plan({ tasks: [{ name: 'a', durations: { x: 9, y: 2 } }, { name: 'b', durations: { x: 3, y: 8 } }] }, { nodes: [{ name: 'x' }, { name: 'y' }] })).tasks.map((task) => task.node).join()`)).result).toBe(`'y,x'`)
    const shown = await cell('plan')
    expect(shown.result).toMatch(/^genetic: makespan 7 ms, lower bound 7 ms, utilization 100 %/)
    const data = client.received.findLast(({ type }) => type === 'execute_result')!.content['data'] as Record<string, string>
    // A PNG: other than SVG, notebooks show it before they are trusted.
    expect(Buffer.from(data['image/png']!, 'base64').subarray(1, 4).toString()).toBe('PNG')
  })

  test('compare policies, with nodes that are lost', async () => {
    const { cell } = await startKernel()
    const { result } = await cell(`await cluster.simulate({ tasks: [1, 2, 3, 4, 50].map((duration, i) => ({ name: 't' + i, duration })) }, { policies: ['fifo', 'max-min'], nodes: 2 })`)
    expect(result).toMatch(/^policy\s+makespan\s+of the best\s+utilization\nfifo .*\nmax-min\s+50 ms\s+1\.000×/)
    const lost = await cell(`const [lossy] = await cluster.simulate({ tasks: [{ name: 'a', duration: 100 }] }, { policies: 'fifo', nodes: [{ name: 'x' }], failures: [{ node: 'x', at: 40, back: 60 }] }); lossy.makespan`)
    expect(lost.result).toBe('160')
  })

  test('refuse what is no graph, and what is no planner, in words', async () => {
    const { cell } = await startKernel()
    expect((await cell(`await cluster.plan({ tasks: [{ name: 'a', duration: 1, after: 'b' }, { name: 'b', duration: 1, after: 'a' }] })`)).error).toMatch(/the tasks wait for each other in a circle: a ← b ← a/)
    expect((await cell(`await cluster.plan({ tasks: [{ name: 'a', duration: -1 }] })`)).error).toMatch(/tasks\[0\] \(a\): duration is -1/)
    expect((await cell(`await cluster.plan({ tasks: [{ name: 'a', duration: 1 }] }, { policy: 'fifo' })`)).error).toMatch(/does not plan as fifo places tasks/)
    expect((await cell(`await cluster.simulate({ tasks: [{ name: 'a', duration: 1 }] }, { policies: ['fido'] })`)).error).toMatch(/there is no policy fido \(did you mean fifo\?\)/)
  })

  test('can be interrupted, and the kernel answers meanwhile', async () => {
    const { cell, client } = await startKernel()
    const running = cell(`await cluster.plan({ tasks: Array.from({ length: 5000 }, (_, i) => ({ name: 't' + i, duration: 1 + i % 97, after: i > 50 ? 't' + (i - 50) : [] })) }, { nodes: 16, policy: 'annealing', seconds: 600 })`)
    await client.until(({ type, content }) => type === 'status' && content['execution_state'] === 'busy')
    const reply = await client.reply(await client.send('complete_request', { code: 'cluster.pl', cursor_pos: 10 }))
    expect(reply.content['matches']).toEqual(['plan'])
    await client.reply(await client.send('interrupt_request', {}, { channel: 'control' }))
    expect((await running).error).toMatch(/interrupted/i)
    expect((await cell('1 + 1')).result).toBe('2')
  })
})
