import { describe, expect, test } from 'vitest'
import { cannotTravel } from '../../../kernel/errors.ts'
import { RawPipe } from '../../../kernel/language/raw-pipe.ts'
import { cleanStack, showError } from '../../../kernel/language/stack.ts'
import { programs } from '../../../kernel/entry.ts'
import { Sources } from '../../../kernel/travel/sources.ts'

const sources = new Sources()
sources.add('cell-3-abc.js', { shown: 'Cell [2]', original: ({ line, column }) => ({ line: line + 10, column }) })
sources.add('file:///n/x.ts?v=00ff', { shown: 'x.ts', original: (position) => position })
const plain = (lines: readonly string[]) => lines.join('\n').replace(/\x1b\[\d+m/g, '')

describe('stacks', () => {
  test('have every known position mapped, once', () => {
    const stack = 'Error: x\n    at f (cell-3-abc.js:1:5)\n    at cell-3-abc.js:2:1\n    at g (file:///n/x.ts?v=00ff:3:4)\n    at h (cell-9-zzz.js:1:1)\n    at file:///n/node_modules/p/i.js:1:1'
    const mapped = 'Error: x\n    at f (Cell [2]:11:5)\n    at Cell [2]:12:1\n    at g (x.ts:3:4)\n    at h (cell-9-zzz.js:1:1)\n    at file:///n/node_modules/p/i.js:1:1'
    expect(sources.map(stack)).toBe(mapped)
    expect(sources.map(mapped)).toBe(mapped)
  })

  test("lose Sluice's own frames and those of Node that led to the cell", () => {
    const stack = `Error: x\n    at readSync (node:fs:1:1)\n    at cell-3-abc.js:1:1\n    at Session.post (node:inspector:1:1)\n    at Cells.execute (file://${programs}/session.js:1:1)\n    at process.processImmediate (node:internal/timers:1:1)`
    expect(cleanStack(stack, sources)).toBe('Error: x\n    at readSync (node:fs:1:1)\n    at Cell [2]:11:1')
  })
})

describe('errors', () => {
  test('that users can mend are told in words, without a code', () => {
    const { name, traceback } = showError(cannotTravel('config.socket', 'a Socket', 'make it inside'), sources)
    expect(name).toBe('SluiceError')
    expect(plain(traceback)).toMatch(/^SluiceError: config\.socket is a Socket: make it inside\.\n/)
    expect(plain(traceback)).not.toContain('cannot-travel')
  })

  test('that resist are shown all the same', () => {
    const hostile = new Error('x')
    Object.defineProperty(hostile, 'message', { get: () => { throw new Error('no message') } })
    expect(showError(hostile, sources).traceback.length).toBeGreaterThan(0)
    expect(showError(new Proxy(new Error('p'), {}), sources).name).toBe('Uncaught')
    expect(showError(null, sources)).toMatchObject({ name: 'Uncaught', message: 'null' })
  })

  test('are of bounded size', () => {
    const error = new Error('long ' + 'x'.repeat(100_000) + '\n'.repeat(5000))
    const { traceback } = showError(error, sources)
    expect(traceback.length).toBeLessThan(310)
    expect(Math.max(...traceback.map((line) => line.length))).toBeLessThan(2100)
  })
})

test('marks are told from text at every possible break of the bytes', () => {
  const mark = `\x1e${'0a'.repeat(12)}:17\x1e`
  const bytes = Buffer.from(`é before\x1e not a mark${mark}after ü${mark}`)
  for (let cut = 0; cut <= bytes.length; cut++) {
    const seen: string[] = []
    const pipe = new RawPipe((text) => seen.push(text), (found) => seen.push(found === mark ? '|' : `?${found}`))
    pipe.write(bytes.subarray(0, cut))
    pipe.write(bytes.subarray(cut))
    expect(seen.join('')).toBe('é before\x1e not a mark|after ü|')
  }
})
