/** Bodies for tests, written as source so that no test transformer has touched them. */
import { Session } from 'node:inspector'
import { Script } from 'node:vm'
import type { RunContext } from '../../kernel/cluster/backend.ts'
import { encodeBody } from '../../kernel/travel/capture.ts'
import { Definitions, FunctionReader } from '../../kernel/travel/value.ts'

const inspector = new Session()
inspector.connect()
const functions = new FunctionReader(inspector)

/** @param source of a function: `async (item, task) => item + 1` */
export function encodedBody(source: string): { readonly code: string; readonly bundle: Uint8Array } {
  const body: unknown = new Script(`(${source})`, { filename: 'cell-1.js' }).runInThisContext()
  return encodeBody(body, { definitions: new Definitions(), exportOf: () => undefined, functions })
}

export function runOf(run: number, source: string, more: Partial<RunContext> = {}): RunContext {
  const { code, bundle } = encodedBody(source)
  return { run, name: `run${run}`, code, bundle, handles: [], seed: 1, ...more }
}
