/** Bodies for tests, written as source so that no test transformer has touched them. */
import { Session } from 'node:inspector'
import { Script } from 'node:vm'
import type { RunContext } from '../../kernel/cluster/backend.ts'
import { encodeBody } from '../../kernel/travel/capture.ts'
import type { HandleRef } from '../../kernel/travel/declaration.ts'
import type { ModuleExport } from '../../kernel/travel/module-export.ts'
import { Definitions, FunctionReader } from '../../kernel/travel/value.ts'

const inspector = new Session()
inspector.connect()
const functions = new FunctionReader(inspector)

/** What the free names of a body mean: results of runs, and exports of modules. */
export interface Names {
  readonly handles?: Readonly<Record<string, HandleRef>>
  readonly imports?: Readonly<Record<string, ModuleExport>>
}

/** @param source of a function: `async (item, task) => item + 1` */
export function encodedBody(source: string, names: Names = {}): { readonly code: string; readonly bundle: Uint8Array } {
  const handles = new Map(Object.entries(names.handles ?? {}).map(([name, ref]) => [objectNamed(name), ref]))
  const imports = new Map(Object.entries(names.imports ?? {}).map(([name, ref]) => [objectNamed(name), ref]))
  const body: unknown = new Script(`(${source})`, { filename: 'cell-1.js' }).runInThisContext()
  return encodeBody(body, { definitions: new Definitions(), exportOf: (value) => imports.get(value), functions, handleOf: (value) => handles.get(value) })
}

/** A global of that name, which stands for what it means. */
function objectNamed(name: string): object {
  const globals = globalThis as unknown as Record<string, object>
  globals[name] ??= {}
  return globals[name]
}

export function runOf(run: number, source: string, more: Partial<RunContext> = {}, names: Names = {}): RunContext {
  const { code, bundle } = encodedBody(source, names)
  return { run, name: `run${run}`, code, bundle, handles: [], seed: 1, ...more }
}
