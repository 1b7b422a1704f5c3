import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Answers } from '../../../kernel/language/types/answers.ts'
import { translate } from '../../../kernel/magics/translate.ts'

const globals = new URL('../../../kernel/language/globals.d.ts', import.meta.url).pathname
const directory = mkdtempSync(join(tmpdir(), 'sluice-distribute-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

// Of Node these cells need the console alone: to read all of its types would take most of the time.
const node = join(directory, 'node_modules/@types/node')
mkdirSync(node, { recursive: true })
writeFileSync(join(node, 'package.json'), '{ "name": "@types/node", "version": "1.0.0", "types": "index.d.ts" }')
writeFileSync(join(node, 'index.d.ts'), 'declare const console: { log(...values: unknown[]): void }')

const notebook = new Answers(directory, globals)
let count = 0

/** Runs a cell, magics and all; what is wrong with it. */
function run(cell: string): string[] {
  const file = notebook.ran({ id: `cell ${++count}`, count, code: translate(cell).code })
  return notebook.diagnostics(file).map(({ line, message }) => `${line}: ${message}`)
}
function typeOf(expression: string): string {
  return notebook.inspect(`let probe = ${expression}`, 'let pro'.length, 0)!.text.replace(/^let probe: /, '').replace(/\s+/g, ' ')
}
/** Names offered at `|` within a cell. */
function names(cell: string): readonly string[] {
  const { code } = translate(cell.replace('|', ' CURSOR '))
  const offset = code.indexOf(' CURSOR ')
  return notebook.complete(code.replace(' CURSOR ', ''), offset).matches
}

beforeAll(() => {
  expect(run("const months = ['2001-01', '2001-02']\ntype Flight = { carrier: string, minutes: number }\nasync function read(month: string): Promise<Flight[]> { return [] }\nconst ages = new Map([['a', 1]])")).toEqual([])
  expect(run('%%distribute delays --each month of months --retries 2\nconst flights = await read(month)\nreturn { month, worst: Math.max(...flights.map((one) => one.minutes)) }')).toEqual([])
  expect(run('%%distribute model --priority high --cpu 2\nconst all = await delays\nreturn all.length')).toEqual([])
  expect(run('%%distribute total --reduce a,b of delays\nreturn a.worst > b.worst ? a : b')).toEqual([])
})

describe('%%distribute', () => {
  test('in the body, what --each names has the type of an element', () => {
    expect(names('%%distribute x --each month of months\nmonth.|')).toEqual(expect.arrayContaining(['slice', 'toUpperCase']))
    expect(names('%%distribute x --each { carrier } of await read(months[0]!)\ncarrier.|')).toContain('slice')
    expect(names('%%distribute x --each [k, v] of ages.entries()\nv.|')).toContain('toFixed')
    expect(names('%%distribute x --each [k, v] of ages\nk.|')).toContain('slice')
    expect(names('%%distribute x --each n of new Set([1, 2])\nn.|')).toContain('toFixed')
  })

  test('several --each: each has its own', () => {
    expect(names('%%distribute x --each n of [1, 2] --each month of months\nn.|')).toContain('toFixed')
    expect(names('%%distribute x --each n of [1, 2] --each month of months\nmonth.|')).toContain('slice')
    expect(run("%%distribute x --each n of [1, 2] --each month of months\nreturn n + month.length + task.index")).toEqual([])
    expect(typeOf('await x')).toBe('number[]')
  })

  test('--each of a handle gives what one of its tasks returns', () => {
    expect(names('%%distribute x --each delay of delays\ndelay.|')).toEqual(['month', 'worst'])
    expect(run('const handles: Promise<number>[] = [model]\ndelays.priority = "high"\nmodel.then((n) => n.toFixed()).catch(() => 0)')).toEqual([])
  })

  test('--each of an any is any, of nothing that can be gone through an error', () => {
    run('declare const anything: any')
    expect(run('%%distribute x --each row of anything\nreturn row.whatever')).toEqual([])
    for (const wrong of ['5', '"text"', '{ a: 1 }', 'model', 'Promise.resolve([1])']) {
      expect([wrong, run(`%%distribute x --each row of ${wrong}\nreturn 1`)]).toEqual([wrong, [expect.stringMatching(/^1: .*Items/s)]])
    }
  })

  test('task is in scope, with its documentation', () => {
    expect(names('%%distribute x\ntask.|')).toEqual(['attempt', 'index', 'node', 'progress', 'random', 'signal'])
    const { code } = translate('%%distribute x\ntask.progress(0.5)')
    expect(notebook.inspect(code, code.indexOf('progress') + 2, 0)!.text).toContain('Report how far the task is')
  })

  test('a handle has the type that the body returns: an array with --each, else one value', () => {
    expect(typeOf('await delays')).toBe('{ month: string; worst: number; }[]')
    expect(typeOf('await delays[0]')).toBe('{ month: string; worst: number; }')
    expect(typeOf('await model')).toBe('number')
    expect(names('(await delays)[0].|')).toEqual(['month', 'worst'])
    expect(names('(await delays[0]).|')).toEqual(['month', 'worst'])
    expect(names('delays.|')).toEqual(expect.arrayContaining(['asCompleted', 'cancel', 'priority', 'results', 'status', 'tasks']))
    expect(run("for await (const { index, value } of delays.asCompleted()) console.log(index, value.worst)\nconst settled = await delays.results({ settled: true })\nfor (const one of settled) if (one.status === 'fulfilled') one.value.month\ndelays.priority = 10\n;(await delays.tasks)[0]?.state")).toEqual([])
    expect(run('(await delays)[0].nonsense')).toEqual([expect.stringContaining("Property 'nonsense' does not exist")])
    expect(run('await Promise.all([delays, model])')).toEqual([])
  })

  test('handles within bodies are awaited as in cells', () => {
    expect(names('%%distribute x\nconst all = await delays\nall[0].|')).toEqual(['month', 'worst'])
    expect(names('%%distribute x --after delays,model\nconst all = await delays\nall[0].|')).toEqual(['month', 'worst'])
  })

  test('--reduce: both have the type of an element, and the handle has the result', () => {
    expect(names('%%distribute x --reduce a,b of delays\nb.|')).toEqual(['month', 'worst'])
    expect(names('%%distribute x --reduce a,b of [1, 2, 3]\na.|')).toContain('toFixed')
    expect(typeOf('await total')).toBe('{ month: string; worst: number; }')
    expect(run("%%distribute x --reduce a,b of [1, 2, 3]\nreturn a + 'b'")).not.toEqual([])
  })

  test('errors in the body stand on its lines', () => {
    expect(run('%%distribute x --each month of months\nconst n = 1\nmonth.nonsense')).toEqual([expect.stringMatching(/^3: .*nonsense/)])
  })

  test('a body may be declared again, and return nothing', () => {
    expect(run('%%distribute delays2 --each month of months\nconsole.log(month)')).toEqual([])
    expect(run('%%distribute delays2 --each month of months\nreturn 1')).toEqual([])
    expect(typeOf('await delays2')).toBe('number[]')
  })
})

describe('the same in code', () => {
  test('distribute() infers items and results', () => {
    expect(run("const d = distribute('d', months, async (month, task) => ({ month, node: task.node }), { retries: 2, timeout: '30s', after: [delays, model] })")).toEqual([])
    expect(typeOf('await d')).toBe('{ month: string; node: string; }[]')
    expect(run("const chained = distribute('chained', delays, (delay) => delay.worst * 2)\nconst n: number[] = await chained")).toEqual([])
    expect(run("const one = distribute('one', async (task) => task.index)\nconst m: number = await one")).toEqual([])
    expect(run("const grid = distribute('grid', product([1, 2], months, delays), (n, month, delay, task) => n + month.length + delay.worst + task.index)\nconst k: number[] = await grid")).toEqual([])
    expect(run("const least = reduce('least', delays, (a, b) => (a.worst < b.worst ? a : b))\nconst w: string = (await least).month")).toEqual([])
  })

  test('its options are completed and checked', () => {
    expect(names("distribute('d', months, (month) => 1, { mode: '|' })")).toEqual(['async', 'sync'])
    expect(names("distribute('d', months, (month) => 1, { | })")).toEqual(expect.arrayContaining(['cpu', 'priority', 'retries']))
    expect(run("distribute('d', months, (month) => 1, { retry: 2 })")).toHaveLength(1)
  })
})

describe('cluster', () => {
  test('types what a policy is shown, and what it answers', () => {
    expect(names('cluster.policy("mine", (view) => view.tasks.map((task) => ({ task, node: view.nodes[0].| })))')).toEqual(expect.arrayContaining(['idle', 'load', 'name', 'speed']))
    expect(run('cluster.policy("a", (view) => view.tasks)\ncluster.policy("b", ({ tasks, nodes }) => tasks.map((task) => ({ task: task.id, node: nodes[0]?.name })))')).toEqual([])
    expect(run('cluster.policy("c", () => 5)')[0]).toMatch(/number/)
    expect(run('cluster.policy("d", (view) => { view.tasks[0]!.priority = 5; return [] })')[0]).toMatch(/read-only/)
  })

  test('shows how to register a policy', () => {
    const told = notebook.inspect('cluster.policy("mine", () => [])', 'cluster.pol'.length, 1)!
    expect(told.text).toContain('--policy mine')
    expect(told.text).toContain("cluster.policy('pack', (view) => {")
  })

  test('types graphs and their plans', () => {
    expect(run('const plan = await cluster.plan({ tasks: [{ name: "a", duration: 1, after: ["b"] }] }, { nodes: [{ cpu: 2 }], policy: "heft" })\nconst ends: number[] = plan.tasks.map((task) => task.end)')).toEqual([])
    expect(run('const compared = await cluster.simulate({ tasks: [] }, { policies: ["fifo"] })\nconst spans: number[] = compared.map((row) => row.makespan)')).toEqual([])
    expect(run('await cluster.plan({ tasks: [{ duration: 1 }] })')[0]).toMatch(/name/)
  })
})
