import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import schema from '../../../schema/run.v1.schema.json' with { type: 'json' }
import { BadRecord, readAttempts, readLoad, readTasks } from './read.ts'
import type { RunRecord } from './types.ts'

export type CheckedRecord =
  | { readonly ok: true; readonly record: RunRecord }
  /** What is wrong, each with where: `/nodes/3/name must be string`. */
  | { readonly ok: false; readonly problems: readonly string[] }

let check: ValidateFunction<RunRecord> | undefined

/** Whether parsed JSON from a notebook is a run record: by its schema, and with columns as long and as small as they should be. Never throws. */
export function validateRecord(value: unknown): CheckedRecord {
  check ??= new Ajv2020({ strict: true }).compile<RunRecord>(schema)
  if (!check(value)) return { ok: false, problems: (check.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.message ?? 'is wrong'}`) }
  try {
    readTasks(value)
    readAttempts(value)
    for (const node of value.nodes) if (node.load) readLoad(node.load)
  } catch (error) {
    if (error instanceof BadRecord) return { ok: false, problems: [error.message] }
    throw error
  }
  const problems = value.nodes.flatMap(({ spec }, row) => (spec < value.specs.length ? [] : [`/nodes/${row}/spec must be a row of specs`]))
  return problems.length > 0 ? { ok: false, problems: problems.slice(0, 10) } : { ok: true, record: value }
}
