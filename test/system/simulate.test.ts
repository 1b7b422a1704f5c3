/** The simulator as people meet it: a cell's cluster that executes nothing, a comparison in a cell, and a command. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root, temporaryFolder } from './environment.ts'
import { startKernel } from './kernel-process.ts'

const RUN = 'application/vnd.sluice.run.v1+json'

describe('%cluster simulate', () => {
  test('runs a large graph without its bodies, and the kernel answers meanwhile', async () => {
    const { client, cell } = await startKernel()
    const started = await cell('%cluster simulate --nodes 1000 --duration 30s')
    expect(started.stdout).toMatch(/^simulated cluster, 1,000 nodes/)
    expect(started.stdout).toMatch(/virtual clock/)
    expect(started.stdout.split('\n').length).toBeLessThan(70)
    await cell('const parts = Array.from({ length: 2500 }, (_, i) => i)')
    await cell(`%%distribute load --each part of parts\nthrow new Error('never executed')`)
    const running = cell(`%%distribute use --each one of load --wait\nthrow new Error('nor this')`)
    const answer = await client.reply(await client.send('kernel_info_request', {}, { channel: 'control' }))
    expect(answer.content['status']).toBe('ok')
    const { status, displays } = await running
    expect(status).toBe('ok')
    const record = displays.at(-1)!.content['data'][RUN]
    expect(record).toMatchObject({ final: true, counts: { succeeded: 2500 }, environment: { backend: 'simulated' } })
    // Three rounds of half a minute each, in virtual time.
    expect(record.makespan).toBeGreaterThan(30_000)
    expect((await cell('(await use).every((one) => one === undefined)')).result).toBe('true')
    expect((await cell('%tasks')).stdout).toMatch(/use\s+2500\s+2500 succeeded/)
    expect((await cell('%why use[7]')).stdout).toMatch(/use\[7\] is succeeded on node-\d+/)
  })

  test('gives way to a real cluster, on which simulated results are computed for real', async () => {
    const { cell } = await startKernel()
    await cell('%cluster simulate --nodes 4')
    await cell(`%%distribute squares --each n of [1, 2, 3] --wait\nreturn n * n`)
    expect((await cell('%tasks')).stdout).toMatch(/squares\s+3\s+3 succeeded/)
    expect((await cell('%cluster local --nodes 1 --slots 2')).stdout).toMatch(/^local cluster/)
    expect(await cell('await squares')).toMatchObject({ error: undefined, result: '[ 1, 4, 9 ]' })
  })
})

describe('%simulate', () => {
  test("compares policies on the notebook's own graph, as a picture and a table", async () => {
    const { cell } = await startKernel()
    expect((await cell('%simulate')).error).toMatch(/nothing to simulate/)
    await cell(`%%distribute a --each n of [1, 2, 3, 4] --wait\nawait new Promise((resolve) => setTimeout(resolve, 10 * n))\nreturn n`)
    await cell(`%%distribute b --each x of a --wait\nreturn x`)
    const { status, displays } = await cell('%simulate --policy heft,least-loaded --nodes 3')
    expect(status).toBe('ok')
    const data = displays.at(-1)!.content['data']
    expect(data['image/png']).toMatch(/^iVBOR/)
    expect(data['text/plain']).toMatch(/^8 tasks on 3 nodes; durations: 8 measured; no schedule is shorter than/)
    expect(data['text/plain']).toMatch(/heft\s+\d+.*\nleast-loaded\s+\d+/)
    expect((await cell('%simulate --policy hefd')).error).toMatch(/did you mean heft/)
    expect((await cell('%simulate --runs c')).error).toMatch(/no run named c/)
    expect((await cell('1 + 1')).result).toBe('2')
  })

  test('is interrupted like anything else', async () => {
    const { cell, process } = await startKernel()
    await cell('const many = Array.from({ length: 60000 }, (_, i) => i)\n//')
    await cell('%cluster simulate --nodes 50')
    await cell(`%%distribute wide --each n of many\nreturn n`)
    const simulating = cell('%simulate --policy all --nodes 2000')
    await new Promise((resolve) => setTimeout(resolve, 300))
    process.kill('SIGINT')
    const { status, error } = await simulating
    expect(status).toBe('error')
    expect(error).toMatch(/interrupted/i)
    expect((await cell('1 + 1')).result).toBe('2')
  })
})

describe('sluice simulate', () => {
  const sluice = join(root, 'dist', 'sluice.js')
  const project = [
    '*****', 'projects                      :  1', 'jobs (incl. supersource/sink ):  5', 'horizon                       :  12', 'RESOURCES', '  - renewable                 :  1   R',
    '  - nonrenewable              :  0   N', '  - doubly constrained        :  0   D', '*****', 'PRECEDENCE RELATIONS:', 'jobnr.    #modes  #successors   successors',
    '   1        1          2           2   3', '   2        1          1           4', '   3        1          1           5', '   4        1          1           5', '   5        1          0',
    '*****', 'REQUESTS/DURATIONS:', 'jobnr. mode duration  R 1', '-----', '  1      1     0       0', '  2      1     3       1', '  3      1     4       2', '  4      1     5       1', '  5      1     0       0',
    '*****', 'RESOURCEAVAILABILITIES:', '  R 1', '    2', '*****', '',
  ].join('\n')
  const workflow = {
    name: 'small', schemaVersion: '1.5',
    workflow: {
      specification: {
        tasks: [
          { id: 'make_1', name: 'make', parents: [], children: ['use_1', 'use_2'], inputFiles: [], outputFiles: ['data'] },
          { id: 'use_1', name: 'use', parents: ['make_1'], children: [], inputFiles: ['data'], outputFiles: [] },
          { id: 'use_2', name: 'use', parents: ['make_1'], children: [], inputFiles: ['data'], outputFiles: [] },
        ],
        files: [{ id: 'data', sizeInBytes: 250_000_000 }],
      },
      execution: { tasks: [{ id: 'make_1', runtimeInSeconds: 10 }, { id: 'use_1', runtimeInSeconds: 20 }, { id: 'use_2', runtimeInSeconds: 30 }] },
    },
  }
  const folder = (): string => {
    const path = temporaryFolder()
    writeFileSync(join(path, 'small.sm'), project)
    writeFileSync(join(path, 'small.json'), JSON.stringify(workflow))
    return path
  }
  const ran = (words: string[], cwd: string) => spawnSync(process.execPath, [sluice, 'simulate', ...words], { cwd, encoding: 'utf8' })

  test('compares policies on a project of PSPLIB and on a workflow', () => {
    const cwd = folder()
    // Job 3 takes all of the resource for 4; 2 and then 4 follow one another: 12 in all.
    const figures = JSON.parse(execFileSync(process.execPath, [sluice, 'simulate', 'small.sm', '--policy', 'fifo,critical-path', '--json'], { cwd, encoding: 'utf8' }))
    expect(figures).toMatchObject({ format: 'psplib', tasks: 3, policies: [{ policy: 'fifo', makespan: 12 }, { policy: 'critical-path', makespan: 12, succeeded: 3 }] })
    const { status, stdout } = ran(['small.json', '--nodes', '2', '--policy', 'critical-path', '--bandwidth', '125MB/s', '--out', 'picture.svg'], cwd)
    expect(status).toBe(0)
    // One use stays with the data, the other fetches it in 2 s.
    expect(stdout).toMatch(/small\.json: 3 tasks, 2 nodes; no schedule is shorter than 40/)
    expect(stdout).toMatch(/critical-path\s+4[02] s/)
    expect(readFileSync(join(cwd, 'picture.svg'), 'utf8')).toMatch(/^<\?xml|^<svg/)
  })

  test('says what is wrong with a file, an option or a policy', () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'broken.json'), '{ "workflow": 3')
    expect(ran(['broken.json'], cwd)).toMatchObject({ status: 2, stderr: expect.stringMatching(/broken\.json.*JSON/s) })
    expect(ran(['none.sm'], cwd)).toMatchObject({ status: 2, stderr: expect.stringMatching(/none\.sm cannot be read/) })
    expect(ran(['graph.txt'], cwd)).toMatchObject({ status: 2, stderr: expect.stringMatching(/no known format/) })
    expect(ran([], cwd)).toMatchObject({ status: 2, stderr: expect.stringMatching(/Say which file/) })
    expect(ran(['small.sm', '--nodes', '3'], cwd)).toMatchObject({ status: 2, stderr: expect.stringMatching(/resources of its own/) })
    expect(ran(['small.json', '--policy', 'hefd'], cwd)).toMatchObject({ status: 2, stderr: expect.stringMatching(/did you mean heft/) })
    expect(ran(['small.json', '--out', 'x.pdf'], cwd)).toMatchObject({ status: 2, stderr: expect.stringMatching(/\.svg or \.png/) })
    expect(existsSync(join(cwd, 'x.pdf'))).toBe(false)
  })
})
