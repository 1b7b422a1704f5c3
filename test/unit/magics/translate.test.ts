import { parseSync } from 'oxc-parser'
import { describe, expect, test } from 'vitest'
import { UserError } from '../../../kernel/errors.ts'
import { completeMagic, inspectMagic, type MagicCompletion } from '../../../kernel/magics/complete.ts'
import { parseDistribute } from '../../../kernel/magics/distribute.ts'
import { parseLine } from '../../../kernel/magics/lines.ts'
import { magicLine, translate } from '../../../kernel/magics/translate.ts'

const message = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('%%distribute', () => {
  test('becomes valid TypeScript whose body keeps its line numbers', () => {
    const cell = '%%distribute delays --each month of months --retries 2\nconst flights = await read(month)\nreturn flights // done'
    const { code, distribute } = translate(cell)
    expect(distribute).toBe('delays')
    expect(parseSync('cell.ts', code).errors).toEqual([])
    expect(code.split('\n').slice(1, 3)).toEqual(cell.split('\n').slice(1))
  })

  test('may be written as a comment, and after blank lines', () => {
    expect(translate('\n//%%distribute one\nreturn 1').code).toContain('const one = (await __sluice.declare(')
    expect(translate('\n//%%distribute one\nreturn 1').code.split('\n')[2]).toBe('return 1')
  })

  test('takes any expression, options inside quotes and brackets included', () => {
    const { each } = parseDistribute(`x --each month of ['a --b', "c"].map((x) => f(x, '--retries')) --each [k, v] of map.entries() --cpu 2`)
    expect(each.map((one) => one.pattern)).toEqual(['month', '[k, v]'])
    expect(each[0]!.source).toBe(`['a --b', "c"].map((x) => f(x, '--retries'))`)
  })

  test('stores options in the units of a declaration', () => {
    const line = 'x --priority high --cpu 2 --gpu 1 --memory 2GiB --resource license=1 --node zone=eu --retries 3 --backoff 1s --timeout 30s --replicas 2 --speculate --mode sync --policy locality --wait'
    const { options, wait } = parseDistribute(line)
    expect(wait).toBe(true)
    expect(options).toEqual({
      priority: 10, resources: { cpu: 2, gpu: 1, memory: 2 * 1024 ** 3, license: 1 }, labels: { zone: 'eu' }, retries: 3,
      backoff: 1000, timeout: 30_000, replicas: 2, speculate: true, mode: 'sync', policy: 'locality',
    })
  })

  test('names the option that is wrong, what it accepts, and the nearest spelling', () => {
    expect(message(() => parseDistribute('x --retrys 2'))).toMatch(/--retrys.*did you mean --retries\?.*Accepted: --each/s)
    expect(message(() => parseDistribute('x --retries two'))).toMatch(/--retries takes a whole number, 0 or more; "two" was given/)
    expect(message(() => parseDistribute('x --each month in months'))).toMatch(/--each takes X of EXPR/)
    expect(message(() => parseDistribute('x --each month of (months'))).toMatch(/--each takes a TypeScript expression/)
    expect(message(() => parseDistribute('x --memory lots'))).toMatch(/--memory takes a size/)
    expect(message(() => parseDistribute('x --cpu 1 --cpu 2'))).toMatch(/--cpu/)
    expect(message(() => parseDistribute('x --speculate yes'))).toMatch(/--speculate takes no value; "yes" was given/)
    expect(message(() => parseDistribute('x --reduce a,a of xs'))).toMatch(/two different names/)
  })

  test('needs a name that can be a variable, and a body', () => {
    expect(message(() => translate('%%distribute\nreturn 1'))).toMatch(/needs a name/)
    expect(message(() => translate('%%distribute for\nreturn 1'))).toMatch(/identifier/)
    expect(message(() => translate('%%distribute x\n \n'))).toMatch(/no body/)
    expect(message(() => translate('%%distribuet x\nreturn 1'))).toMatch(/did you mean %%distribute/)
  })
})

describe('line magics', () => {
  test('become calls on their own line', () => {
    expect(translate('const a = 1\n%tasks delays\na').code.split('\n')).toEqual(['const a = 1', 'await __sluice.line("tasks delays");', 'a'])
  })

  test('are not seen in what is valid TypeScript', () => {
    for (const cell of ['const t = `\n%cluster stop\n`', 'const r = 7\n%a', '5 % 3']) expect(translate(cell).code).toBe(cell)
  })

  test('parse into what is to be done', () => {
    expect(parseLine('cluster')).toEqual({ magic: 'cluster', action: 'show' })
    expect(parseLine('cluster local --nodes 4 --slots 2 --node big:cpu=8,speed=2,gpu=1,zone=eu,license=3')).toEqual({
      magic: 'cluster', action: 'local', nodes: 4, slots: 2,
      extra: [{ name: 'big', cpu: 8, speed: 2, gpu: 1, labels: { zone: 'eu' }, resources: { license: 3 } }],
    })
    expect(parseLine('why delays[3]')).toEqual({ magic: 'why', name: 'delays', index: 3 })
    expect(parseLine('rerun delays --failed')).toEqual({ magic: 'rerun', name: 'delays', failed: true })
    expect(parseLine('priority delays high')).toEqual({ magic: 'priority', name: 'delays', value: 10 })
  })

  test('that are wrong say what is accepted', () => {
    expect(message(() => parseLine('taks'))).toMatch(/did you mean %tasks/)
    expect(message(() => parseLine('cluster local --nods 4'))).toMatch(/did you mean --nodes/)
    expect(message(() => parseLine('cluster local --nodes 0'))).toMatch(/whole number from 1/)
    expect(message(() => parseLine('types loud'))).toMatch(/error, warn or off/)
    expect(message(() => parseLine('why'))).toMatch(/usage: %why NAME\[3\]/)
  })

  test('%time passes the value of an expression on and times a statement', () => {
    expect(translate('%time f(1)').code).toContain('return await (f(1))')
    const timed = translate('%time const x = f(1)').code
    expect(parseSync('cell.ts', timed).errors).toEqual([])
    expect(timed).toContain('; const x = f(1);')
    expect(translate('%%time\nf()')).toEqual({ code: '\nf()', timed: true })
  })
})

describe('completion and help', () => {
  const known = { handles: ['delays', 'model'], nodes: ['node-1'], policies: [{ name: 'critical-path', about: 'longest path first' }, { name: 'locality', about: 'near its inputs' }] }
  const texts = (cell: string) => (completeMagic(cell, cell.length, known) as MagicCompletion).matches.map((match) => match.text)

  test('offers magics, options, values, handles and nodes', () => {
    expect(texts('%%dis')).toEqual(['%%distribute'])
    expect(texts('%ca')).toEqual(['%cancel'])
    expect(texts('%%distribute x --re')).toEqual(['--reduce', '--resource', '--retries', '--replicas'])
    expect(texts('%%distribute x --sp')).toEqual(['--speculate'])
    expect(texts('%%distribute x --priority h')).toEqual(['high'])
    expect(texts('%%distribute x --node ')).toEqual(['node-1'])
    expect(texts('%%distribute x --policy ')).toEqual(['critical-path', 'locality'])
    expect((completeMagic('%policy lo', 10, known) as MagicCompletion).matches).toEqual([{ text: 'locality', type: 'policy', signature: 'near its inputs' }])
    expect(texts('%why de')).toEqual(['delays'])
  })

  test('leaves expressions to the language', () => {
    const cell = '%%distribute x --each month of mon'
    expect(completeMagic(cell, cell.length, known)).toEqual({ expression: cell.length - 3 })
    expect(completeMagic('const a = 1', 5, known)).toBeUndefined()
  })

  test('explains magics and options', () => {
    expect(inspectMagic('%%distribute x --retries 2', 20)).toContain('attempts after the body throws')
    expect(inspectMagic('%why x', 2)).toContain('what a task waits for')
    expect(inspectMagic('why', 2)).toBeUndefined()
  })

  test('knows the magic’s line from the body', () => {
    expect(magicLine('%%distribute x\nreturn 1')).toEqual({ start: 0, end: 14 })
    expect(magicLine('return 1')).toBeUndefined()
  })
})
