import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SessionNotebook } from './session-notebook.ts'

let notebook: SessionNotebook
beforeAll(async () => {
  notebook = new SessionNotebook()
  await notebook.start()
})
afterAll(() => notebook.stop())

/** Sessions that a test ends in its own way. */
async function inOwnSession(use: (own: SessionNotebook) => Promise<void>, nodeOptions = ''): Promise<void> {
  const own = new SessionNotebook()
  const { NODE_OPTIONS } = process.env
  process.env['NODE_OPTIONS'] = `${NODE_OPTIONS ?? ''} ${nodeOptions}`
  await own.start()
  if (NODE_OPTIONS === undefined) delete process.env['NODE_OPTIONS']
  else process.env['NODE_OPTIONS'] = NODE_OPTIONS
  try {
    await use(own)
  } finally {
    await own.stop()
  }
}

/** A process that has ended may still be listed, until its parent asks for its exit code. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

describe('evaluating', () => {
  test('the last expression is the result, printed as Node prints it; undefined is none', async () => {
    expect((await notebook.run("'ab'")).result).toBe("'ab'")
    expect((await notebook.run('1 + 1;')).result).toBe('2')
    expect((await notebook.run('{ a: 1 }')).result).toBe('{ a: 1 }')
    expect((await notebook.run('undefined')).result).toBeUndefined()
    expect((await notebook.run('let unseen = 5')).result).toBeUndefined()
    expect((await notebook.run('const o: { n: number } = { n: 1 }\no!.n as number')).result).toBe('1')
    expect((await notebook.run('(() => { return 7 })() // why')).result).toBe('7')
  })

  test('const, let, class, function, enum and import may be declared anew by a later cell', async () => {
    for (const n of [1, 2]) {
      const ran = await notebook.run(`import fs from 'node:fs'; const c = ${n}; let l = ${n}; class K { n = ${n} }; function f() { return ${n} }; enum E { A = ${n} }; [c, l, new K().n, f(), E.A, typeof fs]`)
      expect(ran.result).toBe(`[ ${n}, ${n}, ${n}, ${n}, ${n}, 'object' ]`)
    }
    expect((await notebook.run('const __e = 1; __e')).result).toBe('1')
  })

  test('await, for await and destructuring stand at the top level', async () => {
    expect((await notebook.run('const { a, ...rest } = await Promise.resolve({ a: 1, b: 2, c: 3 }); rest')).result).toBe('{ b: 2, c: 3 }')
    expect((await notebook.run('let sum = 0; for await (const x of (async function* () { yield 1; yield 2 })()) sum += x; sum')).result).toBe('3')
    expect((await notebook.run('found: { for (const x of [1, 2, 3]) { if (await x === 2) break found } }; sum')).result).toBe('3')
  })

  test("TypeScript's own constructs work: namespaces, parameter properties, decorators, using, satisfies", async () => {
    const ran = await notebook.run(`
      namespace Space { export const x = 1 }
      const log: string[] = []
      function seen(target: unknown, name?: unknown) { log.push(String(name ?? (target as Function).name)) }
      @seen class Point { constructor(readonly x: number, private y = 2) {} @seen method() { return this.y } }
      { using resource = { [Symbol.dispose]() { log.push('disposed') } } }
      { await using later = { async [Symbol.asyncDispose]() { log.push('disposed later') } } }
      const options = { a: 1 } satisfies Record<string, number>
      ;[Space.x, new Point(5).x, new Point(5).method(), options.a, log.join()]`)
    expect(ran.error).toBeUndefined()
    expect(ran.result).toBe("[ 1, 5, 2, 1, 'method,Point,disposed,disposed later' ]")
  })

  test('an export is a declaration, and import.meta is that of the folder', async () => {
    expect((await notebook.run('export const exported = 4; export default 5; export { exported as other }')).error).toBeUndefined()
    expect((await notebook.run('[exported, import.meta.dirname === process.cwd(), import.meta.url.startsWith("file:")]')).result).toBe('[ 4, true, true ]')
  })

  test('user expressions are evaluated after the cell, each with its own outcome', async () => {
    const { done } = await notebook.run('const forty = 40', { userExpressions: { good: 'forty + 2', awaited: 'await Promise.resolve("x")', bad: 'nowhere', broken: ')' } })
    expect(done.userExpressions).toMatchObject({
      good: { status: 'ok', data: { 'text/plain': '42' }, metadata: {} },
      awaited: { status: 'ok', data: { 'text/plain': "'x'" } },
      bad: { status: 'error', ename: 'ReferenceError', evalue: 'nowhere is not defined' },
      broken: { status: 'error', ename: 'SyntaxError' },
    })
  })

  test('a silent cell runs and shows no result', async () => {
    expect((await notebook.run('globalThis.quiet = 1', { silent: true })).all('result')).toEqual([])
    expect((await notebook.run('quiet')).result).toBe('1')
  })

  test('the global that cells are translated to cannot be replaced', async () => {
    expect((await notebook.run('const __sluice = 1')).error).toMatch(/^SyntaxError: Identifier '__sluice'/)
    expect((await notebook.run('globalThis.__sluice = 1; 2')).result).toBe('2')
    expect((await notebook.run('3')).result).toBe('3')
  })
})

describe('errors', () => {
  test("have the user's lines, and none of the frames below the cell", async () => {
    const ran = await notebook.run('interface Unused { a: string }\nfunction thrower(x: number): never {\n  throw new TypeError(`bad ${x}` as string)\n}\nthrower(3)')
    expect(ran.error).toBe('TypeError: bad 3')
    expect(ran.traceback).toMatch(/^TypeError: bad 3\n    at thrower \(Cell \[\d+\]:3:9\)\n    at Cell \[\d+\]:5:1$/)
  })

  test('have the right lines where a cell prints a stack itself, and through await', async () => {
    const ran = await notebook.run('try {\n  await (async () => {\n    await null\n    throw new Error("later")\n  })()\n} catch (error) { console.log((error as Error).stack) }')
    expect(ran.stdout).toMatch(/^Error: later\n    at Cell \[\d+\]:4:11\n    at async Cell \[\d+\]:2:3\n$/)
  })

  test('show their causes, the errors they gather, and their own fields', async () => {
    const ran = await notebook.run('throw Object.assign(new AggregateError([new RangeError("one")], "both", { cause: new Error("why") }), { code: "E" })')
    expect(ran.error).toBe('AggregateError: both')
    for (const part of ['RangeError: one', 'Error: why', "code: 'E'"]) expect(ran.traceback).toContain(part)
  })

  test('need not be Errors', async () => {
    expect((await notebook.run('throw 5')).error).toBe('Uncaught: 5')
    expect((await notebook.run('throw { a: [1n, undefined] }')).error).toBe('Uncaught: { a: [ 1n, undefined ] }')
    expect((await notebook.run('throw undefined')).error).toBe('Uncaught: undefined')
    expect((await notebook.run('throw Symbol("s")')).error).toBe('Uncaught: Symbol(s)')
    expect((await notebook.run('throw -0')).error).toBe('Uncaught: -0')
    expect((await notebook.run('throw Object.assign(new Error(), { get message() { throw 1 } })')).error).toBeDefined()
    expect((await notebook.run('throw new Proxy({}, { get() { throw 1 }, getOwnPropertyDescriptor() { throw 2 } })')).error).toMatch(/^Uncaught/)
  })

  test('of syntax say where, and draw it', async () => {
    const ran = await notebook.run('let a = 1\nlet b: number = ;')
    expect(ran.error).toBe('SyntaxError: Unexpected token')
    expect(ran.traceback).toMatch(/^SyntaxError: Unexpected token\n    at Cell \[\d+\]:2:17\n\n  1 \| let a = 1\n> 2 \| let b: number = ;\n    \| {17}\^$/)
    expect((await notebook.run('\n  /(/')).traceback).toMatch(/Cell \[\d+\]:2:3\n/)
    expect((await notebook.run('return 5')).error).toMatch(/^SyntaxError: A 'return' statement/)
  })

  test('keep the plain text plain: colours are in the traceback only', async () => {
    const { done } = await notebook.run('throw { a: 1 }')
    expect(done.error!.message).not.toContain('\x1b')
    expect(done.error!.traceback.join('')).toContain('\x1b[')
  })

  test('nobody caught are reported with the cell that they come from, and end nothing', async () => {
    const ran = await notebook.run('const origin = 1; setTimeout(() => { throw new Error("timer") }, 1); Promise.reject(new Error("promise")); setTimeout(() => console.log("both"), 20)')
    await notebook.until(() => notebook.messages.some((one) => one.type === 'stream' && one.text === 'both\n'))
    const reports = notebook.messages.filter((one) => one.type === 'uncaught')
    expect(reports.map((one) => [one.error.message, one.execution])).toEqual([
      ['promise', ran.done.execution],
      ['timer', ran.done.execution],
    ])
    expect((await notebook.run('origin')).result).toBe('1')
  })
})

describe('output', () => {
  test('comes in order with displays, and all of it before the cell ends', async () => {
    const ran = await notebook.run("console.log('a'); display(1); console.error('b'); process.stdout.write('c'); clearOutput(true); console.table([{ x: 1 }])")
    expect(ran.messages.map((one) => (one.type === 'stream' ? one.name + ':' + one.text.slice(0, 1) : one.type))).toEqual(['stdout:a', 'display', 'stderr:b', 'stdout:c', 'clear', 'stdout:┌'])
    const many = await notebook.run('for (let i = 0; i < 100_000; i++) console.log(i)')
    expect(many.stdout).toBe(Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(''))
  })

  test('of timers that outlive their cell is still attributed to it', async () => {
    const early = await notebook.run('setTimeout(async () => { await null; console.log("late one") }, 30); 1')
    await notebook.run('await new Promise((resolve) => setTimeout(resolve, 60))')
    const late = notebook.messages.find((one) => one.type === 'stream' && one.text === 'late one\n')
    expect(late).toMatchObject({ execution: early.done.execution })
  })

  test('of a loop that never yields arrives while it runs', async () => {
    const running = notebook.run('console.log("first"); const until = Date.now() + 400; while (Date.now() < until) console.log("more"); "end"')
    await notebook.until(() => notebook.messages.some((one) => one.type === 'stream' && one.text.includes('more')))
    expect(notebook.messages.some((one) => one.type === 'result' && one.data['text/plain'] === "'end'")).toBe(false)
    expect((await running).result).toBe("'end'")
  })

  test('of a few writes is seen though a long computation follows them', async () => {
    const running = notebook.run("for (let i = 0; i < 30; i++) console.log('line', i); const until = Date.now() + 2000; while (Date.now() < until); 'computed'")
    await notebook.until(() => notebook.messages.some((one) => one.type === 'stream' && one.text.includes('line 29')))
    expect(notebook.messages.some((one) => one.type === 'result' && one.data['text/plain'] === "'computed'")).toBe(false)
    await running
  })

  test('of child processes and worker threads is captured, and complete when the cell ends', async () => {
    const ran = await notebook.run(`
      const { execSync, spawn } = require('node:child_process')
      execSync('echo child; echo trouble >&2', { stdio: 'inherit' })
      await new Promise((resolve) => spawn('sh', ['-c', 'seq 1 20000'], { stdio: 'inherit' }).on('exit', resolve))
      const { Worker } = require('node:worker_threads')
      await new Promise((resolve) => new Worker("console.log('thread')", { eval: true }).on('exit', () => setImmediate(resolve)))`)
    expect(ran.stdout).toContain('child\n')
    expect(ran.stdout).toContain('thread\n')
    expect(ran.stdout).toContain(Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join(''))
    expect(ran.stderr).toBe('trouble\n')
    expect(ran.stdout).not.toContain('\x1e')
  })

  test('does not wait for a child process that keeps the pipes, and splits no character', async () => {
    const ran = await notebook.run("require('node:child_process').spawn('sleep', ['30'], { stdio: 'inherit' }); process.stdout.write(Buffer.from('é').subarray(0, 1)); process.stdout.write(Buffer.from('é').subarray(1)); 1")
    expect([ran.result, ran.stdout]).toEqual(['1', 'é'])
  })

  test('calls back and takes what Node takes', async () => {
    const ran = await notebook.run("await new Promise((resolve) => process.stdout.write('6869', 'hex', resolve)); const { pipeline } = require('node:stream/promises'); await pipeline(require('node:stream').Readable.from(['x', 'y']), process.stdout, { end: false }); console.log(process.stdout.isTTY)")
    expect(ran.stdout).toBe('hixyfalse\n')
  })
})

describe('shown values', () => {
  test('can be updated in place, raw or not', async () => {
    const ran = await notebook.run("const shown = display({ 'text/html': '<b>1</b>' }, { raw: true, metadata: { isolated: true } }); shown.update('two'); shown.id")
    const [first, second] = ran.all('display')
    expect(first).toMatchObject({ data: { 'text/html': '<b>1</b>' }, metadata: { isolated: true }, update: false })
    expect(second).toMatchObject({ data: { 'text/plain': "'two'" }, update: true, displayId: first!.displayId })
    expect((await notebook.run('display(1, { raw: true })')).error).toMatch(/MIME bundle/)
  })

  test('may have a display of their own, also an asynchronous one', async () => {
    const ran = await notebook.run("({ [Symbol.for('Jupyter.display')]: async () => { await null; return { 'text/html': '<i>x</i>' } } })")
    expect(ran.all('result')[0]!.data).toMatchObject({ 'text/html': '<i>x</i>' })
    expect((await notebook.run("({ [Symbol.for('Jupyter.display')]() { throw new Error('no display') } })")).error).toBe('Error: no display')
    expect((await notebook.run("show.markdown('# hi')")).all('result')[0]!.data).toMatchObject({ 'text/markdown': '# hi' })
  })
})

describe('asking and connecting', () => {
  test('prompt asks the front end, is told its refusal, and may not be used where no input is allowed', async () => {
    const answered = notebook.run("await prompt('Name? ', { password: true })")
    await notebook.until(() => notebook.messages.some((one) => one.type === 'ask' && one.prompt === 'Name? '))
    const ask = notebook.messages.findLast((one) => one.type === 'ask')!
    expect(ask).toMatchObject({ password: true })
    notebook.session.send({ type: 'input', id: ask.id, text: 'Ada' })
    expect((await answered).result).toBe("'Ada'")

    const refused = notebook.run("await prompt('Again? ')")
    await notebook.until(() => notebook.messages.some((one) => one.type === 'ask' && one.prompt === 'Again? '))
    notebook.session.send({ type: 'input', id: notebook.messages.findLast((one) => one.type === 'ask')!.id, error: 'not now' })
    expect((await refused).error).toBe('SluiceError: not now')
    expect((await notebook.run('await prompt()', { allowStdin: false })).error).toMatch(/does not take input/)
  })

  test('a line magic waits for the kernel and throws what it says', async () => {
    const running = notebook.run("await __sluice.line('npm install x'); 'installed'")
    await notebook.until(() => notebook.messages.some((one) => one.type === 'line'))
    notebook.session.send({ type: 'line-done', id: notebook.messages.findLast((one) => one.type === 'line')!.id })
    expect((await running).result).toBe("'installed'")
    const failing = notebook.run("await __sluice.line('bad')")
    await notebook.until(() => notebook.messages.some((one) => one.type === 'line' && one.text === 'bad'))
    notebook.session.send({ type: 'line-done', id: notebook.messages.findLast((one) => one.type === 'line')!.id, error: { code: 'unknown-magic', message: 'there is no magic bad' } })
    expect((await failing).error).toBe('SluiceError: there is no magic bad')
  })

  test('comms go both ways, and output of their callbacks belongs to the cell that opened them', async () => {
    const opening = await notebook.run("const comm = comms.open('chart', { a: 1 }); comm.onMessage = (data, buffers) => { console.log('got', data, buffers.length); comm.send({ back: 1 }, { buffers: [new Uint8Array(2)] }) }; comm.id")
    const open = opening.all('comm')[0]!.message as { id: string; type: string; target: string }
    expect(open).toMatchObject({ type: 'open', target: 'chart', data: { a: 1 } })
    notebook.session.send({ type: 'comm', message: { type: 'message', id: open.id, data: { x: 1 }, metadata: {}, buffers: [new Uint8Array(1)] } })
    await notebook.until(() => notebook.messages.some((one) => one.type === 'comm' && (one.message as { type: string }).type === 'message'))
    expect(notebook.messages.findLast((one) => one.type === 'stream')).toMatchObject({ text: 'got { x: 1 } 1\n', execution: opening.done.execution })
    await notebook.run("comms.register('mine', (comm, data) => comm.close({ seen: data }))")
    for (const target of ['mine', 'nobody']) notebook.session.send({ type: 'comm', message: { type: 'open', id: `id-${target}`, target, data: 7, metadata: {}, buffers: [] } })
    const closed = () => notebook.messages.filter((one) => one.type === 'comm').map((one) => one.message as { type: string; id: string; data: unknown }).filter((one) => one.type === 'close')
    await notebook.until(() => closed().length === 2)
    expect(closed()).toMatchObject([{ id: 'id-mine', data: { seen: 7 } }, { id: 'id-nobody' }])
  })

  test('distribute() declares, numbered from where the kernel said', async () => {
    const ran = await notebook.run("const squares = distribute('squares', [1, 2, 3], (x: number) => x * x); squares.length")
    expect(ran.result).toBe('3')
    expect(ran.all('declare')[0]!.declaration).toMatchObject({ run: 1000, name: 'squares', count: 3, cell: ran.done.execution })
  })

  test('handles of an earlier session are bound again', async () => {
    const own = new SessionNotebook()
    await own.start([{ run: 3, name: 'earlier', count: 4, shape: 'array' }])
    expect((await own.run('earlier.length')).result).toBe('4')
    await own.stop()
  })
})

describe('looking at live values', () => {
  test('gives properties and descriptions, follows members, and runs no getter and no trap', async () => {
    await notebook.run('let ran = 0; const live = { plain: { deep: [1] }, method() {}, get getter() { ran++; return { x: 1 } } }; const proxy = new Proxy({}, { get() { ran++ }, ownKeys() { ran++; return [] } })')
    const names = async (expression: string) => (await notebook.session.look(expression, 'properties'))?.properties?.map((one) => one.name) ?? []
    expect(await names('live')).toEqual(expect.arrayContaining(['plain', 'method', 'getter', 'toString']))
    expect(await names("live['plain'].deep")).toEqual(expect.arrayContaining(['length', 'map']))
    expect(await names('"text"')).toEqual([])
    expect(await names('')).toEqual(expect.arrayContaining(['live', 'display', 'Array']))
    expect(await notebook.session.look('live.getter', 'properties')).toMatchObject({ found: false })
    expect(await notebook.session.look('proxy', 'properties')).toMatchObject({ found: true, properties: [] })
    expect(await notebook.session.look('ran++', 'description')).toMatchObject({ found: false })
    expect(await notebook.session.look('nowhere.near', 'description')).toMatchObject({ found: false })
    expect((await notebook.session.look('live', 'description'))!.description).toContain('getter: [Getter]')
    expect((await notebook.run('ran')).result).toBe('0')
  })

  test('is answered at once, with nothing, while a cell runs', async () => {
    const running = notebook.run('await new Promise((resolve) => setTimeout(resolve, 50))')
    expect(await notebook.session.look('Array', 'description')).toBeUndefined()
    await running
  })
})

describe('modules', () => {
  test('local TypeScript is read again when it, or what it imports, has changed; nothing else is evaluated again', async () => {
    notebook.write('leaf.ts', 'export const leaf: number = 1')
    notebook.write('stable.ts', 'globalThis.stableRuns = (globalThis.stableRuns ?? 0) + 1; export type Only = string; export const stable = 1')
    notebook.write('main.ts', "import { leaf } from './leaf'\nimport { stable, Only } from './stable.js'\nexport { leaf }\nexport const both = (): number => leaf + stable\nexport interface Shape { a: Only }")
    const code = "import { both, Shape } from './main.ts'; import type { Only } from './stable'; both()"
    expect((await notebook.run(code)).result).toBe('2')
    expect((await notebook.run(code)).result).toBe('2')
    notebook.write('leaf.ts', 'export const leaf: number = 5')
    expect((await notebook.run(code)).result).toBe('6')
    expect((await notebook.run('stableRuns')).result).toBe('1')
  })

  test('errors of local modules have their own lines, also after a change', async () => {
    notebook.write('fails.ts', 'interface A {}\nexport function fail(): never {\n  throw new Error("in file")\n}')
    expect((await notebook.run("import { fail } from './fails'; fail()")).traceback).toMatch(/at fail \(fails\.ts:3:9\)\n    at Cell \[\d+\]:1:/)
    notebook.write('fails.ts', 'export const broken: = 1')
    expect((await notebook.run("import './fails'")).traceback).toMatch(/SyntaxError: .*\n    at fails\.ts:1:22/)
    notebook.write('fails.ts', 'throw new Error("while loading")')
    expect((await notebook.run("import './fails'")).traceback).toMatch(/while loading\n    at fails\.ts:1:7/)
    notebook.write('fails.ts', 'export const mended = true')
    expect((await notebook.run("import { mended } from './fails'; mended")).result).toBe('true')
  })

  test('a missing export is named with its nearest spelling; a type imported without saying so is not missed', async () => {
    notebook.write('exports.ts', 'export const summarise = 1; export interface Flight { a: number }')
    const ran = await notebook.run("import { sumarise } from './exports'; sumarise")
    expect(ran.error).toBe('SyntaxError: ./exports has no export named sumarise (did you mean summarise?). It exports summarise.')
    expect((await notebook.run("import { Flight, summarise } from './exports'; const one: Flight = { a: summarise }; one")).result).toBe('{ a: 1 }')
  })

  test('a missing package is named with how to install it, and found once it is installed', async () => {
    expect((await notebook.run("import late from 'late-package'")).error).toMatch(/^SluiceError: Cannot find package late-package, imported from .*%npm install late-package/)
    notebook.write('node_modules/late-package/package.json', '{ "name": "late-package", "type": "module", "exports": { "import": "./index.js" } }')
    notebook.write('node_modules/late-package/index.js', 'export default "here"')
    expect((await notebook.run("import late from 'late-package'; late")).result).toBe("'here'")
    expect((await notebook.run("import x from './exprots'")).error).toMatch(/did you mean exports\?/)
  })

  test('CommonJS, JSON, cycles, top-level await and dynamic import are loaded as they should be', async () => {
    notebook.write('old.cjs', 'exports.count = 1; exports.dep = require("./older.cjs")')
    notebook.write('older.cjs', 'module.exports = "a"')
    notebook.write('data.json', '{ "n": 1 }')
    notebook.write('cycle-a.ts', "import { b } from './cycle-b'\nexport const a = () => b\nexport const viaB = () => a()")
    notebook.write('cycle-b.ts', "import { a } from './cycle-a'\nexport const b: number = await Promise.resolve(7)\nexport const again = () => a()")
    notebook.write('dynamic.ts', "export const load = async () => (await import('./data.json', { with: { type: 'json' } })).default.n + import.meta.dirname.length * 0")
    const code = "import old, { count, dep } from './old.cjs'; import data from './data.json' with { type: 'json' }; import { viaB } from './cycle-a'; import { load } from './dynamic'; [old.count, count, dep, data.n, viaB(), await load(), require('./old.cjs').dep]"
    expect(String((await notebook.run(code)).result).replace(/\s+/g, ' ')).toBe("[ 1, 1, 'a', 1, 7, 1, 'a' ]")
    notebook.write('older.cjs', 'module.exports = "b"')
    notebook.write('data.json', '{ "n": 2 }')
    expect(String((await notebook.run(code)).result).replace(/\s+/g, ' ')).toBe("[ 1, 1, 'b', 2, 7, 2, 'b' ]")
    expect((await notebook.run("require('./old').count + require('node:path').sep")).result).toBe("'1/'")
  })
})

describe('interrupting', () => {
  const cells: [string, string][] = [
    ['a busy loop', 'while (true) {}'],
    ['a loop that only awaits', 'for (;;) { await null }'],
    ['an await that never ends', 'await new Promise(() => {})'],
    ['a runaway timer', 'setInterval(() => { while (true) {} }, 1); await new Promise(() => {})'],
    ['a loop in try with finally', 'try { while (true) {} } finally { globalThis.finallyRan = true }'],
    ['a loop that catches everything', 'for (;;) { try { for (;;) {} } catch {} }'],
    ['a storm of microtasks', 'const storm = () => { queueMicrotask(storm) }; storm(); await new Promise(() => {})'],
    ['a storm of ticks', 'const tick = () => process.nextTick(tick); tick(); await new Promise(() => {})'],
    ['a storm of promises', 'for (;;) await Promise.all([1, 2].map(async (x) => x))'],
    ['Atomics.wait', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'],
    ['a regular expression that backtracks', '/(a+)+$/.test("a".repeat(50) + "b")'],
    ['a callback that sort() calls', '[2, 1].sort(() => { for (;;) {} })'],
    ['a loop that prints', "for (;;) console.log('x'.repeat(80))"],
    ['a loop that prints and awaits', "for (;;) { console.log('x'); await null }"],
    ['a loop that displays', 'for (;;) display({ a: 1 })'],
    ['a prompt', "await prompt('? ')"],
    ['a result whose inspection never ends', "({ [Symbol.for('nodejs.util.inspect.custom')]() { for (;;) {} } })"],
  ]
  test.each(cells)('stops %s, and keeps the state', async (_name, code) => {
    await notebook.run('globalThis.kept = 7')
    const { how, ran } = await notebook.interrupt(code)
    expect(how).toBe('stopped')
    expect(ran.error).toBe('Interrupted: The cell was interrupted.')
    expect(ran.done.interrupted).toBe(true)
    expect((await notebook.run('await new Promise((resolve) => setTimeout(resolve, 1)); kept')).result).toBe('7')
  })

  test('time and again leaves the session whole', async () => {
    await notebook.run('let times = 0')
    for (let time = 1; time <= 10; time++) {
      const { how } = await notebook.interrupt("for (;;) { console.log('x'); await new Promise((resolve) => queueMicrotask(() => resolve(1))) }")
      expect(how).toBe('stopped')
      expect((await notebook.run('await new Promise((resolve) => setTimeout(resolve, 1)); ++times')).result).toBe(String(time))
    }
  })

  test('leaves nothing that the garbage collector could stumble over', async () => {
    const { how } = await notebook.interrupt('await new Promise(() => {})')
    expect(how).toBe('stopped')
    const collect = "require('node:v8').setFlagsFromString('--expose-gc'); require('node:vm').runInNewContext('gc')()"
    expect((await notebook.run(`${collect}; await new Promise(setImmediate); 'here'`)).result).toBe("'here'")
  })

  test('stops a child process that the cell waits for', async () => {
    const { how, ran } = await notebook.interrupt("await new Promise(setImmediate)\nrequire('node:child_process').execSync('sleep 100')")
    expect([how, ran.done.interrupted]).toEqual(['stopped', true])
  })

  test('silences what the interrupted cell still has going on', async () => {
    const { ran } = await notebook.interrupt("for (let n = 0; ; n++) { await new Promise((resolve) => setTimeout(resolve, 2)); console.log('n', n) }")
    const from = notebook.messages.length
    await notebook.run('await new Promise((resolve) => setTimeout(resolve, 50))')
    expect(notebook.messages.slice(from).filter((one) => 'execution' in one && one.execution === ran.done.execution)).toEqual([])
  })

  test('harms nothing when no cell runs, not even many times', async () => {
    for (let times = 0; times < 5; times++) expect(await notebook.session.interrupt()).toBe('idle')
    expect((await notebook.run('1')).result).toBe('1')
  })

  test('replaces a session that native code blocks', async () => {
    await inOwnSession(async (own) => {
      // A named pipe that nobody writes to.
      execFileSync('mkfifo', [join(own.directory, 'fifo')])
      const { how, ran } = await own.interrupt("require('node:fs').readFileSync('fifo')")
      expect(how).toBe('replaced')
      expect(ran.error).toMatch(/^SessionEnded: .*an interrupt had no effect/)
      expect(await own.exit()).toMatch(/an interrupt had no effect within 1 s/)
    })
  })
})

describe('the end of a session', () => {
  test.each([
    ['process.exit(3)', 'ended because process.exit(3) was called'],
    ['process.abort()', 'ended because process.abort() was called'],
    ["process.kill(process.pid, 'SIGKILL')", 'was killed by SIGKILL'],
    ['const hog: string[][] = []; for (;;) hog.push(Array.from({ length: 1e5 }, (_, i) => `hog ${i}`))', 'ran out of memory'],
  ])('by %s is told in words, to the cell as well', async (code, reason) => {
    await inOwnSession(async (own) => {
      const ran = await own.run(code)
      expect(ran.error).toContain(`it ${reason}`)
      expect(await own.exit()).toBe(reason)
      expect((await own.run('1')).error).toMatch(/^SessionEnded/)
    }, '--max-old-space-size=80')
  })

  test('runs exit handlers, and takes what it started with it', async () => {
    await inOwnSession(async (own) => {
      const ran = await own.run("process.on('exit', () => console.log('bye')); const child = require('node:child_process').spawn('sleep', ['100']); child.pid")
      const pid = Number(ran.result)
      expect((await own.run('process.exit(0)')).stdout).toBe('bye\n')
      await expect.poll(() => isAlive(pid)).toBe(false)
    })
  })

  test('follows the end of the kernel', async () => {
    const own = new SessionNotebook()
    await own.start()
    const { pid } = own.session
    await own.stop()
    await expect.poll(() => isAlive(pid)).toBe(false)
    expect(existsSync(own.directory) && readdirSync(own.directory)).toBe(false)
  })
})
