/** Policies, plans, what was learned of durations, and what is expected, in the real kernel. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from './environment.ts'
import { startKernel, type RunningKernel } from './kernel-process.ts'

const pause = (ms: number) => `await new Promise((resolve) => setTimeout(resolve, ${ms}))`

/** Process ids of the kernel's planner. */
function planners({ process: { pid } }: RunningKernel): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n').map((row) => row.trim().split(/\s+/))
  return rows.filter(([, parent, ...args]) => Number(parent) === pid && /planner/.test(args.join(' '))).map(([id]) => Number(id))
}

describe('a graph', () => {
  test.each(['heft', 'adaptive', 'genetic', 'learned', 'random', 'min-min'])('under --policy %s ends with the right results, and it is told who placed its tasks and how', async (policy) => {
    const { cell } = await startKernel()
    await cell('%cluster local --nodes 2 --slots 1')
    await cell(`%%distribute parts --each n of [1, 2, 3, 4, 5, 6, 7, 8] --policy ${policy}\n${pause(20)}\nreturn n * n`)
    await cell(`%%distribute doubled --each part of parts --policy ${policy}\nreturn 2 * part`)
    await cell(`%%distribute sum --reduce a,b of doubled --policy ${policy}\nreturn a + b`)
    expect((await cell('await sum')).result).toBe('408')
    const { stdout } = await cell('%why doubled[3]')
    expect(stdout).toMatch(new RegExp(`^placed on node-\\d by ${policy}.*: `, 'm'))
    if (['heft', 'adaptive', 'genetic'].includes(policy)) expect(stdout).toMatch(new RegExp(`^latest plan of ${policy}: made .*found in`, 'm'))
    expect(stdout).toContain(`policy ${policy}`)
  })

  test('ends under each of the other policies that plan', async () => {
    const { cell } = await startKernel()
    await cell('%cluster local --nodes 2 --slots 2')
    for (const policy of ['peft', 'lp', 'assignment', 'annealing', 'particle-swarm', 'ant-colony']) {
      await cell(`%%distribute parts --each n of [1, 2, 3, 4, 5, 6] --policy ${policy}\n${pause(10)}\nreturn n * n`)
      await cell(`%%distribute sum --reduce a,b of parts --policy ${policy}\nreturn a + b`)
      expect([policy, (await cell('await sum')).result]).toEqual([policy, '91'])
      expect((await cell('%why sum[4]')).stdout).toMatch(new RegExp(`^latest plan of ${policy}: made (by heft, until .* )?\\S+ m?s ago`, 'm'))
    }
  })

  test('follows the plan: in its order, on its nodes', async () => {
    const { cell } = await startKernel()
    await cell('%cluster local --nodes 2 --slots 1')
    await cell('%policy heft')
    // How long they take is known from here on.
    await cell(`%%distribute short --each n of [1, 2, 3, 4]\n${pause(30)}`)
    await cell(`%%distribute long --each n of [1, 2]\n${pause(300)}`)
    await cell('await short; await long')
    await cell(`%%distribute short --each n of [1, 2, 3, 4]\n${pause(30)}`)
    await cell(`%%distribute long --each n of [1]\n${pause(300)}`)
    await cell('await short; await long')
    expect((await cell('%why long')).stdout).toMatch(/^the plan said: node-\d, /m)
  })

  test('under learned is placed by the policy that does best when it is rolled forward', async () => {
    const { cell } = await startKernel()
    await cell('%cluster local --nodes 2 --slots 1')
    await cell(`%%distribute parts --each n of Array.from({ length: 60 }, (_, i) => i) --policy learned\n${pause(50)}\nreturn n`)
    expect((await cell('(await parts).length')).result).toBe('60')
    expect((await cell('%why parts[59]')).stdout).toMatch(/^learned chose [\w-]+ .* ago, as durations became known: rolled forward, what is left takes .* with it/m)
  })

  test('survives the death of the planner, which is started again', async () => {
    const kernel = await startKernel()
    const { cell } = kernel
    await cell('%cluster local --nodes 1 --slots 2')
    await cell(`%%distribute parts --each n of Array.from({ length: 40 }, (_, i) => i) --policy genetic\n${pause(50)}\nreturn n`)
    await expect.poll(() => planners(kernel).length, { timeout: 10_000 }).toBe(1)
    const [pid] = planners(kernel)
    process.kill(pid!, 'SIGKILL')
    expect((await cell('(await parts).reduce((a, b) => a + b)')).result).toBe('780')
    await cell(`%%distribute again --each n of Array.from({ length: 60 }, (_, i) => i) --policy genetic\n${pause(50)}\nreturn n`)
    await expect.poll(() => planners(kernel).filter((one) => one !== pid).length, { timeout: 10_000 }).toBe(1)
    expect((await cell('(await again).length')).result).toBe('60')
    expect((await cell('%why again[59]')).stdout).toMatch(/latest plan of genetic/)
  })

  test('leaves no planner behind when the kernel is killed', async () => {
    const kernel = await startKernel()
    await kernel.cell(`%%distribute parts --each n of [1, 2, 3] --policy heft\n${pause(20)}`)
    await expect.poll(() => planners(kernel).length, { timeout: 10_000 }).toBe(1)
    const [pid] = planners(kernel)
    kernel.process.kill('SIGKILL')
    const alive = (): boolean => {
      try {
        return process.kill(pid!, 0)
      } catch {
        return false
      }
    }
    await expect.poll(alive, { timeout: 10_000 }).toBe(false)
  })
})

describe('durations', () => {
  test('outlive the kernel: the next one knows from the beginning when a run of that name will have ended', async () => {
    const file = join(temporaryFolder(), 'durations.json')
    const first = await startKernel({ SLUICE_DURATIONS: file })
    await first.cell('%cluster local --nodes 1 --slots 1')
    await first.cell(`%%distribute slow --each n of [1, 2, 3]\n${pause(400)}\nreturn n`)
    expect((await first.cell('await slow')).result).toBe('[ 1, 2, 3 ]')
    await first.client.reply(await first.client.send('shutdown_request', { restart: false }, { channel: 'control' }))
    await expect.poll(() => first.process.exitCode).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('"name":"slow"')

    const second = await startKernel({ SLUICE_DURATIONS: file })
    await second.cell('%cluster local --nodes 1 --slots 1')
    await second.cell(`%%distribute slow --each n of [1, 2, 3, 4, 5, 6, 7, 8]\n${pause(400)}\nreturn n`)
    const { stdout } = await second.cell('%tasks')
    expect(stdout).toMatch(/slow +8 .*about \d+ s left( \(\d+–\d+\))?\n/)
    await second.cell('slow.cancel()')
  })
})

describe('what is expected', () => {
  test('is told to views and in the text while a run goes on, and is gone when it has ended', async () => {
    const { cell, client } = await startKernel()
    await cell('%cluster local --nodes 1 --slots 1')
    await cell(`%%distribute slow --each n of Array.from({ length: 40 }, (_, i) => i)\n${pause(100)}\nreturn n`)
    const told = await client.until(({ type, content }) => type === 'update_display_data' && /done after .*, about \d+ s left/.test(String(content['data']['text/plain'])))
    const record = told.content['data']['application/vnd.sluice.run.v1+json'] as { asOf: number; expected: { early: number; middle: number; late: number } }
    expect(record.expected.middle).toBeGreaterThan(record.asOf)
    expect(record.expected.middle).toBeLessThan(10_000)
    expect(record.expected.early).toBeLessThanOrEqual(record.expected.late)
    await cell('await slow')
    const last = client.received.filter(({ type }) => type === 'update_display_data').at(-1)!
    expect(last.content['data']['application/vnd.sluice.run.v1+json']).toMatchObject({ final: true })
    expect(last.content['data']['application/vnd.sluice.run.v1+json']).not.toHaveProperty('expected')
  })
})

describe('--speculate', () => {
  test('gives a straggler a copy on another node, and the run ends with that', async () => {
    const { cell } = await startKernel()
    await cell('%cluster local --nodes 2 --slots 1')
    const began = performance.now()
    await cell(`%%distribute work --each n of Array.from({ length: 20 }, (_, i) => i) --speculate\nif (n === 7 && task.attempt === 1) ${pause(60_000)}\n${pause(50)}\nreturn n`)
    expect((await cell('(await work).length')).result).toBe('20')
    expect(performance.now() - began).toBeLessThan(20_000)
    expect((await cell('%why work[7]')).stdout).toMatch(/superseded after/)
  })
})

describe('%policy', () => {
  test('lists the policies with what they do, chooses one, and completion knows them', async () => {
    const { cell, client } = await startKernel()
    const { stdout } = await cell('%policy heft')
    expect(stdout).toMatch(/^\* heft +\S/m)
    expect(stdout).toMatch(/^heft: .* \(H\. Topcuoglu.*2002\)$/m)
    expect(stdout).toMatch(/^ {2}work-stealing +\S/m)
    const code = '%%distribute x --policy ge'
    const reply = await client.reply(await client.send('complete_request', { code, cursor_pos: code.length }))
    expect(reply.content['matches']).toEqual(['genetic'])
    expect((await cell('%policy hft')).error).toMatch(/no policy hft.*did you mean heft/)
  })
})
