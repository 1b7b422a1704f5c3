import { describe, expect, test } from 'vitest'
import { Desk, ScriptedInterpreter, tell, turn } from './desk.ts'

describe('running a cell', () => {
  test('busy comes first, idle last, and the output between them', async () => {
    const desk = new Desk()
    const id = await desk.execute('x')
    const [cell] = desk.interpreter.cells
    desk.interpreter.frontend.output(cell!.execution, { type: 'stream', name: 'stdout', text: 'a\n' })
    desk.interpreter.frontend.output(cell!.execution, { type: 'result', data: { 'text/plain': '1' }, metadata: {}, count: cell!.count })
    await cell!.end()
    expect(desk.story(id)).toEqual(['busy', 'execute_input', 'stream', 'execute_result', 'reply ok', 'idle'])
    expect(desk.reply(id).content).toEqual({ status: 'ok', execution_count: 1, user_expressions: {}, payload: [] })
    expect(desk.last('execute_result').content['execution_count']).toBe(1)
  })

  test('cells run one at a time, in the order in which they came', async () => {
    const desk = new Desk()
    const first = await desk.execute('first')
    const second = await desk.execute('second')
    expect(desk.interpreter.cells.map(({ code }) => code)).toEqual(['first'])
    expect(desk.story(second)).toEqual([])
    await desk.interpreter.cells[0]!.end()
    expect(desk.story(first).at(-1)).toBe('idle')
    expect(desk.interpreter.cells.map(({ code }) => code)).toEqual(['first', 'second'])
  })

  test('the interpreter gets what the request says', async () => {
    const desk = new Desk()
    await desk.execute('x', { user_expressions: { a: '1' }, allow_stdin: true }, { id: 'i1', metadata: { cellId: 'abc' } })
    expect(desk.interpreter.cells[0]).toMatchObject({ execution: 'i1', code: 'x', silent: false, count: 1, userExpressions: { a: '1' }, allowStdin: true, cellId: 'abc' })
  })

  test('expressions and payload travel in the reply', async () => {
    const desk = new Desk()
    const id = await desk.execute('x')
    await desk.interpreter.cells[0]!.end({ userExpressions: { a: { status: 'ok' } }, payload: [{ source: 'page' }] })
    expect(desk.reply(id).content).toMatchObject({ user_expressions: { a: { status: 'ok' } }, payload: [{ source: 'page' }] })
  })

  test('a silent cell shows nothing, counts nothing and is not kept in history', async () => {
    const desk = new Desk()
    const id = await desk.execute('x', { silent: true, store_history: true })
    const [cell] = desk.interpreter.cells
    desk.interpreter.frontend.output(cell!.execution, { type: 'stream', name: 'stdout', text: 'a' })
    await cell!.fail('no')
    expect(desk.story(id)).toEqual(['busy', 'reply error', 'idle'])
    expect(desk.reply(id).content['execution_count']).toBe(0)
    expect(await desk.history.tail(9)).toEqual([])
  })

  test('a cell that is not stored shows its output but does not count', async () => {
    const desk = new Desk()
    const stored = await desk.execute('a')
    await desk.interpreter.cells[0]!.end()
    const other = await desk.execute('b', { store_history: false })
    await desk.interpreter.cells[1]!.end()
    expect(desk.reply(stored).content['execution_count']).toBe(1)
    expect(desk.reply(other).content['execution_count']).toBe(1)
    expect(desk.story(other)).toContain('execute_input')
    expect((await desk.history.tail(9)).map(({ code }) => code)).toEqual(['a'])
  })

  test('output that comes after its cell has ended still belongs to it', async () => {
    const desk = new Desk()
    const first = await desk.execute('a')
    await desk.interpreter.cells[0]!.end()
    await desk.execute('b')
    desk.interpreter.frontend.output(desk.interpreter.cells[0]!.execution, { type: 'clear', wait: true })
    expect(desk.last('clear_output')).toMatchObject({ parent: first, content: { wait: true } })
  })

  test('two cells with the same message id keep their outputs apart', async () => {
    const desk = new Desk()
    await desk.execute('a', {}, { id: 'same' })
    await desk.interpreter.cells[0]!.end()
    await desk.execute('b', {}, { id: 'same' })
    expect(desk.interpreter.cells[0]!.execution).not.toBe(desk.interpreter.cells[1]!.execution)
  })

  test('no more than ten thousand cells wait; one more is told so', async () => {
    const desk = new Desk()
    for (let i = 0; i < 10_001; i++) void desk.execute('x')
    const id = await desk.execute('one too many')
    expect(desk.reply(id).content['evalue']).toContain('10000 cells are waiting already')
  })

  test('output that comes after ten thousand other cells belongs to none', async () => {
    const desk = new Desk()
    const first = await desk.execute('x', {}, { id: 'first' })
    for (let i = 0; i < 10_000; i++) void desk.execute('y', { stop_on_error: false })
    await turn()
    desk.interpreter.frontend.output(first, { type: 'clear', wait: false })
    expect(desk.last('clear_output').parent).toBeUndefined()
  })

  test('a request with a wrong type gets an error that names the field, and nothing runs', async () => {
    const desk = new Desk()
    const id = await desk.ask('execute_request', { code: 3 })
    expect(desk.reply(id)).toMatchObject({ type: 'execute_reply', content: { status: 'error', evalue: 'execute_request: content.code must be a string, but got a number.' } })
    expect(desk.story(id)).toEqual(['busy', 'reply error', 'idle'])
    expect(desk.interpreter.cells).toEqual([])
  })

  test('the reply waits until the interpreter has started', async () => {
    const interpreter = new ScriptedInterpreter()
    let begin!: () => void
    interpreter.starting = new Promise((resolve) => (begin = resolve))
    const desk = new Desk(interpreter)
    await desk.execute('x')
    expect(interpreter.cells).toEqual([])
    begin()
    await turn()
    expect(interpreter.cells).toHaveLength(1)
  })

  test('an interpreter that cannot start is told with every cell', async () => {
    const interpreter = new ScriptedInterpreter()
    interpreter.starting = Promise.reject(new Error('no session'))
    const desk = new Desk(interpreter)
    const id = await desk.execute('x')
    expect(desk.reply(id).content['evalue']).toContain('no session')
    expect(desk.logged.join()).toContain('no session')
  })
})

describe('errors', () => {
  test('an error is shown once, whether or not the interpreter has shown it', async () => {
    const desk = new Desk()
    const told = await desk.execute('a')
    desk.interpreter.frontend.output(told, { type: 'error', name: 'RangeError', message: 'no', traceback: [] })
    await desk.interpreter.cells[0]!.fail('no')
    const untold = await desk.execute('b')
    await desk.interpreter.cells[1]!.fail('no')
    for (const id of [told, untold]) expect(desk.story(id)).toEqual(['busy', 'execute_input', 'error', 'reply error', 'idle'])
    expect(desk.reply(untold).content).toMatchObject({ ename: 'RangeError', evalue: 'no', traceback: ['RangeError: no'] })
  })

  test('a fault of the interpreter becomes an error reply, and the next cell runs', async () => {
    const desk = new Desk()
    const id = await desk.execute('a')
    await desk.interpreter.cells[0]!.crash(new TypeError('bug'))
    expect(desk.reply(id).content['evalue']).toContain('TypeError: bug')
    expect(desk.logged.join()).toContain('TypeError: bug')
    await desk.execute('b')
    expect(desk.interpreter.cells).toHaveLength(2)
  })

  test('cells sent before one fails are aborted, cells sent after its reply run', async () => {
    const desk = new Desk()
    const failing = await desk.execute('a')
    const queued = [await desk.execute('b'), await desk.execute('c')]
    await desk.interpreter.cells[0]!.fail('no')
    for (const id of queued) expect(desk.story(id)).toEqual(['busy', 'reply aborted', 'idle'])
    expect(desk.sent.findIndex(({ parent }) => parent === queued[0])).toBeGreaterThan(desk.sent.indexOf(desk.reply(failing)))
    await desk.execute('d')
    expect(desk.interpreter.cells.map(({ code }) => code)).toEqual(['a', 'd'])
  })

  test('a cell that was still on its way when one failed is aborted too', async () => {
    const desk = new Desk()
    await desk.execute('a')
    desk.late.push(() => void desk.execute('b', {}, { id: 'late' }))
    await desk.interpreter.cells[0]!.fail('no')
    expect(desk.story('late')).toEqual(['busy', 'reply aborted', 'idle'])
  })

  test.each([
    ['stop_on_error is false', { stop_on_error: false }],
    ['the failing cell is silent', { silent: true }],
  ])('the queue goes on when %s', async (_, content) => {
    const desk = new Desk()
    await desk.execute('a', content)
    await desk.execute('b')
    await desk.interpreter.cells[0]!.fail('no')
    expect(desk.interpreter.cells.map(({ code }) => code)).toEqual(['a', 'b'])
  })

  test('what JSON cannot hold is told in its place', async () => {
    const desk = new Desk()
    const id = await desk.execute('a')
    desk.interpreter.frontend.output(id, { type: 'display', data: { 'application/json': 3n }, metadata: {}, update: false })
    expect(desk.last('stream').content).toMatchObject({ name: 'stderr', text: expect.stringContaining('BigInt') })
    await desk.interpreter.cells[0]!.end({ userExpressions: { a: 3n } as never })
    expect(desk.reply(id).content).toMatchObject({ status: 'error', evalue: expect.stringContaining('execute_reply') })
    expect(desk.story(id).at(-1)).toBe('idle')
  })
})

describe('everything else', () => {
  test('is answered while a cell runs, on either channel, and the cell is busy again after it', async () => {
    const desk = new Desk()
    const cell = await desk.execute('a')
    for (const channel of ['shell', 'control'] as const) {
      const id = await desk.ask('complete_request', { code: 'x', cursor_pos: 1 }, { channel })
      expect(desk.reply(id)).toMatchObject({ channel, type: 'complete_reply', to: 'client' })
      expect(desk.story(id)).toEqual(['busy', 'complete_reply', 'idle'])
      expect(desk.sent.at(-1)).toMatchObject({ type: 'status', parent: cell, content: { execution_state: 'busy' } })
    }
    await desk.interpreter.cells[0]!.end()
    expect(desk.sent.map(tell).at(-1)).toBe('idle')
    expect(desk.sent.at(-1)!.parent).toBe(cell)
  })

  test('positions are counted in code points outside and in UTF-16 units inside', async () => {
    const desk = new Desk()
    const id = await desk.ask('complete_request', { code: '"🦉🦉".x', cursor_pos: 6 })
    expect(desk.interpreter.calls).toEqual(['complete 8'])
    const { content } = desk.reply(id)
    expect([content['cursor_start'], content['cursor_end']]).toEqual([5, 6])
    expect(content['metadata']._jupyter_types_experimental).toEqual([{ text: 'x', type: 'const', start: 5, end: 6 }])
    await desk.ask('inspect_request', { code: '🦉a', cursor_pos: 1, detail_level: 1 })
    expect(desk.interpreter.calls.at(-1)).toBe('inspect 2 1')
  })

  test('is_complete gives an indent only for incomplete code', async () => {
    const desk = new Desk()
    expect(desk.reply(await desk.ask('is_complete_request', { code: '{' })).content).toEqual({ status: 'incomplete', indent: '  ' })
    expect(desk.reply(await desk.ask('is_complete_request', { code: '1' })).content).toEqual({ status: 'complete' })
  })

  test('kernel_info says what is true', async () => {
    const desk = new Desk()
    const { content } = desk.reply(await desk.ask('kernel_info_request'))
    expect(content).toMatchObject({ status: 'ok', implementation: 'sluice', debugger: false, supported_features: [] })
    expect(content['language_info']).toMatchObject({ name: 'typescript', file_extension: '.ts', mimetype: 'application/typescript' })
  })

  test('usage is told with the names that jupyter-resource-usage reads', async () => {
    const desk = new Desk()
    const { type, content } = desk.reply(await desk.ask('usage_request', {}, { channel: 'control' }))
    expect(type).toBe('usage_reply')
    expect(content).toMatchObject({ hostname: 'h', pid: 7, kernel_cpu: 12.5, kernel_memory: 1000 })
    expect(content['cpu_count']).toBeGreaterThan(0)
    expect(content['host_virtual_memory'].total).toBeGreaterThan(content['host_virtual_memory'].available)
  })

  test.each(['debug_request', 'create_subshell_request', 'tea_request', 'tea'])('%s is refused with a reply', async (type) => {
    const desk = new Desk()
    const id = await desk.ask(type, {}, { channel: 'control' })
    expect(desk.reply(id)).toMatchObject({ type: `${type.replace('_request', '')}_reply`, content: { status: 'error' } })
    expect(desk.story(id).at(-1)).toBe('idle')
  })

  test('a reply sent by a client is dropped and counted', async () => {
    const desk = new Desk()
    await desk.ask('execute_reply')
    expect(desk.sent).toEqual([])
    expect(desk.wire.dropped.get('unexpected type')).toBe(1)
  })

  test('history answers tail, range and search, with and without output', async () => {
    const desk = new Desk()
    for (const [at, code] of ['a', 'bb', 'a'].entries()) {
      const id = await desk.execute(code)
      desk.interpreter.frontend.output(id, { type: 'result', data: { 'text/plain': `<${code}>` }, metadata: {}, count: at + 1 })
      await desk.interpreter.cells[at]!.end()
    }
    const history = async (content: object) => desk.reply(await desk.ask('history_request', { output: false, raw: true, ...content })).content['history']
    expect(await history({ hist_access_type: 'tail', n: 2 })).toEqual([[0, 2, 'bb'], [0, 3, 'a']])
    expect(await history({ hist_access_type: 'range', session: 0, start: 1, stop: 2, output: true })).toEqual([[0, 1, ['a', '<a>']]])
    expect(await history({ hist_access_type: 'search', pattern: 'a', unique: true })).toEqual([[0, 3, 'a']])
    expect(await history({ hist_access_type: 'search', pattern: '*', n: 1 })).toEqual([[0, 3, 'a']])
  })

  test('interrupt reaches the interpreter', async () => {
    const desk = new Desk()
    const id = await desk.ask('interrupt_request', {}, { channel: 'control' })
    expect(desk.interpreter.calls).toEqual(['interrupt'])
    expect(desk.reply(id)).toMatchObject({ channel: 'control', content: { status: 'ok' } })
  })

  test('shutdown is answered and broadcast before the kernel leaves', async () => {
    const desk = new Desk()
    const id = await desk.ask('shutdown_request', { restart: true }, { channel: 'control' })
    expect(desk.story(id)).toEqual(['busy', 'shutdown_reply', 'shutdown_reply', 'idle'])
    expect(desk.shutdowns).toEqual([true])
  })

  test('a shutdown that is not understood changes nothing', async () => {
    const desk = new Desk()
    const id = await desk.ask('shutdown_request', { restart: 'yes' }, { channel: 'control' })
    expect(desk.reply(id).content).toMatchObject({ status: 'error' })
    expect(desk.shutdowns).toEqual([])
  })
})

describe('comms', () => {
  test('open, message and close reach the interpreter with their buffers', async () => {
    const desk = new Desk()
    await desk.ask('comm_open', { comm_id: 'k', target_name: 't', data: { a: 1 } }, { buffers: [Buffer.from('xy')], metadata: { m: 1 } })
    await desk.ask('comm_msg', { comm_id: 'k', data: { b: 2 } })
    const id = await desk.ask('comm_close', { comm_id: 'k' })
    expect(desk.interpreter.taken).toMatchObject([
      { type: 'open', id: 'k', target: 't', data: { a: 1 }, metadata: { m: 1 }, buffers: [Buffer.from('xy')] },
      { type: 'message', id: 'k', data: { b: 2 } },
      { type: 'close', id: 'k', data: {} },
    ])
    expect(desk.story(id)).toEqual(['busy', 'idle'])
  })

  test('what is said in answer to a comm message belongs to that message', async () => {
    const desk = new Desk()
    desk.interpreter.onComm = ({ id }) => desk.interpreter.frontend.comm(undefined, { type: 'message', id, data: { c: 3 }, metadata: {}, buffers: [Buffer.from('z')] })
    const id = await desk.ask('comm_msg', { comm_id: 'k', data: {} })
    expect(desk.story(id)).toEqual(['busy', 'comm_msg', 'idle'])
    expect(desk.last('comm_msg')).toMatchObject({ content: { comm_id: 'k', data: { c: 3 } }, buffers: [Buffer.from('z')] })
  })

  test('quiet ones never show the kernel busy, nor idle while a cell runs; that they were taken in is told with the cell’s end', async () => {
    const desk = new Desk()
    desk.interpreter.onComm = ({ id }) => desk.interpreter.frontend.comm(undefined, { type: 'message', id, data: {}, metadata: {}, buffers: [] })
    const before = await desk.ask('comm_msg', { comm_id: 'quiet', data: {} })
    expect(desk.story(before)).toEqual(['comm_msg', 'idle'])
    const cell = await desk.execute('1')
    const from = desk.sent.length
    const during = await desk.ask('comm_msg', { comm_id: 'quiet', data: {} })
    expect(desk.story(during)).toEqual(['comm_msg'])
    expect(desk.sent.slice(from).map(({ type }) => type)).toEqual(['comm_msg'])
    await desk.interpreter.cells[0]!.end()
    expect(desk.story(during)).toEqual(['comm_msg', 'idle'])
    expect(desk.story(cell).at(-1)).toBe('idle')
  })

  test('a comm that the interpreter refuses is closed', async () => {
    const desk = new Desk()
    desk.interpreter.onComm = () => { throw new Error('no target t') }
    const id = await desk.ask('comm_open', { comm_id: 'k', target_name: 't' })
    expect(desk.story(id)).toEqual(['busy', 'comm_close', 'idle'])
    const close = await desk.ask('comm_close', { comm_id: 'k' })
    expect(desk.story(close)).toEqual(['busy', 'idle'])
  })

  test('a comm message without an id has no reply and harms nothing', async () => {
    const desk = new Desk()
    const id = await desk.ask('comm_msg', { data: {} })
    expect(desk.story(id)).toEqual(['busy', 'idle'])
    expect(desk.logged.join()).toContain('comm_id')
  })

  test('open comms are listed, all or those of one target', async () => {
    const desk = new Desk()
    expect(desk.reply(await desk.ask('comm_info_request')).content['comms']).toEqual({ c1: { target_name: 'one' }, c2: { target_name: 'two' } })
    expect(desk.reply(await desk.ask('comm_info_request', { target_name: 'two' })).content['comms']).toEqual({ c2: { target_name: 'two' } })
  })
})

describe('input', () => {
  const asking = async (content = { allow_stdin: true }) => {
    const desk = new Desk()
    const id = await desk.execute('a', content)
    desk.interpreter.frontend.output(id, { type: 'stream', name: 'stdout', text: 'before' })
    const answer = desk.interpreter.frontend.input(id, 'name?', true).then((text) => `got ${text}`, (error: Error) => `failed: ${error.message}`)
    await turn()
    return { desk, id, answer, question: desk.last('input_request') }
  }

  test('is asked of the client that runs the cell, after what the cell printed', async () => {
    const { desk, id, answer, question } = await asking()
    expect(question).toMatchObject({ channel: 'stdin', to: 'client', parent: id, content: { prompt: 'name?', password: true } })
    expect(desk.sent.indexOf(question)).toBeGreaterThan(desk.sent.indexOf(desk.last('stream')))
    await desk.ask('input_reply', { value: 'Ada' }, { channel: 'stdin', parent: { msg_id: question.id } })
    expect(await answer).toBe('got Ada')
  })

  test('is taken from a client that gives no parent', async () => {
    const { desk, answer } = await asking()
    await desk.ask('input_reply', { value: '' }, { channel: 'stdin' })
    expect(await answer).toBe('got ')
  })

  test('is refused where the request does not allow it', async () => {
    const { question, answer } = await asking({ allow_stdin: false })
    expect(await answer).toContain('failed: This front end does not take input')
    expect(question).toBeUndefined()
  })

  test('ends with an interrupt, and a late answer is ignored', async () => {
    const { desk, answer, question } = await asking()
    await desk.ask('interrupt_request', {}, { channel: 'control' })
    expect(await answer).toBe('failed: The cell was interrupted while it waited for input.')
    await desk.ask('input_reply', { value: 'late' }, { channel: 'stdin', parent: { msg_id: question.id } })
    expect(desk.wire.dropped.get('late input')).toBe(1)
  })

  test('is not taken from another client, nor for another question', async () => {
    const { desk, answer, question } = await asking()
    await desk.ask('input_reply', { value: 'x' }, { channel: 'stdin', client: 'other' })
    await desk.ask('input_reply', { value: 'x' }, { channel: 'stdin', parent: { msg_id: 'older' } })
    await desk.ask('input_reply', { value: 3 }, { channel: 'stdin', parent: { msg_id: question.id } })
    expect(desk.wire.dropped).toEqual(new Map([['late input', 2], ['unexpected type', 1]]))
    await desk.ask('input_reply', { value: 'right' }, { channel: 'stdin', parent: { msg_id: question.id } })
    expect(await answer).toBe('got right')
  })

  test('questions of one cell are asked one after the other', async () => {
    const { desk, id, answer } = await asking()
    const second = desk.interpreter.frontend.input(id, 'age?', false)
    await turn()
    expect(desk.last('input_request').content['prompt']).toBe('name?')
    await desk.ask('input_reply', { value: '1' }, { channel: 'stdin' })
    expect(desk.last('input_request').content['prompt']).toBe('age?')
    await desk.ask('input_reply', { value: '2' }, { channel: 'stdin' })
    expect([await answer, await second]).toEqual(['got 1', '2'])
  })

  test('a cell that has ended cannot ask', async () => {
    const { desk, id, answer } = await asking()
    await desk.interpreter.cells[0]!.end()
    expect(await answer).toContain('failed')
    await expect(desk.interpreter.frontend.input(id, 'more?', false)).rejects.toThrow('has ended')
  })
})

describe('streams', () => {
  test('lines of one stream become one message; another stream, cell or message begins a new one', async () => {
    const desk = new Desk()
    const id = await desk.execute('a')
    const print = (name: 'stdout' | 'stderr', text: string) => desk.interpreter.frontend.output(id, { type: 'stream', name, text })
    print('stdout', 'a\n')
    print('stdout', 'b\n')
    print('stderr', 'c\n')
    print('stdout', 'd\n')
    desk.interpreter.frontend.output(id, { type: 'clear', wait: false })
    print('stdout', 'e\n')
    await desk.interpreter.cells[0]!.end()
    const told = desk.sent.filter(({ type }) => type === 'stream' || type === 'clear_output').map(({ content }) => content['text'] ?? 'clear')
    expect(told).toEqual(['a\nb\n', 'c\n', 'd\n', 'clear', 'e\n'])
  })

  test('what is printed appears without any other message', async () => {
    const desk = new Desk()
    const id = await desk.execute('a')
    desk.interpreter.frontend.output(id, { type: 'stream', name: 'stdout', text: 'a' })
    while (desk.last('stream') === undefined) await turn()
    expect(desk.last('stream')).toMatchObject({ content: { text: 'a' } })
  })

  test('much output is published in parts, all of it before idle', async () => {
    const desk = new Desk()
    const id = await desk.execute('a')
    for (let i = 0; i < 20_000; i++) desk.interpreter.frontend.output(id, { type: 'stream', name: 'stdout', text: `line ${i}\n` })
    await desk.interpreter.cells[0]!.end()
    const parts = desk.sent.filter(({ type }) => type === 'stream')
    expect(parts.map(({ content }) => content['text']).join('').split('\n')).toHaveLength(20_001)
    expect(parts.length).toBeLessThan(10)
    expect(desk.story(id).at(-1)).toBe('idle')
  })
})

test('a new subscriber is welcomed under its topic', () => {
  const desk = new Desk()
  desk.dispatcher.iopub.welcome('execute_result')
  expect(desk.sent).toMatchObject([{ channel: 'iopub', to: 'execute_result', type: 'iopub_welcome', parent: undefined, content: { subscription: 'execute_result' } }])
})

test('displays carry their id', async () => {
  const desk = new Desk()
  const id = await desk.execute('a')
  desk.interpreter.frontend.output(id, { type: 'display', data: { 'text/plain': 'x' }, metadata: {}, displayId: 'd', update: false })
  desk.interpreter.frontend.output(id, { type: 'display', data: { 'text/plain': 'y' }, metadata: {}, displayId: 'd', update: true })
  expect(desk.last('display_data').content).toEqual({ data: { 'text/plain': 'x' }, metadata: {}, transient: { display_id: 'd' } })
  expect(desk.last('update_display_data').content).toEqual({ data: { 'text/plain': 'y' }, metadata: {}, transient: { display_id: 'd' } })
})
