/** Whether what a notebook or a kernel holds is what it claims to be. Nothing else looks at it before. */
import { BadRecord, readLoad } from '../../../kernel/cluster/record/read.ts'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'
import type { FromKernel } from '../../../kernel/cluster/live/types.ts'
import { RunTables } from '../../../kernel/cluster/live/apply.ts'
import type { Checker } from '../generated/checkers.js'

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly string[] }

/** The checkers are large, and not needed by pages without runs. */
const checkers = (): Promise<typeof import('../generated/checkers.js')> => import('../generated/checkers.js')

/** A record by its schema, with its columns unpacked. Never throws. */
export async function checkedRecord(value: unknown): Promise<Checked<RunTables>> {
  const { checkRecord } = await checkers()
  const problems = problemsOf(checkRecord, value)
  if (problems.length > 0) return { ok: false, problems }
  return unpackedRecord(value as RunRecord)
}

/** A record that has passed its schema. Never throws. */
export function unpackedRecord(record: RunRecord): Checked<RunTables> {
  const stray = record.nodes.findIndex(({ spec }) => spec >= record.specs.length)
  if (stray >= 0) return { ok: false, problems: [`/nodes/${stray}/spec must be a row of specs`] }
  try {
    for (const { load } of record.nodes) if (load) readLoad(load)
    return { ok: true, value: RunTables.from(record) }
  } catch (error) {
    if (error instanceof BadRecord) return { ok: false, problems: [error.message] }
    throw error
  }
}

/** A message of a kernel by its schema. Never throws. */
export async function checkedMessage(value: unknown): Promise<Checked<FromKernel>> {
  const { checkMessage } = await checkers()
  const problems = problemsOf(checkMessage, value)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: value as FromKernel }
}

function problemsOf(check: Checker, value: unknown): string[] {
  if (check(value)) return []
  return (check.errors ?? [{ instancePath: '' }]).slice(0, 10).map(({ instancePath, message }) => `${instancePath || '/'} ${message ?? 'is wrong'}`)
}
