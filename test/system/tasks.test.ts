/** Tasks as a notebook's author meets them: declared, awaited, failing, cancelled, killed; in the real kernel. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { startKernel } from './kernel-process.ts'

describe('%%distribute', () => {
  test('declares tasks, does not wait, and binds a handle whose results another cell and another task await', async () => {
    const { cell } = await startKernel()
    await cell(`const months = ['jan', 'feb', 'mar']\nfunction shout(text: string) { return text.toUpperCase() }`)
    const declared = await cell(`%%distribute loud --each month of months\nreturn { month, text: shout(month) }`)
    expect(declared).toMatchObject({ status: 'ok', error: undefined })
    expect(declared.displays[0]!.content['data']).toMatchObject({ 'application/vnd.sluice.run.v1+json': { version: 1 } })
    await cell(`%%distribute joined\nreturn (await loud).map((one) => one.text).join('-')`)
    expect((await cell('await joined')).result).toBe(`'JAN-FEB-MAR'`)
    expect((await cell('await loud[1]')).result).toBe(`{ month: 'feb', text: 'FEB' }`)
  })

  test('takes the elements of another run one by one, products, and reductions', async () => {
    const { cell } = await startKernel()
    await cell(`%%distribute squares --each n of [1, 2, 3, 4, 5]\nreturn n * n`)
    await cell(`%%distribute labels --each square of squares --each mark of ['a', 'b']\nreturn mark + square`)
    expect((await cell('await labels')).result).toBe(`[\n  'a1',  'b1',  'a4',\n  'b4',  'a9',  'b9',\n  'a16', 'b16', 'a25',\n  'b25'\n]`)
    await cell(`%%distribute text --reduce a,b of labels\nreturn a + b`)
    expect((await cell('await text')).result).toBe(`'a1b1a4b4a9b9a16b16a25b25'`)
  })

  test('with --wait ends when its tasks have, and the saved view is final', async () => {
    const { cell } = await startKernel()
    const { displays } = await cell(`%%distribute slow --each n of [1, 2, 3] --wait\nawait new Promise((resolve) => setTimeout(resolve, 20))\nreturn n`)
    const last = displays.at(-1)!.content['data']
    expect(last['application/vnd.sluice.run.v1+json']).toMatchObject({ final: true, counts: { succeeded: 3 } })
    expect(last['image/png']).toMatch(/^iVBOR/)
    expect(last['text/plain']).toContain('3')
  })

  test('refuses what cannot be, when the cell runs, and says what to do', async () => {
    const { cell } = await startKernel()
    expect((await cell(`%%distribute x --retrys 2\nreturn 1`)).error).toMatch(/did you mean --retries/)
    expect((await cell(`%%distribute x --cpu 4096\nreturn 1`)).error).toMatch(/can never run.*4096/s)
    await cell('let counter = 0; const socket = new (await import("node:net")).Socket(); const config = { db: { socket } }')
    expect((await cell(`%%distribute x\ncounter += 1`)).error).toMatch(/counter/)
    expect((await cell(`%%distribute x\nreturn config.db`)).error).toMatch(/config\.db\.socket is a Socket/)
    expect((await cell('1 + 1')).result).toBe('2')
  })

  test('shows the type of a handle to completion', async () => {
    const { client, cell } = await startKernel()
    await cell(`%%distribute rows --each n of [1, 2]\nreturn { width: n, height: 2 }`)
    const code = '(await rows)[0].'
    const reply = await client.reply(await client.send('complete_request', { code, cursor_pos: code.length }))
    expect(reply.content['matches']).toEqual(expect.arrayContaining(['height', 'width']))
  })
})

describe('a task that fails', () => {
  test('gives its own error, mapped to the line of the cell that declared it', async () => {
    const { cell } = await startKernel()
    await cell('1')
    await cell(`%%distribute bad --each n of [1, 2, 3]\nif (n === 2) {\n  throw new TypeError('no ' + n)\n}\nreturn n`)
    const { error, traceback } = await cell('await bad')
    expect(error).toBe('TypeError: no 2')
    expect(traceback).toContain('Cell [2]:3:')
    expect(traceback).toMatch(/bad\[1\]/)
  })

  test('is tried again as often as --retries says', async () => {
    const { cell } = await startKernel()
    await cell(`%%distribute flaky --retries 2 --backoff 1ms\nif (task.attempt < 3) throw new Error('not yet')\nreturn task.attempt`)
    expect((await cell('await flaky')).result).toBe('3')
  })

  test('skips what depends on it, and the error names the root', async () => {
    const { cell } = await startKernel()
    await cell(`%%distribute one\nthrow new RangeError('root cause')`)
    await cell(`%%distribute two\nreturn await one`)
    await cell(`%%distribute three\nreturn await two`)
    expect((await cell('await three')).error).toMatch(/skipped because one failed: RangeError: root cause/)
  })

  test('is ended when it exceeds its --timeout, though it loops forever', async () => {
    const { cell } = await startKernel()
    await cell(`%%distribute endless --timeout 200ms\nwhile (true);`)
    expect((await cell('await endless')).error).toMatch(/TaskTimeout.*200 ms/)
    await cell(`%%distribute after\nreturn 'neighbour'`)
    expect((await cell('await after')).result).toBe(`'neighbour'`)
  })

  test('can be run again by %rerun once its cause is gone, and %why tells its story', async () => {
    const { cell, folder } = await startKernel()
    await cell(`import { existsSync, writeFileSync } from 'node:fs'\nconst flag = ${JSON.stringify(folder + '/flag')}`)
    await cell(`%%distribute needs\nif (!existsSync(flag)) throw new Error('no flag')\nreturn 'fine'`)
    expect((await cell('await needs')).error).toBe('Error: no flag')
    expect((await cell('%why needs[0]')).stdout).toMatch(/no flag/)
    await cell(`writeFileSync(flag, '')\n%rerun needs --failed`)
    expect((await cell('await needs')).result).toBe(`'fine'`)
  })
})

describe('interrupting', () => {
  test('a cell that waits for tasks cancels those that it declared, and counts them', async () => {
    const { client, cell } = await startKernel()
    await cell('const kept = 42')
    const id = await client.send('execute_request', {
      code: `const run = distribute('forever', [1, 2, 3], async () => { await new Promise(() => {}) })\nconsole.log('declared')\nawait run`,
      silent: false, store_history: true, allow_stdin: false,
    })
    await client.published(id, 'stream')
    await client.reply(await client.send('interrupt_request', {}, { channel: 'control' }))
    expect((await client.reply(id)).content['evalue']).toMatch(/3 tasks that this cell had declared were cancelled/)
    expect((await cell('kept')).result).toBe('42')
  })
})

describe('when things die', () => {
  test('the session’s crash costs the variables, not finished tasks: handles are bound again', async () => {
    const { cell } = await startKernel()
    await cell('const lost = 1')
    await cell(`%%distribute done --each n of [1, 2, 3] --wait\nreturn n * 10`)
    const crashed = await cell('process.exit(3)')
    expect(crashed.status).toBe('error')
    expect(`${crashed.error} ${crashed.stderr}`).toMatch(/process\.exit\(3\)/)
    expect((await cell('await done')).result).toBe('[ 10, 20, 30 ]')
    expect((await cell('typeof lost')).result).toBe(`'undefined'`)
  })

  test('a node that is killed loses nothing: its tasks run again', async () => {
    const { cell } = await startKernel()
    await cell('%cluster local --nodes 2 --slots 2')
    await cell(`%%distribute work --each n of Array.from({ length: 40 }, (_, i) => i)\nawait new Promise((resolve) => setTimeout(resolve, 30))\nreturn { n, pid: process.pid }`)
    const pid = (await cell('(await work[0]).pid')).result!
    execFileSync('kill', ['-9', pid])
    expect((await cell('(await work).map((one) => one.n).join()')).result).toBe(`'${Array.from({ length: 40 }, (_, i) => i).join()}'`)
  })

  test('nothing is left when the kernel is killed', async () => {
    const { cell, client, process: kernel } = await startKernel()
    await cell(`%%distribute pids --each n of [1]\nreturn process.pid`)
    const pids = [Number((await cell('await pids[0]')).result), Number((await cell('process.pid')).result)]
    const alive = () => pids.filter((pid) => { try { process.kill(pid, 0); return true } catch { return false } })
    expect(alive()).toHaveLength(2)
    // The session is busy and hears nothing.
    const id = await client.send('execute_request', { code: `console.log('busy'); while (true);`, silent: false, store_history: true, allow_stdin: false })
    await client.published(id, 'stream')
    kernel.kill('SIGKILL')
    await expect.poll(alive, { timeout: 10_000, interval: 20 }).toEqual([])
  })
})
