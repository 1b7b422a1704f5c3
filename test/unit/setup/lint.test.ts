import { ESLint } from 'eslint'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
let eslint: ESLint

beforeAll(async () => {
  // The rules that need types are left to `npm run lint`: they would want the snippets on disk.
  const { default: config } = (await import('../../../kernel/setup/eslint.config.mjs' as string)) as { default: object[] }
  const untyped = config.map((part) => withoutTypes(part as Part))
  eslint = new ESLint({ cwd: root, overrideConfigFile: true, overrideConfig: untyped as never })
})

interface Part {
  rules?: Record<string, unknown>
  languageOptions?: { parserOptions?: { projectService?: boolean } }
}

function withoutTypes(part: Part): Part {
  if (part.languageOptions?.parserOptions?.projectService !== true) return part
  const rules = Object.entries(part.rules ?? {}).filter(([name]) => !name.startsWith('@typescript-eslint/'))
  return { ...part, rules: Object.fromEntries(rules), languageOptions: { parserOptions: { projectService: false } } }
}

/** Rules that `code` breaks when it stands in `file`. */
async function broken(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: `${root}/${file}` })
  return result!.messages.map((message) => message.ruleId ?? message.message)
}

describe('who may import whom', () => {
  test.each([
    ['kernel/protocol/new.ts', "import '../language/session.ts'"],
    ['kernel/protocol/new.ts', "import '../channel.ts'"],
    ['kernel/protocol/deep/new.ts', "import '../../entry.ts'"],
    ['kernel/magics/new.ts', "import type { RunOptions } from '../travel/declaration.ts'"],
    ['kernel/magics/new.ts', "import '../protocol/interpreter.ts'"],
    ['kernel/scheduler/new.ts', "import '../errors.ts'"],
    ['kernel/scheduler/policies/new.ts', "import '../../errors.ts'"],
    ['kernel/scheduler/new.ts', "import { readFileSync } from 'node:fs'"],
    ['kernel/scheduler/new.ts', "import 'fast-check'"],
    ['kernel/travel/new.ts', "import '../platform.ts'"],
    ['kernel/language/new.ts', "import type { Json } from '../protocol/interpreter.ts'"],
    ['kernel/language/new.ts', "type Json = import('../protocol/interpreter.ts').Json"],
    ['kernel/language/new.ts', "export * from '../magics/parse.ts'"],
    ['kernel/language/new.ts', "await import('../cluster/coordinator.ts')"],
    ['kernel/cluster/new.ts', "import '../language/messages.ts'"],
    ['kernel/cluster/local/new.ts', "export { Session } from '../../language/session.ts'"],
    ['kernel/command-line/new.ts', "import '../protocol/sockets.ts'"],
    ['kernel/travel/new.ts', "import '../../test/bench/kernel.ts'"],
    ['kernel/main.ts', "import 'zeromq'"],
    ['kernel/protocol/wire.ts', "import type { Dealer } from 'zeromq'"],
    ['kernel/protocol/wire.ts', "import 'zeromq/draft'"],
    ['kernel/main.ts', "import { something } from '../extension/src/run/store.ts'"],
    ['kernel/cluster/live/apply.ts', "import { Buffer } from 'node:buffer'"],
    ['kernel/cluster/record/read.ts', "import type { Buffer } from 'node:buffer'"],
    ['kernel/cluster/record/column.ts', "import { snapshot } from './ledger.ts'"],
    ['kernel/cluster/view/summary.ts', "import '@napi-rs/canvas'"],
    ['extension/src/run/store.ts', "import { Coordinator } from '../../../kernel/cluster/coordinator.ts'"],
    ['extension/src/run/store.ts', "import type { UserError } from '../../../kernel/errors.ts'"],
    ['extension/src/run/store.ts', "type T = import('../../../kernel/cluster/run.ts').Run"],
    ['extension/src/run/store.ts', "import '../../build.mjs'"],
    ['extension/src/run/store.ts', "import { readFileSync } from 'node:fs'"],
    ['extension/src/view/header.tsx', "await import('node:fs')"],
  ])('%s may not say: %s', async (file, code) => {
    expect(await broken(file, code)).toContain('sluice/imports')
  })

  test.each([
    ['kernel/protocol/sockets.ts', "import 'zeromq'"],
    ['kernel/protocol/deep/new.ts', "import '../wire.ts'\nimport '../../errors.ts'"],
    ['kernel/cluster/local/new.ts', "import '../../scheduler/index.ts'\nimport '../../travel/declaration.ts'\nimport '../backend.ts'"],
    ['kernel/language/new.ts', "import '../entry.ts'\nimport 'typescript'\nimport 'node:vm'"],
    ['kernel/scheduler/policies/new.ts', "import '../task.ts'"],
    ['kernel/main.ts', "import './protocol/sockets.ts'\nimport './language/messages.ts'"],
    ['kernel/command-line/run.ts', "import '../interpreter.ts'"],
    ['kernel/command-line/notebook.ts', "import type { Output } from '../protocol/interpreter.ts'"],
    ['kernel/cluster/record-check.ts', "import schema from '../../schema/run.v1.schema.json' with { type: 'json' }"],
    ['kernel/cluster/live/apply.ts', "import { writeTasks } from '../record/write.ts'"],
    ['kernel/cluster/record/read.ts', "import type { Run } from '../run.ts'"],
    ['extension/src/run/store.ts', "import { readTasks } from '../../../kernel/cluster/record/read.ts'\nimport { RunTables } from '../../../kernel/cluster/live/apply.ts'"],
    ['extension/src/view/header.tsx', "import * as React from 'react'\nimport '../run/store.ts'\nawait import('../utilization/pane.ts')"],
    ['extension/build.mjs', "import '../kernel/setup/environment.mjs'\nimport 'node:fs'"],
  ])('%s may say: %s', async (file, code) => {
    expect(await broken(file, code)).not.toContain('sluice/imports')
  })
})

test.each(['Date.now()', 'new Date()', 'Math.random()', 'setTimeout(() => {}, 1)', 'performance.now()', 'process.hrtime()'])(
  'the scheduler may not use %s',
  async (expression) => {
    const rules = await broken('kernel/scheduler/new.ts', `export const value = ${expression}`)
    expect(rules.some((rule) => rule.startsWith('no-restricted-'))).toBe(true)
    expect(await broken('kernel/cluster/new.ts', `export const value = ${expression}`)).toEqual([])
  },
)

test.each(['kernel/cluster/utils/new.ts', 'kernel/common/new.ts', 'kernel/language/helpers.ts', 'test/unit/core/new.test.ts'])(
  '%s is no name for a file',
  async (file) => {
    expect(await broken(file, 'export {}')).toContain('sluice/names')
  },
)

test.each(['test.only', 'describe.skip', 'it.todo'])('no test says %s', async (call) => {
  expect(await broken('test/unit/new.test.ts', `${call}('x', () => {})`)).toContain('no-restricted-syntax')
})

test('a function of a hundred lines is too long, and so is a file of six hundred', async () => {
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `  x += ${i}`).join('\n')
  expect(await broken('kernel/cluster/new.ts', `export function f(x) {\n${lines(100)}\n  return x\n}`)).toContain('max-lines-per-function')
  expect(await broken('kernel/cluster/new.ts', `let x = 0\n${lines(600)}`)).toContain('max-lines')
})
